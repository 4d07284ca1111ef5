"""What a decision's evidence says, for views that have it in columns of their own."""


def said(name: str, evidence: str = "decisions.evidence") -> str:
    """The value of the first evidence of that name (name:value), or an empty text."""
    return f"substring(arrayFirst(x -> startsWith(x, '{name}:'), {evidence}), {len(name) + 2})"


def number(name: str, evidence: str = "decisions.evidence") -> str:
    """The same as a number; what is none, or is not there, is 0."""
    return f"toInt64OrZero({said(name, evidence)})"
