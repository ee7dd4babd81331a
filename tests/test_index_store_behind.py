"""A small change leaves the vector store alone; what that lacks is found all the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from index import index_writer
from index.inspection import inspect_indexes
from index.manifest import Manifest
from index.snapshot import VectorReader

PLACES = ("Tarn", "Lund", "Orm", "Cray", "Eld", "Fosse", "Grim", "Holm", "Isle", "Kern")


def written(folder: Path, place: str, ships: int = 30) -> Path:
    file = folder / f"{place}.md"
    file.write_text(f"# Harbour of {place}\n\nThe harbour of {place} took {ships} ships in May.\n")
    return file


def settings(folder: Path) -> Settings:
    return Settings(home=folder / "home", embedder="hash", engine="extractive")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Return a library of ten notes, whose store may lack, or have too much, two passages."""
    monkeypatch.setattr(index_writer, "_LARGE", 5)
    monkeypatch.setattr(index_writer, "_SHARE_LATE", 0.2)
    with Workspace(settings(tmp_path)) as opened:
        list(opened.add([written(tmp_path, place) for place in PLACES]))
        yield opened


def near(workspace: Workspace, text: str) -> list[str]:
    """Return the titles that the vector store and what it lacks find for a text, best first."""
    reader = workspace.indexes.snapshot().vectors
    assert isinstance(reader, VectorReader)
    pairs = reader.nearest(workspace.question_embedder.embed([text])[0], 20)
    assert pairs is not None and len({one for one, _ in pairs}) == len(pairs)
    cosines = [cosine for _, cosine in pairs]
    assert np.allclose(cosines, sorted(cosines, reverse=True))
    titles = {one.id: one.source.title for one in workspace.library.entries()}
    return [titles[one.partition(":")[0]] for one, _ in pairs]


def shown(workspace: Workspace) -> tuple[int, int]:
    """Return the generations that the store and all indexes show."""
    manifest = Manifest.read(workspace.settings.home / "index")
    assert manifest is not None and manifest.clean
    return manifest.stored, manifest.generation


def test_what_the_store_lacks_is_found_and_what_is_gone_is_not(
    workspace: Workspace, tmp_path: Path
) -> None:
    """It stays open; when it lacks too much it is written, and has all there is."""
    assert near(workspace, "harbour of Tarn ships")[0] == "Harbour of Tarn"
    before = workspace.indexes.snapshot().vectors
    stored, _ = shown(workspace)
    list(workspace.add([written(tmp_path, "Zell")]))
    assert shown(workspace) == (stored, workspace.library.generation)
    assert isinstance(before, VectorReader) and before.is_open
    assert near(workspace, "harbour of Zell ships")[0] == "Harbour of Zell"
    assert len(near(workspace, "harbour")) == 11
    tarn = next(one.id for one in workspace.library.entries() if "Tarn" in one.source.title)
    workspace.remove(tarn)
    assert shown(workspace)[0] == stored
    assert "Harbour of Tarn" not in near(workspace, "harbour of Tarn ships")
    assert workspace.retriever.search("harbour of Zell")[0].source.title == "Harbour of Zell"
    found = inspect_indexes(workspace.library)
    assert found.faults == () and found.vectors == found.words == found.forward == 10
    assert not workspace.indexes.try_vectors() and not workspace.indexes.fault()
    # A third passage is too many.
    list(workspace.add([written(tmp_path, "Yarm")]))
    assert shown(workspace) == (workspace.library.generation,) * 2
    assert not before.is_open
    forward = workspace.indexes.snapshot().forward
    assert len(forward.stored_ids()) == len(forward) == 11 and not forward.gone
    assert inspect_indexes(workspace.library).faults == ()


def test_another_process_finds_what_the_store_lacks(workspace: Workspace, tmp_path: Path) -> None:
    """Whoever opens the folder anew sees the same; a replaced version has one passage, the new."""
    list(workspace.add([written(tmp_path, "Lund", 99)]))
    assert shown(workspace)[0] < shown(workspace)[1]
    with Workspace(settings(tmp_path)) as other:
        assert near(other, "harbour of Lund ships").count("Harbour of Lund") == 1
        (best, *_) = other.retriever.search("How many ships did the harbour of Lund take?")
        assert "99 ships" in best.passage.text
    workspace.indexes.update(rebuild=True)
    assert shown(workspace) == (workspace.library.generation,) * 2
    assert inspect_indexes(workspace.library).faults == ()


def test_passages_that_are_gone_take_no_places_of_others(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the nearest are all removed, vectors are compared: a removed report may be long."""
    monkeypatch.setattr(index_writer, "_SHARE_LATE", 0.5)
    words = "of quay and crane and tide"
    report = tmp_path / "report.md"
    report.write_text("\n\n".join(f"# {one}\n\nIt told {words} {one}." for one in range(5)))
    list(workspace.add([report]))
    workspace.indexes.update(rebuild=True)
    gone = next(one for one in workspace.library.entries() if one.passages > 1)
    workspace.remove(gone.id)
    snapshot = workspace.indexes.snapshot()
    assert snapshot.forward.gone_passages == gone.passages >= 4
    assert isinstance(snapshot.vectors, VectorReader)
    vector = workspace.question_embedder.embed([f"It told {words}."])[0]
    assert snapshot.vectors.nearest(vector, 2) is None
    assert len(snapshot.vectors.nearest(vector, 10) or ()) == 10
    assert workspace.retriever.search(f"harbour {words}")
    assert workspace.indexes.snapshot().vectors is snapshot.vectors
