"""The public sources that an article or report of the starter library was written from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.document import Source

# As the starter library is called where its documents name their publisher.
STARTER = "Briefing Assistant starter library"
_FOLDER = Path(__file__).parent
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PublicSource:
    """A source that anyone can look up: who published it, under which title, when, where."""

    publisher: str
    title: str
    published: str
    address: str

    @property
    def names(self) -> tuple[str, ...]:
        """What a sentence may call the publisher: "PANews (Financial Times)" has two names."""
        parts = (one.strip(" )") for one in re.split(r"[(]", self.publisher))
        found = [one for one in parts if len(one) > 2]
        # "DeepSeek-AI" is called DeepSeek.
        return tuple(dict.fromkeys([*found, *(one.removesuffix("-AI") for one in found)]))


def public_sources(source: Source) -> tuple[PublicSource, ...]:
    """Return the sources that a document of the starter library lists; () for any other."""
    if source.publisher != STARTER:
        return ()
    return _listed(Path(source.location).stem)


@cache
def _listed(stem: str) -> tuple[PublicSource, ...]:
    import yaml

    for folder in ("articles", "reports"):
        file = _FOLDER / folder / f"{stem}.md"
        if file.is_file() and (front := _FRONT.match(file.read_text(encoding="utf-8"))):
            rows = yaml.safe_load(front[1]).get("sources") or ()
            return tuple(
                PublicSource(*(str(row.get(key, "")) for key in
                               ("publisher", "title", "date", "address")))
                for row in rows
            )  # fmt: skip
    return ()


def behind(words: str, before: str, listed: Sequence[PublicSource]) -> PublicSource | None:
    """Return which of the listed sources a sentence rests on; None where that is not told.

    It is the one that the sentence names, by date where a publisher has several; else the one
    named last in the words `before` it, or the only one there is.
    """
    if len(listed) == 1:
        return listed[0]
    named = [one for one in listed if any(_names(name, words) for name in one.names)]
    if named:
        return next((one for one in named if one.published and one.published in words), named[0])
    places = [
        (max(before.rfind(name) for name in one.names), -number, one)
        for number, one in enumerate(listed)
    ]
    best = max(places, default=(-1, 0, None))
    return best[2] if best[0] >= 0 else None


def _names(name: str, words: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words))
