"""Keeping the library in step with a folder: what is new, changed, moved and gone."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.library import Library
from corpus.log import log_name
from corpus.synced_files import SyncedFile, SyncedFiles
from index.folder_plan import (
    FolderPlan,
    Look,
    Ready,
    always,
    certain,
    plan_of,
    require_files,
    same_bytes,
    state_of,
)
from index.index_manager import IndexManager
from index.ingest import Progress, Refusal, Report

_LOG = logging.getLogger(__name__)
# Files whose states are stored in one transaction. What a killed process did not store is found
# again by the hashes of the files.
_STORED_AT_ONCE = 64
# The stages of `add` at which a file is done.
DONE = frozenset({"added", "replaced", "updated", "unchanged", "duplicate", "refused", "left_out"})
Adding = Callable[[Sequence[Path]], Iterator[Progress | Report]]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What became of a folder's files: `added` as `add` reports it, and moves and removals.

    Places are paths. `renamed` has (old, new). `unchanged` is how many files are as they were;
    `held_back` are those whose documents a person removed: they stay out until they change.
    `waiting` are being written, and left for later. `trial`: nothing was done.
    `seconds` is what all of it took, `compared` what looking at the folder did.
    """

    added: Report = field(default_factory=Report)
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    held_back: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    trial: bool = False
    compared: float = 0.0
    seconds: float = 0.0

    @property
    def changed(self) -> int:
        """How many files were other than the library knew them."""
        one = self.added
        done = len(one.added) + len(one.replaced) + len(one.updated) + len(one.duplicates)
        return done + len(one.refused) + len(self.renamed) + len(self.removed)


def sync(
    folder: Path,
    add: Adding,
    *,
    library: Library,
    indexes: IndexManager,
    allow_empty: bool = False,
    trial: bool = False,
    refused_again: bool = True,
    ready: Ready = always,
) -> Iterator[Progress | SyncReport]:
    """Bring the library in step with a folder, yielding progress and, last, the report.

    `folder` is resolved (a link followed). `add` reads files into the library. A file that was
    moved or renamed is told by its bytes: its document keeps its id and a person's edits, and
    nothing is embedded. What is gone becomes invisible, unless the library knows it from elsewhere
    too. Files that were refused are tried again with `refused_again`. A `trial` only says what
    would be done. Raises ReadError for a folder that is not there or has become empty, unless
    `allow_empty`, UsageError for one of the data folder; LibraryLocked, StorageError and what `add`
    raises.
    """
    started = time.perf_counter()
    synced = SyncedFiles(library.connections, str(folder))
    home = library.home.resolve()
    if folder.is_relative_to(home):
        raise UsageError(
            tr("{folder} is a part of the data folder; name one of your own", folder=folder)
        )

    def planned() -> FolderPlan:
        found = plan_of(folder, synced, home, ready, refused_again=refused_again)
        if not allow_empty:
            require_files(folder, found)
        return found

    plan = planned()
    compared = time.perf_counter() - started
    if trial or plan.is_idle:
        gone = plan.shown.intersection(plan.gone)
        found = _report(folder, plan, synced, Report(), gone, trial=trial)
        seconds = time.perf_counter() - started
        yield replace(found, compared=seconds, seconds=seconds)
        return
    # Several machines may sync one folder of a server into one record.
    with library.writing(), library.exclusively(f"sync {folder}"):
        # Another process may have done some of it while this one waited.
        plan = planned()
        records = _Records(folder, synced, plan.look)
        moves = {synced.location(old): synced.location(new) for old, new in plan.moves.items()}
        synced.move(moves, read_again=[synced.location(one) for one in plan.read_again])
        for old, new in plan.moves.items():
            _LOG.info("renamed %s to %s", log_name(old), log_name(new))
        records.keep(plan.settled)
        records.look_up(set(plan.moves.values()) - plan.read_again)
        records.store(gone=plan.moves.keys() - plan.moves.values())
        added = Report()
        if plan.read:
            added = yield from _added(folder, plan.read, add, records)
        removed = synced.leave([synced.location(one) for one in plan.gone])
        for place in removed:
            _LOG.info("removed %s: its file is gone", log_name(place))
        records.store(gone=plan.gone)
        if moves or removed:
            yield Progress("indexing", 1, 1, tr("updating the search indexes"))
            indexes.update()
    paths = [one.removeprefix(synced.location("")) for one in removed]
    found = _report(folder, plan, synced, added, paths, trial=False)
    yield replace(found, compared=compared, seconds=time.perf_counter() - started)


