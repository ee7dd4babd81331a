"""`briefing sync`: the library shows what a folder holds, and moved files keep their documents."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import LibraryLocked, ReadError, UsageError
from corpus.references import Reference
from index.embedders import HASHING
from index.embedding import HashEmbedder
from index.folder_sync import SyncReport
from index.ingest import MetadataOverride
from tests.commands import briefing_here


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    settings = Settings(home=tmp_path / "home", engine="extractive", embedder=HASHING)
    with Workspace(settings) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    return made


def write(file: Path, port: str, ships: int = 5) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"---\ntitle: The harbour of {port}\npublisher: Port Gazette\npublished: 2024-03-01\n"
        "---\n\n"
        f"The harbour of {port} handled {ships} ships in 2023, its director said.\n",
        encoding="utf-8",
    )
    return file


def synced(workspace: Workspace, folder: Path, **options: bool) -> SyncReport:
    *_, report = workspace.sync(folder, **options)  # type: ignore[arg-type]
    assert isinstance(report, SyncReport)
    return report


def places(workspace: Workspace) -> dict[str, str]:
    """Return the title of each visible document by the name of its place."""
    return {
        Path(place).name: one.source.title
        for one in workspace.library.entries()
        for place in workspace.library.places_of(one.id)
    }


def embedded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the number of texts whenever some are embedded."""
    counts: list[int] = []
    real = HashEmbedder.embed

    def counting(self: HashEmbedder, texts: list[str]) -> np.ndarray:
        counts.append(len(texts))
        return real(self, texts)

    monkeypatch.setattr(HashEmbedder, "embed", counting)
    return counts


def test_new_changed_and_gone_files(workspace: Workspace, folder: Path) -> None:
    """Sub-folders too; a second run finds nothing to do."""
    one, two = write(folder / "one.md", "Onehaven"), write(folder / "deep/er/two.md", "Twohaven")
    write(folder / ".hidden.md", "Hidden")
    write(folder / "unfinished.md.part", "Unfinished")
    report = synced(workspace, folder)
    assert set(report.added.added) == {str(one), str(two)} and report.changed == 2
    assert workspace.retriever.search("Twohaven ships")[0].source.location == str(two)
    again = synced(workspace, folder)
    assert (again.changed, again.unchanged) == (0, 2)
    write(one, "Onehaven", 77)
    two.unlink()
    third = write(folder / "third.md", "Threehaven")
    report = synced(workspace, folder)
    assert report.added.added == (str(third),) and report.added.replaced == (str(one),)
    assert report.removed == (str(two),)
    assert set(places(workspace)) == {"one.md", "third.md"}
    found = workspace.retriever.search("Onehaven ships Twohaven")
    assert "77" in found[0].passage.text and {one.source.title for one in found} == {
        "The harbour of Onehaven", "The harbour of Threehaven",
    }  # fmt: skip


