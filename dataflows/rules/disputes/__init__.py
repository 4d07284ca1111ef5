"""Disputes: REFERENCE 3.3."""
