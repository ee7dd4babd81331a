"""What lies on the pages of a PDF beside their printed text: form values, notes, stamps.

pdfium returns a page's text without them, though a person sees them all.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from corpus.readers.blocks import clean
from corpus.readers.pdf_attached import (
    attached_name,
    is_xfa,
    names_of_attached,
    pinned_files,
    xfa_values,
)
from corpus.readers.pdf_hidden import page_box

# Fields and notes of one page, and signs of one value, beyond which they say nothing more.
_MOST = 3_000
_LONGEST = 4_000_000
# A page of more characters is read, whatever picture lies behind them.
_FEW = 400
# A name that the program gave the field, and no person: "Text12", "undefined_3", "f1_07".
_NAMELESS = re.compile(
    r"^(?:(?:text|check|radio|combo|list|drop)?\s*(?:field|box|button|down|group)?|undefined|"
    r"untitled|[a-z]{1,2}\d*|dropdown|topmost.*|form)[\s\d_.-]*$",
    re.IGNORECASE,
)
_PASSWORD = 1 << 13
# Hidden, not on a screen, and of a kind that no program knows how to show.
_UNSEEN = 2 | 32 | 1
# How far a label stands off its field, in points: beside it, and above it.
_BESIDE, _ABOVE = 300.0, 16.0
_ANSWERED = re.compile(r"(?::|…|_{2,}|\.{3,})$")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageMarks:
    """What one page holds beside its text.

    `filled` are lines of a form as "label: value", `notes` what was written onto the page, marked
    as that, `blank` whether nobody sees anything on it, `pictured` whether a picture covers most of
    it.
    """

    filled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    blank: bool = False
    pictured: bool = False


class Marks:
    """Collects what a PDF holds beside the text of its pages while pdfium has it open.

    `attached` are the names of the files that it carries, `typed` the lines of an XFA
    form, `xfa` whether it is one, of which pdfium draws no page.
    """

    def __init__(self) -> None:
        self._pages: dict[int, PageMarks] = {}
        self.attached: list[str] = []
        self.typed: list[str] = []
        self.xfa = False

    def open(self, pdf: Any) -> None:
        """Look at a PDF that was opened."""
        self.attached = names_of_attached(pdf)
        self.xfa = is_xfa(pdf)
        self.typed = xfa_values(pdf) if self.xfa else []

    def see(self, pdf: Any, page: Any, textpage: Any, number: int) -> None:
        """Look at a page that was loaded; `number` is 0-based."""
        import pypdfium2.raw as raw

        filled: tuple[str, ...] = ()
        notes: tuple[str, ...] = ()
        if raw.FPDFPage_GetAnnotCount(page):
            filled, notes = _Annotations(pdf, page, textpage).read()
            self.attached += pinned_files(page, attached_name)
        blank = pictured = False
        if textpage.count_chars() < _FEW:
            pictured = _pictured(page)
            blank = not pictured and not textpage.count_chars() and _white(page)
        if filled or notes or blank or pictured:
            self._pages[number] = PageMarks(filled, notes, blank, pictured)

    def of(self, number: int) -> PageMarks:
        """Return the marks of a page, 0-based."""
        return self._pages.get(number, PageMarks())


def _pictured(page: Any) -> bool:
    """Say whether pictures cover more than half of a page: it may be a scan with a stamp on it."""
    import pypdfium2.raw as raw

    left, bottom, right, top = page_box(page)
    whole = max(1.0, (right - left) * (top - bottom))
    covered = 0.0
    sides = [ctypes.c_float() for _ in range(4)]
    for number in range(min(raw.FPDFPage_CountObjects(page), _MOST)):
        drawn = raw.FPDFPage_GetObject(page, number)
        if _holds_picture(drawn) and raw.FPDFPageObj_GetBounds(drawn, *sides):
            x0, y0, x1, y1 = (side.value for side in sides)
            width = min(x1, right) - max(x0, left)
            covered += max(0.0, width) * max(0.0, min(y1, top) - max(y0, bottom))
    return covered > 0.5 * whole


def _holds_picture(drawn: Any, depth: int = 3) -> bool:
    """Say whether an object of a page is a picture, or a form that holds one."""
    import pypdfium2.raw as raw

    kind = raw.FPDFPageObj_GetType(drawn)
    if kind != raw.FPDF_PAGEOBJ_FORM:
        return bool(kind == raw.FPDF_PAGEOBJ_IMAGE)
    parts = min(raw.FPDFFormObj_CountObjects(drawn), 50) if depth else 0
    return any(
        _holds_picture(raw.FPDFFormObj_GetObject(drawn, part), depth - 1) for part in range(parts)
    )


def _white(page: Any) -> bool:
    """Say whether nothing is seen on a page: it is drawn small, in shades of grey."""
    import pypdfium2.raw as raw

    if not raw.FPDFPage_CountObjects(page):
        return True
    width, height = page.get_size()
    scale = 120 / max(1.0, width, height)
    darkest, lightest = page.render(scale=scale, grayscale=True).to_pil().convert("L").getextrema()
    return int(lightest) - int(darkest) < 4


@dataclass(frozen=True, slots=True)
class _Button:
    """A check box or radio button: its group's name, what it stands for, whether it is ticked."""

    group: str
    label: str
    ticked: bool


