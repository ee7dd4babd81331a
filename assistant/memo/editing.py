"""Editing a memo by hand: lines removed, moved, reworded, cited anew, added from an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answer import Citation, Claim, Question
from assistant.attribution import citation_of, cited_passage
from assistant.checking.checker import Cited, Verdict
from assistant.checking.problems import Code, problem
from assistant.memo.drafting import as_judgment
from assistant.memo.lint import relinted
from assistant.memo.sentence import CitationNumbers, EvidenceSentence, sentences_of
from assistant.memo.tables import with_sources_of_all
from assistant.memo.templates import template_named
from assistant.memo.translation import worded
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, NOTE, Line, Memo, Section
from assistant.planning.query_plan import plan_of
from assistant.retrieval.retrieve import retrieve
from assistant.workspace import Workspace
from corpus.document import Passage
from corpus.errors import NotInLibrary, UsageError
from corpus.i18n import tr
from corpus.vocabulary import with_aliases
from index.evidence import Evidence
from index.retriever import table_rows

# How many passages are offered for a line.
_OFFERED = 6
# The form of a memo that begins with an answer, and the section that takes what is found out.
_FIRST_FORM, _TAKES_ANSWERS = "bluf", "what-we-know"
# Passages that are searched for a second source, how many are offered, and the share of a line's
# words that the sentence of one must have.
_SEARCHED, _SECONDS, _ALIKE = 24, 4, 0.34
# Who says a sentence, at its end or its beginning: ", the Port Gazette reports (source 3)."
_ATTRIBUTED = re.compile(
    r",\s+(?:according to [^,;]+|(?:the |its )?[A-Z][^,;.]{0,60}? (?:says?|said|reports?|reported"
    r"|writes?|wrote|notes?|noted|states?|stated))(?:\s*\([^)]*\))?\s*\.$"
)
_ACCORDING = re.compile(
    r"^(?:According to [^,;]+,|[A-Z][^,;.]{0,60}? (?:says|said|reports|reported|writes|wrote)"
    r"(?: on [^,;]{3,30})?(?:, from [^,;]+,)? that)\s+"
)


def without_line(memo: Memo, section: str, line: int) -> Memo:
    """Return the memo without a line (from 1) of a section, a note too; raises UsageError."""
    at, lines = _lines(memo, section, line, notes=True)
    return _with_lines(memo, at, (*lines[: line - 1], *lines[line:]))


def with_line_moved(memo: Memo, section: str, line: int, step: int) -> Memo:
    """Return the memo with a line one place up (-1) or down (+1); at an end it stays."""
    at, lines = _lines(memo, section, line)
    other = line + step
    if not 1 <= other <= len(lines):
        return memo
    swapped = list(lines)
    swapped[line - 1], swapped[other - 1] = swapped[other - 1], swapped[line - 1]
    return _with_lines(memo, at, tuple(swapped))


@with_aliases
def candidate_passages(
    workspace: Workspace, memo: Memo, section: str, line: int
) -> tuple[Evidence, ...]:
    """Return passages that a line might cite, the best first, within the memo's filters."""
    _, lines = _lines(memo, section, line)
    question = Question(
        lines[line - 1].claim.text,
        as_of=memo.as_of,
        since=str(memo.settings.get("since") or ""),
        limit=_OFFERED,
    )
    return retrieve(workspace, plan_of(workspace, question))


@dataclass(frozen=True, slots=True)
class SecondSource:
    """A passage of another document, its sentence nearest to a line, and whether it says so too."""

    evidence: Evidence
    sentence: EvidenceSentence
    says_so: bool


@with_aliases
def second_sources(workspace: Workspace, memo: Memo, section: str, line: int) -> list[SecondSource]:
    """Return passages of other documents on a line, those first that say the same.

    "Says the same" is what the check of answers finds in the whole passage; each comes with the
    sentence in it that says so, or the nearest.
    """
    claim = editable_line(memo, section, line).claim
    statement = _unattributed(claim.text)
    cited = {memo.citation(one).document for one in (*claim.citations, *claim.offered)}
    question = Question(statement, as_of=memo.as_of, limit=_SEARCHED)
    stems = workspace.sentence_ranker.stems(statement)
    found: list[SecondSource] = []
    for evidence in retrieve(workspace, plan_of(workspace, question)):
        if evidence.passage.document in cited:
            continue
        sentences = list(sentences_of([(evidence.passage, evidence.source)]))
        shares = [_share(workspace, stems, one) for one in sentences]
        if max(shares, default=0.0) < _ALIKE:
            continue
        verdict = _borne_out(workspace, claim.text, evidence)
        best = sentences[shares.index(max(shares))]
        says_so = verdict.verdict == "supported"
        if says_so and verdict.premise:
            best = next((one for one in sentences if verdict.premise in one.text), best)
        found.append(SecondSource(evidence, best, says_so))
    kept: dict[str, SecondSource] = {}
    for second in sorted(found, key=lambda second: not second.says_so):
        kept.setdefault(second.evidence.passage.document, second)
    return list(kept.values())[:_SECONDS]


