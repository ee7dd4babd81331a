"""The tables of a memo, made of all its passages: events, figures, disputes, sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Claim
from assistant.checking.checker import Cited
from assistant.memo.disagreements import disagreements
from assistant.memo.figures import stated_quantities
from assistant.memo.grades import Grade, Grades, confidence
from assistant.memo.memo_state import MemoState
from assistant.memo.origins import SourceText, independent_origins, origins
from assistant.memo.references import ReferenceNamer
from assistant.memo.sentence import CitationNumbers, EvidenceSentence, sentences_of
from assistant.memo.speakers import speaker_of
from assistant.memo.superseded import Validity, validity_of
from assistant.memo.timeline import events
from assistant.memo.translation import worded
from assistant.memo.values import (
    EVIDENCE,
    NOTE,
    Behind,
    Dispute,
    Event,
    Figure,
    GradedSource,
    Line,
    Memo,
    Section,
    Side,
)
from assistant.workspace import Workspace
from corpus.starter.public_sources import STARTER, PublicSource, behind, public_sources

# The most rows of each table; those nearest to the topic are kept.
_EVENTS, _FIGURES, _DISPUTES = 10, 10, 8
# How many sentences of other documents are checked for corroboration, and the share of a claim's
# stems that each must have.
_CHECKED, _SHARED = 3, 0.5
# Disagreements in the body, and sides of each; the tables have all.
_BODY_DISPUTES, _SIDES = 3, 4


@dataclass(frozen=True, slots=True)
class _Pool:
    """The sentences on the topic in passage order, with their stems, grades and origins."""

    sentences: tuple[EvidenceSentence, ...]
    stems: Mapping[tuple[str, int, int], frozenset[str]]
    grades: Grades
    origins: Mapping[str, str]
    validity: Validity
    readable: ReferenceNamer


def with_tables(workspace: Workspace, memo: Memo, state: MemoState) -> Memo:
    """Return the memo with its tables, corroboration, graded sources and stated confidence."""
    pool = _pool_of(workspace, memo, state)
    numbers = CitationNumbers(memo.citations, state.pool)
    memo = replace(memo, sections=_marked_out_of_date(memo, pool.validity))
    sections, counted = _corroborated(workspace, memo, pool, numbers)
    shown = {section.shows for section in sections}
    memo = replace(
        memo,
        sections=sections,
        events=_events(pool, numbers) if "timeline" in shown else (),
        figures=_figures(pool, numbers) if "figures" in shown else (),
        disputes=_disputes(pool, numbers) if "disputes" in shown else (),
    )
    memo = replace(memo, citations=numbers.citations)
    memo = replace(memo, sources=_sources(memo, pool, counted))
    return replace(memo, sections=tuple(_with_own_notes(one, memo) for one in memo.sections))


def _pool_of(workspace: Workspace, memo: Memo, state: MemoState) -> _Pool:
    """Return the sentences on the topic, with grades and origins of their documents."""
    sentence_ranker = workspace.sentence_ranker
    found = list(state.pool.values())
    stems: dict[tuple[str, int, int], frozenset[str]] = {}
    kept = []
    for one in sentences_of((one.passage, one.source) for one in found):
        if state.topic.fits(one.text, one.source.title, one.passage.heading):
            stems[one.key] = sentence_ranker.stems(one.text)
            kept.append(one)
    whole = [
        SourceText(one, document.source, document.text)
        for one in dict.fromkeys(one.passage.document for one in found)
        for document in [workspace.library.document(one)]
    ]
    validity = validity_of(state.topic.thing, found, kept, as_of=memo.as_of)
    grades = Grades.load(workspace.settings.home)
    return _Pool(tuple(kept), stems, grades, origins(whole), validity, state.readable)


def _marked_out_of_date(memo: Memo, validity: Validity) -> tuple[Section, ...]:
    """Return the sections with outdated lines marked, or removed from leading sections."""
    sections = []
    for section in memo.sections:
        lines = []
        for line in section.lines:
            later = [_later(memo, number, validity) for number in line.claim.citations]
            if later and all(later):
                if section.leading and line.role == EVIDENCE:
                    continue
                line = replace(line, later=later[0])
            lines.append(line)
        sections.append(replace(section, lines=tuple(lines)))
    return tuple(sections)


def _later(memo: Memo, number: int, validity: Validity) -> str:
    one = memo.citation(number)
    source = validity.later(one.document, one.start, one.end)
    return f"{source.title} ({source.published})" if source else ""


def _corroborated(
    workspace: Workspace, memo: Memo, pool: _Pool, numbers: CitationNumbers
) -> tuple[tuple[Section, ...], dict[int, int]]:
    """Return the sections with citations of corroborating sentences added.

    Also, by citation number, how many independent origins support the line that cites it.
    """
    by_place = {(one.document, one.start, one.end): one for one in pool.sentences}
    counted: dict[int, int] = {}
    sections = []
    for section in memo.sections:
        lines = []
        for line in section.lines:
            if line.role == EVIDENCE and line.claim.citations:
                bearers = _bearers(workspace, line, memo, pool)
                more = [numbers.number(one) for one in bearers]
                own = [
                    by_place[place]
                    for number in line.claim.citations
                    if (place := _place(memo, number)) in by_place
                ]
                claim = replace(
                    line.claim, citations=tuple(dict.fromkeys((*line.claim.citations, *more)))
                )
                count = max(1, independent_origins([*own, *bearers], pool.origins))
                counted |= {
                    number: max(count, counted.get(number, 1)) for number in claim.citations
                }
                line = replace(line, claim=claim)
            lines.append(line)
        sections.append(replace(section, lines=tuple(lines)))
    return tuple(sections), counted


def _place(memo: Memo, number: int) -> tuple[str, int, int]:
    one = memo.citation(number)
    return one.document, one.start, one.end


def _bearers(workspace: Workspace, line: Line, memo: Memo, pool: _Pool) -> list[EvidenceSentence]:
    """Return sentences of other origins that support a line, one per origin.

    A second filing of the same company, or a reprint, corroborates nothing.
    """
    stems = workspace.sentence_ranker.stems(line.claim.text)
    own = {
        pool.origins.get(document, document)
        for number in line.claim.citations
        for document in [memo.citation(number).document]
    }
    shares = [
        (len(stems & pool.stems[one.key]) / max(1, len(stems)), place, one)
        for place, one in enumerate(pool.sentences)
        if pool.origins.get(one.document, one.document) not in own
    ]
    likest = sorted((one for one in shares if one[0] >= _SHARED), key=lambda one: (-one[0], one[1]))
    found: dict[str, EvidenceSentence] = {}
    for _, _, one in likest[:_CHECKED]:
        about = ". ".join(filter(None, (one.source.title, one.passage.heading)))
        verdict = workspace.checker.check(line.claim.text, [Cited(one.text, about)])
        if verdict.verdict == "supported":
            found.setdefault(pool.origins.get(one.document, one.document), one)
    return list(found.values())


def _events(pool: _Pool, numbers: CitationNumbers) -> tuple[Event, ...]:
    """Return the events that most sentences report, the most relevant first, sorted by date."""
    order = {one.key: place for place, one in enumerate(pool.sentences)}
    found = sorted(
        events(pool.sentences),
        key=lambda one: (-len(one.sentences), min(order[two.key] for two in one.sentences)),
    )
    kept = sorted(found[:_EVENTS], key=lambda one: one.date)
    return tuple(
        Event(
            one.date,
            pool.readable(one.sentences[0].document, one.text),
            tuple(dict.fromkeys(numbers.number(two) for two in one.sentences)),
            tuple((other, numbers.number(two)) for other, two in one.others),
        )
        for one in kept
    )


def _figures(pool: _Pool, numbers: CitationNumbers) -> tuple[Figure, ...]:
    found = stated_quantities(pool.sentences)[:_FIGURES]
    return tuple(
        Figure(
            one.quantity,
            one.value,
            one.unit,
            one.shown,
            one.as_of,
            speaker_of(one.sentence).speaker,
            numbers.number(one.sentence),
        )
        for one in found
    )


def _disputes(pool: _Pool, numbers: CitationNumbers) -> tuple[Dispute, ...]:
    found = []
    for one in disagreements(pool.sentences)[:_DISPUTES]:
        sides = tuple(
            Side(
                position.shown,
                pool.readable(position.sentence.document, position.sentence.text),
                speaker_of(position.sentence).speaker,
                position.sentence.source.published,
                position.counts,
                numbers.number(position.sentence),
            )
            for position in one.positions
        )
        found.append(Dispute(one.about, one.kind, sides, one.update))
    return tuple(found)


def with_sources_of_all(workspace: Workspace, memo: Memo) -> Memo:
    """Return the memo with every document that it cites among its sources.

    After a line was cited anew or added: what was graded before keeps its grade and its origin.
    """
    known = {one.document: one for one in memo.sources}
    grades = Grades.load(workspace.settings.home)
    found = []
    for document, cites in _cited_numbers(memo).items():
        old, first = known.get(document), memo.citation(cites[0])
        grade = grades.of(first.source, "")
        graded = old or GradedSource(
            document, first.source, (), grade.reliability, grade.credibility, grade.reason,
            grade.graded, document,
        )  # fmt: skip
        behind_it = _behind(memo, cites)
        found.append(replace(graded, citations=tuple(cites), behind=behind_it))
    return replace(memo, sources=tuple(found))


def _cited_numbers(memo: Memo) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for citation in memo.citations:
        numbers[citation.document].append(citation.number)
    return numbers


def _behind(memo: Memo, cites: Sequence[int]) -> tuple[Behind, ...]:
    """Return the public sources behind the citations of one document."""
    listed = public_sources(memo.citation(cites[0]).source)
    numbers: dict[PublicSource, list[int]] = defaultdict(list)
    for number in cites if listed else ():
        if found := behind(memo.citation(number).quote, listed):
            numbers[found].append(number)
    return tuple(
        Behind(one.publisher, one.title, one.published, one.address, tuple(cited))
        for one, cited in numbers.items()
    )


def _sources(memo: Memo, pool: _Pool, counted: Mapping[int, int]) -> tuple[GradedSource, ...]:
    """Return the cited documents with grades; the kind of each is that of most of its lines."""
    numbers = _cited_numbers(memo)
    speakers: dict[str, Counter[str]] = defaultdict(Counter)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for section in memo.sections:
        for line in section.lines:
            for document in {memo.citation(one).document for one in line.claim.citations}:
                speakers[document][line.speaker] += bool(line.speaker)
                kinds[document][line.kind] += bool(line.kind)
    graded = []
    for document, cites in numbers.items():
        first = memo.citation(cites[0])
        kind = (kinds[document].most_common(1) or [("", 0)])[0][0]
        grade = pool.grades.of(first.source, kind, max(counted.get(number, 1) for number in cites))
        newer = first.newer
        graded.append(
            GradedSource(
                document=document,
                source=first.source,
                citations=tuple(cites),
                reliability=grade.reliability,
                credibility=grade.credibility,
                reason=grade.reason,
                graded=grade.graded,
                origin=pool.origins.get(document, document),
                speakers=tuple(one for one, count in speakers[document].most_common() if count),
                newer=f"{newer.source.title} ({newer.source.published})" if newer else "",
                behind=_behind(memo, cites),
            )
        )
    return tuple(graded)


def _with_own_notes(section: Section, memo: Memo) -> Section:
    """Return a section with the memo's own notes: confidence, disputes, summary."""
    if section.shows == "disputes":
        return _with_notes(
            section,
            *(_dispute_in_words(one, memo.language) for one in memo.disputes[:_BODY_DISPUTES]),
        )
    if section.shows == "sources":
        return _with_notes(section, _summary(memo))
    cites = {number for line in section.lines for number in line.claim.citations}
    if not section.leading or not cites:
        return section
    documents = {memo.citation(number).document for number in cites}
    bearing = [one for one in memo.sources if one.document in documents]
    disputed = any(
        side.citation in cites for one in memo.disputes if not one.update for side in one.sides
    )
    grades = [Grade(one.reliability, one.credibility, one.reason, one.graded) for one in bearing]
    many = len({one.origin for one in bearing})
    return _with_notes(section, confidence(grades, many, disputed, memo.language)[1])


