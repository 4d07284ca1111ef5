"""What a sink that cannot go on says: one tree of exceptions for everything outside."""


class SinkError(Exception):
    """The outside failed. The message says what, where and what to do."""


class RetryLater(SinkError):
    """Away or overloaded just now; the same call again after `after_seconds` goes on where it stopped."""

    def __init__(self, message: str, after_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class SinkStopped(SinkError):
    """Going on would be wrong, or cannot help; a person has to act."""
