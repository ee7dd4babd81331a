"""Real documents, in the folder named by BRIEFING_DOCUMENTS: all are read, and read right."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from corpus.document import Document
from corpus.errors import ReadError
from corpus.readers import read
from corpus.sandbox import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def read_documents() -> dict[str, Document]:
    """Return the documents by their path in the folder."""
    folder = Path(os.environ.get("BRIEFING_DOCUMENTS", "/nonexistent"))
    listing = folder / "manifest.jsonl"
    if not listing.is_file():
        pytest.skip("BRIEFING_DOCUMENTS names no folder of documents")
    names = [json.loads(line)["file"] for line in listing.read_text().splitlines()]
    with Sandbox(workers=2) as sandbox:
        answers = list(sandbox.read_many([folder / name for name in names]))
    refused = [(path, answer) for path, answer in answers if isinstance(answer, ReadError)]
    assert refused == []
    read = {path: answer[0] for path, answer in answers if not isinstance(answer, ReadError)}
    return {name: read[folder / name] for name in names}


def test_every_heading_and_page_is_where_it_is_said_to_be(read_documents):
    """Offsets are exact in all of them, and every document has a title."""
    for name, document in read_documents.items():
        assert document.source.title, name
        for heading in document.headings:
            assert document.text[heading.start :].startswith(heading.title), name
        assert list(document.page_starts) == sorted(document.page_starts), name


def test_what_a_question_needs_is_in_the_text_on_its_page(read_documents):
    """The words that an answer must rest on were not lost or moved to another page."""
    questions = Path(os.environ.get("BRIEFING_QUESTIONS", "/nonexistent"))
    if not questions.is_file():
        pytest.skip("BRIEFING_QUESTIONS names no file of questions")
    for line in questions.read_text().splitlines():
        question = json.loads(line)
        files = question.get("file") or []
        for name in [files] if isinstance(files, str) else files:
            document = read_documents[name]
            for words in question["must"]:
                places = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
                pages = {
                    document.page_at(found.start()) for found in places.finditer(document.text)
                }
                if isinstance(files, str):
                    assert pages, (question["id"], words)
                if isinstance(files, str) and question.get("page"):
                    assert pages & set(question["page"]), (question["id"], words, pages)


def test_a_stated_date_agrees_with_the_list(read_documents):
    """As far as both are exact; a document without a date states none."""
    folder = Path(os.environ["BRIEFING_DOCUMENTS"])
    wrong = []
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        entry = json.loads(line)
        stated = read_documents[entry["file"]].source.published
        exact = min(len(stated), len(entry["date"]))
        if stated[:exact] != entry["date"][:exact]:
            wrong.append((entry["file"], entry["date"], stated))
    # One entry of the list contradicts the date in the document's own front matter.
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("signs", ["[", "![", "_", "**", "[a](", "*a ", "[a]: <", "`a", "<a ", "&"])
def test_markdown_of_nothing_but_signs_is_read_in_time_that_grows_with_it(
    signs: str, tmp_path: Path
) -> None:
    """The parser looked for the end of each sign: 38 s for a megabyte of one of them."""
    file = tmp_path / "signs.md"
    seconds = []
    for size in (50_000, 200_000):
        file.write_text(f"The harbour of Lund. {signs * (size // len(signs))}", encoding="utf-8")
        started = time.process_time()
        assert "The harbour of Lund." in read(file).text
        seconds.append(time.process_time() - started)
    # Four times the text; sixteen times the work if each sign looked at the rest.
    assert seconds[1] < 8 * seconds[0] + 1


def test_pictures_in_markdown_are_their_words(tmp_path: Path) -> None:
    """The address goes; what is no picture stays."""
    file = tmp_path / "mill.md"
    file.write_text("See ![the mill](mill.png) and [a link](x.html), ![not one] here.")
    assert read(file).text == "See the mill and a link, ![not one] here."
