"""`briefing collections`, `briefing audit` and `briefing add --collection` as they are typed."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus.access import Asker
from corpus.library import Library
from tests.commands import Done, briefing_here
from ui.cli import cli


def test_rights_are_given_taken_and_recorded(tmp_path: Path) -> None:
    """From making a collection to deleting it; each change is a line of the audit trail."""
    home = tmp_path / "home"

    def briefing(*arguments: str) -> Done:
        environment = {"BRIEFING_HOME": str(home), "BRIEFING_EMBEDDER": "hash"}
        return briefing_here(*arguments, cwd=tmp_path, environment=environment)

    assert "no collection" in briefing("collections").stdout
    assert briefing("collections", "make", "China desk").stdout == "made\n"
    assert briefing("collections", "allow", "China desk", "group:china", "user:ann").returncode == 0
    assert briefing("collections", "allow", "China desk", "user:ann", "--editor").returncode == 0
    (tmp_path / "note.md").write_text("# Note\n\nThe note has one sentence.\n", encoding="utf-8")
    missing = briefing("add", "note.md", "--collection", "Nowhere")
    assert missing.returncode == 2 and "there is no collection 'Nowhere'" in missing.stderr
    assert briefing("add", "note.md", "--collection", "China desk").returncode == 0
    listed = briefing("collections", "list").stdout
    assert listed == "China desk: 1 document\n  editor  user:ann\n  reader  group:china\n"
    library = Library(home)
    (note,) = library.every_document()
    assert library.collections.readable(Asker("bob", ("china",))) == {note}
    assert briefing("collections", "forbid", "China desk", "group:china").returncode == 0
    assert library.collections.readable(Asker("bob", ("china",))) == frozenset()
    library.close()
    full = briefing("collections", "delete", "China desk")
    assert full.returncode == 2 and "holds 1 documents" in full.stderr
    assert briefing("collections", "remove", "China desk", note[:12]).returncode == 2
    taken = briefing("collections", "remove", "China desk", note[:12], "--to-everyone")
    assert taken.stdout == "1 removed\n"
    assert briefing("collections", "add", "China desk", note[:12]).stdout == "1 added\n"
    briefing("collections", "remove", "China desk", note[:12], "--to-everyone")
    assert briefing("collections", "delete", "China desk").stdout == "deleted\n"
    assert json.loads(briefing("collections", "--json").stdout) == {"collections": []}
    lines = [json.loads(one) for one in briefing("audit", "--json").stdout.splitlines()]
    assert [one["detail"]["change"] for one in lines] == [
        "make", "allow", "allow", "allow", "forbid", "remove", "add", "remove", "delete",
    ]  # fmt: skip
    assert all(one["who"].startswith("command line of ") for one in lines)
    assert len(briefing("audit", "--limit", "1").stdout.splitlines()) == 1
    assert "no such line" in briefing("audit", "--who", "nobody").stdout


def test_nothing_of_a_folder_goes_to_everyone(tmp_path: Path) -> None:
    """With --collection, what a list of references in the folder names is kept to its readers too.

    So it is when a folder is kept in step, and when a list alone is imported.
    """
    home = tmp_path / "home"

    def briefing(*arguments: str) -> Done:
        environment = {"BRIEFING_HOME": str(home), "BRIEFING_EMBEDDER": "hash"}
        return briefing_here(*arguments, cwd=tmp_path, environment=environment)

    for name in ("added", "synced", "listed"):
        (tmp_path / name).mkdir()
        text = f"# The {name} note\n\nThe {name} note speaks of {len(name)} ships.\n"
        (tmp_path / name / "note.md").write_text(text, encoding="utf-8")
        if name != "synced":
            (tmp_path / name / "list.bib").write_text("@report{note, file = {note.md}}")
    for command in (
        ("add", "added"), ("sync", "synced"), ("references", "import", "listed/list.bib"),
    ):  # fmt: skip
        missing = briefing(*command, "--collection", "Desk")
        assert missing.returncode == 2 and "there is no collection 'Desk'" in missing.stderr
    briefing("collections", "make", "Desk")
    for command in (
        ("add", "added"), ("sync", "synced"), ("references", "import", "listed/list.bib"),
    ):  # fmt: skip
        assert briefing(*command, "--collection", "Desk").returncode == 0
    library = Library(home)
    assert len(library.every_document()) == 3
    assert library.collections.readable(Asker("bob", ())) == frozenset()
    library.close()


def test_an_account_without_a_name_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs under a number; what is printed moves no terminal."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setenv("BRIEFING_HOME", str(tmp_path))
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")
    runner = CliRunner()
    assert runner.invoke(cli, ["collections", "make", "Desk"]).exit_code == 0
    with closing(Library(tmp_path)) as library:
        library.audit.note("eve\x1b[2J\nbob", "refused", "x")
    lines = runner.invoke(cli, ["audit"]).stdout.splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        f"command line of account {os.getuid()}", "eve[2J bob",
    ]  # fmt: skip
