"""Searches read a snapshot: what is written, damaged or lost beside it changes no answer."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import LibraryClosed, LibraryDamaged, LibraryLocked, SearchIndexError
from corpus.library import Library
from index.ingest import Progress, Report, embed_again
from index.snapshot import VectorReader
from index.vector_index import VectorIndex

PLACES = ("Lund", "Vik", "Ros", "Harrow", "Eyke", "Pell")


def article(place: str, ships: int) -> str:
    return (
        f"---\ntitle: The harbour of {place}\npublisher: Port Gazette\n---\n\n"
        f"The harbour of {place} handled {ships} ships in 2023.\n"
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a data folder with six documents."""
    articles = tmp_path / "articles"
    articles.mkdir()
    for number, place in enumerate(PLACES):
        (articles / f"{place}.md").write_text(article(place, 100 + number), encoding="utf-8")
    with desk_in(tmp_path / "home") as workspace:
        added(workspace, *sorted(articles.iterdir()))
    return tmp_path / "home"


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    with desk_in(home) as opened:
        yield opened


def desk_in(home: Path) -> Workspace:
    return Workspace(Settings(home=home, embedder="hash"))


def added(workspace: Workspace, *files: Path) -> Report:
    *_, report = workspace.add(files)
    assert isinstance(report, Report)
    return report


def found(
    workspace: Workspace, question: str = "How many ships did the harbour of Vik handle?"
) -> list[str]:
    """Return what a search finds, in its order."""
    return [one.passage.text for one in workspace.retriever.search(question)]


def write_file(folder: Path, place: str) -> Path:
    file = folder / f"{place}.md"
    file.write_text(article(place, 999), encoding="utf-8")
    return file


def flipped(file: Path) -> None:
    """Alter bytes in the middle of a file, and leave its length."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8] = bytes(byte ^ 0xFF for byte in content[middle : middle + 8])
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "all of it lost": shutil.rmtree,
    "the words lost": lambda index: shutil.rmtree(index / "words"),
    "the vectors lost": lambda index: shutil.rmtree(index / "vectors"),
    "the forward index lost": lambda index: shutil.rmtree(index / "forward"),
    "the manifest lost": lambda index: (index / "manifest.json").unlink(),
    "broken off while it was written": lambda index: (index / "manifest.json").write_text(
        (index / "manifest.json").read_text().replace('"clean": true', '"clean": false')
    ),
    "no manifest of ours": lambda index: (index / "manifest.json").write_text("[]"),
    "numbers altered": lambda index: flipped(index / "forward" / "vectors.array"),
    "an array cut": lambda index: (index / "forward" / "stems.array").write_bytes(b"cut"),
    "a segment of words altered": lambda index: flipped(
        max((index / "words").iterdir(), key=lambda file: file.stat().st_size)
    ),
    "Chroma's database emptied": lambda index: (index / "vectors" / "chroma.sqlite3").write_bytes(
        b""
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_part_that_is_lost_or_damaged_is_noticed_and_made_anew(home: Path, damage: str) -> None:
    """The library answers meanwhile, the same; afterwards the indexes are sound again."""
    with desk_in(home) as workspace:
        wanted = found(workspace)
        assert wanted and workspace.indexes.fault() == ""
    DAMAGES[damage](home / "index")
    with desk_in(home) as workspace:
        assert found(workspace) == wanted
        assert workspace.indexes.fault()
        assert workspace.indexes.maintain()
        assert not workspace.indexes.is_behind() and workspace.indexes.fault() == ""
        assert found(workspace) == wanted
        assert workspace.indexes.snapshot().vectors is not None


def test_damage_under_an_open_search_is_noticed(
    workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are looked at again, so a long-lived page does not go on with what is gone."""
    monkeypatch.setattr("index.index_manager._TRUSTED_SECONDS", 0.0)
    wanted = found(workspace)
    flipped(home / "index" / "forward" / "vectors.array")
    assert found(workspace) == wanted
    assert workspace.indexes.maintain()
    assert found(workspace) == wanted


def test_a_backup_beside_newer_indexes_is_told_from_the_library(home: Path, tmp_path: Path) -> None:
    """Also once it has grown to the same number of changes."""
    backup = tmp_path / "backup.sqlite3"
    shutil.copyfile(home / "library.sqlite3", backup)
    with desk_in(home) as workspace:
        added(workspace, *(write_file(tmp_path, place) for place in ("Cray", "Orm")))
    for file in home.glob("library.sqlite3*"):
        file.unlink()
    shutil.copyfile(backup, home / "library.sqlite3")
    with desk_in(home) as workspace:
        assert workspace.indexes.is_behind()
        added(workspace, *(write_file(tmp_path, place) for place in ("Tarn", "Ude")))
        assert (
            "harbour of Ude" in found(workspace, "How many ships did the harbour of Ude handle?")[0]
        )
        assert not any("Orm" in text for text in found(workspace, "the harbour of Orm"))


