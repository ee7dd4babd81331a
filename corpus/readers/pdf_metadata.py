"""What a PDF states about itself, and its title: the stated one if a person wrote it."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.limits import FileLimits
from corpus.readers.blocks import clean
from corpus.readers.dates import parse_date
from corpus.readers.lines import join_lines

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
# Outlines deeper or longer than this say nothing more, and a hostile one never ends.
_OUTLINE_ENTRIES = 3_000
_AUTHORING = re.compile(
    r"TeX|xdvipdfmx|Microsoft.{0,3} Word|LibreOffice|InDesign|Pages|Google Docs|Typst",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class About:
    """Title and year of making (each "" if it has none), page labels, and the outline.

    The outline holds, by 0-based page, titles with their levels.
    """

    title: str = ""
    year: str = ""
    labels: tuple[str, ...] = ()
    outline: dict[int, list[tuple[int, str]]] = field(default_factory=dict)


def about_pdf(data: bytes) -> About:
    """Return what a PDF states about itself, an empty About if it cannot be read. Never raises."""
    with _configured():
        reader: Any = _or_default(lambda: _reader(data), None)
        if reader is None:
            return About()
        title = _or_default(
            lambda: stated_title(str((reader.metadata or {}).get("/Title") or "")), ""
        )
        none: tuple[str, ...] = ()
        labels = _or_default(lambda: tuple(reader.page_labels), none)
        plain = tuple(str(number + 1) for number in range(len(labels)))
        outline: dict[int, list[tuple[int, str]]] = {}
        nothing: list[tuple[int, int, str]] = []
        for page, level, name in _or_default(lambda: list(_outline(reader)), nothing)[
            :_OUTLINE_ENTRIES
        ]:
            outline.setdefault(page, []).append((level, name))
        return About(
            title=title,
            year=_or_default(lambda: _year(reader), ""),
            labels=() if labels == plain else labels,
            outline=outline,
        )


def _or_default(read: Callable[[], T], default: T) -> T:
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # reason: pypdf raises anything on odd files; text still counts
        _LOG.debug("a part of a PDF's metadata cannot be read", exc_info=True)
        return default


def text_by_pypdf(data: bytes, limits: FileLimits) -> list[str]:
    """Return the text of each page; raises ReadError (damaged, encrypted, too_large)."""
    try:
        with _configured():
            reader = _reader(data)
            if reader.is_encrypted and not reader.decrypt(""):
                raise ReadError(
                    "encrypted",
                    tr("this PDF needs a password; save it without one and add it again"),
                )
            if len(reader.pages) > limits.pages:
                raise ReadError(
                    "too_large", tr("this PDF has more than {pages} pages", pages=limits.pages)
                )
            return [page.extract_text() for page in reader.pages]
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # reason: 2.8 % of mutated files raised no PyPdfError
        raise ReadError(
            "damaged",
            tr("this PDF is damaged; open it in a viewer, save it anew and add it again"),
        ) from error


def _configured() -> AbstractContextManager[Any]:
    """Return pypdf's limits as a context, at most a third of its defaults: real files need less."""
    from pypdf import apply_configuration

    return apply_configuration(
        zlib_maximum_output_length=20_000_000,
        lzw_maximum_output_length=20_000_000,
        run_length_maximum_output_length=20_000_000,
        array_based_stream_maximum_output_length=20_000_000,
        maximum_declared_stream_length=50_000_000,
        stream_decoding_work_maximum_length=60_000_000,
        stream_parsing_work_maximum_count=200_000,
        xmp_maximum_input_length=1_000_000,
        outline_maximum_entries=_OUTLINE_ENTRIES,
        jbig2dec_binary=None,
    )


def _reader(data: bytes) -> Any:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return pypdf.PdfReader(io.BytesIO(data))


def _year(reader: Any) -> str:
    """Return the year in which an authoring program wrote the file, or "".

    The time is that of the last run and not of publication: of 21 papers made by pdfTeX it named
    the right year for 21 and the right month for 16, so no more than the year is believed. A file
    made by a converter says when it was converted, which is nothing.
    """
    about = reader.metadata or {}
    program = f"{about.get('/Producer') or ''} {about.get('/Creator') or ''}"
    if not _AUTHORING.search(program):
        return ""
    return parse_date(str(about.get("/CreationDate") or ""))[:4]


def _outline(reader: Any, entries: Any = None, level: int = 1) -> Iterator[tuple[int, int, str]]:
    if level > 6:
        return
    for entry in reader.outline if entries is None else entries:
        if isinstance(entry, list):
            yield from _outline(reader, entry, level + 1)
        elif entry.title and (page := reader.get_destination_page_number(entry)) is not None:
            yield page, level, clean(str(entry.title))


