"""Plain text, wrapped lines put together again."""

from __future__ import annotations

import re
from pathlib import Path

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, FileReader
from corpus.i18n import tr
from corpus.readers.blocks import Blocks, clean
from corpus.readers.charsets import decoded
from corpus.readers.dates import source_dates
from corpus.readers.filings import filing_date, filing_title, named_publisher
from corpus.readers.plain import add_plain

# How a release says that it is one.
_RELEASE = re.compile(
    r"\W*(?:for immediate release|(?:press|news|media) release|embargoed?(?: until .*)?|"
    r"pressemitteilung|communiqué de presse|comunicado de prensa|新闻稿)\W*",
    re.IGNORECASE,
)


def read_text(text: str, location: str) -> Document:
    """Return a plain text: wrapped prose as one line, drawn tables as tables, lines as lines.

    The title is the first line where that looks like one. Raises ReadError("empty").
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks = Blocks()
    add_plain(blocks, lines)
    content = blocks.text()
    if not content:
        raise ReadError("empty", tr("this file holds no text"))
    lines = [line for one in content.split("\n") if (line := clean(one))]
    first = next((line for line in lines if not _RELEASE.fullmatch(line)), lines[0])
    if blocks.opens_with_table:
        first = Path(location).stem
    title = first if len(first) <= 150 else re.split(r"(?<=[.!?])\s", first)[0][:120]
    return blocks.document(
        Source(
            title=filing_title(content) or title,
            location=location,
            publisher=named_publisher(content),
            kind="text",
            **source_dates(blocks, "text", known=filing_date(content)),
        )
    )


TEXT = FileReader(
    words=OUR_WORDS["text"],
    suffixes=(".txt", ".text", ".rst"),
    types={"text/plain": ".txt"},
    read=lambda data, location, _: read_text(decoded(data), location),
)
