"""The formats that are read: a value for each, ours and those that other packages add.

What reads runs in a confined child and nowhere else (corpus.sandbox_child). The rest of the program
asks here which formats there are and what they are called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.document import Document
from corpus.i18n import joined, tr
from corpus.limits import FileLimits
from corpus.ocr import Row
from corpus.registry import Registry

# Lines that OCR read, by page (from 1).
Recognised = Mapping[int, Sequence[Row]]
_SUFFIX = re.compile(r"\.[a-z0-9][a-z0-9_+-]*")


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """A document that a file holds: the name it goes by there, its bytes.

    `suffix` says what it is where its name does not (".txt"), as far as the file knows.
    """

    name: str
    data: bytes
    suffix: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FileReader:
    """A format: what its files are called, how its bytes are told, and how they are read.

    `words` is what a person calls it ("Word, PowerPoint, Excel"), `suffixes` are the ends of its
    files' names (".docx", in small letters), `types` its MIME types, each with the suffix that a
    file of that type is given.

    `read` returns the document of (bytes, their place, limits) and raises ReadError. `sniff` says
    of (bytes, the suffix of their name) whether they are of this format; without it the suffix
    alone tells. `parts` returns the documents that a file holds beside its own text, in the order
    of `Document.attachments`; `recognised` reads again with the lines that OCR found on pages.

    Both run in a process that can open no file and no connection: `imports` are the modules that
    are imported on the way ("pypdf.*" with all below it), and `prepare` reads what else is needed
    from a disk. Raises ValueError for a suffix that is none.
    """

    words: str
    suffixes: tuple[str, ...]
    read: Callable[[bytes, str, FileLimits], Document]
    types: Mapping[str, str] = field(default_factory=dict)
    sniff: Callable[[bytes, str], bool] | None = None
    parts: Callable[[bytes], list[DocumentPart]] | None = None
    recognised: Callable[[bytes, str, FileLimits, Recognised], Document] | None = None
    imports: tuple[str, ...] = ()
    prepare: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        wrong = [one for one in self.suffixes if not _SUFFIX.fullmatch(one)]
        if wrong or not self.suffixes:
            raise ValueError(f"suffixes are a tuple such as ('.log',), not {self.suffixes!r}")
        if not set(self.types.values()) <= set(self.suffixes):
            raise ValueError(f"the suffixes in types are not all in {self.suffixes!r}")


# What a person calls ours, by their names, in the order in which they are tried: the page says it
# without loading what reads them, which takes a tenth of its start.
OUR_WORDS = {
    "mail": tr("mail"),
    "pdf": "PDF",
    "outlook": tr("Outlook messages"),
    "office": "Word, PowerPoint, Excel",
    "html": tr("web pages"),
    "csv": "CSV",
    "markdown": "Markdown",
    "text": tr("plain text"),
}
# Whose mark is looked for first. A mail shows what it holds as it is, so it goes before all; tags
# of a page may stand in any text, so pages go after what has a mark of its own.
READERS = Registry(
    "briefing.readers",
    FileReader,
    (
        ("mail", "corpus.readers.mail:MAIL"),
        ("pdf", "corpus.readers.pdf:PDF"),
        ("outlook", "corpus.readers.mail:OUTLOOK"),
        ("office", "corpus.readers.office:OFFICE"),
        ("html", "corpus.readers.html:HTML"),
        ("csv", "corpus.readers.tabular:CSV"),
        ("markdown", "corpus.readers.markdown:MARKDOWN"),
        ("text", "corpus.readers.text:TEXT"),
    ),
    claims=lambda reader: (*reader.suffixes, *reader.types),
)


def suffixes() -> frozenset[str]:
    """Return the suffixes of files that are read, in small letters with their dot."""
    return frozenset(suffix for one in READERS.values() for suffix in one.suffixes)


def suffix_of(mime: str) -> str:
    """Return the suffix for files of a MIME type, in small letters; "" for one that is not read."""
    return next((one.types[mime] for one in READERS.values() if mime in one.types), "")


def words() -> str:
    """Return what a person calls the formats that are read, as one line: "mail, PDF, …"."""
    return joined(", ", [*OUR_WORDS.values(), *(one.words for one in READERS.added().values())])
