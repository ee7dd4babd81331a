"""Texts of BibTeX files: their LaTeX as plain Unicode, and back as little of it as is needed."""

from __future__ import annotations

import re
from functools import cache

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexWalkerError

_LINK = re.compile(r"\\url\s*\{([^{}]*)\}|\\href\s*\{[^{}]*\}\s*\{([^{}]*)\}")
# What BibTeX and LaTeX take for a sign of their own.
_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@cache
def _reader() -> LatexNodes2Text:
    return LatexNodes2Text(math_mode="text", keep_comments=True)


def plain(text: str) -> str:
    r"""Return a value of a BibTeX file as it is read: "{\"U}ber {CO}$_2$" is "Über CO_2".

    A bare per cent sign is one, and begins no comment. LaTeX that nobody understands loses its
    braces and backslashes.
    """
    said = _LINK.sub(lambda found: found[1] or found[2] or "", text)
    # It is read as the letter U+02C6.
    said = re.sub(r"\\textasciicircum\s?(?:\{\})?", "^", said)
    if re.search(r"[\\{}$~`']|--", said):
        said = re.sub(r"(?<!\\)%", r"\\%", said)
        try:
            said = str(_reader().latex_to_text(said))
        except (
            LatexWalkerError, IndexError, ValueError, TypeError, AttributeError, RecursionError,
        ):  # fmt: skip
            said = re.sub(r"\\[a-zA-Z]+\s?|[\\{}]", "", said)
    return " ".join(said.split())


def bare(text: str) -> str:
    """Return an address or number as it is meant: braces gone, escaped signs alone."""
    said = re.sub(r"\\([_%&#$~{}])", r"\1", _LINK.sub(r"\1", text))
    return re.sub(r"[{}\s]", "", said).replace(r"\textasciitilde", "~")


def escaped(text: str) -> str:
    """Return a plain text as a value of a BibTeX file in UTF-8, in one line."""
    signs = "".join(_SIGNS.get(sign, sign) for sign in " ".join(text.split()))
    # Two of these are a dash or a quotation mark to LaTeX.
    return re.sub(r"([-`'])(?=\1)", r"\1{}", signs)


__all__ = ["bare", "escaped", "plain"]
