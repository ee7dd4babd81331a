"""A backup holds all of a library, and what comes back from it is the same, wherever it goes."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.memo.memo_repository import MemoRepository
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import backup as backing
from corpus import restoring
from corpus.backup import LAST_BACKUP, MANIFEST, Manifest, back_up
from corpus.errors import (
    BriefingError,
    FormatError,
    LibraryDamaged,
    LibraryLocked,
    StorageError,
    UsageError,
)
from corpus.library import Library
from corpus.lock import WriterLock
from corpus.moving import move
from corpus.restoring import restore
from corpus.schema import MIGRATIONS
from index.embedders import HASHING
from tests.commands import briefing_here
from tests.memos import MEMO
from tests.older import made_older, step_with
from tests.test_index_folder_sync import embedded, write

ROOT = Path(__file__).parent.parent
KEYS = '# mine\n[keys]\nopenai = "sk-0123456789abcdef"\n\n[limits]\nseconds = 90\n'


def opened(home: Path) -> Workspace:
    return Workspace(Settings(home=home, engine="extractive", embedder=HASHING))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with all that one can hold; it is only read."""
    tmp_path = tmp_path_factory.mktemp("whole")
    made = tmp_path / "home"
    files = [write(tmp_path / f"in/{number}.md", f"Port{number}", number) for number in range(5)]
    with opened(made) as workspace:
        list(workspace.add(files))
        write(files[0], "Port0", 99)
        list(workspace.add(files[:1]))
        library = workspace.library
        library.remove(library.resolve(library.entries()[1].id))
        library.update_source(library.entries()[0].id, publisher="The Ministry")
        library.conversations.append("", "How many ships?", "{}", "Many.")
        MemoRepository(library).save(MEMO, "harbours-1")
        workspace.indexes.update()
    (made / "aliases.toml").write_text('ports = [["Onehaven", "1haven"]]\n')
    (made / "templates").mkdir()
    (made / "templates/ours.toml").write_text("# a template\n")
    (made / "engines.toml").write_text(KEYS)
    (made / "engines.toml").chmod(0o600)
    return made


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "home")


def backed_up(home: Path, file: Path, **options: bool) -> Manifest:
    library = Library(home)
    try:
        return back_up(library, file, program="1.2", **options)  # type: ignore[arg-type]
    finally:
        library.close()


def contents(home: Path, scratch: Path) -> dict[str, object]:
    """Return counts and hashes over every table and original of a library."""
    one, other = Library(home), Library(scratch, arriving=True)
    try:
        return dict(move(one, other).tables)
    finally:
        one.close()
        other.close()


