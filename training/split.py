"""What is kept apart, and how it is named: nothing of it is trained on, so that it can measure."""

from __future__ import annotations

import hashlib

from training.examples import folded

_SALT = "1"
_EVERY = 5
# Of texts of the public sets.
_TEXTS_APART = 40


def is_apart(file: str) -> bool:
    """Say whether a document is kept apart, by its path within its collection: about a fifth."""
    return int(hashlib.sha256((_SALT + file).encode()).hexdigest(), 16) % _EVERY == 0


def file_of(location: str) -> str:
    """Return how a document is named here: the folder of its collection and its own name."""
    return "/".join(location.split("/")[-2:])


def is_text_apart(text: str) -> bool:
    """Say whether rows over this text of a public set are kept apart: one in forty.

    By its beginning, so that what several sets have of one text goes the same way.
    """
    beginning = "".join(sign for sign in folded(text)[:60] if sign.isalnum())
    return int(hashlib.sha256(beginning.encode()).hexdigest(), 16) % _TEXTS_APART == 0
