"""Search finds by meaning and by words, keeps to its bounds, and survives its indexes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import ReadError
from index.embedding import HashEmbedder
from index.filters import Filters
from index.folder_walk import files_below
from index.ingest import MetadataOverride, Report
from index.query import content_words, rarity, stem_weights

ROOT = Path(__file__).parent.parent
HARBOUR = """---
title: The harbour of Lund
publisher: Port Gazette
published: 2024-03-01
---

The harbour of Lund handled 4,800 ships in 2023. Its director is Anna Berg.
"""
BRIDGE = """---
title: The bridge at Vik
publisher: Road News
published: 2025-06-30
---

The bridge at Vik closed on 12 May 2025. Repairs cost 3 million euros, the county says.
"""
MILL = """---
title: The mill
publisher: Port Gazette
---

The mill at Ros grinds rye. It was built in 1871 and is open on Sundays.
"""
ARTICLES = {"harbour.md": HARBOUR, "bridge.md": BRIDGE, "mill.md": MILL}


def desk_in(home: Path) -> Workspace:
    return Workspace(Settings(home=home, embedder="hash"))


def add(workspace: Workspace, *paths: Path, **options: object) -> Report:
    *_, report = workspace.add(files_below(paths), **options)  # type: ignore[arg-type]
    assert isinstance(report, Report)
    return report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "articles"
    place.mkdir()
    for name, text in ARTICLES.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def workspace(folder: Path, tmp_path: Path) -> Iterator[Workspace]:
    with desk_in(tmp_path / "home") as opened:
        add(opened, folder)
        yield opened


def titles(workspace: Workspace, question: str, **filters: object) -> list[str]:
    found = workspace.retriever.search(question, filters=Filters(**filters))  # type: ignore[arg-type]
    return [one.source.title for one in found]


def test_the_passage_with_the_answer_comes_first(workspace: Workspace) -> None:
    """Each result says where it stands and why it ranked there."""
    first = workspace.retriever.search("How many ships did the harbour of Lund handle?")[0]
    assert first.source.title == "The harbour of Lund" and first.label == 1
    assert first.why.startswith("found by its words: ships, harbour, Lund")
    # A reader who asks is told in words: ranks and scores are in `match`.
    assert first.match is not None and "0." not in first.why and "rank" not in first.why
    whole = workspace.library.document(first.passage.document)
    assert whole.text[first.passage.start : first.passage.end] == first.passage.text


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({"publishers": ("road news",)}, {"The bridge at Vik"}, id="publisher"),
        pytest.param({"until": "2024-12-31"}, {"The harbour of Lund"}, id="as of a day"),
        pytest.param({"since": "2025"}, {"The bridge at Vik"}, id="since a year"),
        pytest.param({"publishers": ("nobody",)}, set(), id="nothing within"),
    ],
)
def test_bounds_are_kept(
    workspace: Workspace, filters: dict[str, object], expected: set[str]
) -> None:
    """Publisher and dates keep only what lies within; undated documents have no date to lie in."""
    assert set(titles(workspace, "harbour bridge mill", **filters)) == expected


def test_what_one_thread_forgets_another_has_still(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the remembered bounds there are only so many; a search keeps those it found."""
    retriever, snapshot = workspace.retriever, workspace.indexes.snapshot()
    monkeypatch.setattr("index.retriever._MOST_BOUNDS", 1)

    class Forgetful(dict[Filters, object]):
        def __setitem__(self, key: Filters, value: object) -> None:
            super().__setitem__(key, value)
            # As another thread does that comes in here.
            self.clear()

    retriever._bounded = snapshot, Forgetful()  # type: ignore[assignment]
    bounds = retriever._bounds(snapshot, Filters(publishers=("Road News",)))
    assert bounds is not None and len(bounds.documents) == 1


def test_misspelt_words_are_read_as_the_library_spells_them(workspace: Workspace) -> None:
    """A word that stands nowhere is taken for the one that is most like it."""
    query = workspace.retriever.query("Who is the directr of the harbuor?")
    assert query.text == "Who is the director of the harbour?"
    # A name, and a word of English that the library does not hold, are spelt as meant.
    meant = "Is Vikk an Irish harbor?"
    assert workspace.retriever.query(meant).text == meant


