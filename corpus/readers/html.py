"""Web pages: the article without navigation, and the metadata that the page states."""

from __future__ import annotations

import re
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, FileReader
from corpus.readers.article import article_of
from corpus.readers.blocks import Blocks, clean
from corpus.readers.charsets import beginning, decoded_page
from corpus.readers.dates import source_dates
from corpus.readers.filings import (
    act_title,
    filing_date,
    filing_title,
    named_publisher,
    publisher_of_address,
)
from corpus.readers.hidden import remove_hidden
from corpus.readers.markdown import MARKDOWN
from corpus.readers.markup import add_markup, markup_of, page_of
from corpus.readers.page_metadata import (
    language_of,
    page_metadata,
    real_publisher,
    real_title,
    title_block,
)
from corpus.readers.stubs import behind_paywall, stub_reason
from corpus.readers.unsupported import is_unsupported

# The extractor is made for articles. A page with more text than this outside links is a law or a
# filing and is read whole: of a 10-K with 346,000 characters the extractor lost 7 %, tables among
# it; of the AI Act (577,000) next to nothing. So is one of which it finds less than half, since
# what it took for furniture then was the text.
_LARGE = 100_000
_FOUND = 0.5
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_SPAN = re.compile(r"\s(?:row|col)span\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*)", re.IGNORECASE)


def read_html(data: bytes, location: str, *, whole: bool = False) -> Document:
    """Return the article of a page, or all of a page that is no article, or is wanted `whole`.

    Title, publisher and date come from the page's own metadata, then from its first lines. Raises
    ReadError("empty") for a page without text.
    """
    page = decoded_page(data)
    root = page_of(page)
    hidden = remove_hidden(root)
    if hidden:
        page = markup_of(root)
    said, language = page_metadata(root), language_of(root)
    about = _metadata(root, page, said)
    prose = _prose_length(root)
    blocks = Blocks()
    blocks.leave_out("hidden text", hidden)
    # A frameset has no article: nothing says which frame holds it.
    frames = root.find(".//frameset") is not None
    if whole or frames or prose > _LARGE:
        body = None if frames else root.find(".//body")
        add_markup(blocks, root if body is None else body, furniture=False)
    else:
        found = _found(page)
        add_markup(blocks, article_of(root, found, whole=len(found) < _FOUND * prose))
    text = blocks.text()
    if instead := stub_reason(text, root):
        raise ReadError("empty", instead)
    if behind_paywall(text):
        blocks.leave_out("parts behind a paywall")
    # The article may have lost the line of its author and date.
    when = source_dates(
        blocks,
        "html",
        text=title_block(root) + text,
        said=said,
        language=language,
        known=filing_date(text),
    )
    return blocks.document(
        Source(
            title=filing_title(text)
            or act_title(text)
            or about["title"]
            or blocks.first_heading
            or clean(text[:200].split("\n")[0])[:120],
            location=location,
            publisher=named_publisher(text) or about["publisher"],
            kind="html",
            **when,
        )
    )


def _is_page(data: bytes, suffix: str) -> bool:
    """Say whether a text begins with tags of a page; Markdown may hold them too."""
    head = beginning(data)
    return bool(_PAGE.search(head)) and suffix not in MARKDOWN.suffixes and not is_unsupported(head)


def prepare() -> None:
    """Load the data files that trafilatura opens lazily: later no file can be opened.

    They are justext's stop word lists, for short articles, and dateparser's languages, for pages
    whose date is in words.
    """
    from trafilatura.external import jt_stoplist_init

    jt_stoplist_init()
    said = "<p>Published on 3 March 2025 by the board of the harbour.</p>"
    read_html(f"<html><body><article>{said * 3}</article></body></html>".encode(), "")


def _found(page: str) -> str:
    """Return the text that trafilatura takes for the article, "" where it finds none."""
    import trafilatura

    # It fills in spans without a bound: one table of 2,000 rows that span all others took minutes.
    page = _SPAN.sub(" ", page)
    # As XML: written as text, its tables are filled in the same way.
    found: Any = trafilatura.bare_extraction(
        page, output_format="xml", include_comments=False, favor_recall=True
    )
    return str(found.raw_text or "") if found else ""


def _prose_length(root: Any) -> int:
    """Return how many characters of the page's text are in no link, script or navigation."""
    return sum(
        len(text.strip())
        for text in root.xpath(
            "//body//text()[not(ancestor::a or ancestor::script or ancestor::style or "
            "ancestor::nav or ancestor::footer or ancestor::header or ancestor::aside)]"
        )
    )


def _metadata(root: Any, page: str, said: dict[str, str]) -> dict[str, str]:
    """Return title and publisher where the page's metadata states them."""
    import trafilatura

    # Metadata of the whole page stand in its head or on its first screen.
    found: Any = trafilatura.extract_metadata(page[:200_000], extensive=False)
    names = [said.get(key, "") for key in ("ogsitename", "publisher", "dcpublisher",
                                           "citationpublisher", "applicationname")]  # fmt: skip
    names.append(found.sitename or "" if found else "")
    site = next((name for name in map(real_publisher, map(clean, names)) if name), "")
    # Without a name there trafilatura gives the host of the canonical address.
    publisher = publisher_of_address(site) or site
    titles = (said.get("ogtitle"), found.title if found else "", root.findtext(".//title"))
    title = next((one for name in titles if (one := real_title(clean(name or ""), publisher))), "")
    return {"title": title, "publisher": publisher}


HTML = FileReader(
    words=OUR_WORDS["html"],
    suffixes=(".html", ".htm", ".xhtml"),
    types={"text/html": ".html", "application/xhtml+xml": ".html"},
    sniff=_is_page,
    read=lambda data, location, _: read_html(data, location),
    imports=("dateparser.*", "htmldate.*", "lxml.cssselect", "lxml.etree", "lxml.html", "tinycss2",
             "trafilatura", "webencodings"),
    prepare=prepare,
)  # fmt: skip
