"""What happens behind the page reaches the log, the line under the title and the doctor."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.answer import Question
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import redaction
from corpus.errors import StorageError
from corpus.log import last_failures, logging_to
from index.index_manager import IndexManager
from tests.servers import ModelServer, until
from ui.backend import Backend
from ui.cli import cli
from ui.jobs import Jobs

TEXT = "The harbour of Lund handled 4,800 ships in 2023. Its director is Anna Berg.\n"
# Words that stand nowhere else: one in each question, in the text and in the model's answer.
ASKED, HELD, SAID = "quokkas", "narwhals", "axolotls"
KEY = "lighthouse-keeper-of-lund"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test hides is not hidden from the next."""
    monkeypatch.setattr(redaction, "_known", frozenset())
    monkeypatch.setattr(redaction, "_pattern", None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of one document and of none that is unread."""
    folder = tmp_path / "home"
    (tmp_path / "ships.md").write_text(f"# Ships\n\n{TEXT}The {HELD} of Lund were counted too.\n")
    with Workspace(Settings(home=folder, embedder="hash", engine="extractive")) as workspace:
        list(workspace.add([tmp_path / "ships.md"]))
    return folder


def written(home: Path) -> str:
    return "".join(one.read_text() for one in sorted(home.glob("briefing.log*")))


def briefing(home: Path, *args: str) -> Result:
    """Run a command in this process."""
    environment = {"BRIEFING_EMBEDDER": "hash", "BRIEFING_ENGINE": "extractive"}
    return CliRunner().invoke(cli, ["--home", str(home), *args], env=environment)


@pytest.mark.parametrize("fault", ["status:401", "status:400", "error", "garbage", ""])
def test_neither_question_nor_text_nor_key_stands_in_the_log(home: Path, fault: str) -> None:
    """Whether the engine fails, repeats the key, or answers: its name, the time and the outcome."""
    with ModelServer(f"The {SAID} of Lund. [1]", fault=fault) as server, logging_to(home):
        engine = f"{server.url}#tiny"
        (home / "engines.toml").write_text(f'[keys]\n"{server.url}" = "{KEY}"\n')
        (home / "engines.toml").chmod(0o600)
        with Workspace(Settings(home=home, embedder="hash", engine=engine)) as workspace:
            question = f"How many ships and {ASKED} did the harbour of Lund handle in 2023?"
            *_, answer = ask(workspace, Question(question))
        assert server.asked and KEY in str(server.asked[0].headers)
    text = written(home)
    assert answer.outcome in {"answered", "partly"} and bool(answer.fallback) == bool(fault)
    assert not [one for one in (ASKED, HELD, SAID, "4,800", KEY) if one in text]
    # A prompt that is too long is shortened and sent again.
    *_, line = re.findall(r"request to \S+: (.*)", text)
    assert ("done after" in line) == (not fault) and "tokens: " in line
    if fault == "status:401":
        assert "it refuses the key (status 401)" in line and "ERROR" in text
        assert "EngineError" in text and "in _responses" in text


def test_at_the_level_of_debugging_the_key_still_stands_nowhere(home: Path) -> None:
    """The server's own words are wanted then; the key in them is not."""
    with ModelServer(fault="status:401") as server, logging_to(home, "debug"):
        (home / "engines.toml").write_text(f'[keys]\n"{server.url}" = "{KEY}"\n')
        (home / "engines.toml").chmod(0o600)
        engine = f"{server.url}#tiny"
        with Workspace(Settings(home=home, embedder="hash", engine=engine)) as workspace:
            *_, answer = ask(workspace, Question("How many ships did the harbour of Lund handle?"))
    assert "refused for" in written(home) and "keeper-of-lund" not in written(home)
    assert "keeper-of-lund" not in f"{answer.fallback}{answer.notice}"


def test_a_job_that_fails_is_logged(home: Path) -> None:
    """Whoever watches sees its words; the log says where it failed."""

    def failing() -> Iterator[int]:
        yield 1
        raise ValueError(ASKED)

    jobs: Jobs[int] = Jobs("additions", at_once=1, waiting=1)
    with logging_to(home):
        assert jobs.start("one", failing).wait(60)
    (one,) = last_failures(home)
    assert one.where == "ui.jobs"
    assert one.line.startswith("work of additions-1 failed: ValueError at tests/test_ui_log.py:")
    assert ASKED not in written(home)


@pytest.fixture
def backend(home: Path) -> Iterator[Backend]:
    """A backend that opens that library; it leaves at the end of the test."""
    backend = Backend(Settings(home=home, embedder="hash", engine="extractive"))
    with logging_to(home):
        yield backend
        backend.close()


def test_indexes_that_cannot_be_written_are_logged_and_shown(
    backend: Backend, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library opens all the same, and the line goes when the disk takes them again."""
    full = threading.Event()
    full.set()

    def maintain(_: IndexManager, told: object = None) -> bool:
        if full.is_set():
            raise StorageError("the disk is full: free some space")
        return False

    monkeypatch.setattr(IndexManager, "maintain", maintain)
    monkeypatch.setattr("ui.backend._INDEX_POLL", 0.02)
    monkeypatch.setattr("ui.backend._INDEX_POLL_AT_MOST", 0.05)
    backend.open()
    assert until(backend.opening_finished, 60) and backend.workspace() is not None
    assert "Bringing the search indexes up to date failed: the disk is full" in backend.status()
    assert "briefing.log" in backend.status() and "更新检索索引失败" in backend.status("zh")
    assert "backend.indexes failed: StorageError at" in written(home)
    full.clear()
    assert until(lambda: "search indexes" not in backend.status(), 60)


def test_an_addition_is_logged_by_counts_reasons_and_names(tmp_path: Path) -> None:
    """What went in and what did not, without the folder and without a word of either."""
    folder = tmp_path / "private things"
    folder.mkdir()
    (folder / "good.md").write_text(f"# {HELD}\n\nThe mill at Ros grinds rye.\n")
    (folder / "photo.xyz").write_bytes(b"\xff\xd8 not text" * 10)
    home = tmp_path / "home"
    assert briefing(home, "add", str(folder)).exit_code == 0
    text = written(home)
    assert re.search(r"refused photo\.xyz: unsupported", text)
    assert re.search(r"added 1, replaced 0, .*refused 1, left out 0: 1 passages in \d", text)
    assert re.search(r"indexes rebuilt: generation \d+ in \d", text)
    assert HELD not in text and "private things" not in text


def test_examples_that_fail_do_not_keep_the_library_shut(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen failure in what nobody asked for is said, and the page works."""

    def examples(*_: object) -> list[str]:
        raise RuntimeError(ASKED)

    monkeypatch.setattr("assistant.examples.examples", examples)
    backend.open()
    assert until(backend.opening_finished, 60)
    assert backend.workspace() is not None and "Making example questions failed" in backend.status()
    assert ASKED not in backend.status() and backend.examples() == []


def test_a_library_that_does_not_open_is_logged_and_shown(tmp_path: Path) -> None:
    """The reason stands on the page, the stack in the log."""
    (tmp_path / "library.sqlite3").write_bytes(b"no database" * 100)
    backend = Backend(Settings(home=tmp_path, embedder="hash", engine="extractive"))
    with logging_to(tmp_path):
        backend.open()
        assert until(backend.opening_finished, 60)
        backend.close()
    assert "damaged" in backend.status()
    assert "the library does not open: LibraryDamaged" in last_failures(tmp_path)[-1].line
    assert "in translated" in written(tmp_path)


def test_a_command_logs_its_start_its_versions_and_its_end(home: Path) -> None:
    """By its name and without its arguments, in which the question stands."""
    result = briefing(home, "ask", f"How many {ASKED} did the harbour of Lund handle in 2023?")
    assert result.exit_code in {0, 3}
    text = written(home)
    assert re.search(r"start: ask, briefing \d\S+, Python 3\.\S+ on .*chromadb \d", text)
    assert re.search(r"stop: (?:done|exit code 3) after \d", text) and ASKED not in text
    assert "harbour" not in text


def test_a_failing_command_is_an_error_and_a_wrong_request_is_none(home: Path) -> None:
    """An unknown document and an empty question are not what the doctor is asked about."""
    assert briefing(home, "show", "zzz").exit_code == 1
    assert briefing(home, "ask", "").exit_code != 0
    assert last_failures(home) == [] and "NotInLibrary at" in written(home)
    (home / "library.sqlite3").write_bytes(b"no database" * 100)
    briefing(home, "sources")
    assert "stop: failed after" in last_failures(home)[-1].line


def test_the_level_comes_from_the_option_or_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--verbose goes first; a level that there is not is one clear line."""
    monkeypatch.setenv("BRIEFING_LOG", "error")
    assert briefing(home, "sources").exit_code == 0 and written(home) == ""
    logging.getLogger("corpus.x").debug("not yet")
    assert briefing(home, "--verbose", "sources").exit_code == 0
    assert "start: sources" in written(home)
    monkeypatch.setenv("BRIEFING_LOG", "loud")
    refused = briefing(home, "sources")
    assert refused.exit_code == 2 and "BRIEFING_LOG" in refused.output


def test_a_data_folder_that_cannot_be_logged_to_still_answers(home: Path) -> None:
    """The doctor says that the log cannot be written, and why."""
    (home / "briefing.log").mkdir()
    result = briefing(home, "doctor", "--json")
    found = {one["name"]: one for one in json.loads(result.stdout)["checks"]}
    assert not found["log"]["ok"] and "cannot be written" in found["log"]["detail"]