def test_indexes_of_another_library_are_not_believed(home: Path, tmp_path: Path) -> None:
    """An index folder copied from elsewhere says whose it is."""
    with desk_in(tmp_path / "other") as other:
        added(other, *(write_file(tmp_path, place) for place in PLACES))
    shutil.rmtree(home / "index")
    shutil.copytree(tmp_path / "other" / "index", home / "index")
    with desk_in(home) as workspace:
        assert workspace.indexes.is_behind()
        assert "handled 101 ships" in found(workspace)[0]


def test_an_empty_library_file_is_told_and_kept(home: Path) -> None:
    """A new library in its place would hide that the old one is gone."""
    file = home / "library.sqlite3"
    for other in home.glob("library.sqlite3*"):
        other.unlink()
    file.write_bytes(b"")
    with pytest.raises(LibraryDamaged, match="is empty"):
        desk_in(home)
    assert file.read_bytes() == b""


def test_a_library_that_is_gone_beside_its_originals_is_told(home: Path) -> None:
    """A starter library in its place would hide the loss."""
    for file in home.glob("library.sqlite3*"):
        file.unlink()
    with pytest.raises(LibraryDamaged, match="is gone"):
        desk_in(home)
    assert not (home / "library.sqlite3").exists()


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """It is refused before anything is written to it."""
    import sqlite3

    file = tmp_path / "library.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('pie')")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(LibraryDamaged, match="another program"):
        desk_in(tmp_path)
    assert file.read_bytes() == before


def test_a_search_goes_on_while_the_indexes_are_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebuilding is held up half-way, and questions are answered meanwhile, the same."""
    wanted = found(workspace)
    entered, go_on = threading.Event(), threading.Event()
    write = VectorIndex.add

    def slow(self: VectorIndex, *args: object) -> None:
        entered.set()
        assert go_on.wait(60)
        write(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(VectorIndex, "add", slow)
    rebuilding = threading.Thread(target=lambda: workspace.indexes.update(rebuild=True))
    rebuilding.start()
    assert entered.wait(60)
    assert [found(workspace) for _ in range(3)] == [wanted] * 3
    # A document that is removed meanwhile is gone at once, and nobody waits for the rebuild.
    gone = next(one for one in workspace.library.entries() if one.source.title.endswith("Vik"))
    workspace.remove(gone.id)
    assert not any("Vik" in text for text in found(workspace))
    go_on.set()
    rebuilding.join(60)
    assert not rebuilding.is_alive()
    assert not workspace.indexes.is_behind(), "the rebuild took over what was handed to it"


def test_a_question_between_two_documents_of_an_addition_is_answered(
    workspace: Workspace, tmp_path: Path
) -> None:
    """One thread adds and stands still in the middle; another asks, removes and restores."""
    stopped, go_on = threading.Event(), threading.Event()
    reports: list[Report] = []

    def add() -> None:
        for step in workspace.add([write_file(tmp_path, place) for place in ("Cray", "Orm")]):
            if isinstance(step, Report):
                reports.append(step)
            elif isinstance(step, Progress) and step.stage == "added" and not stopped.is_set():
                stopped.set()
                assert go_on.wait(60)

    adding = threading.Thread(target=add)
    adding.start()
    assert stopped.wait(60)
    first = workspace.library.entries()[0].id
    assert found(workspace)
    workspace.remove(first)
    workspace.restore(first)
    workspace.indexes.update(rebuild=True)
    assert found(workspace)
    go_on.set()
    adding.join(60)
    assert [len(one.added) for one in reports] == [2]
    assert "Orm" in found(workspace, "the harbour of Orm")[0]


def test_a_broken_chroma_is_done_without_and_then_made_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that fails, and one that finds next to nothing, as a broken graph does."""
    wanted = found(workspace)
    with monkeypatch.context() as patched:
        patched.setattr(VectorIndex, "nearest", lambda *_: [])
        assert found(workspace) == wanted
        assert workspace.indexes.snapshot().vectors is None
    assert workspace.indexes.maintain() and found(workspace) == wanted
    assert workspace.indexes.snapshot().vectors is not None

    def failing(*_: object) -> None:
        raise SearchIndexError("the graph is gone")

    with monkeypatch.context() as patched:
        patched.setattr(VectorIndex, "nearest", failing)
        assert found(workspace) == wanted
    assert workspace.indexes.maintain() and found(workspace) == wanted


