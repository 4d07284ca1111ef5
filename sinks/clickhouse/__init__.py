"""Decisions as ClickHouse tables and views, on chDB in the installation's directory or on a server.

May not be here: reading the event log (the flow shell does that), and sums that the decisions do not say.
"""
