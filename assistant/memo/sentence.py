"""Sentences of the evidence, as the parts of a memo read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corpus.document import Passage, Source


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
        """What tells this sentence from every other."""
        return self.passage.document, self.start, self.end

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return self.passage.is_row(self.start)


def sentences_of(found: Iterable[tuple[Passage, Source]]) -> Iterator[EvidenceSentence]:
    """Yield the sentences of passages in order, each once, headings left out."""
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
