"""Reading a policy file, TOML or YAML, with the line of each value."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path as FilePath
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from headrace.policies.model import Finding, Path

YAML_SUFFIXES: Final = (".yaml", ".yml")


class BadPolicy(ValueError):
    """A policy file that cannot be used. The message has a line for each finding, each with file and line where they are
    known, and path."""


@dataclass(frozen=True, slots=True)
class Source:
    """A policy as it stands in a file. lines: from 1, of the places that have one of their own."""

    name: str
    document: dict[str, Any]
    lines: Mapping[Path, int]

    def refused(self, findings: Sequence[Finding]) -> BadPolicy:
        return BadPolicy("\n".join(self.told(finding) for finding in findings))

    def told(self, finding: Finding) -> str:
        line = self.line(finding.path)
        return f"{self.name}{f':{line}' if line else ''}: {finding.where}: {finding.text}"

    def line(self, path: Path) -> int:
        """Of the value, of what comes first in it, or of what is nearest around it; 0 where nothing is."""
        inside = [line for place, line in self.lines.items() if place[: len(path)] == path]
        if path and inside:
            return min(inside)
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0


def read_file(path: FilePath) -> Source:
    """The policy in a file; the ending says whether it is YAML. Raises BadPolicy, OSError."""
    try:
        text = path.read_text()
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{path}: is no UTF-8 text: {error}") from None
    return read_yaml(text, str(path)) if path.suffix in YAML_SUFFIXES else read_toml(text, str(path))


def read_toml(text: str, name: str) -> Source:
    """Raises BadPolicy."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"{name}: not TOML: {error}") from None
    return Source(name, _plain(document), dict(_toml_lines(text)))


def read_yaml(text: str, name: str) -> Source:
    """YAML 1.2: `no` is a word, and Norway. Raises BadPolicy."""
    try:
        document = YAML(typ="safe", pure=True).load(text)
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadPolicy(f"{name}{line}: not YAML: {error.problem}") from None
    except YAMLError as error:
        raise BadPolicy(f"{name}: not YAML: {error}") from None
    if not isinstance(document, dict):
        raise BadPolicy(f"{name}: must be a table of sections")
    return Source(name, _plain(document), dict(_yaml_lines(node, ())))


def _plain(value: Any) -> Any:
    """Days that are written without quotes are texts here, as they are in the rules."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def _toml_lines(text: str) -> Iterator[tuple[Path, int]]:
    """The line of each table and key. The text as a whole is TOML."""
    table: Path = ()
    counts: dict[Path, int] = {}
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        start, statement = at + 1, lines[at]
        found = _statement(statement)
        while found is None:
            # A value that goes on on the next line.
            at += 1
            statement += "\n" + lines[at]
            found = _statement(statement)
        at += 1
        if statement.lstrip().startswith("[["):
            name = _placed(_keys(found), counts)
            counts[name] = counts.get(name, -1) + 1
            table = (*name, counts[name])
            yield table, start
        elif statement.lstrip().startswith("["):
            table = _placed(_keys(found), counts)
            yield table, start
        elif found:
            yield from _values(found, table, start)


def _statement(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _keys(header: Any) -> Path:
    """The names of a header, [a.b] or [[a.b]]."""
    found: Path = ()
    while header:
        if isinstance(header, list):
            header = header[0]
            continue
        ((name, header),) = header.items()
        found = (*found, name)
    return found


def _placed(keys: Path, counts: Mapping[Path, int]) -> Path:
    """The same with the last place of each list on the way."""
    found: Path = ()
    for name in keys[:-1]:
        found = (*found, name)
        if found in counts:
            found = (*found, counts[found])
    return (*found, keys[-1])


def _values(value: Any, path: Path, line: int) -> Iterator[tuple[Path, int]]:
    """Keys of one statement: a.b = 1 has two."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield (*path, name), line
            yield from _values(part, (*path, name), line)


def _yaml_lines(node: Node | None, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, MappingNode):
        for name, part in node.value:
            if isinstance(name, ScalarNode):
                yield (*path, str(name.value)), name.start_mark.line + 1
                yield from _yaml_lines(part, (*path, str(name.value)))
    elif isinstance(node, SequenceNode):
        for number, part in enumerate(node.value):
            yield (*path, number), part.start_mark.line + 1
            yield from _yaml_lines(part, (*path, number))
