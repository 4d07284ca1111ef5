"""The policy: its text, its variants, and which line decided."""
