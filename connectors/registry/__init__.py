"""A schema registry of Confluent's API: asking it what a producer's schema id means, and registering our schemas with it.

May not be here: reading or writing the event log. What a registry says is never trusted: a producer's
schema is taken only where it is safe and says what ours says.
"""
