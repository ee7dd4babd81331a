"""Memo templates: small files that name the sections and the questions each of them asks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from assistant.memo.lint_rules import OF_TEMPLATES
from assistant.memo.topic import Kind, Topic
from assistant.memo.values import LAYOUTS, LIST
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.registry import Registry, toml_files
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
class SectionPlan:
    """A section as a template has it; `key` is made of the heading where it has none.

    `questions` may hold {question} (the topic as given), {topic} (its thing, as words) and {quoted}
    (the topic in quotation marks); `rule`, `figure` and `claim` are asked in their place of a topic
    of that kind. `sentences` is the most that each question brings in; `judge` is what the analyst
    must decide, and `ask` the same in few words, shown as a gap where no model writes. `leading`
    and `layout` are the section's.
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
    ask: str = ""
    leading: bool = False
    layout: str = LIST

    def __post_init__(self) -> None:
        # A frozen value is set this way while it is made.
        object.__setattr__(self, "heading", self.heading.strip())
        key = self.key or self.heading.lower().replace(" ", "-")
        object.__setattr__(self, "key", key)
        if self.kind not in KINDS:
            raise ValueError(tr("needs a kind: {kinds}", kinds=", ".join(KINDS)))
        if self.layout not in LAYOUTS:
            raise ValueError(tr("has no such layout; there are: {known}", known=", ".join(LAYOUTS)))
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
    section: tuple[SectionPlan, ...] = ()
    heading: str = ""
    about: str = ""
    pages: str = ""
    words: int = 1000
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.section:
            raise ValueError(tr("it has no [[section]]"))
        if len({one.key for one in self.section}) < len(self.section):
            raise ValueError(tr("two sections have the same key"))
        if self.words < 100:
            raise ValueError(tr("words must be a number of 100 or more"))
        if unknown := [one for one in self.rules if one not in OF_TEMPLATES]:
            raise ValueError(
                tr(
                    "there is no rule {rule} for a template; there are: {known}",
                    rule=repr(unknown[0]),
                    known=", ".join(OF_TEMPLATES),
                )
            )


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of memo: its sections in order, and how many words its body has at most.

    The body is what is read: timeline, tables and sources do not count. `rules`
    are those of the linter that hold for its memos beside the ones of every memo. `about` says in a
    sentence what it is for, `pages` how many pages it comes to, "" where nobody says.
    """

    name: str
    heading: str
    words: int
    sections: tuple[SectionPlan, ...] = ()
    rules: tuple[str, ...] = ()
    about: str = ""
    pages: str = ""


TEMPLATES = Registry(
    "briefing.templates",
    Path,
    (("briefing", "assistant.memo.templates:SHIPPED"),),
    claims=lambda place: (one.stem for one in toml_files(place)),
)


def template_names(home: Path | None) -> list[str]:
    """Return the names of the templates: the user's own in `home`/templates, ours, and added ones.

    The first of a name is the one that is used. Without a `home` the user has none.
    """
    return list(dict.fromkeys(file.stem for file in _all(home)))


@cache
def shipped_templates() -> Mapping[str, Template]:
    """Return the templates that come with the program, by name."""
    return {file.stem: _read(file) for file in toml_files(SHIPPED)}


def shipped_rules(template: str) -> tuple[str, ...]:
    """Return the rules of our template of that name; none for another's.

    For templates and memos from before they stated their rules, as `shipped_plan` is.
    """
    ours = shipped_templates().get(template)
    return ours.rules if ours else ()


def shipped_plan(key: str) -> SectionPlan | None:
    """Return our section of that key, of whichever template it is; None for none."""
    plans = {plan.key: plan for one in shipped_templates().values() for plan in one.sections}
    return plans.get(key)


def _all(home: Path | None) -> Iterator[Path]:
    if home is not None:
        yield from sorted((home / _FOLDER).glob("*.toml"))
    for place in TEMPLATES.values():
        yield from toml_files(place)


def template_named(name: str, home: Path | None) -> Template:
    """Return a template, the user's own before others; raises UsageError for one that is none."""
    return _read(_file(name, home))


def template_text(name: str, home: Path) -> str:
    """Return a template as it is written; raises UsageError where there is none."""
    return _file(name, home).read_text(encoding="utf-8")


def _file(name: str, home: Path | None) -> Path:
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
    heading, sections, rules = found.heading or file.stem, found.section, found.rules
    if file.parent != SHIPPED and not _states_its_rules(file):
        # Written before templates stated them, when they went by our names and keys.
        sections = tuple(
            replace(one, leading=plan.leading, layout=plan.layout)
            if (plan := shipped_plan(one.key))
            else one
            for one in sections
        )
        rules = shipped_rules(file.stem)
    return Template(
        file.stem, heading, found.words, sections, rules, about=found.about, pages=found.pages
    )


def _states_its_rules(file: Path) -> bool:
    """Say whether a template says what its memos must have, be it nothing."""
    written = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    sections = written.get("section", ())
    return "rules" in written or any({"leading", "layout"} & one.keys() for one in sections)


def filled(text: str, topic: Topic, quoted: str = "") -> str:
    """Return a text of a template with the topic put in; `quoted` is the topic as it was given."""
    return (
        text.replace("{question}", topic.question)
        .replace("{topic}", topic.thing)
        .replace("{quoted}", f"“{(quoted or topic.question).rstrip('.。 ')}”")
    )
