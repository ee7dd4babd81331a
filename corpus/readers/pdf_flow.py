"""Sentences of a PDF that go on after a note, a figure or a page, put together."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from corpus.readers.lines import ITEM, joined
from corpus.readers.pdf_layout import Block, Body

# Blocks that may stand between the two parts of a paragraph.
_ASIDE = 12
# A paragraph is as large as the running text, within this, and longer than a label.
_AS_LARGE, _LONG = 0.07, 30
_ENDED = re.compile(r"[.!?:;。！？：；…][”\"'’)\]」』]*$|[•▪◦]\s*$")
# Nothing ends with these.
_OPEN = re.compile(
    r"(?:[,\-–—(]|\b(?:the|an?|of|and|or|to|in|on|for|by|with|from|that|which|at|as|is|are|was|were|"
    r"be|its|their|this|these|under|between|into|than|de|la|le|les|der|die|das|und|et|y|el))$",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|tab\.|chart|box|algorithm|source|sources|note|notes|exhibit|listing)"
    r"(?:\s+[\dA-Z]|\s*:)", re.IGNORECASE
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """The blocks of a page in order; `goes_on` says that the last is finished on the next page."""

    blocks: tuple[Block, ...]
    goes_on: bool = False


def flowing(pages: Sequence[Sequence[Block]], body: Body, words: Collection[str]) -> list[Page]:
    """Return the blocks of pages so that each paragraph stands in one piece.

    On a page, what stands between the two parts of a sentence follows it. Over two pages, what
    follows the first part on its page stands before it, and what precedes the second after it.
    """
    whole = [_whole(page, body, words) for page in pages]
    goes_on = [False] * len(whole)
    for number in range(len(whole) - 1):
        first, second = whole[number], whole[number + 1]
        last = _first_prose(first[::-1], body)
        begin = _first_prose(second, body)
        if last is None or begin is None:
            continue
        at = len(first) - 1 - last
        # What began overleaf and is all that the page has of text cannot be moved.
        if number and goes_on[number - 1] and at == 0 and last:
            continue
        if not _continues(first[at].texts[0], second[begin].texts[0]):
            continue
        goes_on[number] = True
        whole[number] = [*first[:at], *first[at + 1 :], first[at]]
        whole[number + 1] = [second[begin], *second[:begin], *second[begin + 1 :]]
    return [Page(tuple(page), on) for page, on in zip(whole, goes_on, strict=True)]


def seam(first: str, second: str, words: Collection[str]) -> tuple[str, str]:
    """Return the first part of a paragraph as it stands before the second, and what joins them."""
    whole = joined([first, second], words)
    head = whole[: len(whole) - len(second)]
    return head.rstrip(), head[len(head.rstrip()) :]


def _whole(page: Sequence[Block], body: Body, words: Collection[str]) -> list[Block]:
    """Put together the paragraphs of a page that a note, a caption or a figure parts."""
    found = list(page)
    place = 0
    while place < len(found):
        block = found[place]
        if _is_prose(block, body) and not _ENDED.search(block.texts[0]):
            ahead = _first_prose(found[place + 1 : place + 2 + _ASIDE], body)
            if ahead:
                after = found[place + 1 + ahead]
                if after.texts[0][:1].islower() and _continues(block.texts[0], after.texts[0]):
                    text = joined([block.texts[0], after.texts[0]], words)
                    found[place] = replace(block, texts=(text,))
                    del found[place + 1 + ahead]
                    continue
        place += 1
    return found


def _first_prose(blocks: Sequence[Block], body: Body) -> int | None:
    """Return the place of the first paragraph, where only asides stand before it."""
    for place, block in enumerate(blocks[: _ASIDE + 1]):
        if block.level:
            return None
        if _is_prose(block, body):
            return place
        # It may itself be what goes on, set in another size.
        if len(block.texts) == 1 and len(block.texts[0]) >= _LONG and block.texts[0][0].islower():
            return None
    return None


def _is_prose(block: Block, body: Body) -> bool:
    if block.level or len(block.texts) != 1 or _CAPTION.match(block.texts[0]):
        return False
    as_large = abs(block.size / body.size - 1) <= _AS_LARGE if block.size else False
    return as_large and len(block.texts[0]) >= _LONG


def _continues(first: str, second: str) -> bool:
    """Say whether a paragraph that ends so goes on in one that begins so."""
    if _ENDED.search(first) or ITEM.match(second):
        return False
    if _CJK.match(first[-1]) and _CJK.match(second):
        return True
    return second[0].islower() or bool(_OPEN.search(first))
