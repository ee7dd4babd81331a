"""What a folder holds: the files below it that somebody put there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus.errors import ReadError
from corpus.files import resolve_named_path
from corpus.i18n import tr

# Files that no person put into a folder: hidden ones, what Office keeps beside a file that is open
# ("~$plan.docx" holds who has it open), and what Windows and Mac OS write into folders.
_HIDDEN = (".", "~$")
_SYSTEM = frozenset({"desktop.ini", "thumbs.db", "__macosx"})


def files_below(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those below the folders named, sorted, hidden ones left out.

    A link that is named is followed, and so is one that stays inside the folder it was found in.
    Other things in a folder (links that lead out of it, pipes, folders that cannot be entered) are
    returned as they are, for `add` to leave out with a reason. Raises ReadError: "missing" for a
    path that does not exist, "not_a_file" for a pipe or a device that is named, "empty" for a
    folder without files.
    """
    files: list[Path] = []
    for path in paths:
        found = resolve_named_path(path)
        if not found.is_dir():
            files.append(found)
            continue
        below = sorted(walk(found))
        if not below:
            raise ReadError("empty", tr("the folder {path} holds no files", path=path))
        files.extend(below)
    return list(dict.fromkeys(files))


def walk(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder, including folders that cannot be entered."""
    root = folder.resolve()
    closed: list[Path] = []
    for place, folders, names in os.walk(
        folder, onerror=lambda error: closed.append(Path(error.filename))
    ):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(_HIDDEN) and name.casefold() not in _SYSTEM
        ]
        # `walk` follows no link; the target of one that stays inside is visited anyway.
        linked = [name for name in folders if Path(place, name).is_symlink()]
        for name in (*names, *linked):
            path = Path(place, name)
            if name.startswith(_HIDDEN) or name.casefold() in _SYSTEM:
                continue
            if not path.is_symlink():
                yield path
                continue
            try:
                target = path.resolve(strict=True)
            except (OSError, RuntimeError):
                yield path
                continue
            if not target.is_relative_to(root):
                yield path
            elif not target.is_dir():
                yield target
    yield from closed
