"""Templates of letters: words in a language, labels, and the layouts they are set in, approved by what they are.

A template is LANGUAGE/NAME.txt with blocks of Jinja (sandboxed: it sees texts and numbers, calls nothing of ours), the language's
labels.toml, and the layouts. Its hash is of all of these, so whatever of it is changed is no longer what was
approved. An installation's own folder goes before the ones that ship with headrace.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sinks.delivery.documents.figures import NoDocument

SHIPPED: Final = Path(__file__).parents[1] / "templates"
LAYOUTS: Final = SHIPPED / "layouts"
_LAYOUT_NAMES: Final = ("page.typ", "invoice.typ", "letter.typ", "mail.html")
# What every template is asked for.
BLOCKS: Final = ("subject", "opening", "closing")
# BCP 47's letters, and what a file may be called: both come with facts and policy, and become a path.
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,35}")
_NAME: Final = re.compile(r"[^/\x00]{1,60}")


class NoTemplate(NoDocument):
    """There is no such template, it is not approved, or it does not work: nothing may be made from it."""


@dataclass(frozen=True)
class Template:
    """`language` as its folder is called, `name` as policy names it."""

    language: str
    name: str
    words: str
    labels: Mapping[str, str]
    labels_text: str

    @cached_property
    def digest(self) -> str:
        """sha256 of the words, the labels and the layouts."""
        parts = [self.language, self.name, self.words, self.labels_text]
        parts += [(LAYOUTS / name).read_text() for name in _LAYOUT_NAMES]
        return sha256("\0".join(parts).encode()).hexdigest()

    @cached_property
    def _compiled(self) -> Any:
        # What is rendered is plain text: whoever puts it into HTML or a page writes it out for that.
        environment = ImmutableSandboxedEnvironment(
            loader=DictLoader({}), undefined=StrictUndefined, autoescape=False, trim_blocks=True
        )
        return environment.from_string(self.words)

    def label(self, name: str) -> str:
        """Raises NoTemplate where labels.toml has none of that name."""
        if name not in self.labels:
            raise NoTemplate(f"labels.toml of {self.language} has no {name}")
        return self.labels[name]

    def lacking(self) -> list[str]:
        """The labels that it has not and those that ship have, sorted: documents are made with all of these."""
        return sorted(tomllib.loads((SHIPPED / "en" / "labels.toml").read_text()).keys() - self.labels.keys())

    def missing(self, blocks: Sequence[str]) -> list[str]:
        """Which of these it has not. Raises NoTemplate where it is none."""
        try:
            return [block for block in blocks if block not in self._compiled.blocks]
        except TemplateError as error:
            raise NoTemplate(f"template {self.language}/{self.name}: {error}") from error

    def render(self, block: str, values: Mapping[str, Any]) -> str:
        """The text of a block, empty where the template has none of that name. Raises NoTemplate where it is wrong."""
        try:
            found = self._compiled.blocks.get(block)
            return "" if found is None else "".join(found(self._compiled.new_context(dict(values))))
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise NoTemplate(f"template {self.language}/{self.name}, block {block}: {error}") from error


class Templates:
    """The templates of an installation. `folders`: its own first; `approved`: hashes by LANGUAGE/NAME."""

    def __init__(self, folders: Sequence[Path], approved: Mapping[str, str]) -> None:
        self._folders: Final = tuple(folders)
        self._approved: Final = dict(approved)
        self._read: Final[dict[tuple[str, str], Template | None]] = {}

    def names(self) -> list[tuple[str, str]]:
        """Language and name of every template there is, sorted."""
        found = {(path.parent.name, path.stem) for folder in self._folders for path in folder.glob("*/*.txt")}
        return sorted(found)

    def read(self, language: str, name: str) -> Template | None:
        """The template as it is, approved or not; None where there is none. Raises NoTemplate for labels that are none."""
        key = (language, name)
        if key not in self._read:
            self._read[key] = self._load(language, name)
        return self._read[key]

    def _load(self, language: str, name: str) -> Template | None:
        if not _LANGUAGE.fullmatch(language) or not _NAME.fullmatch(name):
            return None
        words = self._file(language, f"{name}.txt")
        labels = self._file(language, "labels.toml")
        if words is None or labels is None:
            return None
        try:
            text = labels.read_text()
            read = {key: str(value) for key, value in tomllib.loads(text).items()}
            return Template(language, name, words.read_text(), read, text)
        except tomllib.TOMLDecodeError as error:
            raise NoTemplate(f"{labels}: not TOML: {error}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise NoTemplate(f"template {language}/{name} cannot be read: {error}") from error

    def _file(self, language: str, name: str) -> Path | None:
        return next((found for folder in self._folders if (found := folder / language / name).is_file()), None)

    def standing(self, template: Template) -> str:
        """Whether it may leave, in a word."""
        if self.is_approved(template):
            return "yes"
        return "changed since" if f"{template.language}/{template.name}" in self._approved else "no"

    def is_approved(self, template: Template) -> bool:
        return self._approved.get(f"{template.language}/{template.name}") == template.digest

    def choose(self, name: str, languages: Sequence[str]) -> Template:
        """The template in the first of these languages that has one, or has one without its region. Raises NoTemplate
        where there is none."""
        for language in languages:
            for tag in (language, language.partition("-")[0]):
                found = self.read(tag, name)
                if found is not None:
                    return found
        said = ", ".join(dict.fromkeys(language for language in languages if language))
        raise NoTemplate(f"there is no template {name} in {said or 'any language'}")

    def approved(self, name: str, languages: Sequence[str]) -> Template:
        """As `choose`. Raises NoTemplate where the one found is not approved, too: another language is no way around that."""
        found = self.choose(name, languages)
        if not self.is_approved(found):
            why = "is not approved" if self.standing(found) == "no" else "was changed since it was approved"
            raise NoTemplate(f"template {found.language}/{found.name} {why}: headrace templates approve")
        return found
