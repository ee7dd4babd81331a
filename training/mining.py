"""Examples of this field: passages that answer a question, and those found that do not.

    python -m training.mining LIBRARY OUT QUESTIONS.jsonl…

LIBRARY is a data folder to which the documents of the questions were added. A question has "q",
"file" (the document that answers, or tempts; a list for several), "evidence" (sentences that
answer, verbatim), "short" (the words that answer, "" for none), "abstain" and "near" (for a
question without an answer the sentence that tempts).
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from assistant.desk import Desk
from assistant.settings import Settings
from corpus.document import Passage
from index.evidence import Evidence
from index.pairs import pair_of
from training.examples import Example, folded, lines_of
from training.split import is_apart

# Passages of the search that are looked at, and how many of them teach what does not answer.
_FOUND = 30
_FIRST, _NEAREST, _FURTHER = 10, 5, 2
_WORD = re.compile(r"\w+")
# A sentence with this share of the evidence's words may say the same.
_SAME = 0.6


class Mining:
    """The library as it is searched, with the text of each document at hand."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._chance = random.Random(seed)
        entries = desk.library.entries()
        self._titles = {one.id: one.source.title for one in entries}
        self._places = {one.source.location: one.id for one in entries}
        self._passages: dict[str, list[Passage]] = {}
        self._folded = {one.id: _flat(desk.library.document(one.id).text) for one in entries}

    def examples(self, row: Mapping[str, Any], name: str) -> Iterator[tuple[Example, bool]]:
        """Yield the examples of one question, each with whether its document is kept apart."""
        evidence = [_flat(one) for one in row["evidence"]]
        near = _flat(row.get("near") or "")
        files = row["file"] if isinstance(row["file"], list) else [row["file"] or ""]
        documents = {one for file in files if file for one in self._named(file)}
        if row["abstain"] and not documents and near:
            documents = {one for one, text in self._folded.items() if near in text}
        apart = any(is_apart(self._location(one)) for one in documents) or any(
            is_apart(file) for file in files if file
        )
        found = self._desk.searcher.search(row["q"], limit=_FOUND)
        own = [one for document in sorted(documents) for one in self._of(document)]
        made: dict[str, Example] = {}
        for passage in [*own, *(one.passage for one in found)]:
            if passage.id not in made and (
                one := self._example(row["q"], passage, evidence if not row["abstain"] else [near])
            ):
                made[passage.id] = replace(
                    one, relevant=None if row["abstain"] else True, answers=not row["abstain"],
                    gold=() if row["abstain"] else one.gold,
                )  # fmt: skip
        if not row["abstain"] and not made:
            print(f"{name}: no passage holds the evidence of {row['q']!r}")
            return
        short = _flat(row.get("short") or "")
        wrong = [one for one in found if self._wrong(one, made, evidence, short)]
        first = [one for one in wrong if one.label <= _FIRST]
        later = [one for one in wrong if one.label > _FIRST]
        self._chance.shuffle(first)
        chosen = [*first[:_NEAREST], *self._chance.sample(later, min(_FURTHER, len(later)))]
        group = f"{name} {row['q']}"
        for one in list(made.values())[:4]:
            yield replace(one, group=group, source=name), apart
        for one in chosen:
            pair, _ = pair_of(row["q"], self._titles[one.passage.document], one.passage)
            yield (
                Example(
                    row["q"], pair.sentences, context=pair.context, relevant=False, answers=False,
                    group=group, source=name,
                ),
                apart,
            )  # fmt: skip

    def _example(self, question: str, passage: Passage, wanted: Sequence[str]) -> Example | None:
        """Return the example of a passage that holds some of the wanted sentences, or None."""
        pair, _ = pair_of(question, self._titles[passage.document], passage)
        gold = []
        for place, sentence in enumerate(pair.sentences):
            flat = _flat(sentence)
            if any(_one_in_other(flat, one) for one in wanted):
                gold.append(place)
        return Example(question, pair.sentences, tuple(gold), pair.context) if gold else None

    def _wrong(
        self, one: Evidence, right: Mapping[str, Example], evidence: Sequence[str], short: str
    ) -> bool:
        """Say whether a passage certainly does not answer: another may say the same elsewhere."""
        if one.passage.id in right:
            return False
        text = _flat(one.passage.text)
        if short and re.search(rf"(?<!\w){re.escape(short)}(?!\w)", text):
            return False
        words = set(_WORD.findall(text))
        return all(
            len(words & (held := set(_WORD.findall(sentence)))) < _SAME * max(1, len(held))
            or len(held) < 4
            for sentence in evidence
        )

    def _of(self, document: str) -> list[Passage]:
        if document not in self._passages:
            self._passages[document] = self._desk.library.passages_of(document)
        return self._passages[document]

    def _named(self, file: str) -> list[str]:
        return [one for place, one in self._places.items() if place.endswith(f"/{file}")]

    def _location(self, document: str) -> str:
        place = next(place for place, one in self._places.items() if one == document)
        return "/".join(place.split("/")[-2:])


def _flat(text: str) -> str:
    """Return a text to be compared: folded, without the bars between cells."""
    return folded(text.replace("|", " "))


def _one_in_other(sentence: str, wanted: str) -> bool:
    """Say whether a sentence is the wanted one or a good part of it, or holds it."""
    if len(sentence) < 12:
        return False
    return wanted in sentence or (sentence in wanted and len(sentence) >= 0.3 * len(wanted))


def main() -> None:
    """Write the examples of question files as JSON Lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=16)
    given = parser.parse_args()
    settings = replace(Settings.from_environment(), home=given.library)
    count = 0
    with Desk(settings) as desk, given.out.open("w", encoding="utf-8") as out:
        mining = Mining(desk, given.seed)
        for file in given.questions:
            for row in lines_of(file):
                for one, apart in mining.examples(row, file.stem):
                    out.write(json.dumps({**asdict(one), "apart": apart}) + "\n")
                    count += 1
            print(f"{file.name}: {count} examples so far", flush=True)


if __name__ == "__main__":
    main()
