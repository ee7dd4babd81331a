"""What came into the library since a reader last looked: a short cited brief.

What it changes of what was there comes first, then the new documents by theme.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from assistant.answer import Answer
from assistant.attribution import AnswerBuilder
from assistant.engine import Draft
from assistant.extractive_engine import can_be_quoted
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import speaker_of
from assistant.memo.tables import note
from assistant.memo.translation import worded
from assistant.memo.values import Line, Memo, Section
from assistant.retrieval.reported_changes import names_subject, reported_change, tells_the_end
from assistant.workspace import Workspace
from corpus.catalogue import Entry, LibraryNews
from corpus.document import Passage
from corpus.errors import UsageError
from corpus.looks import Look
from corpus.partial_dates import is_date, is_later
from corpus.vocabulary import with_aliases
from index.evidence import Evidence

TEMPLATE = "whatsnew"
# The key of the only section where nothing is new.
NOTHING_NEW = "new"
_PASSAGES, _SENTENCES = 3, 2
# Documents of which sentences are quoted; of the others the titles stand. A tenth of a second each.
_MOST_READ = 60
# Passages of a new document that are searched for what it changes, and lines about changes.
_SEARCHED, _MOST_CHANGES = 60, 12
_NAMED = 5
_NOTHING = "Nothing came into the library since {since}."


@with_aliases
def whats_new(
    workspace: Workspace, since: str = "", *, seen: Look | None = None, language: str = "en"
) -> Iterator[Memo]:
    """Yield the brief as it grows; the last is complete.

    It is about what came after `seen`, or on the day `since` (ISO 8601) and later; without either
    about all there is. Raises UsageError for an invalid date.
    """
    if since and not is_date(since):
        raise UsageError(f"{since!r} is no date; write it as 2026-01-31")
    library = workspace.library
    # Before the look: what comes in meanwhile is still new the next time.
    present = library.generation
    from_day = since or (seen.at[:10] if seen else "")
    generation = library.generation_before(since) if since else seen.generation if seen else 0
    news, entries = library.news(generation), library.entries()
    topic = "What is new since {since}" if from_day else "What is in the library"
    memo = Memo(
        topic=worded(topic, language, since=from_day),
        template=TEMPLATE,
        created=date.today().isoformat(),
        as_of="",
        engine="extractive",
        library={
            "documents": len(entries),
            "passages": sum(one.passages for one in entries),
            "generation": present,
        },
        language=language,
        complete=False,
    )
    workspace.note("memo", memo.topic, template=TEMPLATE, engine=memo.engine)
    if not news:
        said = worded(_NOTHING, language, since=from_day)
        nothing = Section(NOTHING_NEW, worded("New", language), (note(said),))
        yield replace(memo, sections=(nothing,), complete=True)
        return
    yield from _Brief(workspace, memo, news, language, entries).grown()


def counts_news(workspace: Workspace, seen: Look) -> int:
    """Return how many documents came, or came anew, since a look."""
    news = workspace.library.news(seen.generation)
    return len(news.added) + len(news.replaced)


@dataclass
class _Brief:
    """A brief as it is written: the memo so far, and the answer that mints its citations."""

    workspace: Workspace
    memo: Memo
    news: LibraryNews
    language: str
    entries: Sequence[Entry]
    answer: Answer = field(init=False)
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.answer = Answer(self.memo.topic)
        entries = {one.id: one for one in self.entries}
        self._new = [entries[one] for one in self.news.added if one in entries]
        self._versions = [(old, entries[new]) for old, new in self.news.replaced if new in entries]

    def grown(self) -> Iterator[Memo]:
        """Yield the memo after each section."""
        yield self._with("summary", "In short", self._counts())
        if changes := [*self._changed_versions(), *self._reported_changes()]:
            yield self._with("changes", "What changed", changes)
        read = 0
        for key, heading, members in self._themes():
            lines: list[Line] = []
            titles: list[str] = []
            for entry in sorted(members, key=lambda one: one.source.dated, reverse=True):
                found = self._about(entry) if read < _MOST_READ else []
                read += 1
                lines += found
                if not found:
                    titles.append(entry.source.title)
            if titles:
                lines.append(self._note("Further documents: {titles}.", titles="; ".join(titles)))
            yield self._with(key, heading, lines)
        yield replace(self.memo, complete=True)

    def _with(self, key: str, heading: str, lines: Iterable[Line]) -> Memo:
        section = Section(key, worded(heading, self.language), tuple(lines))
        self.memo = replace(
            self.memo, sections=(*self.memo.sections, section), citations=self.answer.citations
        )
        return self.memo

    def _note(self, template: str, **values: object) -> Line:
        return note(worded(template, self.language, **values))

    def _counts(self) -> Iterator[Line]:
        """Yield how many documents came, from whom, and which went."""
        if self._new:
            count = len(self._new)
            yield self._note(
                "{count} documents came in." if count > 1 else "One document came in.",
                count=count,
            )
            often = Counter(one.source.publisher for one in self._new if one.source.publisher)
            if often:
                named = [f"{who} ({times})" for who, times in often.most_common(_NAMED)]
                yield self._note("From: {publishers}.", publishers=", ".join(named))
        if self._versions:
            titles = "; ".join(one.source.title for _, one in self._versions[:_NAMED])
            yield self._note("New versions: {titles}.", titles=titles)
        if self.news.removed:
            library = self.workspace.library
            titles = "; ".join(
                library.document(one).source.title for one in self.news.removed[:_NAMED]
            )
            yield self._note("No longer there: {titles}.", titles=titles)

    def _changed_versions(self) -> Iterator[Line]:
        """Yield what new versions say that the earlier ones did not."""
        library = self.workspace.library
        for old, entry in self._versions:
            before = " ".join(library.document(old).text.split())
            passages = library.passages_of(entry.id)
            told: list[Line] = []
            for passage in passages[:_SEARCHED]:
                for start, end in passage.parts():
                    text = passage.text[start:end]
                    if (
                        len(told) < _SENTENCES
                        and " ".join(text.split()) not in before
                        and can_be_quoted(text)
                        and not passage.is_row(passage.start + start)
                    ):
                        told += self._cited(entry, passage, text)
            title = entry.source.title
            if told:
                yield self._note("“{title}” has a new text. It says now:", title=title)
                yield from told
            else:
                yield self._note("“{title}” has a new text.", title=title)

    def _reported_changes(self) -> Iterator[Line]:
        """Yield the sentences of new documents that end or change what an older one is about."""
        new = {one.id for one in self._new} | {one.id for _, one in self._versions}
        older = [one for one in self.entries if one.id not in new and one.source.dated]
        today, given = date.today().isoformat(), 0
        for entry in [*self._new, *(one for _, one in self._versions)]:
            for passage in self.workspace.library.passages_of(entry.id)[:_SEARCHED]:
                for start, end in passage.parts():
                    text = passage.text[start:end]
                    change = reported_change(text, today) if can_be_quoted(text) else None
                    if change is None or given >= _MOST_CHANGES:
                        continue
                    earlier = [
                        one.source
                        for one in older
                        if is_later(entry.source.dated, one.source.dated)
                        and (
                            names_subject(change, one.source.title)
                            or (change.refers_back and tells_the_end(entry.source, one.source))
                        )
                    ]
                    if earlier:
                        given += 1
                        yield from self._cited(entry, passage, text)
                        yield self._note(
                            "This bears on: {titles}.",
                            titles="; ".join(
                                f"{one.title} ({one.dated})" for one in earlier[:_SENTENCES]
                            ),
                        )

    def _cited(self, entry: Entry, passage: Passage, text: str) -> list[Line]:
        """Return a sentence of a passage as a cited line, which is not told again."""
        self.told.add(text)
        evidence = [Evidence(1, passage, entry.source, 1.0, "a sentence of a new document")]
        return self._lines(evidence, text, 1)

    def _lines(self, evidence: Sequence[Evidence], text: str, label: int) -> list[Line]:
        builder = AnswerBuilder(self.workspace.checker, evidence)
        self.answer = builder.with_draft(
            Answer(self.answer.question, citations=self.answer.citations), Draft(text, (label,))
        )
        passage, source = evidence[label - 1].passage, evidence[label - 1].source
        start = passage.start + max(0, passage.text.find(text))
        said = speaker_of(EvidenceSentence(text, start, start + len(text), passage, source))
        return [Line(claim, said.speaker, said.kind) for claim in self.answer.claims]

    def _themes(self) -> Iterator[tuple[str, str, list[Entry]]]:
        """Yield (key, heading, documents) of each theme that has any, those without one last."""
        members: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.workspace.with_themes(self._new):
            members[entry.source.theme].append(entry)
        for theme in self.workspace.themes.all():
            if members[theme.key]:
                yield theme.key, theme.english, members[theme.key]
        if members[""]:
            yield "no-theme", "Other", members[""]

    def _about(self, entry: Entry) -> list[Line]:
        """Return up to two cited sentences that say what a document is about."""
        passages = self.workspace.library.passages_of(entry.id)[:_PASSAGES]
        evidence = [
            Evidence(label, passage, entry.source, 1.0, "the beginning of a new document")
            for label, passage in enumerate(passages, start=1)
        ]
        read = self.workspace.sentence_ranker.read(entry.source.title, evidence)
        whole = [
            one
            for one in read
            if one.text.endswith((".", "。"))
            and one.text not in self.told
            and not passages[one.label - 1].is_row(one.start)
        ]
        lines: list[Line] = []
        for one in sorted(whole[:_SENTENCES], key=lambda one: one.start):
            lines += self._lines(evidence, one.text, one.label)
        return lines


__all__ = ["NOTHING_NEW", "TEMPLATE", "counts_news", "whats_new"]
