"""A reader that gives Chinese questions over Chinese passages to a reading by words."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.chinese_relevance import both_chinese, chinese_reading
from index.pair_encoding import Pair
from index.reader import ReaderModel, Reading


class ReaderByScript:
    """Reads with a model, and by words where question and passage are both Chinese.

    For models of English, as the one that comes with the program is.
    """

    def __init__(self, model: ReaderModel) -> None:
        self._model = model
        self.name = model.name

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        """Return a reading of each pair, in the order given; see `index.reader.ReaderModel`."""
        chinese = [both_chinese(one.question, "".join(one.sentences)) for one in pairs]
        if not any(chinese):
            return self._model.read(pairs, prior=prior, keep=keep)
        rest = [one for one, by_words in zip(pairs, chinese, strict=True) if not by_words]
        scores = [one for one, by_words in zip(prior, chinese, strict=False) if not by_words]
        read = iter(self._model.read(rest, prior=scores, keep=keep) if rest else [])
        counted = iter(_counted([one for one, yes in zip(pairs, chinese, strict=True) if yes]))
        return [next(counted) if by_words else next(read) for by_words in chinese]


def _counted(pairs: Sequence[Pair]) -> list[Reading]:
    """Return the readings of Chinese passages of one question, their sentences read together."""
    every = [sentence for one in pairs for sentence in one.sentences]
    scores = iter(chinese_reading(pairs[0].question, every))
    read = []
    for one in pairs:
        own = [next(scores) for _ in one.sentences]
        best = max(own, default=0.0)
        total = sum(own) or 1.0
        read.append(Reading(best, best, 1 - best, tuple(best * score / total for score in own)))
    return read
