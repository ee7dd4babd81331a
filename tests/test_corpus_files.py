"""Only regular files are read: nothing waits for a pipe, and no link leads out of a folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import BriefingError, ReadError
from corpus.files import digest_of, open_file
from index.folder_walk import files_below
from index.ingest import Progress, Report
from ui.cli import cli

pytestmark = pytest.mark.process


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(
        Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    ) as opened:
        yield opened


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Return a folder with one document and one of each thing that is none."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "key.txt").write_text("The key of the house is under the mat.")
    folder = tmp_path / "folder"
    (folder / "part").mkdir(parents=True)
    (folder / "tank.txt").write_text("The tank holds nine litres.")
    os.mkfifo(folder / "pipe.txt")
    (folder / "device.txt").symlink_to("/dev/zero")
    (folder / "key.txt").symlink_to(outside / "key.txt")
    (folder / "keys").symlink_to(outside)
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "nowhere.txt").symlink_to(folder / "gone.txt")
    (folder / "again.txt").symlink_to(folder / "tank.txt")
    (folder / "part" / "up").symlink_to(folder)
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(folder, os.O_RDONLY)
        # A socket's path is at most 108 bytes long, which that of a temporary folder may be.
        server.bind(f"/proc/self/fd/{here}/socket.txt")
        os.close(here)
    return folder


def _added(workspace: Workspace, paths: list[Path]) -> Report:
    *_, report = workspace.add(paths)
    assert isinstance(report, Report)
    return report


def test_a_folder_of_odd_things_gives_its_documents(workspace: Workspace, odd: Path) -> None:
    """A pipe, a socket, a device, loops and links that lead out are left out, each by name."""
    report = _added(workspace, files_below([odd]))
    assert report.added == (str(odd / "tank.txt"),)
    assert report.refused == ()
    assert {Path(one.path).name: one.reason for one in report.left_out} == {
        "pipe.txt": "not_a_file",
        "socket.txt": "not_a_file",
        "device.txt": "link",
        "key.txt": "link",
        "keys": "link",
        "loop.txt": "link",
        "nowhere.txt": "link",
    }
    assert all(
        "mat" not in workspace.library.document(one.id).text for one in workspace.library.entries()
    )


def test_what_programs_leave_in_a_folder_is_no_document(tmp_path: Path) -> None:
    """Word's note of who has a file open is none, nor are the system's own files."""
    for name in ("plan.txt", "~$plan.docx", ".hidden.txt", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_text("The weir is closed.")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "plan.txt").write_text("Nothing.")
    assert files_below([tmp_path]) == [tmp_path / "plan.txt"]


def test_the_lock_is_free_after_a_pipe(workspace: Workspace, odd: Path) -> None:
    """Another addition goes in at once."""
    _added(workspace, files_below([odd]))
    (odd.parent / "more.txt").write_text("The quay is new.")
    assert len(_added(workspace, [odd.parent / "more.txt"]).added) == 1


def test_a_file_that_becomes_a_pipe_is_not_waited_for(workspace: Workspace, tmp_path: Path) -> None:
    """What a path was when the folder was listed does not count."""
    file = tmp_path / "turns.txt"
    file.write_text("The mill grinds rye.")
    files = files_below([file])
    file.unlink()
    os.mkfifo(file)
    assert [one.reason for one in _added(workspace, files).left_out] == ["not_a_file"]
    file.unlink()
    file.symlink_to("/etc/hostname")
    assert [one.reason for one in _added(workspace, files).left_out] == ["link"]


def test_a_file_that_is_written_or_goes_while_it_is_added(
    workspace: Workspace, tmp_path: Path
) -> None:
    """What was read of it goes in, as do the others; what was written meanwhile is read next."""
    grown, gone, last = (tmp_path / f"{name}.txt" for name in ("grown", "gone", "last"))
    for file, words in ((grown, "The mill grinds rye."), (gone, "The weir is closed."),
                        (last, "The sluice is open.")):  # fmt: skip
        file.write_text(words)
    for step in workspace.add([grown, gone, last]):
        if isinstance(step, Progress) and step.stage == "embedding":
            if step.note.startswith("grown"):
                grown.write_text("The mill grinds oats and barley.")
            elif step.note.startswith("gone"):
                gone.unlink()
    assert isinstance(step, Report)
    assert step.added == (str(grown), str(gone), str(last))
    again = _added(workspace, [grown])
    assert again.replaced == (str(grown),)
    texts = {workspace.library.document(one.id).text for one in workspace.library.entries()}
    assert "The mill grinds oats and barley." in texts


def test_a_link_that_is_named_is_followed_to_its_file(odd: Path) -> None:
    """Whoever names a link means its target."""
    assert files_below([odd / "key.txt"]) == [odd.parent / "outside" / "key.txt"]


@pytest.mark.parametrize("name", ["pipe.txt", "socket.txt", "device.txt", "loop.txt"])
def test_what_is_named_and_no_file_is_refused(odd: Path, name: str) -> None:
    """The command line says what it is, and that a file is wanted."""
    with pytest.raises(ReadError, match=name) as refused:
        files_below([odd / name])
    assert refused.value.reason == ("missing" if name == "loop.txt" else "not_a_file")


def test_the_command_names_what_it_left_out(odd: Path, tmp_path: Path) -> None:
    """In words and in JSON."""

    def ran(*arguments: str) -> Any:
        whole = ["--home", str(tmp_path / "home"), *arguments]
        return CliRunner().invoke(cli, whole, env={"BRIEFING_EMBEDDER": "hash"})

    said = ran("add", str(odd))
    assert said.exit_code == 0, said.output
    assert "left out: 7" in said.output and "a named pipe" in said.output
    left_out = json.loads(ran("add", "--json", str(odd)).stdout)["left_out"]
    assert str(odd / "pipe.txt") in {one["path"] for one in left_out}
    for command in ("add", "check"):
        alone = ran(command, str(odd / "pipe.txt"))
        assert isinstance(alone.exception, BriefingError)
        assert "is a named pipe; name a file or a folder" in str(alone.exception)


def test_a_descriptor_is_of_the_file_that_was_looked_at(tmp_path: Path) -> None:
    """Another file in its place changes nothing; one past the limit is not hashed to its end."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * 100)
    with open_file(file) as descriptor:
        file.unlink()
        os.mkfifo(file)
        assert os.read(descriptor, 4) == b"xxxx"
    file.unlink()
    file.write_bytes(b"x" * 100)
    with open_file(file) as descriptor:
        assert digest_of(descriptor, limit=10) == ""
        assert len(digest_of(descriptor, limit=100)) == 64


def test_a_name_that_is_no_text_keeps_its_file_out_and_no_other(tmp_path: Path) -> None:
    """Older archives unpack to such names; the report can show them."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "good.md").write_text("The harbour of Lund is deep.", encoding="utf-8")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md")).write_text("The quay is new.")
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as workspace:
        *_, report = workspace.add(files_below([folder]))
    assert isinstance(report, Report)
    assert [Path(one).name for one in report.added] == ["good.md"]
    ((refused),) = report.refused
    assert refused.reason == "name" and "UTF-8" in refused.message
    assert refused.path.encode() and Path(refused.path).name == "caf?.md"
