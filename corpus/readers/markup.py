"""HTML elements as blocks: what a reader would see, tables as rows, hidden things left out."""

from __future__ import annotations

import re
from typing import Any

from corpus.errors import ReadError
from corpus.readers.blocks import Blocks
from corpus.readers.lines import section_level

_HIDDEN_TAGS = frozenset(
    "script style noscript template head iframe object embed svg math button input select textarea "
    "canvas audio video map dialog".split()
)
_FURNITURE = frozenset("nav header footer aside form menu".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby "
    "s samp small span strike strong sub sup time tt u var wbr img".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt)?\s*(?:;|$)|"
    r"opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|color\s*:\s*transparent|"
    r"(?:left|top|text-indent)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)

_MARKER = re.compile(r"^(?:\(?\w{1,4}[.)]|[•●▪■–—☐☒-])$")


def page_of(page: str) -> Any:
    """Return the root element of an HTML page; raises ReadError("damaged")."""
    from lxml import html
    from lxml.etree import LxmlError

    try:
        # lxml refuses text that declares an encoding, which is past once it is text.
        text = re.sub(r"\A\s*<\?xml[^>]*>", "", page)
        return html.document_fromstring(text, parser=html.HTMLParser(huge_tree=True))
    except (LxmlError, ValueError) as error:
        raise ReadError("damaged", f"this page cannot be parsed as HTML ({error})") from error


def selected(root: Any, selector: str) -> list[Any]:
    """Return the elements that a CSS selector names; none for one that is no selector."""
    from cssselect import SelectorError
    from lxml.cssselect import CSSSelector

    try:
        return list(CSSSelector(selector)(root))
    except SelectorError:
        return []


def markup_of(root: Any) -> str:
    """Return an element as HTML again."""
    from lxml import html

    return str(html.tostring(root, encoding="unicode"))


def fragment_of(text: str) -> Any:
    """Return an element that holds a piece of HTML."""
    from lxml import html

    return html.fragment_fromstring(text, create_parent="div")


def add_markup(blocks: Blocks, root: Any, *, furniture: bool = True) -> None:
    """Add what an lxml element shows; without `furniture`, navigation and the like are left out."""
    _Walk(blocks, furniture).element(root)


class _Walk:
    """One pass over a tree, with the inline text that waits for its block to end."""

    def __init__(self, blocks: Blocks, furniture: bool) -> None:
        self._blocks = blocks
        self._furniture = furniture
        self._inline: list[str] = []
        self._bullet = ""

    def element(self, element: Any) -> None:
        """Walk one element and what is below it; its tail belongs to its parent."""
        tag = element.tag if isinstance(element.tag, str) else ""
        name = tag.rpartition("}")[2].rpartition(":")[2].lower()
        if not tag or self._hidden(element, tag.lower(), name):
            return
        if name in _INLINE or ":" in tag:
            self._children(element)
        elif name == "br":
            self._inline.append("\n")
        else:
            self._flush()
            self._block(element, name)
            self._flush()

    def _block(self, element: Any, name: str) -> None:
        if name in _HEADINGS:
            self._blocks.heading(_HEADINGS[name], self._text_of(element))
        elif name == "table":
            self._table(element)
        elif name == "pre":
            for line in self._text_of(element).splitlines():
                self._blocks.line(line)
        elif name == "li":
            # The bullet waits for the item's first text, which may stand in a paragraph of its own.
            self._bullet = _bullet(element)
            self._children(element)
            self._flush()
            self._bullet = ""
        else:
            if name in {"ul", "ol"} and not self._in_list(element):
                self._blocks.apart()
            self._children(element)

    @staticmethod
    def _in_list(element: Any) -> bool:
        parent = element.getparent()
        return parent is not None and parent.tag in {"li", "ul", "ol"}

    def _children(self, element: Any) -> None:
        if element.text:
            self._inline.append(element.text)
        for child in element:
            self.element(child)
            if child.tail:
                self._inline.append(child.tail)

    def _hidden(self, element: Any, tag: str, name: str) -> bool:
        """Say whether a reader would not see an element (inline XBRL's ledger included)."""
        if name in _HIDDEN_TAGS and not tag.startswith("ix:"):
            return True
        if tag in {"ix:header", "ix:hidden"} or element.get("hidden") is not None:
            return True
        if element.get("aria-hidden") == "true" or _HIDING.search(element.get("style") or ""):
            return True
        return not self._furniture and name in _FURNITURE

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        if self._bullet:
            if text.strip():
                self._blocks.line(self._bullet + text)
                self._bullet = ""
            return
        # Two line breaks are how old pages write a paragraph.
        for part in re.split(r"\n[ \t\xa0]*\n", text.replace("\r", "")):
            # Laws and filings write their headings ("Article 51") as paragraphs.
            if level := section_level(part):
                self._blocks.heading(level, part)
            else:
                self._blocks.paragraph(part)

    def _text_of(self, element: Any) -> str:
        """Return the visible text of an element, as one run."""
        inner = _Walk(Blocks(), self._furniture)
        inner._children_as_text(element)
        return "".join(inner._inline)

    def _children_as_text(self, element: Any) -> None:
        if element.text:
            self._inline.append(element.text)
        for child in element:
            tag = child.tag if isinstance(child.tag, str) else ""
            name = tag.rpartition("}")[2].rpartition(":")[2].lower()
            if tag and not self._hidden(child, tag.lower(), name):
                if name not in _INLINE and ":" not in tag:
                    self._inline.append("\n" if name == "br" else " ")
                self._children_as_text(child)
            if child.tail:
                self._inline.append(child.tail)

    def _table(self, table: Any) -> None:
        """Add the rows of a table; one that only lays out a page is walked like the page."""
        if table.find(".//table") is not None:
            for part in table:
                self._flush()
                self._children(part)
                self._flush()
            return
        self._blocks.apart()
        for part in table.iter():
            if not isinstance(part.tag, str):
                continue
            name = part.tag.rpartition("}")[2].lower()
            if name == "caption":
                self._blocks.paragraph(self._text_of(part))
            elif name == "tr" and not self._hidden(part, part.tag.lower(), name):
                cells = [
                    self._text_of(cell)
                    for cell in part
                    if isinstance(cell.tag, str)
                    and cell.tag.rpartition("}")[2].lower() in {"td", "th"}
                    and not self._hidden(cell, cell.tag.lower(), "td")
                ]
                self._row(cells)
        self._blocks.apart()

    def _row(self, cells: list[str]) -> None:
        texts = _joined([" ".join(cell.split()) for cell in cells])
        if len(texts) == 1:
            self._blocks.paragraph(texts[0])
        elif len(texts) == 2 and _MARKER.match(texts[0]):
            # A law sets its numbered paragraphs as tables of one row.
            self._blocks.paragraph(" ".join(texts))
        else:
            self._blocks.row(texts)


def _bullet(item: Any) -> str:
    """Return "- ", or "3. " for the third item of a numbered list."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "- "
    first = parent.get("start", "1")
    before = sum(1 for sibling in item.itersiblings("li", preceding=True))
    return f"{(int(first) if first.isdecimal() else 1) + before}. "


def _joined(cells: list[str]) -> list[str]:
    """Drop empty cells and join signs set in cells of their own ("$ | 60,922 | ) | %")."""
    joined: list[str] = []
    for cell in cells:
        if not cell.strip():
            continue
        if joined and (cell in {")", "%", ")%"} or joined[-1] in {"$", "€", "£", "¥", "$("}):
            joined[-1] += cell
        else:
            joined.append(cell)
    return joined
