"""Sentences of a text, as spans: the unit that passages are made of and that answers quote.

Rules and not a trained model, because the spans must be exact, fast (1 MB in under a second) and
the same on every machine, and because this field's full stops ("U.S.", "No. 2026-00789", "15 CFR
§ 744.11", "DeepSeek-V3.2", "Sutter, Karen M.") are what general splitters get wrong.
"""

from __future__ import annotations

import re

# Words after which a full stop does not end a sentence: titles, law, papers, companies.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof gen col lt sgt rep sen gov pres hon st jr sr vs etc eg ie cf al ca approx "
    "pp ed eds refs inc corp co ltd llc bros dept est univ intl natl assn fed reg stat rev supp "
    "cir ct u.s u.k u.n e.u d.c e.g i.e a.m p.m ph.d u.s.c c.f.r p.r.c et".split()
)
# Those that only abbreviate before a number: "No. 5", "Fig. 2", "Oct. 7", but "He said no."
_BEFORE_NUMBER = frozenset(
    "no nos vol fig figs eq eqs sec secs art arts ch app para paras pt ref tab "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_AMBIGUOUS = frozenset(
    "inc corp co ltd llc u.s u.k u.n e.u d.c a.m p.m etc u.s.c c.f.r p.r.c".split()
)
_STARTERS = frozenset(
    "The A An In On At It This That These Those He She They We I As For But And However Although "
    "While When If To By With From After Before Since Under According Its Their His Her Our Such "
    "Many Most Some All Both There Here What Who How Why Where Then Now Also".split()
)
_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？；]+[」』”’）】]*|\n+")
# Chinese full stops end a sentence wherever they stand, but for those within a quotation.
_CHINESE_STOPS = "。！？；"
_QUOTED = re.compile(r"“[^“”\n]{1,200}”|「[^「」\n]{1,200}」|『[^『』\n]{1,200}』")
_LAST_WORD = re.compile(r"[\w.]*\w$")
_NEXT = re.compile(r"\s*[\"'“‘(\[]*(\S+)")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) spans of the sentences of `text`, in order.

    Surrounding white space belongs to no span; a line break always ends a sentence, since readers
    re-flow prose and leave line breaks only where the document has them. Every character that is
    not white space lies in exactly one span.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    quotation = (0, 0)
    for match in _END.finditer(text):
        if match[0][0] in _CHINESE_STOPS:
            quotation = _quotation(text, start, match.start(), quotation)
            if match.end() < quotation[1]:
                continue
        elif not match[0].startswith("\n") and not _ends(text, match.start(), match.end()):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _quotation(text: str, start: int, stop: int, last: tuple[int, int]) -> tuple[int, int]:
    """Return the span of the quotation that holds `stop`, (0, 0) for none.

    The sentence begins at `start`; `last` is what was found for the stop before.
    """
    if last[0] < stop < last[1]:
        return last
    for quoted in _QUOTED.finditer(text, start):
        if quoted.start() > stop:
            break
        if stop < quoted.end():
            return quoted.span()
    return 0, 0


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    kept = piece.strip()
    if kept:
        first = start + len(piece) - len(piece.lstrip())
        spans.append((first, first + len(kept)))


def _ends(text: str, stop: int, end: int) -> bool:
    """Say whether the punctuation at `stop`, closed at `end`, ends a sentence."""
    following = _NEXT.match(text, end, end + 60)
    if following is None:
        return True
    next_word = following[1]
    if text[stop] != ".":
        # "Yahoo! announced": a question or exclamation mark ends only before a capital or sign.
        return not next_word[0].islower()
    if next_word[0].islower():
        return False
    before = _LAST_WORD.search(text, max(0, stop - 24), stop)
    if before is None:
        return True
    word = before[0].lower()
    if len(word) == 1 and word.isalpha() and before[0].isupper():
        # An initial ("Karen M. Sutter"), unless a new sentence evidently begins ("Plan B. The").
        return next_word.rstrip(",") in _STARTERS
    if word in _AMBIGUOUS:
        return next_word.rstrip(",") in _STARTERS
    if word in _BEFORE_NUMBER:
        return not next_word[0].isdigit()
    if word in _ABBREVIATIONS:
        return False
    # "1. The following": a list number belongs to what it numbers.
    return not (word.isdigit() and _begins_line(text, before.start()))


def _begins_line(text: str, start: int) -> bool:
    """Say whether nothing but white space stands between a line's beginning and `start`."""
    while start and text[start - 1] != "\n":
        start -= 1
        if not text[start].isspace():
            return False
    return True
