"""References by number in a quoted text, replaced by the names in its own list of sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

# "(source 19)", "(sources 14 and 25)", "[19]", "[3, 7]", "(see note 3)", "（来源 3）", "^12".
_NUMBERS = r"(?P<{0}>\d{{1,3}}(?:\s?(?:,|;|and|to|–|-|、|和)\s?(?:and\s)?\d{{1,3}})*)"
_REFERENCE = re.compile(
    r"\s?[(（](?:see\s+)?(?:sources?|refs?\.?|references?|来源|参考文献)\s?"
    + _NUMBERS.format("listed")
    + r"[)）]|\s?\[" + _NUMBERS.format("bracketed") + r"\]|"
    r"\s?[(（](?:see\s+)?(?:foot|end)?notes?\s\d{1,3}[)）]|[(（]见?(?:注|脚注)\s?\d{1,3}[)）]|"
    r"(?<=[^\W\d])(?:\^\d{1,3})+(?=[.,;:]?(?:\s|$))",
    re.IGNORECASE,
)  # fmt: skip
# An entry of a list of sources: its number, who published it, a title, and a date or an address.
_ENTRY = re.compile(
    r"(?:(?<=\n)|(?<=\s)|^)(?P<number>\d{1,3})\.\s+(?P<publisher>[A-Z\d\u4e00-\u9fff][^\n,]{1,60}?)"
    r"(?:\s\([^)\n]{1,40}\))?,\s(?=(?P<rest>[^\n]{8,300}))"
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|https?://")
# The fewest entries of a list of sources; fewer are numbered points. How far the numbers of two
# entries may be apart, where those between are unreadable.
_LIST, _GAP = 5, 3
# The most names that are put into a sentence.
_MOST = 2


def numbered_sources(text: str) -> dict[int, str]:
    """Return the publisher of each numbered source in a document's list; {} without a list.

    A list counts only if its numbers run on from 1, with few gaps.
    """
    found: dict[int, str] = {}
    for entry in _ENTRY.finditer(text):
        number = int(entry["number"])
        last = max(found, default=0)
        if last < number <= last + _GAP and _DATED.search(entry["rest"]):
            found[number] = entry["publisher"].strip()
    return found if len(found) >= _LIST else {}


def with_named_references(text: str, sources: Mapping[int, str]) -> str:
    """Return a quoted sentence with its references by number replaced by names, or removed.

    `sources` is its document's list. A name that the sentence has already is not repeated.
    """
    if not _REFERENCE.search(text):
        return text
    bare = _REFERENCE.sub("", text)

    def named(found: re.Match[str]) -> str:
        said = found["listed"] or found["bracketed"] or ""
        numbers = [int(one) for one in re.findall(r"\d+", said)]
        known = dict.fromkeys(sources[one] for one in numbers if one in sources)
        new = [one for one in known if one.casefold() not in bare.casefold()][:_MOST]
        return f" ({', '.join(new)})" if new else ""

    return re.sub(r"\s+([.,;])", r"\1", _REFERENCE.sub(named, text))


class ReferenceNamer:
    """Replaces the references of quoted sentences by names from each document's list."""

    def __init__(self, text_of: Callable[[str], str]) -> None:
        """`text_of` returns the text of a document by its id; its list is cached."""
        self._text_of = text_of
        self._listed: dict[str, dict[int, str]] = {}

    def __call__(self, document: str, text: str) -> str:
        """Return a sentence of a document with its references replaced by names, or removed."""
        if not _REFERENCE.search(text):
            return text
        if document not in self._listed:
            self._listed[document] = numbered_sources(self._text_of(document))
        return with_named_references(text, self._listed[document])
