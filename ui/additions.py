"""Adding to the library from the page: work that goes on when the window is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from corpus.errors import UsageError
from corpus.public_documents import public_documents
from corpus.said import said
from index.fetched import is_address
from index.ingest import UPLOADED, Progress, Report
from ui.jobs import Job

if TYPE_CHECKING:
    from assistant.desk import Desk
    from ui.place import Place

# Lines of what became of each document that are kept while it goes on.
_LINES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one document: its name, an outcome (as Progress.stage), and a reason."""

    name: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adding:
    """How far an addition is: `done` of `total`, what is done now, the lines so far, the end.

    `share` is how much of the document that is worked on is done, in 0…1.
    """

    stage: str = "starting"
    note: str = ""
    done: int = 0
    total: int = 0
    lines: tuple[Line, ...] = ()
    report: Report | None = None
    share: float = 0.0


def latest(place: Place) -> Job[Adding] | None:
    """Return the addition that is running, else the one that ended last; None without any."""
    running = place.additions.open()
    return running[0] if running else place.additions.newest()


def waiting(place: Place) -> int:
    """Return how many additions wait behind the one that is running."""
    return max(0, len(place.additions.open()) - 1)


def cancel(place: Place) -> None:
    """Stop what is running and what waits; what was finished stays in the library."""
    for job in place.additions.open():
        job.cancel()


def start_files(place: Place, files: Sequence[str], *, ocr: bool = False) -> None:
    """Add uploaded files, each under its own name; those of one name in one upload are numbered.

    A browser tells of a folder's files their names and not their paths. An upload of the same name
    takes the place of the one before. The uploaded copies are deleted once they are read, or the
    addition is cancelled. With `ocr` scanned pages are recognised. Raises UsageError without files,
    and where too much waits already.
    """
    paths = [Path(one) for one in files]
    if not paths:
        raise UsageError(said("no files were given"))
    places: dict[Path, str] = {}
    for one in paths:
        number, place_of_it = 1, f"{UPLOADED}{one.name}"
        while place_of_it in places.values():
            number += 1
            place_of_it = f"{UPLOADED}{one.stem} ({number}){one.suffix}"
        places[one] = place_of_it

    def delete() -> None:
        for one in paths:
            # What cannot be deleted is left to whoever keeps the temporary folder; Gradio has each
            # upload in a folder of its own, and one that holds more stays.
            with suppress(OSError):
                one.unlink(missing_ok=True)
                one.parent.rmdir()

    try:
        _start(place, lambda desk: desk.add(paths, places=places, ocr=ocr), after=delete)
    except UsageError:
        delete()
        raise


def start_addresses(place: Place, text: str, *, ocr: bool = False) -> None:
    """Fetch and add the addresses of a text, one a line; raises UsageError where one is none."""
    addresses = [line.strip() for line in text.splitlines() if line.strip()]
    if not addresses or not all(is_address(one) for one in addresses):
        wrong = next((one for one in addresses if not is_address(one)), "")
        raise UsageError(
            said("{address} is no web address", address=repr(wrong))
            if wrong
            else said("no address was given")
        )
    _start(place, lambda desk: desk.add_addresses(addresses, ocr=ocr))


def start_public(place: Place, theme: str) -> None:
    """Fetch and add the curated public documents, of one theme or ("") of all."""
    _start(place, lambda desk: desk.add_public(public_documents(theme)))


def start_starter(place: Place) -> None:
    """Add the starter library."""
    from assistant.starter import add_starter

    _start(place, add_starter)


def _start(
    place: Place,
    work: Callable[[Desk], Iterator[Progress | Report]],
    *,
    after: Callable[[], None] | None = None,
) -> None:
    desk = place.desk()
    if desk is None:
        raise UsageError(said("the library is still opening; try again in a moment"))
    place.additions.start(uuid4().hex, lambda: told(work(desk)), after=after)


def told(steps: Iterator[Progress | Report]) -> Iterator[Adding]:
    """Yield snapshots of an addition from its steps; closing it ends the work."""
    now = Adding()
    yield now
    try:
        for step in steps:
            if isinstance(step, Report):
                now = replace(now, stage="done", note="", report=step)
            else:
                now = _after(now, step)
            yield now
    finally:
        close = getattr(steps, "close", None)
        if close is not None:
            close()


def _after(now: Adding, step: Progress) -> Adding:
    lines = now.lines
    if step.stage in {"added", "replaced", "updated", "duplicate", "refused", "left_out"}:
        lines = (*lines, Line(step.note, step.stage, step.reason))[-_LINES:]
    return replace(
        now,
        stage=step.stage,
        note=step.note,
        done=step.done,
        total=step.total,
        lines=lines,
        share=step.share,
    )
