"""Cash application: REFERENCE 3.5, steps 1 to 6 and 8."""
