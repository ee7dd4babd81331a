"""What leads an answer holds the kind of thing that is asked for."""

from __future__ import annotations

import pytest

from assistant.retrieval.leading_sentence import with_leading
from assistant.retrieval.sentence_ranking import RankedSentence
from index.keyword_index import stems


def read(text: str, answers: float, start: int = 0) -> RankedSentence:
    return RankedSentence(1, start, start + len(text), text, frozenset(stems(text)), answers)


@pytest.mark.parametrize(
    ("question", "first", "better"),
    [
        ("What did the Zelda cost?", "The Zelda took forty men a year to build.",
         "The builders put the sum at $3 million."),
        ("When did the rule take effect?", "The rule takes effect in every port.",
         "It began on 3 May 2024 in Norden."),
        ("Which speed limit does the port set?", "The council may change the limit by a decree.",
         "Boats may go at 5 knots."),
        ("What is the harbour rule?", "The rule is one of many in the port.",
         "Under the harbour rule a boat must show a light."),
    ],
)  # fmt: skip
def test_a_sentence_with_what_is_asked_leads(question: str, first: str, better: str) -> None:
    """If it answers nearly as well; a much worse one does not."""
    near = [read(first, 0.9), read(better, 0.6, 100)]
    assert [one.text for one in with_leading(question, near)] == [better, first]
    far = [read(first, 0.9), read(better, 0.2, 100)]
    assert with_leading(question, far) == far


def test_a_sentence_on_another_thing_does_not_lead() -> None:
    """What names the thing, or stands under its name, goes first, though it answers less well."""
    question = "What did the Zelda carry?"
    other = read("Most barges carried coal to Norden.", 0.9)
    own = read("The Zelda carried cheese in those years.", 0.3, 100)
    assert with_leading(question, [other, own], ["Zelda"])[0] == own
    titled = [other, read("She carried cheese in those years.", 0.3, 200)]
    found = with_leading(question, titled, ["Zelda"], lambda one: "Zelda" * (one.start == 200))
    assert found[0].start == 200
    far = [other, read("The Zelda sank.", 0.05, 100)]
    assert with_leading(question, far, ["Zelda"])[0] == other
