"""What changes the tables of a library: documents made visible, hidden, described, embedded anew.

Each function is a part of one write transaction of `corpus.library`, whose connection it is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from corpus import metadata
from corpus.connections import Connection
from corpus.document import WITHIN, Document, Passage, Source
from corpus.errors import EmbedderMismatch, LibraryError
from corpus.i18n import tr
from corpus.rows import now, row_of
from corpus.stored_vectors import Matrix, put
from corpus.token_codes import TokenCodes


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did: "added", "replaced", "unchanged", "updated" or "duplicate".

    "updated": the text is the same and what is said of it has changed (title, publisher, date).
    "duplicate": the same content is there from another place, and this place is now known too.
    `replaced` is the id of the version whose place this one took.
    """

    outcome: str
    document: str
    replaced: str = ""


def outcome_of(connection: Connection, document: Document, edits: Mapping[str, str] | None) -> str:
    """Return the outcome that publishing a document would have: see `Publication`."""
    place = document.source.location
    here = _shown_at(connection, place)
    if here == document.id:
        said = metadata.latest_statement(connection, here, place)
        kept = metadata.edits_at(connection, place)
        same = metadata.is_same_statement(said, document.source) and all(
            kept.get(field, getattr(said, field)) == value for field, value in (edits or {}).items()
        )
        return "unchanged" if same else "updated"
    if connection.execute(
        "SELECT 1 FROM documents WHERE id = ? AND visible = 1", (document.id,)
    ).fetchone():
        return "duplicate"
    return "replaced" if here else "added"


def publish(
    connection: Connection,
    document: Document,
    passages: Sequence[Passage],
    vectors: Matrix | None,
    *,
    tokens: TokenCodes | None,
    edits: Mapping[str, str] | None,
    embedder: str,
    original: str,
    within: Sequence[str] | None,
    starter: bool,
) -> Publication:
    """Make a document visible: see `Library.publish`; `original` is the hash of the kept bytes."""
    location = document.source.location
    outcome = outcome_of(connection, document, edits)
    before = _shown_at(connection, location)
    held = _places_within(connection, [location]) if within is not None else {}
    if outcome in {"added", "replaced"}:
        if vectors is None:
            raise LibraryError(tr("no passages were given for {id}", id=location))
        _agree_on(connection, embedder)
        codes = tokens or TokenCodes.none(len(passages))
        _insert(connection, document, passages, vectors, codes, original, starter=starter)
    connection.execute(
        "INSERT INTO places VALUES (?, ?, ?) ON CONFLICT (location)"
        " DO UPDATE SET document = excluded.document, original = excluded.original",
        (location, document.id, original),
    )
    metadata.record_statement(connection, document.id, document.source)
    if edits:
        metadata.record_edits(connection, document.id, location, edits)
    # A further place may be the only change: a search by its publisher must find it too.
    if metadata.update_row(connection, document.id) or outcome in {"updated", "duplicate"}:
        _record(connection, document.id, visible=True)
    if before and before != document.id:
        _hide_unless_elsewhere(connection, before, replaced_by=document.id)
    for place in held.keys() - set(within or ()):
        connection.execute("DELETE FROM places WHERE location = ?", (place,))
        _hide_unless_elsewhere(connection, held[place], replaced_by="")
    if not starter:
        connection.execute("UPDATE facts SET value = '1' WHERE name = 'ever_added'")
    return Publication(outcome, document.id, before if outcome == "replaced" else "")


def show(connection: Connection, document: str, *, visible: bool) -> None:
    """Make a document visible or not, with what is read from within it and from nowhere else."""
    places = _places_of(connection, document)
    held = _places_within(connection, places)
    within = [
        one
        for one in dict.fromkeys(held.values())
        if one != document and held.keys() >= set(_places_of(connection, one))
    ]
    for one in (document, *within):
        changed = connection.execute(
            "UPDATE documents SET visible = ? WHERE id = ? AND visible != ?",
            (int(visible), one, int(visible)),
        )
        if changed.rowcount:
            _record(connection, one, visible=visible)


def update_source(
    connection: Connection, document: str, present: Source, values: Mapping[str, str | None]
) -> None:
    """Change what the library says of a document, at `present`: see `Library.update_source`."""
    kept = metadata.edits_at(connection, present.location)
    said = metadata.latest_statement(connection, document, present.location)
    changed = {}
    for field, value in values.items():
        if value is None or value == getattr(present, field):
            continue
        # Nobody wants a document without a title; one without a publisher may be meant.
        emptied = not value and (field in kept or field == "title") and said is not None
        changed[field] = getattr(said, field) if emptied else value
    if _shown_at(connection, present.location) == document:
        metadata.record_edits(connection, document, present.location, changed)
        metadata.update_row(connection, document)
    else:
        # A replaced version that was brought back: its place shows the next one.
        for field, value in changed.items():
            connection.execute(f"UPDATE documents SET {field} = ? WHERE id = ?", (value, document))
    # The title is in the word index: a new generation brings it there.
    _record(connection, document, visible=True)