@pytest.mark.parametrize("damage", [b"no database at all" * 500, b""], ids=["noise", "nothing"])
def test_a_chroma_that_is_damaged_under_an_open_page_costs_no_answer(
    workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    """The store that fails a question is closed, damaged as it is, and the search goes on."""
    wanted = found(workspace)

    def failing(*_: object) -> None:
        raise SearchIndexError("file is not a database")

    (home / "index" / "vectors" / "chroma.sqlite3").write_bytes(damage)
    monkeypatch.setattr(VectorIndex, "nearest", failing)
    assert found(workspace) == wanted
    assert workspace.indexes.snapshot().vectors is None


def test_closing_makes_no_database_in_place_of_one_that_is_gone(home: Path) -> None:
    """An empty one would be taken for a store without passages."""
    with desk_in(home) as workspace:
        assert found(workspace) and workspace.indexes.snapshot().vectors is not None
        shutil.rmtree(home / "index" / "vectors")
        (home / "index" / "vectors").mkdir()
    assert not list((home / "index" / "vectors").iterdir())


def test_a_rebuild_by_another_program_is_seen_at_the_same_generation(
    workspace: Workspace, home: Path
) -> None:
    """The store of before is closed: what it fails at would be blamed on the new one."""
    wanted, before = found(workspace), workspace.indexes.snapshot().vectors
    assert isinstance(before, VectorReader)
    with desk_in(home) as other:
        assert other.indexes.update(rebuild=True)
    assert found(workspace) == wanted
    after = workspace.indexes.snapshot().vectors
    assert isinstance(after, VectorReader) and after.is_open and not before.is_open
    assert not workspace.indexes.is_behind()


def test_embedding_again_takes_in_what_arrives_meanwhile(
    workspace: Workspace, tmp_path: Path
) -> None:
    """No document keeps the old model's vectors, and replaced versions stay on record."""
    from index.embedding import HashEmbedder

    old = next(one for one in workspace.library.entries() if one.source.title.endswith("Vik"))
    workspace.library.remove(old.id)
    other = HashEmbedder(64)
    steps = embed_again(workspace.library, other, workspace.indexes)
    next(steps)
    added(workspace, write_file(tmp_path, "Cray"))
    *_, report = steps
    assert isinstance(report, Report) and report.passages == 7
    ids, vectors = workspace.library.vectors()
    assert len(ids) == 6 and vectors.shape[1] == 64
    assert workspace.library.embedder == other.name
    # What was removed comes back with vectors of the same model.
    workspace.library.restore(old.id)
    assert np.asarray(workspace.library.vectors()[1]).shape == (7, 64)


def test_a_connection_that_opens_while_the_library_closes_is_closed(tmp_path: Path) -> None:
    """Its thread is told so, and nothing is left open."""
    connections = Library(tmp_path / "closing")._connections
    opened, there, go = connections._opened, threading.Event(), threading.Event()

    def slowly() -> sqlite3.Connection:
        connection = opened()
        there.set()
        assert go.wait(60)
        return connection

    connections._opened = slowly  # type: ignore[method-assign]
    said: list[type[Exception]] = []

    def ask() -> None:
        try:
            connections()
        except LibraryClosed as error:
            said.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    assert there.wait(60)
    connections.close()
    go.set()
    thread.join(60)
    assert said == [LibraryClosed] and len(connections) == 0


def test_connections_end_with_their_threads_and_say_when_they_are_closed(home: Path) -> None:
    """Fifty threads leave no connection behind; after closing nobody hears of damage."""
    workspace = desk_in(home)
    for _ in range(50):
        thread = threading.Thread(target=workspace.library.entries)
        thread.start()
        thread.join()
    assert len(workspace.library._connections) == 1
    workspace.close()
    with pytest.raises(LibraryClosed, match="closed"):
        workspace.library.entries()


def test_a_second_program_is_refused_and_names_the_first(workspace: Workspace, home: Path) -> None:
    """Two workspaces on one folder stand for two programs here: each has a lock file of its own."""
    with desk_in(home) as other, workspace.library.writing():
        with pytest.raises(LibraryLocked, match=r"process \d+ is writing"):
            other.remove(other.library.entries()[0].id)
        # Reading goes on.
        assert found(other)


def test_what_another_program_indexes_shows_at_the_next_search(
    workspace: Workspace, home: Path, tmp_path: Path
) -> None:
    """A search opened before sees documents added from elsewhere, once they are indexed."""
    assert not any("Cray" in text for text in found(workspace, "the harbour of Cray"))
    with desk_in(home) as other:
        added(other, write_file(tmp_path, "Cray"))
    assert "Cray" in found(workspace, "the harbour of Cray")[0]
