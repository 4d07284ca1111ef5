"""Reading the tables of a policy text: every finding names the path, and nothing that is not asked for may stand there."""

from datetime import date
from typing import Final

EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
MOST_MINOR_OF_POLICY: Final = 10**12


class WrongPolicy(ValueError):
    """A policy text that cannot be in force. The message names the path and what may stand there."""


class Table:
    """One table. Each thing in it is read once by name; `done` refuses what nobody read. Raises WrongPolicy."""

    __slots__ = ("_asked", "_values", "path")

    def __init__(self, values: dict[str, object], path: str) -> None:
        self.path: Final = path
        self._values: Final = values
        self._asked: Final[list[str]] = []

    def _get(self, name: str) -> object:
        self._asked.append(name)
        return self._values.get(name)

    def at(self, name: str) -> str:
        """The path of something in this table."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether that stands there; it may."""
        if name in self._values:
            return True
        self._asked.append(name)
        return False

    def names(self) -> list[str]:
        """What stands in it, in order of the alphabet."""
        return sorted(self._values)

    def number(self, name: str, low: int, high: int) -> int:
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise WrongPolicy(f"{self.at(name)}: {value!r} must be a whole number from {low} to {high}")
        return value

    def minor(self, name: str) -> int:
        """An amount in minor units."""
        return self.number(name, 0, MOST_MINOR_OF_POLICY)

    def flag(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            raise WrongPolicy(f"{self.at(name)}: {value!r} must be true or false")
        return value

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            raise WrongPolicy(f"{self.at(name)}: {value!r} must be a text")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._get(name)
        if not isinstance(value, str) or value not in allowed:
            raise WrongPolicy(f"{self.at(name)}: {value!r} must be one of {', '.join(allowed)}")
        return value

    def day(self, name: str) -> int:
        """A date YYYY-MM-DD as days since 1970-01-01; 0 where it is an empty text."""
        text = self.text(name)
        return _day(text, self.at(name)) if text else 0

    def _list(self, name: str) -> list[object]:
        value = self._get(name)
        if not isinstance(value, list):
            raise WrongPolicy(f"{self.at(name)}: {value!r} must be a list")
        return value

    def numbers(self, name: str) -> list[int]:
        found: list[int] = []
        for value in self._list(name):
            if not isinstance(value, int) or isinstance(value, bool):
                raise WrongPolicy(f"{self.at(name)}: {value!r} must be a whole number")
            found.append(value)
        return found

    def texts(self, name: str) -> list[str]:
        found: list[str] = []
        for value in self._list(name):
            if not isinstance(value, str):
                raise WrongPolicy(f"{self.at(name)}: {value!r} must be a text")
            found.append(value)
        return found

    def days(self, name: str) -> list[int]:
        """Dates YYYY-MM-DD as days since 1970-01-01."""
        return [_day(text, self.at(name)) for text in self.texts(name)]

    def table(self, name: str) -> "Table":
        value = self._get(name)
        if not isinstance(value, dict):
            raise WrongPolicy(f"{self.at(name)}: a table [{self.at(name)}] must be there")
        return Table(value, self.at(name))

    def tables(self, name: str) -> list["Table"]:
        """The tables of a list [[name]], in order; none where it is not there."""
        if name not in self._values:
            self._asked.append(name)
            return []
        found: list[Table] = []
        for number, value in enumerate(self._list(name), 1):
            if not isinstance(value, dict):
                raise WrongPolicy(f"{self.at(name)}.{number}: must be a table")
            found.append(Table(value, f"{self.at(name)}.{number}"))
        return found

    def values(self) -> dict[str, object]:
        return self._values

    def done(self) -> None:
        """Raises WrongPolicy where something stands in the table that nobody asked for."""
        for name in sorted(self._values):
            if name not in self._asked:
                known = ", ".join(dict.fromkeys(self._asked))
                raise WrongPolicy(f"{self.at(name)}: unknown; known are {known}")


def _day(text: str, path: str) -> int:
    try:
        return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL
    except ValueError:
        raise WrongPolicy(f"{path}: {text!r} must be a date YYYY-MM-DD") from None
