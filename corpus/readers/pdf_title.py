"""The title of a PDF: what it states of itself where a person wrote that, else what is printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.readers.blocks import clean
from corpus.readers.lines import joined

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
# Where no title is printed the first words stand for one, no more than a line of them.
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
    """Say whether most words of a title stand in a text; of Chinese, most pairs of signs."""
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
    text = joined(lines, ()) if lines else ""
    if sentence := re.match(rf".{{20,{_WORDS}}}?(?<=\w\w[.!?])(?=\s)", text):
        return sentence[0].rstrip(".")
    if len(text) <= _WORDS:
        return text
    return text[:_WORDS].rpartition(" ")[0].rstrip(" ,;:-–") + " …"
