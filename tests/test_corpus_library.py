"""The library keeps what it acknowledged, whole, whatever happens to the process that wrote it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import stored_vectors
from corpus.document import Document, Heading, Source
from corpus.errors import (
    EmbedderMismatch,
    LibraryDamaged,
    LibraryLocked,
    LibraryTooNew,
    NotInLibrary,
    StorageError,
)
from corpus.library import Library
from corpus.schema import is_to_be_converted
from corpus.splitting import split
from corpus.sqlite import SqliteConnections
from corpus.token_codes import TokenCodes
from index.embedding import HashEmbedder
from tests.older import made_older, step_with

ROOT = Path(__file__).parent.parent
EMBEDDER = HashEmbedder(32)


def document(text: str, location: str = "/a.md") -> Document:
    return Document(Source("A title", location, "A publisher", "2025-01-28"), text)


def publish(library: Library, whole: Document, **options: object) -> str:
    passages = split(whole, EMBEDDER.count)
    vectors = EMBEDDER.embed([passage.text for passage in passages])
    return library.publish(whole, passages, vectors, embedder=EMBEDDER.name, **options).outcome  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path, record: str) -> Iterator[Library]:
    """Return a new library, in SQLite and then in PostgreSQL."""
    with closing(Library(tmp_path / "home", record=record)) as opened:
        yield opened


@pytest.fixture
def in_file(tmp_path: Path) -> Library:
    """Return a new library in SQLite."""
    return Library(tmp_path / "home")


def test_a_document_comes_back_as_it_was_published(library: Library, record: str) -> None:
    """Text, pages, labels, headings, passages and vectors survive closing and opening."""
    whole = Document(
        Source("Käse 🧀", "/k.pdf", "P", "2025-01", "pdf"),
        "Head\nOne sentence. Another 深度求索 e\u0301.",
        (0, 5),
        ("i", "1"),
        (Heading(0, 1, "Head"),),
    )
    publish(library, whole)
    library.close()
    again = Library(library.home, record=record)
    assert again.document(whole.id) == whole
    passages = again.passages_of(whole.id)
    assert passages == split(whole, EMBEDDER.count)
    ids, vectors = again.vectors()
    assert ids == [passage.id for passage in passages]
    made = EMBEDDER.embed([passage.text for passage in passages])
    assert vectors.dtype == np.float32 and np.abs(vectors - made).max() < 0.0005
    assert all(one.ok for one in again.check())
    again.close()


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable()))
def test_any_text_round_trips(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Odd Unicode included, passages slice back from what the library holds."""
    home = tmp_path_factory.mktemp("home")
    library = Library(home)
    whole = document(text)
    publish(library, whole)
    library.close()
    again = Library(home)
    stored = again.document(whole.id)
    assert stored.text == text
    passages = again.passages_of(whole.id)
    assert passages and all(stored.text[p.start : p.end] == p.text for p in passages)
    again.close()


def test_vectors_and_token_codes_of_an_older_library_stay(in_file: Library) -> None:
    """They move out of the rows of the documents, and the file gives back the room."""
    paragraphs = [f"# Pier {number}\n\nPier {number} cost five.\n" for number in range(40)]
    text = "\n".join(paragraphs)
    heads = [Heading(text.index(one), 1, one[2:].partition("\n")[0]) for one in paragraphs]
    whole = Document(Source("Piers", "/p.md"), text, headings=tuple(heads))
    passages = split(whole, EMBEDDER.count)
    vectors = EMBEDDER.embed([one.text for one in passages])
    # As many tokens each as its number says, the first none; wide, so that they fill the file.
    counts = np.arange(len(passages))
    codes = np.random.default_rng(1).integers(0, 256, (counts.sum(), 480)).astype(np.uint8)
    tokens = TokenCodes(codes, counts)
    in_file.publish(whole, passages, vectors, tokens=tokens, embedder=EMBEDDER.name)
    publish(in_file, document("It cost five.", "/b.md"))
    before = in_file.vectors()
    in_file.close()
    made_older(in_file.home, step_with("document_vectors"))
    with closing(Library(in_file.home)) as again:
        ids, same = again.vectors()
        assert len(passages) == 40 and ids == before[0] and np.array_equal(same, before[1])
        kept = again.token_codes(whole.id)
        assert np.array_equal(kept.codes, codes) and np.array_equal(kept.counts, counts)
        some = again.token_codes_at([(whole.id, 39), (whole.id, 17), ("none", 0), (whole.id, 40)])
        assert some.counts.tolist() == [39, 17, 0, 0]
        assert np.array_equal(some.codes, np.concatenate([codes[-39:], codes[136:153]]))
        assert all(one.ok for one in again.check())
        columns = again.connections.rows("PRAGMA table_info(documents)")
        assert not {"vectors", "tokens"} & {row["name"] for row in columns}
        assert again.connections.rows("PRAGMA freelist_count")[0][0] == 0