def describe(
    connection: Connection, document: str, location: str, values: Mapping[str, str]
) -> bool:
    """State fields of a document at one of its places anew: see `Library.describe`."""
    said = metadata.latest_statement(connection, document, location)
    if said is None or _shown_at(connection, location) != document:
        return False
    stated = replace(said, **{field: value for field, value in values.items() if value})
    if stated == said:
        return False
    metadata.record_statement(connection, document, stated)
    metadata.update_row(connection, document)
    _record(connection, document, visible=True)
    return True


def replace_vectors(
    connection: Connection,
    embedder: str,
    vectors: Mapping[str, tuple[Matrix, TokenCodes]],
) -> list[str]:
    """Give every document new vectors, or return those missing: see `Library.replace_vectors`."""
    kept = connection.execute("SELECT id FROM documents WHERE passage_count > 0")
    missing = [str(row[0]) for row in kept if row[0] not in vectors]
    if missing:
        return missing
    for document, (matrix, tokens) in vectors.items():
        put(connection, document, matrix, tokens)
    for (document,) in connection.execute("SELECT id FROM documents WHERE visible = 1").fetchall():
        _record(connection, document, visible=True)
    connection.execute("UPDATE facts SET value = ? WHERE name = 'embedder'", (embedder,))
    return []


def move(connection: Connection, moves: Mapping[str, str], read_again: Collection[str]) -> None:
    """Let documents be shown from other places: see `SyncedFiles.move`."""
    every: dict[str, str] = {}
    for old, new in moves.items():
        held = _places_within(connection, [old])
        every |= {old: new} | {part: new + part.removeprefix(old) for part in held}
    overwritten = set(moves.values()) - moves.keys()
    for place in (*overwritten, *(_places_within(connection, overwritten).keys() - every.keys())):
        _leave(connection, _shown_at(connection, place), {place})
        connection.execute("DELETE FROM places WHERE location = ?", (place,))
        connection.execute("DELETE FROM edits WHERE location = ?", (place,))
        connection.execute("DELETE FROM bibliography WHERE location = ?", (place,))
    shown: list[tuple[str, str, str]] = []
    for number, (old, new) in enumerate(every.items()):
        row = connection.execute(
            "SELECT document FROM places WHERE location = ?", (old,)
        ).fetchone()
        if row is not None:
            # Files may have changed places among themselves: no name is taken on the way.
            between = f"\n{number}"
            _rename(connection, str(row[0]), old, between)
            shown.append((str(row[0]), between, new))
    for document, between, new in shown:
        _rename(connection, document, between, new)
        if new in read_again:
            connection.execute("UPDATE places SET original = '' WHERE location = ?", (new,))
        connection.execute("UPDATE documents SET visible = 1 WHERE id = ?", (document,))
        metadata.update_row(connection, document)
        _record(connection, document, visible=True)


def _rename(connection: Connection, document: str, old: str, new: str) -> None:
    connection.execute("UPDATE places SET location = ? WHERE location = ?", (new, old))
    connection.execute("UPDATE edits SET location = ? WHERE location = ?", (new, old))
    connection.execute("UPDATE bibliography SET location = ? WHERE location = ?", (new, old))
    connection.execute(
        "UPDATE statements SET location = ? WHERE location = ? AND document = ?",
        (new, old, document),
    )
    connection.execute(
        "UPDATE documents SET location = ? WHERE location = ? AND id = ?", (new, old, document)
    )


def leave(connection: Connection, places: Collection[str], folder: str) -> list[str]:
    """Let places show nothing any more: see `SyncedFiles.leave`; `folder` begins their names."""
    gone = {*places, *_places_within(connection, places)}
    shown = {place: _shown_at(connection, place) for place in gone}
    for document in dict.fromkeys(shown[place] for place in sorted(gone)):
        _leave(connection, document, gone, folder)
    return sorted(place for place in places if shown[place])


