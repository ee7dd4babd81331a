"""Integrity checks of a library: its database, its passages and vectors, its originals."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.connections import Connections
from corpus.errors import LibraryDamaged
from corpus.i18n import tr
from corpus.originals import Originals
from corpus.rows import damage_told, spans_in, unpacked


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
    rows = connections.rows("SELECT id, location, original FROM documents WHERE visible = 1")
    odd = [row["id"] for row in rows if not _spans_fit(connections, row["id"])]
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


def _spans_fit(connections: Connections, document: str) -> bool:
    """Say whether a document's passages lie in its text and its vectors are whole rows."""
    rows = connections.rows(
        "SELECT content, places, passage_count,"
        " (SELECT length(vectors) FROM document_vectors WHERE document = id) AS bytes"
        " FROM documents WHERE id = ?",
        (document,),
    )
    # One that went meanwhile has nothing that does not fit.
    for row in rows:
        try:
            length, spans = len(unpacked(row["content"])), spans_in(row["places"])
            with damage_told():
                inside = all(0 <= start < end <= length for start, end, _, _ in spans)
        except LibraryDamaged:
            return False
        if not inside or len(spans) != row["passage_count"]:
            return False
        # Two bytes a number; no row of vectors at all is as wrong as half of one.
        if spans and (not row["bytes"] or row["bytes"] % (2 * len(spans))):
            return False
    return True
