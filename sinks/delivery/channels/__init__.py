"""The ways by which documents leave: one attempt each, without a memory of its own. What waits, comes back and is tried again
is in sinks/effects."""
