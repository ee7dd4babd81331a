"""Taking out what a reasoning model thinks aloud: only what it answers is shown and checked."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.engine import Waiting
from assistant.models.model import Delta
from corpus.i18n import tr

_OPEN, _CLOSE = "<think>", "</think>"


def without_reasoning(stream: Iterator[Delta | Waiting]) -> Iterator[Delta | Waiting]:
    """Yield a stream without what stands between <think> and </think> at its beginning."""
    held, thinking, thought, begun = "", False, False, False
    for piece in stream:
        if isinstance(piece, Waiting) or begun:
            yield piece
            continue
        held += piece.text
        start = held.lstrip()
        if (thought or not thinking) and start and not _OPEN.startswith(start[: len(_OPEN)]):
            begun = True
            yield Delta(
                start if thought else held, piece.finish, piece.prompt_tokens, piece.answer_tokens
            )
            continue
        thinking = thinking or start.startswith(_OPEN)
        end = held.find(_CLOSE)
        if thinking and not thought and end >= 0:
            thought, held = True, held[end + len(_CLOSE) :].lstrip()
            begun = bool(held)
            yield Delta(held, piece.finish, piece.prompt_tokens, piece.answer_tokens)
        elif piece.finish or piece.answer_tokens:
            yield Delta("", piece.finish, piece.prompt_tokens, piece.answer_tokens)
        else:
            yield Waiting(tr("the model is thinking"))
