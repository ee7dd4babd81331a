"""Log files: a heading for each day, and a line for each thing that happened."""

import re
from pathlib import Path

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import FileReader
from corpus.limits import FileLimits
from corpus.readers.blocks import Blocks
from corpus.readers.charsets import decoded

# "2026-03-04 09:15:00 the lock of the harbour opened"
_LINE = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)\S*\s+(.+)")


def is_log(data: bytes, suffix: str) -> bool:
    """Say whether the first line begins with a day and a time."""
    first = data[:1_000].decode("utf-8", "replace").lstrip().partition("\n")[0]
    return bool(_LINE.match(first))


def read(data: bytes, location: str, limits: FileLimits) -> Document:
    """Return a log as a document: its days are headings. Raises ReadError("empty")."""
    blocks, day = Blocks(), ""
    for line in decoded(data).splitlines():
        found = _LINE.match(line)
        if found and found[1] != day:
            day = found[1]
            blocks.heading(1, day)
        blocks.line(f"{found[2]} {found[3]}" if found else line)
    if not blocks.length:
        raise ReadError("empty", "this log holds no lines")
    name = Path(location).name
    return blocks.document(Source(f"Log {name}", location, published=day, kind="log"))


LOG = FileReader(
    words="log files",
    suffixes=(".log",),
    types={"text/x-log": ".log"},
    sniff=is_log,
    read=read,
)