def test_a_renamed_file_keeps_its_document(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its id, what a person edited, and its vectors: nothing is embedded."""
    file = write(folder / "plan.md", "Onehaven")
    synced(workspace, folder)
    (entry,) = workspace.library.entries()
    workspace.update_source(entry.id, publisher="The Ministry")
    counts = embedded(monkeypatch)
    (folder / "2024").mkdir()
    file.rename(folder / "2024/final.md")
    report = synced(workspace, folder)
    assert report.renamed == ((str(file), str(folder / "2024/final.md")),)
    assert report.changed == 1 and not counts
    (now,) = workspace.library.entries()
    assert now.id == entry.id and now.source.publisher == "The Ministry"
    assert now.source.location == str(folder / "2024/final.md") and not now.others
    assert workspace.retriever.search("Onehaven")[0].source.location == now.source.location
    assert workspace.library.original(now.id) is not None
    # An edit holds at the new place, for the next version too.
    write(folder / "2024/final.md", "Onehaven", 90)
    assert synced(workspace, folder).added.replaced
    assert workspace.library.entries()[0].source.publisher == "The Ministry"


def test_what_a_list_of_references_states_moves_along(workspace: Workspace, folder: Path) -> None:
    """Also where two files change places, and where a copy is left; it is never another file's."""
    for port in ("Onehaven", "Twohaven"):
        write(folder / f"{port}.md", port)
    synced(workspace, folder)
    bibliography = workspace.library.bibliography
    bibliography.note(
        {
            str(folder / "Onehaven.md"): Reference(title="One", doi="10.1234/one"),
            str(folder / "Twohaven.md"): Reference(title="Two", doi="10.1234/two"),
        }
    )

    def stated() -> dict[str, str]:
        return {Path(place).name: one.doi for place, one in bibliography.all().items()}

    (folder / "Onehaven.md").rename(folder / "between")
    (folder / "Twohaven.md").rename(folder / "Onehaven.md")
    (folder / "between").rename(folder / "Twohaven.md")
    assert len(synced(workspace, folder).renamed) == 2
    assert stated() == {"Onehaven.md": "10.1234/two", "Twohaven.md": "10.1234/one"}
    (folder / "Onehaven.md").rename(folder / "Twohaven.md")
    synced(workspace, folder)
    assert stated() == {"Twohaven.md": "10.1234/two"}
    shutil.copy(folder / "Twohaven.md", folder / "copy.md")
    synced(workspace, folder)
    (folder / "Twohaven.md").unlink()
    synced(workspace, folder)
    assert stated() == {"copy.md": "10.1234/two"}


def test_a_title_from_a_name_follows_it(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read again, and nothing embedded."""
    (folder / "harbour notes.csv").write_text("port,ships\nOnehaven,5\nTwohaven,6\n")
    synced(workspace, folder)
    counts = embedded(monkeypatch)
    (folder / "harbour notes.csv").rename(folder / "ships of 2023.csv")
    report = synced(workspace, folder)
    assert len(report.renamed) == report.changed == 1 and not counts
    assert places(workspace) == {"ships of 2023.csv": "ships of 2023"}
    assert synced(workspace, folder).changed == 0


def test_a_renamed_folder_embeds_nothing(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred files below it."""
    for number in range(200):
        write(folder / f"old/{number % 7}/{number}.md", f"Port{number}", number)
    synced(workspace, folder)
    ids = {one.id for one in workspace.library.entries()}
    assert len(ids) == 200
    counts = embedded(monkeypatch)
    (folder / "old").rename(folder / "new")
    report = synced(workspace, folder)
    assert len(report.renamed) == report.changed == 200 and not counts
    assert {one.id for one in workspace.library.entries()} == ids
    assert all("/new/" in one.source.location for one in workspace.library.entries())


def test_files_that_change_places(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that are swapped, and an old version put aside for a new one."""
    a, b = write(folder / "a.md", "Onehaven"), write(folder / "b.md", "Twohaven")
    synced(workspace, folder)
    ids = {one.source.title: one.id for one in workspace.library.entries()}
    workspace.update_source(ids["The harbour of Onehaven"], publisher="The Ministry")
    counts = embedded(monkeypatch)
    a.rename(folder / "c"), b.rename(a), (folder / "c").rename(b)
    report = synced(workspace, folder)
    assert len(report.renamed) == report.changed == 2 and not counts
    found = {one.source.title: one for one in workspace.library.entries()}
    one = found["The harbour of Onehaven"]
    assert (one.id, one.source.location) == (ids[one.source.title], str(b))
    assert one.source.publisher == "The Ministry"
    assert found["The harbour of Twohaven"].source.publisher == "Port Gazette"
    b.rename(folder / "b-2023.md")
    write(b, "Onehaven", 99)
    report = synced(workspace, folder)
    assert report.renamed == ((str(b), str(folder / "b-2023.md")),)
    assert report.added.added == (str(b),) and len(workspace.library.entries()) == 3


def test_case_and_form_of_a_name(workspace: Workspace, folder: Path) -> None:
    """A name in other capitals, or in another form of Unicode, is a rename like any other."""
    name = unicodedata.normalize("NFC", "Bericht über Häfen.md")
    file = write(folder / name, "Onehaven")
    synced(workspace, folder)
    (entry,) = workspace.library.entries()
    for other in (unicodedata.normalize("NFD", name), name.upper()):
        file = file.rename(folder / other)
        report = synced(workspace, folder)
        assert len(report.renamed) == report.changed == 1
        (now,) = workspace.library.entries()
        assert (now.id, now.source.location) == (entry.id, str(file))


def test_a_copy_keeps_what_its_original_leaves(workspace: Workspace, folder: Path) -> None:
    """A document that is known from elsewhere too stays, and no longer names the place."""
    file = write(folder / "one.md", "Onehaven")
    outside = write(folder.parent / "elsewhere/one.md", "Onehaven")
    synced(workspace, folder)
    list(workspace.add([outside]))
    file.unlink()
    assert synced(workspace, folder, allow_empty=True).removed == (str(file),)
    (entry,) = workspace.library.entries()
    assert entry.source.location == str(outside) and not entry.others


def test_a_copy_inherits_edits(workspace: Workspace, folder: Path) -> None:
    """A file that moves in two steps, by a copy and a removal, loses nothing."""
    file = write(folder / "one.md", "Onehaven")
    synced(workspace, folder)
    (entry,) = workspace.library.entries()
    workspace.update_source(entry.id, publisher="The Ministry")
    copy = Path(shutil.copy(file, folder / "two.md"))
    assert len(synced(workspace, folder).added.duplicates) == 1
    file.unlink()
    assert synced(workspace, folder).removed == (str(file),)
    (now,) = workspace.library.entries()
    assert (now.id, now.source.location) == (entry.id, str(copy))
    assert now.source.publisher == "The Ministry" and not now.others


def test_a_file_that_comes_back_is_shown_again(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it was or elsewhere, and nothing is embedded."""
    write(folder / "other.md", "Twohaven")
    file = write(folder / "one.md", "Onehaven")
    synced(workspace, folder)
    counts = embedded(monkeypatch)
    for back in (file, folder / "again.md"):
        away = next(folder.glob("[oa][ng]*.md")).rename(folder.parent / "away.md")
        assert len(synced(workspace, folder).removed) == 1
        assert set(places(workspace)) == {"other.md"}
        away.rename(back)
        assert synced(workspace, folder).changed == 1
        assert set(places(workspace)) == {"other.md", back.name} and not counts


def test_what_a_person_removed_stays_out(workspace: Workspace, folder: Path) -> None:
    """Until its file changes."""
    file = write(folder / "one.md", "Onehaven")
    write(folder / "two.md", "Twohaven")
    synced(workspace, folder)
    entry = next(one for one in workspace.library.entries() if one.source.location == str(file))
    workspace.remove(entry.id)
    for _ in range(2):
        report = synced(workspace, folder)
        assert report.changed == 0 and report.held_back == (str(file),)
        os.utime(file)
    write(file, "Onehaven", 12)
    assert synced(workspace, folder).added.added == (str(file),)
    assert set(places(workspace)) == {"one.md", "two.md"}


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_a_disk_that_is_not_connected_removes_nothing(
    workspace: Workspace, folder: Path, how: str
) -> None:
    """Unless it is said to be meant."""
    write(folder / "one.md", "Onehaven")
    synced(workspace, folder)
    folder.rename(folder.parent / "away")
    if how == "empty":
        folder.mkdir()
    for trial in (True, False):
        with pytest.raises(ReadError, match=r"nothing was removed.*1 documents.*--allow-empty"):
            synced(workspace, folder, trial=trial)
    assert len(workspace.library.entries()) == 1
    assert synced(workspace, folder, allow_empty=True).removed == (str(folder / "one.md"),)
    assert not workspace.library.entries()
    if how == "empty":
        folder.rmdir()
    (folder.parent / "away").rename(folder)
    assert synced(workspace, folder).changed == 1 and len(workspace.library.entries()) == 1


def test_a_folder_that_cannot_be_entered_hides_its_files(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not gone."""
    closed = folder / "closed"
    write(closed / "one.md", "Onehaven")
    write(folder / "two.md", "Twohaven")
    synced(workspace, folder)
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    # Root may enter every folder: the mode of one would not keep it out.
    monkeypatch.setattr(os, "scandir", refusing)
    report = synced(workspace, folder)
    assert not report.removed and [one.path for one in report.added.left_out] == [str(closed)]
    assert set(places(workspace)) == {"one.md", "two.md"}


def test_one_folder_by_any_name(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, through a link, with dots; and a folder within it synced by itself."""
    write(folder / "deep/one.md", "Onehaven")
    write(folder / "two.md", "Twohaven")
    synced(workspace, folder)
    (folder.parent / "link").symlink_to(folder)
    monkeypatch.chdir(folder.parent)
    for name in ("reports", "link", "./reports/deep/..", "reports/deep"):
        assert synced(workspace, Path(name)).changed == 0
    (folder / "deep/one.md").rename(folder / "one.md")
    # The inner folder loses it, and the outer one finds it moved.
    assert len(synced(workspace, folder / "deep", allow_empty=True).removed) == 1
    assert len(synced(workspace, folder).renamed) == 1
    assert set(places(workspace)) == {"one.md", "two.md"}
    assert synced(workspace, folder).changed == 0


def test_a_folder_that_was_added_before(workspace: Workspace, folder: Path) -> None:
    """Its files are known, also those that went before the first time."""
    one, two = write(folder / "one.md", "Onehaven"), write(folder / "two.md", "Twohaven")
    described = MetadataOverride(publisher="The Ministry", edit=True)
    list(workspace.add([one, two], described=described))
    one.unlink()
    report = synced(workspace, folder)
    assert report.removed == (str(one),) and report.changed == 1 and report.unchanged == 1
    assert workspace.library.entries()[0].source.publisher == "The Ministry"


def test_what_cannot_be_read_is_told_each_time(workspace: Workspace, folder: Path) -> None:
    """With its reason; links out of the folder and odd names too."""
    write(folder / "one.md", "Onehaven")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "link.md").symlink_to(write(folder.parent / "outside.md", "Twohaven"))
    Path(os.fsdecode(os.fsencode(folder) + b"/odd\xff.md")).write_text("Threehaven.")
    # What was written a moment ago is looked at again whatever its state says.
    for file in folder.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000), follow_symlinks=False)
    for _ in range(2):
        report = synced(workspace, folder)
        assert {Path(one.path).name for one in report.added.refused} == {"bad.pdf", "odd?.md"}
        assert [one.reason for one in report.added.left_out] == ["link"]
    assert set(places(workspace)) == {"one.md"}
    quiet = synced(workspace, folder, refused_again=False)
    assert quiet.changed == 0 and not quiet.added.left_out


def test_attachments_move_with_their_file(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And go with it."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["Subject"], mail["From"] = "The harbour", "a@example.org"
    mail.set_content("The plan of the harbour is attached to this letter.")
    mail.add_attachment("Onehaven handled 5 ships.", filename="plan.txt")
    write(folder / "other.md", "Twohaven")
    (folder / "letter.eml").write_bytes(mail.as_bytes())
    synced(workspace, folder)
    assert len(workspace.library.entries()) == 3
    counts = embedded(monkeypatch)
    (folder / "letter.eml").rename(folder / "mail.eml")
    assert synced(workspace, folder).changed == 1 and not counts
    assert {Path(one.source.location).name for one in workspace.library.entries()} == {
        "mail.eml", "mail.eml#plan.txt", "other.md",
    }  # fmt: skip
    (folder / "mail.eml").unlink()
    synced(workspace, folder)
    assert set(places(workspace)) == {"other.md"}


def test_the_data_folder_is_no_part_of_a_folder(workspace: Workspace, folder: Path) -> None:
    """Where it lies within one: what it holds is no document of anybody's."""
    write(folder / "one.md", "Onehaven")
    for _ in range(2):
        report = synced(workspace, folder.parent)
        assert set(places(workspace)) == {"one.md"} and not report.added.refused
    assert report.changed == 0
    for part in (workspace.library.home, workspace.library.home / "originals"):
        with pytest.raises(UsageError, match="part of the data folder"):
            synced(workspace, part)


def test_a_trial_changes_nothing(workspace: Workspace, folder: Path) -> None:
    """It lists what would be done."""
    one, two = write(folder / "one.md", "Onehaven"), write(folder / "two.md", "Twohaven")
    third = write(folder / "third.md", "Threehaven")
    synced(workspace, folder)
    before = workspace.library.generation
    one.rename(folder / "uno.md")
    write(two, "Twohaven", 88)
    third.unlink()
    new = write(folder / "new.md", "Newhaven")
    report = synced(workspace, folder, trial=True)
    assert report.added.added == (str(new),) and report.added.replaced == (str(two),)
    assert report.renamed == ((str(one), str(folder / "uno.md")),)
    assert report.removed == (str(third),) and workspace.library.generation == before


def test_a_trial_knows_what_was_added_by_other_means(workspace: Workspace, folder: Path) -> None:
    """A file that the library has as it is is unchanged, and one that was written anew replaced."""
    same, other = write(folder / "one.md", "Onehaven"), write(folder / "two.md", "Twohaven")
    list(workspace.add([same, other]))
    write(other, "Twohaven", 88)
    report = synced(workspace, folder, trial=True)
    assert report.unchanged == 1 and report.added.replaced == (str(other),)


def test_a_broken_off_run_is_finished(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read stays, also where its record was lost and the file moved since."""
    files = [write(folder / f"{number}.md", f"Port{number}") for number in range(6)]
    steps = workspace.sync(folder)
    for step in steps:
        if getattr(step, "stage", "") == "added":
            break
    steps.close()  # type: ignore[attr-defined]
    (entry,) = workspace.library.entries()
    counts = embedded(monkeypatch)
    forgotten = "DELETE FROM synced_files"
    workspace.library.connections.write(lambda connection: connection.execute(forgotten))
    files[0].rename(folder / "moved.md")
    report = synced(workspace, folder)
    assert len(report.renamed) == 1 and len(report.added.added) == 5 and len(counts) == 5
    assert entry.id in {one.id for one in workspace.library.entries()}


def test_the_command(tmp_path: Path, folder: Path) -> None:
    """What it prints, its exit codes, and the line of another writer."""
    environment = {"BRIEFING_HOME": str(tmp_path / "home"), "BRIEFING_EMBEDDER": HASHING}

    def run(*args: str) -> tuple[int, str]:
        done = briefing_here("sync", *args, cwd=tmp_path, environment=environment)
        return done.returncode, done.stdout + done.stderr

    assert run("reports")[0] == 0
    write(folder / "one.md", "Onehaven")
    code, said = run("reports", "--dry-run")
    assert code == 0 and "nothing was done" in said and "added: 1" in said
    code, said = run("reports")
    assert code == 0 and "added: 1\n" in said
    (folder / "one.md").rename(folder / "uno.md")
    code, said = run("reports", "--json")
    assert code == 0 and '"renamed": [["' in said and '"passages": 0' in said
    code, said = run("reports")
    assert code == 0 and "unchanged: 1" in said
    shutil.rmtree(folder)
    code, said = run("reports")
    assert code == 1 and said.startswith("briefing: ") and "nothing was removed" in said
    for wrong in (["nowhere"], ["reports", "--poll", "5"], ["reports", "--watch", "--dry-run"]):
        code, said = run(*wrong)
        assert code in (1, 2) and said.count("\n") == 1, said


@pytest.mark.process
def test_what_is_no_folder_is_told_in_one_line(tmp_path: Path) -> None:
    """An address, a link to itself, a name that no system has, the folder of nobody."""
    (tmp_path / "loop").symlink_to("loop")
    for named, said in (
        ("https://example.org/feed", "is an address"), ("loop", "cannot be opened"),
        ("x" * 5_000, "cannot be opened"), ("~nobody-here", "no such home folder"),
    ):  # fmt: skip
        done = briefing_here("sync", named, cwd=tmp_path, environment={"BRIEFING_HOME": "home"})
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1


def test_two_at_once(workspace: Workspace, folder: Path) -> None:
    """The second is told who writes; without anything to do it needs no lock."""
    import subprocess
    import sys

    write(folder / "one.md", "Onehaven")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom corpus.library import Library\n"
        "with Library(Path(sys.argv[1])).writing():\n    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.library.home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(LibraryLocked, match=str(other.pid)):
            synced(workspace, folder)
    finally:
        other.communicate()
    assert synced(workspace, folder).changed == 1


@pytest.mark.process
@pytest.mark.slow
def test_a_folder_and_a_shared_record(tmp_path: Path, folder: Path, database: str) -> None:
    """All of it with PostgreSQL: added, renamed, swapped, removed, and back again."""
    settings = Settings(
        home=tmp_path / "home", engine="extractive", embedder=HASHING, record=database
    )
    with Workspace(settings) as workspace:
        for name in ("one", "two", "three"):
            write(folder / f"{name}.md", f"{name}haven")
        assert len(synced(workspace, folder).added.added) == 3
        assert synced(workspace, folder).changed == 0
        (folder / "one.md").rename(folder / "uno.md")
        (folder / "two.md").rename(folder / "x")
        (folder / "three.md").rename(folder / "two.md")
        (folder / "x").rename(folder / "three.md")
        assert len(synced(workspace, folder).renamed) == 3
        assert places(workspace)["two.md"] == "The harbour of threehaven"
        away = (folder / "uno.md").rename(tmp_path / "away.md")
        assert len(synced(workspace, folder).removed) == 1
        away.rename(folder / "uno.md")
        assert synced(workspace, folder).changed == 1
        assert set(places(workspace)) == {"uno.md", "two.md", "three.md"}
