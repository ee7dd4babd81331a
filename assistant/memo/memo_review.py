"""Review of a memo: which of its lines are affected by changes of the sources since."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.memo.grades import Grades
from assistant.memo.values import NOTE, GradedSource, Memo
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.errors import NotInLibrary

CHANGED, REMOVED, SUPERSEDED, REGRADED = "changed", "removed", "superseded", "regraded"


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    """What happened to one source, and the lines that cite it ("section:line", from 1).

    `change` is "changed", "removed", "superseded" or "regraded"; `detail` explains it. `texts` are
    the sentences of the lines.
    """

    change: str
    document: str
    title: str
    detail: str
    where: tuple[str, ...]
    texts: tuple[str, ...]


def review_findings(workspace: Workspace, memo: Memo) -> Iterator[ReviewFinding]:
    """Yield what happened to the sources of a memo in the library as it is now."""
    entries = {entry.id: entry for entry in workspace.library.entries()}
    by_place = {entry.source.location: entry for entry in entries.values()}
    grades = Grades.load(workspace.settings.home)
    later = workspace.retriever.later_versions()
    for source in memo.sources:
        entry = entries.get(source.document)
        now = by_place.get(source.source.location)
        if entry is None and now is not None:
            yield _changed(workspace, memo, source, now)
        elif entry is None:
            yield _finding(memo, source, REMOVED, "it is no longer in the library")
        else:
            newest = later.get(source.document, [])
            if newest and _title_and_date(newest[0]) != source.newer:
                detail = f"a later version is in the library: {_title_and_date(newest[0])}"
                yield _finding(memo, source, SUPERSEDED, detail)
        grade = grades.of(source.source, "")
        # A default grade counts only where it replaces the analyst's own.
        own = grade.graded or source.graded
        if own and (grade.reliability, grade.graded) != (source.reliability, source.graded):
            detail = f"from {source.reliability} to {grade.reliability}: {grade.reason}"
            yield _finding(memo, source, REGRADED, detail)


def _title_and_date(entry: Entry) -> str:
    return f"{entry.source.title} ({entry.source.published})"


def _changed(workspace: Workspace, memo: Memo, source: GradedSource, now: Entry) -> ReviewFinding:
    """Return the finding for a replaced text: which quotations are no longer in it."""
    text = _single_spaced(workspace.library.document(now.id).text)
    gone = {
        one.number
        for one in memo.citations
        if one.document == source.document and _single_spaced(one.quote) not in text
    }
    if not gone:
        return _finding(
            memo, source, CHANGED, "its text changed; all quoted words still stand in it"
        )
    numbers = ", ".join(f"[{number}]" for number in sorted(gone))
    detail = f"its text changed; the words quoted as {numbers} no longer stand in it"
    return _finding(memo, replace(source, citations=tuple(sorted(gone))), CHANGED, detail)


def _finding(memo: Memo, source: GradedSource, change: str, detail: str) -> ReviewFinding:
    cites = set(source.citations)
    found = [
        (f"{section.key}:{number}", line.claim.text)
        for section in memo.sections
        for number, line in enumerate(section.lines, start=1)
        if line.role != NOTE and cites & {*line.claim.citations, *line.claim.offered}
    ]
    where, texts = zip(*found, strict=True) if found else ((), ())
    return ReviewFinding(
        change, source.document, source.source.title, detail, tuple(where), tuple(texts)
    )


def _single_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def count_exact_quotations(workspace: Workspace, memo: Memo) -> int:
    """Return how many citations of a memo quote their document exactly, at the stated offsets.

    Replaced documents are kept in the library and count; documents it never had do not.
    """
    count = 0
    for one in memo.citations:
        try:
            text = workspace.library.document(one.document).text
        except NotInLibrary:
            continue
        count += text[one.start : one.end] == one.quote
    return count
