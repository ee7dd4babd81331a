"""One page that takes documents in while it is asked: neither waits for the end of the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import chromium_running, serving
from index.embedding import HashEmbedder, Vectors
from tests.browser import GRADIO_WARNS, PATIENCE, browser_test
from tests.papers import long_report
from ui import ingest_jobs
from ui.backend import Backend

pytestmark = GRADIO_WARNS

# Ten harbours, each with a number that no other has.
SHIPS = {
    town: 4_100 + 137 * place
    for place, town in enumerate(
        ("Lund", "Malmo", "Ystad", "Visby", "Kalmar", "Gavle", "Lulea", "Pitea", "Umea", "Motala")
    )
}
FERRIES = ("Oland", "Ven", "Tjorn", "Orust", "Gotland", "Faro")


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    """A backend over a library of one note on each harbour."""
    settings = Settings(home=tmp_path / "home", embedder="hash")
    notes = []
    for town, ships in SHIPS.items():
        notes.append(tmp_path / f"{town}.md")
        notes[-1].write_text(f"# {town}\n\nThe harbour of {town} handled {ships} ships in 2023.\n")
    with Workspace(settings) as workspace:
        list(workspace.add(notes))
    backend = Backend(settings)
    backend.open()
    yield backend
    backend.close()


@browser_test
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_six_documents_go_in_while_ten_questions_are_answered(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer has its harbour's number, the first ones come while files are still to be read;
    in the end all six are in and can be asked about."""
    reports = [
        str(long_report(tmp_path / f"{one}.pdf", 12, f"The ferry to {one} sails {91 + at} times."))
        for at, one in enumerate(FERRIES)
    ]
    answered, embed = threading.Event(), HashEmbedder.embed

    def held(self: HashEmbedder, texts: Sequence[str]) -> Vectors:
        # However fast the machine reads, the last report is not in before the first answer.
        if any(FERRIES[-1] in one for one in texts):
            assert answered.wait(PATIENCE / 1000)
        return embed(self, texts)

    monkeypatch.setattr(HashEmbedder, "embed", held)
    with serving(backend, (), 18680) as address, chromium_running() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 900}, locale="en-US")
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#question textarea")
        page.wait_for_selector("#library-files input[type=file]", state="attached")
        page.set_input_files("#library-files input[type=file]", reports)
        page.wait_for_selector("#bar-adding .adding-pill")
        answered_meanwhile = 0
        for number, (town, ships) in enumerate(SHIPS.items(), 1):
            _ask(page, f"How many ships did the harbour of {town} handle in 2023?", number)
            job = ingest_jobs.latest_job(backend)
            assert job is not None
            answered_meanwhile += not job.ended
            answered.set()
            said = page.inner_text("#latest")
            assert str(ships) in said.replace(",", ""), said
        assert answered_meanwhile > 0
        assert job.wait(PATIENCE / 1000)
        report = job.latest.report
        assert (len(report.added), report.refused) == (len(FERRIES), ())
        _ask(page, "How many times does the ferry to Gotland sail?", len(SHIPS) + 1)
        assert "95 times" in page.inner_text("#latest")
        page.get_by_role("tab", name="Library").click()
        page.wait_for_function(
            "document.querySelector('#library-line').textContent.includes('16 documents')"
        )


@browser_test
@pytest.mark.slow
def test_a_question_too_many_leaves_the_conversation_in_sight(backend: Backend) -> None:
    """A line says why it waits; the answers before it can be read, and it stands in the box."""
    with serving(backend, (), 18690) as address, chromium_running() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 900}, locale="en-US")
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#question textarea")
        _ask(page, "How many ships did the harbour of Lund handle in 2023?", 1)
        go, one = threading.Event(), "How many ships did the harbour of Visby handle in 2023?"
        for number in range(1_202):
            backend.questions.start(
                str(number), lambda: (go.wait(PATIENCE) for _ in range(1)), reader=str(number % 9)
            )
        page.fill("#question textarea", one)
        page.keyboard.press("Enter")
        page.get_by_text("Too many questions are being answered").wait_for()
        answer = page.locator("#chat .claim").first
        box = answer.bounding_box()
        at = f"document.elementFromPoint({box['x'] + 5}, {box['y'] + 5}).closest('#chat .claim')"
        assert page.evaluate(f"{at} !== null")
        assert page.input_value("#question textarea") == one
        go.set()


def _ask(page: Any, question: str, answers: int) -> None:
    """Ask, and wait until so many answers are complete and the latest is to this question."""
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    # The turn before stands in both places for a moment, when it becomes one of the earlier.
    page.wait_for_function(
        """([question, answers]) =>
            document.querySelectorAll('#chat [data-act="cited"]').length === answers
            && document.querySelector('#latest').textContent.includes(question)""",
        arg=[question, answers],
    )
