"""Examples of this field: passages that answer a question, and those found that do not.

    python -m training.mining LIBRARY OUT QUESTIONS.jsonl… [--sets FOLDER --off 300]

LIBRARY is a data folder to which the documents of the questions were added. A question has "q",
"file" (the document that answers, or tempts; a list for several), "evidence" (sentences that
answer, verbatim), "short" (the words that answer, "" for none), "abstain" and "near" (for a
question without an answer the sentence that tempts). With --off so many questions of the public
sets are asked too, which are of other fields: what is found for them does not answer.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.document import Passage
from index.evidence import Evidence
from index.pair_encoding import pair_of
from training.domain import Stored, written
from training.examples import lines_of, without_bars
from training.split import file_of

# Passages of the search that are looked at, and how many of them teach what does not answer.
_FOUND = 30
_FIRST, _NEAREST, _FURTHER = 10, 5, 2
_RIGHT = 4
# Passages of a question of another field, and the public sets that these come from.
_OFF = 3
_OFF_SETS = ("qa_squad1_dutest", "qa_nq_oracle", "qa_selqa", "qa_squadshifts_new_wiki")
_WORD = re.compile(r"\w+")
# A sentence with this share of the evidence's words may say the same.
_SAME = 0.6


class Mining:
    """A library as it is searched, before anything is reread."""

    def __init__(self, workspace: Workspace, seed: int) -> None:
        self._workspace = workspace
        self._chance = random.Random(seed)
        entries = workspace.library.entries()
        self._titles = {one.id: one.source.title for one in entries}
        self._files = {one.id: file_of(one.source.location) for one in entries}
        self._passages: dict[str, list[Passage]] = {}
        self._folded = {
            one.id: without_bars(workspace.library.document(one.id).text) for one in entries
        }

    def passages(self, row: Mapping[str, Any]) -> list[Stored]:
        """Return the passages of one question: those that answer or tempt, then those found."""
        wanted = [without_bars(one) for one in row["evidence"]]
        near = without_bars(row.get("near") or "")
        files = row["file"] if isinstance(row["file"], list) else [row["file"] or ""]
        documents = {one for file in files if file for one in self._named(file)}
        if row["abstain"]:
            wanted = [near] if near else []
            documents = documents or {
                one for one, text in self._folded.items() if near and near in text
            }
        found = self._workspace.retriever.search(row["q"], limit=_FOUND)
        own = [one for document in sorted(documents) for one in self._of(document)]
        right: dict[str, Stored] = {}
        for passage in [*own, *(one.passage for one in found)]:
            gold = self._gold(passage, wanted)
            if gold and passage.id not in right:
                right[passage.id] = (
                    self._stored(passage, (), None, answers=False)
                    if row["abstain"]
                    else self._stored(passage, gold, True, answers=True)
                )
        if not right and not row["abstain"]:
            return []
        short = without_bars(row.get("short") or "")
        wrong = [one for one in found if self._wrong(one, right, wanted, short)]
        first = [one for one in wrong if one.label <= _FIRST]
        later = [one for one in wrong if one.label > _FIRST]
        self._chance.shuffle(first)
        chosen = [*first[:_NEAREST], *self._chance.sample(later, min(_FURTHER, len(later)))]
        return [
            *list(right.values())[:_RIGHT],
            *(self._stored(one.passage, (), False, answers=False) for one in chosen),
        ]

    def off(self, question: str) -> list[Stored]:
        """Return passages found for a question of another field."""
        found = self._workspace.retriever.search(question, limit=_FIRST)
        some = self._chance.sample(found, min(_OFF, len(found)))
        return [self._stored(one.passage, (), False, answers=False) for one in some]

    def _stored(
        self, passage: Passage, gold: tuple[int, ...], relevant: bool | None, *, answers: bool
    ) -> Stored:
        file = self._files[passage.document]
        return Stored(file, passage.start, passage.end, gold, relevant, answers)

    def _gold(self, passage: Passage, wanted: Sequence[str]) -> tuple[int, ...]:
        """Return the places of the sentences of a passage that are wanted ones."""
        pair = pair_of("", self._titles[passage.document], passage)
        return tuple(
            place
            for place, sentence in enumerate(pair.sentences)
            if any(_one_in_other(without_bars(sentence), one) for one in wanted)
        )

    def _wrong(
        self, one: Evidence, right: Mapping[str, Stored], evidence: Sequence[str], short: str
    ) -> bool:
        """Say whether a passage certainly does not answer: another may say the same elsewhere."""
        if one.passage.id in right:
            return False
        text = without_bars(one.passage.text)
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
            self._passages[document] = self._workspace.library.passages_of(document)
        return self._passages[document]

    def _named(self, file: str) -> list[str]:
        return [one for one, name in self._files.items() if name == file]


def _one_in_other(sentence: str, wanted: str) -> bool:
    """Say whether a sentence is the wanted one or a good part of it, or holds it."""
    if len(sentence) < 12:
        return False
    return wanted in sentence or (sentence in wanted and len(sentence) >= 0.3 * len(wanted))


def main() -> None:
    """Write the passages of the questions of some files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--sets", type=Path, help="folder of the public sets")
    parser.add_argument("--off", type=int, default=0, help="questions of other fields")
    parser.add_argument("--seed", type=int, default=16)
    given = parser.parse_args()
    if given.off and not given.sets:
        parser.error("--off needs --sets, the folder of the public sets")
    settings = replace(Settings.from_environment(), home=given.library)
    made: list[dict[str, Any]] = []
    with Workspace(settings) as workspace:
        mining = Mining(workspace, given.seed)
        for file in given.questions:
            for row in lines_of(file):
                if passages := mining.passages(row):
                    made.append({"q": row["q"], "source": file.stem, "passages": passages})
                else:
                    print(f"{file.name}: no passage holds the evidence of {row['q']!r}")
            print(f"{file.name}: {len(made)} questions so far", flush=True)
        for question in _of_other_fields(given.sets, given.off, given.seed):
            if passages := mining.off(question):
                made.append({"q": question, "source": "off", "passages": passages})
    written(made, given.out)


def _of_other_fields(sets: Path, count: int, seed: int) -> list[str]:
    """Return so many questions of the public sets."""
    if not count:
        return []
    asked = {row["q"] for name in _OFF_SETS for row in lines_of(sets / f"{name}.jsonl.gz")}
    return random.Random(seed).sample(sorted(asked), count)


if __name__ == "__main__":
    main()
