"""A format, an engine and a memo template for the briefing assistant: see docs/extending.md."""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
