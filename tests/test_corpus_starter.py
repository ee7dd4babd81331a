"""The starter library says where its facts come from, is balanced, and is our own writing."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus.readers import read
from corpus.sentences import sentences
from corpus.starter import starter_files

ARTICLES = [file for file in starter_files() if file.suffix == ".md"]
REPORTS = [file for file in starter_files() if file.suffix == ".pdf"]
NAMES = [file.stem for file in ARTICLES]


def parts(file: Path) -> tuple[dict[str, Any], str]:
    _, front, body = file.read_text(encoding="utf-8").split("---", 2)
    return yaml.safe_load(front), body


@pytest.mark.parametrize("file", ARTICLES, ids=NAMES)
def test_an_article_says_what_it_is_and_where_it_comes_from(file: Path) -> None:
    """Title, as-of date, topics, theme and two sources or more with public addresses."""
    front, body = parts(file)
    assert front["title"] and front["topics"]
    assert front["theme"] in {"deepseek", "export-policy", "landscape"}
    assert date.fromisoformat(str(front["published"]))
    assert len(front["sources"]) >= 2
    for source in front["sources"]:
        assert source["publisher"] and source["title"] and source["date"]
        assert re.match(r"https?://[\w.-]+\.\w+(?:[:/]|$)", source["address"])
        # A shortened date is compared as far as it goes.
        said = str(source["date"])
        assert said <= str(front["published"])[: len(said)], f"{said} is later than the article"
    assert 500 <= len(body.split()) <= 1200


@pytest.mark.parametrize("file", ARTICLES, ids=NAMES)
def test_what_supersedes_another_article_is_later(file: Path) -> None:
    """The superseded article exists and is of an earlier day."""
    front, _ = parts(file)
    if older := front.get("supersedes"):
        before, _ = parts(file.with_name(f"{older}.md"))
        assert str(before["published"]) < str(front["published"])


def test_the_three_themes_are_in_balance() -> None:
    """At least 24 articles, no theme with more than half again as many as another; two reports."""
    themes = Counter(parts(file)[0]["theme"] for file in ARTICLES)
    assert sum(themes.values()) >= 24 and len(themes) == 3
    assert max(themes.values()) <= 1.5 * min(themes.values())
    assert sum(1 for file in ARTICLES if parts(file)[0].get("supersedes")) >= 3
    assert len(REPORTS) >= 2
    for report in REPORTS:
        document = read(report)
        assert len(document.page_starts) >= 6
        assert document.source.title and document.source.published and document.headings


def test_no_sentence_stands_in_the_real_documents(documents: Path) -> None:
    """No run of 12 words of a sentence of ours stands in any document that is at hand."""

    def words(text: str) -> list[str]:
        return re.findall(r"\w+", text.lower())

    ours: dict[tuple[str, ...], str] = {}
    # The reports in Markdown, whose lists of sources (titles of other people's) are front matter.
    for file in [*ARTICLES, *(report.with_suffix(".md") for report in REPORTS)]:
        text = read(file).text
        for start, end in sentences(text):
            run = words(text[start:end])
            for place in range(len(run) - 11):
                ours[tuple(run[place : place + 12])] = text[start:end]
    compared = 0
    for file in sorted(path for path in documents.rglob("*") if path.is_file()):
        if file.suffix not in {".md", ".txt", ".htm", ".html"}:
            continue
        run = words(file.read_text(encoding="utf-8", errors="replace"))
        for place in range(len(run) - 11):
            assert tuple(run[place : place + 12]) not in ours, ours[tuple(run[place : place + 12])]
            compared += 1
    assert len(ours) > 1_000 and compared > 1_000
