"""Quotations of a sentence, and whether they stand word for word in a text."""

from __future__ import annotations

import re

_QUOTED = re.compile(
    r"[“\"„«]([^“”\"„«»]{2,}?)[”\"“»]|"
    # Between single marks an apostrophe is part of the words.
    r"(?<![\w’'])[‘']([^‘’'\n]{2,}?(?:['’](?:s|t|re|ve|ll|d|m)\b[^‘’'\n]*?)*)[’'](?!\w)"
)
# What a writer may change inside a quotation: "[it]" and "…".
_EDIT = re.compile(r"\[[^\]]*\]|\(\.\.\.\)|\.\.\.|…")
_WORD = re.compile(r"[^\W_]+(?:['.,-][^\W_]+)*|[%$€£¥]")


def quotations(sentence: str) -> list[str]:
    """Return what stands in quotation marks, in order, without the marks."""
    found = [match[1] or match[2] for match in _QUOTED.finditer(sentence)]
    return [one.strip() for one in found if re.search(r"\w{2}", one)]


def altered_quotations(sentence: str, text: str) -> list[str]:
    """Return the quotations of `sentence` that are not in `text` word for word.

    White space, case, the kind of quotation mark and a comma or stop before the closing mark do not
    count; what was replaced by an ellipsis or brackets may be anything.
    """
    words = f" {normalised(text)} "
    wrong = []
    for quotation in quotations(sentence):
        parts = [normalised(part) for part in _EDIT.split(quotation)]
        if any(part and f" {part} " not in words for part in parts):
            wrong.append(quotation)
    return wrong


def normalised(text: str) -> str:
    """Return the words and signs of a text in lower case with single spaces, no punctuation."""
    return " ".join(_WORD.findall(text.lower().replace("’", "'")))
