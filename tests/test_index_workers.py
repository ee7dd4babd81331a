"""Reading and embedding on the workers of a real Ray cluster of several nodes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import UsageError, WorkersError
from corpus.feed_parsing import FeedEntry
from corpus.feeds import Feed
from corpus.references import read_references
from corpus.starter import starter_files
from index import workers as workers_module
from index.feed_ingest import _filling
from index.folder_walk import files_below
from index.ingest import MetadataOverride, Progress, Report, add
from index.workers import MOST_TRIES, Workers
from tests.ray_nodes import QUIET, ROOT, Cluster, cluster, several, wait_until
from tests.real_servers import free_port
from tests.test_index_attachments import mail, pdf

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.deploy,
    pytest.mark.timeout(400),
]

# An embedder that takes its time, so that a worker can be killed at work, and that ends its own
# process over a certain text, as native code does that runs into a hole.
PLUGIN = """
import os, signal, time
from corpus.counting import Counting
from index.embedders import EmbedderKind
from index.embedding import HashEmbedder

class Steady(HashEmbedder):
    def embed(self, texts):
        time.sleep(0.3)
        if any("POISON" in one for one in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(texts)

STEADY = EmbedderKind(lambda _: Steady(), Counting())
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed package that adds the embedder above as "steady"."""
    folder = tmp_path_factory.mktemp("plugin")
    told = folder / "steady-1.0.dist-info"
    told.mkdir()
    (folder / "steady.py").write_text(PLUGIN)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: steady\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[briefing.embedders]\nsteady = steady:STEADY\n")
    return folder


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory, plugin: Path) -> Iterator[Cluster]:
    """A cluster of two nodes with a worker each; no test leaves it with less."""
    env = {"PYTHONPATH": f"{ROOT}{os.pathsep}{plugin}"}
    with cluster(tmp_path_factory.mktemp("ray"), env=env) as running:
        yield running


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the token of the cluster to whoever connects."""
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.setenv(name, QUIET[name])


def opened(home: Path) -> Workspace:
    return Workspace(Settings(home=home, embedder="hash", engine="extractive"))


def taken_in(
    home: Path,
    files: list[Path],
    reading: Workers | None = None,
    *,
    watch: Callable[[Progress], None] = lambda _: None,
    **options: Any,
) -> Report:
    """Add files to the library of a data folder, by workers or here, and return the report."""
    with opened(home) as workspace:
        steps = add(
            files,
            library=workspace.library,
            embedder=workspace.document_embedder,
            indexes=workspace.indexes,
            reading=reading,
            **options,
        )
        for step in steps:
            if isinstance(step, Report):
                return step
            watch(step)
    raise AssertionError("no report")


def held(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that a library says of its documents, but for when and in which order."""
    with sqlite3.connect(home / "library.sqlite3") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(documents)")]
        named = ", ".join(one for one in columns if one != "added")
        said = "document, title, location, publisher, published, kind, theme, updated"
        found = {
            "documents": f"SELECT {named} FROM documents ORDER BY id",
            "places": "SELECT * FROM places ORDER BY location",
            "statements": f"SELECT {said} FROM statements ORDER BY document, location",
            "edits": "SELECT location, field, value FROM edits ORDER BY location, field",
            "changes": "SELECT document, visible, replaced_by FROM changes ORDER BY document",
        }
        return {name: connection.execute(one).fetchall() for name, one in found.items()}


def outcomes(report: Report) -> dict[str, list[Any]]:
    """Return a report without its order and its seconds."""
    return {
        "added": sorted(report.added),
        "replaced": sorted(report.replaced),
        "updated": sorted(report.updated),
        "unchanged": sorted(report.unchanged),
        "duplicates": sorted((one.path, one.title, one.location) for one in report.duplicates),
        "refused": sorted((one.path, one.reason, one.message) for one in report.refused),
        "left_out": sorted((one.path, one.reason, one.message) for one in report.left_out),
        "accounts": sorted(str(one) for one in report.accounts),
        "passages": [report.passages],
    }


def notes(folder: Path, count: int) -> list[Path]:
    """Write that many short documents, each of its own words."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        text = f"# Note {number}\n\nThe lock keeper of weir {number} counted {number + 40} boats.\n"
        (folder / f"note-{number:02}.md").write_text(text)
    return files_below([folder])


def papers(folder: Path) -> list[Path]:
    """Write what an addition meets: mails, copies, pictures of pages, what is no document."""
    folder.mkdir()
    for file in starter_files()[:6]:
        (folder / file.name).write_bytes(file.read_bytes())
    inner = mail({"plan.txt": b"The boat house opens in May.", "broken.pdf": b"%PDF-1.7 no"})
    outer = mail({"minutes.pdf": pdf("Ole Brandt was elected chair."), "in.eml": inner.as_bytes()})
    (folder / "club.eml").write_bytes(outer.as_bytes())
    (folder / "copy-a.txt").write_text("The ferry to Tarn leaves at nine.")
    (folder / "copy-b.txt").write_text("The ferry to Tarn leaves at nine.")
    (folder / "nothing.txt").write_text("")
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.7\nthis is none")
    (folder / "unknown.bin").write_bytes(bytes(range(256)) * 20)
    (folder / "away.txt").symlink_to("/etc/hostname")
    return files_below([folder])


@pytest.mark.parametrize("inside", [False, True], ids=["by ray://", "as a node"])
def test_the_library_is_the_one_that_is_made_here(
    ray: Cluster, tmp_path: Path, inside: bool
) -> None:
    """Documents, vectors, refusals and the report agree, and all of it was done by the workers."""
    files = papers(tmp_path / "papers")
    described = {
        files[0]: MetadataOverride(title="As I call it", publisher="Mine", edit=True),
        files[1]: MetadataOverride(title="As the web says", published="2026-02-03", theme="Boats"),
    }
    options: dict[str, Any] = {"described": described, "places": {files[2]: "upload:weir.md"}}
    here = taken_in(tmp_path / "here", files, **options)
    by = Workers(ray.inside if inside else ray.address, "hash")
    there = taken_in(tmp_path / "there", files, by, **options)
    assert outcomes(there) == outcomes(here)
    assert len(here.added) >= 10 and here.duplicates and len(here.refused) >= 3 and here.left_out
    assert held(tmp_path / "there") == held(tmp_path / "here")
    opened_here = len(here.left_out)
    assert by.done_by.total() == len(files) - opened_here and by.retried == 0
    assert len({one.split()[0] for one in by.done_by}) == 2, by.done_by
    # What is there already is not sent, but for what was refused.
    again = Workers(by.address, "hash")
    report = taken_in(tmp_path / "there", files[3:], again)
    assert len(report.unchanged) >= 5 and not report.added
    assert again.done_by.total() == len(report.refused)


def test_references_and_feeds_say_the_same_there(ray: Cluster, tmp_path: Path) -> None:
    """What a list states goes before the file, what an entry states behind it, as here."""
    folder = tmp_path / "notes"
    listed, told, silent = notes(folder, 3)
    told.write_text(
        "---\ntitle: Of the page\npublisher: Port Gazette\n---\n\nThe weir was painted green.\n"
    )
    silent.write_text("The weir was painted green, and then blue.\n")
    (folder / "list.bib").write_text(
        "@report{a, title = {Of the list}, institution = {Press}, year = 2024, file = {note-00.md}}"
    )
    entry = FeedEntry("1", "https://example.org/1", "Of the entry", "2025-06-03", "", "")
    filling = _filling(Feed("https://example.org/feed", "Feed"), entry)
    found = []
    for workers in ("", ray.address):
        settings = Settings(home=tmp_path / f"home{bool(workers)}", embedder="hash",
                            engine="extractive", workers=workers)  # fmt: skip
        with Workspace(settings) as workspace:
            list(workspace.add_references(read_references(folder / "list.bib"), [folder]))
            list(workspace.add([told, silent], described={told: filling, silent: filling}))
            found.append({
                Path(one.source.location).name: (one.source.title, one.source.publisher,
                                                 one.source.published)
                for one in workspace.library.entries()
            })  # fmt: skip
    assert found[0] == found[1] == {
        listed.name: ("Of the list", "Press", "2024"),
        told.name: ("Of the page", "Port Gazette", "2025-06-03"),
        silent.name: ("Of the entry", "Feed", "2025-06-03"),
    }  # fmt: skip


def test_vectors_of_the_model_agree(ray: Cluster, tmp_path: Path) -> None:
    """The model of the program embeds there as here, token codes included."""
    import numpy as np

    files = starter_files()[:4]
    rows = []
    for home, workers in (("here", ""), ("there", ray.address)):
        with Workspace(Settings(home=tmp_path / home, engine="extractive")) as workspace:
            *_, report = workspace.add(files, workers=workers)
            assert isinstance(report, Report) and len(report.added) == 4
            assert workspace.library.embedder == "all-MiniLM-L6-v2"
        rows.append(
            sqlite3.connect(tmp_path / home / "library.sqlite3")
            .execute(
                "SELECT document_vectors.document, vectors, tokens, counts FROM document_vectors"
                " JOIN passage_tokens ON passage_tokens.document = document_vectors.document"
                " ORDER BY 1, first"
            )
            .fetchall()
        )
    for one, other in zip(*rows, strict=True):
        assert (one[0], one[3]) == (other[0], other[3])
        first, second = (
            np.frombuffer(row[1], dtype="<f2").astype("f4").reshape(-1, 384) for row in (one, other)
        )
        assert float((first * second).sum(axis=1).min()) > 0.999
        bits = [np.unpackbits(np.frombuffer(row[2], dtype=np.uint8)) for row in (one, other)]
        assert len(bits[0]) and float((bits[0] == bits[1]).mean()) > 0.99


def test_the_documents_of_a_dead_worker_are_done_by_another(ray: Cluster, tmp_path: Path) -> None:
    """A worker killed at its work loses nothing, and nothing is there twice."""
    files = notes(tmp_path / "notes", 14)
    by = Workers(ray.address, "steady")
    killed: list[int] = []

    def kill_at_work() -> None:
        wait_until(ray.nodes[0].working, 100, "no worker is at work")
        for one in ray.nodes[0].working():
            os.kill(one, 9)
            killed.append(one)

    killing = Thread(target=kill_at_work)

    def begin(step: Progress) -> None:
        if step.stage == "added" and not killing.ident:
            killing.start()

    report = taken_in(tmp_path / "there", files, by, watch=begin)
    killing.join()
    assert killed and by.retried >= 1
    here = taken_in(tmp_path / "here", files)
    assert outcomes(report) == outcomes(here) and len(report.added) == 14
    assert held(tmp_path / "there") == held(tmp_path / "here")
    assert by.done_by.total() == 14


def test_the_documents_of_a_dead_machine_are_done_by_another(
    ray: Cluster, tmp_path: Path, plugin: Path
) -> None:
    """All processes of a node killed in the middle: the others do its documents, none twice."""
    files = notes(tmp_path / "notes", 24)
    by = Workers(ray.address, "steady")
    env = {"PYTHONPATH": f"{ROOT}{os.pathsep}{plugin}"}
    killed: list[int] = []
    with several(tmp_path, ray.inside, 1, first=9, env=env) as (victim,):

        def kill_at_work() -> None:
            wait_until(victim.working, 100, "the node is not at work")
            killed.extend(victim.working())
            victim.kill()

        killing = Thread(target=kill_at_work)
        killing.start()
        report = taken_in(tmp_path / "there", files, by)
        killing.join()
    assert killed and by.retried >= 1 and len(report.added) == 24
    taken_in(tmp_path / "here", files)
    assert held(tmp_path / "there") == held(tmp_path / "here")
    assert by.done_by.total() == 24


def test_a_file_that_ends_its_worker_each_time_is_refused(ray: Cluster, tmp_path: Path) -> None:
    """After a few tries it is named with a reason; all others are in."""
    files = notes(tmp_path / "notes", 6)
    poison = tmp_path / "notes" / "note-02.md"
    poison.write_text("# Note\n\nThis is POISON for native code.\n")
    by = Workers(ray.address, "steady")
    report = taken_in(tmp_path / "there", files, by)
    (refused,) = report.refused
    assert (refused.path, refused.reason) == (str(poison), "crashed")
    assert refused.message.startswith(f"{MOST_TRIES} workers ended over this file")
    assert len(report.added) == 5 and by.retried == MOST_TRIES - 1


def test_without_workers_it_ends_after_a_while_and_keeps_what_is_in(
    tmp_path: Path, plugin: Path
) -> None:
    """The last machine dies: a clear line; once another is there, the rest is added, none twice."""
    files = notes(tmp_path / "notes", 12)
    env = {"PYTHONPATH": f"{ROOT}{os.pathsep}{plugin}"}
    with cluster(tmp_path, nodes=1, env=env) as running:
        (victim,) = running.nodes

        def kill(step: Progress) -> None:
            if step.stage == "added" and step.done == 4:
                victim.kill()

        with pytest.raises(WorkersError, match=r"no worker is left at ray://.* after 3 seconds"):
            taken_in(
                tmp_path / "there",
                files,
                Workers(running.address, "steady", patience=3),
                watch=kill,
            )
        before = len(held(tmp_path / "there")["documents"])
        assert 4 <= before < 12
        with several(tmp_path, running.inside, 1, first=5, env=env):
            by = Workers(running.address, "steady")
            report = taken_in(tmp_path / "there", files, by)
        assert len(report.added) == 12 - before == by.done_by.total()
        assert len(report.unchanged) == before
    taken_in(tmp_path / "here", files)
    assert held(tmp_path / "there") == held(tmp_path / "here")


def test_another_version_of_the_program_is_told(
    ray: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that would read or split otherwise does nothing at all."""
    monkeypatch.setattr(workers_module, "program_mark", lambda: "9.9 (feedface)")
    files = notes(tmp_path / "notes", 2)
    with pytest.raises(WorkersError, match=r"the worker at 127\.0\.0\.\d .* and here is 9\.9"):
        taken_in(tmp_path / "there", files, Workers(ray.address, "hash"))
    assert held(tmp_path / "there")["documents"] == []


def briefing(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", "--home", str(home), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "BRIEFING_EMBEDDER": "hash", **env},
        timeout=300,
    )


def test_the_command_says_what_it_always_says(ray: Cluster, tmp_path: Path) -> None:
    """Ray prints nothing; the workers are named by an option or by the environment."""
    notes(tmp_path / "notes", 5)
    done = briefing(tmp_path / "home", "add", str(tmp_path / "notes"), "--workers", ray.inside)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("added: 5")
    assert all(line.startswith("[") for line in done.stderr.splitlines()), done.stderr
    (tmp_path / "more.md").write_text("# More\n\nThe weir was painted green.\n")
    done = briefing(
        tmp_path / "home", "add", str(tmp_path / "more.md"), "--json", BRIEFING_WORKERS=ray.address
    )
    assert '"passages": 1' in done.stdout, done.stderr
    log = (tmp_path / "home" / "briefing.log").read_text()
    assert log.count("read by workers, 0 given to another: 127.0.0.") == 2


def test_what_cannot_be_reached_is_told_in_one_line(ray: Cluster, tmp_path: Path) -> None:
    """Nobody there, a wrong token, Ray not installed: one line each, and exit code 1."""
    (tmp_path / "one.md").write_text("# One\n\nThe weir was painted green.\n")
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "ray.py").write_text("raise ImportError('not here')\n")
    nobody = f"127.0.0.1:{free_port()}"
    for address, env, said in (
        (f"ray://{nobody}", {}, "no Ray cluster answers at ray://127.0.0.1:"),
        (
            ray.address,
            {"RAY_AUTH_TOKEN": "0" * 64},
            "check the address and the token",
        ),
        (
            ray.address,
            {"PYTHONPATH": str(tmp_path / "without")},
            'pip install "briefing-assistant[',
        ),
    ):
        done = briefing(
            tmp_path / "home", "add", str(tmp_path / "one.md"), "--workers", address, **env
        )
        last = done.stderr.strip().splitlines()[-1]
        assert done.returncode == 1 and last.startswith("briefing: ") and said in last, done.stderr
        assert not done.stdout


@pytest.mark.parametrize("address", ["localhost", "http://head:8265", "ray://head", ""])
def test_an_address_that_is_none_is_wrong_usage(address: str) -> None:
    """It is refused before anything is read."""
    with pytest.raises(UsageError, match="is no address of a Ray cluster"):
        Workers(address, "hash")
