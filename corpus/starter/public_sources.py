"""The public sources that an article or report of the starter library was written from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from corpus.document import Source

# As the starter library is called where its documents name their publisher.
STARTER = "Briefing Assistant starter library"
_FOLDER = Path(__file__).parent
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
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


# Who reports a sentence: "TechSpot says", "according to ODSC".
_SAYS = (
    r"(?:says?|said|reports?|reported|writes?|wrote|notes?|noted|adds?|added|counts?|counted|puts?|"
    r"gives?|gave|states?|stated|estimates?|estimated|explains?|argues?|finds?|found|describes?|"
    r"recalls?|warns?|tells|told|assumes?|calculates?|derives?|observes?|lists?)\b"
)
# "(source 24)" in a report, whose sources are numbered in the order of its list.
_NUMBERED = re.compile(r"\(sources? (\d{1,3})")


def behind(words: str, listed: Sequence[PublicSource]) -> PublicSource | None:
    """Return which of the listed sources a sentence rests on; None where that is not told.

    It is the one whose number it gives; else the one that it names last as saying so; or the only
    one there is. Of several from one publisher it is the one of a date that is named, else the
    publisher alone.
    """
    if len(listed) == 1:
        return listed[0]
    if (found := _NUMBERED.search(words)) and 0 < int(found[1]) <= len(listed):
        return listed[int(found[1]) - 1]
    said = [
        (place, one)
        for one in listed
        for name in one.names
        if (place := _last_said(name, words)) >= 0
    ]
    last = max((place for place, _ in said), default=-1)
    return _one_of([one for place, one in said if place == last], words) if said else None


def _last_said(name: str, text: str) -> int:
    """Return where a text last names somebody as saying what it says; -1 for nowhere."""
    known = re.escape(name)
    pattern = rf"(?<!\w){known}(?:'s)? (?:also |then |further )?{_SAYS}|according to {known}(?!\w)"
    return max((found.start() for found in re.finditer(pattern, text)), default=-1)


def _one_of(found: Sequence[PublicSource], text: str) -> PublicSource:
    """Return the one of a date that a text names; else, of several, their publisher alone."""
    years = [one for one in found if one.published and _spoken(one.published) in text]
    if len(years) == 1 or len(found) == 1:
        return (years or found)[0]
    return PublicSource(found[0].publisher, "", "", "")


def _spoken(day: str) -> str:
    """Return an ISO date as sentences give it: "19 September 2025"; one without a day as it is."""
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
