"""Each index is counted, opened and compared; a broken one is noticed at start and made anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.log import last_failures, logging_to
from index import forward_files
from index.inspection import inspect_indexes
from index.keyword_index import KeywordIndex
from tests.servers import until
from ui.backend import Backend
from ui.cli import cli

pytestmark = [pytest.mark.process, pytest.mark.slow]
# More passages than Chroma keeps in its database before it writes its graph into files (1,000).
SECTIONS = 1_100


def settings(home: Path) -> Settings:
    return Settings(home=home, embedder="hash", engine="extractive")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one long report and one short note, made once; tests spoil copies of it."""
    folder = tmp_path_factory.mktemp("whole")
    pages = (
        f"## Berth {number}\n\nBerth {number} took {number * 7 + 3} ships in May.\n"
        for number in range(SECTIONS)
    )
    (folder / "berths.md").write_text("# The berths of Lund\n\n" + "\n".join(pages))
    (folder / "note.md").write_text("# A note\n\nThe mill at Ros grinds rye on Sundays.\n")
    with Workspace(settings(folder / "home")) as workspace:
        list(workspace.add([folder / "berths.md", folder / "note.md"]))
        assert sum(one.passages for one in workspace.library.entries()) > 1_000
    return folder / "home"


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "home"))


def in_place(file: Path, content: bytes) -> None:
    """Write a file as bad memory or a bad disk would: neither its size nor its time tells."""
    status = file.stat()
    assert len(content) == status.st_size
    file.write_bytes(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def break_graph(home: Path) -> None:
    files = sorted(home.glob("index/vectors/*/*.bin"))
    assert files, "Chroma has not written its graph"
    for file in files:
        in_place(file, b"\x7f" * file.stat().st_size)


def test_sound_indexes_are_counted_against_the_library(home: Path) -> None:
    """All three hold as many passages as the library, which the doctor says."""
    with Workspace(settings(home)) as workspace:
        found = inspect_indexes(workspace.library)
    assert found.vectors == found.words == found.forward == found.passages > 1_000
    assert found.faults == ()
    values = json.loads(doctor(home, "--json"))
    (one,) = (one for one in values["checks"] if one["name"] == "indexes")
    count = found.passages
    assert one["ok"] and values["ok"]
    assert one["detail"] == f"{count} passages in the library and in each of the three indexes"


def doctor(home: Path, *args: str) -> str:
    environment = {"BRIEFING_EMBEDDER": "hash", "BRIEFING_ENGINE": "extractive"}
    return CliRunner().invoke(cli, ["--home", str(home), "doctor", *args], env=environment).stdout


def array_with(home: Path, name: str, change: Callable[[np.ndarray], None]) -> None:
    index = forward_files.load(home / "index" / "forward")
    array = np.array(getattr(index, name))
    change(array)
    forward_files.save(replace(index, **{name: array}), home / "index" / "forward")


def no_number(home: Path) -> None:
    array_with(home, "vectors", lambda array: array.__setitem__((5, 5), np.nan))


def other_vector(home: Path) -> None:
    array_with(home, "vectors", lambda array: array.__setitem__(5, array[6]))


def other_span(home: Path) -> None:
    array_with(home, "spans", lambda array: array.__setitem__((5, 1), array[5, 1] - 1))


def other_document(home: Path) -> None:
    index = forward_files.load(home / "index" / "forward")
    other = replace(index, documents=("0" * 12, *index.documents[1:]))
    forward_files.save(other, home / "index" / "forward")


def rows_out_of_order(home: Path) -> None:
    array_with(home, "runs", lambda array: array.__setitem__((-1, 1), array[-1, 0] - 1))


def forward_cut(home: Path) -> None:
    file = home / "index" / "forward" / "vectors.array"
    file.write_bytes(file.read_bytes()[:1000])


def words_lost(home: Path) -> None:
    shutil.rmtree(home / "index" / "words")


def words_short(home: Path) -> None:
    with Workspace(settings(home)) as workspace:
        note = next(one for one in workspace.library.entries() if one.passages == 1)
    with KeywordIndex(home / "index" / "words").writing() as writer:
        writer.remove_document(note.id)


def words_garbage(home: Path) -> None:
    (home / "index" / "words" / "meta.json").write_text("{garbage")


def vectors_lost(home: Path) -> None:
    shutil.rmtree(home / "index" / "vectors")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (no_number, "forward: some of its vectors are no numbers"),
        (other_vector, "forward: 1 documents have other passages or vectors"),
        (other_span, "forward: 1 documents have other passages or vectors"),
        (other_document, "forward: it lacks 1 documents and holds 1 others"),
        (rows_out_of_order, "forward: its arrays do not fit"),
        (forward_cut, "forward: it cannot be opened"),
        (words_lost, "words: they cannot be opened"),
        (words_short, "words: they hold"),
        (words_garbage, "words: they cannot be opened"),
        (vectors_lost, "vectors: it is missing"),
        (break_graph, "vectors: "),
    ],
)
def test_what_is_wrong_with_an_index_is_named(
    home: Path, spoil: Callable[[Path], None], named: str
) -> None:
    """Whatever was lost or altered, in which index; nothing is made in its place meanwhile."""
    spoil(home)
    with Workspace(settings(home)) as workspace:
        faults = inspect_indexes(workspace.library).faults
    assert [one for one in faults if one.startswith(named)], faults
    assert (home / "index" / "words").exists() == (spoil is not words_lost)


def test_a_broken_graph_is_noticed_before_it_is_opened_and_made_anew(home: Path) -> None:
    """Sizes and times tell nothing; the child does. Meanwhile searches compare one by one."""
    break_graph(home)
    with Workspace(settings(home)) as workspace, logging_to(home):
        assert not workspace.indexes.is_behind()
        workspace.indexes.hold_vectors_back()
        assert workspace.indexes.snapshot().vectors is None
        assert workspace.indexes.try_vectors()
        assert workspace.indexes.snapshot().vectors is None and workspace.indexes.is_behind()
        found = workspace.retriever.search("Which mill grinds rye on Sundays?")
        assert "grinds rye" in found[0].passage.text
        assert workspace.indexes.maintain() and not workspace.indexes.is_behind()
        assert workspace.indexes.fault() == "" and workspace.indexes.snapshot().vectors is not None
        assert inspect_indexes(workspace.library).faults == ()
    assert "the vector index is broken and made anew" in last_failures(home)[0].line


def test_a_sound_graph_is_used_after_it_was_tried(home: Path) -> None:
    """Until then searches do without it; nobody waits."""
    with Workspace(settings(home)) as workspace:
        workspace.indexes.hold_vectors_back()
        assert workspace.indexes.snapshot().vectors is None
        assert workspace.indexes.try_vectors() == "" and not workspace.indexes.is_behind()
        assert workspace.indexes.snapshot().vectors is not None


def test_the_page_notices_a_broken_index_and_mends_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line under the title says so until it is made anew, which nobody has to ask for."""
    break_graph(home)
    shown: list[str] = []
    monkeypatch.setattr("ui.backend._INDEX_POLL", 0.05)
    monkeypatch.setattr("ui.backend._INDEX_POLL_AT_MOST", 0.1)
    backend = Backend(settings(home))
    with logging_to(home):
        backend.open()

        def seen() -> bool:
            shown.append(backend.status())
            return "The check of the vector index failed" in shown[-1]

        assert until(seen, 90), shown[-1]
        assert until(lambda: "vector index" not in backend.status(), 90)
        workspace = backend.workspace()
        assert workspace is not None and workspace.indexes.fault() == ""
        backend.close()
    assert any("vector index is broken" in one.line for one in last_failures(home))
