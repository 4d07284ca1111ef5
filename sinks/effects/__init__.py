"""What every sink with effects outside shares: intents, attempts, outcomes, the position, what withdraws an intent, and HTTP.

May not be here: bytewax, the log, anything of one sink alone.
"""
