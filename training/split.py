"""What is kept apart, and how it is named: nothing of it is trained on, so that it can measure."""

from __future__ import annotations

import hashlib

from training.examples import folded

_SALT = "1"
_EVERY = 5
# Every third article of the starter library, whose questions measure: no hash decided these.
_STARTER = frozenset(
    f"articles/{name}.md"
    for name in (
        "ai-diffusion-framework caisi-evaluation-of-deepseek deepseek-app-bans "
        "deepseek-r1-reasoning-model deepseek-v3-training-and-cost-claim "
        "entity-list-and-validated-end-users google-and-meta-open-and-closed-models "
        "huawei-ascend-and-smic nvidia-china-revenue-in-its-filings "
        "openai-o-series-and-gpt-oss stargate-and-us-ai-infrastructure-policy"
    ).split()
)
# Of texts of the public sets.
_TEXTS_APART = 40


def is_apart(file: str) -> bool:
    """Say whether a document is kept apart, by its path within its collection.

    About a fifth by chance, and of the starter library a third by name.
    """
    return (
        file in _STARTER
        or int(hashlib.sha256((_SALT + file).encode()).hexdigest(), 16) % _EVERY == 0
    )


def file_of(location: str) -> str:
    """Return how a document is named here: the folder of its collection and its own name."""
    return "/".join(location.split("/")[-2:])


def is_text_apart(text: str) -> bool:
    """Say whether rows over this text of a public set are kept apart: one in forty.

    By its beginning, so that what several sets have of one text goes the same way.
    """
    beginning = "".join(sign for sign in folded(text)[:60] if sign.isalnum())
    return int(hashlib.sha256(beginning.encode()).hexdigest(), 16) % _TEXTS_APART == 0
