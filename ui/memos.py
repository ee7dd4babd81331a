"""The memos that are kept: listed, named, handed out as files, compared, added to."""

from __future__ import annotations

import base64
import contextlib
import json
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.document import Document, Source
from corpus.errors import BriefingError, ReadError, UsageError
from corpus.page_images import PageRenderer
from ui.memo_editor import MemoEditor, open_memo, store_change
from ui.memo_view import difference_html
from ui.notices import error_html
from ui.rendering import rendered
from ui.source import SelectedCitation
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.memo.memo_repository import StoredMemo
    from assistant.memo.values import Memo
    from ui.backend import Backend


# What a browser is told of each format; the first is what most take.
_MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "md": "text/markdown",
    "html": "text/html",
    "csv": "text/csv",
    "zip": "application/zip",
}


FORMATS = tuple(_MEDIA_TYPES)
# Its sources, for programs that keep references.
SOURCE_FORMATS = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl.json": "application/vnd.citationstyles.csl+json",
}


def stored_memos(backend: Backend) -> list[StoredMemo]:
    """Return the memos that are kept, newest first."""
    workspace = backend.workspace()
    return workspace.memos.listed() if workspace else []


def newest_memo(backend: Backend) -> str:
    """Return the id of the newest memo that the analyst had written; "" for none."""
    own = (one.id for one in stored_memos(backend) if not one.problem and not one.sample)
    return next(own, "")


def rename_memo(backend: Backend, name: str, title: str) -> None:
    """Give a memo another title; an empty one, or a memo that is gone, changes nothing."""
    workspace, memo = backend.workspace(), open_memo(backend, name).memo
    title = " ".join(title.split())
    if workspace is None or memo is None or not title:
        return
    now = replace(memo, settings={**memo.settings, "title": title})
    workspace.memos.change(name, memo, now)


def delete_memo(backend: Backend, name: str) -> None:
    """Delete a memo; one that is gone already is no matter."""
    workspace = backend.workspace()
    if workspace is not None and name not in being_written(backend):
        with contextlib.suppress(UsageError):
            workspace.memos.delete(name)


def being_written(backend: Backend) -> frozenset[str]:
    """Return the ids of the memos that are written now: whoever writes them saves them again."""
    unfinished = (*backend.memos.unfinished(), *backend.samples.unfinished())
    latest = (job.latest for job in unfinished)
    return frozenset(one.name for one in latest if one is not None)


def memo_file(backend: Backend, editor: MemoEditor, form: str) -> str:
    """Return a file as JSON {"name", "type", "data" (base64)}; "" where there is no memo."""
    from assistant.memo.evidence_pack import packed
    from assistant.memo.export import exported
    from assistant.memo.withholding import readable_memo
    from assistant.source_references import memo_sources

    workspace = backend.workspace()
    kinds = _MEDIA_TYPES | SOURCE_FORMATS
    if workspace is None or editor.memo is None or form not in kinds:
        return ""
    # It may have been opened before a right was taken back.
    memo = readable_memo(workspace.library, editor.memo)
    cited = sorted({one.document for one in memo.citations})
    workspace.note("export", editor.name, what="memo", form=form, documents=cited)
    if form in SOURCE_FORMATS:
        content = memo_sources(memo, form, workspace.library.bibliography.all())
    elif form == "zip":
        content = packed(workspace, memo)
    else:
        content = exported(_in_memo_language(memo), form)
    return json.dumps(
        {
            "name": f"{editor.name or 'memo'}.{form}",
            "type": kinds[form],
            "data": base64.b64encode(content).decode("ascii"),
        }
    )


def _in_memo_language(memo: Memo) -> Memo:
    """Return a memo with what the program says of it in the memo's own language."""
    found = tuple(
        replace(one, advice=translated(one.advice, memo.language)) for one in memo.findings
    )
    return replace(memo, findings=found, notice=translated(memo.notice, memo.language))


def selected_citation(editor: MemoEditor, _: object, number: object) -> SelectedCitation | None:
    """Return what a marker of the memo points to; None for one that is unknown."""
    memo = editor.memo
    if memo is None:
        return None
    try:
        wanted = int(str(number))
        citation = memo.citation(wanted)
    except (ValueError, KeyError):
        return None
    claims = (line.claim for section in memo.sections for line in section.lines)
    claim = next((one.text for one in claims if wanted in one.citations), "")
    return SelectedCitation(citation, claim, others=memo.citations)


