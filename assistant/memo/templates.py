"""Memo templates: small files that name the sections and the questions each of them asks."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from corpus.errors import UsageError
from index.query import Query

_SHIPPED = Path(__file__).parent / "templates"
_FOLDER = "templates"
# What fills a section: cited evidence; a gap for the analyst with the evidence under it; what was
# not found; or a table.
KINDS = ("evidence", "gap", "missing", "disputes", "figures", "timeline", "sources", "log")
TABLES = ("disputes", "figures", "timeline", "sources", "log")
_NAME = re.compile(r"[\w-]+")
# The words that make a topic a question; what remains is the thing it asks about.
_ASKING = re.compile(
    r"^(?:what|how|why|when|where|who|which)\b(?:\s+(?:much|many))?"
    r"(?:\s+(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should))?\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A section as a template has it.

    `questions` may hold {question} (the topic as given), {topic} (its thing, as words) and {quoted}
    (the topic in quotation marks); `sentences` is the most that each question brings in; `judge`
    is what the analyst must decide, shown as a gap where no model writes.
    """

    key: str
    heading: str
    kind: str
    questions: tuple[str, ...] = ()
    sentences: int = 3
    judge: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of memo: its sections in order and about how many words it should have."""

    name: str
    heading: str
    words: int
    sections: tuple[Plan, ...] = field(default_factory=tuple)


def template_names(home: Path) -> list[str]:
    """Return the names of the templates: the user's own in `home`/templates, then ours."""
    files = [*sorted((home / _FOLDER).glob("*.toml")), *sorted(_SHIPPED.glob("*.toml"))]
    return list(dict.fromkeys(file.stem for file in files))


def template_named(name: str, home: Path) -> Template:
    """Return a template, the user's own before ours; raises UsageError for one that is none."""
    return _read(_file(name, home))


def template_text(name: str, home: Path) -> str:
    """Return a template as it is written; raises UsageError where there is none."""
    return _file(name, home).read_text(encoding="utf-8")


def _file(name: str, home: Path) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a template; use letters, digits, - and _")
    for file in (home / _FOLDER / f"{name}.toml", _SHIPPED / f"{name}.toml"):
        if file.is_file():
            return file
    known = ", ".join(template_names(home))
    raise UsageError(f"there is no template {name!r}; there are: {known}")


def _read(file: Path) -> Template:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read the template {file}: {error}") from error
    sections = values.get("section")
    if not isinstance(sections, list) or not sections:
        raise UsageError(f"{file} has no [[section]]; copy one of the templates that come with us")
    plans = tuple(_plan(file, number, one) for number, one in enumerate(sections, start=1))
    keys = [one.key for one in plans]
    if len(set(keys)) < len(keys):
        raise UsageError(f"{file}: two sections have the same key")
    words = values.get("words", 1000)
    if not isinstance(words, int) or words < 100:
        raise UsageError(f"{file}: words must be a number of 100 or more")
    return Template(file.stem, str(values.get("heading", file.stem)), words, plans)


def _plan(file: Path, number: int, values: object) -> Plan:
    if not isinstance(values, dict):
        raise UsageError(f"{file}: section {number} is no table")
    kind, questions = values.get("kind"), values.get("questions", [])
    if kind not in KINDS:
        raise UsageError(f"{file}: section {number} needs a kind: {', '.join(KINDS)}")
    if not isinstance(questions, list) or not all(isinstance(one, str) for one in questions):
        raise UsageError(f"{file}: the questions of section {number} must be a list of texts")
    if kind == "evidence" and not questions:
        raise UsageError(f"{file}: section {number} holds evidence and asks no question")
    heading = str(values.get("heading", "")).strip()
    key = str(values.get("key") or heading.lower().replace(" ", "-"))
    if not heading or not _NAME.fullmatch(key):
        raise UsageError(f"{file}: section {number} needs a heading and a key of plain letters")
    return Plan(
        key=key,
        heading=heading,
        kind=kind,
        questions=tuple(questions),
        sentences=int(values.get("sentences", 3)),
        judge=str(values.get("judge", "")),
    )


def shown(text: str, topic: str) -> str:
    """Return a question of a template as a reader is told of it.

    A topic that is a question itself is not put into another: "What limits apply to it?" reads,
    "What limits apply to export controls do DeepSeek?" does not.
    """
    bare = topic.strip().rstrip("?!. ")
    it = bare if _ASKING.sub("", bare) == bare else "the subject of this memo"
    return text.replace("{question}", topic.strip()).replace("{topic}", it)


def filled(text: str, topic: str) -> str:
    """Return a text of a template with the topic put in, as it is searched for."""
    bare = topic.strip().rstrip("?!. ")
    thing = _ASKING.sub("", bare)
    if thing != bare:
        # "What do export controls do to DeepSeek?" is about "export controls DeepSeek".
        thing = " ".join(Query.from_question(bare).words)
    return (
        text.replace("{question}", topic.strip())
        .replace("{topic}", thing or bare)
        .replace("{quoted}", f"“{bare}”")
    )
