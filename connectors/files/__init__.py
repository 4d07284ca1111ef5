"""Files of rows (CSV, JSON lines) become facts by a mapping: docs/mapping.md.

May not be here: other formats than rows, and anything that writes state beside its own ledger of files.
"""
