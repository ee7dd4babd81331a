"""Memo templates: small files that name the sections and the questions each of them asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from assistant.memo.topic import Kind, Topic
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.registry import Registry
from corpus.validation import NO_OTHER_KEYS, configured

# Ours, as what is registered: a folder of templates, or the file of one.
SHIPPED = Path(__file__).parent / "templates"
_FOLDER = "templates"
# What fills a section: cited evidence; a gap for the analyst with the evidence under it; what was
# not found; or a table.
KINDS = ("evidence", "gap", "missing", "disputes", "figures", "timeline", "sources", "log")
TABLES = ("disputes", "figures", "timeline", "sources", "log")
_ADVICE = tr("copy one of the templates that come with us")
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """A section as a template has it; `key` is made of the heading where it has none.

    `questions` may hold {question} (the topic as given), {topic} (its thing, as words) and {quoted}
    (the topic in quotation marks); `rule`, `figure` and `claim` are asked in their place of a topic
    of that kind. `sentences` is the most that each question brings in; `judge` is what the analyst
    must decide, shown as a gap where no model writes.
    """

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    heading: str
    kind: str
    key: str = ""
    questions: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    figure: tuple[str, ...] = ()
    claim: tuple[str, ...] = ()
    sentences: int = 3
    judge: str = ""

    def __post_init__(self) -> None:
        # A frozen value is set this way while it is made.
        object.__setattr__(self, "heading", self.heading.strip())
        key = self.key or self.heading.lower().replace(" ", "-")
        object.__setattr__(self, "key", key)
        if self.kind not in KINDS:
            raise ValueError(tr("needs a kind: {kinds}", kinds=", ".join(KINDS)))
        if self.kind == "evidence" and not self.questions:
            raise ValueError(tr("holds evidence and asks no question"))
        if not self.heading or not _NAME.fullmatch(key):
            raise ValueError(tr("needs a heading and a key of plain letters"))

    def asked(self, kind: Kind) -> tuple[str, ...]:
        """Return the questions that are asked of a topic of a kind."""
        own = {Kind.RULE: self.rule, Kind.FIGURE: self.figure, Kind.CLAIM: self.claim}
        return own.get(kind) or self.questions


@dataclass(frozen=True, slots=True)
class _File:
    """A template as it is written."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    section: tuple[Plan, ...] = ()
    heading: str = ""
    words: int = 1000

    def __post_init__(self) -> None:
        if not self.section:
            raise ValueError(tr("it has no [[section]]"))
        if len({one.key for one in self.section}) < len(self.section):
            raise ValueError(tr("two sections have the same key"))
        if self.words < 100:
            raise ValueError(tr("words must be a number of 100 or more"))


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of memo: its sections in order, and how many words its body has at most.

    The body is what is read: tables, notes and sources stand in annexes and do not count.
    """

    name: str
    heading: str
    words: int
    sections: tuple[Plan, ...] = field(default_factory=tuple)


def _files(place: Path) -> list[Path]:
    """Return the templates in a folder, or the one that a path names; ValueError without any."""
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    if not files or not all(one.is_file() and _NAME.fullmatch(one.stem) for one in files):
        raise ValueError(f"{place} is no folder with templates (NAME.toml), and not one")
    return files


TEMPLATES = Registry(
    "briefing.templates",
    Path,
    (("briefing", "assistant.memo.templates:SHIPPED"),),
    claims=lambda place: (one.stem for one in _files(place)),
)


def added_templates() -> list[str]:
    """Return the names of the templates that other packages add."""
    return [file.stem for place in TEMPLATES.added().values() for file in _files(place)]


def template_names(home: Path) -> list[str]:
    """Return the names of the templates: the user's own in `home`/templates, ours, and added ones.

    The first of a name is the one that is used.
    """
    return list(dict.fromkeys(file.stem for file in _all(home)))


def _all(home: Path) -> Iterator[Path]:
    yield from sorted((home / _FOLDER).glob("*.toml"))
    for place in TEMPLATES.values():
        yield from _files(place)


def template_named(name: str, home: Path) -> Template:
    """Return a template, the user's own before others; raises UsageError for one that is none."""
    return _read(_file(name, home))


def template_text(name: str, home: Path) -> str:
    """Return a template as it is written; raises UsageError where there is none."""
    return _file(name, home).read_text(encoding="utf-8")


def _file(name: str, home: Path) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(
            tr("{name} is no name of a template; use letters, digits, - and _", name=repr(name))
        )
    for file in _all(home):
        if file.stem == name and file.is_file():
            return file
    known = ", ".join(template_names(home))
    raise UsageError(
        tr("there is no template {name}; there are: {known}", name=repr(name), known=known)
    )


def _read(file: Path) -> Template:
    found = configured(_File, file, advice=_ADVICE)
    return Template(file.stem, found.heading or file.stem, found.words, found.section)


def filled(text: str, topic: Topic, quoted: str = "") -> str:
    """Return a text of a template with the topic put in; `quoted` is the topic as it was given."""
    return (
        text.replace("{question}", topic.question)
        .replace("{topic}", topic.thing)
        .replace("{quoted}", f"“{(quoted or topic.question).rstrip('.。 ')}”")
    )
