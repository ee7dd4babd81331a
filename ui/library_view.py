"""The library page as HTML: the table, what is selected in it, one document, storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.diagnostics import Storage
from corpus.catalogue import Entry
from corpus.citation_line import citation_line
from corpus.document import LeftOut, page_list
from corpus.extraction_report import ExtractionReport
from corpus.integrity import IntegrityFinding
from corpus.starter.public_sources import public_sources
from index.word_search import Hit
from ui.extraction_words import (
    Pieces,
    left_out_words,
    page_words,
    unsettled_lines,
    with_page_links,
)
from ui.library import COLUMNS, LibraryFilter, LibraryView
from ui.places import shown_location
from ui.rendering import rendered
from ui.source import is_public, public_address
from ui.translation import translated
from ui.wording import word

# Passages a page: the median of the documents with pages in a library of 127.
_PASSAGES_PER_PAGE = 5.6


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the table: its theme and that one's colour, what is open, where words stand."""

    entry: Entry
    theme: str
    colour: int
    length: str
    open: str
    hit: Hit | None


def note_html(
    said: str, language: str, *, wrong: bool = False, undo: bool = False, passing: bool = False
) -> str:
    """Return a line in the page's own words, with a button to undo it; `said` "" is no line.

    One that is `passing` goes away by itself.
    """
    return rendered("library.html", "note", language, said, wrong, undo, passing) if said else ""


def table_html(
    view: LibraryView,
    accounts: Mapping[str, ExtractionReport],
    wanted: LibraryFilter,
    theme: Callable[[str], tuple[str, int]],
    language: str,
    current: str = "",
) -> str:
    """Return documents as a table whose heads sort it; a row opens its document.

    `accounts` say by id how they were read: what is open stands beside the title. `theme` returns
    what a theme is called and the number of its colour, `current` is the document that is open.
    """
    if not view.entries:
        return ""
    rows = []
    for one in view.entries:
        name, colour = theme(one.source.theme)
        lines = unsettled_lines(one, accounts.get(one.id), language)
        said = "; ".join("".join(part for part, _ in line) for line in lines)
        hit = view.hits.get(one.id)
        rows.append(Row(one, name, colour, _length(one, language), said, hit))
    return rendered("library.html", "table", language, rows, list(COLUMNS), wanted, current)


def _length(entry: Entry, language: str) -> str:
    """Return how long a document is, in pages; about so many where its format has none."""
    if entry.pages:
        return word("library.pages_of", language, count=entry.pages)
    about = max(1, round(entry.passages / _PASSAGES_PER_PAGE))
    return word("library.about_pages", language, count=about)


def selection_html(count: int, themes: Sequence[tuple[str, str]], language: str) -> str:
    """Return the bar over the table while documents are selected; `themes` are (name, key)."""
    return rendered("library.html", "selection", language, count, themes) if count else ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What whoever asks may do with a document, and which of its collections they know of.

    Without sign-in it is in no collection, and everything may be done.
    """

    collections: tuple[str, ...] = ()
    change: bool = True


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document that is read: its entry, what its theme is called, how it was read.

    `places` are all where its content was seen, `versions` those before it with when they were
    replaced; `kept` says that its file is kept, `rights` what may be done with it.
    """

    entry: Entry
    theme: str
    account: ExtractionReport
    places: Sequence[str]
    versions: Sequence[tuple[str, str]]
    kept: bool
    rights: Rights = Rights()


def document_head_html(shown: OpenDocument, language: str) -> str:
    """Return what stands over the text of a document: what it is and what can be done with it."""
    entry = shown.entry
    address = public_address(entry.sources)
    unsettled = unsettled_lines(entry, shown.account, language)
    if not shown.kept:
        unsettled = [[("".join(said for said, _ in line), "")] for line in unsettled]
    return rendered(
        "library.html", "document", language, shown, address, unsettled, _facts(shown, language),
        [(one, is_public(one.address)) for one in public_sources(entry.source)],
    )  # fmt: skip


def _facts(shown: OpenDocument, language: str) -> list[tuple[str, Pieces]]:
    """Return what is known of a document beyond its head, by keys of words."""
    entry, account = shown.entry, shown.account
    here = entry.source.location
    also = {
        one.location: citation_line(one, fields=("publisher", "published")) for one in entry.others
    }
    others = [
        f"{shown_location(one)} ({also[one]})" if also.get(one) else shown_location(one)
        for one in shown.places
        if one != here
    ]
    furniture = [one for one in account.left_out if not one.missed]
    recognised = page_list(account.ocr_pages)
    facts: dict[str, str] = {
        "library.location": shown_location(here),
        "library.kind": entry.source.kind,
        "library.added": entry.added[:10],
        "library.language": account.language,
        "library.updated": entry.source.updated,
        "library.fetched": entry.source.fetched,
        "library.not_read": left_out_words(account.missed, language),
        "library.doubtful": "; ".join(translated(one, language) for one in account.doubts),
        "library.by_ocr": page_words(recognised, language),
        "library.within": ", ".join(account.attachments),
        "library.furniture": left_out_words(furniture, language),
        "library.also_at": "; ".join(others),
        "library.versions": "; ".join(f"{title} ({at[:10]})" for title, at in shown.versions),
    }
    to_see: dict[str, Sequence[LeftOut]] = {
        "library.not_read": account.missed,
        "library.by_ocr": [LeftOut("", 0, recognised)],
    }
    return [
        (key, with_page_links(said, entry, to_see.get(key, ()) if shown.kept else (), language))
        for key, said in facts.items()
        if said
    ]


def storage_html(entries: Sequence[Entry], held: Storage, *, behind: bool, language: str) -> str:
    """Return what the library takes, and whether its indexes are in step."""
    said = word(
        "library.holds",
        language,
        documents=f"{len(entries):,}",
        database=_size(held.database),
        originals=_size(held.originals),
        indexes=_size(held.indexes),
    )
    return rendered("library.html", "storage", language, said, behind)


def findings_html(findings: Sequence[IntegrityFinding], language: str) -> str:
    """Return what was checked, each with a sign and a word."""
    return rendered("library.html", "findings", language, findings)


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


__all__ = [
    "OpenDocument",
    "document_head_html",
    "findings_html",
    "note_html",
    "selection_html",
    "storage_html",
    "table_html",
]
