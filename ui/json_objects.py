"""Documents, passages and reports as the JSON objects that commands print and the API returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus.catalogue import Entry
    from corpus.document import LeftOut
    from index.evidence import Evidence
    from index.ingest import Report


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return a document as `briefing sources --json` lists it."""
    return {
        "id": entry.id,
        "title": entry.source.title,
        "publisher": entry.source.publisher,
        "published": entry.source.published,
        "updated": entry.source.updated,
        "fetched": entry.source.fetched,
        "location": entry.source.location,
        "kind": entry.source.kind,
        "pages": entry.pages,
        "passages": entry.passages,
        "added": entry.added,
        "also": [
            {
                "title": one.title,
                "publisher": one.publisher,
                "published": one.published,
                "location": one.location,
            }
            for one in entry.others
        ],
    }


def evidence_json(found: Evidence) -> dict[str, Any]:
    """Return a passage that was found as `briefing search --json` prints it."""
    from assistant.answer import newer_json

    passage, source = found.passage, found.source
    return {
        "rank": found.label,
        "score": round(found.score, 4),
        "why": found.why,
        "match": asdict(found.match) if found.match else None,
        "newer": newer_json(found.newer),
        "document": passage.document,
        "title": source.title,
        "publisher": source.publisher,
        "published": source.published,
        "location": source.location,
        "page": passage.page,
        "page_name": passage.page_name,
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def report_json(report: Report) -> dict[str, Any]:
    """Return a report as `briefing add --json` prints it."""
    values = asdict(report)
    for account, told in zip(report.accounts, values["accounts"], strict=True):
        told["left_out"] = left_out_json(account.left_out)
    return values


def left_out_json(left_out: Sequence[LeftOut]) -> list[dict[str, Any]]:
    """Return what was left out of a document, and of each thing whether it is missed."""
    return [asdict(one) | {"missed": one.missed} for one in left_out]


__all__ = ["entry_json", "evidence_json", "left_out_json", "report_json"]
