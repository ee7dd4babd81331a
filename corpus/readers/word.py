"""Word files: body, tables, text boxes, notes, comments and what stands on every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from corpus.errors import ReadError
from corpus.readers.blocks import Blocks, clean
from corpus.readers.charts import write_graphic
from corpus.readers.html import read_html
from corpus.readers.office_package import (
    Element,
    Package,
    attribute,
    child,
    chosen_alternative,
    descendants,
    name,
)
from corpus.readers.office_runs import is_page_number, split_lines
from corpus.readers.word_runs import WRAPPERS, Runs, WordLine
from corpus.readers.word_styles import Numbering, ParagraphStyle, Styles, is_on, numbering_of

# Word's own limit; and a longer text is written in the first place of a merged cell only.
_COLUMNS, _REPEATED = 63, 300
_LONGEST_HEADING = 300
_STANDS_APART = 240


def read_word(package: Package, blocks: Blocks) -> None:
    """Write the text of a Word file; raises KeyError or ValueError for a damaged one."""
    _Reader(package, blocks).read()


class _Reader:
    def __init__(self, package: Package, blocks: Blocks) -> None:
        self._package, self._blocks = package, blocks
        self._part = package.main
        root = package.xml(self._part)
        body = None if root is None else child(root, "w:body")
        if root is None or body is None:
            raise KeyError("no body")
        self._root, self._body = root, body
        self._styles = Styles(package.first(self._part, "styles"))
        self._numbering = Numbering(package.first(self._part, "numbering"))
        self._notes = {kind: self._numbered(kind) for kind in ("footnote", "endnote", "comment")}
        self._noted = {"footnote": 0, "endnote": 0}
        self._runs = Runs(self._styles, blocks, self._beside)
        # A letter set large, or a paragraph whose end was deleted: the next one goes on with it.
        self._held = WordLine()
        self._caption = ""
        self._margins: list[str] = []

    def read(self) -> None:
        self._margins = list(self._page_margins())
        self._flow(self._body)
        self._flush()
        self._write_margins()

    def _numbered(self, kind: str) -> dict[str, tuple[str, Element]]:
        """Return the notes or comments of the document by their ids, with their part."""
        return {
            attribute(one, "w:id") or "": (part, one)
            for part in self._package.targets(self._part, f"{kind}s")
            for one in descendants(self._package.xml(part), f"w:{kind}")
        }

    # Blocks

    def _items(self, holder: Element) -> Iterator[Element]:
        """Yield the paragraphs and tables of a body, a cell, a box or a note, forms opened."""
        for one in holder:
            short = name(one)
            if short in {"w:p", "w:tbl"}:
                yield one
            elif short == "w:sdt":
                yield from self._items(self._runs.content(one))
            elif short == "mc:AlternateContent":
                yield from self._items(chosen_alternative(one))
            elif short in WRAPPERS:
                yield from self._items(one)
            elif short in {"w:del", "w:moveFrom"}:
                self._runs.deleted(one)
            elif short == "w:altChunk":
                self._inserted_file(one)

    def _flow(self, holder: Element) -> None:
        for one in self._items(holder):
            if name(one) == "w:tbl":
                self._table(one)
            else:
                self._paragraph(one)

    def _paragraph(self, paragraph: Element) -> None:
        properties = child(paragraph, "w:pPr")
        style = self._style(properties)
        line = self._runs.collected(paragraph, style)
        held, self._held = self._held, WordLine()
        line.runs[:0], line.below[:0] = held.runs, held.below
        if self._goes_on(properties, line):
            self._held = line
            return
        self._write(line, style, self._label(properties, style))

    def _goes_on(self, properties: Element | None, line: WordLine) -> bool:
        """Say whether the next paragraph goes on with this one, as the reader sees them."""
        if properties is None:
            return False
        if child(properties, "w:rPr", "w:del") is not None:
            return True
        frame = child(properties, "w:framePr")
        dropped = frame is not None and attribute(frame, "w:dropCap") in {"drop", "margin"}
        return dropped and len(line.text().strip()) <= 3

    def _flush(self) -> None:
        """Write what was held for a next paragraph that did not come."""
        held, self._held = self._held, WordLine()
        self._write(held, ParagraphStyle(), "")
        self._flush_caption()

    def _flush_caption(self) -> None:
        """Write a caption that no table followed."""
        caption, self._caption = self._caption, ""
        self._blocks.paragraph(caption)

    def _write(self, line: WordLine, style: ParagraphStyle, label: str) -> None:
        text = line.text()
        if line.hidden:
            self._blocks.leave_out("hidden text")
        if text.strip():
            self._flush_caption()
            title = style.name.lower() == "title"
            if (title or style.level) and len(text) <= _LONGEST_HEADING:
                self._blocks.heading(max(1, style.level), f"{label} {text}" if label else text)
                self._write_margins()
            else:
                self._write_margins()
                self._write_lines(text, style.name.lower(), label)
        for write in line.below:
            write()

    def _write_lines(self, text: str, style: str, label: str) -> None:
        if style == "caption":
            # A table that follows takes it.
            self._caption = clean(text)
            return
        lines = split_lines(text)
        if label or style.startswith(("list", "toc")):
            if not label and re.match(r"list(?: bullet| number)?(?: \d)?$", style):
                label = "-"
            lines[0] = f"{label} {lines[0]}".strip()
            if len(lines) == 1 and len(text) > _STANDS_APART and label != "-":
                self._blocks.paragraph(lines[0])
                return
        elif len(lines) == 1:
            self._blocks.paragraph(text)
            return
        if not label:
            self._blocks.apart()
        for one in lines:
            self._blocks.line(one)

    def _style(self, properties: Element | None) -> ParagraphStyle:
        key = child(properties, "w:pStyle") if properties is not None else None
        style = self._styles.paragraph("" if key is None else attribute(key, "w:val") or "")
        outline = child(properties, "w:outlineLvl") if properties is not None else None
        if outline is None or style.level:
            return style
        level = int(attribute(outline, "w:val") or "9")
        return replace(style, level=level + 1 if level < 9 else 0)

    def _label(self, properties: Element | None, style: ParagraphStyle) -> str:
        listed = child(properties, "w:numPr") if properties is not None else None
        number, depth = style.number, style.depth
        if listed is not None:
            number, depth = numbering_of(listed, number, depth)
        return self._numbering.label(number, depth) if number else ""

    # What stands beside the text

    def _beside(self, element: Element, line: WordLine) -> None:
        short = name(element)
        if short in {"w:drawing", "w:pict", "w:object"}:
            self._drawing(element, line)
        elif short.endswith("Reference"):
            self._note(element, short[2:].removesuffix("Reference"), line)

    def _note(self, reference: Element, kind: str, line: WordLine) -> None:
        part, note = self._notes.get(kind, {}).pop(attribute(reference, "w:id") or "", ("", None))
        if note is None:
            return
        if kind == "comment":
            author = clean(attribute(note, "w:author") or "")
            label = f"Comment by {author}" if author else "Comment"
        else:
            self._noted[kind] += 1
            label = f"{'Note' if kind == 'footnote' else 'Endnote'} {self._noted[kind]}"
        line.below.append(lambda: self._write_note(label, part, note))

    def _write_note(self, label: str, part: str, note: Element) -> None:
        with self._within(part):
            text = " ".join(filter(None, (clean(one) for one in self._texts(note))))
        if text:
            self._blocks.paragraph(f"{label}: {text}")

    @contextmanager
    def _within(self, part: str) -> Iterator[None]:
        """Read another part, whose relationships and fields are its own."""
        before, self._part = self._part, part
        fields, self._runs.fields = self._runs.fields, []
        held, self._held = self._held, WordLine()
        yield
        self._part, self._runs.fields, self._held = before, fields, held

    def _texts(self, holder: Element) -> Iterator[str]:
        """Yield the texts of the paragraphs and rows in a note, a header or the like."""
        for one in self._items(holder):
            if name(one) == "w:p":
                style = self._style(child(one, "w:pPr"))
                line = self._runs.collected(one, style)
                yield line.text()
                continue
            for row in self._rows(one):
                cells = (" ".join(self._texts(cell)) for cell in self._cells(row))
                yield " | ".join(filter(None, (clean(cell) for cell in cells)))

    def _drawing(self, drawing: Element, line: WordLine) -> None:
        part = self._part
        boxes = list(_boxes(drawing))
        for box in boxes:
            line.below.append(lambda box=box: self._box(box))  # type: ignore[misc]
        for shape in descendants(drawing, "v:textpath"):
            if self._runs.in_margin:
                self._blocks.leave_out("watermarks")
            else:
                line.runs.append(("", f" {shape.get('string') or ''} "))
        pictures = any(
            True for short in ("pic:pic", "v:imagedata") for _ in descendants(drawing, short)
        )
        embedded = next(descendants(drawing, "o:OLEObject"), None)
        if embedded is not None:
            if (embedded.get("ProgID") or "").startswith(("Equation", "MathType")):
                self._blocks.leave_out("equations")
            else:
                target = self._package.target(part, attribute(embedded, "r:id"))
                self._blocks.leave_out("embedded files", 1, target.rpartition("/")[2])
        elif pictures and not boxes:
            self._blocks.leave_out("pictures")
        if name(drawing) == "w:drawing":
            line.below.append(lambda: write_graphic(drawing, self._package, part, self._blocks))

    def _box(self, box: Element) -> None:
        held, self._held = self._held, WordLine()
        self._flow(box)
        self._flush()
        self._held = held

    def _inserted_file(self, chunk: Element) -> None:
        """Read a page of HTML that a program put into the document whole."""
        target = self._package.target(self._part, attribute(chunk, "r:id"))
        file = target.rpartition("/")[2]
        if self._package.has(target) and file.lower().endswith((".html", ".htm", ".xhtml")):
            try:
                page = read_html(self._package.data(target), file)
            except ReadError:
                self._blocks.leave_out("embedded files", 1, file)
                return
            self._flush_caption()
            for text in page.text.split("\n\n"):
                self._blocks.rows(text.split("\n"))
            self._blocks.leave_out_as(page)
        else:
            self._blocks.leave_out("embedded files", 1, file)

    # What stands on every page

    def _page_margins(self) -> Iterator[str]:
        """Yield each header and footer that a page shows, once, without the number of the page."""
        settings = self._package.first(self._part, "settings")
        even = settings is not None and child(settings, "w:evenAndOddHeaders") is not None
        said: set[str] = set()
        body = clean(" ".join(one.text or "" for one in descendants(self._body, "w:t")))
        for section in descendants(self._body, "w:sectPr"):
            first = child(section, "w:titlePg") is not None
            for one in section:
                kind = {"w:headerReference": "header", "w:footerReference": "footer"}.get(name(one))
                shown = {"first": first, "even": even}.get(attribute(one, "w:type") or "", True)
                part = self._package.target(self._part, attribute(one, "r:id"))
                root = self._package.once(part) if kind and shown else None
                if root is None:
                    continue
                text = self._margin(part, root)
                if is_page_number(text):
                    self._blocks.leave_out("page numbers", int(bool(text)))
                elif text in body:
                    # The title again, as a rule.
                    self._blocks.leave_out("running heads")
                elif text not in said:
                    said.add(text)
                    yield f"Page {kind}: {text}"

    def _margin(self, part: str, root: Element) -> str:
        self._runs.in_margin = True
        with self._within(part):
            texts = [clean(text) for text in self._texts(root)]
        self._runs.in_margin = False
        said = [text for text in texts if not is_page_number(text)] or texts
        return " | ".join(text for text in said if text)

    def _write_margins(self) -> None:
        margins, self._margins = self._margins, []
        for text in margins:
            self._blocks.paragraph(text)

    # Tables

    def _rows(self, table: Element) -> Iterator[Element]:
        """Yield the rows of a table that are not deleted, wherever forms and marks hold them."""
        for one in table:
            short = name(one)
            if short == "w:tr":
                if child(one, "w:trPr", "w:del") is None:
                    yield one
                else:
                    self._runs.deleted(one)
            elif short == "w:sdt":
                yield from self._rows(self._runs.content(one))
            elif short == "mc:AlternateContent":
                yield from self._rows(chosen_alternative(one))
            elif short in WRAPPERS:
                yield from self._rows(one)

    def _cells(self, row: Element) -> Iterator[Element]:
        for one in row:
            short = name(one)
            if short == "w:tc":
                if child(one, "w:tcPr", "w:cellDel") is None:
                    yield one
                else:
                    self._runs.deleted(one)
            elif short == "w:sdt":
                yield from self._cells(self._runs.content(one))
            elif short == "mc:AlternateContent":
                yield from self._cells(chosen_alternative(one))
            elif short in WRAPPERS:
                yield from self._cells(one)

    def _table(self, table: Element) -> None:
        self._flush_held()
        rows = [(row, list(self._cells(row))) for row in self._rows(table)]
        if all(len(cells) <= 1 for _, cells in rows):
            # One cell, or one below the other, is how a box or a column is drawn.
            for _, cells in rows:
                for cell in cells:
                    self._flow(cell)
                    self._flush_held()
            return
        self._write_margins()
        below: list[Callable[[], None]] = []
        grid: list[list[str]] = []
        heads, caption = 0, self._caption
        self._caption = ""
        for row, cells in rows:
            written = self._row(row, cells, grid[-1] if grid else [], below)
            repeats = child(row, "w:trPr", "w:tblHeader")
            if repeats is not None and heads == len(grid) and _on(repeats):
                heads += 1
            if not grid and len(cells) == 1 and len(written) > 1 and not caption and len(rows) > 2:
                # One cell over all columns is the table's title.
                caption, heads = written[0], 0
                continue
            grid.append(written)
        below_heads = (heads, 1) if 0 < heads < len(grid) else None
        self._blocks.table(grid, heads=below_heads, caption=caption)
        for write in below:
            write()

    def _flush_held(self) -> None:
        if self._held.runs or self._held.below:
            held, self._held = self._held, WordLine()
            self._write(held, ParagraphStyle(), "")

    def _row(
        self, row: Element, cells: list[Element], above: list[str], below: list[Callable[[], None]]
    ) -> list[str]:
        """Return the texts of a row, those of merged cells in each place that they cover."""
        written = [""] * _count(child(row, "w:trPr", "w:gridBefore"), 0)
        for cell in cells:
            properties = child(cell, "w:tcPr")
            span, merged, across = (
                None if properties is None else child(properties, short)
                for short in ("w:gridSpan", "w:vMerge", "w:hMerge")
            )
            text = self._cell(cell, written, below)
            if merged is not None and attribute(merged, "w:val") != "restart":
                text = above[len(written)] if len(written) < len(above) else ""
                text = text if len(text) <= _REPEATED else ""
            elif across is not None and attribute(across, "w:val") != "restart":
                text = written[-1] if written else ""
            places = _count(span, 1)
            written += [text, *([text if len(text) <= _REPEATED else ""] * (places - 1))]
        return written

    def _cell(self, cell: Element, row: list[str], below: list[Callable[[], None]]) -> str:
        texts: list[str] = []
        head = next((one for one in row if one), "")
        for one in self._items(cell):
            if name(one) == "w:tbl":
                below.append(lambda one=one: self._nested(one, head))  # type: ignore[misc]
                continue
            properties = child(one, "w:pPr")
            style = self._style(properties)
            line = self._runs.collected(one, style)
            self._blocks.leave_out("hidden text", int(line.hidden))
            label = self._label(properties, style)
            texts.append(f"{label} {line.text()}" if label and line.text().strip() else line.text())
            below += line.below
        return clean("\n".join(texts))

    def _nested(self, table: Element, head: str) -> None:
        """Write a table nested in a cell after the table around it, under its row's name."""
        self._caption = head
        self._table(table)
        self._flush_caption()


def _boxes(drawing: Element) -> Iterator[Element]:
    """Yield the text boxes of a drawing, not those within a box, each in one of its forms."""
    for one in drawing:
        if name(one) == "w:txbxContent":
            yield one
        else:
            yield from _boxes(
                chosen_alternative(one) if name(one) == "mc:AlternateContent" else one
            )


def _count(holder: Element | None, default: int) -> int:
    value = int(attribute(holder, "w:val") or default) if holder is not None else default
    return max(default, min(value, _COLUMNS))


def _on(mark: Element) -> bool:
    return is_on({"on": attribute(mark, "w:val") or "1"}, "on")
