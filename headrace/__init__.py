"""The command line, the settings, and what starts what."""
