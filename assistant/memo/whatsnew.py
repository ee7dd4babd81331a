"""What was added to the library since a date: a short cited brief, grouped by theme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from assistant.answer import Answer, Claim
from assistant.attribution import AnswerBuilder
from assistant.engine import Draft
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import speaker_of
from assistant.memo.tables import note
from assistant.memo.values import Line, Memo, Section
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.errors import UsageError
from corpus.partial_dates import is_date, within
from corpus.vocabulary import with_aliases
from index.evidence import Evidence

TEMPLATE = "whatsnew"
_PASSAGES, _SENTENCES = 3, 2


@with_aliases
def whats_new(workspace: Workspace, since: str) -> Iterator[Memo]:
    """Yield the brief as it grows; the last is complete. `since` is the earliest date of adding.

    Raises UsageError for an invalid date.
    """
    if not is_date(since):
        raise UsageError(f"{since!r} is no date; write it as 2026-01-31")
    entries = [
        one
        for one in workspace.library.entries()
        if within(one.added[:10], since, "") and one.passages
    ]
    memo = Memo(
        topic=f"What is new since {since}",
        template=TEMPLATE,
        created=date.today().isoformat(),
        as_of="",
        engine="extractive",
        complete=False,
    )
    if not entries:
        nothing = Section("new", "New", (note(f"Nothing came into the library since {since}."),))
        yield replace(memo, sections=(nothing,), complete=True)
        return
    answer = Answer(memo.topic)
    for key, heading, members in _themes(workspace, entries):
        lines: list[Line] = []
        for entry in sorted(members, key=lambda one: one.source.published, reverse=True):
            answer, found = _lines_of_document(workspace, answer, entry)
            lines.extend(found)
        sections = (*memo.sections, Section(key, heading, tuple(lines)))
        memo = replace(memo, sections=sections, citations=answer.citations)
        yield memo
    yield replace(memo, complete=True)


def _themes(workspace: Workspace, entries: list[Entry]) -> Iterator[tuple[str, str, list[Entry]]]:
    """Yield (key, heading, documents) of each theme that has any, last those without a theme."""
    members: dict[str, list[Entry]] = defaultdict(list)
    for entry in workspace.with_themes(entries):
        members[entry.source.theme].append(entry)
    for theme in workspace.themes.all():
        if members[theme.key]:
            yield theme.key, theme.english, members[theme.key]
    if members[""]:
        yield "no-theme", "Other", members[""]


def _lines_of_document(
    workspace: Workspace, answer: Answer, entry: Entry
) -> tuple[Answer, list[Line]]:
    """Return up to two cited sentences that say what a document is about."""
    passages = workspace.library.passages_of(entry.id)[:_PASSAGES]
    evidence = [
        Evidence(label, passage, entry.source, 1.0, "the beginning of a new document")
        for label, passage in enumerate(passages, start=1)
    ]
    sentence_ranker = workspace.sentence_ranker
    read = sentence_ranker.read(entry.source.title, evidence)
    whole = [
        one
        for one in read
        if one.text.endswith((".", "。")) and not passages[one.label - 1].is_row(one.start)
    ]
    builder = AnswerBuilder(workspace.checker, evidence)
    lines: list[Line] = []
    for one in sorted(whole[:_SENTENCES], key=lambda one: one.start):
        answer = builder.with_draft(
            Answer(answer.question, citations=answer.citations), Draft(one.text, (one.label,))
        )
        passage = passages[one.label - 1]
        said = speaker_of(EvidenceSentence(one.text, one.start, one.end, passage, entry.source))
        claims: tuple[Claim, ...] = answer.claims
        lines.extend(Line(claim, said.speaker, said.kind) for claim in claims)
    return answer, lines
