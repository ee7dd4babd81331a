"""The form of an answer, enforced where a server can: each sentence ends with labels that exist.

A grammar for llama.cpp, a JSON schema for servers that take one. Small models cite next to nothing
without: of a 1.5B model's sentences a tenth carried a label by the prompt alone (docs/models.md).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from assistant.models.model import Delta
from assistant.prompts import NOT_FOUND

# A full stop before a space ends a sentence for the grammar, but for these.
_ABBREVIATIONS = "U.S. U.K. E.U. Inc. Corp. Co. Ltd. No. Mr. Ms. Dr. St. vs. e.g. i.e. al.".split()
_SENTENCES = 6
_LEAST, _MOST = 12, 420


def grammar(labels: Sequence[int]) -> str:
    """Return a grammar in GBNF: one to six sentences, each with labels of these, or NOT FOUND.

    https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
    """
    names = " | ".join(f'"[{label}]"' for label in labels)
    short = " | ".join(f'"{one} "' for one in _ABBREVIATIONS)
    return "\n".join(
        (
            f'root ::= sentence (" " sentence){{0,{_SENTENCES - 1}}} missing? | missing',
            f'missing ::= "\\n"? "{NOT_FOUND} " [^\\n\\[\\]]{{3,200}}',
            f'sentence ::= first sign{{{_LEAST},{_MOST}}} end " " label{{1,3}}',
            "first ::= [^a-z \\n\\t\\[\\].!?*#|-]",
            f'sign ::= [^\\n\\[\\].!?] | "." [^ \\n\\[\\]] | {short}',
            'end ::= [.!?] ["”’)]?',
            f"label ::= {names}",
        )
    )


def schema(labels: Sequence[int]) -> dict[str, Any]:
    """Return a JSON schema: sentences with the passages that each rests on, and what is missing."""
    cites = {"type": "array", "items": {"type": "integer", "enum": list(labels)}}
    sentence = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "passages": cites},
        "required": ["text", "passages"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "sentences": {"type": "array", "items": sentence},
            "not_found": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["sentences", "not_found"],
        "additionalProperties": False,
    }


async def told(stream: AsyncIterator[Delta]) -> AsyncIterator[Delta]:
    """Yield a stream of JSON by `schema` as text: "Sentence. [1][2]", a line each, as they end.

    What is no such JSON, of a server that did not heed the schema, is handed on as it is.
    """
    held, done, plain = "", 0, False
    async for piece in stream:
        if plain:
            yield piece
            continue
        held += piece.text
        start = held.lstrip()[:1]
        if start and start != "{":
            plain = True
            yield replace(piece, text=held)
            continue
        objects, done = _objects(held, done)
        lines = [line for one in objects if (line := _line(one))]
        if piece.finish:
            lines += _missing(held)
        yield replace(piece, text="".join(f"{line}\n" for line in lines))


def _objects(text: str, start: int) -> tuple[list[Any], int]:
    """Return the sentences of `text` that are complete from `start` on, and where the rest starts.

    The first brace is that of the whole.
    """
    decoder = json.JSONDecoder()
    found: list[Any] = []
    while (place := text.find("{", max(start, text.find("{") + 1))) >= 0:
        try:
            one, start = decoder.raw_decode(text, place)
        except ValueError:
            return found, place
        found.append(one)
    return found, start


def _line(one: Any) -> str:
    said = " ".join(str(one.get("text", "")).split()) if isinstance(one, dict) else ""
    if not said:
        return ""
    labels = [label for label in one.get("passages") or () if isinstance(label, int)]
    return said + " " + "".join(f"[{label}]" for label in labels)


def _missing(text: str) -> list[str]:
    try:
        whole = json.loads(text)
    except ValueError:
        return []
    parts = whole.get("not_found") if isinstance(whole, dict) else None
    return [f"{NOT_FOUND} {' '.join(str(one).split())}" for one in parts or () if str(one).strip()]
