"""Entailment: a small trained model reads a premise and a claim together, and judges the claim."""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from corpus.errors import JudgeError
from corpus.i18n import tr
from index.embedder_weights import DEFAULT_MODEL, is_verified, weights_folder
from index.onnx_embedder import open_session
from index.pair_cache import PairCache
from index.pair_encoding import Pair, PairTokenizer
from index.reader import logistic

_LOG = logging.getLogger(__name__)
# The weights that come with the program, and the name of no judge at all.
COMMITTED = Path(__file__).parent / "judge_weights"
NO_JUDGE = "none"
# Tokens of a sentence that are read.
MOST_OF_CLAIM = 96
# Size of the cache: an answer's sentences are checked again with each other passage.
_KEPT = 4096
# More threads would gain little and slow other programs down.
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Entailment:
    """Probabilities, which add up to 1, that a premise entails, contradicts or lacks a claim."""

    supported: float
    contradicted: float
    not_stated: float


class Judge(Protocol):
    """Decides whether premises entail a claim."""

    @property
    def name(self) -> str:
        """The name under which the model is shown."""

    def judge(self, claim: str, evidence: Sequence[tuple[str, str]]) -> list[Entailment]:
        """Return the entailment of `claim` by each premise, (context, text), in their order.

        The context is title, headings and date: it may supply a name, never the statement.
        """


def judge_named(name: str, *, cache: Path) -> Judge | None:
    """Return the judge that comes with the program for "", None for "none".

    Any other name is a folder that `training.export_judge` made. `cache` is a folder of ours, for
    notes of verified weights. Raises JudgeError, and EmbedderError where the package that the
    tokenizer comes with is missing.
    """
    if name == NO_JUDGE:
        return None
    return OnnxJudge(Path(name) if name else COMMITTED, cache=cache)


def judge_if_any(name: str, *, cache: Path) -> Judge | None:
    """Return what `judge_named` does; None, logged as an error, where it cannot be loaded.

    Sentences are then checked for figures, dates, names and quotations only, which each one says.
    """
    try:
        return judge_named(name, cache=cache)
    except JudgeError as error:
        _LOG.error("sentences are checked without the judge", exc_info=error)
        return None


class OnnxJudge:
    """The trained judge, in int8. Thread-safe; each pair is computed by itself, nothing padded."""

    name = "judge"

    def __init__(
        self,
        folder: Path,
        *,
        cache: Path,
        pool: ThreadPoolExecutor | None = None,
        cached: int = _KEPT,
    ) -> None:
        """Load a folder that `training.export_judge` made; raises JudgeError.

        `pool` computes, one of its own unless given; `cached` verdicts are remembered.
        """
        try:
            about: dict[str, Any] = json.loads((folder / "judge.json").read_text())
            for file, sha256 in about["sha256"].items():
                if not is_verified(folder / file, sha256, cache=cache):
                    raise JudgeError(
                        tr(
                            "the judge's weights were altered ({file}); install the program again",
                            file=folder / file,
                        )
                    )
            self._model = open_session(folder / "judge.onnx")
            told = about["supported"]
            self._slope, self._intercept = float(told["slope"]), float(told["intercept"])
        except (OSError, ValueError, KeyError) as error:
            raise JudgeError(
                tr(
                    "the judge's weights are missing or damaged ({folder}); "
                    "install the program again",
                    folder=folder,
                )
            ) from error
        tokenizer = weights_folder(DEFAULT_MODEL, cache=cache) / "tokenizer.json"
        self._tokens = PairTokenizer(tokenizer, most_of_question=MOST_OF_CLAIM)
        self._given_pool = pool
        self._known: PairCache[Entailment] = PairCache(cached)

    def judge(self, claim: str, evidence: Sequence[tuple[str, str]]) -> list[Entailment]:
        """Return the entailment of `claim` by each premise; see Judge."""
        return self.judge_pairs([Pair(claim, context, (text,)) for context, text in evidence])

    def judge_pairs(self, pairs: Sequence[Pair]) -> list[Entailment]:
        """Return the entailment of each pair of a claim and a premise, in the order given."""
        # Looked up once: another thread may evict entries in the meantime.
        known = self._known.known(dict.fromkeys(pairs))
        new = [one for one in dict.fromkeys(pairs) if one not in known]
        found = dict(zip(new, self._pool.map(self._infer, new), strict=True))
        self._known.keep(found)
        return [found[one] if one in found else known[one] for one in pairs]

    def _infer(self, pair: Pair) -> Entailment:
        inputs = self._tokens.encode([pair])
        named = {"ids": inputs["input_ids"], "kinds": inputs["token_type_ids"]}
        (scores,) = self._model.run(["verdict"], named)[0].astype(np.float64)
        rest = np.logaddexp(scores[1], scores[2])
        supported = logistic(self._slope * float(scores[0] - rest) + self._intercept)
        contradicted = (1 - supported) * math.exp(scores[1] - rest)
        return Entailment(supported, contradicted, 1 - supported - contradicted)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return self._given_pool or ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1), "judge")
