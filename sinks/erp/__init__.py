"""Decisions written back to an ERP: what each posts there, the adapters, and what the ERP has against what was posted.

May not be here: positions, order, waiting, retries as such (sinks/effects), and what the rules make of an answer.
"""
