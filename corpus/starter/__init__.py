"""The starter library: articles and reports of our own writing, shipped with the program."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def starter_files() -> list[Path]:
    """Return the files of the starter library: articles (Markdown), then reports (PDF)."""
    return [*sorted(_FOLDER.glob("articles/*.md")), *sorted(_FOLDER.glob("reports/*.pdf"))]
