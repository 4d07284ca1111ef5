"""Invoices and reminder letters on their way to customers: what they look like, and the channels by which they leave.

What decides that something is sent is in dataflows/rules; it may not be here."""
