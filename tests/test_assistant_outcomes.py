"""What becomes of a question: its parts, a follow-up, a calculation, and what a decline shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Question
from assistant.pipeline import ask
from assistant.planning.decomposition import asked_thing
from assistant.planning.query_rewriting import turns_from_json
from assistant.planning.time_asked import time_asked
from assistant.retrieval.answerability import ANSWERED, NEAR
from assistant.retrieval.retrieve import is_of_another_time
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.document import Passage, Source
from index.evidence import Evidence

NOTES = {
    "norden.md": "# Norden\n\nThe harbour of Norden cost 41 million crowns. It lies on a bay.\n",
    "tarn.md": "# Tarn\n\nThe harbour of Tarn cost 12 million crowns. Its pilots are from Pell.\n",
    "rye.md": "# Rye\n\nRye is sown in September. The dough rests for an hour.\n",
    "ships.md": "# Ships of Vike\n\n| Ship | Crew | Length (m) |\n|---|---|---|\n"
    "| Zelda | 12 | 31 |\n| Orla | 4 | 58 |\n| Amber | 25 | 102 |\n",
}
NORDEN = "The harbour of Norden cost 41 million crowns."
TARN = "The harbour of Tarn cost 12 million crowns."


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("harbours")
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf-8")
    settings = Settings(home=folder / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as opened:
        list(opened.add([folder / name for name in NOTES]))
        yield opened


def asked(workspace: Workspace, text: str, *turns: object) -> Answer:
    """Return the whole answer, every citation of which is the document's own words."""
    *_, answer = ask(workspace, Question(text, history=turns_from_json(turns)))
    for one in answer.citations:
        assert workspace.library.document(one.document).text[one.start : one.end] == one.quote
    return answer


def test_every_part_of_a_question_is_answered(workspace: Workspace) -> None:
    """Each side of a comparison has its sentence, though the two differ in little."""
    answer = asked(workspace, "How much did Norden and Tarn each cost?")
    assert answer.outcome == "answered" and answer.not_found == ()
    assert {one.text for one in answer.claims} == {NORDEN, TARN}
    assert len(answer.searches) == 3 and answer.chance is not None


@pytest.mark.parametrize(
    ("question", "passage", "dated", "other"),
    [
        ("What did Norden pay in 2019?", "Norden paid 41 crowns.", "2025-03-01", True),
        ("What did Norden pay in 2024?", "Norden paid 41 crowns last year.", "2025-03-01", False),
        ("What did Norden pay in 2025?", "Norden paid 41 crowns.", "2025-03-01", False),
        ("Who leads Norden in 2026?", "Ann Sand has led Norden for years.", "2025-03-01", False),
        ("What changed in Norden since 2019?", "The fee rose in 2024.", "2025-03-01", False),
    ],
)
def test_an_event_of_a_year_of_which_nothing_tells(
    question: str, passage: str, dated: str, other: bool
) -> None:
    """Such a question needs a surer answer; a state that began earlier may last."""
    source = Source("Fees", "file", published=dated)
    evidence = [Evidence(1, Passage("d", 0, len(passage), passage), source, 1.0, "")]
    assert is_of_another_time(time_asked(question, "2026-01-01"), evidence) is other


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("Compare the price of Kimi K2", "price of Kimi K2"),
        ("What is the price of Kimi K2?", "price of Kimi K2"),
        ("How do the prices of Kimi K2 compare?", "prices of Kimi K2"),
        ("Which is cheaper, R1?", "R1"),
        ("How did the chips get to China?", "How did the chips get to China?"),
        ("who painted the chapel?", "who painted the chapel?"),
    ],
)
def test_a_part_is_named_without_the_words_that_ask(part: str, name: str) -> None:
    """Never "Compare" or "What is": the thing that the library lacks."""
    assert asked_thing(part) == name


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        (
            "Was the harbour of Norden or Grey Elsbay Castle built for fewer crowns?",
            "Was the harbour of Grey Elsbay Castle built for fewer crowns?",
        ),
        (
            "What did the harbour of Norden cost and who painted the chapel of Elsbay?",
            "who painted the chapel of Elsbay?",
        ),
    ],
)
def test_a_part_that_the_library_lacks_is_named(
    workspace: Workspace, question: str, missing: str
) -> None:
    """The rest is answered, and the outcome is neither an answer nor a refusal."""
    answer = asked(workspace, question)
    assert answer.outcome == "partly" and answer.not_found == (missing,)
    assert [one.text for one in answer.claims] == [NORDEN]


@pytest.mark.parametrize(
    ("question", "searched", "says"),
    [
        ("and Norden?", "What did the harbour of Norden cost?", NORDEN),
        (
            "Where are its pilots from?",
            "What did the harbour of Tarn cost? Where are its pilots from?",
            "Its pilots are from Pell.",
        ),
        ("Is rye sown in September?", "", "Rye is sown in September."),
    ],
)
def test_a_follow_up_is_searched_for_as_what_is_answered(
    workspace: Workspace, question: str, searched: str, says: str
) -> None:
    """What it was searched for is kept where it is not as asked; a change of topic is heard."""
    answer = asked(workspace, question, "What did the harbour of Tarn cost?")
    assert answer.outcome == "answered" and says in answer.text
    assert answer.standalone == searched


def test_a_follow_up_that_nothing_answers_is_not_answered_with_the_last_answer(
    workspace: Workspace,
) -> None:
    """The last question, searched for with it, has its own answer, which is none of this."""
    answer = asked(workspace, "Who painted its chapel white?", "What did the harbour of Tarn cost?")
    assert answer.outcome == "declined" and TARN not in answer.text


def test_a_calculation_answers_with_its_rows_and_its_working(workspace: Workspace) -> None:
    """Computed over the whole table, where no sentence says it; each row it names is cited."""
    answer = asked(workspace, "Which ship is the longest?")
    assert answer.outcome == "answered" and "Amber" in answer.text and "102" in answer.text
    assert answer.calculation == "compared over the column “Length (m)” of 3 rows"
    assert [one.quote for one in answer.citations] == ["Amber | 25 | 102", "Orla | 4 | 58"]
    (claim,) = answer.claims
    assert claim.verdict == "supported" and claim.citations == (1, 2)
    assert answer.not_found == () and answer.chance is None


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        ("Who painted the old white harbour chapel of Norden?", NOT_SAID_OUTRIGHT),
        ("What is vanadium?", NOTHING_ON_THIS),
    ],
)
def test_a_decline_shows_what_comes_closest(
    workspace: Workspace, question: str, notice: str
) -> None:
    """Sentences to be opened, best first, that are no claims; the number that decided is kept."""
    answer = asked(workspace, question)
    assert answer.outcome == "declined" and answer.claims == () and answer.notice == notice
    assert answer.not_found == (question,)
    assert 1 <= len(answer.nearest) <= 3
    for one in answer.nearest:
        assert one.citations
        for number in one.citations:
            assert one.text in answer.citations[number - 1].words
    assert answer.chance is not None and answer.chance < ANSWERED
    assert (answer.chance >= NEAR) == (notice == NOT_SAID_OUTRIGHT)
