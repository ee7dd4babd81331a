"""Superscripts and subscripts in plain text: exponents, ordinals, or footnote marks.

Written straight on, "12³ metres" with footnote 3 reads as 123 metres and 10 to the 25th as 1025.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d+)?$")
_SIGNED = re.compile(r"^(?:[+-]\d+(?:\.\d+)?|\d{1,2}[+-])$")
_CHARGED = re.compile(r"(?<![^\W\d_])(?:(?:[A-Z][a-z]?\d{0,2})+|e|p)$")
# "n", "2n", "n+1", "x/2": a letter in it, and no word.
_EXPRESSION = re.compile(r"^[+-]?(?:\d*[i-zT](?:[+*/-]\d*[a-z\d])?|\d+[+*/-][a-z\d])$")
# "3", "[3]", "(a)", "1,2", "4-6", "*", "ii", "[note 2]", "①".
_ONE = r"(?:(?:note|n|fn|nb)\.?\s?)?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4}|[*†‡§¶#]{1,4}|[①-⑳])"
_MARK = re.compile(rf"^[\[(（［]?\s*{_ONE}(?:(?:\s?[,;–-]\s?|\s){_ONE})*\s*[\])）］.]?$", re.I)
_ORDINAL = re.compile(r"^(?:st|nd|rd|th|er|re|ère|ere|ème|eme|de|e|o|os|º|ª|ter?|ten?)$", re.I)
_COUNTED = re.compile(r"(?:\d|\b[a-zA-Z]|\b[IVXLC]+)$")
_SIGNS = {"TM": "™", "SM": "℠", "(R)": "®", "(C)": "©"}
# What a power of which is area, volume or acceleration. "in" is a word where no number is before.
_UNIT = re.compile(
    r"(?:(?<![^\W\d_])(?:[kcdmµμn]?m|ha|ft|yd|mi|Å)|\d\s?in|(?:[kcm]?m|ft)\s?/\s?s)$"
)
_LENGTH = re.compile(r"(?:[kcdmµμn]?m|ft|yd|mi)")
_BASE = re.compile(r"(?<![\d.,'$€£¥])(?:10|2)$")
# A number that is a name: "page 10", "Table 2", "10 May" the other way round.
_NAMED = re.compile(
    r"(?:[pP]ages?|[pP]{1,2}\.|[tT]able|[fF]ig(?:ure|\.)|[aA]rt(?:icle|\.)|[cC]hapter|[sS]ection|"
    r"[nN]o\.|[iI]tem|[nN]ote|[lL]ine|Jan\w*|Feb\w*|Mar\w*|Apr\w*|May|June?|July?|Aug\w*|Sep\w*|"
    r"Oct\w*|Nov\w*|Dec\w*)\s*\d+$"
)
_LETTER = re.compile(r"(?<![^\W_])(?<![^\W_]/)[^\W\d_]$")
# "mc", "πr": letters that are multiplied, at most two, and no word of that length.
_PRODUCT = re.compile(r"(?<![^\W_])(?:mc|[πbhv][rhctv]|ax|xy)$")
_ARITHMETIC = re.compile(r"(?:[×x*·/+=<>≤≥≈∼~^(−-]|\b(?:times|of order))\s*$")
_FOLLOWED = re.compile(r"^\s*[×*·/+=<>≤≥≈^)−]|^\s*x\s?\d")
_SUM = re.compile(r"\((?![^()]*[^\W\d_]{3})[^()]*[+−*/×-][^()]*\)$")
_ELEMENT = re.compile(
    r"^(?:He|Li|Be|Ne|Na|Mg|Al|Si|Cl|Ar|Ca|Fe|Co|Ni|Cu|Zn|Ga|Kr|Sr|Mo|Tc|Ag|Cs|Ba|Xe|Lu|Pb|Po|"
    r"Rn|Ra|Th|Pu|Am|[HCNOFPSKIU])(?![a-z])"
)
_MINUS = str.maketrans("−–⁻˗", "----")


def write_raised(before: str, text: str, after: str = "") -> str:
    """Return what to write for raised letters, "" for the mark of a footnote, which is left out.

    `before` and `after` are the text of the block around them, without the raised letters. An
    exponent becomes "^5", "^-20" or "^(n+1)"; an ordinal ("15th") or an abbreviation ("Mme") is
    written on; the number that opens a footnote's own text becomes "[3] "; other words are set
    apart by a space.
    """
    text = " ".join(text.split())
    plain = text.translate(_MINUS)
    before = before[-80:]
    # The comma between two marks is part of them.
    if not text or text in {",", ";"}:
        return ""
    if not before.strip() or before[-1].isspace():
        return _opening(before, text, after)
    if sign := _sign(before, text, after):
        return sign
    if _ORDINAL.match(text) and _COUNTED.search(before):
        return text
    # "Mr Hale" as old print sets it; no letter is raised to the power r before a name.
    if text in {"r", "rs"} and re.search(r"\b[DM]$", before) and re.match(r"\.?\s?[A-Z]", after):
        return text
    if _is_exponent(before, plain, after):
        return f"^({plain})" if re.search(r".[+*/-].", plain) else f"^{plain}"
    # "Dr", "Mr", "St" as old print sets them.
    if re.search(r"\b[A-Z]$", before) and text in {"r", "t", "rs"}:
        return text
    if _MARK.match(plain) or plain == "-":
        return ""
    # "Mme", "Cie": no note has letters for its name.
    if text.isalpha() and text.islower() and len(text) <= 4 and before[-1].isalpha():
        return text
    return text if not text[0].isalnum() and text[0] not in "([" else f" {text}"


def is_measure(before: str, text: str) -> bool:
    """Say whether raised letters make an area or a volume of a number ("35 km²")."""
    return text in {"2", "3"} and bool(re.search(rf"\d\s?{_LENGTH.pattern}$", before[-16:]))


def is_isotope(text: str, after: str) -> bool:
    """Say whether raised letters ahead of others are the mass of an atom (carbon-14)."""
    return text.isdigit() and len(text) > 1 and bool(_ELEMENT.match(after))


def _sign(before: str, text: str, after: str) -> str:
    """Return what is always written: a sign, or what brackets set apart already ("(¹)")."""
    if before[-1] in "([（［":
        return text
    if re.fullmatch(r"[oº°]", text) and before[-1].isdigit() and re.match(r"\s?[CF]\b", after):
        return "°"
    return _SIGNS.get(text.upper(), "")


def write_lowered(before: str, text: str) -> str:
    """Return what to write for lowered letters: "H2O" is written on, digits after a digit apart."""
    text = " ".join(text.split())
    return f"_{text}" if text[:1].isdigit() and before[-1:].isdigit() else text


def _opening(before: str, text: str, after: str) -> str:
    """Return letters raised ahead of a word: of an isotope, or the number of a footnote's text."""
    if text.isdigit() and _ELEMENT.match(after) and (before.strip() or len(text) > 1):
        return text
    if not _MARK.match(text.translate(_MINUS)):
        return f"{text} "
    # Within a sentence a mark set after a space is still one.
    number = text.strip("[]() ")
    return "" if before.strip() else f"[{number}] " if number.isalnum() else f"{text} "


