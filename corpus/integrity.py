"""Integrity checks of a library: its database, its passages and vectors, its originals."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.connections import Connections, Row
from corpus.errors import LibraryDamaged
from corpus.i18n import tr
from corpus.originals import Originals
from corpus.rows import spans_in, unpacked


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """One check of the library: its name, whether it passed, and what was seen."""

    name: str
    ok: bool
    detail: str


def check(connections: Connections, originals: Originals) -> list[IntegrityFinding]:
    """Check the database, every visible passage and every kept original."""
    fault = connections.fault()
    findings = [
        IntegrityFinding("database", not fault, f"{connections.name}: {fault[:200] or 'ok'}")
    ]
    rows = connections.rows(
        "SELECT id, location, content, places, original, passage_count,"
        " (SELECT length(vectors) FROM document_vectors WHERE document = id) AS bytes"
        " FROM documents WHERE visible = 1"
    )
    odd = [row["id"] for row in rows if not _spans_fit(row)]
    findings.append(
        IntegrityFinding(
            "passages",
            not odd,
            tr("{count} documents, {odd} with passages outside", count=len(rows), odd=len(odd)),
        )
    )
    lost = [
        row["location"] for row in rows if row["original"] and not originals.whole(row["original"])
    ]
    detail = f"lost or altered: {', '.join(lost[:3])}" if lost else "all present and unaltered"
    findings.append(IntegrityFinding("originals", not lost, detail))
    return findings


def _spans_fit(row: Row) -> bool:
    """Say whether a document's passages lie in its text and its vectors are whole rows."""
    try:
        length, spans = len(unpacked(row["content"])), spans_in(row["places"])
    except (LibraryDamaged, ValueError):
        return False
    inside = all(0 <= start < end <= length for start, end, _, _ in spans)
    count = len(spans)
    return (
        inside
        and count == row["passage_count"]
        and (not count or (row["bytes"] or 1) % (2 * count) == 0)
    )
