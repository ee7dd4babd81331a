"""HTML elements that are superscripts or subscripts, footnote marks or links back from notes."""

from __future__ import annotations

import re
from typing import Any

from corpus.readers.html_tables import name_of

# A style sheet that is not here raises them.
_RAISED = re.compile(r"(?:^|[\s_-])(?:super|sup|superscript)(?:$|[\s_])", re.IGNORECASE)
_LOWERED = re.compile(r"(?:^|[\s_-])(?:sub|subscript)(?:$|[\s_])", re.IGNORECASE)
_ALIGNED = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
# The mark of a footnote that is a link and not raised, and the way back from the footnote.
_NOTE_LINK = re.compile(r"footnote|noteref|fnref|cite-?ref|(?:^|[\s_-])reference(?:$|\s)", re.I)
_NOTE_TARGET = re.compile(
    r"#(?:_?(?:fn|ftn|edn|en|note|footnote|cite_note|endnote)[\w:.-]*)$", re.I
)
_NOTE_MARK = re.compile(r"^\s*\[?\s*(?:\d{1,3}|[a-z]|[ivx]{1,4}|[*†‡§]{1,3})\s*\]?\s*$", re.I)
# "214", "marks", "marks."; of "3.", "Q" and "GPT-" what follows may be the rest.
_GLUED = re.compile(r"(?:[^\W\d_]{2}|[^\W\d_]{3}[.,;:!?]|\d|[)\]”\"])[”\"’)]?\Z")
_LOW_NUMBER = re.compile(r"\s*(?:\d{1,3}|\[\d{1,3}\])\s*")
_WAY_BACK = re.compile(r"backlink|backref|footnote-back|fn-?back|reversefootnote", re.IGNORECASE)
_ARROWS = frozenset(("↩", "↩︎", "↩\ufe0e", "↵", "↑", "⤴", "⏎", "^"))
_IN_LINE = frozenset("a b code em i span strong sub sup".split())


def raised_or_lowered(element: Any, name: str) -> str:
    """Return "sup" or "sub" for an element that raises or lowers its text, else ""."""
    if name in {"sup", "sub"}:
        # A nested one changes nothing.
        return name
    if name != "span":
        return ""
    if found := _ALIGNED.search(element.get("style") or ""):
        return {"super": "sup", "sub": "sub"}[found[1].lower()]
    said = element.get("class") or ""
    return "sup" if _RAISED.search(said) else "sub" if _LOWERED.search(said) else ""


def text_after(element: Any) -> str:
    """Return the beginning of what follows an element in its line."""
    if element.tail:
        return str(element.tail[:40])
    following = element.getnext()
    if following is None or name_of(following) not in _IN_LINE:
        return ""
    return "".join(following.itertext())[:40]


def is_note_mark(element: Any, name: str, before: str = "") -> bool:
    """Say whether an element is the mark of a footnote: a link to it, or of a class for it.

    So is a link of nothing but a low number that touches what stands `before` it.
    """
    glued = name == "a" and _GLUED.search(before) and not text_after(element)[:1].isalnum()
    if glued and _LOW_NUMBER.fullmatch("".join(element.itertext())):
        return True
    said = f"{element.get('class')} {element.get('role')} {element.get('rel')} {element.get('id')}"
    target = name == "a" and _NOTE_TARGET.search(element.get("href") or "")
    if not (target or (name in {"a", "span"} and _NOTE_LINK.search(said))):
        return False
    return bool(_NOTE_MARK.match("".join(element.itertext())))


def is_way_back(element: Any) -> bool:
    """Say whether an element is the link from a footnote back to its mark."""
    said = f"{element.get('class')} {element.get('role')} {element.get('rev')}"
    if _WAY_BACK.search(said):
        return True
    return element.tag == "a" and "".join(element.itertext()).strip() in _ARROWS
