"""What is to be done for a folder: its files compared with what the library knows of them."""

from __future__ import annotations

import os
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from corpus.errors import ReadError
from corpus.files import digest_of, open_file
from corpus.i18n import tr
from corpus.limits import DEFAULT_LIMITS
from corpus.synced_files import FileState, Place, SyncedFile, SyncedFiles
from index.folder_walk import walk

# Says whether a file may be taken as it is, or (None) as gone.
Ready = Callable[[str, FileState | None], bool]
# What programs call a file that they have not finished (browsers, copying, Office).
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart", ".opdownload")
# A file that was written within this time (ns) before it was read may be written again without its
# time of change showing it: file systems count in steps of up to two seconds (FAT).
_UNCERTAIN = 2_000_000_000


def always(_path: str, _state: FileState | None) -> bool:
    """Take every file as it is."""
    return True


@dataclass(frozen=True, slots=True)
class Look:
    """A folder as it is: states by path, and what of it cannot be looked at (folders, names)."""

    files: Mapping[str, FileState]
    closed: tuple[str, ...]

    def hides(self, path: str) -> bool:
        """Say whether a path lies in a folder that cannot be looked into."""
        return any(not one or path == one or path.startswith(f"{one}/") for one in self.closed)


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What is to be done, by paths below the folder.

    `settled` are files whose bytes are the same though their state is not.
    """

    look: Look
    read: tuple[str, ...]
    moves: Mapping[str, str]
    read_again: frozenset[str]
    gone: tuple[str, ...]
    settled: tuple[SyncedFile, ...]
    unchanged: tuple[str, ...]
    held_back: tuple[str, ...]
    waiting: tuple[str, ...]
    shown: frozenset[str]

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.read or self.moves or self.gone or self.settled)


def certain(state: FileState) -> FileState:
    """Return a state to remember: without its time where the file was written just now."""
    # A time to come says nothing: the file would be compared for ever.
    recent = 0 <= time.time_ns() - state.modified < _UNCERTAIN
    return replace(state, modified=-1) if recent else state


def state_of(path: Path) -> FileState | None:
    """Return the state of a file, of a link its own; None for one that is not there."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return _state(found)


def _state(found: os.stat_result) -> FileState:
    # SQL knows no larger numbers.
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino & (1 << 63) - 1)


def _is_text(path: str) -> bool:
    """Say whether a path can be stored: a name may be any bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _look_at(folder: Path, home: Path) -> Look:
    prefix = len(str(folder).rstrip("/")) + 1
    files: dict[str, FileState] = {}
    closed = []
    # What we write ourselves is nobody's document, and changes with every look.
    ours = f"{home}/"
    for path in walk(folder):
        if str(path).startswith(ours):
            continue
        name = str(path)[prefix:]
        if name.casefold().endswith(_UNFINISHED):
            continue
        if not _is_text(name):
            # It cannot be remembered, and is refused whenever it is tried.
            closed.append(name)
            continue
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        except OSError:
            closed.append(name)
            continue
        if stat.S_ISDIR(found.st_mode):
            closed.append(name)
        else:
            files[name] = _state(found)
    return Look(files, tuple(closed))


def require_files(folder: Path, plan: FolderPlan) -> None:
    """Raise ReadError where a folder is missing, or as empty as an unmounted disk."""
    if plan.look.files or plan.look.closed:
        return
    if not folder.is_dir():
        if not plan.shown:
            raise ReadError("missing", tr("there is no file or folder {path}", path=folder))
        raise ReadError(
            "missing",
            tr(
                "{path} is not there (a disk that is not connected?): nothing was removed; to "
                "take its {count} documents out run it with --allow-empty",
                path=folder,
                count=len(plan.shown),
            ),
        )
    if plan.shown:
        raise ReadError(
            "empty",
            tr(
                "{path} has become empty (a disk that is not connected?): nothing was removed; to "
                "take its {count} documents out run it with --allow-empty",
                path=folder,
                count=len(plan.shown),
            ),
        )


def plan_of(
    folder: Path, synced: SyncedFiles, home: Path, ready: Ready, *, refused_again: bool
) -> FolderPlan:
    """Compare a folder with what is remembered of it and what the library knows from it.

    `home` is the data folder, which is passed over where it lies in the folder.
    """
    look = _look_at(folder, home)
    before, places = synced.files(), synced.places()
    shown = {path for path, place in places.items() if place.visible}
    waiting: list[str] = []
    fresh: list[str] = []
    unchanged: list[str] = []
    for path, state in look.files.items():
        row = before.get(path)
        if row is not None and row.state == state and (row.document or not refused_again):
            unchanged.append(path)
        elif ready(path, state):
            fresh.append(path)
        else:
            waiting.append(path)
    away = {
        path
        for path in places.keys() | before.keys()
        if path not in look.files and not look.hides(path)
    }
    hashes = _Hashes(folder)
    settled = [
        SyncedFile(path, certain(look.files[path]), before[path].digest, before[path].document)
        for path in fresh
        if path in before
        and before[path].digest
        and before[path].state.size == look.files[path].size
        and hashes.of(path) == before[path].digest
        and path in places
        and places[path].document == before[path].document
    ]
    same = dict.fromkeys(one.path for one in settled)
    fresh = [path for path in fresh if path not in same]
    moves = _moves(fresh, look, before, places, away, hashes)
    again = frozenset(
        new for old, new in moves.items() if old != new and _says_its_name(old, new, places[old])
    )
    gone = sorted(away & (shown | before.keys()) - moves.keys())
    early = {path for path in gone if not ready(path, None)}
    # The new ones first: one that is a copy of what another held until now is no new text then.
    read = [path for path in fresh if path not in moves.values() or path in again]
    read.sort(key=lambda path: (path in places, path))
    if refused_again:
        read += look.closed
    return FolderPlan(
        look=look,
        read=tuple(read),
        moves=moves,
        read_again=again,
        gone=tuple(path for path in gone if path not in early),
        settled=tuple(settled),
        unchanged=tuple(unchanged),
        held_back=tuple(
            path for path in (*unchanged, *same) if before[path].document and path not in shown
        ),
        waiting=tuple(sorted((*waiting, *early))),
        shown=frozenset(shown),
    )


class _Hashes:
    """The SHA-256 of files of a folder, each read once; "" for one that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        if path not in self._known:
            try:
                with open_file(self._folder / path) as descriptor:
                    self._known[path] = digest_of(descriptor, limit=DEFAULT_LIMITS.bytes)
            except (ReadError, OSError):
                self._known[path] = ""
        return self._known[path]


