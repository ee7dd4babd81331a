"""A broken vector index is found out in a process of its own, before it can end this one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import probe
from index.embedding import Vectors, normalised
from index.probe import probe_vectors, sample
from index.vector_index import VectorIndex

pytestmark = [pytest.mark.process, pytest.mark.slow]
# More than Chroma keeps in its SQLite file before it writes its graph into files (1,000).
COUNT = 1_200
IDS = [f"d{number % 7}:{number}-{number + 9}" for number in range(COUNT)]


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Invented vectors, always the same."""
    return normalised(np.random.default_rng(7).normal(size=(COUNT, 16)).astype(np.float32))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, vectors: Vectors) -> Path:
    """An index of them, made once; tests spoil copies of it."""
    folder = tmp_path_factory.mktemp("whole") / "vectors"
    index = VectorIndex(folder)
    index.add(IDS, vectors)
    index.close()
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "vectors"))


def test_a_sound_index_passes(folder: Path, vectors: Vectors) -> None:
    """All its passages are there, and a vector finds itself among its neighbours."""
    found = probe_vectors(folder, IDS, sample(IDS, vectors))
    assert found.sound and found.reason == "" and found.count == COUNT


def graph(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*/*.bin"))
    assert files, "Chroma has not written its graph"
    return files


def garbage(folder: Path) -> None:
    for file in graph(folder):
        file.write_bytes(b"\x7f" * file.stat().st_size)


def cut(folder: Path) -> None:
    for file in graph(folder):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def graph_lost(folder: Path) -> None:
    for file in graph(folder):
        file.unlink()


def database_lost(folder: Path) -> None:
    (folder / "chroma.sqlite3").unlink()


def database_garbage(folder: Path) -> None:
    file = folder / "chroma.sqlite3"
    file.write_bytes(b"garbage!" * (file.stat().st_size // 8))


def rows_lost(folder: Path) -> None:
    with sqlite3.connect(folder / "chroma.sqlite3") as connection:
        connection.execute("DELETE FROM embeddings WHERE id % 2")
    connection.close()


def everything_lost(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "spoil",
    [garbage, cut, graph_lost, database_lost, database_garbage, rows_lost, everything_lost],
)
def test_a_broken_index_is_found_out(
    folder: Path, vectors: Vectors, spoil: Callable[[Path], None]
) -> None:
    """Whatever was damaged or lost, and whether Chroma raises, answers too little or crashes."""
    spoil(folder)
    found = probe_vectors(folder, IDS, sample(IDS, vectors))
    assert not found.sound and found.reason


def test_an_index_of_other_passages_is_found_out(folder: Path, vectors: Vectors) -> None:
    """As many as there should be, but not the same: of another library, or of a backup's state."""
    other = [*IDS[:-1], "elsewhere:0-9"]
    found = probe_vectors(folder, other, sample(IDS, vectors))
    assert found.reason == "it lacks 1 passages and holds 1 that are not in the library"
    shifted = probe_vectors(folder, IDS, sample(IDS, -vectors))
    assert not shifted.sound and shifted.reason == "the vectors in it are not those of the library"


def test_nothing_to_hold_is_sound_and_nothing_is_made(tmp_path: Path) -> None:
    """An empty library has no index, and the probe makes none."""
    assert probe_vectors(tmp_path / "none", [], {}).sound
    assert not probe_vectors(tmp_path / "none", ["d:0-1"], {}).sound
    assert not (tmp_path / "none").exists()


def test_a_child_that_does_not_answer_is_ended(folder: Path, vectors: Vectors) -> None:
    """The wait has an end, and the reason says so."""
    found = probe_vectors(folder, IDS, sample(IDS, vectors), wait=0.01)
    assert not found.sound and "within 0 seconds" in found.reason


def test_a_child_that_crashes_ends_alone(
    folder: Path, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segmentation fault leaves no answer, and this process goes on."""
    crashing = Path(folder.parent / "crash.sh")
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o700)
    monkeypatch.setattr(probe.sys, "executable", str(crashing))
    found = probe_vectors(folder, IDS, sample(IDS, vectors))
    assert found.reason == "it ended the process that opened it"