def test_a_conversion_that_breaks_off_leaves_the_older_record(
    in_file: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its old version and whole, also where some documents were done; then it opens."""
    for place in "abc":
        publish(in_file, document(f"It cost five at {place}.", f"/{place}.md"))
    before = in_file.vectors()
    in_file.close()
    file, step = in_file.home / "library.sqlite3", step_with("document_vectors")
    made_older(in_file.home, step)
    with closing(sqlite3.connect(file)) as old:
        told = "SELECT id, text, spans, vectors, tokens FROM documents ORDER BY id"
        as_it_was = old.execute(told).fetchall()
    put, done = stored_vectors.put, []

    def broken(connection: sqlite3.Connection, one: str, *columns: object) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(one)
        put(connection, one, *columns)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(stored_vectors, "put", broken)
        with pytest.raises(KeyboardInterrupt):
            Library(in_file.home)
    assert len(done) == 2 and is_to_be_converted(file)
    with closing(sqlite3.connect(file)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (step,)
        assert old.execute(told).fetchall() == as_it_was
    with closing(Library(in_file.home)) as again:
        assert not is_to_be_converted(file) and all(one.ok for one in again.check())
        ids, same = again.vectors()
        assert ids == before[0] and np.array_equal(same, before[1])


def test_an_older_record_that_is_damaged_says_what_to_do(in_file: Library) -> None:
    """Nothing of it is converted."""
    publish(in_file, document("It cost five."))
    in_file.close()
    file, step = in_file.home / "library.sqlite3", step_with("document_vectors")
    made_older(in_file.home, step)
    with closing(sqlite3.connect(file)) as old, old:
        old.execute("UPDATE documents SET vectors = x'010203'")
    with pytest.raises(LibraryDamaged, match="restore it from a backup"):
        Library(in_file.home)
    with closing(sqlite3.connect(file)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (step,)


@pytest.mark.parametrize(
    ("damage", "reading"),
    [
        pytest.param("UPDATE document_vectors SET vectors = x'010203'", "vectors", id="vectors"),
        pytest.param("UPDATE document_vectors SET vectors = x''", "check", id="no vectors"),
        pytest.param("DELETE FROM document_vectors", "check", id="no row of vectors"),
        pytest.param("UPDATE documents SET places = x'0102'", "vectors", id="places"),
        pytest.param("UPDATE documents SET content = x'0102'", "document", id="text"),
        pytest.param("UPDATE documents SET pages = '[]'", "document", id="pages"),
        pytest.param("UPDATE documents SET reading = '{'", "document", id="what the reading found"),
    ],
)
def test_damaged_rows_say_what_to_do(in_file: Library, damage: str, reading: str) -> None:
    """One clear line, whatever the bytes make of themselves; the check finds what it looks at."""
    whole = document("It cost five.")
    publish(in_file, whole)
    in_file.connections.write(lambda connection: connection.execute(damage))
    if reading == "vectors":
        with pytest.raises(LibraryDamaged, match="restore it from a backup"):
            in_file.vectors()
    elif reading == "document":
        again = Library(in_file.home)
        with closing(again), pytest.raises(LibraryDamaged, match="restore it from a backup"):
            again.document(whole.id)
    if "documents SET pages" not in damage and "reading" not in damage:
        assert not all(one.ok for one in in_file.check())


def test_adding_the_same_content_again_changes_nothing(library: Library) -> None:
    """Three times the same is the same as once."""
    whole = document("It cost five.")
    assert publish(library, whole) == "added"
    before = (library.generation, library.entries())
    assert [publish(library, whole) for _ in range(3)] == ["unchanged"] * 3
    assert (library.generation, library.entries()) == before


def test_a_changed_file_replaces_its_version(library: Library) -> None:
    """The old version is no longer found, and is still on record."""
    old, new = document("It cost five."), document("It cost six.")
    publish(library, old)
    old_passage = library.passages_of(old.id)[0].id
    assert [one.id for one in library.passages([old_passage])] == [old_passage]
    assert publish(library, new) == "replaced"
    assert [entry.id for entry in library.entries()] == [new.id]
    assert library.passages([old_passage]) == []
    assert library.document(old.id).text == "It cost five."


def test_one_content_at_two_places_is_one_document(library: Library) -> None:
    """A copy elsewhere is a duplicate, and keeps the document when the first place changes."""
    publish(library, document("It cost five.", "/a.md"))
    assert publish(library, document("It cost five.", "/b.md")) == "duplicate"
    assert len(library.entries()) == 1
    publish(library, document("It cost six.", "/a.md"))
    assert {library.document(one.id).text for one in library.entries()} == {
        "It cost five.",
        "It cost six.",
    }


def test_removing_can_be_undone(library: Library) -> None:
    """A removed document is gone from the list and back after restoring."""
    whole = document("It cost five.")
    publish(library, whole)
    assert len(library.entries()) == 1 and library.vectors()[0]
    library.remove(whole.id)
    assert library.entries() == [] and library.vectors()[0] == []
    library.restore(whole.id)
    assert library.resolve(whole.id[:6]) == whole.id
    with pytest.raises(NotInLibrary, match="briefing sources"):
        library.resolve("zzz")


def test_vectors_of_two_models_do_not_mix(library: Library) -> None:
    """Another embedder's vectors are refused with the command that helps."""
    publish(library, document("It cost five."))
    whole = document("It cost six.", "/b.md")
    passages = split(whole, EMBEDDER.count)
    with pytest.raises(EmbedderMismatch, match="doctor --reembed"):
        library.publish(whole, passages, EMBEDDER.embed(["x"]), embedder="another")
    assert len(library.entries()) == 1


def test_a_newer_library_is_refused(in_file: Library) -> None:
    """A data folder of a newer version is left alone."""
    in_file.close()
    with sqlite3.connect(in_file.home / "library.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryTooNew, match="upgrade"):
        Library(in_file.home)


def test_what_is_no_library_is_refused(tmp_path: Path) -> None:
    """A file that is not SQLite is named, and not overwritten."""
    file = tmp_path / "library.sqlite3"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(LibraryDamaged, match="damaged"):
        Library(tmp_path)
    assert file.read_bytes() == b"not a database" * 100


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file in the place of the folder gives one clear line."""
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StorageError, match="cannot write"):
        Library(tmp_path / "home")


def test_a_full_disk_changes_nothing(in_file: Library) -> None:
    """When the database cannot grow, the old version stays and the line says why."""
    publish(in_file, document("It cost five."))
    before = in_file.entries()
    connections = in_file.connections
    assert isinstance(connections, SqliteConnections)
    connections().execute("PRAGMA max_page_count = 40")
    with pytest.raises(StorageError, match="disk is full"):
        publish(in_file, document("A long text. " * 40_000))
    connections().execute("PRAGMA max_page_count = 1000000")
    assert in_file.entries() == before
    assert publish(in_file, document("It cost six.")) == "replaced"


def test_originals_are_kept_and_checked(library: Library, tmp_path: Path) -> None:
    """The bytes are kept by their hash, and the check notices when they change."""
    file = tmp_path / "a.md"
    file.write_text("It cost five.")
    whole = document("It cost five.", str(file))
    publish(library, whole, original=file)
    kept = library.original(whole.id)
    assert kept is not None and kept.path.read_text() == "It cost five."
    kept.path.write_text("It cost six.")
    if library.shared:
        # Here is a copy, which is brought anew; the record has the bytes.
        again = library.original(whole.id)
        assert again is not None and again.path.read_text() == "It cost five."
        statement = "UPDATE originals SET content = ?"
        library.connections.write(lambda connection: connection.execute(statement, (b"It",)))
    assert [one.name for one in library.check() if not one.ok] == ["originals"]


HOLDER = """
import sys, time
from pathlib import Path
from corpus.library import Library
with Library(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.process
def test_a_second_writer_is_told_who_writes(in_file: Library) -> None:
    """The message names the process; kill -9 of it frees the lock; readers never wait."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(in_file.home)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    started = time.monotonic()
    with pytest.raises(LibraryLocked, match=f"process {child.pid} "), in_file.writing():
        raise AssertionError("two writers at once")
    assert time.monotonic() - started < 30
    assert in_file.entries() == []
    child.kill()
    child.wait()
    child.stdout.close()
    assert publish(in_file, document("It cost five.")) == "added"


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from corpus.document import Document, Source
from corpus.library import Library
from corpus.splitting import split
from corpus.sqlite import SqliteConnections
from index.embedding import HashEmbedder
e = HashEmbedder(32)
library = Library(Path(sys.argv[1]))
for version in range(int(sys.argv[2]), 100_000):
    for place in range(5):
        whole = Document(Source("T", f"/{place}.md"), f"Version {version} of {place}. " * 40)
        passages = split(whole, e.count)
        library.publish(whole, passages, e.embed([p.text for p in passages]), embedder=e.name)
        print(place, version, flush=True)
"""


@pytest.mark.process
def test_kill_during_writes_leaves_whole_versions(tmp_path: Path) -> None:
    """Four kills at random moments: nothing acknowledged is lost, nothing is half there."""
    home, chance = tmp_path / "home", random.Random(7)
    said: dict[int, int] = {}
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(home), str(max(said.values(), default=0) + 1)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        for _ in range(chance.randint(1, 12)):
            place, version = child.stdout.readline().split()
            said[int(place)] = int(version)
        time.sleep(chance.random() * 0.02)
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().splitlines(keepends=True)
        child.stdout.close()
        child.wait()
        for line in rest:
            if line.endswith(b"\n"):
                place, version = line.split()
                said[int(place)] = int(version)
        library = Library(home)
        assert all(one.ok for one in library.check())
        shown = {entry.source.location: entry for entry in library.entries()}
        for place_number, version_number in said.items():
            entry = shown[f"/{place_number}.md"]
            text = library.document(entry.id).text
            seen = int(text.split()[1])
            assert seen >= version_number
            assert text == f"Version {seen} of {place_number}. " * 40
            assert len(library.passages_of(entry.id)) == entry.passages > 0
        library.close()
