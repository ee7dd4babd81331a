"""Questions of this field over passages of a library, stored without a word of the documents.

A file is gzipped JSON: "files", paths of documents, and "questions", each with "q", the "source" of
its making and "passages": [place in files, start, end, gold, relevant, answers], where `gold` are
the places of the sentences that answer among those of the passage. `training/questions.json.gz`
holds our own over the starter library and over public documents, which are not shipped;
`training.mining` makes such files.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus.library import Library
from index.pair_encoding import pair_of
from training.examples import Example, window
from training.split import file_of, is_apart
from training.swaps import swapped

# Of one question: passages that answer, and passages that do not, for each that has an answer.
_RIGHT, _WRONG = 3, 4
# Which share of the questions is asked again about a sibling of what they name.
_SWAPPED = 0.5


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage of a question: a span of a document, and what is right of it (see Example)."""

    file: str
    start: int
    end: int
    gold: tuple[int, ...]
    relevant: bool | None
    answers: bool | None


def written(questions: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write questions, each with "q", "source" and "passages" (of Stored), to a file."""
    files = sorted({one.file for row in questions for one in row["passages"]})
    places = {file: place for place, file in enumerate(files)}
    rows = [
        {
            "q": row["q"],
            "source": row["source"],
            "passages": [
                [places[one.file], one.start, one.end, one.gold, one.relevant, one.answers]
                for one in row["passages"]
            ],
        }
        for row in questions
    ]
    text = json.dumps({"files": files, "questions": rows}, ensure_ascii=False)
    # No time within, so that equal questions make equal files.
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def read_examples(
    paths: Sequence[Path], libraries: Sequence[Path], *, seed: int
) -> tuple[list[Example], list[Example]]:
    """Return the examples of some files over the documents of libraries: to train on, kept apart.

    Each passage that answers is there twice, the second time cut shorter at random, so that the
    place of the answer says nothing. Raises KeyError for a passage that no library holds: the
    documents were read otherwise, or are missing.
    """
    chance = random.Random(seed)
    texts = {}
    for home in libraries:
        with closing(Library(home)) as library:
            texts |= dict(texts_of(library))
    made: list[Example] = []
    apart: list[Example] = []
    for path in paths:
        for row, stored in stored_questions(path):
            examples = [_example(row, one, texts) for one in stored]
            # The first passages are of the document that the question was written over, but for
            # questions of other fields, of which any was found.
            if is_apart(stored[0].file):
                apart += examples
            else:
                seen = zip(examples, stored, strict=True)
                made += _chosen([one for one, of in seen if not is_apart(of.file)], chance)
    return made, apart


def stored_questions(path: Path) -> Iterator[tuple[Mapping[str, Any], list[Stored]]]:
    """Yield the questions of a file, each with its passages."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    for row in data["questions"]:
        yield row, [Stored(data["files"][one[0]], *one[1:]) for one in row["passages"]]


def texts_of(
    library: Library,
) -> Iterator[tuple[tuple[str, int, int], tuple[str, tuple[str, ...]]]]:
    """Yield the context and the sentences of each passage of a library, by file and span."""
    for entry in library.entries():
        name = file_of(entry.source.location)
        for passage in library.passages_of(entry.id):
            pair = pair_of("", entry.source.title, passage)
            yield (name, passage.start, passage.end), (pair.context, pair.sentences)


def _example(
    row: Mapping[str, Any],
    one: Stored,
    texts: Mapping[tuple[str, int, int], tuple[str, tuple[str, ...]]],
) -> Example:
    context, sentences = texts[one.file, one.start, one.end]
    return Example(
        row["q"],
        sentences,
        tuple(one.gold),
        context,
        one.relevant,
        one.answers,
        group=f"{row['source']} {row['q']}",
        source=row["source"],
    )


def _chosen(examples: Sequence[Example], chance: random.Random) -> list[Example]:
    right = [one for one in examples if one.relevant is not False][:_RIGHT]
    wrong = [one for one in examples if one.relevant is False][:_WRONG]
    again = [_shorter(one, chance) for one in right[:1] if one.gold and len(one.sentences) > 2]
    near = [swapped(one, chance) for one in right[:1] if one.gold and chance.random() < _SWAPPED]
    return [*right, *wrong, *again, *(one for one in near if one)]


def _shorter(one: Example, chance: random.Random) -> Example:
    words = sum(len(sentence.split()) for sentence in one.sentences)
    some, gold = window(one.sentences, one.gold, round(words * chance.uniform(0.3, 0.8)), chance)
    return replace(one, sentences=some, gold=gold)
