"""A question and a passage as one input of a cross-encoder, with the places of the sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.document import Passage
from corpus.table import Span

# Of the model's 512 places. A passage has at most 256 tokens with its context, a question of 60
# tokens has about 250 characters.
MOST_TOKENS = 320
_MOST_QUESTION_TOKENS = 60
_MOST_CONTEXT_TOKENS = 112


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage: `context` is title, headings, head of a table; then sentences."""

    question: str
    context: str
    sentences: tuple[str, ...]


class PairTokenizer:
    """Encodes pairs as BERT reads two texts: [CLS] question [SEP] context sentences [SEP]."""

    def __init__(self, tokenizer: Path, *, most_of_question: int = _MOST_QUESTION_TOKENS) -> None:
        """Load a tokenizer.json of the WordPiece kind; a longer question is cut off."""
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._begin = self._tokenizer.token_to_id("[CLS]") or 0
        self._end = self._tokenizer.token_to_id("[SEP]") or 0
        self._most = most_of_question

    def encode(self, pairs: Sequence[Pair], *, multiple: int = 1) -> dict[str, Any]:
        """Return the network's inputs for some pairs.

        "input_ids", "attention_mask" and "token_type_ids" int64 [pairs, tokens], and "sentences"
        float32 [pairs, sentences, tokens]: 1 / n at the n tokens of each sentence, so that a
        product with the states of the tokens is their mean. What is longer than the model reads is
        cut off at the end: sentences without a token have a row of zeros. The number of tokens is
        a multiple of `multiple`: kernels that are made anew for each shape are then made seldom.
        """
        return self._inputs(pairs, self._token_ids(pairs), multiple)

    def encode_apart(self, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
        """Return what `encode` does for each pair by itself; what several share is split once."""
        token_ids = self._token_ids(pairs)
        return [self._inputs([pair], token_ids, 1) for pair in pairs]

    def _token_ids(self, pairs: Sequence[Pair]) -> dict[str, list[int]]:
        """Return the token ids of all texts of some pairs, by text."""
        texts = list(
            dict.fromkeys(
                text for pair in pairs for text in (pair.question, pair.context, *pair.sentences)
            )
        )
        encoded = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return {text: one.ids for text, one in zip(texts, encoded, strict=True)}

    def _inputs(
        self, pairs: Sequence[Pair], token_ids: Mapping[str, list[int]], multiple: int
    ) -> dict[str, Any]:
        """Return what `encode` does for pairs whose texts have these token ids."""
        rows: list[list[int]] = []
        firsts: list[int] = []
        spans: list[list[tuple[int, int]]] = []
        for pair in pairs:
            question = token_ids[pair.question][: self._most]
            row = [
                self._begin,
                *question,
                self._end,
                *token_ids[pair.context][:_MOST_CONTEXT_TOKENS],
            ]
            firsts.append(len(question) + 2)
            places = []
            for sentence in pair.sentences:
                kept = token_ids[sentence][: max(0, MOST_TOKENS - 1 - len(row))]
                places.append((len(row), len(row) + len(kept)))
                row += kept
            rows.append([*row, self._end])
            spans.append(places)
        width = -(-max(map(len, rows)) // multiple) * multiple
        most_sentences = max(1, *(len(one) for one in spans))
        most_sentences = (
            -(-most_sentences // multiple) * multiple if multiple > 1 else most_sentences
        )
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        kinds = np.zeros_like(ids)
        sentences = np.zeros((len(rows), most_sentences, width), dtype=np.float32)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
            kinds[place, firsts[place] : len(row)] = 1
            for number, (start, end) in enumerate(spans[place]):
                if end > start:
                    sentences[place, number, start:end] = 1 / (end - start)
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": kinds,
            "sentences": sentences,
        }


def pair_of(question: str, title: str, passage: Passage) -> Pair:
    """Return a passage as the reader reads it.

    Ahead of the sentences and rows stand the title of the document, the two innermost headings and
    the head of a table.
    """
    inner = " › ".join(passage.heading.split(" › ")[-2:])
    context = "\n".join(part for part in (title, inner, passage.head) if part)
    sentences = tuple(passage.text[start:end] for start, end in sentence_spans(passage))
    return Pair(question, context, sentences)


def sentence_spans(passage: Passage) -> list[Span]:
    """Return where the sentences of a passage that the reader judges stand in its text.

    A heading within it is none: it has the words of a question and answers nothing.
    """
    heading = passage.heading.rpartition(" › ")[2]
    return [(start, end) for start, end in passage.parts() if passage.text[start:end] != heading]
