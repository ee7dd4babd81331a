"""Libraries of any size, grown from a real one without embedding, to measure on what growth costs.

Run: python -m benchmarks.grown --source FOLDER --home FOLDER --passages 100_000. Every document of
the source is copied again and again, each copy with other words of the same lengths, vectors turned
away from the original's and token codes with bits flipped: no two passages repeat each other. It
goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.document import Document
from corpus.stored_vectors import Matrix
from corpus.token_codes import TokenCodes

# Of the words of a copy so many are others; the cosine of its vectors with the original's is about
# 0.8, as it is between neighbouring passages of a report; of its token codes' bits so many differ.
_OTHER_WORDS, _TURNED, _FLIPPED = 0.3, 0.75, 0.05
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def grow(source: Workspace, target: Workspace, passages: int) -> None:
    """Publish copies of the documents of `source` in `target` until it has so many passages."""
    library = target.library
    present = sum(one.passages for one in library.entries())
    held = {one.source.location for one in library.entries()}
    entries = source.library.entries()
    embedder = source.library.embedder
    started, copy = time.monotonic(), 0
    with library.writing():
        while present < passages:
            for entry in entries:
                place = f"/grown/{copy}/{entry.id}"
                if place in held or present >= passages:
                    continue
                chance = np.random.default_rng([copy, int(entry.id[:8], 16)])
                original = source.library.document(entry.id)
                document = _copied(original, place, copy)
                own = [
                    replace(one, document=document.id, text=document.text[one.start : one.end])
                    for one in source.library.passages_of(entry.id)
                ]
                vectors = _turned(source.library.vectors([entry.id])[1], chance)
                tokens = _flipped(source.library.token_codes(entry.id), chance)
                library.publish(document, own, vectors, tokens=tokens, embedder=embedder)
                present += len(own)
            copy += 1
            rate = present / (time.monotonic() - started)
            print(f"{present:,} passages, {rate:,.0f} a second", flush=True)
        target.indexes.update()


def _copied(document: Document, place: str, copy: int) -> Document:
    """Return the document with other words of the same lengths, so that every offset holds."""
    chance = random.Random(f"{copy} {document.id}")
    other: dict[str, str] = {}

    def changed(match: re.Match[str]) -> str:
        word = match[0]
        if word not in other:
            drawn = "".join(chance.choice(_LETTERS) for _ in word)
            kept = chance.random() >= _OTHER_WORDS
            other[word] = word if kept else drawn.title() if word[0].isupper() else drawn
        return other[word]

    text = re.sub(r"[A-Za-z]{4,}", changed, document.text)
    title = f"{document.source.title} ({copy})"
    source = replace(document.source, location=place, title=title)
    return replace(document, source=source, text=text)


def _turned(vectors: Matrix, chance: np.random.Generator) -> Matrix:
    noise = chance.standard_normal(vectors.shape).astype(np.float32)
    noise *= _TURNED / np.linalg.norm(noise, axis=1, keepdims=True)
    turned = vectors + noise
    return np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True), dtype=np.float32)


def _flipped(tokens: TokenCodes, chance: np.random.Generator) -> TokenCodes:
    if not tokens.known:
        return tokens
    bits = chance.random((*tokens.codes.shape, 8)) < _FLIPPED
    return TokenCodes(tokens.codes ^ np.packbits(bits, axis=-1)[..., 0], tokens.counts)


def main() -> None:
    """Grow one library from another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=100_000)
    options = parser.parse_args()
    with (
        Workspace(Settings(options.source, engine="extractive")) as source,
        Workspace(Settings(options.home, engine="extractive")) as target,
    ):
        grow(source, target, options.passages)


if __name__ == "__main__":
    main()
