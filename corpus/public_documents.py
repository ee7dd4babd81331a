"""The curated public documents that `briefing fetch` downloads: `public_documents.toml`, read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from corpus.validation import NO_OTHER_KEYS, configured

_FILE = Path(__file__).parent / "public_documents.toml"


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """A document of the list: where it lies, and what it is; `published` is an ISO date."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    url: str
    title: str
    publisher: str
    published: str
    theme: str


def public_documents(theme: str = "") -> list[PublicDocument]:
    """Return the list, or what of it belongs to a theme."""
    documents = configured(dict[str, tuple[PublicDocument, ...]], _FILE)["document"]
    return [one for one in documents if not theme or one.theme == theme]


def themes() -> list[str]:
    """Return the themes, in the order of the list."""
    return list(dict.fromkeys(one.theme for one in public_documents()))
