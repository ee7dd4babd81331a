"""Reading a file into a document: its format by its content first, then by its suffix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from corpus import formats
from corpus.document import WITHIN, Document
from corpus.errors import ReadError
from corpus.files import open_file, read_bytes
from corpus.formats import READERS, DocumentPart, FileReader, Recognised
from corpus.i18n import tr
from corpus.limits import DEFAULT_LIMITS, FileLimits
from corpus.readers.unsupported import refusal


def read(path: Path, *, limits: FileLimits = DEFAULT_LIMITS) -> Document:
    """Return the document in the file at `path`; its location is the absolute path.

    Raises ReadError with a reason code and a line that says what would help.
    """
    with open_file(path) as descriptor:
        return read_open(descriptor, path.absolute(), limits=limits)


def read_open(
    descriptor: int,
    path: Path,
    *,
    part: Sequence[str] = (),
    recognised: Recognised | None = None,
    limits: FileLimits = DEFAULT_LIMITS,
) -> Document:
    """Return the document in an open file; `path` is only its name. Raises ReadError as `read`.

    With `part` it is a document within that one: the name it has among the `attachments` there,
    after the names of those that it lies within. Its location is the file's, then each name, "#"
    ahead of it. `recognised` are the lines that OCR read on pages (from 1) of a PDF.
    """
    if not part:
        _parts.cache_clear()
    location = WITHIN.join((str(path), *part))
    path, data = part_in(read_bytes(descriptor, limits), path, part)
    if not data.strip():
        raise ReadError("empty", tr("this file is empty"))
    try:
        reader = _reader(path, data)
        if recognised and reader.recognised:
            document = reader.recognised(data, str(path), limits, recognised)
        else:
            document = reader.read(data, str(path), limits)
    except RecursionError as error:
        raise ReadError("damaged", tr("this file is nested too deeply to be read")) from error
    if len(document.text) > limits.characters:
        raise ReadError(
            "too_large",
            tr(
                "this file holds {count} characters, over {limit}",
                count=f"{len(document.text):,}",
                limit=f"{limits.characters:,}",
            ),
        )
    return replace(document, source=replace(document.source, location=location))


def part_in(data: bytes, path: Path, part: Sequence[str]) -> tuple[Path, bytes]:
    """Return a name that tells the format, and the bytes, of a document within another.

    `data` and `path` are those of the outermost. Raises ReadError("missing") where there is none.
    """
    for name in part:
        reader = _reader(path, data)
        found = next((one for one in _parts(reader, data) if one.name == name), None)
        if found is None:
            raise ReadError("missing", tr("this file holds no document {name}", name=name))
        path, data = Path(name), found.data
        if found.suffix and path.suffix.lower() not in formats.suffixes():
            path = Path(f"{name}{found.suffix}")
    return path, data


# Those that were last asked for: the parts of one file are read one after the other.
@lru_cache(maxsize=2)
def _parts(reader: FileReader, data: bytes) -> list[DocumentPart]:
    return reader.parts(data) if reader.parts else []


def _reader(path: Path, data: bytes) -> FileReader:
    """Return what reads a file; raises ReadError (unsupported, encrypted).

    The marks of our own formats tell, then the suffix. A format that another package adds has the
    files with its suffixes unless it knows them for something else by their bytes, and of those
    whose suffix says nothing the ones that it knows by theirs.
    """
    suffix = path.suffix.lower()
    ours, added = READERS.ours().values(), READERS.added().values()
    named = next((one for one in added if suffix in one.suffixes), None)
    if named is not None and (named.sniff is None or _sniffs(named, data, suffix)):
        return named
    for one in ours:
        if one.sniff is not None and one.sniff(data, suffix):
            return one
    named = next((one for one in ours if suffix in one.suffixes), named)
    if named is None:
        named = next((one for one in added if _sniffs(one, data, suffix)), None)
        if named is not None:
            return named
    if refused := refusal(data):
        raise refused
    if named is None:
        raise ReadError(
            "unsupported",
            tr(
                "{suffix} is not a format that is read; these are: {formats}",
                suffix=suffix or "no suffix",
                formats=formats.words(),
            ),
        )
    return named


def _sniffs(reader: FileReader, data: bytes, suffix: str) -> bool:
    """Say whether what another package adds knows bytes for its own; a failure is no."""
    try:
        return reader.sniff is not None and bool(reader.sniff(data, suffix))
    except Exception:  # noqa: BLE001  # reason: code of others; these bytes may be another format's
        return False
