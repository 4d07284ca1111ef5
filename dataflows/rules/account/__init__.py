"""One account: its state, its rows and its items."""
