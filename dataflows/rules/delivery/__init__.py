"""Delivery of documents: CAPABILITIES A4 and A5."""
