"""The value of a reference: what a reference manager states about a document."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.months import MONTHS
from corpus.partial_dates import is_date

# Kinds whose reader asks in which paper, journal or site it stood; of the others, who issued it.
_IN_CONTAINER = frozenset(
    {
        "article", "article-journal", "article-magazine", "article-newspaper", "post-weblog",
        "post", "webpage", "broadcast",
    }
)  # fmt: skip
# What no database and no file in UTF-8 takes: JSON and XML can name halves of surrogate pairs.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}|\\^`]+")


@dataclass(frozen=True, slots=True)
class Name:
    """A person (`family`, `given`) or an organisation (`literal`)."""

    family: str = ""
    given: str = ""
    literal: str = ""

    def __str__(self) -> str:
        """Return it as it is written in a text: "Hans Müller"."""
        return self.literal or " ".join(filter(None, (self.given, self.family)))


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference. Unknown fields are "" and never guessed.

    `kind` is a type of CSL 1.0.2 ("report", "webpage", "article-journal", "legislation" …).
    `publisher` is who issued it, `container` the journal, newspaper or web site that it stands in.
    `issued` and `accessed` are ISO 8601 dates, shortened where less is stated. `key` is its
    citation key, `files` are paths as the file states them, `line` where it begins there (from 1).
    """

    kind: str = "document"
    title: str = ""
    authors: tuple[Name, ...] = ()
    publisher: str = ""
    container: str = ""
    issued: str = ""
    accessed: str = ""
    url: str = ""
    doi: str = ""
    language: str = ""
    number: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    key: str = ""
    files: tuple[str, ...] = ()
    line: int = 0

    @property
    def issuer(self) -> str:
        """Who published it, as a source of a library says it: one name, "" for none.

        Of an article that is the journal, newspaper or site; of a report its institution. Authors
        stand for it only where they are an organisation.
        """
        ours = (self.publisher, self.container)
        if self.kind in _IN_CONTAINER:
            ours = (self.container, self.publisher)
        organisations = [one.literal for one in self.authors if one.literal]
        return next(filter(None, (*ours, *organisations)), "")

    @property
    def name(self) -> str:
        """How it is called in a report: its title, or else its key or address."""
        return self.title or self.key or self.url or f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry of a file that could not be read: the line in which it begins (from 1), and why."""

    line: int
    why: str
    name: str = ""


def storable(text: str) -> str:
    """Return a text that came from others without what cannot be stored."""
    return _NO_TEXT.sub("", text)


def doi_in(text: str) -> str:
    """Return the first DOI in a text, in lower case and without prefix; "" for none."""
    found = _DOI.search(text)
    return found[0].rstrip(".,;)]").casefold() if found else ""


def bare_doi(text: str) -> str:
    """Return a DOI without the address or word before it, in lower case."""
    return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text.strip().casefold())


def date_of(text: str) -> str:
    """Return a date that a reference states as ISO 8601, shortened to what it states; "" for none.

    It is read as "2025-01-28", "2025/01/28/", "2025-01-28T10:00:00Z", "28 January 2025",
    "January 28, 2025", "2025 Jan", "c2025", "2025". A day beside a month in figures is not guessed
    ("04/05/2026" states 2026).
    """
    said = re.sub(r"[年月](?=\s*\d)", "-", text.strip()).rstrip("年月日号")
    numbers = re.match(r"(\d{4})(?:[-/](\d{1,2}))?(?:[-/](\d{1,2}))?(?![\d])", said)
    year = re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", said)
    if numbers and (numbers[2] or not re.search(r"[^\W\d_]", said[4:])):
        parts = [numbers[1], *(f"{int(one):02}" for one in numbers.groups()[1:] if one)]
    elif year:
        parts = [year[0]]
        month = next(
            (MONTHS[word] for word in re.findall(r"[a-z]{3,}", said.casefold()) if word in MONTHS),
            0,
        )
        if month:
            parts.append(f"{month:02}")
            day = re.search(r"(?<!\d)(\d{1,2})(?!\d)", said.replace(year[0], " ", 1))
            parts += [f"{int(day[1]):02}"] if day else []
    else:
        return ""
    while parts and not is_date("-".join(parts)):
        parts.pop()
    return "-".join(parts)


__all__ = ["Broken", "Name", "Reference", "bare_doi", "date_of", "doi_in", "storable"]
