"""The memo page: asked for, written as one watches, edited in place, handed out; in a browser."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.answer import Answer, Claim
from assistant.memo.editing import sections_for
from assistant.memo.lint import lint
from assistant.memo.memo_repository import MemoRepository
from assistant.memo.templates import template_text
from assistant.memo.values import EVIDENCE, GAP, Memo
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import serving
from corpus.access import ANYONE, Asker
from corpus.errors import NothingFound, StorageError
from index.folder_walk import files_below
from tests.browser import GRADIO_WARNS, browser_test
from tests.memos import MEMO
from tests.test_assistant_memo_writing import PORT, ROAD
from tests.test_ui_page import EXAMPLES, Harbour, chromium, page
from ui import memo_writing, memos
from ui.memo_editor import (
    MemoEditor,
    accept_finding,
    apply_action,
    open_memo,
    place_of_words,
    reload_memo,
    reword_line,
)
from ui.memo_view import memo_html, sections_html
from ui.memo_writing import MemoForm, write_memo
from ui.page_chat_events import Watcher
from ui.page_memo_events import MemoEvents, MemoParts, list_html

__all__ = ["chromium", "page"]

pytestmark = GRADIO_WARNS


class Office(Harbour):
    """A place with a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.library.conversations)
        self._workspace = workspace

    def workspace(self, engine: str = "") -> Any:
        return self._workspace

    def asker(self) -> Asker:
        return ANYONE


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    (folder / "articles").mkdir()
    with_themes = f"---\ntheme: landscape\n---\n{PORT}"
    (folder / "articles" / "port.md").write_text(with_themes, encoding="utf-8")
    (folder / "articles" / "road.md").write_text(ROAD, encoding="utf-8")
    settings = Settings(home=folder / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as workspace:
        list(workspace.add(files_below([folder / "articles"])))
        yield Office(workspace)


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    with serving(office, EXAMPLES, 17930) as served:
        yield served


def written(office: Office, topic: str = "The port of Lund") -> tuple[MemoEditor, Memo]:
    """Return a finished memo on a topic, as the page holds it."""
    *_, editor = write_memo(office, MemoForm(topic))
    assert editor.memo is not None and editor.memo.complete, editor.message
    return editor, editor.memo


def place_of(memo: Memo, role: str = EVIDENCE) -> tuple[str, int]:
    """Return the section and number of the first line of a role."""
    return next(
        (one.key, number)
        for one in memo.sections
        for number, line in enumerate(one.lines, 1)
        if line.role == role
    )


def test_a_memo_grows_and_is_kept(office: Office) -> None:
    """Section by section, each in the repository; the last is complete and can be opened again."""
    sheets = list(write_memo(office, MemoForm("The port of Lund")))
    counts = [len(one.memo.sections) for one in sheets if one.memo]
    assert counts == sorted(counts) and counts[-1] == 10
    final = sheets[-1]
    assert final.memo is not None and final.memo.complete and not final.message
    assert open_memo(office, final.name).memo == final.memo
    assert final.name in {one.id for one in memos.stored_memos(office)}
    growing = replace(sheets[len(sheets) // 2], job="1")
    listed = sections_html(growing, "en")
    assert "finished" in listed and "to come" in listed and "Sources" in listed
    assert "finished" not in sections_html(final, "en")


def test_the_page_shows_the_forms_with_their_length_and_questions(office: Office) -> None:
    """In the language of the page; one of the user's own too, with a library or before it opens."""
    folder = office.workspace().settings.home / "templates"
    folder.mkdir()
    own = folder / "weekly.toml"
    own.write_text('heading = "The week"\n[[section]]\nheading = "Log"\nkind = "log"\n')
    listed = {one.name: one for one in memo_writing.forms(office, "en")}
    assert listed["weekly"].heading == "The week" and len(listed) == 4
    short = listed["bluf"]
    assert (short.heading, short.pages, short.words) == ("Bottom line up front", "1–2", 700)
    assert short.about and short.shape
    assert "结论先行" in {one.heading for one in memo_writing.forms(Harbour(), "zh")}
    # A copy keeps its heading: both then say which they are.
    (folder / "mine.toml").write_text(template_text("bluf", folder.parent), encoding="utf-8")
    headings = {one.heading for one in memo_writing.forms(office, "en")}
    assert {"Bottom line up front (mine)", "Bottom line up front (bluf)"} <= headings
    for file in (folder / "mine.toml", own):
        file.unlink()
    folder.rmdir()
    planned = memo_writing.planned_questions(office, "The port of Lund", "bluf", "en")
    assert planned[0].questions == ("The port of Lund",)
    assert not memo_writing.planned_questions(office, "  ", "bluf", "en")


def test_what_goes_wrong_is_said_beside_the_memo(office: Office) -> None:
    """An empty topic, one the library knows nothing of, a memo that is gone, no library yet."""
    for topic in ("", "Quantum chess in Bolivia"):
        *_, editor = write_memo(office, MemoForm(topic))
        assert "That did not work" in editor.message
    assert "no memo" in open_memo(office, "gone").message
    *_, editor = write_memo(Harbour(), MemoForm("The port of Lund"))
    assert "still opening" in editor.message


def test_a_note_in_the_margin_is_plain_and_can_be_accepted(office: Office) -> None:
    """With a reason or without; no name of a rule stands on the page."""
    editor, memo = written(office)
    html = memo_html(editor)
    assert "only one source says so" in html and "Find a second source" in html
    for hidden in ("single-source-judgment", "linter", "bluf:1<", "extractive"):
        assert hidden not in html.replace('data-at="bluf:1"', ""), hidden
    number, one = next(
        pair for pair in enumerate(memo.findings) if pair[1].rule == "single-source-judgment"
    )
    for reason, kept in (("agreed", "agreed"), (" ", "–")):
        after = accept_finding(office, open_memo(office, editor.name), str(number), reason)
        assert after.memo is not None
        found = next(two for two in after.memo.findings if two.where == one.where)
        assert found.accepted == kept
        shown = memo_html(after)
        # It leaves the margin, and stands below with the reason that was given.
        assert shown.count('class="remark"') < html.count('class="remark"')
        assert ("you wrote: agreed" in shown) == (kept == "agreed")
        assert apply_action(office, after, "undo", "").memo == memo


def test_files_are_handed_to_the_page_itself(office: Office) -> None:
    """Nothing is left in a cache; the evidence pack holds the memo in each format."""
    editor, _ = written(office)
    given = json.loads(memos.memo_file(office, editor, "zip"))
    names = zipfile.ZipFile(io.BytesIO(base64.b64decode(given["data"]))).namelist()
    assert {"memo.docx", "memo.pdf", "memo.json", "manifest.json", "passages.json"} <= set(names)
    assert memos.FORMATS[0] == "docx"
    assert (
        memos.memo_file(office, MemoEditor(), "docx")
        == memos.memo_file(office, editor, "exe")
        == ""
    )


def test_lines_are_changed_by_hand_and_kept(office: Office) -> None:
    """Removed and brought back, cited to an offered passage, compared with the memo before."""
    editor, memo = written(office)
    key, first = place_of(memo)
    at, lines = f"{key}:{first}", next(one.lines for one in memo.sections if one.key == key)
    less = apply_action(office, editor, "drop", at)
    repository = office.workspace().memos
    assert less.memo is not None and repository.load(editor.name) == less.memo != memo
    assert apply_action(office, less, "undo", "").memo == memo
    choosing = apply_action(office, editor, "cite", at)
    assert choosing.candidates and 'data-act="take"' in memo_html(choosing)
    assert 'data-act="take"' not in memo_html(apply_action(office, choosing, "leave", at))
    taken = apply_action(office, choosing, "take", at, choosing.candidates[0].label)
    assert taken.memo is not None and not taken.candidates
    assert "did not work" in apply_action(office, editor, "drop", f"{key}:99").message
    assert "Nothing was found" in apply_action(office, editor, "also", at, "7").message
    editor = apply_action(office, taken, "undo", "")
    looked = apply_action(office, editor, "second", at)
    assert looked.seconds is not None and 'class="offers"' in memo_html(looked)
    worded = reword_line(office, editor, at, "The port of Lund is new.", "en")
    assert worded.memo is not None and worded.before == editor.memo
    assert "changed meanwhile" in reword_line(office, editor, at, "It is new.", "en").message
    assert apply_action(office, worded, "undo", "").memo == editor.memo
    assert "write a sentence" in reword_line(office, editor, at, " ", "en").message
    other = repository.new_id(memo)
    repository.save(less.memo, other)
    compared = memos.comparison_html(office, editor, other, "en")
    assert lines[first - 1].claim.text[:30] in compared and f"({key})" not in compared
    assert key in [one.key for one in sections_for(memo)]


def test_a_gap_is_a_field_and_what_is_left_out_can_be_filled(office: Office) -> None:
    """Empty on the paper; what is written there is the analyst's, and its section is there."""
    editor, memo = written(office)
    html = memo_html(editor)
    assert 'class="words field"' in html and "Your judgment:" in html
    key, number = next(
        (section.key, at)
        for section in memo.sections
        for at, line in enumerate(section.lines, 1)
        if line.role == GAP and f'<section data-section="{section.key}">' not in html
    )
    assert "Left out" in html and f'data-at="{key}:{number}"' in html
    after = reword_line(office, editor, f"{key}:{number}", "Trade will likely grow.", "en")
    assert f'<section data-section="{key}">' in memo_html(after)


def test_a_memo_that_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    """Neither by a change of a line nor by accepting a finding: it is shown as it is now."""
    editor, memo = written(office)
    assert memo.findings and reload_memo(office, editor) is editor
    key, at = place_of(memo)
    now = apply_action(office, editor, "drop", f"{key}:{at}")
    for later in (
        apply_action(office, editor, "drop", f"{key}:{at}"),
        accept_finding(office, editor, "0", "agreed"),
    ):
        assert "changed meanwhile" in later.message and later.memo == now.memo
    assert office.workspace().memos.load(editor.name) == now.memo
    assert reload_memo(office, editor).memo == now.memo


def test_memos_are_listed_by_day_named_and_deleted(office: Office) -> None:
    """The newest first; another title is kept; one that is written now is not deleted."""
    editor, _ = written(office)
    listed = list_html(memos.stored_memos(office), editor.name, "en")
    assert "Today" in listed and 'aria-current="true"' in listed
    memos.rename_memo(office, editor.name, "  Ports  and us ")
    renamed = open_memo(office, editor.name).memo
    assert renamed is not None and renamed.title == "Ports and us"
    assert renamed.topic == "The port of Lund"
    assert "Ports and us" in list_html(memos.stored_memos(office), "", "en")
    memos.delete_memo(office, editor.name)
    assert editor.name not in {one.id for one in memos.stored_memos(office)}
    memos.delete_memo(office, editor.name)


class Browser:
    """What a handler asks of a request."""

    def __init__(self) -> None:
        self.headers = {"accept-language": "en"}


def events_of(office: Office) -> MemoEvents:
    """Return the handlers, each component told by the name of its field."""
    names: Any = {field.name: field.name for field in fields(MemoParts)}
    return MemoEvents(office, MemoParts(**names))


class Pressed:
    """What a press on the page sends."""

    def __init__(self, **data: str) -> None:
        self._data = data


def test_each_window_follows_and_stops_its_own_memo(office: Office) -> None:
    """The second waits for the first; stopping it leaves the first alone."""
    events, request = events_of(office), cast(Any, Browser())
    windows = [
        events.write(Watcher(), "", topic, "bluf", None, None, None, None, "", request)
        for topic in ("The port of Lund", "The port of Lund in 2025")
    ]
    first, second = (next(window)["editor"] for window in windows)
    assert first.job and second.job and first.job != second.job
    events.press(Watcher(), second, request, cast(Any, Pressed(act="stop")))
    # The last step of each changes nothing: Gradio sends it again.
    *_, last, _ = windows[0]
    assert last["editor"].memo is not None and last["editor"].memo.complete
    assert last["editor"].memo.topic == "The port of Lund" and not last["editor"].job
    *_, stopped, _ = windows[1]
    assert "Nothing was kept" in stopped["message"] and stopped["editor"].memo is None


def test_another_memo_that_is_opened_stays_open(office: Office) -> None:
    """The one that is being written goes on behind the page and draws nothing more."""
    kept, _ = written(office, "The port of Lund")
    events, request, watcher = events_of(office), cast(Any, Browser()), Watcher()
    topic = "The port of Lund in 2025"
    following = events.write(watcher, "", topic, "bluf", None, None, None, None, "", request)
    job = memo_writing.job_named(office, next(following)["editor"].job)
    assert job is not None
    opening = cast(Any, Pressed(act="open", id=kept.name))
    opened = events.listed(watcher, request, opening)
    assert opened["editor"].memo == kept.memo and opened["source_kept"] is None
    steps = list(following)
    assert [set(one) for one in steps] == [{"editor"}] and not hasattr(steps[0]["editor"], "memo")
    assert job.wait(60) and not job.cancelled


def test_a_memo_is_written_by_the_engine_of_the_window_that_began_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is bound before its turn comes: who answers then may send text elsewhere."""
    asked: list[str] = []

    def workspace(engine: str = "") -> Any:
        asked.append(engine)
        return office._workspace

    monkeypatch.setattr(office, "workspace", workspace)
    turn = threading.Event()
    held = office.memos.start("held", lambda: iter([turn.wait(60)]))
    job = memo_writing.start_memo(office, MemoForm("The port of Lund"), "en", "local:mine")
    again = memo_writing.start_memo(office, MemoForm("The port of Lund"), "en", "local:mine")
    assert again is job and asked == ["local:mine"]
    turn.set()
    assert held.wait(60) and job.wait(60)
    assert asked == ["local:mine"]
    stopped = stopped_memo(office)
    asked.clear()
    job = memo_writing.resume_memo(office, stopped.name, "en", "local:mine")
    # Pressed again, or in another window, it is the same work, also while it waits.
    assert memo_writing.resume_memo(office, stopped.name, "en", "local:mine") is job
    assert stopped.name in memos.being_written(office)
    assert job.wait(60) and set(asked) <= {"local:mine", ""} and "local:mine" in asked


def test_the_sample_keeps_no_memo_waiting(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written in a line of its own, and waits for the memos of the user."""
    turn = threading.Event()
    held = office.samples.start("held", lambda: iter([turn.wait(60)]))
    assert memo_writing.start_memo(office, MemoForm("The port of Lund")).wait(60)
    assert not held.ended
    turn.set()
    assert held.wait(60)


def test_an_undo_that_failed_can_be_tried_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its button stays."""
    editor, memo = written(office)
    key, line = place_of(memo)
    changed = apply_action(office, editor, "drop", f"{key}:{line}")

    def full(*_: object) -> None:
        raise StorageError("no space")

    events, request = events_of(office), cast(Any, Browser())
    with monkeypatch.context() as patch:
        patch.setattr(MemoRepository, "_store", full)
        failed = events.press(Watcher(), changed, request, cast(Any, Pressed(act="undo")))
    assert "no space" in failed["message"] and 'data-act="undo"' in failed["tools"]
    undone = events.press(Watcher(), failed["editor"], request, cast(Any, Pressed(act="undo")))
    assert undone["editor"].memo == memo and 'data-act="undo"' not in undone["tools"]


def test_a_change_is_of_the_line_with_those_words(office: Office) -> None:
    """A change before it may have moved the line; what stands there now is left alone."""
    editor, memo = written(office)
    section = next(one for one in memo.sections if len(one.lines) > 1 and not one.shows)
    words = section.lines[1].claim.text
    gone = apply_action(office, editor, "drop", f"{section.key}:1")
    assert place_of_words(gone, f"{section.key}:2", words) == f"{section.key}:1"
    assert not place_of_words(gone, f"{section.key}:1", section.lines[0].claim.text)


def test_a_kept_memo_survives_that_nothing_is_found_when_it_goes_on(office: Office) -> None:
    """Only what this run began is taken away again."""
    name = stopped_memo(office).name

    def nothing() -> Iterator[Memo]:
        raise NothingFound("nothing")
        yield

    repository = office.workspace().memos
    with pytest.raises(NothingFound):
        list(repository.saved_steps(nothing(), name))
    assert repository.load(name).topic == "The port of Lund"


def stopped_memo(office: Office) -> MemoEditor:
    """Return a memo that was stopped after its third section, as it lies in the repository."""
    for editor in write_memo(office, MemoForm("The port of Lund")):
        if editor.memo is not None and len(editor.memo.sections) == 3:
            break
    kept = open_memo(office, editor.name)
    return replace(kept, planned=editor.planned)


def test_a_stopped_memo_says_so_and_goes_on(office: Office) -> None:
    """In words and numbers; to its end, or ended with what it has."""
    editor = stopped_memo(office)
    html = memo_html(editor)
    assert "Stopped after 3 of 9 sections." in html and 'data-act="resume"' in html
    job = memo_writing.resume_memo(office, editor.name)
    assert job.wait(60)
    now = open_memo(office, editor.name).memo
    assert now is not None and now.complete and len(now.sections) == 10
    short = stopped_memo(office)
    assert memo_writing.resume_memo(office, short.name, shorter=True).wait(60)
    ended = open_memo(office, short.name).memo
    assert ended is not None and ended.complete
    assert [one.key for one in ended.sections] == ["bluf", "what-we-know", "disputes", "sources"]


def test_an_answer_is_added_to_a_memo(office: Office) -> None:
    """Its cited sentences go in once, under the heading that was chosen."""
    editor, memo = written(office)
    claim = Claim("The port of Lund has a pilot of its own.", (1,), "supported")
    answer = Answer("?", "answered", (claim,), memo.citations[:1])
    choices, likeliest = memos.destinations(office, editor.name)
    assert likeliest == "what-we-know" and len(choices) > 2
    heading, key = next(one for one in choices if one[1] != likeliest)
    done, said = memos.add_answer(office, editor.name, key, answer, "en")
    assert (
        done == editor.name and said.startswith("Added to “The port of Lund”") and heading in said
    )
    now = open_memo(office, editor.name).memo
    assert now is not None
    section = next(one for one in now.sections if one.key == key)
    assert section.lines[-1].claim.text == claim.text
    fresh = replace(answer, claims=(replace(claim, text="New."),))
    for name, place, given, why in (
        (editor.name, key, answer, "already"),
        (editor.name, "gone", fresh, "no section"),
        ("gone", key, answer, "could not"),
    ):
        done, said = memos.add_answer(office, name, place, given, "en")
        assert not done and why in said
    assert memos.destinations(office, "gone") == ([], "")


def test_a_memo_can_begin_with_an_answer(office: Office) -> None:
    """What was asked is its topic; an answer without a source begins none."""
    _, memo = written(office)
    claim = Claim("The port of Lund has a pilot of its own.", (1,), "supported")
    answer = Answer("?", "answered", (claim,), memo.citations[:1])
    done, said = memos.begin_with_answer(office, "Who pilots in Lund?", answer, "en")
    assert done and "Who pilots in Lund?" in said
    newest = open_memo(office, memos.newest_memo(office))
    assert claim.text in memo_html(newest) and "Stopped" not in memo_html(newest)
    done, said = memos.begin_with_answer(office, "Who?", Answer("?", "declined"), "en")
    assert not done and "could not" in said


@browser_test
def test_add_to_memo_asks_where(page: Any, office: Office) -> None:
    """The newest memo is offered; what was added stands on the memo page when it is chosen."""
    written(office)
    page.reload()
    page.get_by_role("tab", name="Memo").click()
    page.locator("#memo-list a.talk").first.click()
    page.wait_for_selector("#memo .line")
    count = page.locator("#memo .line").count()
    page.get_by_role("tab", name="Ask").click()
    page.fill("#question textarea", "How many ships?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add to memo").click()
    page.wait_for_selector("#into")
    assert "The port of Lund" in page.input_value("#into-memo input")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Added to “The port of Lund”").wait_for()
    assert not page.is_visible("#into")
    page.get_by_role("tab", name="Memo").click()
    page.wait_for_function(f"document.querySelectorAll('#memo .line').length > {count}")


def test_a_memo_that_is_being_written_takes_no_answer(office: Office) -> None:
    """Whoever writes it saves it again."""
    go = threading.Event()

    def held() -> Iterator[MemoEditor]:
        for editor in write_memo(office, MemoForm("The port of Lund")):
            yield editor
            if editor.memo is not None and len(editor.memo.sections) == 2:
                assert go.wait(60)
                return

    job = office.memos.start("held", held)
    for editor in job.watch():
        if editor.memo is not None and len(editor.memo.sections) == 2:
            break
    assert editor.memo is not None and memos.being_written(office) == {editor.name}
    claim = Claim("The port of Lund has a pilot of its own.", (1,), "supported")
    answer = Answer("?", "answered", (claim,), editor.memo.citations[:1])
    done, said = memos.add_answer(office, editor.name, editor.memo.sections[0].key, answer, "en")
    assert not done and "still being written" in said
    go.set()
    assert job.wait(60) and not memos.being_written(office)
    growing, left = memo_html(replace(editor, job="held")), memo_html(editor)
    assert 'class="growing"' in growing and "Stopped after" not in growing
    assert 'class="growing"' not in left and "Stopped after 1 of 9" in left
    assert reload_memo(office, editor) is editor


def test_nothing_of_a_document_is_rendered_in_a_memo() -> None:
    """Markup in sentences, titles and advice is text."""
    html = memo_html(MemoEditor(replace(MEMO, findings=lint(MEMO)), "x"))
    assert "<script" not in html and "<b>Vik" not in html and "&lt;b&gt;Vik" in html
    assert html.count('class="memo-cite"') > 8 and "an update, no disagreement" in html
    assert html.count("<time ") == 2 and html.count("other dates given") == 1


@browser_test
def test_a_memo_is_written_edited_in_place_and_downloaded(
    page: Any, office: Office, tmp_path: Path
) -> None:
    """From the questions to DOCX: by mouse and by keyboard; a reload loses nothing."""
    page.get_by_role("tab", name="Memo").click()
    page.click("#memo-anew")
    page.get_by_role("radio", name="Issues and options").wait_for()
    assert page.locator("[role=radio][aria-checked=true]").inner_text().startswith("Bottom line")
    page.fill("#topic textarea", "The port of Lund in winter")
    page.keyboard.press("Enter")
    page.get_by_label("Question 1 of Bottom line").fill("How many ships did the port of Lund see?")
    page.get_by_role("button", name="Write the memo").click()
    # Until then the newest of the memos that are kept is open.
    page.wait_for_function("document.querySelector('#memo h2')?.innerText.includes('winter')")
    page.wait_for_selector("#memo [data-editable] .line")
    page.get_by_text("stand in their sources").wait_for()
    stored = open_memo(office, memos.newest_memo(office)).memo
    assert stored is not None
    assert stored.settings["questions"]["bluf"] == ["How many ships did the port of Lund see?"]  # type: ignore[index]
    count = page.locator("#memo .line").count()
    line = page.locator("#memo .line.evidence").first
    line.focus()
    line.get_by_role("button", name="Remove this line").click()
    page.wait_for_function(f"document.querySelectorAll('#memo .line').length < {count}")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function(f"document.querySelectorAll('#memo .line').length == {count}")
    before = line.locator(".words").inner_text()
    line.focus()
    page.keyboard.press("Enter")
    page.keyboard.type(" It closed in 1871.")
    page.keyboard.press("Escape")
    assert line.locator(".words").inner_text() == before
    page.keyboard.press("Enter")
    page.keyboard.type(" It closed in 1871.")
    page.keyboard.press("Enter")
    # What the sources do not say is told beside the line.
    page.wait_for_function("document.querySelector('#memo .margin')?.innerText.includes('1871')")
    assert page.evaluate("document.activeElement.classList.contains('line')")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("!document.querySelector('#memo').innerText.includes('1871')")
    gap = page.locator("#memo .line.gap").first
    gap.locator(".words").click()
    page.keyboard.type("The port will likely grow.")
    page.keyboard.press("Enter")
    page.locator("#memo .line.judgment", has_text="likely grow").wait_for()
    line.focus()
    line.get_by_role("button", name="Give another source").click()
    # Who chose by keyboard goes on among the passages.
    page.wait_for_function("document.activeElement.dataset.act === 'take'")
    page.keyboard.press("Escape")
    page.wait_for_selector("#memo .offers", state="detached")
    page.locator("#memo a.memo-cite").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#memo-source mark")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Word").click()
    file = saved.value.path()
    assert saved.value.suggested_filename.endswith(".docx") and zipfile.is_zipfile(file)
    page.reload()
    page.get_by_role("tab", name="Memo").click()
    page.wait_for_selector("#memo a.memo-cite")
    assert "winter" in page.inner_text("#memo h2")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
