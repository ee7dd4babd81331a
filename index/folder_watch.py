"""Watching a folder: the library is brought in step with it whenever something changes there.

What the operating system reports only says that it is time to look: events are lost when its
queue overflows, and a folder that was just made has none yet. Each look compares the whole folder,
and looks follow one another until one finds nothing to do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

from corpus.errors import (
    BriefingError,
    LibraryLocked,
    ReadError,
    SearchIndexError,
    StorageError,
    WorkersError,
)
from corpus.i18n import tr
from corpus.synced_files import FileState
from index.folder_plan import Ready
from index.folder_sync import DONE, SyncReport
from index.ingest import Progress

_LOG = logging.getLogger(__name__)
# Seconds for which a file must stay as it is before it is read, and away before it is taken out.
QUIET = 2.0
# Seconds after which the folder is looked at though nothing was reported.
_EVERY = 600.0
# Seconds between looks where nothing reports changes, and while a folder is not there.
POLL = 30.0
_GONE = 5.0
# The longest wait (seconds) for a library, a disk or workers that refuse; it begins with one.
_LONGEST_WAIT = 60.0
# A look may take at most this share of the time: a folder of a million files takes seconds.
_SHARE = 0.2
# Milliseconds: how long events are gathered, and how soon a request to stop is seen.
_GATHERED, _STEP, _TICK = 1_000, 100, 300
# File systems whose changes on other machines are reported to nobody here.
_NETWORKED = ("nfs", "cifs", "smb", "fuse.", "9p", "afs", "ceph", "glusterfs", "lustre", "virtiofs")

# One look: what it yields, last its report. It is given what is ready, and whether it is the first.
Looking = Callable[[Ready, bool], Iterator[Progress | SyncReport]]


class Watch:
    """The watching of one folder until it is told to stop."""

    def __init__(
        self,
        folder: Path,
        look: Looking,
        *,
        said: Callable[[str], None],
        reported: Callable[[SyncReport], None],
        poll: float = 0.0,
        quiet: float = QUIET,
        every: float = _EVERY,
    ) -> None:
        """Begin nothing yet.

        `said` is given lines about the watching itself, `reported` each report that has something
        to tell. With `poll`, the folder is looked at every so many seconds and no events are asked
        for. `quiet` and `every` are seconds.
        """
        self._folder, self._look = folder, look
        self._said, self._reported = said, reported
        self._poll, self._every = poll, every
        self._settling = _Settling(quiet)
        self._stop = threading.Event()
        self._trouble = ""

    def stop(self) -> None:
        """Have the watching end after the document in work; may be called from anywhere."""
        self._stop.set()

    def run(self) -> None:
        """Watch until told to stop; raises what no waiting helps against (EmbedderError)."""
        first, failures = True, 0
        while not self._stop.is_set():
            with closing(self._events()) as events:
                for pause in self._pauses(events, first=first):
                    if self._stop.is_set():
                        return
                    try:
                        report = self._looked(first=first)
                    except ReadError as error:
                        # It may come back as another folder, whose events nobody has asked for.
                        self._tell(error)
                        self._stop.wait(_GONE)
                        break
                    except (
                        LibraryLocked, StorageError, SearchIndexError, WorkersError,
                    ) as error:  # fmt: skip
                        self._tell(error)
                        pause.until(min(2.0**failures, _LONGEST_WAIT))
                        failures = min(failures + 1, 10)
                        continue
                    if report is None:
                        return
                    if self._trouble:
                        self._said(tr("{folder} is looked at again", folder=self._folder))
                    first, failures, self._trouble = False, 0, ""
                    if report.changed or report.waiting:
                        rest = report.compared / _SHARE
                        pause.until(max(self._settling.quiet / 2, min(rest, self._every)))

    def _looked(self, *, first: bool) -> SyncReport | None:
        """Look at the folder once; None where the watching was stopped meanwhile."""
        self._settling.begin()
        report = None
        steps = self._look(self._settling.ready, first)
        try:
            for step in steps:
                if isinstance(step, SyncReport):
                    report = step
                elif step.stage in DONE and self._stop.is_set():
                    return None
        finally:
            if isinstance(steps, Generator):
                steps.close()
        self._settling.end()
        if report is not None and (report.changed or (first and report.added.left_out)):
            self._reported(report)
        return report

    def _tell(self, error: BriefingError) -> None:
        """Say what is in the way, once."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            _LOG.warning("waiting: %s", type(error).__name__)
            self._said(tr("waiting: {reason}", reason=error))

    def _pauses(self, events: Iterator[bool], *, first: bool) -> Iterator[_Pause]:
        """Yield whenever it is time to look, and hand out what asks for the next time."""
        pause = _Pause(0.0 if first else None)
        last = time.monotonic()
        if not first:
            pause.until(0.0)
        for changed in events:
            now = time.monotonic()
            if changed and not pause.is_set:
                pause.until(0.0)
            if pause.is_over or now - last > self._every:
                pause.clear()
                yield pause
                last = time.monotonic()

    def _events(self) -> Generator[bool]:
        """Yield from time to time whether something may have changed; ends when there is reason.

        That is the end of the watching, or that another folder stands in this one's place.
        """
        if not self._folder.is_dir():
            yield True
            self._stop.wait(_GONE)
            return
        if self._poll:
            yield from self._polled(self._poll)
            return
        if kind := _networked(self._folder):
            self._tell_polling(tr("{kind} reports no changes of other machines", kind=kind))
            yield from self._polled(POLL)
            return
        from watchfiles import watch
        from watchfiles._rust_notify import WatchfilesRustInternalError

        identity = _identity(self._folder)
        try:
            for changes in watch(
                self._folder,
                watch_filter=None,
                debounce=_GATHERED,
                step=_STEP,
                rust_timeout=_TICK,
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                if _identity(self._folder) != identity:
                    return
                yield bool(changes)
        except FileNotFoundError:
            # Gone between the look at it and now: the next round says so.
            return
        except (OSError, WatchfilesRustInternalError) as error:
            # The system has only so many watches (fs.inotify.max_user_watches) and queues.
            self._tell_polling(tr("the system watches no more folders ({reason})", reason=error))
            yield from self._polled(POLL)

    def _tell_polling(self, reason: str) -> None:
        line = tr(
            "{reason}: {folder} is looked at every {seconds} seconds",
            reason=reason,
            folder=self._folder,
            seconds=f"{POLL:.0f}",
        )
        _LOG.warning("looking every %.0f seconds: no events", POLL)
        self._said(line)

    def _polled(self, seconds: float) -> Iterator[bool]:
        """Yield often, and True once in so many seconds."""
        due = time.monotonic()
        while not self._stop.wait(_TICK / 1_000):
            now = time.monotonic()
            changed = now >= due
            due = now + seconds if changed else due
            yield changed


class _Pause:
    """When to look next: a moment, or none while nothing asks for it."""

    def __init__(self, seconds: float | None) -> None:
        self._at = None if seconds is None else time.monotonic() + seconds

    def until(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def clear(self) -> None:
        self._at = None

    @property
    def is_set(self) -> bool:
        return self._at is not None

    @property
    def is_over(self) -> bool:
        return self._at is not None and time.monotonic() >= self._at


class _Settling:
    """Which files have been as they are for a while; remembers those alone that have not."""

    def __init__(self, quiet: float) -> None:
        self.quiet = quiet
        self._since: dict[str, tuple[FileState | None, float]] = {}
        self._asked: dict[str, tuple[FileState | None, float]] = {}

    def begin(self) -> None:
        """Begin a look at the folder."""
        self._asked = {}

    def ready(self, path: str, state: FileState | None) -> bool:
        """Say whether a file has long enough been in a state; None is that it is not there."""
        now = time.monotonic()
        # Asked twice in one look (before and after the library was free) it is the same answer.
        before = self._asked.get(path) or self._since.get(path)
        since = before[1] if before is not None and before[0] == state else now
        self._asked[path] = state, since
        return now - since >= self.quiet

    def end(self) -> None:
        """End a look: what was not asked for is settled, and forgotten."""
        self._since = self._asked


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _networked(folder: Path) -> str:
    """Return the kind of a file system that other machines may change; "" for others, unknown."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:
            # Spaces in names are written as octal.
            point = fields[4].replace("\\040", " ")
            inside = f"{folder}/".startswith(f"{point.rstrip('/')}/")
            if inside and len(point) >= len(best):
                best, kind = point, after.split(" ")[0]
    return kind if kind.startswith(_NETWORKED) else ""
