"""What a decision rests on, as name:value: how rules write it and read it again."""

from schemas.records import Decision


def value(d: Decision, name: str) -> str:
    """The first value of that name in the evidence; empty where there is none."""
    start = f"{name}:"
    for text in d.evidence:
        if text.startswith(start):
            return text[len(start) :]
    return ""


def number(d: Decision, name: str) -> int:
    """The same as a whole number; 0 where there is none."""
    text = value(d, name)
    return int(text) if text else 0
