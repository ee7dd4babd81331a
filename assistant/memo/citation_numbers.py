"""Numbering the citations of a memo: one number a span of words, however often it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answer import Citation
from assistant.memo.sentence import EvidenceSentence
from index.evidence import Evidence


class CitationNumbers:
    """The citations of a memo while tables are added to it."""

    def __init__(self, citations: Sequence[Citation], pool: Mapping[str, Evidence]) -> None:
        """Begin with `citations`; `pool` holds the passages that were found, by id."""
        self._citations = list(citations)
        self._pool = pool
        self._places = {(one.document, one.start, one.end): one.number for one in citations}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations, in the order of their numbers."""
        return tuple(self._citations)

    def number(self, sentence: EvidenceSentence) -> int:
        """Return the number under which a sentence is cited; a new one where it is not yet."""
        if sentence.key not in self._places:
            passage = sentence.passage
            found = self._pool.get(passage.id)
            self._citations.append(
                Citation(
                    number=len(self._citations) + 1,
                    document=passage.document,
                    source=sentence.source,
                    page=passage.page_at(sentence.start),
                    folio=passage.folio_at(sentence.start),
                    heading=passage.heading,
                    quote=sentence.text,
                    start=sentence.start,
                    end=sentence.end,
                    why=found.why if found else "",
                    newer=found.newer if found else None,
                )
            )
            self._places[sentence.key] = len(self._citations)
        return self._places[sentence.key]
