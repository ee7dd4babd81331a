"""What a package can add to the briefing assistant: see docs/extending.md."""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = Path(__file__).parent / "languages"
