"""The three flow shells (bytewax lives here only), the rules and the shard engine under them."""
