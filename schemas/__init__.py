"""What facts, decisions and state rows are: Avro sources, records made from them, and their codec.

May not be here: rules, logs, anything that imports dataflows, connectors or sinks.
"""
