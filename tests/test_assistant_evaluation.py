"""What counts as a right passage, a right first sentence and a decline, told on made-up answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, Claim
from assistant.evaluation import (
    EvaluationQuestion,
    Scored,
    is_right_passage,
    metrics,
    questions_from,
    scored,
)
from corpus.document import Document, Passage, Source
from index.evidence import Evidence

MILL = (
    "The mill of Lund was built in 1884. It ground 300 tonnes of rye in 2022. "
    "The miller, Ada Berg, sold half of the flour to bakers in Malm."
)
OTHER = "The mill of Ystad ground 90 tonnes of oats."
ROW = "Lund | 300 | 12"


def document(name: str, text: str) -> Document:
    return Document(Source(name, f"/somewhere/docs/{name}.md"), text)


def found(text: str, *, name: str = "mill", label: int = 1) -> Evidence:
    """A passage as the search gives it, of the document of that name."""
    whole = document(name, text)
    return Evidence(label, Passage(whole.id, 0, len(text), text), whole.source, 1.0, "")


def said(*quotes: str, name: str = "mill", outcome: str = "answered") -> Answer:
    """An answer that quotes some sentences of a document, one after another."""
    source = document(name, MILL).source
    return Answer(
        "?",
        outcome,
        claims=tuple(
            Claim(quote, (number,), "supported") for number, quote in enumerate(quotes, start=1)
        ),
        citations=tuple(
            Citation(number, "id", source, None, "", quote, 0, len(quote))
            for number, quote in enumerate(quotes, start=1)
        ),
        seconds={"total": 0.5},
    )


def asked(kind: str = "number", **wanted: object) -> EvaluationQuestion:
    values = {"must": (), "files": ("docs/mill.md",), "history": (), "abstain": False} | wanted
    return EvaluationQuestion(id="1", text="How much rye?", kind=kind, **values)  # type: ignore[arg-type]


RYE = "It ground 300 tonnes of rye in 2022."
BUILT = "The mill of Lund was built in 1884."
BY_STRING = asked(must=("300 tonnes",))
BY_SENTENCE = asked(evidence=(RYE,), short="300 tonnes")


@pytest.mark.parametrize("question", [BY_STRING, BY_SENTENCE], ids=["by strings", "by sentences"])
def test_a_right_first_sentence_is_counted_and_a_later_one_is_not_first(
    question: EvaluationQuestion,
) -> None:
    """A right sentence is told by its place; an answer without one is wrong."""
    first, later, never = (
        scored(question, [], said(*quotes)) for quotes in ((RYE, BUILT), (BUILT, RYE), (BUILT,))
    )
    assert (first.place, first.right) == (1, True)
    assert (later.place, later.right) == (2, True)
    assert (never.place, never.right) == (0, False)
    row = metrics([first, later, never])
    assert [row.first, row.first_3, row.answered_right] == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def test_the_fourth_sentence_is_not_among_three() -> None:
    """Only the first three sentences count as seen at once."""
    row = metrics([scored(BY_STRING, [], said(BUILT, BUILT, BUILT, RYE))])
    assert (row.first_3, row.answered_right) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("quote", "name", "place"),
    [
        pytest.param("ground 300 tonnes of rye", "mill", 1, id="a part of the sentence"),
        pytest.param(f"{BUILT} {RYE}", "mill", 1, id="the sentence and more"),
        pytest.param("In 2022 it ground 300 tonnes of wheat and rye.", "other", 1,
                     id="nearly the same words elsewhere"),
        pytest.param("Rye came to 300 tonnes.", "mill", 1, id="the short answer, right document"),
        pytest.param("Rye came to 300 tonnes.", "other", 0, id="the short answer elsewhere"),
        pytest.param("Rye came to 1,300 tonnes.", "mill", 0, id="a figure that only ends so"),
        pytest.param("rye", "mill", 0, id="one word of the sentence"),
        pytest.param(OTHER, "mill", 0, id="another sentence"),
    ],
)  # fmt: skip
def test_a_sentence_answers_by_the_evidence_or_the_short_answer(
    quote: str, name: str, place: int
) -> None:
    """The evidence is a sentence; its words in another document need most of it."""
    assert scored(BY_SENTENCE, [], said(quote, name=name)).place == place


def test_bars_between_cells_are_no_words() -> None:
    """A row that is told as a sentence is the row."""
    question = asked(evidence=(ROW,))
    answer = said("Lund: 300, 12")
    assert scored(question, [], answer).place == 1


def test_wanted_words_of_a_first_sentence_count_in_a_right_document_only() -> None:
    """`first` may be a single name: it tells a right sentence only in the right document."""
    question = asked(must=("sold half of the flour",), first=("ada berg",))
    quote = "Ada Berg runs it."
    assert scored(question, [], said(quote)).place == 1
    assert scored(question, [], said(quote, name="other")).place == 0


def test_a_right_passage_stands_in_a_right_file_and_may_be_cut_within_the_evidence() -> None:
    """Half of an evidence sentence in one run of words is enough; the same elsewhere is not."""
    assert is_right_passage(BY_STRING, found(MILL)) and is_right_passage(BY_SENTENCE, found(MILL))
    assert is_right_passage(BY_SENTENCE, found("tonnes of rye in 2022. The miller sold"))
    assert not is_right_passage(BY_SENTENCE, found("It ground oats. Rye in 2022 was dear."))
    assert not is_right_passage(BY_STRING, found(MILL, name="other"))
    ranked = [found(OTHER), found(MILL, label=2)]
    assert scored(BY_STRING, ranked, said(RYE)).rank == 2


def test_declines_are_told_apart_by_whether_the_library_answers() -> None:
    """Declined is of the unanswerable, declined wrongly of the answerable, nearest of both."""
    closed = asked(abstain=True, files=())
    nothing = replace(said(outcome="declined"), claims=(), citations=())
    every = [
        scored(closed, [], nothing), scored(closed, [], said(BUILT)),
        scored(BY_STRING, [], nothing), scored(BY_STRING, [], said(RYE)),
        scored(BY_STRING, [], said(RYE, outcome="partly")), scored(BY_STRING, [], said(BUILT)),
    ]  # fmt: skip
    row = metrics(every)
    assert (row.declined, row.declined_wrongly, row.answered) == (0.5, 0.25, 0.75)
    assert row.nearest == 0.0
    shown = scored(closed, [], replace(nothing, nearest=said(BUILT).claims, chance=0.2))
    assert (shown.number, shown.right) == (0.2, False)
    assert metrics([shown, *every[1:]]).nearest == 0.5


def test_the_length_is_the_median_of_the_answers_to_fact_questions() -> None:
    """Declined questions and those that ask why have no part in it."""
    lengths = [scored(BY_STRING, [], said(" ".join(["word"] * length))) for length in (10, 20, 90)]
    why = scored(asked("why", must=("300 tonnes",)), [], said(" ".join(["word"] * 400)))
    nothing = replace(said(outcome="declined"), claims=(), citations=())
    assert metrics([*lengths, why, scored(BY_STRING, [], nothing)]).fact_words == 20


def test_the_slowest_twentieth_is_left_out_of_the_95th_percentile() -> None:
    """Of twenty answers the nineteenth by its time; the median beside it."""
    every = [Scored(BY_STRING, 1, "answered", True, float(seconds)) for seconds in range(1, 21)]
    row = metrics(every)
    assert (row.seconds_p95, row.seconds_median) == (19.0, 10.5)


def test_a_line_names_evidence_in_place_of_strings(tmp_path: Path) -> None:
    """Both forms of a file are read; what is null is left out."""
    file = tmp_path / "questions.jsonl"
    rows = [
        {"q": "How much rye?", "file": "docs/mill.md", "evidence": [RYE], "short": "300 tonnes",
         "near": None, "abstain": False},
        {"q": "How much oats?", "file": None, "evidence": [], "short": "", "near": RYE,
         "abstain": True},
        {"q": "Who mills?", "must": ["Ada Berg"], "first": ["Ada"]},
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    one, two, three = questions_from(file)
    assert (one.evidence, one.short, one.files) == ((RYE,), "300 tonnes", ("docs/mill.md",))
    assert (two.near, two.abstain, two.files) == (RYE, True, ())
    assert (three.must, three.first) == (("ada berg",), ("ada",))
