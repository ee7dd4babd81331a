"""An answer that was calculated over a table, with the rows it rests on cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answer import Answer, Citation, Claim
from assistant.attribution import citation_at
from assistant.calculating import Calculation
from assistant.workspace import Workspace
from index.evidence import Evidence
from index.retriever import table_rows


def calculated_answer(
    workspace: Workspace, answer: Answer, calculation: Calculation, evidence: Sequence[Evidence]
) -> Answer:
    """Return `answer` with the sentence of a calculation, its rows cited and its working shown.

    The sentence stands in no cell: it is supported by the calculation, not by the check of words,
    and the chance that a sentence of the evidence answers says nothing of it.
    """
    citations: list[Citation] = []
    for start, end in calculation.rows:
        one = next(_holding(workspace, calculation.document, start, evidence), None)
        if one is not None:
            citations.append(citation_at(start, end, one, len(citations) + 1))
    claim = Claim(calculation.sentence, tuple(one.number for one in citations), "supported")
    return replace(
        answer,
        claims=(claim,),
        citations=tuple(citations),
        calculation=calculation.working,
        outcome="answered",
        chance=None,
        not_found=(),
    )


def _holding(
    workspace: Workspace, document: str, start: int, evidence: Sequence[Evidence]
) -> Iterator[Evidence]:
    """Yield the passages of a document that hold an offset, those that were found first."""
    found = [one for one in evidence if one.passage.document == document]
    yield from (one for one in found if one.passage.start <= start < one.passage.end)
    for passage in workspace.library.passages_of(document):
        if passage.start <= start < passage.end:
            rows = table_rows(workspace.library, passage)
            why = "a row of the table that was calculated"
            yield Evidence(0, passage, found[0].source, 0.0, why, rows=rows)
