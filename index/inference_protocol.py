"""What the inference server and those who ask it say to each other: JSON over HTTP.

POST /read takes {"pairs": [[question, context, [sentence, …]], …], "prior": [score, …], "keep": n}
and gives {"readings": [[relevance, answers, nothing, [chance, …]], …]}. POST /judge takes {"pairs":
[[claim, context, text], …]} and gives {"entailments": [[supported, contradicted, not_stated], …]}.
Numbers are written in full, so that they come back as they were computed. Headers: `Authorization:
Bearer TOKEN`; `X-Briefing-Weights`, the mark of the weights that the asker would use itself (409
for others); `X-Briefing-Seconds`, how long it waits. A refusal is {"error": line}.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus.errors import UsageError
from corpus.i18n import tr
from index.pair_encoding import Pair
from index.reader import Reading, ToRead

READ, JUDGE = "/read", "/judge"
WEIGHTS, SECONDS = "x-briefing-weights", "x-briefing-seconds"
# Raised when what is computed from the same weights changes.
_VERSION = 1
# A search reads 32 pairs at once, a check a few; a passage has a handful of sentences.
MOST_PAIRS, _MOST_SENTENCES = 256, 1_000


def is_address(name: str) -> bool:
    """Say whether a setting names a server and no folder."""
    return name.startswith(("http://", "https://"))


def token() -> str:
    """Return the token that server and askers share (BRIEFING_INFERENCE_TOKEN), "" for none."""
    return os.environ.get("BRIEFING_INFERENCE_TOKEN", "").strip()


def mark_of(description: Path) -> str:
    """Return the mark of weights by their description, which has the hash of each file.

    Raises OSError where there is none.
    """
    return hashlib.sha256(f"{_VERSION} ".encode() + description.read_bytes()).hexdigest()[:16]


def to_read_json(pairs: Sequence[Pair], prior: Sequence[float], keep: int | None) -> dict[str, Any]:
    """Return what asks for readings."""
    return {
        "pairs": [[one.question, one.context, list(one.sentences)] for one in pairs],
        "prior": [float(one) for one in prior],
        "keep": keep,
    }


def to_read(body: Any) -> ToRead:
    """Return what is to be read; raises UsageError for a body that says nothing of the kind."""
    try:
        pairs = tuple(
            Pair(_text(question), _text(context), tuple(map(_text, _few(sentences))))
            for question, context, sentences in _some(body)
        )
        prior = tuple(float(one) for one in body.get("prior") or ())
        keep = body.get("keep")
        if prior and len(prior) != len(pairs):
            raise ValueError
        if keep is not None and (type(keep) is not int or keep < 0):
            raise ValueError
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise _nonsense() from error
    return ToRead(pairs, prior, keep)


def to_judge(body: Any) -> list[Pair]:
    """Return the pairs to be judged; raises UsageError for a body that has none."""
    try:
        return [
            Pair(_text(claim), _text(context), (_text(text),))
            for claim, context, text in _some(body)
        ]
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise _nonsense() from error


def readings_json(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return readings as they are sent."""
    return {
        "readings": [
            [one.relevance, one.answers, one.nothing, list(one.sentences)] for one in readings
        ]
    }


def readings_of(body: Any, pairs: Sequence[Pair]) -> list[Reading]:
    """Return the readings of pairs; raises ValueError for what a server of ours never sends."""
    try:
        found = [
            Reading(float(relevance), float(answers), float(nothing), tuple(map(float, chances)))
            for relevance, answers, nothing, chances in body["readings"]
        ]
    except (TypeError, KeyError) as error:
        raise ValueError from error
    if len(found) != len(pairs):
        raise ValueError
    for pair, one in zip(pairs, found, strict=True):
        if one.sentences and len(one.sentences) != len(pair.sentences):
            raise ValueError
    return found


def _some(body: Any) -> Any:
    pairs = body["pairs"]
    if not isinstance(pairs, list) or len(pairs) > MOST_PAIRS:
        raise ValueError
    return pairs


def _few(sentences: Any) -> Any:
    if not isinstance(sentences, list) or len(sentences) > _MOST_SENTENCES:
        raise ValueError
    return sentences


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _nonsense() -> UsageError:
    return UsageError(
        tr(
            "give pairs as the protocol has them, {count} of them at most",
            count=MOST_PAIRS,
        )
    )
