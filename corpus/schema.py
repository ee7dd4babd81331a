"""The database schema of the library, as numbered migrations."""

from __future__ import annotations

import os
import re
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from corpus.connections import Connection
from corpus.errors import LibraryDamaged, LibraryTooNew
from corpus.i18n import tr
from corpus.lock import WriterLock
from corpus.sqlite_copy import copy_database
from corpus.stored_vectors import set_apart

# Step n brings user_version from n to n + 1. A step that was released is never edited; later
# features (conversations, memos) append theirs.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO facts VALUES ('embedder', ''), ('ever_added', '0');

    CREATE TABLE documents (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL, location TEXT NOT NULL, publisher TEXT NOT NULL,
        published TEXT NOT NULL, kind TEXT NOT NULL,
        text TEXT NOT NULL,
        pages TEXT NOT NULL,       -- JSON: [[start, ...], [label, ...]]
        headings TEXT NOT NULL,    -- JSON: [[start, level, title], ...]
        spans TEXT NOT NULL,       -- JSON: [[start, end, page, heading], ...], a row a passage
        passage_count INTEGER NOT NULL,
        vectors BLOB NOT NULL,     -- float32, little-endian, passage_count x dimension
        original TEXT NOT NULL,    -- SHA-256 of the bytes kept beside, or ''
        starter INTEGER NOT NULL,
        added TEXT NOT NULL,       -- ISO 8601, UTC
        visible INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- Where each document was seen; a place shows one document at a time.
    CREATE TABLE places (
        location TEXT PRIMARY KEY,
        document TEXT NOT NULL REFERENCES documents(id),
        original TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX places_document ON places(document);

    -- What became visible or invisible, in order: the generation is the newest row.
    CREATE TABLE changes (
        generation INTEGER PRIMARY KEY AUTOINCREMENT,
        document TEXT NOT NULL,
        visible INTEGER NOT NULL,
        replaced_by TEXT NOT NULL DEFAULT '',
        at TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
    );
    CREATE TABLE turns (
        conversation TEXT NOT NULL REFERENCES conversations(id),
        number INTEGER NOT NULL,
        question TEXT NOT NULL,
        answer TEXT NOT NULL,      -- JSON
        text TEXT NOT NULL,        -- the answer's sentences, for the search
        at TEXT NOT NULL,
        PRIMARY KEY (conversation, number)
    ) WITHOUT ROWID;
    """,
    """
    -- The codes of the passages' tokens (corpus.token_codes), how many each passage has (int32).
    ALTER TABLE documents ADD COLUMN tokens BLOB NOT NULL DEFAULT x'';
    ALTER TABLE documents ADD COLUMN token_counts BLOB NOT NULL DEFAULT x'';
    """,
    """
    -- What a reader thought of an answer; a turn without an answer yet has answer ''.
    CREATE TABLE feedback (
        conversation TEXT NOT NULL REFERENCES conversations(id),
        number INTEGER NOT NULL,
        good INTEGER NOT NULL,
        reason TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (conversation, number)
    ) WITHOUT ROWID;
    """,
    """
    -- The theme that a document, or its reader, names; the others are told by their words.
    ALTER TABLE documents ADD COLUMN theme TEXT NOT NULL DEFAULT '';
    """,
    """
    -- Which library this is: derived indexes say whose they are (index.manifest).
    INSERT INTO facts VALUES ('id', lower(hex(randomblob(16))));
    """,
    """
    -- What each place said of a document, the newest last (corpus.metadata). What an older program
    -- let a person edit cannot be told from what the file said: it stands as the file's statement.
    CREATE TABLE statements (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        document TEXT NOT NULL REFERENCES documents(id),
        title TEXT NOT NULL, location TEXT NOT NULL, publisher TEXT NOT NULL,
        published TEXT NOT NULL, kind TEXT NOT NULL, theme TEXT NOT NULL,
        at TEXT NOT NULL           -- ISO 8601, UTC
    );
    CREATE INDEX statements_place ON statements(document, location);
    INSERT INTO statements (document, title, location, publisher, published, kind, theme, at)
        SELECT documents.id, title, places.location, publisher, published, kind, theme, added
        FROM places JOIN documents ON documents.id = places.document
        -- A further place has no word of its own yet: its file is read again when it is added.
        WHERE places.location = documents.location OR NOT EXISTS (SELECT 1 FROM places AS own
            WHERE own.document = documents.id AND own.location = documents.location)
        ORDER BY places.location != documents.location, added;

    -- What a person changed of that, by place, so that it holds for the next version too.
    CREATE TABLE edits (
        location TEXT NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (location, field)
    ) WITHOUT ROWID;
    """,
    """
    -- What a file holds and its text does not, JSON: [[kind, places, where], ...].
    ALTER TABLE documents ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]';
    """,
    """
    -- When a source was last changed and when it was taken from the web, as it or its place says.
    ALTER TABLE documents ADD COLUMN updated TEXT NOT NULL DEFAULT '';
    ALTER TABLE documents ADD COLUMN fetched TEXT NOT NULL DEFAULT '';
    ALTER TABLE statements ADD COLUMN updated TEXT NOT NULL DEFAULT '';
    ALTER TABLE statements ADD COLUMN fetched TEXT NOT NULL DEFAULT '';
    -- JSON: [[cells, head rows, head columns, caption, unit], ...], cells as spans of the text.
    ALTER TABLE documents ADD COLUMN tables TEXT NOT NULL DEFAULT '[]';
    -- JSON: what else the reading of the file found (corpus.document.Document): doubts, language,
    -- pages read by OCR, attachments.
    ALTER TABLE documents ADD COLUMN reading TEXT NOT NULL DEFAULT '{}';
    """,
    """
    -- What several machines and several people share; all of it stays empty on one laptop.

    -- Whose a conversation is: the name of a user, '' where nobody signs in.
    ALTER TABLE conversations ADD COLUMN owner TEXT NOT NULL DEFAULT '';
    -- When the server that writes an answer last said so (ISO 8601, UTC); '' for a finished one.
    ALTER TABLE turns ADD COLUMN alive TEXT NOT NULL DEFAULT '';

    CREATE TABLE memos (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        content TEXT NOT NULL,     -- JSON (assistant.memo.memo_json)
        saved TEXT NOT NULL        -- ISO 8601, UTC, to the microsecond
    ) WITHOUT ROWID;

    -- The bytes of originals, in parts, where no folder is shared (PostgreSQL).
    CREATE TABLE originals (
        digest TEXT NOT NULL,
        part INTEGER NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (digest, part)
    ) WITHOUT ROWID;

    -- Which documents belong to which collection, and who may read or change it.
    CREATE TABLE collections (name TEXT PRIMARY KEY, created TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE collection_documents (
        collection TEXT NOT NULL REFERENCES collections(name),
        document TEXT NOT NULL REFERENCES documents(id),
        PRIMARY KEY (collection, document)
    ) WITHOUT ROWID;
    CREATE TABLE collection_members (
        collection TEXT NOT NULL REFERENCES collections(name),
        principal TEXT NOT NULL,   -- "user:NAME" or "group:NAME"
        role TEXT NOT NULL,        -- "reader" or "editor"
        PRIMARY KEY (collection, principal)
    ) WITHOUT ROWID;

    -- One line for each answer and export: who, what, and what it rests on.
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,          -- ISO 8601, UTC
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL       -- JSON
    );

    -- What a list of references states of the document at a place, beside its source: authors, DOI,
    -- kind and more (corpus.bibliography).
    CREATE TABLE bibliography (
        location TEXT PRIMARY KEY,
        record TEXT NOT NULL,      -- JSON: an item of CSL-JSON
        at TEXT NOT NULL           -- ISO 8601, UTC
    ) WITHOUT ROWID;

    -- Feeds that are followed, and what was seen in each.
    CREATE TABLE feeds (
        url TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        etag TEXT NOT NULL, modified TEXT NOT NULL,   -- what its server said last (HTTP)
        checked TEXT NOT NULL,     -- ISO 8601, UTC; '' before the first time
        problem TEXT NOT NULL,
        wait_until TEXT NOT NULL   -- ISO 8601, UTC: its server asked not to come before; '' if not
    ) WITHOUT ROWID;
    CREATE TABLE feed_entries (
        feed TEXT NOT NULL REFERENCES feeds(url),
        entry TEXT NOT NULL,       -- its id in the feed
        address TEXT NOT NULL, title TEXT NOT NULL, published TEXT NOT NULL,
        outcome TEXT NOT NULL,     -- "new", "added", "refused"
        PRIMARY KEY (feed, entry)
    ) WITHOUT ROWID;

    -- Up to which generation of the library a reader has looked at what is new.
    CREATE TABLE looks (owner TEXT PRIMARY KEY, generation INTEGER NOT NULL, at TEXT NOT NULL)
        WITHOUT ROWID;

    -- Folders that are kept in step with the library, and the files as they were last read.
    CREATE TABLE synced_files (
        folder TEXT NOT NULL,
        path TEXT NOT NULL,        -- below the folder
        size INTEGER NOT NULL, modified INTEGER NOT NULL,   -- bytes; ns, -1: to be compared again
        inode INTEGER NOT NULL,    -- its number in the file system, at most 63 bits
        digest TEXT NOT NULL,      -- SHA-256
        document TEXT NOT NULL,    -- its id, '' for a file that was refused
        PRIMARY KEY (folder, path)
    ) WITHOUT ROWID;
    """,
    """
    -- Vectors and token codes beside the documents: what is listed of those is read without them.
    CREATE TABLE document_vectors (
        document TEXT PRIMARY KEY REFERENCES documents(id),
        vectors BLOB NOT NULL      -- float16, little-endian, passage_count x dimension
    );
    CREATE TABLE passage_tokens (
        document TEXT NOT NULL REFERENCES documents(id),
        first INTEGER NOT NULL,    -- the number of the block's first passage in its document
        counts BLOB NOT NULL,      -- how many tokens each passage of the block has (int32)
        tokens BLOB NOT NULL,      -- their codes (corpus.token_codes)
        PRIMARY KEY (document, first)
    );
    -- The text, and in two lines the spans and the tables as before, in UTF-8, packed (zlib).
    ALTER TABLE documents ADD COLUMN content BLOB NOT NULL DEFAULT x'';
    ALTER TABLE documents ADD COLUMN places BLOB NOT NULL DEFAULT x'';
    """,
    """
    ALTER TABLE documents DROP COLUMN text;
    ALTER TABLE documents DROP COLUMN spans;
    ALTER TABLE documents DROP COLUMN tables;
    ALTER TABLE documents DROP COLUMN vectors;
    ALTER TABLE documents DROP COLUMN tokens;
    ALTER TABLE documents DROP COLUMN token_counts;
    """,
)
# What SQL alone does not bring into a new form: run after the step with that number, in its
# transaction.
CONVERSIONS: Mapping[int, Callable[[Connection], None]] = {
    10: set_apart,
}

_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\n?\s*\)\s*(?:WITHOUT ROWID)?;", re.DOTALL)
_KEY = re.compile(r"PRIMARY KEY \(([^)]+)\)|(\w+) (?:TEXT|INTEGER) PRIMARY KEY")


def keys_of_tables() -> dict[str, tuple[str, ...]]:
    """Return the columns of the primary key of every table, in an order that references allow."""
    found = {}
    for name, columns in _TABLE.findall("".join(MIGRATIONS)):
        several, one = _KEY.findall(columns)[0]
        found[name] = tuple(re.split(r",\s*", several or one))
    return found


def numbered_tables() -> dict[str, str]:
    """Return the tables whose rows the database numbers, each with the column of the numbers."""
    keys = keys_of_tables()
    script = "".join(MIGRATIONS)
    numbered = {name for name, columns in _TABLE.findall(script) if "AUTOINCREMENT" in columns}
    return {name: keys[name][0] for name in keys if name in numbered}


def too_new(place: object, version: int) -> LibraryTooNew:
    """Return the error for a library of a later version of the program than this one."""
    return LibraryTooNew(
        tr(
            "the library {file} was made by a newer version of this program (its format is "
            "{format}, this one knows {known}); upgrade briefing-assistant",
            file=place,
            format=version,
            known=len(MIGRATIONS),
        )
    )


def prepare(file: Path) -> None:
    """Make a new library at `file`, all of it or nothing, where there is no file.

    Raises LibraryDamaged for an empty file and for the database of another program, and leaves
    both as they are: whoever lost a library must be told, and a new one would hide the loss.
    """
    if not file.exists():
        if any((file.parent / "originals").rglob("*")):
            raise LibraryDamaged(
                tr(
                    "{file} is gone, though the files it was made of are here; restore it from a "
                    "backup, or move the folder originals away to begin a new library",
                    file=file,
                )
            )
        _make(file)
        return
    pending = file.with_name(f"{file.name}-wal")
    if not file.stat().st_size and not (pending.exists() and pending.stat().st_size):
        raise LibraryDamaged(
            tr(
                "{file} is empty and no library; restore it from a backup, or move it away to "
                "begin a new one",
                file=file,
            )
        )
    reading = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        tables = {row[0] for row in reading.execute("SELECT name FROM sqlite_master")}
    except sqlite3.OperationalError:
        # A disk that takes no writes: whoever opens the file for reading finds out.
        return
    finally:
        reading.close()
    if not {"facts", "documents", "changes"} <= tables:
        raise LibraryDamaged(
            tr(
                "{file} is the database of another program and no library; move it away, or "
                "name another data folder",
                file=file,
            )
        )


def is_to_be_converted(file: Path) -> bool:
    """Say whether `migrate` will convert each document of the library at `file`.

    That takes a quarter of a second a thousand passages. False for a file that cannot be read.
    """
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reading,
    ):
        (version,) = reading.execute("PRAGMA user_version").fetchone()
        return 0 < int(version) <= max(CONVERSIONS)
    return False


def _make(file: Path) -> None:
    """Make a new library beside `file` and put it in its place.

    A crash leaves no incomplete library; of two programs that start at once, one makes it.
    """
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            _advance(connection, 0)
        finally:
            connection.close()
        try:
            temporary.chmod(0o600)
            os.link(temporary, file)
        except FileExistsError:
            return
        except OSError:
            # A file system without hard links.
            if not file.exists():
                temporary.rename(file)
    finally:
        temporary.unlink(missing_ok=True)


def _advance(connection: sqlite3.Connection, version: int) -> None:
    """Apply every migration after `version`, each in one transaction."""
    for step in range(version, len(MIGRATIONS)):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[step]}")
            if step in CONVERSIONS:
                CONVERSIONS[step](connection)
            connection.execute(f"PRAGMA user_version = {step + 1}")
            connection.execute("COMMIT")
        except BaseException:  # reason: a half step must not outlive any failure
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def migrate(connection: sqlite3.Connection, file: Path, lock: WriterLock) -> None:
    """Apply the missing migrations to a database, each in one transaction.

    A library that exists is copied to `<file>.before-<step>` first. Raises LibraryTooNew for one
    made by a newer version of the program.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise too_new(file, version)
    if version == len(MIGRATIONS):
        return
    with lock.held():
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if 0 < version < len(MIGRATIONS):
            copy_database(file, file.with_suffix(f".before-{version}"))
        _advance(connection, version)
        if 0 < version <= max(CONVERSIONS):
            # What left the rows gives its room back; where another program reads, the room is used
            # by what comes next.
            with suppress(sqlite3.OperationalError):
                connection.execute("VACUUM")
