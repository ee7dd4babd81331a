"""The same question of the same library is answered once; never for who may read something else."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import pipeline
from assistant.answer import Answer, Question
from assistant.engine import Draft
from assistant.pipeline import ask_shared
from assistant.settings import Settings
from assistant.shared_answers import SharedAnswers
from assistant.workspace import Workspace
from corpus.access import Asker
from corpus.errors import RecordUnreachable

ASKED = Question("How many ships did the harbour of Lund handle in 2023?")
REAL = pipeline._ask


@pytest.fixture
def workspace(tmp_path: Path) -> Generator[Workspace, None, None]:
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as opened:
        add(opened, tmp_path / "lund.md", "The harbour of Lund handled 4,800 ships in 2023.")
        yield opened


def add(workspace: Workspace, file: Path, text: str, collection: str = "") -> None:
    file.write_text(f"# {file.stem}\n\n{text}\n")
    list(workspace.add([file], collection=collection))


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were worked out, by the name of who asked."""
    found: list[str] = []

    def counted(workspace: Workspace, question: Question) -> Generator[Answer, None, None]:
        found.append(workspace.asker.name)
        yield from REAL(workspace, question)

    monkeypatch.setattr(pipeline, "_ask", counted)
    return found


def answered(workspace: Workspace, question: Question = ASKED) -> Answer:
    *_, answer = ask_shared(workspace, question)
    return answer


def test_the_same_question_is_worked_out_once_until_the_library_changes(
    workspace: Workspace, worked: list[str], tmp_path: Path
) -> None:
    """Word for word the same, but for the seconds; a document more and it is asked anew."""
    first, second = answered(workspace), answered(workspace)
    assert "4,800" in first.claims[0].text and worked == [""]
    assert replace(first, seconds={}) == replace(second, seconds={})
    assert answered(workspace, replace(ASKED, since="2020")).question and len(worked) == 2
    add(workspace, tmp_path / "ystad.md", "The harbour of Ystad handled 912 ships in 2023.")
    answered(workspace)
    assert len(worked) == 3


def test_what_one_may_read_is_told_to_nobody_who_may_not(
    workspace: Workspace, worked: list[str], tmp_path: Path
) -> None:
    """Two of the same rights share an answer; a third without them gets their own."""
    collections = workspace.library.collections
    collections.make("port")
    for one in ("ann", "bob"):
        collections.allow("port", f"user:{one}", "reader")
    add(workspace, tmp_path / "secret.md", "The harbour of Visby handled 77 ships in 2023.", "port")
    asked = Question("How many ships did the harbour of Visby handle in 2023?")
    said = {name: answered(workspace.seen_by(Asker(name)), asked) for name in ("ann", "bob", "eve")}
    assert worked == ["ann", "eve"]
    assert "77" in said["bob"].claims[0].text and "handled 77" not in str(said["eve"])
    told = [one.action for one in workspace.library.audit.lines(who="bob")]
    # What is not worked out again is in the audit trail all the same.
    assert sorted(told) == ["answer", "question"]


def test_who_asks_while_it_is_worked_out_waits_for_it() -> None:
    """And does it where whoever asked first has stopped."""
    go, begun, count = threading.Event(), threading.Event(), []

    def slow() -> Generator[Answer, None, None]:
        count.append(1)
        yield Answer("How many?", growing="It is")
        begun.set()
        go.wait(60)
        yield Answer("How many?", "answered", notice=str(len(count)))

    shared, heard = SharedAnswers(), []

    def watch() -> None:
        heard.append(list(shared.of(lambda: 1, slow))[-1].notice)

    windows = [threading.Thread(target=watch) for _ in range(3)]
    for one in windows:
        one.start()
    assert begun.wait(60)
    go.set()
    for one in windows:
        one.join(60)
    assert heard == ["1"] * 3 and len(count) == 1
    stopped = SharedAnswers()
    first = stopped.of(lambda: 1, slow)
    next(first)
    window = threading.Thread(
        target=lambda: heard.append(list(stopped.of(lambda: 1, slow))[-1].notice)
    )
    window.start()
    first.close()
    window.join(60)
    assert heard[-1] == "3" and len(count) == 3


def test_an_answer_does_not_fail_for_want_of_keeping_it() -> None:
    """The record may go away when the answer is complete: it is given, and not kept."""
    count: list[int] = []
    away = False

    def state() -> int:
        if away:
            raise RecordUnreachable("the database server does not answer")
        return 1

    def work() -> Generator[Answer, None, None]:
        nonlocal away
        count.append(1)
        away = len(count) == 1
        yield Answer("How many?", "answered")

    shared = SharedAnswers()
    for asked in (1, 2, 2):
        assert [one.outcome for one in shared.of(state, work)] == ["answered"]
        assert len(count) == asked
        away = False


class Writes:
    """An engine that writes: each time it might write something else."""

    name, host = "writes", ""

    def write(self, task: object) -> Generator[Draft, None, None]:
        yield Draft("The harbour of Lund handled 4,800 ships in 2023.", (1,))


def test_what_a_model_writes_is_written_for_each(workspace: Workspace, worked: list[str]) -> None:
    """Only what is quoted is the same for the same library."""
    writing = workspace.with_engine(Writes())  # type: ignore[arg-type]
    answered(writing)
    answered(writing)
    assert len(worked) == 2
