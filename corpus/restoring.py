"""Restoring a library from a backup: all of it is checked before any of it is put in place.

An archive may come from anywhere: names, sizes and kinds of its files are checked against what a
backup can hold before the first byte is written, and hashes and counts before the old library,
if there is one, is set aside. Nothing is ever deleted.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import struct
import uuid
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from corpus.backup import DATABASE, FORMAT, MANIFEST, PART, Manifest, Say
from corpus.errors import FormatError, LibraryDamaged, UsageError
from corpus.i18n import tr
from corpus.library import Library
from corpus.lock import WriterLock
from corpus.log import FILE as LOG
from corpus.moving import move
from corpus.originals import storage_error
from corpus.private_files import private_folder
from corpus.sqlite_copy import counts_of

# Every name that a backup can hold. Parts of a name begin with no dot, so that none is "..".
_PART_OF_NAME = r"[^/\\.\0][^/\\\0]{0,250}"
_NAMES = re.compile(
    rf"library\.sqlite3|originals/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}|"
    r"(?:aliases|themes|grades|engines)\.toml|"
    rf"(?:templates|memos)/(?:{_PART_OF_NAME}/){{0,4}}{_PART_OF_NAME}"
)
# A manifest has some 170 bytes for an original.
_LARGEST_MANIFEST = 500_000_000
_ENCRYPTED = 0x1
# What zipfile raises for an archive that is not as it should be.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError,
    OverflowError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: the manifest, and where the library of before lies now, if any."""

    manifest: Manifest
    home: Path
    set_aside: Path | None


def restore(
    file: Path,
    home: Path,
    *,
    record: str = "",
    replace: bool = False,
    say: Say = lambda what, done, total: None,
) -> Restored:
    """Put the library of an archive into the data folder `home`, all of it or nothing.

    With `record`, the address of an empty PostgreSQL, its record goes there. A folder that holds
    something is refused, or with `replace` set aside under another name. Raises UsageError for
    that and for a file that is no backup, FormatError and LibraryTooNew for one of a newer
    program, LibraryDamaged where something in it was altered, StorageError (a full disk),
    LibraryLocked while another process writes to the library that would be replaced.
    """
    # A link to a data folder elsewhere stays one.
    home = home.expanduser().resolve()
    if _occupants(home) and not replace:
        raise UsageError(
            tr(
                "{folder} is not empty; name another data folder, or give --replace to have what "
                "is there set aside",
                folder=home,
            )
        )
    # On the disk of the data folder, so that it can be renamed.
    within = home.is_mount()
    place = f".restoring-{uuid.uuid4().hex[:8]}"
    made = home / place if within else home.with_name(f".{home.name}{place}")
    try:
        with _archive(file) as packed:
            manifest = _manifest_of(packed, file)
            made.parent.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(made.parent).free
            if manifest.size > free:
                raise UsageError(
                    tr(
                        "{file} holds {size} MB and {folder} has {free} MB free; free some space",
                        file=file,
                        size=f"{manifest.size / 1e6:.0f}",
                        folder=made.parent,
                        free=f"{free / 1e6:.0f}",
                    )
                )
            made.mkdir(mode=0o700)
            _unpack(packed, manifest, made, file, say)
        if counts_of(made / DATABASE) != manifest.counts:
            raise _altered(file, DATABASE)
        _bring_up(made, record, say)
        aside = _put_in_place(made, home, within=within)
    except OSError as error:
        raise storage_error(error, made.parent) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Restored(manifest, home, aside)