# What programs write into the metadata where nobody gave a title: their own names and those of
# templates, of files and of scanners, numbers under which a document is kept, and nothing at all.
_BY_A_PROGRAM = re.compile(
    r"(?:[\W\d_]*"
    r"|[(\[<]?(?:anonymous|unspecified|unknown|untitled|no title|none|null|n/a|title|titel|titre)"
    r"[)\]>]?[\s\d-]*"
    r"|(?:new |neues |nouveau )?(?:document|dokument|documento|presentation|präsentation|book|"
    r"workbook|sheet|slides?|folie|page|layout|cover|draft|report|scan|print|fax|image|chapter|"
    r"output|temp|test)[\s_-]*\d*"
    r"|(?:microsoft|libreoffice|openoffice|google|adobe|corel|apple|lotus|wps)[\w ]*(?:\s-\s.*)?"
    r"|(?:powerpoint|word|excel|acrobat|pdf)[- ](?:presentation|präsentation|document|dokument|"
    r"präsentation|worksheet|template)"
    r"|pscript.*|crystal reports.*|jasper ?reports.*|wkhtmltopdf.*|quarkxpress.*|indesign.*"
    r"|(?:full page photo|print preview|image to pdf|photoshop pdf|untitled-\d+)\b.*"
    r"|scan(?:ned)?\b(?: (?:document|image|by|from|at|with)\b)?.*|camscanner.*|(?:kmbt|skm|xerox|"
    r"hpscan|canon|epson|ricoh)[\s_-].*"
    r"|.*\btemplates?\b.*|(?:formatting |author )?(?:instructions|guidelines) (?:for|to) "
    r"(?:authors|\w+\s?(?:\d{4})?(?: (?:conference|proceedings|submission)).*)"
    r"|(?:formatting instructions|preparation of papers|sample (?:article|file|paper|document))\b.*"
    r"|\S*\.(?:docx?|odt|rtf|pdf|indd|tex|dvi|qxd|pptx?|xlsx?|html?|txt|ps|eps|wpd|p65|fm|pub|pages|"
    r"md|jpe?g|png|tiff?)"
    r"|.*\.(?:docx?|odt|rtf|pdf|indd|tex|dvi|qxd|pptx?|xlsx?)"
    r"|(?:doi|arxiv|pii|isbn|issn|urn|ssrn)\b.*|10\.\d{4,}/\S*|\d{4}\.\d{4,5}(?:v\d+)?\b.*"
    r"|\w+://\S*|www\.\S*|[a-z]:\\.*)",
    re.IGNORECASE | re.DOTALL,
)
_CHINESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# What stands above a title: addresses, dates, page furniture, the name of a series.
_NO_TITLE = re.compile(
    r"^[^A-Za-z一-鿿]*$|://|www\.|@|^(?:table of )?contents$|^arxiv|^\W*(?:updated|version)\b|"
    r"^\w+ \d{1,2}, \d{4}$|^this is a pdf portfolio|^for the best experience|"
    r"\bvol(?:ume|\.)\s*\d|\bissn\b|^page \d",
    re.IGNORECASE,
)
_LONGEST = 200
# Where no title is printed the first words serve as one, up to a line of them.
_WORDS = 90


def stated_title(title: str) -> str:
    """Return the title of the metadata, or "" where a program wrote it and no person."""
    title = clean(title)
    if _BY_A_PROGRAM.fullmatch(title):
        return ""
    if _CHINESE.search(title):
        return title if len(title) >= 4 else ""
    # "Annual_Report_v3", "FA-2024-17", "IMG20240131": one word of signs is the name of a file.
    if len(title) < 8 or (" " not in title and re.search(r"[\d_]", title)):
        return ""
    return title


def title_from(stated: str, printed: str, lines: Sequence[str]) -> str:
    """Return the title of a document; "" where nothing tells it.

    `stated` is what the metadata says (`stated_title`), `printed` what is set largest, `lines` the
    first page from the top. What is stated and not printed is of the file that this one was made
    from, where a title is printed.
    """
    printed = clean(printed)
    if not re.search(r"[^\W\d_]{3}|[\u4e00-\u9fff]{2}", printed) or _NO_TITLE.search(printed):
        printed = ""
    if stated and (not printed or _stands_in(stated, " ".join([printed, *lines]))):
        return stated
    return printed[:_LONGEST] or _first_words(lines)


def _stands_in(title: str, text: str) -> bool:
    """Say whether most words of a title occur in a text; of Chinese, most pairs of signs."""
    wanted, there = _parts(title), _parts(text)
    return len(wanted & there) >= 0.6 * len(wanted)


def _parts(text: str) -> set[str]:
    words = set(re.findall(r"[^\W\d_]{3,}", text.casefold()))
    signs = "".join(_CHINESE.findall(text))
    return {one for one in words if not _CHINESE.search(one)} | {
        signs[at : at + 2] for at in range(len(signs) - 1)
    }


def _first_words(page: Sequence[str]) -> str:
    """Return the first lines of a page that read like a title, where no line is set larger.

    Of a sentence that goes on, the beginning.
    """
    lines: list[str] = []
    for line in map(clean, page[:12]):
        if not lines and (len(line) < 8 or _NO_TITLE.search(line)):
            continue
        if lines and (len(" ".join(lines)) > _WORDS or lines[-1].endswith(".") or "@" in line):
            break
        lines.append(line)
        if len(line) < 45 and not line.endswith(":"):
            break
    text = join_lines(lines, ()) if lines else ""
    if sentence := re.match(rf".{{20,{_WORDS}}}?(?<=\w\w[.!?])(?=\s)", text):
        return sentence[0].rstrip(".")
    if len(text) <= _WORDS:
        return text
    return text[:_WORDS].rpartition(" ")[0].rstrip(" ,;:-–") + " …"
