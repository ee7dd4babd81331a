"""Answers held to a form: a grammar that llama.cpp takes, a JSON schema, and what is read of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from assistant.models import output_format
from assistant.models.model import Delta


async def _pieces(*texts: str) -> AsyncIterator[Delta]:
    for text in texts:
        yield Delta(text)
    yield Delta("", "stop", 10, 5)


def _told(*texts: str) -> list[Delta]:
    async def gathered() -> list[Delta]:
        return [one async for one in output_format.text_of_json(_pieces(*texts))]

    return asyncio.run(gathered())


def test_json_becomes_sentences_with_labels_as_they_end() -> None:
    """Each as soon as its object is whole; what is not found comes last."""
    whole = json.dumps(
        {
            "sentences": [
                {"text": "The bridge {at Vik} closed.", "passages": [2, 1]},
                {"text": "Repairs cost “3 million”.", "passages": [1]},
            ],
            "not_found": ["when it opens"],
        },
        ensure_ascii=False,
    )
    found = _told(*(whole[place : place + 7] for place in range(0, len(whole), 7)))
    assert "".join(one.text for one in found) == (
        "The bridge {at Vik} closed. [2][1]\nRepairs cost “3 million”. [1]\n"
        "NOT FOUND: when it opens\n"
    )
    assert found[-1].finish == "stop" and found[-1].answer_tokens == 5
    first = next(place for place, one in enumerate(found) if one.text)
    assert first < len(found) / 2


@pytest.mark.parametrize("text", ["The bridge closed. [1]", "", "Sorry {no} JSON"])
def test_what_is_no_json_is_handed_on(text: str) -> None:
    """A server that does not heed the schema still answers."""
    assert "".join(one.text for one in _told(text[:5], text[5:])) == text


def test_odd_json_loses_no_label_and_invents_no_claim() -> None:
    """Two sentences in one text, a thought ahead, what was not found first, no list of labels."""
    text = '{"text": "The bridge closed in May. It cost 3 million.", "passages": [1, 2]}'
    ahead = '<think>hm {}</think>{"not_found": ["The {x}. Only dates."], "sentences": ['
    found = _told(ahead + text)
    found += _told('{"sentences": [{"text": "It closed.", "passages": 1}], "not_found": []}')
    assert "".join(one.text for one in found) == (
        "The bridge closed in May. [1][2]\nIt cost 3 million. [1][2]\nIt closed.\n"
    )
    found = _told('{"not_found": ["The cost. Only dates."], "sentences": []}')
    assert "".join(one.text for one in found) == "NOT FOUND: The cost; Only dates\n"
    found = _told('{"not_found": [], "sentences": []}')
    assert "".join(one.text for one in found) == "NOT FOUND: an answer\n"


def test_half_an_answer_keeps_its_whole_sentences() -> None:
    """Cut off by its limit of tokens."""
    found = _told('{"sentences": [{"text": "It closed.", "passages": [1]}, {"text": "Rep')
    assert "".join(one.text for one in found) == "It closed. [1]\n"


def test_the_schema_names_the_labels_that_exist() -> None:
    """No other number can be cited."""
    sentence = output_format.schema([3, 5])["properties"]["sentences"]["items"]
    assert sentence["properties"]["passages"]["items"]["enum"] == [3, 5]


def test_the_grammar_names_the_labels_that_exist() -> None:
    """That llama.cpp takes it is tested with its server."""
    text = output_format.grammar([3, 5])
    assert '"[3]" | "[5]"' in text and "NOT FOUND" in text
