"""Plain text in whatever encoding it is, wrapped lines put together again."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.readers.blocks import Blocks, clean
from corpus.readers.dates import times
from corpus.readers.filings import filing_date, filing_title, named_publisher
from corpus.readers.lines import reflowed

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w:-]+)", re.I
)
_LARGER = {"iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


def decoded(data: bytes) -> str:
    """Return the text of bytes: by byte order mark, as UTF-8, else as what they look like.

    Raises ReadError("encoding") for bytes that are no text in any encoding.
    """
    from charset_normalizer import from_bytes

    for mark, name in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(name)
            except UnicodeDecodeError as error:
                raise _unreadable() from error
    # A text has no NUL; what has is a picture, a program, or UTF-16 without its mark.
    if b"\0" not in data[:65_536]:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    best = from_bytes(data[:500_000]).best()
    if best is None or (b"\0" in data and not best.encoding.startswith(("utf_16", "utf_32"))):
        raise _unreadable()
    accents = sum(byte >= 0x80 for byte in data)
    if accents < _FEW and all(name.startswith(_LATIN) for name in best.alphabets):
        # A few accents tell the Latin alphabets apart badly: "café" was read as Baltic. The
        # encoding of Windows in the West is by far the most common of them.
        with suppress(UnicodeDecodeError):
            return data.decode("cp1252")
    try:
        return data.decode(best.encoding)
    except UnicodeDecodeError as error:
        raise _unreadable() from error


def decoded_page(data: bytes) -> str:
    """Return the text of an HTML page: as UTF-8, as it declares itself, else as `decoded`.

    UTF-8 goes first since hardly anything else decodes as it, and programs that save a page
    convert it and leave the old declaration in.
    """
    marked = any(data.startswith(mark) for mark, _ in _MARKS)
    declared = _DECLARED.search(data[:4_096])
    for name in ("utf-8", declared[1].decode("ascii") if declared and not marked else "utf-8"):
        try:
            # What calls itself Latin-1 or GB2312 on the web is the larger set of each.
            return data.decode(_LARGER.get(name.lower(), name)).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return decoded(data)


_FEW = 8
_LATIN = ("Basic Latin", "Latin", "General Punctuation", "Spacing Modifier", "Control")


def _unreadable() -> ReadError:
    return ReadError("encoding", "this file is not text in a known encoding; save it as UTF-8")


def read_text(text: str, location: str) -> Document:
    """Return a plain text: blank lines end paragraphs, wrapped prose becomes one line.

    The title is the first line where that looks like one. Raises ReadError("empty").
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks = Blocks()
    for paragraph in reflowed(lines):
        if len(paragraph) == 1:
            blocks.paragraph(paragraph[0])
        else:
            for line in paragraph:
                blocks.line(line)
    content = blocks.text()
    if not content:
        raise ReadError("empty", "this file holds no text")
    first = clean(content.split("\n")[0])
    title = first if len(first) <= 150 else re.split(r"(?<=[.!?])\s", first)[0][:120]
    return blocks.document(
        Source(
            title=filing_title(content) or title,
            location=location,
            publisher=named_publisher(content),
            kind="text",
            **times(blocks, "text", known=filing_date(content)),
        )
    )
