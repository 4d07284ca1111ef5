"""Everything that goes out: ClickHouse, Redis, later webhooks, delivery and ERP.

May not be here: rules and shards; nothing here imports dataflows.
"""
