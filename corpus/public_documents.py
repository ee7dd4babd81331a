"""The curated public documents that `briefing fetch` downloads: `catalogue.toml`, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "catalogue.toml"


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """A document of the list: where it lies, and what it is; `published` is an ISO date."""

    url: str
    title: str
    publisher: str
    published: str
    theme: str


def public_documents(theme: str = "") -> list[PublicDocument]:
    """Return the list, or what of it belongs to a theme."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["document"]
    documents = [PublicDocument(**row) for row in rows]
    return [one for one in documents if not theme or one.theme == theme]


def themes() -> list[str]:
    """Return the themes, in the order of the list."""
    return list(dict.fromkeys(one.theme for one in public_documents()))
