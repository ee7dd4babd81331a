"""Sentences of the evidence as the parts of a memo read them, and the numbers they are cited by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from corpus.document import Passage, Source
from index.evidence import Evidence


@dataclass(frozen=True, slots=True)
class EvidenceSentence:
    """A sentence of a document: `document.text[start:end] == text`, always."""

    text: str
    start: int
    end: int
    passage: Passage
    source: Source

    @property
    def document(self) -> str:
        """The id of the document."""
        return self.passage.document

    @property
    def key(self) -> tuple[str, int, int]:
        """A unique key: document, start and end."""
        return self.passage.document, self.start, self.end

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return self.passage.is_row(self.start)


def sentences_of(found: Iterable[tuple[Passage, Source]]) -> Iterator[EvidenceSentence]:
    """Yield the sentences of passages in order, without duplicates and headings."""
    seen: set[tuple[str, int, int]] = set()
    for passage, source in found:
        for start, end in passage.parts():
            text = passage.text[start:end]
            if text == passage.heading.rpartition(" › ")[2]:
                continue
            one = EvidenceSentence(
                text, passage.start + start, passage.start + end, passage, source
            )
            if one.key not in seen:
                seen.add(one.key)
                yield one


class CitationNumbers:
    """The citations of a memo, to which tables add theirs: one number per span of words."""

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
        """Return the citation number of a sentence, a new one where it has none."""
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
