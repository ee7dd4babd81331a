"""The engine without a model: it quotes the sentences that answer, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from assistant.engine import Piece, Task
from assistant.reading import Read
from corpus.sentences import sentences

# An answer keeps to about this many words; a first sentence that alone is longer still stands.
_WORDS = 120
# A further sentence must be this good against the first, and as much about what is asked. With
# 0.35, 0.5 and three sentences the wanted words stood in 0.63, 0.65 and 0.45 of the answers to
# three sets of questions, with these in 0.74, 0.70 and 0.50, at 76 to 91 words instead of 45 to 66.
_NEARLY = 0.2
_ABOUT = 0.3
_MOST = 5
# Shorter ones are labels; Chinese sentences are one word by this count and end in their own stop.
_LEAST = 4
# Two sentences that share this much of their stems say the same.
_SAME = 0.6
# "[12]", and "^1^6" as web pages turn raised numbers into text; "10^25" is a number.
_REFERENCE = re.compile(
    r"\s?\[\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]|(?<=[^\W\d])(?:\^\d{1,2})+(?=[.,;:]?(?:\s|$))"
)
_FIGURE = re.compile(r"[~<>$€£¥]?\d")
# "Topics: open weights, training cost, inference cost, API prices." names what a text is about.
_LISTING = re.compile(r"[A-Z][\w ]{2,20}: (?:[^,.;:]{1,40}, ){3,}[^,.;:]{1,40}\.$")

# "Fee: 30 crowns", as forms, fact boxes and notes of members write: a name of a few words and its
# value, without an end of a sentence. What numbers a picture or lists words is none.
_LABELLED = re.compile(
    r"(?!(?:figure|fig|table|chart|box|exhibit|source|sources|note|keywords|tags|topics|see)\b)"
    r"[^\W\d][^.:;!?|]{1,59}: [^|]{1,120}$",
    re.IGNORECASE,
)


class ExtractiveEngine:
    """Picks the sentences that answer the question, best first, and cites each."""

    name = "extractive"
    place = ""

    def write(self, task: Task) -> Generator[Piece, None, None]:
        """Yield each picked sentence with the label of the passage it stands in."""
        for sentence in picked(task.sentences):
            # A "[12]" of the document's own would read like one of our labels.
            said = _REFERENCE.sub("", sentence.text)
            # A cell may hold whole sentences, each of which is cited.
            parts = sentences(said) if sentence.row else [(0, len(said))]
            for start, end in parts:
                yield f"{said[start:end]} [{sentence.label}]\n"


def picked(read: Sequence[Read]) -> list[Read]:
    """Return the sentences of the answer: the best, then those that add to it.

    Up to five of them, about 120 words in all. The best comes first.
    """
    read = [one for one in read if _stands_alone(one)] or read
    if not read:
        return []
    best = read[0]
    chosen = [best]
    words = len(best.text.split())
    for sentence in read[1:]:
        if len(chosen) == _MOST or sentence.answers < _NEARLY * best.answers:
            break
        length = len(sentence.text.split())
        about = sentence.features["covered"] >= _ABOUT * best.features["covered"]
        if not about or words + length > _WORDS or any(_same(sentence, one) for one in chosen):
            continue
        chosen.append(sentence)
        words += length
    return _in_order(chosen)


def _stands_alone(one: Read) -> bool:
    """Say whether a sentence can be quoted: no caption, head of a table or entry of a source list.

    A row of a table counts when a cell with a value has a column's name, or begins with a figure.
    """
    text = one.text
    if one.row is not None:
        values = [cell for cell in one.row.cells if not cell.names]
        return any(cell.column or _FIGURE.match(cell.text) for cell in values)
    if _LISTING.match(text):
        return False
    if _LABELLED.match(text) and "://" not in text:
        return True
    if "://" in text or (len(text.split()) < _LEAST and not text.endswith(("。", "！"))):
        return False
    return text.startswith("- ") or text.endswith((".", "!", "”", '"', ")", ";", "。", "！"))


def _same(one: Read, other: Read) -> bool:
    shared = len(one.stems & other.stems)
    return shared >= _SAME * max(1, min(len(one.stems), len(other.stems)))


def _in_order(chosen: list[Read]) -> list[Read]:
    """Keep the best sentence first, with the thing asked for; the others as they stand.

    Their passages come in the order of their best sentence.
    """
    best, *others = chosen
    rank: dict[int, int] = {best.label: 0}
    for place, sentence in enumerate(others, start=1):
        rank.setdefault(sentence.label, place)
    return [best, *sorted(others, key=lambda one: (rank[one.label], one.start))]