def changed(file: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """Return a copy of an archive in which one file is another."""
    copy = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(copy, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry, change(content) if entry.filename == name else content)
    return copy


def test_a_library_comes_back_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts and hashes of everything are the same, it can be searched, and nothing is embedded."""
    file = tmp_path / "b.zip"
    manifest = backed_up(home, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and not manifest.lost
    assert manifest.counts["documents"] == 6 and manifest.counts["memos"] == 1
    assert [one.name for one in tmp_path.iterdir() if "b.zip" in one.name] == ["b.zip"]
    away = tmp_path / "another user/data"
    counts = embedded(monkeypatch)
    done = restore(file, away)
    assert done.set_aside is None and done.manifest == manifest and not counts
    library = Library(home)
    library.note_fact(LAST_BACKUP, "")
    library.close()
    twin = Library(away)
    twin.note_fact(LAST_BACKUP, "")
    twin.close()
    assert contents(home, tmp_path / "x") == contents(away, tmp_path / "y")
    for place in (away, *away.rglob("*")):
        wanted = 0o700 if place.is_dir() else 0o600
        assert stat.S_IMODE(place.stat().st_mode) == wanted, place
    shutil.rmtree(home)
    with opened(away) as workspace:
        workspace.maintain()
        # Sentences that measure an embedder on a machine, and no document.
        assert set(counts) <= {24}
        assert "99" in workspace.retriever.search("Port0 harbour ships")[0].passage.text
        assert all(one.ok for one in workspace.library.check())
        assert [one.id for one in MemoRepository(workspace.library).listed()] == ["harbours-1"]
        assert len(workspace.library.conversations.all()) == 1
        assert {one.source.publisher for one in workspace.library.entries()} == {
            "The Ministry", "Port Gazette",
        }  # fmt: skip
    assert (away / "templates/ours.toml").read_text() == "# a template\n"
    assert not list(away.glob("library.before-*"))


def test_without_originals(home: Path, tmp_path: Path) -> None:
    """The documents are all there, and so is what was said of them."""
    manifest = backed_up(home, tmp_path / "b.zip", originals=False)
    assert not any(name.startswith("originals") for name in manifest.members)
    restore(tmp_path / "b.zip", tmp_path / "away")
    library = Library(tmp_path / "away")
    assert library.original(library.entries()[0].id) is None and len(library.entries()) == 4
    library.close()


def test_others_write_meanwhile(home: Path, tmp_path: Path) -> None:
    """The backup is of one moment, and whole; the writer does not wait for it."""
    writing = opened(home)
    stop = threading.Event()
    added: list[str] = []

    def write_on() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            file = write(tmp_path / f"more/{number}.md", f"More{number}", number)
            list(writing.add([file]))
            added.append(file.name)

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        manifests = []
        for number in range(3):
            before = len(added)
            manifests.append(backed_up(home, tmp_path / f"{number}.zip"))
            assert manifests[-1].counts["documents"] >= 6 + before
    finally:
        stop.set()
        thread.join()
        writing.close()
    for number in range(3):
        restore(tmp_path / f"{number}.zip", tmp_path / f"away{number}")
        library = Library(tmp_path / f"away{number}")
        assert all(one.ok for one in library.check())
        library.close()


def test_what_is_there_is_not_lost(home: Path, tmp_path: Path) -> None:
    """A data folder that holds something is refused, or set aside whole; logs are nothing."""
    file = tmp_path / "b.zip"
    backed_up(home, file)
    with pytest.raises(UsageError, match=r"is not empty.*--replace"):
        restore(file, home)
    with pytest.raises(UsageError, match="is there already"):
        backed_up(home, file)
    library = Library(home)
    library.remove(library.entries()[0].id)
    library.close()
    done = restore(file, home, replace=True)
    assert done.set_aside is not None and done.set_aside.parent == tmp_path
    for place, count in ((home, 4), (done.set_aside, 3)):
        library = Library(place)
        assert len(library.entries()) == count
        library.close()
    (tmp_path / "link").symlink_to(home)
    assert restore(file, tmp_path / "link", replace=True).home == home
    assert (tmp_path / "link").is_symlink() and (home / "library.sqlite3").exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "briefing.log").write_text("started\n")
    assert restore(file, empty).set_aside is None
    assert (empty / "briefing.log").read_text() == "started\n"


def test_a_data_folder_that_is_a_disk(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be renamed: its files are, within it."""
    file = tmp_path / "b.zip"
    backed_up(home, file)
    monkeypatch.setattr(Path, "is_mount", lambda self: self.name in ("home", "new"))
    (tmp_path / "new").mkdir()
    assert restore(file, tmp_path / "new").set_aside is None
    done = restore(file, home, replace=True)
    assert done.set_aside is not None and done.set_aside.parent == home
    for place in (home, tmp_path / "new", done.set_aside):
        library = Library(place)
        assert len(library.entries()) == 4 and all(one.ok for one in library.check())
        library.close()
        assert not list(place.glob(".restoring*"))


def test_a_failure_leaves_the_old_library(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at any write, a rename that is refused, another process that writes."""
    file = tmp_path / "b.zip"
    real, left = os.fsync, [0]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    before = {one.name for one in tmp_path.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="disk is full"):
            backed_up(home, file)
        assert {one.name for one in tmp_path.iterdir()} == before
    backed_up(home, file)
    before = {one.name for one in tmp_path.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for number in (0, 1, 4):
            left[0] = number
            with pytest.raises(StorageError, match="disk is full"):
                restore(file, home, replace=True)
    with monkeypatch.context() as patch:
        rename = Path.rename

        def refused(self: Path, target: Path) -> Path:
            if "restoring" in self.name:
                raise OSError(errno.EBUSY, "Device or resource busy")
            return rename(self, target)

        patch.setattr(Path, "rename", refused)
        with pytest.raises(StorageError, match="busy"):
            restore(file, home, replace=True)
    code = (
        "import sys\nfrom pathlib import Path\nfrom corpus.library import Library\n"
        "with Library(Path(sys.argv[1])).writing():\n    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(LibraryLocked, match=str(other.pid)):
            restore(file, home, replace=True)
    finally:
        other.communicate()
    assert {one.name for one in tmp_path.iterdir()} == before
    library = Library(home)
    assert len(library.entries()) == 4 and all(one.ok for one in library.check())
    library.close()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.toml", "/tmp/evil.toml", "templates/../../evil", "templates\\..\\evil",
        "originals/aa/../../evil", "originals/ab/" + "cd" * 32, "writer.lock", "index/manifest",
        ".bashrc", "templates/.hidden", "memos/a/b/c/d/e/f/g.json", "aliases.toml ", "C:evil",
    ],
)  # fmt: skip
def test_names_that_no_backup_has(home: Path, tmp_path: Path, name: str) -> None:
    """Nothing is written for an archive that holds one."""
    file = tmp_path / "b.zip"
    backed_up(home, file)
    before = {one.name for one in tmp_path.iterdir()}
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr(name, "evil")
    with pytest.raises(UsageError, match="has no place in one"):
        restore(file, tmp_path / "away")
    assert {one.name for one in tmp_path.iterdir()} == before


def test_other_tricks(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, doubles, files that inflate, files that the manifest does not name, or wrongly."""
    file = tmp_path / "b.zip"
    backed_up(home, file)

    def with_entry(name: str, content: bytes, mode: int = 0o100600) -> Path:
        copy = tmp_path / "trick.zip"
        shutil.copy(file, copy)
        with zipfile.ZipFile(copy, "a") as packed:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return copy

    with pytest.raises(UsageError, match="no place"):
        restore(with_entry("themes.toml", b"/etc/passwd", 0o120777), tmp_path / "away")
    with pytest.raises(LibraryDamaged, match="manifest"):
        restore(with_entry("themes.toml", b"more"), tmp_path / "away")
    with pytest.raises(LibraryDamaged, match="manifest"):
        restore(with_entry("templates/bomb", b"\0" * 30_000_000), tmp_path / "away")
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = with_entry("aliases.toml", b"again")
    with pytest.raises(UsageError, match="no place"):
        restore(twice, tmp_path / "away")

    def promising(content: bytes) -> bytes:
        values = json.loads(content)
        values["members"]["aliases.toml"]["size"] = 10**15
        return json.dumps(values).encode()

    with pytest.raises(LibraryDamaged, match="manifest"):
        restore(changed(file, MANIFEST, promising), tmp_path / "away")
    monkeypatch.setattr(
        restoring.shutil,
        "disk_usage",
        lambda _: shutil._ntuple_diskusage(9, 9, 1_000),  # type: ignore[attr-defined]
    )
    with pytest.raises(UsageError, match="free some space"):
        restore(file, tmp_path / "away")
    assert not (tmp_path / "away").exists() and not list(tmp_path.glob(".away*"))


def test_an_altered_archive_is_refused(home: Path, tmp_path: Path) -> None:
    """A file of it that is another, and any damage at all: one clear line, and nothing there."""
    file = tmp_path / "b.zip"
    manifest = backed_up(home, file)
    original = next(name for name in manifest.members if name.startswith("originals/"))
    for name in (original, "library.sqlite3", "aliases.toml"):
        odd = changed(file, name, lambda content: content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(LibraryDamaged, match=r"damaged or altered.*nothing was restored"):
            restore(odd, tmp_path / "away")

    def counting(content: bytes) -> bytes:
        values = json.loads(content)
        values["counts"]["documents"] += 1
        return json.dumps(values).encode()

    with pytest.raises(LibraryDamaged):
        restore(changed(file, MANIFEST, counting), tmp_path / "away")
    chance, whole = random.Random(5), file.read_bytes()
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        else:
            for _ in range(3):
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        (tmp_path / "damaged.zip").write_bytes(bytes(damaged))
        try:
            restore(tmp_path / "damaged.zip", tmp_path / "away")
        except BriefingError as error:
            assert "\n" not in str(error)
            refused += 1
            assert not (tmp_path / "away").exists()
        else:
            # What was changed is no part of any file: dates, and the like.
            shutil.rmtree(tmp_path / "away")
    assert refused > 50 and not list(tmp_path.glob(".away*"))
    for odd, said in ((b"", "no backup"), (b"PK\x05\x06" + bytes(18), "no manifest")):
        (tmp_path / "odd.zip").write_bytes(odd)
        with pytest.raises(UsageError, match=said):
            restore(tmp_path / "odd.zip", tmp_path / "away")
    with pytest.raises(UsageError, match="there is no file"):
        restore(tmp_path / "none.zip", tmp_path / "away")


def test_older_and_newer(home: Path, tmp_path: Path) -> None:
    """A backup of an older form is brought up; one of a newer program says so."""
    made_older(home, step_with("CREATE TABLE memos"))
    file = tmp_path / "b.zip"
    # As an older program of this version of archives would have made it.
    database = home / "library.sqlite3"
    newer = tmp_path / "newer"
    shutil.copytree(home, newer)
    backed_up(newer, file)
    from corpus.sqlite_copy import copy_database, counts_of

    copy_database(database, tmp_path / "old.sqlite3")
    content = (tmp_path / "old.sqlite3").read_bytes()
    old = changed(file, "library.sqlite3", lambda _: content).rename(tmp_path / "old.zip")

    def older(text: bytes) -> bytes:
        import hashlib

        values = json.loads(text)
        values["counts"] = counts_of(tmp_path / "old.sqlite3")
        member = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        values["members"]["library.sqlite3"] = member
        return json.dumps(values).encode()

    restore(changed(old, MANIFEST, older), tmp_path / "away")
    library = Library(tmp_path / "away")
    assert len(library.entries()) == 4 and all(one.ok for one in library.check())
    library.close()

    def later(text: bytes) -> bytes:
        return json.dumps(json.loads(text) | {"format": 2, "program": "9.0"}).encode()

    with pytest.raises(FormatError, match=r"9\.0, which is newer"):
        restore(changed(file, MANIFEST, later), tmp_path / "later")


def test_a_library_is_copied_before_a_migration(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not at all: a full disk leaves the library as it was."""
    from corpus import sqlite_copy

    step = step_with("CREATE TABLE memos")
    made_older(home, step)
    before = home / f"library.before-{step}"

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_copy.os, "fsync", full)
        with pytest.raises(StorageError, match="disk is full"):
            Library(home)
    assert not before.exists() and sqlite_copy.format_of(home / "library.sqlite3") == step
    library = Library(home)
    assert len(library.entries()) == 4
    library.close()
    assert sqlite_copy.format_of(before) == step < len(MIGRATIONS)
    assert stat.S_IMODE(before.stat().st_mode) == 0o600


def test_the_commands(home: Path, tmp_path: Path) -> None:
    """Keys stay here unless they are asked for; doctor says when the last backup was made."""
    environment = {"BRIEFING_EMBEDDER": HASHING, "BRIEFING_HOME": str(home)}

    def run(*args: str) -> tuple[int, str]:
        done = briefing_here(*args, cwd=tmp_path, environment=environment)
        return done.returncode, done.stdout + done.stderr

    assert "none was ever made" in run("doctor")[1]
    code, said = run("backup", "b.zip")
    assert code == 0 and "6 documents" in said and "1 memos" in said
    assert "the last one was made at 20" in run("doctor")[1]
    code, said = run("restore", "b.zip", "--home", "away")
    assert code == 0 and "6 documents" in said
    kept = (tmp_path / "away/engines.toml").read_text()
    assert kept == "# mine\n[limits]\nseconds = 90\n"
    assert run("--home", "away", "search", "Port0 ships")[0] == 0
    assert run("backup", "k.zip", "--with-keys", "--without-originals")[0] == 0
    code, said = run("restore", "k.zip", "--home", "away", "--replace")
    assert code == 0 and "is now in" in said and "without the files added" in said
    assert (tmp_path / "away/engines.toml").read_text() == KEYS
    # A file whose keys cannot be told from the rest is left out.
    (home / "engines.toml").write_text('keys.openai = "sk-0123456789abcdef"\n')
    code, said = run("backup", "odd.zip")
    assert code == 0 and "was left out" in said
    with zipfile.ZipFile(tmp_path / "odd.zip") as packed:
        assert "engines.toml" not in packed.namelist()
    for wrong in (
        ["backup", "b.zip"], ["backup", "nowhere/b.zip"], ["restore", "none.zip"],
        ["restore", "b.zip"], ["restore", "home/aliases.toml", "--home", "x"],
    ):  # fmt: skip
        code, said = run(*wrong)
        assert code == 2 and said.startswith("briefing: ") and said.count("\n") == 1, said
    environment["BRIEFING_RECORD"] = "postgresql://localhost/none"
    assert "--to" in run("restore", "b.zip", "--home", "x")[1]


@pytest.mark.process
@pytest.mark.slow
def test_to_postgresql_and_back(home: Path, tmp_path: Path, database: str) -> None:
    """A backup goes onto another engine, and a backup of that onto this one: all of it equal."""
    file = tmp_path / "b.zip"
    backed_up(home, file)
    restore(file, tmp_path / "folder", record=database)
    assert not (tmp_path / "folder/library.sqlite3").exists()
    assert (tmp_path / "folder/aliases.toml").exists()
    shared = Library(tmp_path / "folder", record=database)
    assert shared.shared and len(shared.entries()) == 4
    assert all(one.ok for one in shared.check())
    # Another process of this data folder may be adding for hours.
    with WriterLock(tmp_path / "folder/writer.lock").held():
        manifest = back_up(shared, tmp_path / "c.zip", program="1.2")
    shared.close()
    assert not manifest.lost and manifest.counts["documents"] == 6
    restore(tmp_path / "c.zip", tmp_path / "back")
    for place in (home, tmp_path / "back"):
        library = Library(place)
        library.note_fact(LAST_BACKUP, "")
        library.close()
    assert contents(home, tmp_path / "x") == contents(tmp_path / "back", tmp_path / "y")
    assert manifest.format == backing.FORMAT
