"""What intake is made of, apart from its flow shell: reception of a record, the clock, the replay plan, what it writes.

May not be here: bytewax, and anything that imports dataflows.
"""