class _Annotations:
    """Reads the fields and notes of one page."""

    def __init__(self, pdf: Any, page: Any, textpage: Any) -> None:
        import pypdfium2.raw as raw

        self._raw = raw
        self._pdf, self._page, self._text = pdf, page, textpage
        self._widgets: list[Box] = []

    def read(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the lines of the form on the page, and the notes."""
        raw = self._raw
        fields: list[tuple[Any, Box]] = []
        noted: list[tuple[Any, int, Box]] = []
        opened = []
        try:
            for place in range(min(raw.FPDFPage_GetAnnotCount(self._page), _MOST)):
                one = raw.FPDFPage_GetAnnot(self._page, place)
                if not one:
                    continue
                opened.append(one)
                kind = raw.FPDFAnnot_GetSubtype(one)
                if kind in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                    continue
                if raw.FPDFAnnot_GetFlags(one) & _UNSEEN:
                    continue
                if kind == raw.FPDF_ANNOT_WIDGET:
                    fields.append((one, self._box(one)))
                else:
                    noted.append((one, kind, self._box(one)))
            self._widgets = [box for _, box in fields]
            filled = list(self._form(fields)) if fields else []
            notes: list[str] = []
            for one, kind, box in noted:
                note, is_answer = self._note(one, kind, box)
                if note:
                    (filled if is_answer else notes).append(note)
            return tuple(filled), tuple(dict.fromkeys(notes))
        finally:
            for one in opened:
                raw.FPDFPage_CloseAnnot(one)

    def _box(self, one: Any) -> Box:
        found = self._raw.FS_RECTF()
        if not self._raw.FPDFAnnot_GetRect(one, found):
            return (0.0, 0.0, 0.0, 0.0)
        across, up = sorted((found.left, found.right)), sorted((found.bottom, found.top))
        return across[0], up[0], across[1], up[1]

    def _form(self, fields: list[tuple[Any, Box]]) -> Iterator[str]:
        """Yield the lines of a form that somebody filled in, from top to bottom.

        A box that nobody ticked is an answer too, but in a form that nobody touched it is none.
        """
        raw = self._raw
        self._pdf.init_forms()
        if not self._pdf.formenv:
            return
        # Fields whose middles are less than this apart are in one row.
        fields.sort(key=lambda one: (-round((one[1][1] + one[1][3]) / 12), one[1][0]))
        buttons: dict[str, list[_Button]] = {}
        lines: list[str | tuple[str, bool]] = []
        for one, box in fields:
            kind = raw.FPDFAnnot_GetFormFieldType(self._pdf.formenv, one)
            if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
                is_radio = kind == raw.FPDF_FORMFIELD_RADIOBUTTON
                name = self._asked(raw.FPDFAnnot_GetFormFieldName, one)
                buttons.setdefault(name, []).append(self._button(one, box, is_radio=is_radio))
                if (name, is_radio) not in lines:
                    lines.append((name, is_radio))
            elif value := self._value(one, kind):
                label = self._label(one, box)
                lines.append(f"{label}: {value}" if label else f"Filled in: {value}")
        touched = any(isinstance(line, str) for line in lines) or any(
            one.ticked for group in buttons.values() for one in group
        )
        for line in lines if touched else ():
            if isinstance(line, str):
                yield line
                continue
            name, is_radio = line
            yield from _choices(buttons[name], is_radio=is_radio)

    def _button(self, one: Any, box: Box, *, is_radio: bool) -> _Button:
        raw, form = self._raw, self._pdf.formenv
        # A box without a drawing of its states is none to pdfium.
        ticked = bool(raw.FPDFAnnot_IsChecked(form, one)) or self._string(one, b"AS") not in {
            "",
            "Off",
        }
        stated = self._asked(raw.FPDFAnnot_GetFormFieldAlternateName, one)
        stands_for = self._asked(raw.FPDFAnnot_GetFormFieldExportValue, one)
        if _NAMELESS.match(stands_for) or stands_for.lower() in {"yes", "on", "off", "ja", "oui"}:
            stands_for = ""
        after = self._beside(box, right=True)
        group = stated or self._beside(box) or self._above(box) or self._named(one)
        if is_radio:
            return _Button(group, after or stands_for, ticked)
        return _Button(group, stated or after or self._beside(box) or self._named(one), ticked)

    def _value(self, one: Any, kind: int) -> str:
        """Return what a text field or a list of choices holds, as it is shown; "" for nothing."""
        raw, form = self._raw, self._pdf.formenv
        if kind in (raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
            chosen = [
                self._option(one, at)
                for at in range(min(raw.FPDFAnnot_GetOptionCount(form, one), _MOST))
                if raw.FPDFAnnot_IsOptionSelected(form, one, at)
            ]
            # What was typed into a list that takes other words is among no choices.
            return ", ".join(filter(None, chosen)) or self._asked(
                raw.FPDFAnnot_GetFormFieldValue, one
            )
        if kind != raw.FPDF_FORMFIELD_TEXTFIELD:
            return ""
        if raw.FPDFAnnot_GetFormFieldFlags(form, one) & _PASSWORD:
            return ""
        return self._asked(raw.FPDFAnnot_GetFormFieldValue, one)

    def _option(self, one: Any, at: int) -> str:
        form = self._pdf.formenv
        return _utf16(lambda *to: self._raw.FPDFAnnot_GetOptionLabel(form, one, at, *to))

    def _label(self, one: Any, box: Box) -> str:
        """Return how a field is called: as its form says, as is printed by it, or its name."""
        stated = self._asked(self._raw.FPDFAnnot_GetFormFieldAlternateName, one)
        return (
            _as_label(stated)
            or self._beside(box)
            or self._above(box)
            or self._named(one)
            or self._beside(box, right=True)
        )

    def _named(self, one: Any) -> str:
        """Return a field's own name in words, where a person gave it one."""
        name = self._asked(self._raw.FPDFAnnot_GetFormFieldName, one)
        last = re.sub(r"\[\d+\]", "", name).rpartition(".")[2]
        last = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last.replace("_", " ")).strip()
        return "" if _NAMELESS.match(last) else last

    def _beside(self, box: Box, *, right: bool = False) -> str:
        """Return what is printed before a field in its row, or after it, up to the next field."""
        left, bottom, end, top = box
        middle = (max(bottom, top - 20) + top) / 2
        low, high = middle - 7, middle + 7
        row = [one for one in self._widgets if one[1] < high and one[3] > low]
        if right:
            until = min((one[0] for one in row if one[0] > left), default=end + _BESIDE)
            after = self._bounded(end - 1, low, min(until, end + _BESIDE), high)
            return _as_label(after, first=True)
        start = max((one[2] for one in row if one[2] <= left + 1), default=left - _BESIDE)
        return _as_label(self._bounded(max(start, left - _BESIDE), low, left + 1, high))

    def _above(self, box: Box) -> str:
        left, _, end, top = box
        return _as_label(self._bounded(left - 2, top, max(end, left + 150), top + _ABOVE))

    def _bounded(self, left: float, bottom: float, right: float, top: float) -> str:
        return str(self._text.get_text_bounded(left=left, bottom=bottom, right=right, top=top))

    def _note(self, one: Any, kind: int, box: Box) -> tuple[str, bool]:
        """Return a note as it is read, and whether it fills in what the page leaves open."""
        raw = self._raw
        if raw.FPDFAnnot_HasKey(one, b"StateModel") or kind == raw.FPDF_ANNOT_FILEATTACHMENT:
            return "", False
        text = self._string(one, b"Contents") or _bare(self._string(one, b"RC"))
        if kind == raw.FPDF_ANNOT_STAMP:
            if not text:
                name = self._string(one, b"Name").removeprefix("SB").removeprefix("SH")
                text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
            return (f"Stamp on the page: {text}" if text else ""), False
        marked = self._marked(one)
        if not text or text == marked:
            return "", False
        if kind == raw.FPDF_ANNOT_FREETEXT:
            before = self._bounded(box[0] - _BESIDE, box[3] - 18, box[0] + 1, box[3] + 2)
            if _ANSWERED.search(clean(before)) and (label := _as_label(before)):
                return f"{label}: {text}", True
        author = self._string(one, b"T")
        by = f", by {author}" if author else ""
        on = f" on “{marked}”" if marked else ""
        return f"Note{on or ' on the page'}{by}: {text}", False

    def _marked(self, one: Any) -> str:
        """Return the words of the page that a highlight, underline or strike-out marks."""
        raw = self._raw
        points = raw.FS_QUADPOINTSF()
        words = []
        for place in range(min(raw.FPDFAnnot_CountAttachmentPoints(one), 20)):
            if raw.FPDFAnnot_GetAttachmentPoints(one, place, points):
                across = sorted((points.x1, points.x2, points.x3, points.x4))
                up = sorted((points.y1, points.y2, points.y3, points.y4))
                words.append(self._bounded(across[0], up[0], across[-1], up[-1]))
        return clean(" ".join(words))[:200]

    def _string(self, one: Any, key: bytes) -> str:
        return _utf16(lambda *to: self._raw.FPDFAnnot_GetStringValue(one, key, *to))

    def _asked(self, function: Callable[..., int], one: Any) -> str:
        return _utf16(lambda *to: function(self._pdf.formenv, one, *to))


