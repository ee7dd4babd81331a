"""The length of a memo in words, and shortening it."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.memo.values import EVIDENCE, Memo, Section

_HAN = re.compile(r"[㐀-䶿一-鿿]")
# A page that holds 350 English words holds some 600 Chinese characters.
_SIGNS = 1.7


def word_count(text: str) -> int:
    """Return the number of words of a text; Chinese characters count by the space they take."""
    signs = len(_HAN.findall(text))
    return len(_HAN.sub(" ", text).split()) + round(signs / _SIGNS)


def body_of(memo: Memo) -> list[Section]:
    """Return the sections of the body: those with sentences, without timeline and tables."""
    return [one for one in memo.sections if not one.shows or one.shows == "disputes"]


def body_words(memo: Memo) -> int:
    """Return the number of words of the body: headings and sentences."""
    return sum(
        word_count(one.heading) + sum(word_count(line.claim.text) for line in one.lines)
        for one in body_of(memo)
    )


def shortened(memo: Memo, most: int) -> Memo:
    """Return the memo shortened to a body of `most` words, as far as removing evidence can do it.

    The last evidence line of the section that has most is removed first; each section keeps one.
    """
    while body_words(memo) > most:
        counts = {
            one.key: sum(line.role == EVIDENCE for line in one.lines) for one in body_of(memo)
        }
        longest = max(counts, key=lambda key: counts[key], default="")
        if counts.get(longest, 0) < 2:
            return memo
        sections = []
        for one in memo.sections:
            if one.key == longest:
                last = max(place for place, line in enumerate(one.lines) if line.role == EVIDENCE)
                one = replace(one, lines=(*one.lines[:last], *one.lines[last + 1 :]))
            sections.append(one)
        memo = replace(memo, sections=tuple(sections))
    return memo
