"""Everything that comes in: event logs, files, bank and EDI messages, HTTP.

May not be here: rules and shards; nothing here imports dataflows.
"""
