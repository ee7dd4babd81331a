"""A memo as HTML for the page: a paper with notes in its margin, and what stands beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten

from assistant.checking.problems import in_words
from assistant.memo.contents import finished_sections, left_out, shown_lines, shown_sections
from assistant.memo.lint import NO_REASON
from assistant.memo.memo_diff import MemoDiff
from assistant.memo.pandoc_tree import out_of_date, said_by
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.source_list import SourceEntry, grades_in_words, source_list
from assistant.memo.translation import worded
from assistant.memo.values import GAP, NOTE, Finding, Line, Memo, Section
from corpus.citation_line import citation_line
from corpus.document import Source
from ui.engine_names import engine_title
from ui.memo_editor import MemoEditor
from ui.rendering import rendered
from ui.source import address_of
from ui.wording import word

# What can be done with a line, and the sign on the button.
_ACTIONS = {"up": "↑", "down": "↓", "cite": "⇄", "drop": "✕"}
# What a note of the check offers beside accepting it.
_REMEDIES = {"single-source-judgment": "second", "draft-judgment": "adopt"}
# Tables that the paper shows below a section's sentences; what was checked stands at its end.
_TABLES = ("timeline", "figures", "disputes", "sources")


@dataclass(frozen=True, slots=True)
class Remark:
    """A note of the check: what it says, where, its number, and what it offers, "" for nothing."""

    says: str
    where: str
    key: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a section at `where`, what stands before and behind it, and notes in its margin.

    `doubt` is what the check has against the sentence while no note says so.
    """

    line: Line
    where: str
    speaker: str
    kind: str
    later: str
    doubt: str
    remarks: Sequence[Remark]
    actions: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section of the paper: its lines and table, and a picture (HTML) that belongs to it."""

    key: str
    heading: str
    lines: Sequence[ShownLine]
    layout: str
    table: str
    picture: str


def memo_html(
    editor: MemoEditor, language: str = "en", pictures: Mapping[str, str] | None = None
) -> str:
    """Return a memo as a paper, complete or still growing; "" for none.

    The lines of a complete memo can be edited in place. `pictures` are HTML by the key of the
    section that each follows.
    """
    memo = editor.memo
    if memo is None:
        return ""
    remarks: dict[str, list[Remark]] = defaultdict(list)
    for number, one in enumerate(memo.findings):
        if not one.accepted:
            remarks[one.where].append(_remark(one, str(number)))
    drawn = pictures or {}
    sections = [
        ShownSection(
            one.key,
            one.heading,
            [_shown_line(memo, one, number, line, remarks, language) for number, line in lines],
            one.layout,
            one.shows if one.shows in _TABLES else "",
            # The timeline is a list already, whose dates lead to their sources.
            "" if one.shows == "timeline" else drawn.get(one.key, ""),
        )
        for one in shown_sections(memo)
        for lines in [_lines_of(one, memo)]
        if one.shows != "log"
    ]
    without = [
        (one, [_shown_line(memo, one, number, line, {}, language)
               for number, line in shown_lines(one, memo.language) if line.role == GAP])
        for one in left_out(memo)
    ]  # fmt: skip
    places = {line.where for one in sections for line in one.lines}
    whole = [one for where, found in remarks.items() if where not in places for one in found]
    return rendered(
        "memo.html", "paper", language, memo, _facts(memo, language), sections, without, whole,
        [_source(one, memo) for one in source_list(memo)], _check_summary(memo, language),
        _offers(editor), bool(editor.job), _stopped_at(editor), editor.name,
        _accepted(memo),
        grades_in_words(memo),
    )  # fmt: skip


def _accepted(memo: Memo) -> list[tuple[str, str]]:
    """Return the notes that the analyst accepted, each with the reason, "" for none."""
    return [
        (one.advice, "" if one.accepted == NO_REASON else one.accepted)
        for one in memo.findings
        if one.accepted
    ]


def _lines_of(section: Section, memo: Memo) -> list[tuple[int, Line]]:
    """Return the lines that are shown: of disagreements the tables say more than the notes."""
    lines = shown_lines(section, memo.language)
    if section.shows == "disputes":
        return [(number, line) for number, line in lines if line.role != NOTE]
    return lines


def _remark(finding: Finding, key: str) -> Remark:
    remedy = _REMEDIES.get(finding.rule, "")
    return Remark(finding.advice, finding.where, key, remedy)


def _facts(memo: Memo, language: str) -> list[str]:
    facts = [
        word("memo.for", language, reader=memo.audience) if memo.audience else "",
        memo.created,
        word("memo.as_of_fact", language, date=memo.as_of) if memo.as_of else "",
        word("memo.library_fact", language, documents=memo.library.get("documents", 0)),
        engine_title(memo.engine, language),
    ]
    return [one for one in facts if one]


def _stopped_at(editor: MemoEditor) -> tuple[int, int] | None:
    """Return how many sections a memo has that was stopped, and was to have; None for another."""
    memo = editor.memo
    if memo is None or memo.complete or editor.job:
        return None
    finished = len(finished_sections(memo))
    return finished, max(finished, len(editor.planned))


def _shown_line(
    memo: Memo, section: Section, number: int, line: Line, remarks: Mapping[str, list[Remark]],
    language: str,
) -> ShownLine:  # fmt: skip
    speaker, kind = said_by(line, language)
    where = f"{section.key}:{number}"
    found = remarks.get(where, [])
    doubt = "" if found or line.claim.verdict == "supported" else in_words(line.claim.problems)
    accepted = any(one.where == where and one.accepted for one in memo.findings)
    return ShownLine(
        line,
        where,
        speaker,
        kind,
        out_of_date(line, language),
        "" if accepted else doubt,
        found,
        _actions(line) if memo.complete else (),
    )


def _actions(line: Line) -> list[tuple[str, str]]:
    """Return what can be done with a line, each with its sign."""
    if line.role == NOTE:
        return [("drop", _ACTIONS["drop"])]
    without = ("cite",) if line.role == GAP else ()
    actions = [one for one in _ACTIONS.items() if one[0] not in without]
    return [("adopt", "✓"), *actions] if line.draft else actions


def _check_summary(memo: Memo, language: str) -> str:
    """Return how the check of a memo's sentences went, in a sentence."""
    claims = [
        line.claim for one in memo.sections for line in one.lines if line.claim.citations
    ]  # fmt: skip
    supported = sum(one.verdict == "supported" for one in claims)
    said = [word("memo.checked", language, count=len(claims), supported=supported)]
    return " ".join(said) if claims else ""