def _is_exponent(before: str, text: str, after: str) -> bool:
    """Say whether raised letters are an exponent, or the charge of an ion ("Ca^2+")."""
    last = before[-1]
    if _SIGNED.match(text):
        return last.isalnum() or last == ")"
    if text in {"+", "-"}:
        return bool(_CHARGED.search(before))
    in_sum = bool(_ARITHMETIC.search(before[:-1].rstrip("0123456789.")))
    base = bool(_BASE.search(before)) and not _NAMED.search(before)
    letter = bool(_LETTER.search(before) or _PRODUCT.search(before))
    if _EXPRESSION.match(text):
        return base or letter or last == ")"
    if not _NUMBER.match(text):
        return False
    if _UNIT.search(before):
        return text in {"2", "3"}
    if last == ")":
        return bool(_SUM.search(before))
    calculated = in_sum or bool(_FOLLOWED.match(after))
    # Nobody writes a power of one, unless in a row of them.
    if text == "1":
        return base and calculated
    if base:
        # "in the past 2³ years": a low number on a bare 2 is a note's.
        return last == "0" or int(float(text.replace(",", "."))) > 3 or calculated
    if letter:
        # "R²", "x²", "τ²"; "Vitamin C³" and "Annex B⁴" have notes.
        return not last.isupper() or text == "2" or calculated
    # "3⁴ = 81"
    return last.isdigit() and bool(re.match(r"^\s*=", after)) and not _NAMED.search(before)
