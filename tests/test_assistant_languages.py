"""A question in another language than the library's is told so, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.planning.question_language import (
    MULTILINGUAL,
    language_note,
    languages_of,
    question_language,
)
from assistant.retrieval.chinese_reader import both_chinese, chinese_reading
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.language import language_of
from corpus.sentences import sentences
from ui.translation import translated

CHINESE = Path(__file__).parent / "chinese"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Qui a fondé DeepSeek ?", "fr"),
        ("Combien a coûté l'entraînement de DeepSeek V3 ?", "fr"),
        ("Wer hat DeepSeek gegründet?", "de"),
        ("Wie viel kostete das Training von DeepSeek-V3?", "de"),
        ("¿Quién fundó DeepSeek?", "es"),
        ("Quanto è costato l'addestramento di DeepSeek?", "it"),
        ("Quem fundou a DeepSeek?", "pt"),
        ("Hoeveel kostte de training van DeepSeek V3?", "nl"),
        ("Kto założył firmę DeepSeek i kiedy?", "pl"),
        ("DeepSeek V3 的训练成本是多少？", "zh"),
        ("DeepSeekの創業者は誰ですか", "ja"),
        ("딥시크를 누가 설립했나요?", "ko"),
        ("Кто основал DeepSeek?", "ru"),
        ("Хто заснував DeepSeek і коли?", "uk"),
        ("من أسس شركة ديب سيك؟", "ar"),
        ("Who founded DeepSeek?", "en"),
        ("What is 华为 doing in the market?", "en"),
    ],
)
def test_the_language_of_a_question_is_told(question: str, language: str) -> None:
    """By its script, or by its words of asking."""
    assert question_language(question) == language


@pytest.mark.parametrize(
    "question",
    [
        "R1 cost?", "H20 licence", "Qwen3 Kimi K2 GLM", "Mistral Le Chat", "La Poste",
        "Die Zeit DeepSeek", "El Salvador Los Alamos", "Sam Altman Elon Musk Demis Hassabis",
        "price output tokens million dollars", "Liang Wenfeng", "", "?", "2025",
    ],
)  # fmt: skip
def test_names_and_keywords_are_in_no_language(question: str) -> None:
    assert question_language(question) == ""
    assert language_note(question, {"zh": 3}) == ""


def test_no_english_question_of_the_starter_set_is_taken_for_another() -> None:
    """Typing errors and keywords included; the two that are Chinese are told."""
    file = Path(__file__).parent / "questions.jsonl"
    asked = [json.loads(line)["q"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(asked) > 100
    others = [one for one in asked if question_language(one) not in {"", "en"}]
    assert len(others) == 2 and {question_language(one) for one in others} == {"zh"}


def test_the_note_names_both_languages_and_the_setting() -> None:
    """On a Chinese page in Chinese, the names of the languages too."""
    note = language_note("谁创办了深度求索？", {"en": 12, "": 3})
    assert note.startswith(
        "Your question is in Chinese and the library is in English: ask in English, or set "
        "BRIEFING_EMBEDDER and BRIEFING_RERANKER "
    )
    assert MULTILINGUAL in note and note.endswith("briefing doctor --reembed")
    shown = translated(note, "zh")
    assert shown.startswith("您的问题是中文，资料库是英语：请用英语提问") and MULTILINGUAL in shown
    few = language_note("谁创办了深度求索？", {"en": 12, "zh": 1})
    assert few.startswith("Your question is in Chinese and most of the library is in English")
    assert translated(few, "zh").startswith("您的问题是中文，资料库大部分是英语")


def test_nothing_is_said_where_the_languages_agree_or_are_not_known() -> None:
    assert language_note("Who founded DeepSeek?", {"en": 3}) == ""
    assert language_note("Who founded DeepSeek?", {"zh": 3})
    assert language_note("Who founded DeepSeek?", {"": 3}) == ""
    assert language_note("Who founded DeepSeek?", {}) == ""
    assert language_note("谁创办了深度求索？", {"zh": 2, "en": 2}) == ""


def test_whoever_chose_an_embedder_is_not_told_to_choose_one() -> None:
    assert language_note("谁创办了深度求索？", {"en": 1}, embedder="/models/bge-m3") == (
        "Your question is in Chinese and the library is in English: ask in English"
    )


def test_the_languages_of_a_library_are_counted(tmp_path: Path) -> None:
    english = tmp_path / "note.md"
    english.write_text("# Note\n\nThe harbour board of Tarn met on Monday to vote.\n", "utf-8")
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as workspace:
        for _ in workspace.add([english, *sorted(CHINESE.glob("*.md"))]):
            continue
        assert languages_of(workspace.library) == {"en": 1, "zh": 2}


def test_a_chinese_appendix_does_not_make_a_document_chinese() -> None:
    """Two looks of three say English."""
    english = "The harbour board of Tarn said that the breakwater will cost 14 million crowns. "
    assert (
        language_of(english * 100 + "港务局周一表示，新的防波堤将耗资一千四百万克朗。" * 120)
        == "en"
    )


def test_the_sentence_that_answers_a_chinese_question_is_among_the_first_three() -> None:
    """Of all sentences of two documents; for two questions of three it is the first."""
    said = []
    for file in sorted(CHINESE.glob("*.md")):
        text = file.read_text(encoding="utf-8").split("---\n", 2)[2]
        spans = [text[start:end] for start, end in sentences(text)]
        said += [one for one in spans if not one.startswith("#")]
    lines = (CHINESE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    places = []
    for question in map(json.loads, lines):
        scores = chinese_reading(question["q"], said)
        assert all(0 <= one <= 1 for one in scores)
        order = sorted(range(len(said)), key=lambda place: -scores[place])
        wanted = [question["sentence"], question.get("also", question["sentence"])]
        places.append(
            next(
                rank
                for rank, place in enumerate(order, start=1)
                if any(one in said[place] for one in wanted)
            )
        )
    assert len(places) == 25 and max(places) <= 3
    assert places.count(1) >= 17


def test_a_sentence_without_what_is_asked_for_reads_worse() -> None:
    """A figure for “how much”; and what shares nothing with the question has nothing."""
    said = [
        "晶圆厂的良率正在提高。",
        "晶圆厂的良率为93%。",
        "晶圆厂的良率是多少？",
        "渔港今年休渔。",
    ]
    scores = chinese_reading("晶圆厂的良率是多少？", said)
    assert scores[1] == max(scores) and scores[3] == 0 and scores[2] < scores[0]
    assert chinese_reading("晶圆厂？", []) == []
    assert both_chinese("良率是多少", said[0]) and not both_chinese("良率", "The yield is 93 %.")