def _source(entry: SourceEntry, memo: Memo) -> tuple[list[int], SourceEntry, str, str]:
    """Return what a source is cited as, the source, its grade, and why it has it."""
    numbers = [one.number for one in entry.citations]
    if entry.graded is None:
        return numbers, entry, "", ""
    grade = f"{entry.graded.reliability}{entry.graded.credibility}"
    return numbers, entry, grade, worded(entry.graded.reason, memo.language)


@dataclass(frozen=True, slots=True)
class Offers:
    """What is offered for the line at `where`: (label, source, text, address).

    `act` takes one; one with an address is there to be read and cannot be taken.
    """

    where: str
    act: str
    passages: Sequence[tuple[str, str, str, str]]


def _offers(editor: MemoEditor) -> Offers | None:
    """Return the passages that are offered for a line; None where nothing was looked for."""
    if not editor.at:
        return None
    if editor.seconds is not None:
        seconds = [
            (
                str(number),
                _named(one.evidence.source),
                one.sentence.text,
                "" if one.says_so else _place(one.sentence),
            )
            for number, one in enumerate(editor.seconds)
        ]
        return Offers(editor.at, "also", seconds)
    passages = [
        (
            str(one.label),
            _named(one.source),
            shorten(one.passage.text, 260, placeholder=" …"),
            "",
        )
        for one in editor.candidates
    ]
    return Offers(editor.at, "take", passages)


def _place(one: EvidenceSentence) -> str:
    """Return the address of a sentence that the source panel opens."""
    return address_of(one.passage.document, one.start, one.end)


def _named(source: Source) -> str:
    return citation_line(source, fields=("publisher", "title", "published"))


def sections_html(editor: MemoEditor, language: str) -> str:
    """Return the sections of a memo as a list: what is finished is ticked while it grows."""
    memo = editor.memo
    if memo is None and not editor.job:
        return ""
    if memo is not None and memo.complete:
        shown = [(one.key, one.heading, "") for one in shown_sections(memo) if one.shows != "log"]
        return rendered("memo.html", "sections", language, shown, growing=False)
    finished = {one.key for one in finished_sections(memo)} if memo else set()
    begun = {one.key for one in memo.sections} if memo else set()
    in_language = memo.language if memo else language
    next_one = next((key for key, _ in editor.planned if key not in finished), "")
    rows = [
        (
            key if key in begun else "",
            worded(heading, in_language),
            "done" if key in finished else "now" if key == next_one and editor.job else "later",
        )
        for key, heading in editor.planned
    ]
    return rendered("memo.html", "sections", language, rows, growing=True)


def difference_html(found: MemoDiff, shown: Sequence[tuple[Memo, str]], language: str) -> str:
    """Return what changed between two memos, and which sources caused it.

    `shown` are the memos, the one before first, each with when it was saved.
    """
    headings = {one.key: one.heading for memo, _ in shown for one in memo.sections}
    named = [(memo.title, saved) for memo, saved in shown]
    return rendered("memo.html", "difference", language, found, named, headings)
