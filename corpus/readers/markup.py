"""HTML elements as blocks: visible text, tables as tables, hidden elements left out."""

from __future__ import annotations

import re
from typing import Any

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.readers.blocks import Blocks, clean
from corpus.readers.equations import mathml_text
from corpus.readers.html_superscripts import (
    is_note_mark,
    is_way_back,
    raised_or_lowered,
    text_after,
)
from corpus.readers.html_tables import (
    MARKER,
    grid_of,
    is_table,
    lays_out,
    name_of,
    own_cells,
    own_rows,
)
from corpus.readers.lines import section_level
from corpus.readers.plain import add_plain, lines_stand
from corpus.readers.superscripts import write_lowered, write_raised
from corpus.table import find_unit

_HIDDEN_TAGS = frozenset(
    "script style noscript template head iframe frame object embed svg input select textarea "
    "canvas audio video map dialog rt rp".split()
)
_FURNITURE = frozenset("nav header footer aside form menu".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big button cite code data del dfn em font i ins kbd label mark math "
    "q ruby s samp small span strike strong sub sup time tt u var wbr img".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt)?\s*(?:;|$)|"
    r"opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|color\s*:\s*transparent|"
    r"(?:left|top|text-indent)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
_NO_FRAMES = re.compile(r"<(/?)noframes\b[^<>]*>", re.IGNORECASE)
_BODY_TAG = re.compile(r"</?body\b[^<>]*>", re.IGNORECASE)
_DELETED = frozenset("del s strike".split())
# More is no correction: an element that nothing closed.
_LONGEST_DELETED = 3_000
_STRUCK = re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through", re.IGNORECASE)
_EQUATION_PICTURE = re.compile(r"\b(?:math|latex|tex|equation|mwe-math)", re.IGNORECASE)
_LABEL = re.compile(r"(?:^|[\s_-])(?:label|key|term|name|field)(?:$|[\s_-])", re.IGNORECASE)
_VALUE = re.compile(r"(?:^|[\s_-])(?:value|val|data|desc|description|content)(?:$|[\s_-])", re.I)
_PLAYERS = re.compile(r"youtube|vimeo|dailymotion|bilibili|/embed/|player", re.IGNORECASE)

# Placeholder of a line break in an element until its block ends.
_BREAK = "\u2028"


