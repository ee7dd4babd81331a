"""Chinese questions over Chinese passages, scored by bigrams: the small reader knows English only.

The default reader splits Chinese into characters that it hardly knows. The character bigrams that
a question and a sentence share say more; the rarer a bigram is among the sentences, the more.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from assistant.planning.follow_ups_chinese import is_chinese
from index.keyword_index import stems
from index.pair_encoding import Pair
from index.query import content_words
from index.reader import ReaderModel, Reading


class ReaderByScript:
    """Reads with a model, or by bigrams if question and passage are both Chinese.

    It is for English models, such as the one that comes with the program.
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
        others = [one for one, by_words in zip(pairs, chinese, strict=True) if not by_words]
        scores = [one for one, by_words in zip(prior, chinese, strict=False) if not by_words]
        read = iter(self._model.read(others, prior=scores, keep=keep) if others else [])
        by_bigrams = iter(
            _read_by_bigrams([one for one, yes in zip(pairs, chinese, strict=True) if yes])
        )
        return [next(by_bigrams) if by_words else next(read) for by_words in chinese]


def _read_by_bigrams(pairs: Sequence[Pair]) -> list[Reading]:
    """Return the readings of Chinese passages of one question, their sentences read together."""
    sentences = [sentence for one in pairs for sentence in one.sentences]
    scores = iter(chinese_reading(pairs[0].question, sentences))
    readings = []
    for one in pairs:
        own_scores = [next(scores) for _ in one.sentences]
        best = max(own_scores, default=0.0)
        total = sum(own_scores) or 1.0
        readings.append(
            Reading(best, best, 1 - best, tuple(best * score / total for score in own_scores))
        )
    return readings


# What a question asks for (a date, a number, a reason), and what a sentence that gives it has.
_ANSWER_KINDS = (
    (
        re.compile(r"什么时候|何时|哪一?年|哪一?天|几月|几号|日期"),
        re.compile(r"\d\s*[年月日]|[季年月]底|[季年]度"),
    ),
    (
        re.compile(r"多少|多大|多高|多长|多久|多远|多快|多重|几[个家年块种次名位%]|比例|占比"),
        re.compile(r"\d|[一二三四五六七八九十百千万亿两半][^\w]?[个家年月周天小块种次名位成倍]"),
    ),
    (
        re.compile(r"为什么|为何|原因|引起|导致"),
        re.compile(r"因为|由于|原因|因此|所以|导致|为了|是因|因[^此为素而]"),
    ),
)
# Factors on the score of a sentence without the kind asked for, and of one that is a question.
_WITHOUT_KIND = 0.6
_IS_QUESTION = 0.3
# The weight of a single character, as a share of a bigram's: "价格" and "售价" share one.
_SINGLE_CHARACTER = 0.25
_CHARACTER = re.compile("[㐀-鿿]")
# At least one character in four of a Chinese text is Chinese: the others are figures and names.
_ONE_IN = 4
# A penalty for each character of a sentence: a long one shares more with any question.
_LENGTH_PENALTY = 0.008


def both_chinese(question: str, text: str) -> bool:
    """Say whether a question and a text are in Chinese, so that their characters compare."""
    return is_chinese(question) and mostly_chinese(text)


def mostly_chinese(text: str) -> bool:
    """Say whether a text is largely Chinese; a Chinese name does not make an English text so."""
    return _ONE_IN * len(_CHARACTER.findall(text)) > len(text)


def chinese_reading(question: str, sentences: Sequence[str]) -> list[float]:
    """Return for each sentence how well it answers a Chinese question, in 0…1.

    It is the share of the question's bigrams that the sentence has, weighted by how few of
    `sentences` have them, and lowered if the question asks for a figure, date or reason and the
    sentence has none. It ranks sentences and is no probability; if nothing is shared it is 0.
    """
    wanted = [one for word in content_words(question) for one in stems(word)]
    bigrams = set(wanted)
    characters = {character for bigram in bigrams if is_chinese(bigram) for character in bigram}
    stems_of_each = [set(stems(one)) for one in sentences]
    bigrams_found = [stems_here & bigrams for stems_here in stems_of_each]
    characters_found = [characters & set(one) for one in sentences]
    frequency = Counter(chain.from_iterable([*bigrams_found, *characters_found]))
    weights = {
        term: math.log(1 + len(sentences) / (1 + frequency[term]))
        * (1 if term in bigrams else _SINGLE_CHARACTER)
        for term in bigrams | characters
    }
    total = sum(weights.values()) or 1.0
    kinds = [has for asks, has in _ANSWER_KINDS if asks.search(question)]
    scores = []
    for sentence, bigrams_here, characters_here in zip(
        sentences, bigrams_found, characters_found, strict=True
    ):
        covered = sum(weights[term] for term in bigrams_here | characters_here) / total
        length = 1 + _LENGTH_PENALTY * len(sentence)
        scores.append(min(1.0, covered * _kind_factor(sentence, kinds) / length))
    return scores


def _kind_factor(sentence: str, kinds: Sequence[re.Pattern[str]]) -> float:
    if sentence.rstrip("”」』").endswith(("？", "?")):
        return _IS_QUESTION
    return _WITHOUT_KIND if kinds and not any(one.search(sentence) for one in kinds) else 1.0
