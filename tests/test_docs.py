"""What README.md and docs/ name is there: files, other pages and their sections, and every command with its options."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from headrace.main import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("README.md")])
# A command of ours where it is run: in a block of code or between backticks. A line of a block has what it says behind it.
_SPAN = re.compile(r"`([^`\n]+)`")
_RUN = re.compile(r"(?:^|[\s$(])(?:\.venv/bin/)?headrace (?=[a-z-])(.*)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:benchmarks|connectors|dataflows|deploy|docs|headrace|schemas|sinks|tests)/[\w./-]+)`")
# What a person fills in, and words around what may be left out.
_AROUND = str.maketrans("", "", "[]")


@dataclass(frozen=True, slots=True)
class Named:
    """A command as a page has it: all behind `headrace`. `line` is 1-based."""

    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: headrace {self.text}"


def named(page: str, text: str) -> Iterator[Named]:
    """The commands of a page: of its blocks (fenced, or four blanks deep) and of its spans of code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        block = fenced or line.startswith("    ")
        for code in [line] if block else _SPAN.findall(line):
            found = _RUN.search(code)
            # In a block, words before the command are prose, or what a program printed.
            if found and (not block or re.fullmatch(r"[\s$]*|[\s$]*docker compose exec \w+", code[: found.start()])):
                yield Named(page, number, found[1])


def words_of(text: str) -> list[str]:
    """The words of a command, up to what is no more of it: a pipe, or two blanks and a remark."""
    text = re.split(r" {3,}|\s\|\s|\$\(", text)[0].translate(_AROUND)
    try:
        return shlex.split(text)
    except ValueError:
        # A quotation that goes on behind what was cut off.
        return text.split()


Command = TyperCommand | TyperGroup


def wrong_with(words: list[str], command: Command) -> str:
    """What the command line would not know; empty where it knows all."""
    options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    for at, word in enumerate(words):
        if word.startswith("--"):
            for name in word.split("|"):
                if name.partition("=")[0] not in options:
                    return f"no option {name} of {command.name or 'headrace'}"
        elif isinstance(command, TyperGroup) and (at == 0 or not words[at - 1].startswith("--")):
            known = command.commands.get(word.rstrip("`.,;:)"))
            if known is None:
                # FLOW, ID ...: to be filled in.
                return "" if word.isupper() else f"no command {word} of {command.name or 'headrace'}"
            return wrong_with(words[at + 1 :], known)
    return ""


@pytest.fixture(scope="module")
def commands() -> Command:
    return get_command(app)


def texts() -> list[tuple[str, str]]:
    return [(str(page.relative_to(ROOT)), page.read_text()) for page in PAGES]


def test_every_command_that_is_written_down_exists(commands: Command) -> None:
    found = [one for page, text in texts() for one in named(page, text)]
    assert len(found) > 60
    assert [f"{one}: {wrong}" for one in found if (wrong := wrong_with(words_of(one.text), commands))] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`headrace operate publish-policy FILE`", "no command publish-policy of operate"),
        ("    $ .venv/bin/headrace reprot --dir D", "no command reprot of headrace"),
        ("```\nheadrace query --directory D \"SELECT 1\"\n```", "no option --directory of query"),
        ("`headrace operate --dir D allow-clock --untill TIME`", "no option --untill of allow-clock"),
        ("`headrace run intake --dir D [--live|--repaly] [--until-idle]`", "no option --repaly of run"),
        ("    docker compose exec intake headrace schemas list --config F", "no command list of schemas"),
        ("`headrace run intake --dir D [--live|--replay] [--until-idle]`", ""),
        ("    headrace why ID [--json]                       --nothing of this", ""),
        ("    $ .venv/bin/headrace timeline --dir D \"$(.venv/bin/headrace query --oops)\"", ""),
    ],
)  # fmt: skip
def test_a_command_that_does_not_exist_is_found(commands: Command, text: str, wrong: str) -> None:
    (one,) = named("page", text)
    assert wrong_with(words_of(one.text), commands) == wrong


def sections(text: str) -> set[str]:
    """Names by which its headings are linked to."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_every_link_leads_somewhere() -> None:
    dead = []
    for page in PAGES:
        for target in _LINK.findall(page.read_text()):
            path, _, section = target.partition("#")
            if path.startswith(("http:", "https:")):
                continue
            there = (page.parent / path).resolve() if path else page
            if not there.exists() or (section and section not in sections(there.read_text())):
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert dead == []


def test_every_file_that_is_named_is_there() -> None:
    missing = [
        f"{page}: {name}" for page, text in texts() for name in _FILE.findall(text) if not (ROOT / name).exists()
    ]
    assert missing == []
