"""Signed webhooks (Standard Webhooks 1.0): what is told, and to which endpoints.

May not be here: positions, order, waiting, retries as such (sinks/effects).
"""
