"""What a memo is asked for, and the questions that each of its sections searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from assistant.answer import Question
from assistant.memo.templates import SectionPlan, Template, filled, template_named
from assistant.memo.topic import Topic, content_stems
from assistant.memo.translation import worded
from assistant.memo.values import Memo
from assistant.pipeline import validated
from assistant.planning.query_plan import plan_of
from assistant.retrieval.retrieve import retrieve
from assistant.workspace import Workspace
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.translations import language_for
from corpus.vocabulary import with_aliases

# Passages of a search for the topic as a whole, which the tables are made from beside those that
# the sections found.
WIDE = 30


@dataclass(frozen=True, slots=True)
class Request:
    """What a memo is asked for.

    `sections` are the keys to keep (none: all), `length` how many words at most (0: the
    template's), `without` publishers that are left out; dates are ISO. `today` is the date of the
    memo. `language` is the code of the page's: a memo on a Chinese topic is Chinese on any.
    `questions` are searched, by the key of a section, in place of its own: none is for a section
    that nothing is searched for. `sample` marks the memo that shows what memos are.
    """

    topic: str
    template: str = "bluf"
    as_of: str = ""
    since: str = ""
    publishers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    audience: str = ""
    length: int = 0
    sections: tuple[str, ...] = ()
    scale: str = "icd203"
    today: str = ""
    language: str = ""
    questions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sample: bool = False

    @property
    def settings(self) -> Mapping[str, object]:
        """What the memo keeps of what was asked, to be written again."""
        kept: dict[str, object] = {
            "since": self.since,
            "publishers": list(self.publishers),
            "without": list(self.without),
            "documents": list(self.documents),
            "length": self.length,
            "sections": list(self.sections),
        }
        if self.questions:
            kept["questions"] = {key: list(asked) for key, asked in self.questions.items()}
        if self.sample:
            kept["sample"] = True
        return kept


def resumed(request: Request, begun: Memo) -> Request:
    """Return the request of a memo that was broken off, as the memo itself has kept it."""
    kept: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in begun.settings.items()
        if name in {one.name for one in fields(Request)}
    }
    return replace(
        request,
        template=begun.template,
        as_of=begun.as_of,
        audience=begun.audience,
        scale=begun.scale,
        today=begun.created,
        **kept,
    )


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A section that searches, and its questions as they are told to the reader."""

    key: str
    heading: str
    questions: tuple[str, ...]


@with_aliases
def planned_sections(workspace: Workspace, request: Request) -> list[PlannedSection]:
    """Return the sections of a memo that search, with the questions that they would ask.

    Raises UsageError for a request that cannot be met.
    """
    template = template_named(request.template, workspace.settings.home)
    text = validated(Question(request.topic)).text
    wide = retrieve(workspace, plan_of(workspace, Question(text, limit=WIDE)))
    topic = topic_of(workspace, text, [one.passage.text for one in wide])
    language = language_of(topic, request)
    return [
        PlannedSection(
            plan.key,
            worded(plan.heading, language),
            tuple(shown for _, shown in asked_of(plan, topic, text, language)),
        )
        for plan in chosen(template, request)
        if plan.asked(topic.kind)
    ]


def topic_of(workspace: Workspace, text: str, found: list[str]) -> Topic:
    """Return the topic that a text names, its words weighed by how often the library has them."""
    words = workspace.indexes.snapshot().words
    return Topic.of(text, found, words.frequencies(content_stems(text)), len(words))


def language_of(topic: Topic, request: Request) -> str:
    """Return the code of the language that a memo on a topic is written in."""
    return "zh" if topic.chinese else language_for(request.language)


def asked_of(
    plan: SectionPlan, topic: Topic, quoted: str, language: str,
    own: Mapping[str, Sequence[str]] | None = None,
) -> list[tuple[str, str]]:  # fmt: skip
    """Return the questions of a section: as each is searched for, and as it is told.

    Those that the reader wrote, `own`, are searched for as they are told.
    """
    if own and plan.key in own:
        said = (" ".join(one.split()) for one in own[plan.key])
        return [(one, one) for one in said if one]
    searched = "zh" if topic.chinese else "en"
    return [
        (
            filled(worded(one, searched), topic, quoted),
            filled(worded(one, language), topic, quoted),
        )
        for one in plan.asked(topic.kind)
    ]


def chosen(template: Template, request: Request) -> list[SectionPlan]:
    """Return the sections of a template that are asked for; raises UsageError."""
    known = {plan.key for plan in template.sections}
    if unknown := [key for key in request.sections if key not in known]:
        raise UsageError(
            tr(
                "the template {name} has no section {key}; it has: {known}",
                name=template.name,
                key=repr(unknown[0]),
                known=", ".join(plan.key for plan in template.sections),
            )
        )
    return [one for one in template.sections if not request.sections or one.key in request.sections]
