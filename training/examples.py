"""What the reader learns from: a question over a passage in sentences, and what is right."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.pair_encoding import Pair, PairTokenizer

# A quarter of the questions is asked as people type into a search box, some with a slip.
_BARE = 0.25
_SLIP = 0.06
# Shapes of batches: kernels are made once for each.
MULTIPLE = 32


@dataclass(frozen=True, slots=True)
class Example:
    """One question over one passage.

    `sentences` are those of the passage in order, `context` what stands ahead of it (title,
    headings, head of a table). `gold` are the places of the sentences that answer, each of which
    does alone; empty where the passage does not answer. `relevant` and `answers` are None where the
    source does not say, and then teach nothing; `located` is False where the passage answers and
    it is not known which sentence. `group` joins the passages of one question.
    """

    question: str
    sentences: tuple[str, ...]
    gold: tuple[int, ...] = ()
    context: str = ""
    relevant: bool | None = None
    answers: bool | None = None
    located: bool = True
    group: str = ""
    source: str = ""


def retyped(question: str, chance: random.Random) -> str:
    """Return a question as another person may type it: bare, in lower case, with a slip."""
    if chance.random() < _BARE:
        question = question.rstrip("?!. ")
        if chance.random() < 0.7:
            question = question.lower()
    if chance.random() < _SLIP:
        words = question.split()
        place = chance.randrange(len(words))
        word = words[place]
        if len(word) > 4 and word.isalpha():
            at = chance.randrange(1, len(word) - 2)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            question = " ".join(words)
    return question


def window(
    sentences: Sequence[str], gold: Sequence[int], words: int, chance: random.Random
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return a run of sentences of about `words` words, with the gold ones, at a random place."""
    lengths = [len(one.split()) for one in sentences]
    first, last = (min(gold), max(gold)) if gold else (chance.randrange(len(sentences)),) * 2
    total = sum(lengths[first : last + 1])
    while total < words and (first > 0 or last < len(sentences) - 1):
        before = first > 0 and (last == len(sentences) - 1 or chance.random() < 0.5)
        if before:
            first -= 1
            total += lengths[first]
        else:
            last += 1
            total += lengths[last]
    return tuple(sentences[first : last + 1]), tuple(place - first for place in gold)


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded examples, as arrays of one length: the network's inputs and the targets.

    `sentence` is 1 / n at the n tokens of each sentence, float32 [batch, sentences, tokens];
    `gold` bool [batch, sentences + 1], the last place for "nothing here". `relevant`, `answers`
    and `located` are 0, 1, or -1 for unknown. `groups` numbers the questions.
    """

    ids: np.ndarray[Any, Any]
    mask: np.ndarray[Any, Any]
    kinds: np.ndarray[Any, Any]
    sentence: np.ndarray[Any, Any]
    gold: np.ndarray[Any, Any]
    relevant: np.ndarray[Any, Any]
    answers: np.ndarray[Any, Any]
    located: np.ndarray[Any, Any]
    groups: np.ndarray[Any, Any]


def batched(examples: Sequence[Example], tokens: PairTokenizer) -> Batch:
    """Return the batch of some examples; sentences that were cut off are no longer gold."""
    pairs = [Pair(one.question, one.context, one.sentences) for one in examples]
    inputs = tokens.encode(pairs, multiple=MULTIPLE)
    known = inputs["sentences"].any(axis=2)
    places = inputs["sentences"].shape[1]
    gold = np.zeros((len(examples), places + 1), dtype=bool)
    answers = np.full(len(examples), -1)
    relevant = np.full(len(examples), -1)
    located = np.zeros(len(examples))
    for row, one in enumerate(examples):
        kept = [place for place in one.gold if place < places and known[row, place]]
        if one.relevant is not None:
            relevant[row] = one.relevant
        if one.answers is not None and (kept or not one.gold):
            answers[row] = one.answers
        if kept:
            gold[row, kept] = True
        else:
            gold[row, places] = True
        located[row] = float(one.located and answers[row] >= 0)
    names = {one.group or str(place): place for place, one in enumerate(examples)}
    groups = np.array([names[one.group or str(place)] for place, one in enumerate(examples)])
    return Batch(
        inputs["input_ids"],
        inputs["attention_mask"],
        inputs["token_type_ids"],
        inputs["sentences"],
        gold,
        relevant,
        answers,
        located,
        groups,
    )


def shuffled_batches(
    examples: Sequence[Example], size: int, chance: random.Random
) -> Iterator[list[Example]]:
    """Yield batches of about `size` examples of like lengths, whole groups together, shuffled."""
    groups: dict[str, list[Example]] = {}
    for place, one in enumerate(examples):
        groups.setdefault(one.group or f"#{place}", []).append(one)
    units = list(groups.values())
    chance.shuffle(units)
    # Sorted by length within a large pool: little padding, and another mixture each time.
    pool = 40 * size
    flat: list[list[Example]] = []
    taken: list[list[Example]] = []
    for unit in [*units, []]:
        if unit:
            taken.append(unit)
        if not unit or sum(map(len, taken)) >= pool:
            taken.sort(key=lambda unit: max(_length(one) for one in unit))
            batch: list[Example] = []
            for whole in taken:
                batch += whole
                if len(batch) >= size:
                    flat.append(batch)
                    batch = []
            if batch:
                flat.append(batch)
            taken = []
    chance.shuffle(flat)
    yield from flat


def _length(one: Example) -> int:
    return len(one.question) + len(one.context) + sum(map(len, one.sentences))


_SPACE = re.compile(r"\s+")


def folded(text: str) -> str:
    """Return a text with its white space and case folded, for comparing."""
    return _SPACE.sub(" ", text).strip().casefold()


def without_bars(text: str) -> str:
    """Return a text folded, without the bars between the cells of a row."""
    return folded(text.replace("|", " "))


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file, packed by gzip or not."""
    data = path.read_bytes()
    for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines():
        if line.strip():
            yield json.loads(line)