def _leave(connection: Connection, document: str, gone: set[str], folder: str = "") -> None:
    """Hide a visible document, or take the places that are gone from one that has others.

    What a person edited there, and what a list of references states, holds for another place in
    the same folder: the file was copied there, and then removed.
    """
    if not document:
        return
    places = _places_of(connection, document)
    left = sorted(place for place in places if place not in gone)
    if not left:
        connection.execute("UPDATE documents SET visible = 0 WHERE id = ?", (document,))
        _record(connection, document, visible=False)
        return
    heir = next((place for place in left if folder and place.startswith(folder)), "")
    for place in sorted(gone.intersection(places)):
        connection.execute("DELETE FROM places WHERE location = ?", (place,))
        if heir:
            present = metadata.edits_at(connection, heir)
            for field in metadata.edits_at(connection, place).keys() - present.keys():
                connection.execute(
                    "UPDATE edits SET location = ? WHERE location = ? AND field = ?",
                    (heir, place, field),
                )
            connection.execute(
                "UPDATE bibliography SET location = ? WHERE location = ? AND NOT EXISTS"
                " (SELECT 1 FROM bibliography WHERE location = ?)",
                (heir, place, heir),
            )
    metadata.update_row(connection, document)
    _record(connection, document, visible=True)


def check_passages(document: Document, passages: Sequence[Passage], vectors: Matrix | None) -> None:
    """Raise LibraryError for vectors of another number, passages that do not slice back."""
    if vectors is not None and len(vectors) != len(passages):
        raise LibraryError(
            tr(
                "{vectors} vectors for {passages} passages",
                vectors=len(vectors),
                passages=len(passages),
            )
        )
    for passage in passages:
        whole = document.text[passage.start : passage.end]
        if passage.document != document.id or whole != passage.text or not whole:
            raise LibraryError(tr("a passage does not slice back: {id}", id=passage.id))


def _agree_on(connection: Connection, embedder: str) -> None:
    row = connection.execute("SELECT value FROM facts WHERE name = 'embedder'").fetchone()
    if row and row[0] and row[0] != embedder:
        raise EmbedderMismatch(
            tr(
                "this library was embedded by {one}, not {other}; run: briefing doctor --reembed",
                one=repr(str(row[0])),
                other=repr(embedder),
            )
        )
    connection.execute("UPDATE facts SET value = ? WHERE name = 'embedder'", (embedder,))


def _insert(
    connection: Connection,
    document: Document,
    passages: Sequence[Passage],
    vectors: Matrix,
    tokens: TokenCodes,
    original: str,
    *,
    starter: bool,
) -> None:
    columns = row_of(document, passages) | {
        "original": original,
        "starter": int(starter),
        "added": now(),
        "visible": 1,
    }
    connection.execute(
        f"INSERT INTO documents ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT (id) DO UPDATE SET"
        f" {', '.join(f'{name} = excluded.{name}' for name in columns)}",
        tuple(columns.values()),
    )
    put(connection, document.id, vectors, tokens)
    _record(connection, document.id, visible=True)


def _hide_unless_elsewhere(connection: Connection, document: str, *, replaced_by: str) -> None:
    if not _places_of(connection, document):
        connection.execute("UPDATE documents SET visible = 0 WHERE id = ?", (document,))
        _record(connection, document, visible=False, replaced_by=replaced_by)
    elif metadata.update_row(connection, document):
        _record(connection, document, visible=True)


def _record(connection: Connection, document: str, *, visible: bool, replaced_by: str = "") -> None:
    connection.execute(
        "INSERT INTO changes (document, visible, replaced_by, at) VALUES (?, ?, ?, ?)",
        (document, int(visible), replaced_by, now()),
    )


def _shown_at(connection: Connection, location: str) -> str:
    """Return the id of the visible document at a place, or ""."""
    row = connection.execute(
        "SELECT document FROM places JOIN documents ON documents.id = document"
        " WHERE places.location = ? AND visible = 1",
        (location,),
    ).fetchone()
    return str(row[0]) if row else ""


def _places_of(connection: Connection, document: str) -> list[str]:
    rows = connection.execute("SELECT location FROM places WHERE document = ?", (document,))
    return [str(row[0]) for row in rows]


def _places_within(connection: Connection, places: Iterable[str]) -> dict[str, str]:
    """Return the places within the files at some places, each with the document it shows."""
    held: dict[str, str] = {}
    for place in places:
        begins = f"{place}{WITHIN}"
        # A part of a file shares its bytes; another file of such a name has bytes of its own.
        rows = connection.execute(
            "SELECT part.location, part.document FROM places AS part JOIN places AS file"
            " ON file.location = ? AND file.original = part.original"
            " WHERE part.location > ? AND part.location < ?",
            (place, begins, f"{begins}\U0010ffff"),
        )
        held |= {str(row[0]): str(row[1]) for row in rows}
    return held
