"""Letters of the fonts Symbol and Wingdings as the signs that they draw."""

from __future__ import annotations

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


def sign(code: int, font: str) -> str:
    """Return the sign that a letter draws in a font; "" for a sign without a like."""
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


def spelt(text: str, font: str) -> str:
    """Return a text set in such a font as what it shows; any other as it is."""
    if font.lower() != "symbol" and not font.lower().startswith("wingdings"):
        return text
    return "".join(
        (sign(ord(one), font) or one) if ord(one) > 0xEFFF or font.lower() == "symbol" else one
        for one in text
    )
