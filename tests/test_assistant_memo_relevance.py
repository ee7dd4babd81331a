"""What a memo is about: only its topic, no longer than its template, what is missing said."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from assistant.engine import Piece, Task
from assistant.memo.export import exported
from assistant.memo.length import body_words, shortened, word_count
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.request import Request
from assistant.memo.topic import Topic
from assistant.memo.values import EVIDENCE, GAP, NOTE, Memo
from assistant.memo.writing import write
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.memos import TOPICS
from corpus.errors import NothingFound
from index.folder_walk import files_below
from tests.memos import CLEAN, line
from tests.test_assistant_memo_writing import ASKED, last

HERE = Path(__file__).parent
ARTICLE = """---
title: "{title}"
publisher: {publisher}
published: {day}
---

{text}
"""
IN_FORCE = (
    "The tonnage rule limits each ship of Lund to 900 tons. "
    "The tonnage rule requires a certificate of the Lund Office. "
    "The Lund Office says that the tonnage rule is in force for all ships of Lund."
)
ENDED = (
    "The Lund Office suspended the tonnage rule on 10 November 2025. "
    "The Lund Office says that the tonnage rule returns on 9 November 2026."
)
ELSEWHERE = (
    "The Malmo Office says that the harbour of Malmo has 40 cranes. "
    "The Malmo Office announced a new harbour rule on 4 May 2025."
)


def texts(memo: Memo, *roles: str) -> list[str]:
    """Return the sentences of a memo in some roles."""
    return [
        one.claim.text for section in memo.sections for one in section.lines if one.role in roles
    ]


def desk_of(folder: Path, *articles: tuple[str, str, str, str]) -> Workspace:
    """Return a workspace over articles of (title, publisher, day, text)."""
    (folder / "articles").mkdir()
    for place, (title, publisher, day, text) in enumerate(articles):
        whole = ARTICLE.format(title=title, publisher=publisher, day=day, text=text)
        (folder / "articles" / f"{place}.md").write_text(whole, encoding="utf-8")
    workspace = Workspace(Settings(home=folder / "home", embedder="hash", engine="extractive"))
    list(workspace.add(files_below([folder / "articles"])))
    return workspace


@pytest.fixture
def lund(tmp_path: Path) -> Iterator[Workspace]:
    with desk_of(
        tmp_path,
        ("The tonnage rule of Lund", "Lund Office", "2025-09-01", IN_FORCE),
        ("The tonnage rule is suspended: a truce", "Lund Office", "2025-11-15", ENDED),
        ("The harbour of Malmo", "Malmo Office", "2025-05-04", ELSEWHERE),
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def europe(starter_memo: Callable[[str, str], Memo]) -> Memo:
    return starter_memo("What should Europe learn from DeepSeek?", "bluf")


def test_a_topic_is_borne_by_all_its_names() -> None:
    """In passage, title or heading, under any name of theirs; a field as AI is none of them."""
    assert Topic.of("Did export controls slow DeepSeek?").thing == "export controls and DeepSeek"
    topic = Topic.of("What should Europe learn from DeepSeek?")
    assert topic.names == ("Europe", "DeepSeek")
    assert topic.bears("The EU fined DeepSeek.", "", "")
    assert topic.bears("European law does not apply to it.", "Bans of DeepSeek", "Italy")
    assert not topic.bears("DeepSeek trained R1-Zero without examples.", "DeepSeek-R1", "Training")
    assert Topic.of("Outbound investment rules on AI", ["outbound"] * 3).names == ()
    assert Topic.of("Distillation claims against Chinese laboratories").names == ()


def test_a_memo_quotes_nothing_that_its_topic_does_not_bear(europe: Memo) -> None:
    """Europe and DeepSeek stand in every passage; all else is said not to be there."""
    cited = {
        number for one in europe.sections for two in one.lines for number in two.claim.citations
    }
    assert cited
    for number in cited:
        one = europe.citation(number)
        around = f"{one.quote} {one.heading} {one.source.title}"
        assert "DeepSeek" in around and re.search("Europe|EU|Italy|Ireland|France", around)
    notes = texts(europe, NOTE)
    assert any("Searched: “What should Europe learn from DeepSeek?”" in one for one in notes)
    assert "What should Europe learn from DeepSeek?" in notes
    assert "Every question of this memo found evidence" not in " ".join(texts(europe, NOTE))
    assert not any("R1-Zero" in one for one in texts(europe, EVIDENCE))


def test_a_sentence_that_only_comes_close_is_said_to(europe: Memo) -> None:
    """It stands where the missing questions stand, below a line that says so."""
    section = next(one for one in europe.sections if one.key == "gaps")
    said = [one.claim.text for one in section.lines]
    close = said.index("These sentences come closest, and do not answer it:")
    assert all(one.role == EVIDENCE for one in section.lines[close + 1 :])
    assert len(section.lines) > close + 1


def test_a_library_of_other_things_writes_no_memo(lund: Workspace) -> None:
    """A name that no passage bears is not replaced by what stands near it."""
    with pytest.raises(NothingFound):
        last(write(lund, Request("What should Bolivia learn from the tonnage rule?")))


def test_a_word_that_no_document_has_is_named(lund: Workspace) -> None:
    """The memo on the rest is written, and says what of its topic the library knows nothing of."""
    memo = last(write(lund, Request("The tonnage rule of Lund in winter")))
    assert "No document has a word of: winter." in texts(memo, NOTE)
    assert not any("Every question" in one for one in texts(memo, NOTE))


def test_what_was_ended_never_leads(lund: Workspace) -> None:
    """The bottom line tells of the suspension; what it ended is marked where it stands."""
    memo = last(write(lund, Request("The tonnage rule of Lund", today="2026-01-31")))
    assert [one.key for one in memo.sections if one.leading] == ["bluf"]
    for section in memo.sections:
        for one in section.lines:
            old = "900 tons" in one.claim.text or "certificate" in one.claim.text
            if section.leading:
                assert not old and not one.later
            elif old:
                assert one.later == "The tonnage rule is suspended: a truce (2025-11-15)"
    leads = [one.claim.text for one in memo.sections[0].lines if one.role == EVIDENCE]
    assert any("suspended the tonnage rule on 10 November 2025" in one for one in leads)
    assert not any("Malmo" in one for one in texts(memo, EVIDENCE))
    assert from_json(to_json(memo)) == memo
    if any("900 tons" in one for one in texts(memo, EVIDENCE)):
        assert "written before: The tonnage rule is suspended" in exported(memo, "md").decode()


class Writes:
    """An engine that writes what it is given, and counts how often it was asked."""

    name, host = "scripted:model", ""

    def __init__(self) -> None:
        self.given: list[str] = []

    def write(self, task: Task) -> Generator[Piece, None, None]:
        self.given += [one.passage.text for one in task.evidence]
        yield f"The tonnage rule was suspended on 10 November 2025 [{task.evidence[0].label}].\n"


def test_a_model_is_given_nothing_but_the_topic(lund: Workspace) -> None:
    """Passages about others do not reach it, nor, for what leads, those that were ended."""
    engine = Writes()
    lund.engine = engine
    last(write(lund, Request("The tonnage rule of Lund", sections=("bluf",))))
    assert engine.given and not any("Malmo" in one for one in engine.given)
    assert not any("900 tons" in one for one in engine.given)


@pytest.mark.parametrize(
    ("topic", "template"),
    [*ASKED[:3], *(pytest.param(*one, marks=pytest.mark.long) for one in TOPICS[::4])],
)
def test_the_body_is_as_long_as_the_template_says(
    topic: str,
    template: str,
    starter_desk: Workspace,
    starter_memo: Callable[[str, str], Memo],
) -> None:
    """Counted in words, and in the pages that its card promises, sources and timeline included."""
    memo = starter_memo(topic, template)
    short = last(write(starter_desk, Request(topic, template, length=300)))
    assert 150 < body_words(memo) <= {"bluf": 700, "judgments": 1500, "crs": 2000}[template]
    assert body_words(short) <= max(300, body_words(shortened(short, 0)))
    pages = len(pypdfium2.PdfDocument(io.BytesIO(exported(memo, "pdf"))))
    assert pages <= {"bluf": 2, "judgments": 4, "crs": 5}[template]


def test_a_memo_that_is_too_long_loses_its_last_sentences() -> None:
    """Of the section with most, each keeping one; Chinese signs count by their room."""
    lines = tuple(line(f"The harbour of Lund had {one} ships in May.", 1) for one in range(60))
    long = replace(CLEAN, sections=(replace(CLEAN.sections[0], lines=lines), *CLEAN.sections[1:]))
    cut = shortened(long, 200)
    assert body_words(long) > 400 >= 200 >= body_words(cut)
    assert cut.sections[0].lines == lines[: len(cut.sections[0].lines)]
    assert shortened(CLEAN, 1).sections[0].lines
    assert (
        word_count("The port has 40 cranes") == 5
        and word_count("港口有四十台起重机和两个码头") == 8
    )


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Workspace]:
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as workspace:
        list(workspace.add(sorted((HERE / "chinese").glob("*.md"))))
        yield workspace


def test_a_memo_on_a_chinese_topic_is_chinese(park: Workspace) -> None:
    """Headings, gaps, notes and the source summary; no English word of ours is left."""
    memo = last(write(park, Request("海州集成电路产业园的产值", "bluf")))
    assert memo.language == "zh" and [one.heading for one in memo.sections][:2] == [
        "核心结论", "已知情况",
    ]  # fmt: skip
    own = " ".join([*texts(memo, GAP, NOTE), *(one.heading for one in memo.sections)])
    assert not re.search(r"\b(?:the|of|no|What|library|evidence)\b", own)
    assert "可能性" in own and "独立来源" in own
    assert any("海州集成电路产业园成立于2016年" in one for one in texts(memo, EVIDENCE))
    assert from_json(to_json(memo)).language == "zh"


def test_a_memo_on_a_chinese_page_is_chinese(lund: Workspace) -> None:
    """The topic and what is quoted stay as they are; the questions are told in Chinese."""
    memo = last(write(lund, Request("The tonnage rule of Lund", language="zh")))
    assert memo.language == "zh" and memo.sections[0].heading == "核心结论"
    assert any("suspended the tonnage rule" in one for one in texts(memo, EVIDENCE))
    own = " ".join(texts(memo, GAP, NOTE))
    assert "信心程度" in own and "The library" not in own and "Confidence" not in own
