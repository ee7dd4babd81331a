"""Vectors and token codes of documents as rows of the record, beside the rows of the documents.

They are most of what a record holds. Apart from the documents, listing those does not pass over
them: SQLite reads a row from its beginning. Vectors are kept in half precision, which moves a
cosine by 0.0002 at most; token codes in blocks of a few passages, since a search wants those of
its best hundred candidates and of no others.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.connections import Connection, Connections
from corpus.rows import damage_told, packed, packed_places
from corpus.token_codes import TokenCodes

_LOG = logging.getLogger(__name__)
# float32 [passages, dimension].
Matrix = NDArray[np.float32]
# Passages in a block, in the record's format: it begins with passage 0, 16, 32 … of its document.
# SQLite wastes half a page of 4 KB a block, which is 128 bytes a passage.
BLOCK = 16
# Blocks that are asked for by one statement: SQLite takes some 32,000 variables, two a block.
_AT_ONCE = 1_000
_NO_VECTORS: Matrix = np.zeros((0, 0), dtype=np.float32)
_NO_TOKENS = TokenCodes.none(0)
# The vectors of some documents, to be continued by a condition.
VECTORS = (
    "SELECT id, places, passage_count, document_vectors.vectors FROM documents"
    " JOIN document_vectors ON document_vectors.document = documents.id"
    " WHERE visible = 1 AND passage_count > 0"
)


@damage_told()
def matrix_of(stored: bytes, passages: int) -> Matrix:
    """Return the vectors of `passages` passages, as float32, from how the record keeps them.

    Raises LibraryDamaged.
    """
    return np.frombuffer(stored, dtype="<f2").astype(np.float32).reshape(passages, -1)


def put(connection: Connection, document: str, vectors: Matrix, tokens: TokenCodes) -> None:
    """Keep the vectors and token codes of a document, in place of those that are there."""
    connection.execute(
        "INSERT INTO document_vectors VALUES (?, ?) ON CONFLICT (document)"
        " DO UPDATE SET vectors = excluded.vectors",
        (document, np.ascontiguousarray(vectors, dtype="<f2").tobytes()),
    )
    connection.execute("DELETE FROM passage_tokens WHERE document = ?", (document,))
    if not len(tokens.codes):
        return
    for first, block in tokens.blocks(BLOCK):
        columns = block.columns()
        connection.execute(
            "INSERT INTO passage_tokens VALUES (?, ?, ?, ?)",
            (document, first, columns["token_counts"], columns["tokens"]),
        )


def token_codes_of(connections: Connections, document: str, passages: int) -> TokenCodes:
    """Return the token codes of a document with so many passages; none where none are kept."""
    rows = connections.rows(
        "SELECT tokens, counts FROM passage_tokens WHERE document = ? ORDER BY first", (document,)
    )
    found = TokenCodes.joined([TokenCodes.stored(row[0], row[1]) for row in rows])
    return found if len(found.counts) == passages else TokenCodes.none(passages)


def token_codes_at(connections: Connections, places: Sequence[tuple[str, int]]) -> TokenCodes:
    """Return the token codes of passages, each given by its document and its number there.

    A passage that has none, or is not there, has none among them.
    """
    wanted = sorted({(document, number - number % BLOCK) for document, number in places})
    blocks: dict[tuple[str, int], TokenCodes] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        rows = connections.rows(
            "SELECT document, first, tokens, counts FROM passage_tokens WHERE (document, first)"
            f" IN (VALUES {', '.join(['(?, ?)'] * len(some))})",
            [value for one in some for value in one],
        )
        blocks |= {(str(row[0]), int(row[1])): TokenCodes.stored(row[2], row[3]) for row in rows}
    nothing = TokenCodes.none(1)
    parts = []
    for document, number in places:
        block = blocks.get((document, number - number % BLOCK))
        parts.append(nothing if block is None else block.passage(number % BLOCK))
    return TokenCodes.joined(parts)


def set_apart(connection: Connection) -> None:
    """Bring vectors and token codes of an older record from the rows of the documents into theirs.

    One document at a time. Its row keeps nothing of them; its text and the places of its
    passages are packed. Raises LibraryDamaged.
    """
    documents = connection.execute("SELECT id FROM documents ORDER BY id").fetchall()
    if documents:
        _LOG.info("bringing the library into its new form: %d documents", len(documents))
    for (document,) in documents:
        row = connection.execute(
            "SELECT passage_count, vectors, tokens, token_counts, text, spans, tables"
            " FROM documents WHERE id = ?",
            (document,),
        ).fetchone()
        count = int(row[0])
        with damage_told():
            old = np.frombuffer(row[1], dtype="<f4")
            vectors = old.reshape(count, -1) if count else _NO_VECTORS
        tokens = TokenCodes.stored(row[2], row[3])
        put(connection, document, vectors, tokens if len(tokens.counts) == count else _NO_TOKENS)
        connection.execute(
            "UPDATE documents SET vectors = ?, tokens = ?, token_counts = ?, text = ?, spans = ?,"
            " tables = ?, content = ?, places = ? WHERE id = ?",
            (b"", b"", b"", "", "", "", packed(row[4]), packed_places(row[5], row[6]), document),
        )
