"""The reader: a small model that reads a question and a passage together and judges the passage.

It says how relevant a passage is, whether it answers, and which sentence does.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import ReaderError
from corpus.i18n import tr
from corpus.registry import Registry, made
from index.embedder_weights import DEFAULT_MODEL, is_verified, weights_folder
from index.keyword_index import stems
from index.onnx_embedder import open_session
from index.pair_cache import PairCache
from index.pair_encoding import Pair, PairTokenizer
from index.query import content_words

# The name of the reader without a model: for tests, and for the embedder without a model.
WORDS = "words"
COMMITTED = Path(__file__).parent / "reader_weights"
# The constant of reciprocal rank fusion: the larger, the less the first ranks stand out (Cormack
# and others, 2009, took 60 for lists of a thousand; these have 32).
_FUSION_CONSTANT = 10
# Readings in the cache: a conversation and a memo read the same pairs again.
_CACHED_READINGS = 2048
# More threads would gain little and slow down other programs.
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one passage.

    `relevance` says whether the passage is on the subject of the question (0 to 1), `answers` is
    the chance that it answers. `sentences` has a chance for each sentence of the pair that it is
    the one that answers; with `nothing`, the chance that none does, they add up to 1. Where the
    pair was not read to the end `sentences` is empty, `nothing` is 1, `answers` 0 and `relevance` a
    first guess.
    """

    relevance: float
    answers: float
    nothing: float
    sentences: tuple[float, ...]


class ReaderModel(Protocol):
    """Judges passages by reading each together with the question."""

    @property
    def name(self) -> str:
        """The model's name as it is shown."""

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        """Return a reading of each pair, in the order given.

        With `keep`, only so many are read to the end: those that are best by the early relevance
        and by `prior`, the scores of the search (higher is better, on any scale).
        """


@dataclass(frozen=True, slots=True)
class ReaderModelKind:
    """A reader that goes by the name under which it is registered, and is no folder of a model.

    `make` returns it, given a folder in which it may keep things; it raises ReaderError.
    """

    make: Callable[[Path], ReaderModel]


BY_WORDS = ReaderModelKind(lambda _: KeywordReader())
READER_MODELS = Registry(
    "briefing.reader_models", ReaderModelKind, ((WORDS, "index.reader:BY_WORDS"),)
)


def reader_named(name: str, *, cache: Path) -> ReaderModel:
    """Return the reader that comes with the program for "", else the registered one of that name.

    Any other name is a folder that `training.export` made. `cache` is a folder of ours, for notes
    of verified weights. Raises ReaderError, and EmbedderError where the package that the tokenizer
    comes with is missing.
    """
    if name and (kind := READER_MODELS.get(name)):
        return made(name, kind.make, cache, ReaderError)
    return OnnxReader(Path(name) if name else COMMITTED, cache=cache)


class OnnxReader:
    """The trained reader in int8: two graphs, so that irrelevant pairs stop after the lower one.

    Each pair is computed by itself, in parallel on several threads: nothing is padded, and a
    reading does not depend on the other pairs.
    """

    name = "reader"

    def __init__(
        self,
        folder: Path,
        *,
        cache: Path,
        pool: ThreadPoolExecutor | None = None,
        cached: int = _CACHED_READINGS,
    ) -> None:
        """Load a folder that `training.export` made; raises ReaderError.

        `pool` computes, one of its own unless given; `cached` readings are remembered.
        """
        try:
            self.about: dict[str, Any] = json.loads((folder / "reader.json").read_text())
            for file, sha256 in self.about["sha256"].items():
                if not is_verified(folder / file, sha256, cache=cache):
                    raise ReaderError(
                        tr(
                            "the reader's weights were altered ({file}); install the program again",
                            file=folder / file,
                        )
                    )
            self._lower, self._upper = (
                open_session(folder / "lower.onnx"),
                open_session(folder / "upper.onnx"),
            )
        except (OSError, ValueError, KeyError) as error:
            raise ReaderError(
                tr(
                    "the reader's weights are missing or damaged ({folder}); "
                    "install the program again",
                    folder=folder,
                )
            ) from error
        self._tokens = PairTokenizer(weights_folder(DEFAULT_MODEL, cache=cache) / "tokenizer.json")
        self._given_pool = pool
        self._readings: PairCache[Reading] = PairCache(cached)
        self._guesses: PairCache[float] = PairCache(cached)

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        """Return a reading of each pair, in the order given; see ReaderModel."""
        (readings,) = self.read_together([ToRead(tuple(pairs), tuple(prior), keep)])
        return readings

    def read_together(self, given: Sequence[ToRead]) -> list[list[Reading]]:
        """Return the readings of several questions, computed together: each pair once."""
        begun: dict[Pair, _HalfRead] = {}
        bounded = [one for one in given if one.is_bounded]
        guesses = self._early_relevance(_distinct(bounded), begun)
        chosen = [one.chosen(guesses) for one in given]
        unique = dict.fromkeys(pair for one in chosen for pair in one)
        readings = self._readings.known(unique)
        new = _longest_first(pair for pair in unique if pair not in readings)
        computed = dict(
            zip(new, self._pool.map(lambda pair: self._upper_layers(pair, begun), new), strict=True)
        )
        self._readings.keep(computed)
        readings |= computed
        return [
            [
                # What another question had read to the end is not, for one that left it out.
                readings[pair] if pair in kept else Reading(logistic(guesses[pair]), 0.0, 1.0, ())
                for pair in one.pairs
            ]
            for one, kept in zip(given, map(frozenset, chosen), strict=True)
        ]

    def _early_relevance(
        self, pairs: Sequence[Pair], begun: dict[Pair, _HalfRead]
    ) -> dict[Pair, float]:
        """Return the early relevance of each pair; the states go into `begun`."""
        known = self._guesses.known(pairs)
        new = _longest_first(pair for pair in pairs if pair not in known)
        inputs = self._tokens.encode_apart(new) if new else []
        begun |= dict(zip(new, self._pool.map(self._lower_layers, inputs), strict=True))
        guessed = {pair: begun[pair].early for pair in new}
        self._guesses.keep(guessed)
        return known | guessed

    def _lower_layers(self, inputs: Mapping[str, Any]) -> _HalfRead:
        """Compute the lower layers of an encoded pair."""
        named = {"ids": inputs["input_ids"], "kinds": inputs["token_type_ids"]}
        states, early = self._lower.run(["states", "early"], named)
        return _HalfRead(states, inputs["sentences"], float(early[0]))

    def _upper_layers(self, pair: Pair, begun: Mapping[Pair, _HalfRead]) -> Reading:
        """Compute the upper layers, and the lower ones if they are not in `begun`."""
        half = begun.get(pair) or self._lower_layers(self._tokens.encode([pair]))
        inputs = {"states": half.states, "sentences": half.sentences}
        ((relevance, answers, nothing),), (scores,) = self._upper.run(["whole", "scores"], inputs)
        scores = scores[: len(pair.sentences)].astype(np.float64)
        # Truncated sentences have no token.
        scores[~half.sentences[0, : len(scores)].any(axis=1)] = -np.inf
        scores = np.append(scores, nothing)
        powers = np.exp(scores - scores.max())
        *sentences, rest = (powers / powers.sum()).tolist()
        return Reading(
            logistic(float(relevance)),
            logistic(float(answers)),
            rest,
            tuple(sentences),
        )

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return self._given_pool or ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1), "reader")


