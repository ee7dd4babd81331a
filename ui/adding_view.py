"""What is being added to the library, as HTML: each file with its state, the pill in the bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.i18n import joined
from index.ingest import Report
from ui.extraction_words import left_out_words
from ui.ingest_jobs import AddedFile, AddProgress
from ui.jobs import Job
from ui.places import shown_location
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import word

# Files that are shown, each in a row; the rest is counted.
_MOST_ROWS = 100
# What a report counts, as far as there is some of it.
_COUNTED = ("added", "replaced", "updated", "unchanged", "duplicates", "refused", "left_out")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that is being added: its name, its outcome or state, and that in words.

    `share` is how much of it is read, in 0…1, None where that is not known.
    """

    name: str
    state: str
    said: str
    share: float | None = None


def adding_html(job: Job[AddProgress] | None, behind: int, language: str) -> str:
    """Return an addition as rows: a line that says how far it is, then each file with its state."""
    if job is None:
        return ""
    now, kind = job.latest or AddProgress(), "done"
    rows: Sequence[FileRow] = [_ended_row(one, language) for one in now.lines]
    if job.failure is not None:
        kind = "failed"
        said = word("library.failed", language, reason=translated(str(job.failure), language))
    elif now.report is not None:
        said = _summary(now.report, language)
        rows = [_ended_row(one, language) for one in _outcomes(now.report, language)]
    elif job.ended:
        said = word("library.cancelled", language, count=_in(now), total=len(now.places))
    else:
        kind = "working"
        said = _how_far(job, now, behind, language)
        rows = [_row(one, now, language) for one in now.states()]
    more = max(0, len(rows) - _MOST_ROWS)
    stopping = job.cancelled and not job.ended
    return rendered(
        "library.html", "adding", language, kind, said, rows[:_MOST_ROWS], more, stopping
    )


def pill_html(job: Job[AddProgress] | None, language: str) -> str:
    """Return the bar's pill while something is being added: how far it is, and what ends it."""
    if job is None or job.ended:
        return ""
    now = job.latest or AddProgress()
    said = word("bar.adding", language, done=_now_at(now), total=now.total or len(now.places))
    if job.cancelled:
        said = word("library.stopping", language)
    doing = " · ".join(
        one for one in (translated(now.pace, language), _doing(now, language)) if one
    )
    return rendered("bar.html", "adding", language, said, doing, job.cancelled)


def _how_far(job: Job[AddProgress], now: AddProgress, behind: int, language: str) -> str:
    if job.cancelled:
        return word("library.stopping", language)
    total = now.total or len(now.places)
    said = word("bar.adding", language, done=_now_at(now), total=total)
    waiting = word("library.waiting", language, count=behind) if behind else ""
    pace = translated(now.pace, language)
    return " · ".join(one for one in (said, pace, _doing(now, language), waiting) if one)


def _now_at(now: AddProgress) -> int:
    """Return the number of the file that is worked on."""
    return min(now.done + 1, now.total or len(now.places) or 1)


def _in(now: AddProgress) -> int:
    return sum(one.outcome in {"added", "replaced", "updated", "duplicate"} for one in now.lines)


def _doing(now: AddProgress, language: str) -> str:
    """Return in words what is being done now."""
    name = shown_location(now.place) if now.place else ""
    if now.stage == "indexing":
        return word("library.indexing", language)
    if now.stage == "recognising":
        return word("library.recognising", language, note=translated(now.note, language))
    if now.stage == "fetching":
        return word("library.fetching", language, note=name)
    return name


def _row(one: AddedFile, now: AddProgress, language: str) -> FileRow:
    """Return a file of an addition that goes on."""
    if one.outcome not in {"working", "waiting"}:
        return _ended_row(one, language)
    if one.outcome == "waiting":
        return FileRow(one.name, "waiting", word("library.is_waiting", language))
    if one.place != now.place or not now.parts:
        key = {
            "fetching": "library.is_fetched",
            "recognising": "library.is_recognised",
        }.get(now.stage, "library.is_read")
        return FileRow(one.name, "working", word(key, language))
    said = word("library.is_read_of", language, done=now.made, total=now.parts)
    return FileRow(one.name, "working", said, now.made / now.parts)


_OUTCOME_WORDS = {
    "added": "library.was_added",
    "replaced": "library.was_replaced",
    "updated": "library.was_updated",
    "unchanged": "library.was_unchanged",
    "duplicate": "library.was_same",
    "refused": "library.was_refused",
    "left_out": "library.was_left_out",
    "missed": "library.missed",
    "doubtful": "library.is_doubtful",
}


def _ended_row(one: AddedFile, language: str) -> FileRow:
    reason = translated(one.reason, language)
    return FileRow(
        one.name, one.outcome, word(_OUTCOME_WORDS[one.outcome], language, reason=reason)
    )


def _summary(report: Report, language: str) -> str:
    """Return what became of the files, as far as something did."""
    counts = {one: len(getattr(report, one)) for one in _COUNTED}
    found = [
        word(f"library.done_{one}", language, count=count) for one, count in counts.items() if count
    ]
    if not found:
        return word("library.done_nothing", language)
    return word("library.done", language, what=word("library.joint", language).join(found))


def _outcomes(report: Report, language: str) -> list[AddedFile]:
    """Return what became of the documents, refusals first: they want something done."""
    return [
        *(AddedFile(shown_location(one.path), "refused", one.message) for one in report.refused),
        *(AddedFile(shown_location(one.path), "left_out", one.message) for one in report.left_out),
        *(
            AddedFile(shown_location(one.path), "missed", left_out_words(one.missed, language))
            for one in report.accounts
            if one.missed
        ),
        *(
            AddedFile(shown_location(one.path), "doubtful", joined("; ", one.doubts))
            for one in report.accounts
            if one.doubts
        ),
        *(AddedFile(shown_location(one), "replaced") for one in report.replaced),
        *(AddedFile(shown_location(one), "updated") for one in report.updated),
        *(AddedFile(shown_location(one.path), "duplicate", one.title) for one in report.duplicates),
        *(AddedFile(shown_location(one), "unchanged") for one in report.unchanged),
        *(AddedFile(shown_location(one), "added") for one in report.added),
    ]


__all__ = ["FileRow", "adding_html", "pill_html"]
