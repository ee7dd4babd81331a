"""The data folder is for its user alone, whatever the umask and whatever it was before."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answer import Answer
from assistant.answer_storage import store_answer
from assistant.diagnostics import diagnostics
from assistant.memo.grades import Grades
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.private_files import close_to_others, open_to_others
from tests.memos import MEMO


@pytest.fixture(params=[0o000, 0o022], ids=["a umask of 000", "a umask of 022"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def used(home: Path, document: Path) -> None:
    """Do what makes every kind of file: documents, indexes, a talk, a memo, grades."""
    document.write_text("# The ferry\n\nThe ferry of Vik carries 900 passengers a day.\n")
    with Workspace(Settings(home=home, engine="extractive", embedder="hash")) as workspace:
        *_, report = workspace.add([document])
        assert len(report.added) == 1  # type: ignore[union-attr]
        store_answer(workspace.library.conversations, "", Answer("Who asks?", outcome="declined"))
        assert workspace.retriever.search("ferry passengers")
        workspace.memos.save(MEMO, "one")
        Grades.ensured_file(home)


def modes(home: Path) -> dict[str, str]:
    """Return what may be done by others below the data folder, by name."""
    return {
        str(one.relative_to(home)): oct(stat.S_IMODE(one.stat().st_mode))
        for one in (home, *home.rglob("*"))
        if open_to_others(one)
    }


def test_a_new_data_folder_is_closed_to_others(umask: None, tmp_path: Path) -> None:
    """Folders, the database, originals, every file of the indexes, memos, grades."""
    home = tmp_path / "home"
    used(home, tmp_path / "ferry.md")
    assert len(list((home / "index").rglob("*"))) > 8 and modes(home) == {}


def test_a_folder_that_was_open_is_closed(umask: None, tmp_path: Path) -> None:
    """Empty, or with what an earlier version left there."""
    home = tmp_path / "home"
    (home / "index" / "words").mkdir(parents=True)
    (home / "memos").mkdir()
    for folder in (home, home / "index", home / "memos"):
        folder.chmod(0o755)
    used(home, tmp_path / "ferry.md")
    assert modes(home) == {}


def test_a_folder_with_other_things_in_it_keeps_its_mode(
    umask: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What we make there is closed; the log and the doctor say what is not."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "holiday.jpg").write_bytes(b"sea")
    home.chmod(0o755)
    (home / "holiday.jpg").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        used(home, tmp_path / "ferry.md")
    assert modes(home) == {".": "0o755", "holiday.jpg": "0o644"}
    assert "others may look into the data folder" in caplog.text
    with Workspace(Settings(home=home, engine="extractive", embedder="hash")) as workspace:
        said = {one.name: one.detail for one in diagnostics(workspace)}
    assert f"chmod 700 {home}" in said["privacy"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """What it leads to is somebody else's."""
    (tmp_path / "index").mkdir(mode=0o755)
    other = tmp_path / "other"
    other.write_text("x")
    other.chmod(0o644)
    (tmp_path / "index" / "link").symlink_to(other)
    close_to_others(tmp_path / "index")
    assert stat.S_IMODE(other.stat().st_mode) == 0o644
    assert not open_to_others(tmp_path / "index")
