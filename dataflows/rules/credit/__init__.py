"""Credit limits and holds: REFERENCE 3.7."""
