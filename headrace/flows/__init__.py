"""What starts what: each flow opens its logs, its shards or its sink, and runs until it may leave. A process loads its own only."""
