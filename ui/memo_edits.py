"""Changing, comparing and previewing a memo on the page, without Gradio."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.document import Document, Source
from corpus.errors import BriefingError, ReadError
from ui import markup
from ui.markup_memo import difference_html
from ui.memos import Housed, Sheet, reopened, shelved
from ui.source import Drawing
from ui.wording import word

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation, Claim
    from assistant.desk import Desk
    from assistant.memo.values import Memo

# The section of a template that takes what is found out later.
_TAKES = "what-we-know"
# Pixels a point of a previewed page, and how many pages are shown.
_PREVIEW, _PAGES = 1.3, 12


def changed(place: Housed, sheet: Sheet, act: str, where: str, label: object = 0) -> Sheet:
    """Return the sheet after a button beside a line: up, down, drop, cite, take; or undo.

    "cite" offers passages for the line, "take" cites the one with `label`. What changed is kept on
    the shelf.
    """
    from assistant.memo import editing

    desk, memo = place.desk(), sheet.memo
    if desk is None or memo is None:
        return sheet
    section, _, number = where.rpartition(":")
    line = int(number) if number.isdigit() else 0
    try:
        match act:
            case "up" | "down":
                now = editing.moved(memo, section, line, -1 if act == "up" else 1)
            case "drop":
                now = editing.removed(memo, section, line)
            case "cite":
                offers = editing.offered(desk, memo, section, line)
                return replace(sheet, offers=offers, at=where, message="")
            case "take":
                chosen = next(one for one in sheet.offers if str(one.label) == str(label))
                now = editing.recited(desk, memo, section, line, chosen)
            case "undo" if sheet.before is not None:
                now = sheet.before
            case _:
                return sheet
        return _kept(desk, sheet, now)
    except (BriefingError, StopIteration) as error:
        return replace(sheet, message=markup.error_html(str(error) or "that passage is gone"))


def adding(
    place: Housed,
    sheet: Sheet,
    section: str,
    claims: Sequence[Claim],
    citations: Sequence[Citation],
) -> Sheet:
    """Put cited claims of an answer into a section of a memo; return its sheet."""
    from assistant.memo.editing import taken

    desk = place.desk()
    if desk is None or sheet.memo is None:
        return sheet
    try:
        return _kept(desk, sheet, taken(sheet.memo, section, claims, citations))
    except BriefingError as error:
        return replace(sheet, message=markup.error_html(str(error)))


def added_to_latest(place: Housed, answer: Answer, language: str) -> str:
    """Put the cited claims of an answer into the newest memo; return in words what became of it.

    They go to what the memo knows, or, in a template without that section, to its first one.
    """
    from assistant.memo.editing import sections_for

    kept = shelved(place)
    if not kept:
        return word("memo.no_memo", language)
    before = reopened(place, kept[0][1])
    sections = sections_for(before.memo) if before.memo else []
    if not sections:
        return word("memo.not_added", language)
    section = next((one for one in sections if one.key == _TAKES), sections[0])
    after = adding(place, before, section.key, answer.claims, answer.citations)
    if after.memo is None or after.message:
        return word("memo.not_added", language)
    if after.memo == before.memo:
        return word("memo.already_there", language)
    return word("memo.added_to", language, topic=after.memo.topic, section=section.heading)


def _kept(desk: Desk, sheet: Sheet, now: Memo) -> Sheet:
    from assistant.memo.shelf import Shelf

    if now == sheet.memo:
        return replace(sheet, message="", offers=(), at="")
    Shelf(desk.settings.home).save(now, sheet.name)
    return Sheet(now, sheet.name, before=sheet.memo)


def compared(place: Housed, sheet: Sheet, other: str, language: str) -> str:
    """Return as HTML what changed from another memo on the shelf to this one."""
    from assistant.memo.comparing import difference

    old = reopened(place, other)
    if old.memo is None or sheet.memo is None:
        return old.message
    return difference_html(difference(old.memo, sheet.memo), language)


def pages_of(sheet: Sheet, draw: Drawing, language: str) -> str:
    """Return the memo's PDF as drawn pages; "" where there is no memo."""
    from assistant.memo.export import exported

    if sheet.memo is None:
        return ""
    with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
        file = Path(folder) / f"{sheet.name or 'memo'}.pdf"
        file.write_bytes(exported(sheet.memo, "pdf"))
        plain = Document(Source(sheet.memo.topic, str(file), kind="pdf"), "")
        try:
            first = draw.picture(file, plain, 1, scale=_PREVIEW)
            rest = [
                draw.picture(file, plain, number, scale=_PREVIEW)
                for number in range(2, min(first.pages, _PAGES) + 1)
            ]
        except ReadError as error:
            return markup.error_html(str(error))
    return "".join(
        f'<img class="leaf" alt="'
        f'{word("memo.preview_page", language, page=number, pages=first.pages)}" '
        f'src="data:image/webp;base64,{base64.b64encode(one.image).decode("ascii")}">'
        for number, one in enumerate([first, *rest], start=1)
    )