def test_adding_again_changes_nothing_and_a_change_replaces(
    workspace: Workspace, folder: Path
) -> None:
    """Unchanged files are not read again; a changed one is found by its new words only."""
    assert len(add(workspace, folder).unchanged) == 3
    assert "rye" in workspace.retriever.search("mill grinds rye")[0].passage.text
    (folder / "mill.md").write_text("The mill at Ros now grinds oats.", encoding="utf-8")
    assert len(add(workspace, folder).replaced) == 1
    assert "oats" in workspace.retriever.search("What does the mill grind?")[0].passage.text
    found = workspace.retriever.search("mill grinds rye")
    assert found and all("rye" not in one.passage.text for one in found)


def test_one_bad_file_does_not_keep_the_others_out(workspace: Workspace, folder: Path) -> None:
    """What cannot be read is reported with a reason; the rest go in."""
    (folder / "new.txt").write_text("The quay is new.", encoding="utf-8")
    (folder / "empty.txt").write_text("")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" * 50)
    report = add(workspace, folder)
    assert len(report.added) == 1
    assert sorted(one.reason for one in report.refused) == ["empty", "unsupported"]


def test_what_the_user_says_goes_before_what_the_document_says(
    workspace: Workspace, folder: Path
) -> None:
    """--title, --publisher and --published win."""
    file = folder / "quay.md"
    file.write_text("---\ntitle: Quay\n---\n\nThe quay is new.", encoding="utf-8")
    add(workspace, file, described=MetadataOverride("The new quay", "Me", "2026-01"))
    entry = next(one for one in workspace.library.entries() if one.source.location == str(file))
    assert (entry.source.title, entry.source.publisher, entry.source.published) == (
        "The new quay",
        "Me",
        "2026-01",
    )


def test_missing_paths_and_empty_folders_are_named(tmp_path: Path) -> None:
    """A path that is not there is an error of its own, not an empty report."""
    with pytest.raises(ReadError, match="no file or folder") as missing:
        files_below([tmp_path / "nowhere"])
    assert missing.value.reason == "missing"
    with pytest.raises(ReadError, match="no files"):
        files_below([tmp_path])


def test_removed_documents_are_not_found(workspace: Workspace) -> None:
    """Even before the indexes know of it."""
    assert "The mill" in titles(workspace, "mill rye Sundays")
    entry = next(one for one in workspace.library.entries() if one.source.title == "The mill")
    workspace.library.remove(entry.id)
    found = titles(workspace, "mill rye Sundays")
    assert found and "The mill" not in found


ADDER = """
import sys
from pathlib import Path
from assistant.workspace import Workspace
from assistant.settings import Settings
from index.folder_walk import files_below
with Workspace(Settings(home=Path(sys.argv[1]), embedder="hash")) as workspace:
    for step in workspace.add(files_below([Path(sys.argv[2])])):
        print(getattr(step, "stage", "report"), flush=True)
"""


@pytest.mark.process
def test_kill_during_add_leaves_a_library_that_answers(tmp_path: Path) -> None:
    """Four kills at random moments of `add`: the next start sees whole documents and searches."""
    folder, home = tmp_path / "many", tmp_path / "home"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.md").write_text(f"# Note {number}\n\nThe quay {number} is new.\n" * 20)
    chance = np.random.default_rng(3)
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", ADDER, str(home), str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert child.stdout is not None
        wait = int(chance.integers(1, 9))
        acknowledged = sum(child.stdout.readline() == b"added\n" for _ in range(wait))
        time.sleep(float(chance.random()) * 0.05)
        os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close()
        child.wait()
        with desk_in(home) as workspace:
            assert all(one.ok for one in workspace.library.check())
            entries = workspace.library.entries()
            assert len(entries) >= acknowledged
            if entries:
                assert workspace.retriever.search("Which quay is new?")
    with desk_in(home) as workspace:
        report = add(workspace, folder)
        assert report.unchanged
        assert len(report.added) + len(report.unchanged) + len(report.duplicates) == 60


def test_common_words_weigh_less_than_names() -> None:
    """What must be covered are names and rare words, not "company"."""
    assert rarity("the") < rarity("company") < rarity("semiconductor") <= rarity("deepseek") == 1
    weights = stem_weights(content_words("What did the company say about Lund?"))
    assert weights["lund"] > weights["compani"]
    assert "what" not in weights and "the" not in weights


def test_the_hash_embedder_knows_words_only() -> None:
    """Texts that share words have a positive product; rows have length one."""
    rows = HashEmbedder(64).embed(["the red harbour", "the red mill", ""])
    assert rows.shape == (3, 64) and rows[0] @ rows[1] > 0.3
    assert np.allclose(np.linalg.norm(rows[:2], axis=1), 1) and not rows[2].any()
