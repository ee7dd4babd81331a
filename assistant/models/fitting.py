"""Making the evidence fit a model's context: by rank, whole sentences, never cut inside one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.followup import Exchange
from corpus.sentences import sentences
from index.evidence import Evidence

# English runs at about four characters a token, figures, names and Chinese at fewer; a prompt that
# is estimated too long costs a passage, one estimated too short costs the answer.
_CHARACTERS = 3.2
_WIDE = re.compile(r"[^\x00-\u024f\u2010-\u203a]")
# Each message of a chat template costs a few tokens of its own.
MESSAGE_TOKENS = 16

Count = Callable[[str], int]


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has, erring to too many."""
    wide = len(_WIDE.findall(text))
    return int((len(text) - wide) / _CHARACTERS + wide * 1.3) + 1


def answer_tokens(context: int) -> int:
    """Return how many tokens of a context are kept for the answer."""
    return max(256, min(1024, context // 5))


def fitted(evidence: Sequence[Evidence], count: Count, room: int) -> list[tuple[int, str]]:
    """Return (label, text) of the evidence that fits into `room` tokens, in order of rank.

    Passages are left out from the last rank on. When not even the first fits, its leading whole
    sentences do; the list is empty when not one sentence fits.
    """
    kept: list[tuple[int, str]] = []
    for one in evidence:
        text = one.passage.text
        cost = count(_shown(one, text))
        if cost > room:
            if not kept and (text := _leading(one, count, room)):
                kept.append((one.label, text))
            break
        kept.append((one.label, text))
        room -= cost
    return kept


def _leading(one: Evidence, count: Count, room: int) -> str:
    best = ""
    for _, end in one.passage.parts():
        if count(_shown(one, one.passage.text[:end])) > room:
            break
        best = one.passage.text[:end]
    return best


def _shown(one: Evidence, text: str) -> str:
    """Return a passage about as long as the prompt shows it: with its source and its marks."""
    source = one.source
    marks = "mark5 " * (len(sentences(text)) + 2)
    about = f"{source.title}, {source.publisher}, {source.published}\n{one.passage.head}"
    return f"[{one.label}] {about}\n{text}\n{marks}"


def newest(history: Sequence[Exchange], count: Count, room: int) -> list[Exchange]:
    """Return the newest turns that fit into `room` tokens, oldest first.

    A turn whose answer does not fit keeps its question.
    """
    kept: list[Exchange] = []
    for turn in reversed(history):
        cost = count(f"{turn.question} {turn.answer}")
        if cost > room:
            turn, cost = Exchange(turn.question), count(turn.question)
            if cost > room:
                break
        kept.append(turn)
        room -= cost
    return kept[::-1]
