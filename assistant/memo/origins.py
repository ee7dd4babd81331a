"""Independent origins of statements: reprints and retellings count once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from assistant.memo.sentence import EvidenceSentence, sentences_of
from assistant.memo.speakers import author_of, kind_of_speaker, speaker_of
from assistant.memo.values import PRESS
from corpus.document import Passage, Source
from corpus.starter.public_sources import STARTER

# Two texts are one if the longer has this share of the shorter's eight-word shingles: a reprint
# with a new lead keeps over half, articles on one event share a few quotations at most.
_RUN, _SHARED = 8, 0.3
# Sentences of a document that are examined, and the share that credits others in one that retells.
_READ, _CREDITED = 80, 0.25
# The head of a document, where a wire service is credited.
_HEAD = 600
_WIRE = re.compile(
    r"\((?P<wire>Reuters|AP|AFP|Bloomberg|Xinhua|Kyodo|Yonhap)\)\s*[—–-]|"
    r"\b(?:first published (?:by|in)|originally (?:published|appeared) (?:by|in|on)|"
    r"reprinted from)\s+"
    r"(?P<from>[A-Z][\w .&'-]{1,40}?)(?=[.,;\n)]|\s+on\b)"
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A document with its source and whole text."""

    document: str
    source: Source
    text: str


def origins(documents: Sequence[SourceText]) -> dict[str, str]:
    """Return for each document the id of its origin, which may be itself.

    Near-duplicates, versions of one publisher under one title, and the retellings of one series
    (see `only_retells`) have the earliest of them as their origin.
    """
    groups = {one.document: one.document for one in documents}

    def root(one: str) -> str:
        while groups[one] != one:
            one = groups[one]
        return one

    runs = {one.document: _runs(one.text) for one in documents}
    series = {one.document for one in documents if only_retells(one)}
    order = {
        one.document: (one.source.published or "9999", place) for place, one in enumerate(documents)
    }
    for one, other in combinations(documents, 2):
        first, second = root(one.document), root(other.document)
        told = one.document in series and other.document in series
        if first != second and (
            _same(one, other, runs) or (told and one.source.publisher == other.source.publisher)
        ):
            earlier, later = sorted((first, second), key=lambda name: order[name])
            groups[later] = earlier
    return {one.document: root(one.document) for one in documents}


def _same(one: SourceText, other: SourceText, runs: Mapping[str, frozenset[int]]) -> bool:
    first, second = runs[one.document], runs[other.document]
    least = min(len(first), len(second))
    if least and len(first & second) >= _SHARED * least:
        return True
    title = _title(one.source.title)
    return bool(
        title
        and title == _title(other.source.title)
        and one.source.publisher
        and one.source.publisher == other.source.publisher
    )


def only_retells(one: SourceText) -> bool:
    """Say whether a document only retells what others said, in a series of its publisher.

    That is so if its publisher is of no known kind (an authority, a company, an institute or a
    newspaper reports for itself) and a sentence in four credits somebody else.
    """
    publisher = one.source.publisher
    if publisher == STARTER:
        return True
    if not publisher or kind_of_speaker(publisher):
        return False
    passage = Passage(one.document, 0, len(one.text), one.text)
    read = list(islice(sentences_of([(passage, one.source)]), _READ))
    credited = sum(speaker_of(sentence).speaker not in ("", publisher) for sentence in read)
    return credited >= _CREDITED * max(1, len(read))


def _runs(text: str) -> frozenset[int]:
    words = re.findall(r"\w+", text.casefold())
    return frozenset(
        hash(tuple(words[place : place + _RUN])) for place in range(len(words) - _RUN + 1)
    )


def _title(title: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", title.casefold()))


def origin_of(sentence: EvidenceSentence) -> str:
    """Return the organisation that a sentence or its document credits, "" for none.

    The origin of "According to Reuters" and "(Reuters) —" is Reuters; that of a company's statement
    is the company, whoever retells it.
    """
    said = speaker_of(sentence)
    if said.speaker and said.speaker != author_of(sentence.source):
        return said.speaker
    found = _WIRE.search(sentence.passage.text[:_HEAD])
    if found:
        return (found["wire"] or found["from"]).strip()
    return ""


def independent_origins(sentences: Sequence[EvidenceSentence], by: Mapping[str, str]) -> int:
    """Return the number of independent origins of `sentences`.

    Those of documents with one origin (`by`, from `origins`) count once, whomever they credit, and
    so do those that credit one organisation, its own documents included.
    """
    keys: list[set[str]] = []
    for one in sentences:
        own = {f"document:{by.get(one.document, one.document)}"}
        credit = origin_of(one)
        if credit:
            own.add(f"name:{credit.casefold()}")
        elif kind_of_speaker(author := author_of(one.source)) not in ("", PRESS):
            own.add(f"name:{author.casefold()}")
        joined = [group for group in keys if group & own]
        keys = [group for group in keys if not group & own]
        keys.append(own.union(*joined))
    return len(keys)
