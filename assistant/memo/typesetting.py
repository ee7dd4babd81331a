"""Pages set by Typst, and their fonts."""

from __future__ import annotations

from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import typst

from corpus.errors import BriefingError
from corpus.i18n import tr

# Libertinus comes with Typst; Noto Sans CJK, from its own package, has the Chinese characters.
FONTS = '("Libertinus Serif", "Noto Sans CJK SC")'


def font_paths() -> list[str]:
    """Return the folder of the Chinese font; [] where its package is missing."""
    spec = find_spec("noto_cjk_sans_otc")
    return list(spec.submodule_search_locations or ()) if spec else []


def typst_string(text: str) -> str:
    """Return a text as a Typst string literal, so that no markup in it is interpreted."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(escaped.split()) + '"'


def typeset(file: Path, form: Literal["pdf", "svg", "png"], day: str = "") -> bytes:
    """Return a Typst file compiled to a format; raises BriefingError.

    `day` is the ISO date of creation in a PDF, so that equal memos are equal files.
    """
    made_at = datetime.fromisoformat(f"{day}T00:00:00+00:00") if day else None
    try:
        made = typst.compile(
            str(file),
            format=form,
            ppi=200.0 if form == "png" else None,
            font_paths=font_paths(),
            ignore_system_fonts=True,
            timestamp=made_at,
        )
    except RuntimeError as error:
        raise BriefingError(tr("the page could not be set: {reason}", reason=error)) from error
    return made[0] if isinstance(made, list) else made