@dataclass(frozen=True, slots=True)
class ToRead:
    """The pairs of a question; `prior` and `keep` are as in ReaderModel."""

    pairs: tuple[Pair, ...]
    prior: tuple[float, ...] = ()
    keep: int | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether some of the pairs are not to be read to the end."""
        return self.keep is not None and self.keep < len(set(self.pairs))

    def chosen(self, guesses: Mapping[Pair, float]) -> list[Pair]:
        """Return the pairs that are read to the end, by the early relevance of each."""
        if self.keep is None or not self.is_bounded:
            return list(dict.fromkeys(self.pairs))
        own = {pair: guesses[pair] for pair in self.pairs}
        scores = dict(zip(self.pairs, self.prior, strict=True)) if self.prior else {}
        return _most_promising(own, scores, self.keep)


@dataclass(frozen=True, slots=True)
class _HalfRead:
    """A pair after the lower layers: token states [1, tokens, width], and the early relevance."""

    states: Any
    sentences: Any
    early: float


def _most_promising(
    guesses: Mapping[Pair, float], prior: Mapping[Pair, float], keep: int
) -> list[Pair]:
    """Return the best pairs by rank fusion of early relevance and the scores of the search."""
    total = dict.fromkeys(guesses, 0.0)
    for scores in (guesses, prior):
        for rank, pair in enumerate(sorted(scores, key=lambda one: -scores[one])):
            total[pair] += 1 / (_FUSION_CONSTANT + rank)
    return sorted(total, key=lambda one: -total[one])[:keep]


def _distinct(given: Iterable[ToRead]) -> list[Pair]:
    return list(dict.fromkeys(pair for one in given for pair in one.pairs))


def _longest_first(pairs: Iterable[Pair]) -> list[Pair]:
    """Return pairs in an order in which no core is left alone with a long one at the end."""
    return sorted(pairs, key=lambda one: -sum(map(len, one.sentences)))


def logistic(score: float) -> float:
    """Return the logistic function, without overflow."""
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0


class KeywordReader:
    """Counts the words of a question in a passage: a reader for tests, which needs no model."""

    name = WORDS

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        """Return a reading of each pair, in the order given, all read to the end.

        The relevance is the share of the question's words in the passage and its context; a
        sentence is likelier to answer the more of them it has; `nothing` is what the best lacks.
        """
        return [_reading_by_words(pair) for pair in pairs]


def _reading_by_words(pair: Pair) -> Reading:
    question_stems = set(stems(" ".join(content_words(pair.question))))
    matched = [set(stems(sentence)) & question_stems for sentence in pair.sentences]
    matched_context = set(stems(pair.context)) & question_stems
    most = max(1, len(question_stems))
    relevance = len(matched_context.union(*matched)) / most
    best = max((len(one) for one in matched), default=0) / most
    # Squared, so that the best sentence stands out.
    weights = [len(one) ** 2 for one in matched]
    total = max(1, sum(weights))
    answers = max((len(one | matched_context) for one in matched if one), default=0) / most
    return Reading(
        relevance,
        answers,
        1 - best * bool(sum(weights)),
        tuple(best * one / total for one in weights),
    )