def page_of(page: str) -> Any:
    """Return the root element of an HTML page; raises ReadError("damaged")."""
    from lxml import html
    from lxml.etree import LxmlError

    try:
        # lxml refuses text that declares an encoding, which is past once it is text.
        text = re.sub(r"\A\s*<\?xml[^>]*>", "", page)
        # What stands for a set of frames is a page in a page, which lxml takes for words.
        if re.search(r"<frameset\b", text, re.IGNORECASE):
            text = _NO_FRAMES.sub(r"<\1div>", _BODY_TAG.sub("", text))
        root = html.document_fromstring(text, parser=html.HTMLParser(huge_tree=True))
    except (LxmlError, ValueError) as error:
        raise ReadError(
            "damaged", tr("this page cannot be parsed as HTML ({reason})", reason=error)
        ) from error
    # What a component shows, as the page was saved or sent.
    for part in root.xpath("//template[@shadowrootmode or @shadowroot]"):
        part.tag = "div"
    return root


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
        self._lead = ""
        self._items: dict[Any, int] = {}

    def element(self, element: Any) -> None:
        """Walk one element and what is below it; its tail belongs to its parent."""
        tag = element.tag if isinstance(element.tag, str) else ""
        name = name_of(element)
        if not tag or self._unseen(element, tag.lower(), name) or self._written(element, name):
            return
        if (name in _INLINE or ":" in tag) and not is_table(element):
            self._children(element)
        elif name == "br":
            self._inline.append(_BREAK)
        else:
            self._flush()
            self._block(element, name)
            self._flush()

    def _block(self, element: Any, name: str) -> None:
        if name in _HEADINGS:
            self._blocks.heading(_HEADINGS[name], self._text_of(element))
        elif is_table(element):
            self._table(element)
        elif name == "pre":
            self._preformatted(element)
        elif name == "dl":
            self._definitions(element)
        elif name == "figure":
            self._figure(element)
        elif name == "li":
            # The bullet is kept for the item's first text, which may be in a paragraph.
            self._bullet = self._bullet_of(element)
            if pair := self._pair(element):
                self._inline.append(pair)
            else:
                self._children(element)
            self._flush()
            self._bullet = ""
        elif pair := self._pair(element):
            self._blocks.line(pair)
        else:
            if name in {"ul", "ol"} and not self._in_list(element):
                self._blocks.apart()
            self._children(element)

    def _bullet_of(self, item: Any) -> str:
        """Return "- ", or "3. " for the third item of a numbered list."""
        parent = item.getparent()
        if parent is None or parent.tag != "ol":
            return "- "
        first = item.get("value") or ""
        if not first.isdecimal():
            first = "" if parent in self._items else parent.get("start", "1")
            first = first if first.isdecimal() else str(self._items.get(parent, 0) + 1)
        self._items[parent] = int(first[:9])
        return f"{self._items[parent]}. "

    @staticmethod
    def _in_list(element: Any) -> bool:
        parent = element.getparent()
        return parent is not None and parent.tag in {"li", "ul", "ol"}

    def _children(self, element: Any) -> None:
        quoted = element.tag == "q"
        if quoted or element.text:
            self._inline.append("“" * quoted + (element.text or ""))
        for child in element:
            self.element(child)
            if child.tail:
                self._inline.append(child.tail)
        if quoted:
            self._inline.append("”")

    def _unseen(self, element: Any, tag: str, name: str) -> bool:
        """Say whether an element cannot be seen; what it holds is noted as left out."""
        if self._hidden(element, tag, name):
            self._note_unseen(element, name)
            return True
        struck = name in _DELETED or _STRUCK.search(element.get("style") or "")
        if struck and len(words := "".join(element.itertext()).strip()) <= _LONGEST_DELETED:
            self._blocks.leave_out("deleted words", bool(words))
            return True
        return False

    def _hidden(self, element: Any, tag: str, name: str) -> bool:
        """Say whether a reader would not see an element (inline XBRL's ledger included)."""
        if name in _HIDDEN_TAGS and not tag.startswith("ix:"):
            return True
        if tag in {"ix:header", "ix:hidden"} or element.get("hidden") not in {None, "until-found"}:
            return True
        if element.get("aria-hidden") == "true" or _HIDING.search(element.get("style") or ""):
            return True
        if name == "button":
            # What opens a part of the page often is its heading.
            parent = element.getparent()
            opens = element.get("aria-controls") or element.get("aria-expanded")
            return not (opens or (parent is not None and name_of(parent) in _HEADINGS))
        return not self._furniture and name in _FURNITURE

    def _note_unseen(self, element: Any, name: str) -> None:
        """Note as left out what an unseen element may hold; the inline page of a frame is read."""
        if name == "iframe" and element.get("srcdoc"):
            self._flush()
            self.element(page_of(element.get("srcdoc")))
            self._flush()
        elif name in {"iframe", "frame"}:
            address = element.get("src") or ""
            small = {element.get("width"), element.get("height")} & {"0", "1", "0px", "1px"}
            if re.match(r"(?:https?:)?//|[\w./-]+\.\w", address) and not small:
                kind = "videos" if _PLAYERS.search(address) else "frames"
                self._blocks.leave_out(kind, where="" if kind == "videos" else address[:100])
        elif name in {"video", "audio"}:
            self._blocks.leave_out("videos")
        elif name in {"object", "embed"} and re.search(
            r"\.(?:pdf|docx?|html?)\b", element.get("data") or element.get("src") or "", re.I
        ):
            where = element.get("data") or element.get("src")
            self._blocks.leave_out("frames", where=where[:100])
        elif (
            name == "svg"
            and sum(len("".join(one.itertext()).split()) for one in element.iter("text")) > 2
        ):
            self._blocks.leave_out("pictures with text")
        elif name == "script" and str(element.get("type")).startswith("math/tex"):
            self._inline.append(f" {clean(element.text or '')} ")

    def _written(self, element: Any, name: str) -> bool:
        """Write an element that is not its children's text: a raised letter, an equation."""
        if name == "math":
            self._inline.append(f" {mathml_text(element)} ")
        elif name == "img":
            said = f"{element.get('class')} {element.get('role')}"
            if _EQUATION_PICTURE.search(said):
                self._inline.append(f" {clean(element.get('alt') or '')} ")
        elif name in _INLINE and (raises := raised_or_lowered(element, name)):
            text = self._text_of(element)
            if raises == "sub":
                self._inline.append(write_lowered(self._before(), clean(text)))
            else:
                written = write_raised(self._before(), text, text_after(element))
                self._blocks.leave_out("footnote marks", bool(clean(text)) and not written)
                self._inline.append(written)
        elif name in _INLINE and (
            is_note_mark(element, name, self._before()) or is_way_back(element)
        ):
            # What opens a footnote's own text stays, as the number of it.
            if is_way_back(element):
                return True
            if self._before().strip():
                self._blocks.leave_out("footnote marks")
            else:
                self._inline.append(write_raised("", self._text_of(element)))
        else:
            return False
        return True

    def _before(self) -> str:
        """Return the end of the text that is not flushed yet."""
        last, length = [], 0
        # Nothing, and marks that are left out, are many and say nothing.
        while self._inline and not self._inline[-1]:
            self._inline.pop()
        for part in reversed(self._inline):
            last.append(part)
            length += len(part)
            if length > 80:
                break
        return "".join(reversed(last)).replace(_BREAK, "\n")[-80:]

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        if self._lead and text.strip():
            text, self._lead = self._lead + text.lstrip(), ""
        if self._bullet:
            if text.strip():
                self._blocks.line(self._bullet + text)
                self._bullet = ""
            return
        # Two line breaks are how old pages write a paragraph.
        for part in re.split(rf"{_BREAK}\s*{_BREAK}|\n[ \t\xa0]*\n", text.replace("\r", "")):
            lines = [line for one in part.split(_BREAK) if (line := clean(one))]
            if len(lines) > 1 and lines_stand(lines):
                self._blocks.rows(lines)
            # Laws and filings write their headings ("Article 51") as paragraphs.
            elif level := section_level(part):
                self._blocks.heading(level, part)
            else:
                self._blocks.paragraph(" ".join(lines))

    def _text_of(self, element: Any) -> str:
        """Return the visible text of an element, as one run."""
        inner = _Walk(self._blocks, self._furniture)
        inner._children_as_text(element)
        return "".join(inner._inline)

    def _children_as_text(self, element: Any) -> None:
        if element.text:
            self._inline.append(element.text)
        for child in element:
            tag = child.tag if isinstance(child.tag, str) else ""
            name = name_of(child)
            if (
                tag
                and not self._unseen(child, tag.lower(), name)
                and not self._written(child, name)
            ):
                if name not in _INLINE and ":" not in tag:
                    self._inline.append(_BREAK if name == "br" else self._parting(child, name))
                self._children_as_text(child)
                if name in {"p", "div"}:
                    self._inline.append(" ")
            if child.tail:
                self._inline.append(child.tail)

    def _parting(self, element: Any, name: str) -> str:
        """Return what parts a block from the one before it in one run: items by commas."""
        first = element.getprevious() is None
        if name in {"li", "dd", "tr"} and not first and self._before().rstrip()[-1:].isalnum():
            return ", "
        return " "

    def _preformatted(self, element: Any) -> None:
        lines = self._text_of(element).replace(_BREAK, "\n").splitlines()
        if element.find(".//code") is not None or element.get("class"):
            self._blocks.rows(lines)
        else:
            # Old pages set whole texts and tables so.
            add_plain(self._blocks, lines)

    def _definitions(self, element: Any) -> None:
        """Add a list of terms as a line each, "term: definition"."""
        self._blocks.apart()
        terms: list[str] = []
        said = False
        # A group may be wrapped in an element.
        parts = [one for part in element for one in (part if name_of(part) == "div" else [part])]
        for part in parts:
            name = name_of(part)
            if name not in {"dt", "dd"} or self._unseen(part, name, name):
                self.element(part)
                continue
            text = clean(self._text_of(part))
            if name == "dt":
                terms = [text] if said else [*terms, text]
                said = False
                continue
            named = ", ".join(term.removesuffix(":") for term in terms)
            if said or not named:
                self._blocks.line(text)
            elif part.find(".//p") is not None or any(map(is_table, part.iterdescendants())):
                # Too much for a line.
                self._blocks.line(f"{named}:")
                self._children(part)
                self._flush()
            else:
                self._blocks.line(f"{named}: {text}")
            said = True
        if terms and not said:
            self._blocks.line(", ".join(terms))
        self._blocks.apart()

    def _pair(self, element: Any) -> str:
        """Return "label: value" for an element that is a label and its value, else ""."""
        if len(element) != 2 or (element.text or "").strip():
            return ""
        label, value = element
        classes = [str(one.get("class") or "") for one in (label, value)]
        if not (_LABEL.search(classes[0]) and _VALUE.search(classes[1])):
            return ""
        texts = [clean(self._text_of(one)) for one in (label, value)]
        return (
            f"{texts[0].removesuffix(':')}: {texts[1]}" if all(texts) and len(texts[0]) < 60 else ""
        )

    def _figure(self, element: Any) -> None:
        """Add a figure; its caption is a paragraph of its own, or that of the table it holds."""
        captions = [one for one in element.iter("figcaption")]
        tables = [one for one in element.iter() if is_table(one)]
        if len(captions) == len(tables) == 1 and tables[0].find("caption") is None:
            caption = clean(self._text_of(captions[0]))
            captions[0].getparent().remove(captions[0])
            self._table(tables[0], caption)
            tables[0].getparent().remove(tables[0])
        self._children(element)

    def _table(self, table: Any, caption: str = "") -> None:
        """Add a table; one that only lays out a page is walked like the page."""
        caption_element = table.find("caption")
        if caption_element is not None and not self._unseen(caption_element, "caption", "caption"):
            caption = caption or clean(self._text_of(caption_element))
        if lays_out(table):
            if caption:
                self._blocks.paragraph(caption)
            for _, rows in own_rows(table):
                for row in rows:
                    if self._shown(row):
                        self._row_of_layout(row)
            return
        grid = grid_of(table, self._cell_text, self._shown)
        for line in grid.above[:-1] if not caption else grid.above:
            self._blocks.paragraph(line)
        caption = caption or "".join(grid.above[-1:])
        # Over the figures, or in the corner.
        unit = find_unit(caption, *(cell for row in grid.rows[:4] for cell in row))
        self._blocks.table(grid.rows, heads=grid.heads, caption=caption, unit=unit)
        for line in grid.below:
            self._blocks.paragraph(line)

    def _shown(self, element: Any) -> bool:
        return not self._hidden(element, str(element.tag).lower(), name_of(element))

    def _cell_text(self, cell: Any) -> str:
        """Return the text of a cell, independent lines separated by commas."""
        text = self._text_of(cell)
        if _BREAK not in text:
            return text
        lines = [line for one in text.split(_BREAK) if (line := clean(one))]
        alone = (
            name_of(cell) == "td" and _is_value(cell) and all(line[-1].isalnum() for line in lines)
        )
        return (", " if alone else " ").join(lines)

    def _row_of_layout(self, row: Any) -> None:
        """Walk the cells of a row that is no row of a table; a number joins the text it is of."""
        cells = [cell for cell in own_cells(row) if self._shown(cell)]
        marker = clean(self._text_of(cells[0])) if len(cells) > 1 else ""
        if MARKER.match(marker):
            # It is kept for the first text, which may be in a paragraph.
            self._lead = f"{marker} "
            cells = cells[1:]
        for cell in cells:
            self._children(cell)
            self._flush()


def _is_value(cell: Any) -> bool:
    """Say whether a cell is the value beside a head in a row of two."""
    siblings = [one for one in cell.getparent() if name_of(one) in {"td", "th"}]
    return len(siblings) == 2 and name_of(siblings[0]) == "th"