def _choices(group: list[_Button], *, is_radio: bool) -> Iterator[str]:
    """Yield the lines of a group of radio buttons, or of one or more check boxes."""
    if not is_radio:
        for one in group:
            if one.label:
                yield f"{one.label}: {'ticked' if one.ticked else 'not ticked'}"
        return
    chosen = next((one for one in group if one.ticked), None)
    if chosen is not None:
        # Before the others stands the button before them.
        label = group[0].group
        yield f"{label}: {chosen.label or 'ticked'}" if label else f"Ticked: {chosen.label}"


def _utf16(ask: Callable[..., int]) -> str:
    """Return a text that pdfium writes into a buffer, which it first says the size of, in bytes."""
    size = int(ask(None, 0))
    if not 2 < size <= _LONGEST:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    ask(buffer, size)
    return clean(bytes(buffer).decode("utf-16-le", "ignore").partition("\0")[0])


def _as_label(text: str, *, first: bool = False) -> str:
    """Return the last line of a text (or the first) as the name of a field; "" for no words."""
    lines = [line for line in map(clean, text.splitlines()) if re.search(r"[^\W\d_]", line)]
    if not lines:
        return ""
    label = re.sub(r"[\s:._…*]+$", "", lines[0 if first else -1])
    return label if len(label) <= 120 else "… " + label[-120:].partition(" ")[2]


def _bare(text: str) -> str:
    return clean(re.sub(r"<[^>]{0,500}>", " ", text))
