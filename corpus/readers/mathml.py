"""MathML as a line of text: "(a + b)/2", "x^2", "√(n)"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_Inner = Callable[[Any], str]


def equation_text(element: Any) -> str:
    """Return a `math` element as text: its TeX where it carries that, else what it shows."""
    for one in element.iter():
        if _name(one) == "annotation" and "tex" in str(one.get("encoding", "")).lower():
            return _plain_tex("".join(one.itertext()))
    return " ".join(_shown(element).split())


def _plain_tex(text: str) -> str:
    """Return TeX without the wrapper that Wikipedia puts around all of it."""
    text = " ".join(text.split())
    wrapped = re.fullmatch(r"\{\\(?:displaystyle|textstyle)\s*(.*)\}", text)
    return wrapped[1].strip() if wrapped else text


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _shown(element: Any) -> str:
    name = _name(element)
    parts = [part for one in element if (part := _shown(one)).strip()]
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
        return _PAIRS[name].format(*(_closed(part) for part in parts))
    if len(parts) == 3 and name in {"msubsup", "munderover"}:
        base, low, high = map(_closed, parts)
        return f"{base}_{low}^{high}"
    return (" ; " if name == "mtable" else " " if name == "mtr" else "").join([own, *parts])


_PAIRS = {
    "msup": "{0}^{1}", "msub": "{0}_{1}", "mover": "{0}{1}", "munder": "{0}_{1}",
    "mfrac": "{0}/{1}", "mroot": "({0})^(1/{1})",
}  # fmt: skip


def _closed(part: str) -> str:
    """Put what is more than one name or number in brackets."""
    part = part.strip()
    return part if re.fullmatch(r"[\w.]+|\(.*\)", part) else f"({part})"
