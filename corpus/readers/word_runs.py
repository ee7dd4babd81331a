"""The words of a Word paragraph as they are seen: runs, fields, equations, symbol fonts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from corpus.readers.blocks import Blocks, clean
from corpus.readers.equations import omml_text
from corpus.readers.office_package import (
    Element,
    attribute,
    child,
    chosen_alternative,
    descendants,
    name,
    qualified,
)
from corpus.readers.office_runs import Run, join_runs
from corpus.readers.word_styles import ParagraphStyle, Settings, Styles, is_on, settings_of

# Half points of type that nobody reads, and the lightest ink that still shows on paper (0…255).
_TOO_SMALL, _WHITE = 4.0, 245
# What holds content and adds nothing to it.
WRAPPERS = frozenset(
    "w:ins w:moveTo w:customXml w:smartTag w:hyperlink w:dir w:bdo w:fldSimple w:sdtContent "
    "w:ruby w:rubyBase".split()
)
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_SPACES = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "-"}
_RAISED = {"superscript": "raised", "subscript": "lowered"}


@dataclass
class WordLine:
    """What a paragraph holds: its runs, what follows it, whether something in it is not seen."""

    runs: list[Run] = field(default_factory=list)
    below: list[Callable[[], None]] = field(default_factory=list)
    hidden: bool = False

    def text(self) -> str:
        """Return the words."""
        return join_runs(self.runs)


class Runs:
    """Collects the words of paragraphs, one after the other.

    `beside` is told of what a run refers to or carries (a note, a drawing), with the line that it
    stands in. In a margin, which every page repeats, the number of the page is left out.
    """

    def __init__(
        self, styles: Styles, blocks: Blocks, beside: Callable[[Element, WordLine], None]
    ) -> None:
        self._styles, self._blocks, self._beside = styles, blocks, beside
        # The fields that are open: their instruction, and whether what comes is shown.
        self.fields: list[tuple[str, bool]] = []
        self.in_margin = False
        # What the last white run stood in, and whether that has a colour.
        self._around: tuple[Element | None, bool] = (None, False)

    def content(self, form: Element) -> Element:
        """Return what a content control holds, nothing where it only asks to be filled in."""
        content = child(form, "w:sdtContent")
        empty = child(form, "w:sdtPr", "w:showingPlcHdr")
        if empty is not None and is_on({"on": attribute(empty, "w:val") or "1"}, "on"):
            self._blocks.leave_out("empty form fields")
            return ()
        return content if content is not None else ()

    def collected(self, paragraph: Element, style: ParagraphStyle) -> WordLine:
        """Return the words of a paragraph in a style."""
        line = WordLine()
        self._inline(paragraph, style, line)
        # An instruction that never ends would swallow the rest of the document.
        self.fields = [(said, shown) for said, shown in self.fields if shown]
        return line

    def _inline(self, holder: Element, style: ParagraphStyle, line: WordLine) -> None:
        for one in holder:
            short = name(one)
            if short == "w:r":
                self._run(one, style, line)
            elif short == "w:fldSimple" and self._is_page(attribute(one, "w:instr") or ""):
                continue
            elif short in WRAPPERS:
                self._inline(one, style, line)
            elif short == "w:sdt":
                self._inline(self.content(one), style, line)
            elif short == "mc:AlternateContent":
                self._inline(chosen_alternative(one), style, line)
            elif short == "w:del":
                self.deleted(one)
            elif short in {"m:oMath", "m:oMathPara"}:
                self._equation(one, line)
            elif short == "w:subDoc":
                self._blocks.leave_out("linked documents")

    def _equation(self, element: Element, line: WordLine) -> None:
        text = clean(omml_text(element))
        if not text:
            self._blocks.leave_out("equations")
        elif self._is_shown():
            own = name(element) == "m:oMathPara"
            line.runs.append(("", f" {text} " if own else text))

    def _run(self, run: Element, style: ParagraphStyle, line: WordLine) -> None:
        properties = child(run, "w:rPr")
        settings = style.runs
        if properties is not None:
            direct = settings_of(properties)
            settings = {**settings, **self._styles.characters(direct.get("w:rStyle", "")), **direct}
        before = len(line.runs)
        kind = _RAISED.get(settings.get("w:vertAlign", ""), "")
        self._content_of_run(run, kind, settings.get("w:rFonts", ""), style, line)
        added = "".join(text for _, text in line.runs[before:])
        if not added.strip():
            return
        if is_on(settings, "w:strike") or is_on(settings, "w:dstrike"):
            self._blocks.leave_out("struck-out words", len(added.split()))
            del line.runs[before:]
        elif self._unseen(settings, run, style):
            line.hidden = True
            del line.runs[before:]

    def _content_of_run(
        self, run: Element, kind: str, font: str, style: ParagraphStyle, line: WordLine
    ) -> None:
        for one in run:
            short = name(one)
            if short == "w:fldChar":
                self._field(one, line)
            elif short == "w:instrText":
                if self.fields:
                    said, shown = self.fields[-1]
                    self.fields[-1] = (said + (one.text or ""), shown)
            elif short == "mc:AlternateContent":
                self._content_of_run(chosen_alternative(one), kind, font, style, line)
            elif not self._is_shown():
                continue
            elif text := _written(one, short, font):
                line.runs.append((kind, text))
            elif short == "w:ruby":
                base = child(one, "w:rubyBase")
                self._inline(() if base is None else base, style, line)
            else:
                self._beside(one, line)

    def _is_shown(self) -> bool:
        return all(shown for _, shown in self.fields)

    def _is_page(self, instruction: str) -> bool:
        return self.in_margin and bool(_PAGE_FIELD.match(instruction))

    def _field(self, mark: Element, line: WordLine) -> None:
        kind = attribute(mark, "w:fldCharType")
        if kind == "begin":
            for box in descendants(mark, "w:checkBox"):
                states = [child(box, short) for short in ("w:checked", "w:default")]
                state = next((one for one in states if one is not None), None)
                on = state is not None and (attribute(state, "w:val") or "1") not in {"0", "false"}
                line.runs.append(("", "☒" if on else "☐"))
            for choice in descendants(mark, "w:ddList"):
                entries = [
                    attribute(one, "w:val") or "" for one in descendants(choice, "w:listEntry")
                ]
                result = child(choice, "w:result")
                place = int(attribute(result, "w:val") or "0") if result is not None else 0
                line.runs.append(("", entries[place] if 0 <= place < len(entries) else ""))
            self.fields.append(("", False))
        elif kind == "separate" and self.fields:
            said, _ = self.fields.pop()
            self.fields.append((said, not self._is_page(said)))
        elif kind == "end" and self.fields:
            said, shown = self.fields.pop()
            if not shown and re.match(r"\s*EQ\b", said):
                self._blocks.leave_out("equations")

    def _unseen(self, settings: Settings, run: Element, style: ParagraphStyle) -> bool:
        """Say whether a run is formatted as hidden, is too small to see, or is white on white."""
        if is_on(settings, "w:vanish"):
            return True
        try:
            if float(settings.get("w:sz", "22")) <= _TOO_SMALL:
                return True
            colour = bytes.fromhex(settings.get("w:color", "000000"))
        except ValueError:
            # "auto" is black.
            return False
        if not colour or min(colour) < _WHITE:
            return False
        # Whatever lies behind it (shading of run, paragraph, cell or page; highlighting; a box)
        # may show it.
        return (
            not {"w:highlight", "w:shd"} & settings.keys()
            and not style.shaded
            and not self._stands_on_colour(run)
        )

    def _stands_on_colour(self, run: Element) -> bool:
        """Say whether what is around a run has a colour; asked once for all in one place."""
        paragraph = next(run.iterancestors(qualified("w:p")))
        around = paragraph.getparent()
        if around is not self._around[0]:
            behind = around is not None and (
                self._behind(around) or any(self._behind(one) for one in around.iterancestors())
            )
            self._around = around, behind
        return self._around[1] or self._behind(paragraph)

    def _behind(self, element: Element) -> bool:
        short = name(element)
        if short == "w:txbxContent" or child(element, "w:background") is not None:
            return True
        if short == "w:tbl":
            style = child(element, "w:tblPr", "w:tblStyle")
            if style is not None and self._styles.is_shaded(attribute(style, "w:val") or ""):
                return True
        properties = {"w:p": "w:pPr", "w:tc": "w:tcPr", "w:tbl": "w:tblPr"}.get(short)
        return properties is not None and child(element, properties, "w:shd") is not None

    def deleted(self, element: Element) -> None:
        """Count the words of a deletion that is tracked."""
        words = " ".join(one.text or "" for one in descendants(element, "w:delText")).split()
        self._blocks.leave_out("deleted words", len(words))


def _written(element: Element, short: str, font: str) -> str:
    """Return what a part of a run writes, "" for what is no letter."""
    if short == "w:t":
        return decode_symbols(element.text or "", font)
    if short == "w:br":
        return " " if attribute(element, "w:type") in {"page", "column"} else "\n"
    if short == "w:sym":
        code = int(attribute(element, "w:char") or "0", 16)
        return symbol_of(code, attribute(element, "w:font") or font)
    return _SPACES.get(short, "")


# Symbol's own code page from 0x20 and 0xA0 on, "\0" where it has no sign of use.
_SYMBOL_LOW = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\0"
    "αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
)
_SYMBOL_HIGH = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…\0\0↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
_WINGDINGS = {
    0x52: "☑", 0x54: "☒", 0x6C: "•", 0x6E: "■", 0x6F: "☐", 0x71: "❑", 0x72: "❒", 0x75: "◆",
    0x76: "❖", 0x77: "◆", 0x78: "☒", 0x9F: "•", 0xA1: "○", 0xA7: "▪", 0xA8: "☐", 0xAB: "★",
    0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗",
    0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
# "Wingdings 2" has other signs at the same places.
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐"}


def symbol_of(code: int, font: str) -> str:
    """Return the character that a code shows in a symbol font, "" if there is none like it."""
    # Word shifts the letters of such fonts to the private codes from U+F000 on.
    code = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    font = font.lower()
    if font == "symbol":
        table, place = (_SYMBOL_HIGH, code - 0xA0) if code >= 0xA0 else (_SYMBOL_LOW, code - 0x20)
        found = table[place] if 0 <= place < len(table) else ""
        return "" if found == "\0" else found
    if font.startswith("wingdings"):
        return (_WINGDINGS_2 if font.endswith("2") else _WINGDINGS).get(code, "")
    return chr(code) if 0x20 <= code < 0x110000 else ""


def decode_symbols(text: str, font: str) -> str:
    """Return a text set in a symbol font as the characters shown; any other text unchanged."""
    if font.lower() != "symbol" and not font.lower().startswith("wingdings"):
        return text
    return "".join(
        (symbol_of(ord(one), font) or one) if ord(one) > 0xEFFF or font.lower() == "symbol" else one
        for one in text
    )
