"""What is loaded before a first answer: what it needs, and nothing that only other work needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from corpus import formats, vocabulary

ROOT = Path(__file__).parent.parent
# Each takes from 0.05 s to several seconds to import.
NOT_FOR_A_QUESTION = (
    "asyncio", "chromadb", "docx", "gradio", "httpx", "index.ingest", "llama_index", "lxml",
    "matplotlib", "pydantic", "pypandoc", "sentence_transformers", "sqlalchemy", "torch",
    "transformers", "uvicorn",
)  # fmt: skip
NOT_FOR_THE_PAGE = (
    "chromadb", "corpus.readers.html", "corpus.readers.pdf", "docx", "llama_index", "lxml",
    "matplotlib", "mcp", "pypandoc", "sentence_transformers", "sqlalchemy", "torch",
    "transformers",
)  # fmt: skip


def modules_after(code: str) -> set[str]:
    """Return the modules that a new Python has loaded after some lines."""
    told = f"{code}\nprint('loaded:', *sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{told}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.rpartition("loaded:")[2].split())


@pytest.mark.process
def test_a_first_question_loads_what_it_needs_alone(starter_home: Path, tmp_path: Path) -> None:
    """`briefing ask` answers from a small library without Chroma, and without what adds to it."""
    home = tmp_path / "home"
    shutil.copytree(starter_home, home)
    question = "When was the AI diffusion rule rescinded?"
    loaded = modules_after(
        f"sys.argv = ['briefing', '--home', {str(home)!r}, 'ask', {question!r},"
        " '--engine', 'extractive']\n"
        "from ui.cli import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code, done.code"
    )
    assert {"onnxruntime", "tantivy", "index.retriever"} <= loaded
    assert not loaded.intersection(NOT_FOR_A_QUESTION)


@pytest.mark.process
def test_the_page_loads_what_it_shows_alone() -> None:
    """The page is there before anything that reads files, embeds texts or keeps vectors."""
    loaded = modules_after(
        "from ui.gradio_startup import without_stubs\nwith without_stubs():\n    import ui.server"
    )
    assert {"gradio", "ui.page_chat"} <= loaded
    assert not loaded.intersection(NOT_FOR_THE_PAGE)


def test_what_formats_are_called_is_what_reads_them_says() -> None:
    """The page names the formats without loading what reads them, in the same words and order."""
    assert {name: one.words for name, one in formats.READERS.ours().items()} == formats.OUR_WORDS
    assert list(formats.READERS.ours()) == list(formats.OUR_WORDS)


def test_our_aliases_are_of_the_form_that_is_asked_of_a_users(tmp_path: Path) -> None:
    """Ours are read unchecked for each question; checked as a user's they are the same groups."""
    ours = vocabulary.groups_of(tmp_path)
    shutil.copy(Path(vocabulary.__file__).parent / vocabulary.FILE_NAME, tmp_path)
    assert ours and vocabulary.groups_of(tmp_path) == ours + ours
