"""Adding to the library from the page: work that goes on when the window is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr
from corpus.pace import Pace
from corpus.public_documents import public_documents
from corpus.starter import starter_files
from index.ingest import UPLOADED, Progress, Report
from index.url_ingest import is_address
from ui.jobs import Job
from ui.places import shown_location

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from ui.backend import Backend

# Lines of what became of each document that are kept while it goes on.
_LINES = 1000


@dataclass(frozen=True, slots=True)
class AddedFile:
    """What became of one document: an outcome (as Progress.stage), and a reason."""

    name: str
    outcome: str
    reason: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class AddProgress:
    """How far an addition is: `done` of `total`, what is done now, the lines so far, the end.

    `share` is how much of the document that is worked on is done, in 0…1. `places` are what was
    given, in order; `place` is what is worked on, `made` of `parts` read and understood. `pace` is
    how fast it goes and how long it will take, in words; "" while that is not known.
    """

    places: tuple[str, ...] = ()
    stage: str = "starting"
    note: str = ""
    done: int = 0
    total: int = 0
    lines: tuple[AddedFile, ...] = ()
    report: Report | None = None
    share: float = 0.0
    place: str = ""
    made: int = 0
    parts: int = 0
    pace: str = ""

    def states(self) -> list[AddedFile]:
        """Return what was given, each with its outcome, or "working" or "waiting" without one."""
        ended = {one.place: one for one in self.lines}
        open_ones = [one for one in self.places if one not in ended]
        # Between two documents the next one is being read.
        now = self.place if self.place in open_ones else next(iter(open_ones), "")
        found = [
            ended.get(one)
            or AddedFile(shown_location(one), "working" if one == now else "waiting", place=one)
            for one in self.places
        ]
        # What lay within a file.
        given = set(self.places)
        return [*found, *(one for one in self.lines if one.place not in given)]


def latest_job(backend: Backend) -> Job[AddProgress] | None:
    """Return the addition that is running, else the one that ended last; None without any."""
    running = backend.additions.unfinished()
    return running[0] if running else backend.additions.newest()


def waiting_count(backend: Backend) -> int:
    """Return how many additions wait behind the one that is running."""
    return max(0, len(backend.additions.unfinished()) - 1)


def cancel_all(backend: Backend) -> None:
    """Stop what is running and what waits; what was finished stays in the library."""
    for job in backend.additions.unfinished():
        job.cancel()


def start_files(
    backend: Backend, files: Sequence[str], *, ocr: bool = False, collection: str = ""
) -> None:
    """Add uploaded files, each under its own name; those of one name in one upload are numbered.

    A browser tells of a folder's files their names and not their paths. An upload of the same name
    takes the place of the one before. The uploaded copies are deleted once they are read, or the
    addition is cancelled. With `ocr` scanned pages are recognised. Raises UsageError without files,
    and where too much waits already.
    """
    paths = [Path(one) for one in files]
    if not paths:
        raise UsageError(tr("no files were given"))
    places: dict[Path, str] = {}
    for one in paths:
        # Nobody takes the place of a file in a collection that they may not change.
        within = f"{UPLOADED}{collection}/" if collection else UPLOADED
        number, place_of_it = 1, f"{within}{one.name}"
        while place_of_it in places.values():
            number += 1
            place_of_it = f"{within}{one.stem} ({number}){one.suffix}"
        places[one] = place_of_it

    def delete() -> None:
        for one in paths:
            # What cannot be deleted is left to whoever keeps the temporary folder; Gradio has each
            # upload in a folder of its own, and one that holds more stays.
            with suppress(OSError):
                one.unlink(missing_ok=True)
                one.parent.rmdir()

    try:
        _start(
            backend,
            lambda workspace: workspace.add(paths, places=places, ocr=ocr, collection=collection),
            list(places.values()),
            after=delete,
            collection=collection,
        )
    except BriefingError:
        delete()
        raise


def start_addresses(
    backend: Backend, text: str, *, ocr: bool = False, collection: str = ""
) -> list[str]:
    """Fetch and add the addresses of a text, one a line; return the lines that are none.

    Raises UsageError where not one is an address, and where too much waits already.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    addresses = list(dict.fromkeys(one for one in lines if is_address(one)))
    wrong = [one for one in lines if not is_address(one)]
    if not addresses:
        raise UsageError(
            tr("{address} is no web address", address=repr(wrong[0]))
            if wrong
            else tr("no address was given")
        )
    _start(
        backend,
        lambda workspace: workspace.add_addresses(addresses, ocr=ocr, collection=collection),
        addresses,
        collection=collection,
    )
    return wrong


def start_public(backend: Backend, theme: str, *, collection: str = "") -> None:
    """Fetch and add the curated public documents, of one theme or ("") of all."""
    documents = public_documents(theme)
    _start(
        backend,
        lambda workspace: workspace.add_public(documents, collection=collection),
        [one.url for one in documents],
        collection=collection,
    )


def start_starter(backend: Backend) -> None:
    """Add the starter library."""
    from assistant.starter import add_starter

    _start(backend, add_starter, [str(one) for one in starter_files()])


def _start(
    backend: Backend,
    work: Callable[[Workspace], Iterator[Progress | Report]],
    places: Sequence[str],
    *,
    after: Callable[[], None] | None = None,
    collection: str = "",
) -> None:
    workspace = backend.workspace()
    if workspace is None:
        raise UsageError(tr("the library is still opening; try again in a moment"))
    if backend.signs_in:
        # Who may not add there is told at once.
        workspace.library.into(collection)
    first = AddProgress(tuple(places), total=len(places))
    backend.additions.start(
        uuid4().hex, lambda: progress_of(work(workspace), first), after=after, first=first
    )


def progress_of(
    steps: Iterator[Progress | Report], first: AddProgress | None = None
) -> Iterator[AddProgress]:
    """Yield snapshots of an addition from its steps; closing it ends the work."""
    now, pace = first or AddProgress(), Pace()
    yield now
    try:
        for step in steps:
            if isinstance(step, Report):
                now = replace(now, stage="done", note="", place="", pace="", report=step)
            else:
                now = replace(_updated(now, step), pace=_pace_in_words(pace, step))
            yield now
    finally:
        close = getattr(steps, "close", None)
        if close is not None:
            close()


def _pace_in_words(pace: Pace, step: Progress) -> str:
    """Return the pace of an addition after a step; "" for a step that tells of none."""
    if not step.work:
        return ""
    pace.tell(step.worked, step.work)
    return pace.words("passages")


def _updated(now: AddProgress, step: Progress) -> AddProgress:
    lines = now.lines
    if step.stage in {"added", "replaced", "updated", "unchanged", "duplicate", "refused",
                      "left_out"}:  # fmt: skip
        lines = (*lines, AddedFile(step.note, step.stage, step.reason, step.place))[-_LINES:]
    return replace(
        now,
        stage=step.stage,
        note=step.note,
        done=step.done,
        total=step.total,
        lines=lines,
        share=step.share,
        place=step.place,
        made=step.made,
        parts=step.parts,
    )
