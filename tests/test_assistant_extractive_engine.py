"""What the engine without a model quotes: the source's words, its own note numbers left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.engine import Draft, ReplacedSentence, Task
from assistant.extractive_engine import ExtractiveEngine, picked_sentences
from assistant.planning.answer_form import AnswerForm, expected_form
from assistant.retrieval.sentence_ranking import RankedSentence
from corpus.document import Passage, Source
from index.evidence import Evidence


def read(
    text: str, answers: float, *, start: int = 0, label: int = 1, lead: int = -1
) -> RankedSentence:
    """A sentence with the chance that it answers."""
    stems = frozenset(text.lower().split())
    return RankedSentence(label, start, start + len(text), text, stems, answers, None, lead)


def written(
    question: str, *sentences: RankedSentence, evidence: Sequence[Evidence] = ()
) -> list[str]:
    """What the engine quotes of some sentences, best first."""
    drafts = ExtractiveEngine().write(
        Task(question, evidence, sentences, form=expected_form(question))
    )
    return [one.text for one in drafts if isinstance(one, Draft)]


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("The rule names 140 firms^1^6.", "The rule names 140 firms."),
        ("The rule names 140 firms [12].", "The rule names 140 firms."),
        ("The threshold is 10^25 operations.", "The threshold is 10^25 operations."),
        ("A model may take 3 x 10^23.", "A model may take 3 x 10^23."),
    ],
)
def test_note_numbers_are_left_out_and_powers_stay(said: str, quoted: str) -> None:
    """ "10^25" without its power would be another number."""
    assert written("?", read(said, 0.9)) == [quoted]


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("Fee: 30 crowns", True),
        ("Name of the boat: Grey Gull of Pell", True),
        ("Figure 3: Revenue by quarter", False),
        ("Source: Harbour Post", False),
        ("Nearly all of the boats of the", False),
    ],
)
def test_a_line_with_a_name_and_its_value_can_be_quoted(line: str, stands: bool) -> None:
    """Forms and fact boxes end no sentence; captions and broken lines answer nothing."""
    plain = read("The harbour board met on Monday.", 0.5)
    labelled = read(line, 0.9, start=50)
    assert (
        picked_sentences(Task("What is the fee?", (), [labelled, plain]))[0] is labelled
    ) == stands


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("© 2024 Harbour Post, all rights reserved.", False),
        ("Table 3: Fees of the boats in crowns, by year.", False),
        ("A. Vik. Mills of Ros. arXiv preprint 2101.00001, 2021.", False),
        ("This report compares the fees of four harbours and of their boats.", False),
        ("The guild of Pell adds two points.", False),
        ("It is not intended to, and does not, create any right or benefit.", False),
        ("The report compares badly with that of the guild of Pell.", False),
        ("Table 3 of the order sets a fee of 30 crowns for each boat.", True),
        ("The guild held a copyright in the chart until 1911.", True),
    ],
)
def test_what_tells_of_a_text_answers_nothing(line: str, stands: bool) -> None:
    """Rights, captions, sources, aims of a report and closing formulas give way."""
    plain = read("The harbour board met on Monday.", 0.5)
    found = picked_sentences(Task("What is the fee?", (), [read(line, 0.9, start=50), plain]))
    assert (found[0].text == line) == stands


FIRST = "The mill at Ros grinds rye and has two wheels since 1904."
SECOND = "A third wheel was added to it by the guild of Pell in 1911."
THIRD = "Its race was dug by forty men over a single dry summer."


@pytest.mark.parametrize(
    ("question", "chances", "quoted"),
    [
        ("How many wheels has the mill?", (0.9, 0.8, 0.7), 1),
        ("How many wheels has the mill?", (0.5, 0.45, 0.44), 2),
        ("How many wheels has the mill?", (0.5, 0.1, 0.1), 1),
        ("Why has the mill three wheels?", (0.9, 0.8, 0.7), 3),
        ("Why has the mill three wheels?", (0.9, 0.8, 0.1), 2),
        ("为什么磨坊有三个轮子？", (0.9, 0.8, 0.7), 3),
    ],
)
def test_a_fact_is_one_sentence_or_two_and_a_reason_several(
    question: str, chances: tuple[float, ...], quoted: int
) -> None:
    """A sure first sentence of a fact stands alone; sentences far worse than it are left out."""
    some = [
        read(text, chance, start=100 * place)
        for place, (text, chance) in enumerate(zip((FIRST, SECOND, THIRD), chances, strict=True))
    ]
    assert written(question, *some) == [FIRST, SECOND, THIRD][:quoted]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("When did the rule take effect?", AnswerForm.FACT),
        ("How many different models were released?", AnswerForm.FACT),
        ("What are the total parameters of Alva-3?", AnswerForm.FACT),
        ("Which lab makes Alva-3?", AnswerForm.FACT),
        ("Which makers hold a permit?", AnswerForm.LIST),
        ("What are the conditions for a licence?", AnswerForm.LIST),
        ("How do the caps compare?", AnswerForm.EXPLANATION),
        ("How much did A and B each cost, and why?", AnswerForm.EXPLANATION),
        ("华为的产量是多少？", AnswerForm.FACT),
        ("华为的产量是多少，为什么下降？", AnswerForm.EXPLANATION),
        ("哪些公司向谁出售芯片？", AnswerForm.LIST),
    ],
)
def test_what_kind_of_answer_a_question_wants(question: str, asks: AnswerForm) -> None:
    """How a question begins says more than a word within it."""
    assert expected_form(question) is asks


def test_what_says_the_same_is_quoted_once() -> None:
    """Two documents with one sentence answer once."""
    again = read(FIRST, 0.8, label=2)
    assert written("Why has the mill wheels?", read(FIRST, 0.9), again) == [FIRST]


def test_the_sentence_before_one_that_leans_on_it_is_quoted_with_it() -> None:
    """ "It was dug in 1890." alone does not say what was dug."""
    text = "The race of the mill feeds two wheels. It was dug in 1890 by forty men."
    passage = Passage("d", 10, 10 + len(text), text)
    evidence = Evidence(1, passage, Source("Mills", "file"), 1.0, "")
    start = 10 + text.index("It")
    one = read(text[start - 10 :], 0.9, start=start, lead=10)
    assert written("When was the race dug?", one, evidence=[evidence]) == [text]
    alone = read(text[start - 10 :], 0.9, start=start, lead=start)
    assert written("When was the race dug?", alone, evidence=[evidence]) == [alone.text]


def test_what_was_replaced_follows_with_its_date() -> None:
    """The newest statement leads; the one before is named as such."""
    new, old = read(FIRST, 0.9), read(SECOND, 0.8, start=90, label=2)
    task = Task("How many wheels?", (), (new,), asides=(ReplacedSentence(new, "Until 1911", old),))
    drafts = [one for one in ExtractiveEngine().write(task) if isinstance(one, Draft)]
    assert drafts == [Draft(FIRST, (1,)), Draft(f"Until 1911: {SECOND}", (2,))]


def test_a_sentence_shown_ahead_of_another_is_quoted_once() -> None:
    """Whether it was picked before the one that leans on it or after."""
    text = "The race of the mill feeds two wheels. It was dug in 1890 by forty men."
    passage = Passage("d", 0, len(text), text)
    evidence = [Evidence(1, passage, Source("Mills", "file"), 1.0, "")]
    first = read(text[: text.index(" It")], 0.5, lead=0)
    start = text.index("It")
    second = read(text[start:], 0.5, start=start, lead=0)
    question = "Why has the mill a race?"
    assert written(question, first, second, evidence=evidence) == [first.text, second.text]
    assert written(question, second, first, evidence=evidence) == [text]


def test_each_part_of_a_question_has_its_sentence() -> None:
    """Also where the sentences differ in a name alone, and one is far less sure."""
    one = read("The harbour of Norden cost 41 million crowns.", 0.9)
    other = read("The harbour of Tarn cost 41 million crowns.", 0.3, start=90, label=2)
    question = "How much did Norden and Tarn each cost?"
    assert picked_sentences(
        Task(question, (), [one, other, read(THIRD, 0.3, start=200)], parts=2)
    ) == [
        one,
        other,
    ]
    assert picked_sentences(Task(question, (), [one, other])) == [one]
