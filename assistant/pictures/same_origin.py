"""Where sources repeat one origin: the documents of an answer by whom they go back to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.memo.origins import origin_of
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import author_of, kind_of_speaker
from assistant.memo.translation import worded
from assistant.memo.values import PRESS
from assistant.pictures.about import Material, content, leans, plain
from assistant.pictures.picture import Cell, Kind, Picture, Point, documents_in_words, documents_of
from corpus.starter.public_sources import STARTER

LEAST = 3
# "VTC News, citing SemiAnalysis, reports": it goes back to whom it cites.
_CITING = re.compile(
    r"\bciting\s+(?:the\s+|an?\s+(?:estimate|analysis|report|study)\s+(?:by|from|of)\s+)?"
    r"(?P<name>[A-Z][\w.&’'-]*(?:\s+[A-Z][\w.&’'-]*){0,3})"
)
# Two documents repeat one origin where sentences that credit it share this much of the shorter's
# stems; less, and they only credit the same organisation with different things.
_ALIKE, _WORDS = 0.5, 6


def origins_picture(material: Material) -> Picture | None:
    """Return the documents that repeat one origin, by that origin; None for fewer than LEAST.

    They repeat it where their sentences on the question credit one organisation, or are its own,
    and say the same.
    """
    by_name: dict[str, list[EvidenceSentence]] = {}
    for one in material.sentences:
        if leans(one) or not material.bears(one.text, one) or not material.in_class(one.text):
            continue
        if name := _origin(one):
            by_name.setdefault(name, []).append(one)
    points = []
    for name, sentences in by_name.items():
        repeated = max((_alike_to(one, sentences) for one in sentences), key=len)
        if len(repeated) > 1:
            points += [replace(_point(material, one), row=name) for one in repeated.values()]
    if documents_of(points) < LEAST:
        return None
    return _picture(material.language, points)


def _origin(sentence: EvidenceSentence) -> str:
    """Return whom a sentence goes back to: whom it cites or credits, else its own author."""
    citing = _CITING.search(sentence.text)
    if name := citing["name"] if citing else origin_of(sentence):
        return name
    author = author_of(sentence.source)
    return author if kind_of_speaker(author) not in ("", PRESS) and author != STARTER else ""


def _alike_to(
    one: EvidenceSentence, sentences: Sequence[EvidenceSentence]
) -> dict[str, EvidenceSentence]:
    """Return, by document, the sentences that say the same as one of them, itself the first."""
    found = {one.document: one}
    for other in sentences:
        if other.document not in found and _alike(one, other):
            found[other.document] = other
    return found


def _alike(one: EvidenceSentence, other: EvidenceSentence) -> bool:
    mine, theirs = content(one.text), content(other.text)
    shared = len(mine & theirs)
    return shared >= _WORDS and shared >= _ALIKE * min(len(mine), len(theirs))


def _point(material: Material, sentence: EvidenceSentence) -> Point:
    return Point.at(
        sentence, sentence.source.title, citation=material.number(sentence),
        date=sentence.source.published,
    )  # fmt: skip


def _picture(language: str, points: list[Point]) -> Picture:
    names = list(dict.fromkeys(one.row for one in points))
    form = (
        "{documents} repeat {origins} origins"
        if len(names) > 1
        else "{documents} repeat one origin"
    )
    title = worded(
        form, language, documents=documents_in_words(points, language), origins=len(names)
    )
    note = worded("Documents that repeat one origin are one voice, not several.", language)
    heads = tuple(worded(one, language) for one in ("Goes back to", "Document", "In the words"))
    rows = tuple((Cell(one.row), Cell(one.named), Cell(plain(one.words), (one,))) for one in points)
    return Picture(Kind.ORIGINS, title, tuple(points), heads, rows, note, language=language)