def _unattributed(text: str) -> str:
    """Return a sentence without who says it: another source says the same of its own accord."""
    plain = _ATTRIBUTED.sub(".", _ACCORDING.sub("", text))
    return plain[:1].upper() + plain[1:]


def _borne_out(workspace: Workspace, text: str, evidence: Evidence) -> Verdict:
    """Return whether a passage alone says what a sentence does, whoever the sentence names."""
    checked = (
        workspace.checker.check(one, [cited_passage(evidence)])
        for one in dict.fromkeys((text, _unattributed(text)))
    )
    first = next(checked)
    return first if first.verdict == "supported" else next(checked, first)


def _share(workspace: Workspace, stems: frozenset[str], sentence: EvidenceSentence) -> float:
    """Return which share of these stems a sentence has."""
    return len(stems & workspace.sentence_ranker.stems(sentence.text)) / max(1, len(stems))


@with_aliases
def with_second_source(
    workspace: Workspace, memo: Memo, section: str, line: int, second: SecondSource
) -> Memo:
    """Return the memo with a line that also cites a second source, checked anew against both.

    Raises UsageError where the second alone does not say it: it would corroborate nothing.
    """
    at, lines = _lines(memo, section, line)
    old = lines[line - 1]
    if _borne_out(workspace, old.claim.text, second.evidence).verdict != "supported":
        raise UsageError(tr("that document does not say so; it was not added as a source"))
    numbers = (*old.claim.citations, *old.claim.offered)
    rests = [_passage_of(workspace, memo.citation(number)) for number in numbers]
    verdict = workspace.checker.check(old.claim.text, [*rests, cited_passage(second.evidence)])
    made = CitationNumbers(memo.citations, {second.evidence.passage.id: second.evidence})
    cites = tuple(dict.fromkeys((*old.claim.citations, made.number(second.sentence))))
    claim = replace(old.claim, citations=cites, verdict=verdict.verdict, problems=verdict.problems)
    new = replace(old, claim=as_judgment(claim) if old.role == JUDGMENT else claim)
    memo = with_sources_of_all(workspace, replace(memo, citations=made.citations))
    return _with_lines(memo, at, (*lines[: line - 1], new, *lines[line:]))


@with_aliases
def with_other_passage(
    workspace: Workspace, memo: Memo, section: str, line: int, evidence: Evidence
) -> Memo:
    """Return the memo with a line that cites only the given passage, checked against it."""
    at, lines = _lines(memo, section, line)
    old = lines[line - 1]
    number, citations = _with_citation(memo, citation_of(old.claim.text, evidence, 0))
    verdict = workspace.checker.check(old.claim.text, [cited_passage(evidence)])
    claim = Claim(old.claim.text, (number,), verdict.verdict, verdict.problems)
    claim = as_judgment(claim) if old.role == JUDGMENT else claim
    changed = (*lines[: line - 1], replace(old, claim=claim, speaker="", kind=""), *lines[line:])
    memo = with_sources_of_all(workspace, replace(memo, citations=citations))
    return _with_lines(memo, at, changed)


def editable_line(memo: Memo, section: str, line: int) -> Line:
    """Return an editable line (from 1) of a section; raises UsageError."""
    _, lines = _lines(memo, section, line)
    return lines[line - 1]


@with_aliases
def with_line_reworded(
    workspace: Workspace, memo: Memo, section: str, line: int, text: str
) -> Memo:
    """Return the memo with a new text in a line, checked against the passages that it cites.

    A text written into a gap is the analyst's judgment, also when it is changed later, and so is a
    model's draft that the analyst rewords. Any other sentence without a citation is unsupported.
    Raises UsageError for an empty text.
    """
    at, lines = _lines(memo, section, line)
    text = " ".join(text.split())
    if not text:
        raise UsageError(tr("write a sentence, or remove the line"))
    old = lines[line - 1]
    if old.role == GAP:
        new = Line(Claim(text, (), "supported"), role=JUDGMENT)
    else:
        numbers = (*old.claim.citations, *old.claim.offered)
        rests = [_passage_of(workspace, memo.citation(number)) for number in numbers]
        if rests:
            verdict = workspace.checker.check(text, rests)
        elif _is_own_judgment(old) or workspace.checker.states_nothing(text):
            verdict = Verdict("supported")
        else:
            verdict = Verdict("unsupported", (problem(Code.UNCITED),))
        claim = replace(old.claim, text=text, verdict=verdict.verdict, problems=verdict.problems)
        claim = as_judgment(claim) if old.role == JUDGMENT else claim
        new = replace(old, claim=claim, draft=False)
    return _with_lines(memo, at, (*lines[: line - 1], new, *lines[line:]))


