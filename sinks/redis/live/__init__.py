"""Live views in Redis: account cards, worklists, clocks and the directory of references, made of decisions and a few facts.

Each shard's keys lie in one slot of a cluster and change in one transaction with the position they were made up to.
May not be here: reading the event log (dataflows/live.py does that), and what comes back as facts (sinks/redis).
"""
