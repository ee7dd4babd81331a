"""What was not read of a document, in words of the page's language, its pages as links."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.catalogue import Entry
from corpus.document import LeftOut
from corpus.extraction_report import ExtractionReport
from corpus.translations import ENGLISH, language_named
from ui.translation import translated
from ui.wording import word

# A line in pieces, each with the number of the page that it leads to, "" for none.
Pieces = list[tuple[str, str]]
# Pages as corpus.document.page_list tells them.
_PAGES = re.compile(r"pages? ([\d–, and]+)")


def unsettled_lines(entry: Entry, account: ExtractionReport | None, language: str) -> list[Pieces]:
    """Return what of a document was not read, and what only a person can settle, in a line each."""
    if account is None:
        return []
    lines = [[(translated(one, language), "")] for one in account.doubts]
    if account.missed:
        missed = word("library.missed", language, reason=left_out_words(account.missed, language))
        lines.insert(0, with_page_links(missed, entry, account.missed, language))
    return lines


def with_page_links(said: str, entry: Entry, left_out: Sequence[LeftOut], language: str) -> Pieces:
    """Return `said` in pieces: the pages of a PDF that it names lead to their pictures."""
    named = {page_words(one.where, language) for one in left_out if _PAGES.fullmatch(one.where)}
    if entry.source.kind != "pdf" or not named:
        return [(said, "")]
    longest_first = "|".join(map(re.escape, sorted(named, key=len, reverse=True)))
    pieces: Pieces = []
    # What the groups of the patterns hold stands at the odd places.
    for at, part in enumerate(re.split(rf"({longest_first})(?!\d)", said)):
        numbers = re.split(r"(\d+)", part) if at % 2 else [part]
        pieces += [(one, one * (place % 2)) for place, one in enumerate(numbers) if one]
    return pieces


def left_out_words(left_out: Sequence[LeftOut], language: str) -> str:
    """Return what was left out, in one line."""
    return "; ".join(_left_out_line(one, language) for one in left_out)


def _left_out_line(one: LeftOut, language: str) -> str:
    """Return what was left out in words; a kind that has no word here stays English."""
    key = f"account.{one.kind.replace(' ', '_')}"
    if language == ENGLISH or not {key, "account.line"} <= language_named(language).words.keys():
        return str(one)
    pages = page_words(one.where, language)
    where = word("account.where", language, pages=pages) if one.where else ""
    return word("account.line", language, count=one.places, kind=word(key, language), where=where)


def page_words(said: str, language: str) -> str:
    """Return pages as `corpus.document.page_list` tells them in the language of the page."""
    found = _PAGES.fullmatch(said)
    if found is None:
        # What lies within a document, and why it was not read.
        return translated(said, language)
    if language == ENGLISH or "account.pages" not in language_named(language).words:
        return said
    joint = word("account.page_joint", language)
    return word("account.pages", language, pages=found[1].replace(" and ", joint))


__all__ = ["Pieces", "left_out_words", "page_words", "unsettled_lines", "with_page_links"]
