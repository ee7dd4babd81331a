"""What the memo page does, without Gradio: memos written, changed, compared, handed out."""

from __future__ import annotations

import base64
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from corpus.document import Document, Source
from corpus.errors import BriefingError, NothingFound, ReadError, UsageError
from corpus.page_images import PageRenderer
from index.evidence import Evidence
from ui.jobs import Job
from ui.memo_view import difference_html
from ui.notices import error_html
from ui.rendering import rendered
from ui.source import SelectedCitation
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.memo.values import Finding, Memo
    from assistant.workspace import Workspace
    from ui.backend import Backend

# What a browser is told of each format.
_MEDIA_TYPES = {
    "md": "text/markdown",
    "html": "text/html",
    "json": "application/json",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "zip": "application/zip",
}
FORMATS = tuple(_MEDIA_TYPES)


@dataclass(frozen=True, slots=True)
class MemoForm:
    """What the form of the page asks for; every field as it was typed."""

    topic: str
    template: str = "bluf"
    as_of: str = ""
    audience: str = ""
    length: float | None = None
    publishers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoEditor:
    """A memo on the page: its id in the repository, and a line (HTML) where something went wrong.

    `before` is the memo before the last change by hand, `candidates` are passages for the line at
    `at` ("section:line") and `wording` are the words of that line while they are changed, `job` is
    the key of the work that writes it, "" once nothing does.
    """

    memo: Memo | None = None
    name: str = ""
    message: str = ""
    before: Memo | None = None
    candidates: tuple[Evidence, ...] = ()
    at: str = ""
    job: str = ""
    wording: str | None = None


def write_memo(backend: Backend, wanted: MemoForm, language: str = "en") -> Iterator[MemoEditor]:
    """Yield the editor's state as the memo grows; its first finished section is stored at once.

    Closing the iterator stops the work; what was finished stays in the repository.
    """
    from assistant.memo.memo_repository import MemoRepository
    from assistant.memo.writing import Request, write

    workspace = backend.workspace()
    if workspace is None:
        yield MemoEditor(message=error_html(word("memo.opening", language), language))
        return
    editor = MemoEditor()
    try:
        if not wanted.topic.strip():
            raise UsageError(word("memo.no_topic", language))
        repository = MemoRepository(workspace.settings.home)
        request = Request(
            topic=wanted.topic,
            template=wanted.template or "bluf",
            as_of=wanted.as_of.strip(),
            audience=wanted.audience.strip(),
            length=int(wanted.length or 0),
            publishers=wanted.publishers,
            language=language,
        )
        for memo, name in repository.saved_steps(write(workspace, request)):
            editor = MemoEditor(memo, name)
            yield editor
    except NothingFound as error:
        yield MemoEditor(message=error_html(str(error), language))
    except BriefingError as error:
        yield MemoEditor(editor.memo, editor.name, error_html(str(error), language))


def templates(backend: Backend, language: str) -> list[tuple[str, str]]:
    """Return (heading, name) of the templates that a memo may have."""
    from assistant.memo.templates import template_headings

    workspace = backend.workspace()
    headings = template_headings(workspace.settings.home if workspace else None, language)
    often = Counter(headings.values())
    return [
        (f"{heading} ({name})" if often[heading] > 1 else heading, name)
        for name, heading in headings.items()
    ]


def stored_memos(backend: Backend) -> list[tuple[str, str]]:
    """Return (what is shown, id) of the memos that are kept, newest first."""
    from assistant.memo.memo_repository import MemoRepository

    workspace = backend.workspace()
    if workspace is None:
        return []
    return [
        # Of one that cannot be read its id is shown, and why once it is opened.
        (" · ".join(filter(None, (one.topic[:60] or one.id, one.template, one.saved))), one.id)
        for one in MemoRepository(workspace.settings.home).listed()
    ]


def open_memo(backend: Backend, name: str, language: str = "en") -> MemoEditor:
    """Return a memo from the repository."""
    from assistant.memo.memo_repository import MemoRepository

    workspace = backend.workspace()
    if workspace is None:
        return MemoEditor(message=error_html(word("memo.opening", language), language))
    try:
        return MemoEditor(MemoRepository(workspace.settings.home).load(name), name)
    except UsageError as error:
        return MemoEditor(message=error_html(str(error), language))


