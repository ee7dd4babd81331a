"""Changing, comparing and previewing a memo on the page, without Gradio."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.document import Document, Source
from corpus.errors import BriefingError, ReadError
from ui import markup
from ui.markup_memo import difference_html
from ui.memos import MemoEditor, being_written, kept, reopened
from ui.source import Drawing
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.answer import Answer
    from ui.backend import Backend

# The section of a template that takes what is found out later.
_TAKES = "what-we-know"
# Pixels a point of a previewed page, and how many pages are shown.
_PREVIEW, _PAGES = 1.3, 12


def changed(
    backend: Backend,
    sheet: MemoEditor,
    act: str,
    where: str,
    label: object = 0,
    *,
    language: str = "en",
) -> MemoEditor:
    """Return the sheet after a button beside a line, or undo.

    "up", "down" and "drop" do so with the line, "adopt" takes over a draft, "word" lays out the
    words of the line to be changed, "cite" offers passages for it, "take" cites the one with
    `label`. What changed is kept in the repository; a memo that another window changed meanwhile is
    shown as it is now, unchanged.
    """
    from assistant.memo import editing
    from assistant.memo.lint import adopted
    from assistant.memo.values import GAP

    workspace, memo = backend.workspace(), sheet.memo
    if workspace is None or memo is None:
        return sheet
    section, _, number = where.rpartition(":")
    line = int(number) if number.isdigit() else 0
    try:
        match act:
            case "up" | "down":
                now = editing.moved(memo, section, line, -1 if act == "up" else 1)
            case "drop":
                now = editing.removed(memo, section, line)
            case "adopt":
                now = adopted(memo, where)
            case "word":
                old = editing.line_at(memo, section, line)
                words = "" if old.role == GAP else old.claim.text
                return replace(sheet, at=where, wording=words, offers=(), message="")
            case "cite":
                offers = editing.offered(workspace, memo, section, line)
                return replace(sheet, offers=offers, at=where, wording=None, message="")
            case "take":
                chosen = next(one for one in sheet.offers if str(one.label) == str(label))
                now = editing.recited(workspace, memo, section, line, chosen)
            case "undo" if sheet.before is not None:
                now = sheet.before
            case _:
                return sheet
        return kept(workspace, sheet, now, language)
    except (BriefingError, StopIteration) as error:
        said = str(error) or word("memo.none", language)
        return replace(sheet, message=markup.error_html(said, language))


def reworded(backend: Backend, sheet: MemoEditor, words: str, language: str) -> MemoEditor:
    """Return the sheet with other words in the line at `sheet.at`, checked and kept."""
    from assistant.memo import editing

    workspace, memo = backend.workspace(), sheet.memo
    if workspace is None or memo is None or not sheet.at:
        return sheet
    section, _, number = sheet.at.rpartition(":")
    try:
        now = editing.reworded(workspace, memo, section, int(number), words)
        after = kept(workspace, sheet, now, language)
    except BriefingError as error:
        return replace(sheet, message=markup.error_html(str(error), language), wording=words)
    # What was typed is not lost where the memo changed meanwhile.
    return after if after.memo == now else replace(after, at=sheet.at, wording=words)


def destinations(backend: Backend, name: str) -> tuple[list[tuple[str, str]], str]:
    """Return (heading, key) of the sections that take sentences in a memo, and the likeliest key.

    None, and "", for a memo that is gone.
    """
    from assistant.memo.editing import sections_for

    sheet = reopened(backend, name)
    sections = sections_for(sheet.memo) if sheet.memo else []
    keys = [one.key for one in sections]
    likeliest = _TAKES if _TAKES in keys else next(iter(keys), "")
    return [(one.heading, one.key) for one in sections], likeliest


def added_to(
    backend: Backend, name: str, section: str, answer: Answer, language: str
) -> tuple[bool, str]:
    """Put the cited claims of an answer into a section of a memo.

    Returns whether something was added, and what became of it in words.
    """
    from assistant.memo.editing import taken

    workspace, before = backend.workspace(), reopened(backend, name)
    if workspace is None or before.memo is None:
        return False, word("memo.not_added", language)
    if name in being_written(backend):
        return False, word("memo.being_written", language)
    try:
        now = taken(before.memo, section, answer.claims, answer.citations)
        if now == before.memo:
            return False, word("memo.already_there", language)
        if kept(workspace, before, now, language).memo != now:
            return False, word("memo.changed_elsewhere", language)
    except BriefingError as error:
        return False, word("library.failed", language, reason=translated(str(error), language))
    heading = next(one.heading for one in now.sections if one.key == section)
    return True, word("memo.added_to", language, topic=now.topic, section=heading)


def compared(backend: Backend, sheet: MemoEditor, other: str, language: str) -> str:
    """Return as HTML what changed from another memo in the repository to this one."""
    from assistant.memo.memo_diff import memo_diff

    old = reopened(backend, other)
    if old.memo is None or sheet.memo is None:
        return old.message
    return difference_html(memo_diff(old.memo, sheet.memo), language)


def pages_of(sheet: MemoEditor, draw: Drawing, language: str) -> str:
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
            return markup.error_html(str(error), language)
    return "".join(
        f'<img class="leaf" alt="'
        f'{word("memo.preview_page", language, page=number, pages=first.pages)}" '
        f'src="data:image/webp;base64,{base64.b64encode(one.image).decode("ascii")}">'
        for number, one in enumerate([first, *rest], start=1)
    )
