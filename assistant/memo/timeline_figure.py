"""The timeline as an image, set by Typst, and its fonts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import typst

from assistant.memo.translation import worded
from assistant.memo.values import Event
from corpus.errors import BriefingError
from corpus.i18n import tr

# More events do not fit a page; the table has all.
_MOST = 20
# Libertinus comes with Typst; Noto Sans CJK, from its own package, has the Chinese characters.
FONTS = '("Libertinus Serif", "Noto Sans CJK SC")'
_DRAWN = """
#set page(width: 16cm, height: auto, margin: 4mm, fill: white)
#set text(font: {fonts}, size: 10pt)
#let entry(date, body, conflict) = grid(
  columns: (2.6cm, 6mm, 1fr),
  align: (right, center, left),
  strong(date),
  box(height: 1em, align(horizon, if conflict {{ rect(width: 5pt, height: 5pt, fill: black) }}
    else {{ circle(radius: 3pt, fill: rgb("#1f5fbf")) }})),
  body,
)
#stack(spacing: 3.2mm,
{entries}
)
"""


def font_paths() -> list[str]:
    """Return the folder of the Chinese font; [] where its package is missing."""
    spec = find_spec("noto_cjk_sans_otc")
    return list(spec.submodule_search_locations or ()) if spec else []


def timeline_image(
    events: Sequence[Event], form: Literal["svg", "png"], language: str = "en"
) -> bytes:
    """Return the image as "svg" or "png" (200 dots an inch).

    Events with other dates in other sources have a square marker, and list these dates.
    """
    entries = [_entry(one, language) for one in events[:_MOST]]
    if len(events) > _MOST:
        more = worded("and {count} more in the table", language, count=len(events) - _MOST)
        entries.append(f'entry("", {typst_string(more)}, false)')
    source = _DRAWN.format(fonts=FONTS, entries=",\n".join(entries))
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "timeline.typ"
        file.write_text(source, encoding="utf-8")
        return typeset(file, form)


def _entry(event: Event, language: str) -> str:
    text = event.text if len(event.text) <= 220 else f"{event.text[:217].rstrip()}…"
    if event.others:
        dates = ", ".join(date for date, _ in event.others)
        text += " " + worded("(other dates given: {dates})", language, dates=dates)
    conflict = "true" if event.others else "false"
    return f"entry({typst_string(event.date)}, {typst_string(text)}, {conflict})"


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
