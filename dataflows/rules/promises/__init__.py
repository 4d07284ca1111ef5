"""Promises to pay: REFERENCE 3.4."""
