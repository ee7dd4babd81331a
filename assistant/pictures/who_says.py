"""Who says what: sentences of an answer against the documents that say so, too, or otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from assistant.answer import Answer, Claim
from assistant.checking.checker import Checker, Cited
from assistant.memo.disagreements import disagreements
from assistant.memo.figures import statements_of
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import author_of
from assistant.memo.translation import worded
from assistant.pictures.about import Material, content, leans, plain, said_by, shortened
from assistant.pictures.picture import Cell, Kind, Picture, Point, documents_in_words
from corpus.starter.public_sources import STARTER

# Fewer cells, or fewer documents where all agree, are less than the sentences themselves.
LEAST, APART, COLUMNS, ROWS = 3, 3, 5, 5
# The share of a sentence's stems that another must have to be read beside it, and how many of a
# document are read: a check takes 20 ms.
_ALIKE, _READ = 0.5, 1
AGREES, DIFFERS, SILENT = "says so", "says otherwise", "not found in it"
Says = Callable[[str, EvidenceSentence], bool]


def who_says_picture(material: Material, answer: Answer, checker: Checker) -> Picture | None:
    """Return the claims of an answer by the documents of its evidence; None for too little."""

    def says(claim: str, sentence: EvidenceSentence) -> bool:
        about = ". ".join(filter(None, (sentence.source.title, sentence.passage.heading)))
        return checker.check(claim, [Cited(sentence.text, about)]).verdict == "supported"

    differing = _differing(material)
    filled: dict[tuple[str, str], Point] = {}
    rows: list[str] = []
    told: set[tuple[str, int, int]] = set()
    for claim in _claims(material, answer):
        if len(rows) == ROWS or any(material.numbers.get(key) in claim.citations for key in told):
            continue
        row = plain(claim.text)
        voices = _voices(material, claim, says, differing)
        if len({one.document for one in voices}) < 2 or any(one.place in told for one in voices):
            continue
        rows.append(row)
        told.update(one.place for one in voices)
        for point in voices:
            filled.setdefault((row, point.document), replace(point, row=row))
    return _picture(material, rows, filled)


def _claims(material: Material, answer: Answer) -> Iterator[Claim]:
    """Yield the supported claims of an answer, then quotations of its evidence on the question."""
    for one in answer.claims:
        if one.verdict == "supported" and one.citations:
            yield one
    for sentence in material.sentences:
        if (
            not leans(sentence)
            and material.number(sentence) is None
            and material.in_class(sentence.text)
            and material.bears(sentence.text, sentence)
        ):
            yield Claim(sentence.text, (), "supported")


def _voices(
    material: Material,
    claim: Claim,
    says: Says,
    differing: dict[tuple[str, int, int], list[tuple[str, EvidenceSentence]]],
) -> list[Point]:
    """Return one point for each document that says a claim, or says otherwise."""
    found: list[Point] = []
    stems = content(claim.text)
    by_document: dict[str, list[tuple[float, EvidenceSentence]]] = {}
    for one in material.sentences:
        share = len(stems & content(one.text)) / max(1, len(stems))
        if share >= _ALIKE or _is_cited(material, one, claim):
            by_document.setdefault(one.document, []).append((share, one))
    for alike in by_document.values():
        alike.sort(key=lambda pair: -pair[0])
        for _, one in alike[:_READ]:
            if _is_cited(material, one, claim) or says(claim.text, one):
                found.append(_point(material, one, AGREES))
                for shown, other in differing.get(one.key, ()):
                    found.append(_point(material, other, DIFFERS, shown))
                break
    return found


def _is_cited(material: Material, sentence: EvidenceSentence, claim: Claim) -> bool:
    return sentence.text == claim.text or material.number(sentence) in claim.citations


def _differing(
    material: Material,
) -> dict[tuple[str, int, int], list[tuple[str, EvidenceSentence]]]:
    """Return for the key of a sentence those that say otherwise on one thing, and what they say."""
    found: dict[tuple[str, int, int], list[tuple[str, EvidenceSentence]]] = {}
    for one in disagreements(material.sentences):
        if one.update:
            continue
        for side, other in one.against():
            found.setdefault(side.sentence.key, []).append((other.shown, other.sentence))
    return found


def _point(material: Material, sentence: EvidenceSentence, cell: str, shown: str = "") -> Point:
    figures = [one.shown for one in statements_of(sentence)]
    return Point.at(
        sentence, cell, shown=shown or worded(", ", material.language).join(figures[:2]),
        who=said_by(sentence), citation=material.number(sentence),
        tone="differs" if cell == DIFFERS else "agrees",
    )  # fmt: skip


def _picture(
    material: Material, rows: list[str], filled: dict[tuple[str, str], Point]
) -> Picture | None:
    language = material.language
    documents = _voices_apart(points=filled)[:COLUMNS]
    rows = [row for row in rows if sum((row, document) in filled for document in documents) > 1]
    points = [filled[row, one] for row in rows for one in documents if (row, one) in filled]
    documents = [one for one in documents if any((row, one) in filled for row in rows)]
    differ = any(one.label == DIFFERS for one in points)
    if len(points) < LEAST or len(documents) < (2 if differ else APART):
        return None
    sources = {one.document: one.source for one in points}
    heads = (
        worded("What is said", language),
        *(_column(sources[one].title, sources[one].published) for one in documents),
    )
    table = tuple(
        (
            Cell(shortened(row, 220)),
            *(_cell(filled.get((row, document)), language) for document in documents),
        )
        for row in rows
    )
    form = "{count} statements in {documents}" if len(rows) > 1 else "One statement in {documents}"
    title = worded(form, language, count=len(rows), documents=documents_in_words(points, language))
    note = worded(
        "Of the passages found for the question; a document may say more elsewhere.", language
    )
    return Picture(Kind.WHO_SAYS, title, tuple(points), heads, table, note, language=language)


def _voices_apart(points: dict[tuple[str, str], Point]) -> list[str]:
    """Return the documents, of several by one publisher the first: none agrees with itself."""
    found: dict[str, str] = {}
    for one in points.values():
        author = author_of(one.source)
        found.setdefault(one.document if author in ("", STARTER) else author, one.document)
    return list(found.values())


def _column(title: str, published: str) -> str:
    return f"{shortened(title, 44)} ({published[:4]})" if published else shortened(title, 44)


def _cell(point: Point | None, language: str) -> Cell:
    if point is None:
        return Cell(worded(SILENT, language))
    said = worded(point.label, language)
    return Cell(f"{said}: {point.shown}" if point.shown else said, (point,))
