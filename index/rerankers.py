"""Rerankers by name: a registered one, or any CrossEncoder on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from corpus.errors import ReaderError
from corpus.i18n import tr
from corpus.registry import Registry, made
from index.pair_encoding import Pair
from index.reader import ReaderModel, Reading
from index.sentence_embedder import needs_torch

# Alike lengths together; see index.sentence_embedder.
_BATCH = 8
# The least vocabulary of a multilingual model: XLM-R has 250,000, multilingual BERTs
# 106,000 to 120,000, English models 30,000 to 50,000.
_MANY_LANGUAGES = 80_000
# Passages in a foreign language whose sentences are scored one by one: as many as an answer
# considers by default.
_MOST_READ_BY_SENTENCE = 8


class Reranker(Protocol):
    """Says how relevant passages are to a question."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def reads_many(self) -> bool:
        """Whether it reads many languages."""

    def relevance(self, pairs: Sequence[Pair]) -> list[float]:
        """Return a relevance from 0 to 1 of each pair, in the order given."""


@dataclass(frozen=True, slots=True)
class RerankerKind:
    """A reranker that goes by the name under which it is registered, and is no CrossEncoder.

    `make` returns it, given a folder in which it may keep things; it raises ReaderError.
    """

    make: Callable[[Path], Reranker]


RERANKERS = Registry("briefing.rerankers", RerankerKind)


def reranker_named(name: str, *, cache: Path) -> Reranker:
    """Return the registered reranker of that name, or else the CrossEncoder.

    That is a folder, or what the hub's local cache holds: nothing is downloaded and no code of the
    model's own is run. Loads torch: seconds. `cache` is a folder of ours. Raises ReaderError.
    """
    if kind := RERANKERS.get(name):
        return made(name, kind.make, cache, ReaderError)
    return CrossReranker(name)


class CrossReranker:
    """A CrossEncoder that was trained for relevance: one number for a question and a passage."""

    def __init__(self, name: str) -> None:
        """Load the model; raises ReaderError where it is not there or gives several numbers."""
        try:
            from sentence_transformers import CrossEncoder
            from transformers.utils import logging
        except ImportError as error:
            raise ReaderError(needs_torch(name)) from error

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        missing = ReaderError(
            tr(
                "no reranker {name} on this machine: give the folder of a CrossEncoder, or one "
                "that the hub's local cache holds",
                name=repr(name),
            )
        )
        folder = Path(name).expanduser()
        try:
            self._model: Any = CrossEncoder(
                str(folder) if folder.is_dir() else name,
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
            )
        except (OSError, ValueError) as error:
            raise missing from error
        if self._model.num_labels != 1:
            raise ReaderError(
                tr(
                    "the model {name} gives {count} numbers for a passage: give a CrossEncoder "
                    "that gives one, its relevance",
                    name=repr(name),
                    count=self._model.num_labels,
                )
            )
        self.name = name
        self.reads_many = self._model.model.config.vocab_size >= _MANY_LANGUAGES
        # Tokenizers are configured anew at each call, which is not safe in two threads at once.
        self._encoding = threading.Lock()

    def relevance(self, pairs: Sequence[Pair]) -> list[float]:
        """Return a relevance from 0 to 1 of each pair, in the order given.

        The logistic function is applied to the model's raw score, since some models are saved with
        an activation and some without.
        """
        import torch

        if not pairs:
            return []
        texts = [(one.question, " ".join([one.context, *one.sentences])) for one in pairs]
        with self._encoding:
            scores = self._model.predict(
                texts,
                batch_size=_BATCH,
                activation_fn=torch.nn.Sigmoid(),
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return [float(score) for score in scores]


class Reranked:
    """A reader whose relevance comes from a reranker; its sentences stay the reader's.

    Pairs in a language that the reader does not know (`is_foreign`) are scored by the reranker
    alone, their sentences one by one, if it reads many languages; otherwise by the reader alone.
    """

    def __init__(
        self, reader: ReaderModel, reranker: Reranker, is_foreign: Callable[[Pair], bool]
    ) -> None:
        self._reader = reader
        self._reranker = reranker
        self._is_foreign = is_foreign
        self.name = f"{reader.name}, ranked by {reranker.name}"

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        """Return a reading of each pair with the reranker's relevance; see ReaderModel."""
        relevance = self._reranker.relevance(pairs)
        read = self._reader.read(pairs, prior=relevance, keep=keep)
        ranked = [replace(one, relevance=score) for one, score in zip(read, relevance, strict=True)]
        foreign = [place for place, one in enumerate(pairs) if self._is_foreign(one)]
        if not self._reranker.reads_many:
            for place in foreign:
                ranked[place] = read[place]
            return ranked
        foreign.sort(key=lambda place: -relevance[place])
        for place in foreign[:_MOST_READ_BY_SENTENCE]:
            ranked[place] = self._by_sentences(pairs[place], relevance[place])
        for place in foreign[_MOST_READ_BY_SENTENCE:]:
            none = (0.0,) * len(pairs[place].sentences)
            ranked[place] = Reading(relevance[place], 0.0, 1.0, none)
        return ranked

    def _by_sentences(self, pair: Pair, relevance: float) -> Reading:
        """Return a reading by the reranker's relevance of a passage and of each sentence alone."""
        alone = [replace(pair, sentences=(one,)) for one in pair.sentences]
        scores = self._reranker.relevance(alone)
        total = sum(scores) or 1.0
        sentences = tuple(relevance * score / total for score in scores)
        return Reading(relevance, relevance, 1 - relevance, sentences)