def _is_own_judgment(line: Line) -> bool:
    """Say whether a line without a citation is the analyst's own judgment, not a model's draft."""
    return line.role == JUDGMENT and not line.draft and line.claim.verdict == "supported"


def _passage_of(workspace: Workspace, citation: Citation) -> Cited:
    """Return the passage around a citation, or the quoted words where the document is gone."""
    try:
        passages = workspace.library.passages_of(citation.document)
    except NotInLibrary:
        passages = []
    alone = Passage(
        citation.document,
        citation.start,
        citation.end,
        citation.quote,
        citation.page,
        citation.heading,
    )
    around = (one for one in passages if one.start <= citation.start < one.end)
    passage = next(around, alone)
    rows = table_rows(workspace.library, passage)
    return cited_passage(Evidence(citation.number, passage, citation.source, 0.0, "", rows=rows))


def begun_with(
    workspace: Workspace, topic: str, claims: Sequence[Claim], citations: Sequence[Citation],
    *, created: str, language: str,
) -> Memo:  # fmt: skip
    """Return a new memo that holds the cited claims of an answer, and room for judgments."""
    template = template_named(_FIRST_FORM, workspace.settings.home)
    sections = [
        Section(
            plan.key, worded(plan.heading, language),
            shows="sources" if plan.kind == "sources" else "",
            leading=plan.leading, layout=plan.layout,
            lines=(Line(Claim(worded(plan.ask, language), (), "supported"), role=GAP),)
            if plan.ask else (),
        )
        for plan in template.sections
        if plan.key == _TAKES_ANSWERS or plan.ask or plan.kind == "sources"
    ]  # fmt: skip
    entries = workspace.library.entries()
    memo = Memo(
        topic, template.name, created, "", workspace.engine.name, sections=tuple(sections),
        library={"documents": len(entries), "passages": sum(one.passages for one in entries)},
        language=language,
    )  # fmt: skip
    return with_claims(workspace, memo, _TAKES_ANSWERS, claims, citations)


def with_claims(
    workspace: Workspace,
    memo: Memo,
    section: str,
    claims: Sequence[Claim],
    citations: Sequence[Citation],
) -> Memo:
    """Return the memo with cited claims of an answer appended to a section.

    Claims without a citation, and those that the memo has already, are left out.
    """
    by_number = {one.number: one for one in citations}
    present = {line.claim.text for one in memo.sections for line in one.lines}
    at = _section_index(memo, section)
    for claim in claims:
        rests = [by_number[one] for one in (*claim.citations, *claim.offered) if one in by_number]
        if not rests or claim.text in present:
            continue
        numbers = []
        for one in rests:
            number, kept = _with_citation(memo, one)
            memo = replace(memo, citations=kept)
            numbers.append(number)
        own = replace(claim, citations=tuple(numbers), offered=())
        memo = _with_lines(memo, at, (*memo.sections[at].lines, Line(own, role=EVIDENCE)))
    return relinted(with_sources_of_all(workspace, memo))


def sections_for(memo: Memo) -> list[Section]:
    """Return the sections to which lines can be added: not those that only show a table."""
    return [one for one in memo.sections if not one.shows]


def _lines(
    memo: Memo, section: str, line: int, *, notes: bool = False
) -> tuple[int, tuple[Line, ...]]:
    at = _section_index(memo, section)
    lines = memo.sections[at].lines
    if not 1 <= line <= len(lines) or (lines[line - 1].role == NOTE and not notes):
        raise UsageError(
            tr(
                "there is no line {line} to change in {heading}",
                line=line,
                heading=repr(memo.sections[at].heading),
            )
        )
    return at, lines


def _section_index(memo: Memo, section: str) -> int:
    for at, one in enumerate(memo.sections):
        if one.key == section:
            return at
    raise UsageError(tr("the memo has no section {key}", key=repr(section)))


def _with_lines(memo: Memo, at: int, lines: tuple[Line, ...]) -> Memo:
    """Return the memo with new lines in a section, linted again.

    Unused citations stay, so that the numbers of the others do not change.
    """
    sections = list(memo.sections)
    sections[at] = replace(sections[at], lines=lines)
    return relinted(replace(memo, sections=tuple(sections)))


def _with_citation(memo: Memo, citation: Citation) -> tuple[int, tuple[Citation, ...]]:
    """Return the number of a citation in the memo, and the memo's citations with it."""
    for one in memo.citations:
        if (one.document, one.start, one.end) == (citation.document, citation.start, citation.end):
            return one.number, memo.citations
    number = max((one.number for one in memo.citations), default=0) + 1
    return number, (*memo.citations, replace(citation, number=number))
