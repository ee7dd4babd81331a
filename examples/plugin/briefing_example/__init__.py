"""A format, an engine, a memo template and a language: see docs/extending.md."""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = Path(__file__).parent / "languages"
