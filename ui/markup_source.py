"""Parts of the source panel as HTML: what a document says is escaped, nothing is fetched."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from assistant.answer import Citation
from corpus.document import Document, Source
from corpus.page_images import PageImage
from corpus.page_names import SHORT, page_name
from index.evidence import Evidence
from ui.markup_table import table_html
from ui.translation import translated
from ui.wording import word

# Characters shown before and after the quoted words: the quote stays in view.
_BEFORE, _AFTER = 320, 900
# The shares of the panel's width that a page may take.
# The second is the first that is shown: with its margins cut off a printed page fits the panel.
ZOOMS = (1.0, 1.25, 1.6, 2.2, 3.0)


@dataclass(frozen=True, slots=True)
class View:
    """How the panel shows it: the page of a PDF (0: where the quote begins), its zoom, or text."""

    page: int = 0
    zoom: int = 1
    as_text: bool = False

    def after(self, act: str, pages: int, quoted: int) -> View:
        """Return the view after a button: next, previous, larger, smaller, text, page, quote."""
        page = self.page or quoted
        match act:
            case "next":
                return replace(self, page=min(page + 1, pages))
            case "previous":
                return replace(self, page=max(page - 1, 1))
            case "larger":
                return replace(self, zoom=min(self.zoom + 1, len(ZOOMS) - 1))
            case "smaller":
                return replace(self, zoom=max(self.zoom - 1, 0))
            case "text":
                return replace(self, as_text=True)
            case "page":
                return replace(self, as_text=False)
            case "quote":
                return replace(self, page=0)
        return self


def empty_html(language: str) -> str:
    """Return the panel before anything was chosen."""
    return (
        f'<div class="source empty"><h3>{word("source.empty_title", language)}</h3>'
        f"<p>{word('source.empty', language)}</p></div>"
    )


def article(citation: Citation, facts: str, body: str, language: str) -> str:
    """Return the panel: number and title, what the source is, then `body` (HTML)."""
    name = word("source.label", language, number=citation.number)
    close = word("source.close", language)
    return (
        f'<article class="source" aria-label="{name}"><header>'
        f'<h3 tabindex="-1"><span class="number">[{citation.number}]</span> '
        f"{escape(citation.source.title)}</h3>"
        f'<button type="button" class="close" data-act="close" aria-label="{close}" '
        f'title="{close}">×</button></header>{facts}{body}'
        f'<p class="return"><button type="button" class="plain" data-act="return">'
        f"{word('source.back', language)}</button></p></article>"
    )


def facts_line(source: Source, grade: str, language: str) -> str:
    """Return publisher, date and grade on one line."""
    parts = [
        source.publisher or word("source.not_stated", language),
        source.published or word("source.no_date", language),
        word("source.grade", language, grade=grade) if grade else "",
    ]
    return f'<p class="facts">{" · ".join(escape(one) for one in parts if one)}</p>'


def tools(document: Document, number: int, begins: int, view: View, language: str) -> str:
    """Return the buttons over page `number`, where the quote begins on page `begins`."""
    pages = len(document.page_starts)
    label = document.folio(number).label
    said = word("source.page", language, page=number, pages=pages)
    if label:
        said += f" ({word('source.printed', language, label=label)})"
    if document.folio(number).ocr:
        said = word("chat.page_by_ocr", language, name=said)
    shown = [
        _button("previous", "‹", "source.previous", language, off=number <= 1),
        f'<span class="where">{escape(said)}</span>',
        _button("next", "›", "source.next", language, off=number >= pages),
        _button("smaller", "−", "source.smaller", language, off=view.zoom == 0),
        _button("larger", "+", "source.larger", language, off=view.zoom == len(ZOOMS) - 1),
    ]
    if view.as_text:
        shown = []
    if number != begins and not view.as_text:
        shown.append(_named("quote", "source.quoted_page", language))
    other = ("page", "source.as_page") if view.as_text else ("text", "source.as_text")
    shown.append(_named(*other, language))
    return f'<div class="tools" role="group">{"".join(shown)}</div>'


def _button(act: str, sign: str, key: str, language: str, *, off: bool) -> str:
    name = word(key, language)
    disabled = " disabled" if off else ""
    return (
        f'<button type="button" data-act="{act}" aria-label="{name}" title="{name}"{disabled}>'
        f"{sign}</button>"
    )


def _named(act: str, key: str, language: str) -> str:
    return f'<button type="button" data-act="{act}">{word(key, language)}</button>'


def sheet(picture: PageImage, number: int, view: View, title: str, language: str) -> str:
    """Return a drawn page with its boxes; boxes are shares of the page, so they follow the zoom."""
    data = base64.b64encode(picture.image).decode("ascii")
    boxes = "".join(
        f'<span class="box" style="left:{box.left:.3%};top:{box.top:.3%};'
        f'width:{box.width:.3%};height:{box.height:.3%}"></span>'
        for box in picture.boxes
    )
    said = word("source.picture", language, page=number, title=title)
    return (
        f'<div class="sheet" tabindex="0" role="region" aria-label="{escape(said)}">'
        f'<div class="paper" style="width:{ZOOMS[view.zoom]:.0%}">'
        f'<img alt="" width="{picture.width}" height="{picture.height}" '
        f'src="data:image/webp;base64,{data}">{boxes}</div></div>'
    )


def passage(citation: Citation, document: Document, language: str) -> str:
    """Return the paragraph around a quote, the quoted words marked; a table as rows and columns."""
    if table := document.table_at(citation.start):
        return table_html(
            document, table, (citation.start, citation.end), language, cell=_cell(citation)
        )
    text = document.text
    start = max(0, citation.start - _BEFORE)
    end = min(len(text), citation.end + _AFTER)
    # Begin and end at a word.
    start = text.find(" ", start) + 1 if start else 0
    end = text.rfind(" ", 0, end) if end < len(text) else end
    # Prose beside a table ends with it: the table would be lines without columns.
    start = max([start, *(one.end for one in document.tables if one.end <= citation.start)])
    end = min([end, *(one.start for one in document.tables if one.start >= citation.end)])
    return (
        f'<blockquote tabindex="0">{"… " if start else ""}'
        f"{_lines(text[start : citation.start].lstrip())}<mark>{_lines(citation.quote)}</mark>"
        f"{_lines(text[citation.end : max(end, citation.end)].rstrip())}"
        f"{' …' if end < len(text) else ''}</blockquote>"
    )


def _cell(citation: Citation) -> tuple[int, int]:
    """Return the span of what is marked in a quoted row: the cell, else all of it."""
    cell = citation.cell
    return (cell.start, cell.end) if cell else (citation.start, citation.end)


def quoted(citation: Citation, language: str) -> str:
    """Return the quoted words as text, under their name; a row with the heads of its columns."""
    name = word("source.quote", language)
    quote = citation.words
    return f'<p class="name">{name}</p><blockquote><mark>{_lines(quote)}</mark></blockquote>'


def reasons(citation: Citation, language: str) -> str:
    """Return the fold that says how the search found the passage."""
    if not citation.why:
        return ""
    name = word("source.why", language)
    why = escape(translated(citation.why, language))
    return f"<details><summary>{name}</summary><p>{why}</p></details>"


def fold(key: str, items: Sequence[str], language: str, *, is_open: bool = False) -> str:
    """Return items (HTML) in a fold named by `key`, which tells their count; "" for none."""
    if not items:
        return ""
    rows = "".join(f"<li>{one}</li>" for one in items)
    name = word(key, language, count=len(items))
    return (
        f"<details{' open' if is_open else ''}><summary>{name}</summary><ul>{rows}</ul></details>"
    )


def found_at(one: Evidence, note: str) -> str:
    """Return a passage found: its document, where, and its first words."""
    source = one.source
    page = page_name(one.passage.page, one.passage.folio, SHORT)
    about = ", ".join(filter(None, (source.title, source.publisher, source.published, page)))
    words = " ".join(f"{one.passage.head} {one.passage.text}".split())
    shown = words if len(words) <= 220 else f"{words[:220].rpartition(' ')[0]} …"
    said = f"<b>{escape(note)}</b><br>" if note else ""
    return f'{said}{escape(about)}<br><span class="words">{escape(shown)}</span>'


def note(key: str, language: str) -> str:
    """Return a line in the panel's own words."""
    return f'<p class="note">{word(key, language)}</p>'


def _lines(value: str) -> str:
    return escape(value).replace("\n", "<br>")