# The section of a template that takes what is found out later.
_ANSWER_SECTION = "what-we-know"


# Pixels a point of a previewed page, and how many pages are shown.
_PREVIEW_SCALE, _PREVIEW_PAGES = 1.3, 12


def destinations(backend: Backend, name: str) -> tuple[list[tuple[str, str]], str]:
    """Return (heading, key) of the sections that take sentences in a memo, and the likeliest key.

    None, and "", for a memo that is gone.
    """
    from assistant.memo.editing import sections_for

    editor = open_memo(backend, name)
    sections = sections_for(editor.memo) if editor.memo else []
    keys = [one.key for one in sections]
    likeliest = _ANSWER_SECTION if _ANSWER_SECTION in keys else next(iter(keys), "")
    return [(one.heading, one.key) for one in sections], likeliest


def add_answer(
    backend: Backend, name: str, section: str, answer: Answer, language: str
) -> tuple[str, str]:
    """Put the cited claims of an answer into a section of a memo.

    Returns the memo's id, "" where nothing was added, and what became of it in words.
    """
    from assistant.memo.editing import with_claims

    workspace, before = backend.workspace(), open_memo(backend, name)
    if workspace is None or before.memo is None:
        return "", word("memo.not_added", language)
    if name in being_written(backend):
        return "", word("memo.being_written", language)
    try:
        now = with_claims(workspace, before.memo, section, answer.claims, answer.citations)
        if now == before.memo:
            return "", word("memo.already_there", language)
        if store_change(workspace, before, now, language).memo != now:
            return "", word("memo.changed_elsewhere", language)
    except BriefingError as error:
        return "", word("library.failed", language, reason=translated(str(error), language))
    heading = next(one.heading for one in now.sections if one.key == section)
    return name, word("memo.added_to", language, topic=now.title, section=heading)


def begin_with_answer(
    backend: Backend, question: str, answer: Answer, language: str
) -> tuple[str, str]:
    """Begin a memo with the cited claims of an answer; what was asked is its topic.

    Returns the memo's id, "" where none was begun, and what became of it in words.
    """
    from assistant.memo.editing import begun_with

    workspace = backend.workspace()
    if workspace is None or not any(one.citations or one.offered for one in answer.claims):
        return "", word("memo.not_added", language)
    try:
        memo = begun_with(
            workspace, " ".join(question.split()), answer.claims, answer.citations,
            created=date.today().isoformat(), language=language,
        )  # fmt: skip
        repository = workspace.memos
        name = repository.new_id(memo)
        repository.save(memo, name)
    except BriefingError as error:
        return "", word("library.failed", language, reason=translated(str(error), language))
    return name, word("memo.begun", language, topic=memo.title)


def comparison_html(backend: Backend, editor: MemoEditor, other: str, language: str) -> str:
    """Return as HTML what changed from another memo in the repository to this one."""
    from assistant.memo.memo_diff import memo_diff

    old = open_memo(backend, other)
    if old.memo is None or editor.memo is None:
        return old.message
    saved = {one.id: one.saved for one in stored_memos(backend)}
    shown = [
        (memo, saved.get(name, memo.created))
        for memo, name in ((old.memo, other), (editor.memo, editor.name))
    ]
    return difference_html(memo_diff(old.memo, editor.memo), shown, language)


def preview_html(editor: MemoEditor, renderer: PageRenderer, language: str) -> str:
    """Return the memo's PDF as drawn pages; "" where there is no memo."""
    from assistant.memo.export import exported

    if editor.memo is None:
        return ""
    with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
        file = Path(folder) / f"{editor.name or 'memo'}.pdf"
        file.write_bytes(exported(editor.memo, "pdf"))
        plain = Document(Source(editor.memo.title, str(file), kind="pdf"), "")
        try:
            first = renderer.picture(file, plain, 1, scale=_PREVIEW_SCALE)
            rest = [
                renderer.picture(file, plain, number, scale=_PREVIEW_SCALE)
                for number in range(2, min(first.pages, _PREVIEW_PAGES) + 1)
            ]
        except ReadError as error:
            return error_html(str(error), language)
    return rendered("page.html", "leaves", language, [first, *rest], first.pages)