def finding_key(finding: Finding) -> str:
    """Return what names a finding of the linter between the page and the program."""
    return json.dumps([finding.rule, finding.where])


def accept_finding(
    backend: Backend, editor: MemoEditor, finding: str, reason: str, language: str = "en"
) -> MemoEditor:
    """Accept a finding (see `finding_key`) for a reason; return the editor's state, stored."""
    from assistant.memo.lint import accepted

    workspace = backend.workspace()
    if workspace is None or editor.memo is None:
        return editor
    found = next((one for one in editor.memo.findings if finding_key(one) == finding), None)
    if found is None:
        return editor
    try:
        return store_change(
            workspace, editor, accepted(editor.memo, found.rule, found.where, reason), language
        )
    except BriefingError as error:
        return MemoEditor(editor.memo, editor.name, error_html(str(error), language))


def store_change(workspace: Workspace, editor: MemoEditor, now: Memo, language: str) -> MemoEditor:
    """Put a changed memo in the repository, unless what lies there is not what was changed.

    Then what lies there is returned, with a message that says so. Raises UsageError for a memo
    that is gone.
    """
    from assistant.memo.memo_repository import MemoRepository

    if editor.memo is None or now == editor.memo:
        return replace(editor, message="", candidates=(), at="", wording=None)
    present = MemoRepository(workspace.settings.home).change(editor.name, editor.memo, now)
    if present is not now:
        said = word("memo.changed_elsewhere", language)
        return MemoEditor(present, editor.name, error_html(said, language))
    return MemoEditor(now, editor.name, before=editor.memo)


def reload_memo(backend: Backend, editor: MemoEditor) -> MemoEditor:
    """Return a finished memo as it is stored now; `editor` itself where nothing changed."""
    if editor.memo is None or not editor.memo.complete or editor.job or backend.workspace() is None:
        return editor
    present = open_memo(backend, editor.name)
    return editor if present.memo in (None, editor.memo) else present


def being_written(backend: Backend) -> frozenset[str]:
    """Return the ids of the memos that are written now: whoever writes them saves them again."""
    latest = (job.latest for job in backend.memos.unfinished())
    return frozenset(one.name for one in latest if one is not None)


def start_memo(backend: Backend, wanted: MemoForm, language: str = "en") -> Job[MemoEditor]:
    """Begin to write a memo, in the background; raises UsageError where too many wait."""
    return backend.memos.start(uuid4().hex, lambda: write_memo(backend, wanted, language))


def running_memo(backend: Backend) -> Job[MemoEditor] | None:
    """Return the memo that is being written; None where there is none."""
    return next(iter(backend.memos.unfinished()), None)


