"""Chinese questions over Chinese passages are read by words; all others by the model."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.retrieval.chinese_reader import ReaderByScript
from index.pair_encoding import Pair
from index.reader import Reading

ASKED = "海州产业园有多少家企业？"
ENGLISH = Pair("How many firms?", "Parks", ("The park has 40 firms.", "It rained."))
CHINESE = Pair(ASKED, "产业园", ("会议在周一举行。", "海州产业园有企业四十家。"))
OTHER = Pair(ASKED, "港口", ("港口的码头很长。",))
CROSSED = Pair(ASKED, "Parks", ENGLISH.sentences)


class Numbered:
    """A model that numbers the pairs it is given, and remembers the calls."""

    name = "numbered"

    def __init__(self) -> None:
        self.calls: list[tuple[list[Pair], list[float], int | None]] = []

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        self.calls.append((list(pairs), list(prior), keep))
        return [Reading(place / 10, 0.0, 1.0, ()) for place in range(len(pairs))]


def test_chinese_is_read_by_words_and_the_rest_keeps_its_order() -> None:
    """Each reading is that of its own pair; the model gets the scores of what it reads alone."""
    model = Numbered()
    pairs = [ENGLISH, CHINESE, CROSSED, OTHER]
    found = ReaderByScript(model).read(pairs, prior=[0.4, 0.3, 0.2, 0.1], keep=1)
    assert model.calls == [([ENGLISH, CROSSED], [0.4, 0.2], 1)]
    assert [found[0].relevance, found[2].relevance] == [0.0, 0.1]
    assert found[1].answers > found[3].answers
    assert found[1].sentences[1] == max(found[1].sentences)


def test_only_chinese_asks_no_model_and_only_english_asks_it_as_it_is() -> None:
    """The chances of a Chinese passage are chances as the model's are."""
    model = Numbered()
    reader = ReaderByScript(model)
    assert reader.read([]) == []
    model.calls.clear()
    for one, pair in zip(reader.read([CHINESE, OTHER]), (CHINESE, OTHER), strict=True):
        assert len(one.sentences) == len(pair.sentences)
        assert 0 <= one.relevance <= 1 and sum(one.sentences) + one.nothing <= 1.000001
    assert model.calls == []
    reader.read([ENGLISH], keep=3)
    assert model.calls == [([ENGLISH], [], 3)] and reader.name == "numbered"
