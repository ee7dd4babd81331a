"""A backup: one archive with all that a library is made of, and a manifest to check it by.

It holds a copy of the record as an SQLite file (of a PostgreSQL too), the originals and what
the user configured. Indexes are left out: they are made from the record. See corpus.restoring.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from corpus.connections import Connection
from corpus.errors import StorageError, UsageError
from corpus.i18n import tr
from corpus.library import Library
from corpus.moving import move
from corpus.originals import storage_error
from corpus.sqlite_copy import copy_database, counts_of, facts_of, format_of, originals_of

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "library.sqlite3"
ORIGINALS = "originals"
# What the user configured: files of the data folder, and folders of it.
CONFIGURED = ("aliases.toml", "themes.toml", "grades.toml", "engines.toml")
CONFIGURED_FOLDERS = ("templates", "memos")
# The fact of the record that says when the last backup was made.
LAST_BACKUP = "last_backup"
PART = 1 << 20
# Vectors hardly shrink: a higher level takes twice the time for some per cent.
_LEVEL = 1
# What is being done, and how many bytes of how many.
Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    `format` is that of archives, `schema` that of the record; `counts` are rows by table; `lost`
    are originals that were missing or altered when it was made; `made` is ISO 8601 in UTC.
    """

    format: int
    program: str
    made: str
    identity: str
    generation: int
    schema: int
    embedder: str
    originals: bool
    keys: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    members: Mapping[str, Member] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(one.size for one in self.members.values())

    def to_json(self) -> str:
        """Return it as it stands in an archive."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return the manifest that `to_json` wrote; raises ValueError, TypeError, KeyError."""
        values: dict[str, Any] = json.loads(text)
        members = {
            str(name): Member(int(one["size"]), str(one["sha256"]))
            for name, one in dict(values["members"]).items()
        }
        if any(one.size < 0 for one in members.values()):
            raise ValueError("a size below nothing")
        return cls(
            int(values["format"]),
            str(values["program"]),
            str(values["made"]),
            str(values["identity"]),
            int(values["generation"]),
            int(values["schema"]),
            str(values["embedder"]),
            bool(values["originals"]),
            bool(values["keys"]),
            {str(name): int(count) for name, count in dict(values["counts"]).items()},
            tuple(str(one) for one in values["lost"]),
            members,
        )


def back_up(
    library: Library,
    file: Path,
    *,
    program: str,
    originals: bool = True,
    replaced: Mapping[str, bytes | None] | None = None,
    keys: bool = False,
    say: Say = lambda what, done, total: None,
) -> Manifest:
    """Write an archive of a library to `file`, whole or not at all, and return its manifest.

    Others may write to the library meanwhile: the record is copied as it is at one moment, and an
    original that it names is never changed. `program` is the program's version. `replaced` are
    other contents for files of the configuration, None leaves one out; `keys` notes that keys are
    in it. The archive is readable by its owner alone. Raises UsageError for a file that is there,
    StorageError (a full disk).
    """
    file = file.expanduser().absolute()
    if file.exists() or file.is_symlink():
        raise UsageError(tr("{file} is there already; name another file", file=file))
    if not file.parent.is_dir():
        raise UsageError(tr("there is no folder {folder}; make it first", folder=file.parent))
    work = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        work.mkdir(mode=0o700)
        with _copied(library, work, say) as (database, kept):
            manifest = _written(
                library.home, work / "archive", database, kept if originals else None,
                program=program, replaced=replaced or {}, keys=keys, say=say,
            )  # fmt: skip
        try:
            # Two that end at once: the second does not take the place of the first.
            os.link(work / "archive", file)
        except FileExistsError as error:
            raise UsageError(tr("{file} is there already; name another file", file=file)) from error
        except OSError:
            # A file system without hard links.
            (work / "archive").rename(file)
        _flush_folder(file.parent)
    except OSError as error:
        raise storage_error(error, file.parent) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    # Without the writer's lock: somebody may be adding for hours. And a record that takes no
    # writes was backed up all the same.
    with suppress(StorageError):
        library.connections.write(partial(_noted, manifest.made))
    return manifest