def memo_file(backend: Backend, editor: MemoEditor, form: str) -> str:
    """Return a file as JSON {"name", "type", "data" (base64)}; "" where there is no memo."""
    from assistant.memo.evidence_pack import packed
    from assistant.memo.export import exported

    workspace = backend.workspace()
    if workspace is None or editor.memo is None or form not in _MEDIA_TYPES:
        return ""
    content = (
        packed(workspace, editor.memo)
        if form == "zip"
        else exported(_in_memo_language(editor.memo), form)
    )
    return json.dumps(
        {
            "name": f"{editor.name or 'memo'}.{form}",
            "type": _MEDIA_TYPES[form],
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


def apply_action(
    backend: Backend,
    editor: MemoEditor,
    action: str,
    where: str,
    label: object = 0,
    *,
    language: str = "en",
) -> MemoEditor:
    """Return the editor's state after a button beside a line, or undo.

    "up", "down" and "drop" do so with the line, "adopt" takes over a draft, "word" lays out the
    words of the line to be changed, "cite" offers passages for it, "take" cites the one with
    `label`. What changed is kept in the repository; a memo that another window changed meanwhile is
    shown as it is now, unchanged.
    """
    from assistant.memo import editing
    from assistant.memo.lint import adopted
    from assistant.memo.values import GAP

    workspace, memo = backend.workspace(), editor.memo
    if workspace is None or memo is None:
        return editor
    section, _, number = where.rpartition(":")
    line = int(number) if number.isdigit() else 0
    try:
        match action:
            case "up" | "down":
                now = editing.with_line_moved(memo, section, line, -1 if action == "up" else 1)
            case "drop":
                now = editing.without_line(memo, section, line)
            case "adopt":
                now = adopted(memo, where)
            case "word":
                old = editing.editable_line(memo, section, line)
                words = "" if old.role == GAP else old.claim.text
                return replace(editor, at=where, wording=words, candidates=(), message="")
            case "cite":
                candidates = editing.candidate_passages(workspace, memo, section, line)
                return replace(editor, candidates=candidates, at=where, wording=None, message="")
            case "take":
                chosen = next(one for one in editor.candidates if str(one.label) == str(label))
                now = editing.with_other_passage(workspace, memo, section, line, chosen)
            case "undo" if editor.before is not None:
                now = editor.before
            case _:
                return editor
        return store_change(workspace, editor, now, language)
    except (BriefingError, StopIteration) as error:
        said = str(error) or word("memo.none", language)
        return replace(editor, message=error_html(said, language))


def reword_line(backend: Backend, editor: MemoEditor, words: str, language: str) -> MemoEditor:
    """Put other words into the line at `editor.at`, have them checked, and store the memo."""
    from assistant.memo import editing

    workspace, memo = backend.workspace(), editor.memo
    if workspace is None or memo is None or not editor.at:
        return editor
    section, _, number = editor.at.rpartition(":")
    try:
        now = editing.with_line_reworded(workspace, memo, section, int(number), words)
        after = store_change(workspace, editor, now, language)
    except BriefingError as error:
        return replace(editor, message=error_html(str(error), language), wording=words)
    # What was typed is not lost where the memo changed meanwhile.
    return after if after.memo == now else replace(after, at=editor.at, wording=words)


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
) -> tuple[bool, str]:
    """Put the cited claims of an answer into a section of a memo.

    Returns whether something was added, and what became of it in words.
    """
    from assistant.memo.editing import with_claims

    workspace, before = backend.workspace(), open_memo(backend, name)
    if workspace is None or before.memo is None:
        return False, word("memo.not_added", language)
    if name in being_written(backend):
        return False, word("memo.being_written", language)
    try:
        now = with_claims(before.memo, section, answer.claims, answer.citations)
        if now == before.memo:
            return False, word("memo.already_there", language)
        if store_change(workspace, before, now, language).memo != now:
            return False, word("memo.changed_elsewhere", language)
    except BriefingError as error:
        return False, word("library.failed", language, reason=translated(str(error), language))
    heading = next(one.heading for one in now.sections if one.key == section)
    return True, word("memo.added_to", language, topic=now.topic, section=heading)


def comparison_html(backend: Backend, editor: MemoEditor, other: str, language: str) -> str:
    """Return as HTML what changed from another memo in the repository to this one."""
    from assistant.memo.memo_diff import memo_diff

    old = open_memo(backend, other)
    if old.memo is None or editor.memo is None:
        return old.message
    return difference_html(memo_diff(old.memo, editor.memo), language)


def preview_html(editor: MemoEditor, renderer: PageRenderer, language: str) -> str:
    """Return the memo's PDF as drawn pages; "" where there is no memo."""
    from assistant.memo.export import exported

    if editor.memo is None:
        return ""
    with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
        file = Path(folder) / f"{editor.name or 'memo'}.pdf"
        file.write_bytes(exported(editor.memo, "pdf"))
        plain = Document(Source(editor.memo.topic, str(file), kind="pdf"), "")
        try:
            first = renderer.picture(file, plain, 1, scale=_PREVIEW_SCALE)
            rest = [
                renderer.picture(file, plain, number, scale=_PREVIEW_SCALE)
                for number in range(2, min(first.pages, _PREVIEW_PAGES) + 1)
            ]
        except ReadError as error:
            return error_html(str(error), language)
    return rendered("page.html", "leaves", language, [first, *rest], first.pages)
