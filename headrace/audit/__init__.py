"""The auditor: recomputes from facts and decisions, by code of its own, what the books, effects and views must be.

Nothing here may call the rules, but for rerun.py, which drives the shard engine as a black box. What
it finds is a list; nothing is repaired. Memory is bounded by the accounts and open documents of one
shard: what is closed goes to a scratch file (keep.py).
"""
