"""The shard engine: ordered facts in, numbered decisions out, state in RocksDB. No bytewax, no rules."""
