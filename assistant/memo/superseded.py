"""Outdated evidence: documents with a later version, and statements retracted or ended since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.memo.sentence import EvidenceSentence
from assistant.planning.time_asked import time_asked
from assistant.retrieval.corrections import correction, figures
from assistant.retrieval.reported_changes import tells_the_end
from assistant.retrieval.time_statements import asked_statement
from assistant.retrieval.time_validity import DatedSentence, ordered_by_validity
from corpus.date_mentions import date_mentions
from corpus.document import Source
from corpus.partial_dates import last_day
from index.evidence import Evidence
from index.keyword_index import stems

# So many words make two sentences of one subject, where one corrects a number of the other.
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Validity:
    """The evidence that no longer holds, and why.

    `documents` has, by id, the later document that replaced one or reports the end of its subject;
    `sentences` the same by the key of a sentence.
    """

    documents: Mapping[str, Source]
    sentences: Mapping[tuple[str, int, int], Source]

    def later(self, document: str, start: int, end: int) -> Source | None:
        """Return the source that makes a span of a document outdated; None where it still holds."""
        return self.sentences.get((document, start, end)) or self.documents.get(document)


def validity_of(
    thing: str, found: Sequence[Evidence], sentences: Sequence[EvidenceSentence], *, as_of: str = ""
) -> Validity:
    """Return which evidence on a thing no longer holds, according to the evidence itself."""
    documents = {one.passage.document: one.newer.source for one in found if one.newer is not None}
    sources = {one.passage.document: one.source for one in found}
    for document, source in sources.items():
        ended = [later for later in sources.values() if tells_the_end(later, source)]
        if ended and document not in documents:
            documents[document] = max(ended, key=lambda one: one.published)
    return Validity(documents, {**_replaced(thing, sentences, as_of), **_taken_back(sentences)})


def _taken_back(sentences: Sequence[EvidenceSentence]) -> dict[tuple[str, int, int], Source]:
    """Return the sentences that repeat a number which another one corrects."""
    found: dict[tuple[str, int, int], Source] = {}
    for one in sentences:
        taken = correction(one.text)
        if taken is None or not taken.wrong:
            continue
        about = frozenset(stems(one.text))
        for other in sentences:
            values = {value for value, _ in figures(other.text)}
            repeats = values & taken.wrong and not values & taken.right
            alike = len(about & frozenset(stems(other.text))) >= _LEAST
            if other.key != one.key and repeats and alike and correction(other.text) is None:
                found[other.key] = one.source
    return found


def _replaced(
    thing: str, sentences: Sequence[EvidenceSentence], as_of: str
) -> dict[tuple[str, int, int], Source]:
    """Return the sentences with a figure on the thing that a later one states differently.

    They are ordered as answers to the present status, in their order of relevance. A figure with a
    year stays true for that year.
    """
    dated = [
        DatedSentence(
            text=one.text,
            chance=0.9 - 0.001 * place,
            start=one.start,
            label=place,
            published=one.source.dated,
            context=f"{one.source.title} {one.passage.heading}",
        )
        for place, one in enumerate(sentences)
    ]
    question = f"What is now the status of {thing}?"
    now = last_day(as_of) if as_of else date.today().isoformat()
    timed = ordered_by_validity(
        dated, time_asked(question, now), asked_statement(question), now=now
    )
    return {
        sentences[one.aside].key: sentences[one.leading].source
        for one in timed.replaced
        if sentences[one.leading].source.dated > sentences[one.aside].source.dated
        and figures(sentences[one.aside].text)
        and not any(day.year for day in date_mentions(sentences[one.aside].text))
    }