def same_bytes(folder: Path, synced: SyncedFiles, paths: Collection[str]) -> frozenset[str]:
    """Return those of some files that hold the bytes which the library shows of them."""
    hashes, places = _Hashes(folder), synced.places()
    return frozenset(
        path
        for path in paths
        if path in places and places[path].digest and hashes.of(path) == places[path].digest
    )


def _moves(
    fresh: Sequence[str],
    look: Look,
    before: Mapping[str, SyncedFile],
    places: Mapping[str, Place],
    away: Collection[str],
    hashes: _Hashes,
) -> dict[str, str]:
    """Return the old path of each file that was moved, with its new one; equal for one come back.

    A file that has the bytes of one that is away is that one. Of files that stand where others
    stood before (two that changed places, an old version put aside) the number in the file system
    must be the same too: a copy has another.
    """
    sources: dict[str, set[str]] = defaultdict(set)
    for path in away & places.keys():
        if places[path].digest:
            sources[places[path].digest].add(path)
    # A path that is there and shows other bytes than it did, or whose document is hidden.
    standing = {
        before[path].state.inode: path
        for path in fresh
        if path in before and path in places and before[path].digest
    }
    moves: dict[str, str] = {}
    for path in fresh:
        hidden = path in places and not places[path].visible and path not in before
        inode = look.files[path].inode
        other = standing.get(inode, path)
        if not (sources or hidden or other != path):
            continue
        digest = hashes.of(path)
        if hidden and digest and places[path].digest == digest:
            moves[path] = path
        elif found := sources.get(digest):
            best = max(sorted(found), key=lambda old: _likeness(old, path, inode, before))
            found.remove(best)
            moves[best] = path
        elif other != path and before[other].digest == digest == places[other].digest:
            moves[other] = path
    return moves


def _likeness(
    old: str, new: str, inode: int, before: Mapping[str, SyncedFile]
) -> tuple[bool, bool, bool]:
    """Return how likely a file that is away is the one that is new, of several of its bytes."""
    was, is_now = PurePosixPath(old), PurePosixPath(new)
    row = before.get(old)
    same_file = row is not None and row.state.inode == inode
    return same_file, was.name == is_now.name, was.parent == is_now.parent


def _says_its_name(old: str, new: str, place: Place) -> bool:
    """Say whether what is known of a document may follow from its file's name, which changed."""
    was, is_now = PurePosixPath(old), PurePosixPath(new)
    if was.suffix.casefold() != is_now.suffix.casefold():
        return True
    return _letters(place.title) == _letters(was.stem) != _letters(is_now.stem)


def _letters(text: str) -> str:
    return "".join(one for one in text.casefold() if one.isalnum())
