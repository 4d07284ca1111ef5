"""Signed webhooks (Standard Webhooks 1.0): what is told, to which endpoints, and one attempt at telling it.

May not be here: positions, order, waiting, retries as such (sinks/effects).
"""
