"""Reminders, late interest, statements and the tasks of collectors: REFERENCE 3.2 and 3.6."""
