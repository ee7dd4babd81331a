"""Lexical and embedding overlap of a claim with a text, and the sentences that bear it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from corpus.sentences import sentences
from index.cosine_scale import DEFAULT_SCALE, CosineScale
from index.embedding import Embedder, Vectors
from index.keyword_index import analyser
from index.query import STOP_WORDS, rarity

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# Words about the text itself, or that only connect sentences.
_SPEAKS_OF_TEXT = frozenset(
    "passage passages article articles source sources text document documents report reports "
    "reported provided given information summary summarize mention mentioned mentions state "
    "states stated according based context answer question following additionally however overall "
    "furthermore moreover therefore thus also including include includes included note noted "
    "notes well various several different specific".split()
)
# Each further sentence that bears a claim must add this share of its words.
_ADDS = 0.12
# With fewer words than this beside its facts, a claim is matched by the facts too.
_FEW = 3
_HINT = 0.3
_JOINED = 14
_MOST = 4


@dataclass(frozen=True, slots=True)
class LexicalSupport:
    """Where a text bears a sentence.

    `spans` are the sentences of the text that bear it, best first; `near` is the span of these
    with a sentence on either side of each; `words` is the share of the sentence's weight of
    content words that they hold, `anywhere` the share that the whole text holds; `missing` are the
    content words that the text holds nowhere.
    """

    spans: tuple[tuple[int, int], ...]
    near: tuple[tuple[int, int], ...]
    words: float
    anywhere: float
    missing: tuple[str, ...]


class Matcher:
    """Compares sentences with texts; caches the last texts."""

    def __init__(self, embedder: Embedder, scale: CosineScale = DEFAULT_SCALE) -> None:
        self._embedder = embedder
        self._scale = scale
        self._read = lru_cache(maxsize=64)(self._read_text)
        self._vectors = lru_cache(maxsize=64)(self._embedded)

    @cached_property
    def _analyser(self) -> Any:
        return analyser()

    def stem(self, word: str) -> str:
        """Return the stem of a word."""
        found = self._analyser.analyze(word)
        return found[0] if found else word.lower()

    def content(self, text: str) -> dict[str, str]:
        """Return the content stems of a text, each with its first word, in order."""
        found: dict[str, str] = {}
        for match in _WORD.finditer(text):
            word = match[0]
            if word.lower() in STOP_WORDS or word.lower() in _SPEAKS_OF_TEXT:
                continue
            for stem in self._analyser.analyze(word):
                found.setdefault(stem, word)
        return found

    def support(
        self, claim: str, text: str, context: str = "", facts: Sequence[tuple[int, int]] = ()
    ) -> LexicalSupport:
        """Return where `text` bears `claim`; words of `context` (a title) count as its own.

        The spans in `facts` (names, numbers) only break ties: they are checked separately, in the
        sentences that the other words select.
        """
        plain = claim
        for start, end in facts:
            plain = plain[:start] + " " * (end - start) + plain[end:]
        words = self.content(plain)
        if len(words) < _FEW:
            words = self.content(claim)
        weights = {stem: rarity(word) for stem, word in words.items()}
        hints = frozenset(self.content(claim)) - weights.keys()
        total = sum(weights.values()) or 1.0
        spans, stems = self._read(text)
        if not spans:
            return LexicalSupport((), (), 0.0, 0.0, tuple(words.values()))
        given = frozenset(self.content(context)) if context else frozenset()
        everywhere = given.union(*stems)
        chosen, held = _bearing_sentences(weights, hints, stems, given)
        missing = tuple(word for stem, word in words.items() if stem not in everywhere)
        near = sorted(
            {one for at in chosen for one in (at - 1, at, at + 1)} & set(range(len(spans)))
        )
        return LexicalSupport(
            tuple(spans[place] for place in chosen),
            tuple(spans[place] for place in near),
            sum(weights[stem] for stem in held) / total if words else 1.0,
            sum(w for stem, w in weights.items() if stem in everywhere) / total if words else 1.0,
            missing,
        )

    def similarity(self, claim: str, text: str) -> float:
        """Return the highest cosine of `claim` with a run of one to three sentences of `text`."""
        vectors = self._vectors(text)
        if not len(vectors):
            return 0.0
        return float(self._scale(vectors @ self._embedder.embed([claim])[0]).max())

    def _read_text(self, text: str) -> tuple[list[tuple[int, int]], list[frozenset[str]]]:
        spans = sentences(text)
        return spans, [self._held(text[start:end]) for start, end in spans]

    def _held(self, sentence: str) -> frozenset[str]:
        """Return the content stems of a sentence, and of joined pairs: "take out", "takeout"."""
        words = _WORD.findall(sentence.lower())
        joined = {self.stem(a + b) for a, b in pairwise(words) if len(a) + len(b) < _JOINED}
        return frozenset(self.content(sentence)) | joined

    def _embedded(self, text: str) -> Vectors:
        """Return the vectors of the sentences of `text` and of runs of two and three of them."""
        spans, _ = self._read(text)
        if not spans:
            return np.zeros((0, self._embedder.dimension), dtype=np.float32)
        runs = [text[start:end] for start, end in spans]
        runs += [text[spans[at][0] : spans[at + 1][1]] for at in range(len(spans) - 1)]
        runs += [text[spans[at][0] : spans[at + 2][1]] for at in range(0, len(spans) - 2, 2)]
        return self._embedder.embed(runs)


def _bearing_sentences(
    weights: dict[str, float],
    hints: frozenset[str],
    stems: Sequence[frozenset[str]],
    given: frozenset[str],
) -> tuple[list[int], set[str]]:
    """Return the sentences that bear a claim, best first, and which of its stems they hold.

    Greedy: each next sentence is the one that adds most, until one adds too little.
    """
    total = sum(weights.values()) or 1.0
    held: set[str] = set()
    chosen: list[int] = []
    while len(chosen) < _MOST:
        gains = [sum(weights[one] for one in stem & weights.keys() - held) for stem in stems]
        ties = [_HINT * len(hints & stem) for stem in stems]
        best = int(np.argmax(np.add(gains, ties)))
        if chosen and gains[best] < _ADDS * total:
            break
        chosen.append(best)
        held |= stems[best] & weights.keys()
    # Another sentence about the same names may contradict the claim.
    named = max(range(len(stems)), key=lambda place: len(hints & stems[place]))
    if hints & stems[named] and named not in chosen:
        chosen.append(named)
    return chosen, held | (given & weights.keys())
