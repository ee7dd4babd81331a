"""Opening files to read: regular files only, never through a link, never blocking.

A named pipe waits for whoever writes into it and a device may have no end, so what a path is gets
looked at before it is opened, and again on the open descriptor, which is the one that is read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.limits import FileLimits

# Where the flag is unknown (Windows) nothing is lost: its pipes and devices are no paths.
_SAFELY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_PART = 1 << 20
# The reasons of what is not a document at all: left out of a folder instead of refused.
NO_FILE = frozenset({"link", "not_a_file"})
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder that cannot be entered",
}


@contextmanager
def open_file(path: Path) -> Iterator[int]:
    """Hand out the descriptor of a regular file, open for reading at its beginning.

    Raises ReadError: "name" for a path that is no text, "link" for a symbolic link, "not_a_file"
    for anything else that is no regular file, "missing" for what is not there or cannot be opened.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        # The library, its pages and its log are all UTF-8.
        raise ReadError("name", tr("the name of this file is not UTF-8; rename it")) from error
    try:
        # A look first: opening some devices does something (a tape rewinds, a terminal is claimed).
        _require_regular(path, os.lstat(path).st_mode)
        descriptor = os.open(path, _SAFELY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as error:
        raise ReadError("missing", tr("there is no file {path}", path=path)) from error
    except (OSError, ValueError) as error:
        if getattr(error, "errno", 0) == errno.ELOOP:
            raise _link_refused() from error
        reason = getattr(error, "strerror", None) or error
        raise ReadError(
            "missing", tr("this file cannot be opened ({reason})", reason=reason)
        ) from error
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
        yield descriptor
    finally:
        os.close(descriptor)


def resolve_named_path(path: Path) -> Path:
    """Return the absolute path that a person named, a link to a file followed to its end.

    Raises ReadError: "missing", or "not_a_file" for a pipe, a device, a socket or a loop of links.
    """
    try:
        mode = path.stat().st_mode
        linked = path.is_symlink() and not stat.S_ISDIR(mode)
        found = path.resolve(strict=True) if linked else path.absolute()
    except FileNotFoundError as error:
        raise ReadError("missing", tr("there is no file or folder {path}", path=path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReadError(
            "missing",
            tr("there is no file or folder {path} ({reason})", path=path, reason=reason),
        ) from error
    if not stat.S_ISDIR(mode):
        _require_regular(path, mode, named=True)
    return found


def digest_of(descriptor: int, *, limit: int | None = None) -> str:
    """Return the SHA-256, in hex, of an open file from its beginning; OSError if it cannot be read.

    Past `limit` bytes "" is returned: a file that grows while it is read has no end.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    found, size = hashlib.sha256(), 0
    while part := os.read(descriptor, _PART):
        found.update(part)
        size += len(part)
        if limit is not None and size > limit:
            return ""
    return found.hexdigest()


def read_bytes(descriptor: int, limits: FileLimits) -> bytes:
    """Return the bytes of an open file; raises ReadError (too_large, missing)."""
    size = os.fstat(descriptor).st_size
    if size > limits.bytes:
        raise _too_large(size, limits)
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        parts: list[bytes] = []
        size = 0
        while part := os.read(descriptor, _PART):
            parts.append(part)
            size += len(part)
            if size > limits.bytes:
                raise _too_large(size, limits)
    except OSError as error:
        raise ReadError(
            "missing", tr("this file cannot be opened ({reason})", reason=error.strerror)
        ) from error
    return b"".join(parts)


def _too_large(size: int, limits: FileLimits) -> ReadError:
    return ReadError(
        "too_large",
        tr(
            "this file has {size} MB; the limit is {limit} MB",
            size=f"{size / 1e6:.0f}",
            limit=f"{limits.bytes / 1e6:.0f}",
        ),
    )


def _require_regular(path: Path, mode: int, *, named: bool = False) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISLNK(mode):
        raise _link_refused()
    kind = _KINDS.get(stat.S_IFMT(mode), "no file")
    if named:
        raise ReadError(
            "not_a_file", tr("{path} is {kind}; name a file or a folder", path=path, kind=kind)
        )
    raise ReadError("not_a_file", tr("this is {kind}; only files are read", kind=kind))


def _link_refused() -> ReadError:
    return ReadError(
        "link", tr("this is a link that leads out of its folder; add its target by name")
    )