def _added(
    folder: Path, paths: Sequence[str], add: Adding, records: _Records
) -> Generator[Progress, None, Report]:
    """Read files into the library; return the report without files that went away meanwhile."""
    report = Report()
    by_place = {str(folder / path): path for path in paths}
    try:
        for step in add([folder / path for path in paths]):
            if isinstance(step, Report):
                report = step
                break
            path = by_place.get(step.place) if step.stage in DONE else None
            if path is not None:
                _LOG.info("%s %s", step.stage, log_name(step.place))
                records.look_up([path])
            yield step
        records.look_up(by_place[one] for one in report.unchanged if one in by_place)
    finally:
        # Also when whoever asked has had enough after some of the files.
        records.store()
    refused = [one for one in report.refused if not _has_gone(one)]
    return replace(report, refused=tuple(refused))


def _has_gone(refusal: Refusal) -> bool:
    return refusal.reason == "missing" and not os.path.lexists(refusal.path)


def _report(
    folder: Path,
    plan: FolderPlan,
    synced: SyncedFiles,
    added: Report,
    removed: Iterable[str],
    *,
    trial: bool,
) -> SyncReport:
    def places(paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(synced.location(one) for one in paths)

    renamed = tuple(
        (synced.location(old), synced.location(new))
        for old, new in sorted(plan.moves.items())
        if old != new
    )
    # One that came back to where it was: to whoever looks at the library it was added.
    back = places(sorted(old for old, new in plan.moves.items() if old == new))
    if trial:
        fresh = [one for one in plan.read if one not in plan.read_again]
        stands = plan.shown - plan.moves.keys()
        # What was added by other means has no state to compare: its bytes say whether it changed.
        equal = same_bytes(folder, synced, stands.intersection(fresh))
        added = Report(
            added=places(one for one in fresh if one not in stands),
            replaced=places(one for one in fresh if one in stands - equal),
            unchanged=places(one for one in fresh if one in equal),
        )
    moved = {new for _, new in renamed}
    same = [one for one in added.unchanged if one not in moved]
    added = replace(
        added,
        added=(*added.added, *back),
        updated=tuple(one for one in added.updated if one not in moved),
        unchanged=(),
    )
    return SyncReport(
        added=added,
        renamed=renamed,
        removed=places(sorted(removed)),
        unchanged=len(plan.unchanged) + len(plan.settled) + len(same),
        held_back=places(plan.held_back),
        waiting=places(plan.waiting),
        trial=trial,
    )


class _Records:
    """What is remembered of files that were read, stored from time to time."""

    def __init__(self, folder: Path, synced: SyncedFiles, look: Look) -> None:
        self._folder, self._synced, self._look = folder, synced, look
        self._pending: list[str] = []
        self._kept: list[SyncedFile] = []

    def keep(self, files: Iterable[SyncedFile]) -> None:
        """Remember files as given."""
        self._kept += files

    def look_up(self, paths: Iterable[str]) -> None:
        """Remember what the library now says of files, unless they were written meanwhile."""
        self._pending += paths
        if len(self._pending) >= _STORED_AT_ONCE:
            self.store()

    def store(self, *, gone: Iterable[str] = ()) -> None:
        """Store all of that, and forget paths that are gone."""
        paths, self._pending = self._pending, []
        known = self._synced.known([self._synced.location(one) for one in paths])
        for path in paths:
            # None for a folder that cannot be entered, and other things that are always tried.
            state = self._look.files.get(path)
            document, digest = known.get(self._synced.location(path), ("", ""))
            # Without the hash of its bytes the library took no copy: they were being changed.
            if state is None or (document and not digest):
                continue
            if state_of(self._folder / path) == state:
                self._kept.append(SyncedFile(path, certain(state), digest, document))
        kept, self._kept = self._kept, []
        self._synced.record(kept, gone=gone)