def _with_notes(section: Section, *texts: str) -> Section:
    return replace(section, lines=(*section.lines, *map(note, texts)))


def _dispute_in_words(one: Dispute, language: str) -> str:
    """Return a disagreement as one sentence: what it is about, and each side."""
    said = {side.shown: side.speaker for side in reversed(one.sides)}
    sides = [
        worded("{value} ({who})", language, value=value, who=who)
        if who and who != STARTER
        else value
        for value, who in reversed(said.items())
    ]
    form = "{about}, an update: {sides}." if one.update else "{about}: {sides}."
    return worded(
        form, language, about=one.about, sides=worded("; ", language).join(sides[:_SIDES])
    )


def _summary(memo: Memo) -> str:
    """Return the source summary statement (ICD 206): how many, from where, how good, how old."""
    language = memo.language
    grades = Counter(one.reliability for one in memo.sources)
    spread = worded(", ", language).join(
        worded("{count} of grade {letter}", language, count=count, letter=letter)
        for letter, count in sorted(grades.items())
    )
    dates = sorted(one.source.published for one in memo.sources if one.source.published)
    undated = len(memo.sources) - len(dates)
    said = [
        worded(
            "Documents this memo rests on: {documents} ({spread}); independent origins: {origins}.",
            language,
            documents=len(memo.sources),
            origins=len({one.origin for one in memo.sources}),
            spread=spread,
        )
    ]
    if dates and dates[0] == dates[-1]:
        said.append(worded("They are of {first}.", language, first=dates[0]))
    elif dates:
        said.append(
            worded("They were published between {first} and {last}.", language,
                   first=dates[0], last=dates[-1])
        )  # fmt: skip
    if undated:
        said.append(worded("Without a date: {count}.", language, count=undated))
    return worded(" ", language).join(said)


def note(text: str) -> Line:
    """Return a note: a sentence of the memo about itself."""
    return Line(Claim(text, (), "supported"), role=NOTE)
