"""The sources of a memo as a reader looks them up: public ones first, each number once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.memo.translation import worded
from assistant.memo.values import GradedSource, Memo
from corpus.citation_line import BY_PUBLISHER, citation_line
from corpus.starter.public_sources import STARTER


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One source: the citations that rest on it, what it is called, and where it is.

    `address` is "" where it has none on the web. `remark` says how it came here, `graded` what it
    was graded; both may be missing.
    """

    citations: tuple[Citation, ...]
    about: str
    address: str
    remark: str
    graded: GradedSource | None


# The Admiralty code in words: of a source, and of what it says.
_RELIABILITY = {
    "A": "completely reliable", "B": "usually reliable", "C": "fairly reliable",
    "D": "not usually reliable", "E": "unreliable", "F": "reliability unknown",
}  # fmt: skip
_CREDIBILITY = {
    1: "confirmed by others", 2: "probably true", 3: "possibly true", 4: "doubtful",
    5: "improbable", 6: "truth unknown",
}  # fmt: skip


def grades_in_words(memo: Memo) -> str:
    """Return what the grades in a memo's list of sources mean, each once; "" without one."""
    grades = sorted(
        {
            (one.graded.reliability, one.graded.credibility)
            for one in source_list(memo)
            if one.graded
        }
    )
    comma = worded(", ", memo.language)
    said = [
        worded(
            "{grade} is {reliability}{comma}{credibility}", memo.language,
            grade=f"{letter}{digit}", comma=comma,
            reliability=worded(_RELIABILITY.get(letter, letter), memo.language),
            credibility=worded(_CREDIBILITY.get(digit, str(digit)), memo.language),
        )
        for letter, digit in grades
    ]  # fmt: skip
    if not said:
        return ""
    return worded("Grades: {grades}.", memo.language, grades="; ".join(said))


def source_list(memo: Memo) -> list[SourceEntry]:
    """Return the sources that a memo cites, in the order of their numbers.

    Of a document that retells others the public sources stand by themselves.
    """
    entries = list(_entries(memo))
    return sorted(entries, key=lambda one: min(cited.number for cited in one.citations))


def _entries(memo: Memo) -> Iterator[SourceEntry]:
    documents: dict[str, list[Citation]] = {}
    for one in memo.citations:
        documents.setdefault(one.document, []).append(one)
    graded = {one.document: one for one in memo.sources}
    for document, cites in documents.items():
        source = graded.get(document)
        left = {one.number: one for one in cites}
        for behind in source.behind if source else ():
            own = tuple(left.pop(number) for number in behind.citations if number in left)
            if own:
                parts = (behind.publisher, behind.title, behind.published)
                told = worded("(as told in “{title}”)", memo.language, title=own[0].source.title)
                yield SourceEntry(own, ", ".join(filter(None, parts)), behind.address, told, source)
        if left:
            yield _whole(tuple(left.values()), source, memo.language)


def _whole(cites: tuple[Citation, ...], graded: GradedSource | None, language: str) -> SourceEntry:
    """Return a document as a source of its own."""
    source = cites[0].source
    if source.publisher == STARTER:
        about = worded("{title}, a brief of ours on public sources", language, title=source.title)
        return SourceEntry(cites, about, "", "", graded)
    about = citation_line(source, fields=BY_PUBLISHER, undated=worded("no date", language))
    on_web = "://" in source.location
    remark = "" if on_web else f"({source.location.rpartition('/')[2]})"
    if graded and graded.newer:
        later = worded("later version: {title}", language, title=graded.newer)
        remark = f"{remark} {later}".strip()
    return SourceEntry(cites, about, source.location if on_web else "", remark, graded)
