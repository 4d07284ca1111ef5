"""Why something was decided, or was not yet: explanations made of the logs alone. Nothing here decides or writes."""