def _noted(made: str, connection: Connection) -> None:
    connection.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (LAST_BACKUP, made),
    )


@contextmanager
def _copied(library: Library, work: Path, say: Say) -> Iterator[tuple[Path, Path]]:
    """Hand out a copy of the record as an SQLite file, and the folder of the originals."""
    if not library.shared:
        copy = work / DATABASE
        copy_database(library.home / DATABASE, copy, lambda done, total: say("record", done, total))
        yield copy, library.home / ORIGINALS
        return
    moved = Library(work / "moved", arriving=True)
    try:
        move(library, moved, alone=False, say=say)
    finally:
        moved.close()
    yield work / "moved" / DATABASE, work / "moved" / ORIGINALS


def _written(
    home: Path,
    archive: Path,
    database: Path,
    originals: Path | None,
    *,
    program: str,
    replaced: Mapping[str, bytes | None],
    keys: bool,
    say: Say,
) -> Manifest:
    wanted = originals_of(database) if originals is not None else []
    files = {DATABASE: database} | _configured(home)
    lost = []
    for digest in wanted:
        assert originals is not None
        path = originals / digest[:2] / digest
        if path.is_file():
            files[f"{ORIGINALS}/{digest[:2]}/{digest}"] = path
        else:
            lost.append(digest)
    contents = {name: content for name, content in replaced.items() if name in files}
    files = {name: path for name, path in files.items() if name not in contents}
    total = sum(path.stat().st_size for path in files.values())
    members: dict[str, Member] = {}
    done = 0
    descriptor = os.open(archive, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with os.fdopen(descriptor, "w+b") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as packed:
            for name, path in files.items():
                found, size = hashlib.sha256(), 0
                with (
                    path.open("rb") as source,
                    packed.open(_entry(name), "w", force_zip64=True) as target,
                ):
                    while part := source.read(PART):
                        target.write(part)
                        found.update(part)
                        size += len(part)
                        done += len(part)
                        say("archive", done, max(total, done))
                members[name] = Member(size, found.hexdigest())
                if name.startswith(f"{ORIGINALS}/") and not name.endswith(found.hexdigest()):
                    lost.append(name.rpartition("/")[2])
            for name, content in contents.items():
                if content is not None:
                    packed.writestr(_entry(name), content)
                    members[name] = Member(len(content), hashlib.sha256(content).hexdigest())
            identity, generation, embedder = facts_of(database)
            manifest = Manifest(
                FORMAT, program, datetime.now(UTC).isoformat(timespec="seconds"),
                identity, generation, format_of(database), embedder,
                originals is not None, keys, counts_of(database), tuple(lost), members,
            )  # fmt: skip
            packed.writestr(_entry(MANIFEST), manifest.to_json())
        stream.flush()
        os.fsync(stream.fileno())
    return manifest


def _configured(home: Path) -> dict[str, Path]:
    """Return the files of a data folder that the user configured, by their names in the archive."""
    files = [home / name for name in CONFIGURED]
    for folder in CONFIGURED_FOLDERS:
        files += sorted((home / folder).rglob("*"))
    found = {}
    for file in files:
        name = file.relative_to(home)
        # A file that is being written has a name that begins so, or ends so.
        odd = any(part.startswith(".") for part in name.parts) or file.suffix == ".part"
        if not odd and file.is_file() and _is_text(name.as_posix()):
            found[name.as_posix()] = file
    return found


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\\" not in name


def _entry(name: str) -> zipfile.ZipInfo | str:
    """Return what a file is put into the archive by: originals mostly are packed already."""
    if not name.startswith(f"{ORIGINALS}/"):
        return name
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_STORED
    return entry


def _flush_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
