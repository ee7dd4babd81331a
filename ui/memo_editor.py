"""A memo as the page holds it while it is edited: each change checked, and kept at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from corpus.errors import BriefingError, UsageError
from index.evidence import Evidence
from ui.notices import error_html
from ui.wording import word

if TYPE_CHECKING:
    from assistant.memo.editing import SecondSource
    from assistant.memo.values import Memo
    from assistant.workspace import Workspace
    from ui.backend import Backend


@dataclass(frozen=True, slots=True)
class MemoEditor:
    """A memo on the page: its id in the repository, and a line (HTML) where something went wrong.

    `before` is the memo before the last change by hand, `candidates` are passages for the line at
    `at` ("section:line"), `seconds` second sources for it, None where none were looked for. `job`
    is the key of the work that writes it, "" once nothing does. `planned` are the (key, heading)
    of the sections that it is to have.
    """

    memo: Memo | None = None
    name: str = ""
    message: str = ""
    before: Memo | None = None
    candidates: tuple[Evidence, ...] = ()
    seconds: tuple[SecondSource, ...] | None = None
    at: str = ""
    job: str = ""
    planned: tuple[tuple[str, str], ...] = ()


def open_memo(backend: Backend, name: str, language: str = "en") -> MemoEditor:
    """Return a memo from the repository."""
    workspace = backend.workspace()
    if workspace is None:
        return MemoEditor(message=error_html(word("memo.opening", language), language))
    try:
        memo = workspace.memos.load(name)
        return MemoEditor(memo, name)
    except UsageError as error:
        return MemoEditor(message=error_html(str(error), language))


def accept_finding(
    backend: Backend, editor: MemoEditor, finding: str, reason: str, language: str = "en"
) -> MemoEditor:
    """Accept a finding, by its number from 0, for a reason; return the editor's state, stored."""
    from assistant.memo.lint import accepted

    workspace = backend.workspace()
    if workspace is None or editor.memo is None:
        return editor
    numbered = {str(number): one for number, one in enumerate(editor.memo.findings)}
    found = numbered.get(finding)
    if found is None:
        return editor
    try:
        return store_change(
            workspace, editor, accepted(editor.memo, found.rule, found.where, reason), language
        )
    except BriefingError as error:
        return replace(editor, message=error_html(str(error), language))


def is_finding_at(editor: MemoEditor, finding: str, where: str) -> bool:
    """Say whether the finding with a number from 0 is one of the line at `where`."""
    findings = editor.memo.findings if editor.memo else ()
    return any(str(at) == finding and one.where == where for at, one in enumerate(findings))


def store_change(workspace: Workspace, editor: MemoEditor, now: Memo, language: str) -> MemoEditor:
    """Put a changed memo in the repository, unless what lies there is not what was changed.

    Then what lies there is returned, with a message that says so. Raises UsageError for a memo
    that is gone.
    """
    if editor.memo is None or now == editor.memo:
        return replace(editor, message="", candidates=(), seconds=None, at="")
    present = workspace.memos.change(editor.name, editor.memo, now)
    if present is not now:
        said = word("memo.changed_elsewhere", language)
        return MemoEditor(present, editor.name, error_html(said, language))
    return MemoEditor(now, editor.name, before=editor.memo, planned=editor.planned)


def place_of_words(editor: MemoEditor, where: str, words: str) -> str:
    """Return where in its section ("section:line") the line with these words stands now.

    `where` is where it stood, "" words are those of a gap. "" for a line that is not there.
    """
    key, _, number = where.rpartition(":")
    section = (
        next((one for one in editor.memo.sections if one.key == key), None) if editor.memo else None
    )
    if section is None:
        return ""
    flat = " ".join(words.split())
    found = [
        str(at)
        for at, line in enumerate(section.lines, 1)
        if ("" if line.role == "gap" else " ".join(line.claim.text.split())) == flat
    ]
    if number in found:
        return where
    # Gaps are all alike: of another than that which stood there nothing is known.
    return f"{key}:{found[0]}" if len(found) == 1 and flat else ""


def reload_memo(backend: Backend, editor: MemoEditor) -> MemoEditor:
    """Return a finished memo as it is stored now; `editor` itself where nothing changed."""
    if editor.memo is None or not editor.memo.complete or editor.job or backend.workspace() is None:
        return editor
    present = open_memo(backend, editor.name)
    return editor if present.memo in (None, editor.memo) else present


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

    "up", "down" and "drop" do so with the line, "adopt" takes over a draft, "cite" offers passages
    for it and "take" cites the one with `label`; "second" looks for a second source and "also"
    cites that with `label` beside the first; "leave" puts the offers away. What changed is kept in
    the repository; a memo that another window changed meanwhile is shown as it is now, unchanged.
    """
    workspace, memo = backend.workspace(), editor.memo
    if workspace is None or memo is None:
        return editor
    section, _, number = where.rpartition(":")
    line = int(number) if number.isdigit() else 0
    cleared = replace(editor, message="", candidates=(), seconds=None, at="")
    if action == "leave":
        return cleared
    try:
        if action in _OFFERS:
            return replace(cleared, at=where, **_OFFERS[action](workspace, memo, section, line))
        now = _changed(workspace, editor, action, (section, line), str(label))
        return store_change(workspace, editor, now, language) if now is not None else editor
    except (BriefingError, StopIteration, IndexError, ValueError) as error:
        reason = str(error) if isinstance(error, BriefingError) else word("memo.none", language)
        return replace(cleared, message=error_html(reason, language))


def _candidates(workspace: Workspace, memo: Memo, section: str, line: int) -> dict[str, Any]:
    from assistant.memo.editing import candidate_passages

    return {"candidates": candidate_passages(workspace, memo, section, line)}


def _seconds(workspace: Workspace, memo: Memo, section: str, line: int) -> dict[str, Any]:
    from assistant.memo.editing import second_sources

    return {"seconds": tuple(second_sources(workspace, memo, section, line))}


# What only offers something, and changes nothing yet.
_OFFERS: dict[str, Callable[..., dict[str, Any]]] = {"cite": _candidates, "second": _seconds}


def _changed(
    workspace: Workspace, editor: MemoEditor, action: str, place: tuple[str, int], label: str
) -> Memo | None:
    """Return the memo after a change of a line; None where nothing is to be changed."""
    from assistant.memo import editing
    from assistant.memo.lint import adopted

    memo = editor.memo
    if memo is None or (action == "undo" and editor.before is None):
        return None
    match action:
        case "undo":
            return editor.before
        case "up" | "down":
            return editing.with_line_moved(memo, *place, -1 if action == "up" else 1)
        case "drop":
            return editing.without_line(memo, *place)
        case "adopt":
            return adopted(memo, f"{place[0]}:{place[1]}")
        case "take":
            chosen = next(one for one in editor.candidates if str(one.label) == label)
            return editing.with_other_passage(workspace, memo, *place, chosen)
        case "also":
            second = (editor.seconds or ())[int(label)]
            return editing.with_second_source(workspace, memo, *place, second)
    return None


def reword_line(
    backend: Backend, editor: MemoEditor, where: str, words: str, language: str
) -> MemoEditor:
    """Put other words into a line, have them checked, and store the memo."""
    from assistant.memo import editing

    workspace, memo = backend.workspace(), editor.memo
    if workspace is None or memo is None:
        return editor
    section, _, number = where.rpartition(":")
    try:
        line = int(number) if number.isdigit() else 0
        now = editing.with_line_reworded(workspace, memo, section, line, words)
        return store_change(workspace, editor, now, language)
    except BriefingError as error:
        return replace(editor, message=error_html(str(error), language))
