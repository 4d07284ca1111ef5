"""Kills, stalls and lost parts, on the real logs with real processes."""