@contextmanager
def _archive(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        packed = zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise UsageError(tr("there is no file {path}", path=file)) from error
    except _BROKEN as error:
        raise _no_backup(file, error) from error
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(tr("cannot read {file} ({reason})", file=file, reason=reason)) from error
    with packed:
        try:
            yield packed
        except _BROKEN as error:
            raise _no_backup(file, error) from error


def _no_backup(file: Path, error: Exception) -> UsageError:
    return UsageError(
        tr("{file} is no backup, or was cut short ({reason})", file=file, reason=error)
    )


def _manifest_of(packed: zipfile.ZipFile, file: Path) -> Manifest:
    """Return the manifest of an archive whose files are all that it names; raises UsageError."""
    entries = packed.infolist()
    names = [one.filename for one in entries]
    if MANIFEST not in names:
        raise UsageError(tr("{file} is no backup: it has no manifest", file=file))
    if len(set(names)) != len(names):
        twice = max(names, key=Counter(names).__getitem__)
        raise _foreign(file, twice)
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if (
            not (entry.filename == MANIFEST or _NAMES.fullmatch(entry.filename))
            or entry.filename != entry.orig_filename
            or kind not in (0, stat.S_IFREG)
            or entry.flag_bits & _ENCRYPTED
            or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        ):
            raise _foreign(file, entry.filename)
    entry = packed.getinfo(MANIFEST)
    if entry.file_size > _LARGEST_MANIFEST:
        raise _foreign(file, MANIFEST)
    try:
        with packed.open(entry) as stream:
            manifest = Manifest.from_json(stream.read(_LARGEST_MANIFEST).decode())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(
            tr("{file} is no backup: its manifest cannot be read", file=file)
        ) from error
    if manifest.format > FORMAT:
        raise FormatError(
            tr(
                "{file} was made by briefing-assistant {version}, which is newer than this one; "
                "upgrade it",
                file=file,
                version=manifest.program,
            )
        )
    sizes = {one.filename: one.file_size for one in entries if one.filename != MANIFEST}
    if sizes != {name: one.size for name, one in manifest.members.items()}:
        raise _altered(file, MANIFEST)
    if DATABASE not in sizes:
        raise _foreign(file, DATABASE)
    return manifest


def _unpack(
    packed: zipfile.ZipFile, manifest: Manifest, folder: Path, file: Path, say: Say
) -> None:
    """Write the files of an archive, each checked against its hash as it is written."""
    done = 0
    for name, member in manifest.members.items():
        path = folder.joinpath(*name.split("/"))
        for above in reversed(path.relative_to(folder).parents[:-1]):
            private_folder(folder / above)
        found, size = hashlib.sha256(), 0
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as target, packed.open(name) as source:
            while part := source.read(PART):
                size += len(part)
                if size > member.size:
                    raise _altered(file, name)
                target.write(part)
                found.update(part)
                done += len(part)
                say("archive", done, manifest.size)
            target.flush()
            os.fsync(target.fileno())
        if (size, found.hexdigest()) != (member.size, member.sha256):
            raise _altered(file, name)


def _bring_up(made: Path, record: str, say: Say) -> None:
    """Have the library take the present form, and move its record to where it is wanted."""
    library = Library(made)
    try:
        if record:
            target = Library(made / "moved", record=record, arriving=True)
            try:
                move(library, target, say=say)
            finally:
                target.close()
    finally:
        library.close()
    # The archive is the copy from before.
    for old in made.glob("library.before-*"):
        old.unlink()
    (made / "writer.lock").unlink(missing_ok=True)
    if record:
        shutil.rmtree(made / "moved")
        shutil.rmtree(made / "originals", ignore_errors=True)
        for part in made.glob(f"{DATABASE}*"):
            part.unlink()


def _occupants(home: Path) -> list[Path]:
    """Return what a data folder holds besides logs; none for a folder that is not there."""
    try:
        # The last is what a new disk comes with.
        return [
            one
            for one in home.iterdir()
            if not one.name.startswith(LOG) and one.name != "lost+found"
        ]
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise UsageError(tr("{folder} is a file; name a folder", folder=home)) from error


def _put_in_place(made: Path, home: Path, *, within: bool) -> Path | None:
    """Rename what was made to the data folder; return where what was there lies now."""
    there = [one for one in _occupants(home) if one != made]
    name = f"before-restore-{datetime.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
    aside = (home / name if within else home.with_name(f"{home.name}.{name}")) if there else None
    held = WriterLock(home / "writer.lock").held() if there else nullcontext()
    with held:
        if within:
            _move_within(made, home, aside, there)
        else:
            if aside is not None:
                home.rename(aside)
            elif home.exists():
                # What is there goes along, and a folder can take the place of an empty one.
                for one in list(home.iterdir()):
                    one.rename(made / one.name)
            try:
                made.rename(home)
            except OSError:
                if aside is not None:
                    with suppress(OSError):
                        aside.rename(home)
                raise
    return aside


def _move_within(made: Path, home: Path, aside: Path | None, there: list[Path]) -> None:
    """Move files within a data folder that is a disk of its own and cannot be renamed.

    The record goes first and comes last: between, there is no library there.
    """

    def order(path: Path) -> tuple[bool, str]:
        return not path.name.startswith(DATABASE), path.name

    if aside is not None:
        aside.mkdir(mode=0o700)
        for one in sorted(there, key=order):
            one.rename(aside / one.name)
    for one in sorted(made.iterdir(), key=order, reverse=True):
        one.rename(home / one.name)


def _foreign(file: Path, name: str) -> UsageError:
    return UsageError(
        tr("{file} is no backup: {name} has no place in one", file=file, name=repr(name)[:200])
    )


def _altered(file: Path, name: str) -> LibraryDamaged:
    return LibraryDamaged(
        tr(
            "{file} was damaged or altered ({name} is not what its manifest says); nothing was "
            "restored: take another backup",
            file=file,
            name=name,
        )
    )
