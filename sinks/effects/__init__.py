"""What every sink with effects outside shares: intents, attempts, outcomes, the position and what withdraws an intent.

May not be here: bytewax, the log, anything of one sink alone.
"""
