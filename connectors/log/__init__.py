"""Event logs: one interface (base), SQLite files and Kafka behind it, one contract test suite on both."""
