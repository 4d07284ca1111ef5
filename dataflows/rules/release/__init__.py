"""Release of drafts: REFERENCE 3.1."""
