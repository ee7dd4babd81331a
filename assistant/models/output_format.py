"""Constrained output: sentences with labels of the evidence, and no label that does not exist.

A grammar for llama.cpp, in which each sentence ends with labels; a JSON schema for other servers,
in which each has a list of them. Small models cite next to nothing without.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from assistant.models.model import Delta
from assistant.prompts import NOT_FOUND
from corpus.sentences import sentences

# In the grammar a full stop before a space ends a sentence, except after these and initials.
_ABBREVIATIONS = (
    "U.S. U.K. E.U. Inc. Corp. Co. Ltd. No. Mr. Ms. Mrs. Dr. Prof. Sen. Rep. Gov. Gen. St. Jr. Sr. "
    "vs. e.g. i.e. al. cf. approx. Art. Sec. Fig. p. pp. Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. "
    "Sept. Oct. Nov. Dec."
).split()
_THOUGHT = "</think>"
_OPENED = re.compile(r'"sentences"\s*:\s*\[')
_NEXT = re.compile(r"[\s,]*\{")
_SENTENCES = 6
_LEAST, _MOST = 3, 420


def grammar(labels: Sequence[int]) -> str:
    """Return a grammar in GBNF: one to six sentences, each with labels of these, or NOT FOUND.

    https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
    """
    names = " | ".join(f'"[{label}]"' for label in labels)
    short = " | ".join(f'"{one} "' for one in _ABBREVIATIONS)
    return "\n".join(
        (
            f'root ::= sentence (" "? sentence){{0,{_SENTENCES - 1}}} missing? | missing',
            f'missing ::= "\\n"? "{NOT_FOUND} " [^\\n\\[\\]]{{3,200}}',
            f'sentence ::= first sign{{{_LEAST},{_MOST}}} end " "? label{{1,3}}',
            # "xAI" and "iPhone" begin in lower case.
            "first ::= [^a-z \\n\\t\\[\\].!?。！？*#|-] | [a-z] [A-Z]",
            'sign ::= [^\\n\\[\\].!?。！？] | "." [^ \\n\\[\\]] | [!?] ["”’)] | " " [A-Z] ". " | '
            + short,
            'end ::= [.!?。！？] ["”’」）)]?',
            f"label ::= {names}",
        )
    )


def schema(labels: Sequence[int]) -> dict[str, Any]:
    """Return a JSON schema: sentences with the passages they cite, and what was not found."""
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


async def text_of_json(stream: AsyncIterator[Delta]) -> AsyncIterator[Delta]:
    """Yield a stream of JSON by `schema` as text: a line "Sentence. [1][2]" when each is complete.

    Text of a server that ignored the schema is passed on as it is. A <think> block before the JSON
    becomes pieces that are marked as thinking.
    """
    held, done, plain = "", 0, False
    async for piece in stream:
        if plain:
            yield piece
            continue
        held += piece.text
        thought, closed, rest = held.partition(_THOUGHT)
        if not closed and thought.lstrip()[:1] == "<":
            yield replace(piece, text="", thinking=True)
            continue
        held = rest if closed else held
        start = held.lstrip()[:1]
        if start and start != "{":
            plain = True
            yield replace(piece, text=held)
            continue
        objects, done = _finished_objects(held, done)
        lines = [line for one in objects for line in _cited_lines(one)]
        if piece.finish:
            lines += _not_found_lines(held)
        yield replace(piece, text="".join(f"{line}\n" for line in lines))


def _finished_objects(text: str, start: int) -> tuple[list[Any], int]:
    """Return the objects of `text` that are complete from `start` on, and where the rest starts.

    0 is before the list of sentences.
    """
    if not start:
        opened = _OPENED.search(text)
        if opened is None:
            return [], 0
        start = opened.end()
    decoder = json.JSONDecoder()
    found: list[Any] = []
    while (begun := _NEXT.match(text, start)) is not None:
        try:
            one, start = decoder.raw_decode(text, begun.end() - 1)
        except ValueError:
            break
        found.append(one)
    return found, start


def _cited_lines(one: Any) -> Iterator[str]:
    """Yield the sentences of an object, each with its labels."""
    text = " ".join(str(one.get("text", "")).split()) if isinstance(one, dict) else ""
    cites = one.get("passages") if isinstance(one, dict) else None
    listed = cites if isinstance(cites, list) else []
    labels = [int(one) for one in listed if isinstance(one, int) or str(one).isdecimal()]
    marks = "".join(f"[{label}]" for label in labels)
    for start, end in sentences(text):
        yield f"{text[start:end].strip()} {marks}".rstrip()


def _not_found_lines(text: str) -> list[str]:
    """Return the NOT FOUND lines of an answer; one line where its list of sentences is empty.

    JSON of another shape gives none: the model is then asked again without the schema.
    """
    try:
        whole = json.loads(text)
    except ValueError:
        return []
    parts = whole.get("not_found") if isinstance(whole, dict) else None
    named = [" ".join(str(one).split()).strip(" .") for one in parts or () if str(one).strip()]
    if not named and isinstance(whole, dict) and whole.get("sentences") == []:
        named = ["an answer"]
    # A full stop within would end the line's sentence.
    return [f"{NOT_FOUND} {one.replace('. ', '; ')}" for one in named]
