"""Equations of Office files (OMML) and web pages (MathML) as a line of text: "x^2", "√(a+b)"."""

from __future__ import annotations

import re
from typing import Any

from corpus.readers.office_package import Element, attribute, child, name

_SIMPLE = re.compile(r"[+-]?[\w.,]*$")
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}


def omml_text(element: Element) -> str:
    """Return an equation (m:oMath, m:oMathPara, or a part of one) on a line."""
    short = name(element)
    if short in _FORMS:
        return _FORMS[short](element)
    if short in {"m:t", "w:t"}:
        return element.text or ""
    if short.endswith("Pr") or short in {"w:del", "m:phant", "w:moveFrom"}:
        return ""
    lines = short == "m:oMathPara"
    return ("; " if lines else "").join(filter(None, (omml_text(one) for one in element)))


def _part(element: Element, short: str) -> str:
    found = child(element, short)
    return "" if found is None else omml_text(found).strip()


def _grouped(text: str) -> str:
    """Set brackets around what is more than a number or a name."""
    return text if _SIMPLE.match(text) else f"({text})"


def _sign(element: Element, properties: str, short: str, default: str) -> str:
    found = child(element, properties, short)
    return default if found is None else (attribute(found, "m:val") or "")


def _fraction(element: Element) -> str:
    above, below = _part(element, "m:num"), _part(element, "m:den")
    if _sign(element, "m:fPr", "m:type", "bar") == "noBar":
        return f"binom({above}, {below})"
    return f"{_grouped(above)}/{_grouped(below)}"


def _scripts(element: Element) -> str:
    below, above = _part(element, "m:sub"), _part(element, "m:sup")
    base = _part(element, "m:e")
    scripts = f"_{_grouped(below)}" * bool(below) + f"^{_grouped(above)}" * bool(above)
    return f"{scripts} {base}" if name(element) == "m:sPre" else _grouped_base(base) + scripts


def _grouped_base(base: str) -> str:
    return base if _SIMPLE.match(base) or base.endswith((")", "]", "}", "|")) else f"({base})"


def _root(element: Element) -> str:
    degree = _part(element, "m:deg")
    if degree in _ROOTS:
        return f"{_ROOTS[degree]}({_part(element, 'm:e')})"
    return f"root({degree}, {_part(element, 'm:e')})"


def _over_many(element: Element) -> str:
    sign = _sign(element, "m:naryPr", "m:chr", "∫")
    below, above = _part(element, "m:sub"), _part(element, "m:sup")
    bounds = f"_({below})" * bool(below) + f"^({above})" * bool(above)
    return f"{sign}{bounds} {_part(element, 'm:e')}"


def _bracketed(element: Element) -> str:
    begin, between, end = (
        _sign(element, "m:dPr", short, default)
        for short, default in (("m:begChr", "("), ("m:sepChr", "|"), ("m:endChr", ")"))
    )
    parts = [omml_text(one).strip() for one in element if name(one) == "m:e"]
    return begin + between.join(parts) + end


def _function(element: Element) -> str:
    of = _part(element, "m:e")
    return _part(element, "m:fName") + ("" if of.startswith("(") else " ") + of


def _limit(element: Element) -> str:
    sign = "_" if name(element) == "m:limLow" else "^"
    return f"{_part(element, 'm:e')}{sign}({_part(element, 'm:lim')})"


def _matrix(element: Element) -> str:
    rows = [
        ", ".join(omml_text(one).strip() for one in row) for row in element if name(row) == "m:mr"
    ]
    return f"[{'; '.join(rows)}]"


def _stacked(element: Element) -> str:
    lines = (omml_text(one).strip() for one in element if name(one) == "m:e")
    return "; ".join(line.replace("&", "") for line in lines)


def _accented(element: Element) -> str:
    base = _part(element, "m:e")
    return base + _sign(element, "m:accPr", "m:chr", "\u0302") * (len(base) == 1)


_FORMS = {
    "m:f": _fraction, "m:sSup": _scripts, "m:sSub": _scripts, "m:sSubSup": _scripts,
    "m:sPre": _scripts, "m:rad": _root, "m:nary": _over_many, "m:d": _bracketed,
    "m:func": _function, "m:limLow": _limit, "m:limUpp": _limit, "m:m": _matrix,
    "m:eqArr": _stacked, "m:acc": _accented,
}  # fmt: skip


def mathml_text(element: Any) -> str:
    """Return a `math` element as text: its TeX where it carries that, else what it shows."""
    for one in element.iter():
        if _name(one) == "annotation" and "tex" in str(one.get("encoding", "")).lower():
            return _plain_tex("".join(one.itertext()))
    return " ".join(_element_text(element).split())


def _plain_tex(text: str) -> str:
    """Return TeX without the wrapper that Wikipedia puts around all of it."""
    text = " ".join(text.split())
    wrapped = re.fullmatch(r"\{\\(?:displaystyle|textstyle)\s*(.*)\}", text)
    return wrapped[1].strip() if wrapped else text


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _element_text(element: Any) -> str:
    name = _name(element)
    parts = [part for one in element if (part := _element_text(one)).strip()]
    own = (element.text or "").strip()
    if name in {"annotation", "annotation-xml", "mspace", "mphantom", ""}:
        return ""
    if name in {"mi", "mn", "mtext", "ms"}:
        return own + "".join(parts)
    if name == "mo":
        # Invisible times and the like are no sign.
        return (
            ""
            if own in "\u2061\u2062\u2063\u2064"
            else f" {own} "
            if own in "=+−-±<>≤≥≈×→"
            else own
        )
    if name == "msqrt":
        return f"√({''.join(parts)})"
    if len(parts) == 2 and name in _PAIRS:
        return _PAIRS[name].format(*(_in_brackets(part) for part in parts))
    if len(parts) == 3 and name in {"msubsup", "munderover"}:
        base, low, high = map(_in_brackets, parts)
        return f"{base}_{low}^{high}"
    return (" ; " if name == "mtable" else " " if name == "mtr" else "").join([own, *parts])


_PAIRS = {
    "msup": "{0}^{1}", "msub": "{0}_{1}", "mover": "{0}{1}", "munder": "{0}_{1}",
    "mfrac": "{0}/{1}", "mroot": "({0})^(1/{1})",
}  # fmt: skip


def _in_brackets(part: str) -> str:
    """Put what is more than one name or number in brackets."""
    part = part.strip()
    return part if re.fullmatch(r"[\w.]+|\(.*\)", part) else f"({part})"
