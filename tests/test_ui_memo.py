"""The memo page: written as one watches, sources beside it, files, earlier memos; in a browser."""

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
from assistant.memo.memo_repository import MemoRepository
from assistant.memo.templates import template_text
from assistant.memo.values import EVIDENCE
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import serving
from index.ingest import files_below
from tests.browser import GRADIO_WARNS, browser_test
from tests.memos import MEMO
from tests.test_assistant_memo_writing import PORT, ROAD
from tests.test_ui_page import EXAMPLES, Harbour, chromium, page
from ui import memos
from ui.memo_view import candidates_html, findings_html, memo_html
from ui.memos import MemoEditor, MemoForm
from ui.page_memo import MemoEvents, MemoParts

__all__ = ["chromium", "page"]

pytestmark = GRADIO_WARNS


class Office(Harbour):
    """A place with a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.library.conversations)
        self._workspace = workspace

    def workspace(self) -> Any:
        return self._workspace


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


def test_a_memo_grows_and_is_kept(office: Office) -> None:
    """Section by section, each in the repository; the last is complete and can be opened again."""
    sheets = list(memos.write_memo(office, MemoForm("The port of Lund")))
    counts = [len(one.memo.sections) for one in sheets if one.memo]
    assert counts == sorted(counts) and counts[-1] == 10
    final = sheets[-1]
    assert final.memo is not None and final.memo.complete and not final.message
    assert memos.open_memo(office, final.name).memo == final.memo
    assert final.name in {name for _, name in memos.stored_memos(office)}


def test_the_page_lists_the_templates_by_what_they_are_called(office: Office) -> None:
    """In the language of the page; one of the user's own too, with a library or before it opens."""
    folder = office.workspace().settings.home / "templates"
    folder.mkdir()
    own = folder / "weekly.toml"
    own.write_text('heading = "The week"\n[[section]]\nheading = "Log"\nkind = "log"\n')
    listed = memos.templates(office, "en")
    assert listed[0] == ("The week", "weekly")
    assert ("Bottom line up front, one to two pages", "bluf") in listed and len(listed) == 4
    assert ("结论先行，一至两页", "bluf") in memos.templates(Harbour(), "zh")
    # A copy keeps its heading: both then say which they are.
    (folder / "mine.toml").write_text(template_text("bluf", folder.parent), encoding="utf-8")
    listed = memos.templates(office, "en")
    assert ("Bottom line up front, one to two pages (mine)", "mine") in listed
    assert ("Bottom line up front, one to two pages (bluf)", "bluf") in listed
    (folder / "mine.toml").unlink()
    own.unlink()
    folder.rmdir()


def test_what_goes_wrong_is_said_beside_the_memo(office: Office) -> None:
    """An empty topic, one the library knows nothing of, a memo that is gone, no library yet."""
    for topic in ("", "Quantum chess in Bolivia"):
        *_, editor = memos.write_memo(office, MemoForm(topic))
        assert "That did not work" in editor.message
    assert "no memo" in memos.open_memo(office, "gone").message
    *_, editor = memos.write_memo(Harbour(), MemoForm("The port of Lund"))
    assert "still opening" in editor.message


def test_findings_can_be_accepted_with_a_reason(office: Office) -> None:
    """The reason is in the repository; without one nothing is accepted."""
    *_, editor = memos.write_memo(office, MemoForm("The port of Lund"))
    assert editor.memo is not None
    one = editor.memo.findings[0]
    place = memos.finding_key(one)
    assert "give a reason" in memos.accept_finding(office, editor, place, " ").message
    after = memos.accept_finding(office, editor, place, "agreed")
    assert after.memo is not None and after.memo.findings[0].accepted == "agreed"
    kept = MemoRepository(office.workspace().settings.home).load(editor.name)
    assert kept.findings[0].accepted == "agreed"


def test_files_are_handed_to_the_page_itself(office: Office) -> None:
    """Nothing is left in a cache; the evidence pack holds the memo in each format."""
    *_, editor = memos.write_memo(office, MemoForm("The port of Lund"))
    given = json.loads(memos.memo_file(office, editor, "zip"))
    names = zipfile.ZipFile(io.BytesIO(base64.b64decode(given["data"]))).namelist()
    assert {"memo.docx", "memo.pdf", "memo.json", "manifest.json", "passages.json"} <= set(names)
    assert (
        memos.memo_file(office, MemoEditor(), "docx")
        == memos.memo_file(office, editor, "exe")
        == ""
    )


def test_lines_are_changed_by_hand_and_kept(office: Office) -> None:
    """Removed and brought back, cited to an offered passage, compared with the memo before."""
    *_, editor = memos.write_memo(office, MemoForm("The port of Lund"))
    assert editor.memo is not None
    key, lines = next((one.key, one.lines) for one in editor.memo.sections if one.lines)
    first = next(n for n, line in enumerate(lines, 1) if line.role == EVIDENCE)
    less = memos.apply_action(office, editor, "drop", f"{key}:{first}")
    repository = MemoRepository(office.workspace().settings.home)
    assert less.memo is not None and repository.load(editor.name) == less.memo != editor.memo
    assert memos.apply_action(office, less, "undo", "").memo == editor.memo
    choosing = memos.apply_action(office, editor, "cite", f"{key}:{first}")
    assert choosing.candidates and "data-label" in candidates_html(
        choosing.candidates, choosing.at, "en"
    )
    taken = memos.apply_action(office, choosing, "take", choosing.at, choosing.candidates[0].label)
    assert taken.memo is not None and not taken.candidates
    assert "did not work" in memos.apply_action(office, editor, "drop", f"{key}:99").message
    editor = memos.apply_action(office, taken, "undo", "")
    writing = memos.apply_action(office, editor, "word", f"{key}:{first}")
    assert writing.wording == lines[first - 1].claim.text
    worded = memos.reword_line(office, writing, "The port of Lund is new.", "en")
    assert worded.wording is None and worded.memo is not None and worded.before == editor.memo
    assert memos.apply_action(office, worded, "undo", "").memo == editor.memo
    late = memos.reword_line(office, replace(writing, memo=less.memo), "It is new.", "en")
    assert late.wording == "It is new." and "changed meanwhile" in late.message
    empty = memos.reword_line(office, writing, " ", "en")
    assert "write a sentence" in empty.message and empty.wording == " "
    other = repository.new_id(editor.memo)
    repository.save(less.memo, other)
    assert lines[first - 1].claim.text[:30] in memos.comparison_html(office, editor, other, "en")
    assert key in [one.key for one in sections_for(editor.memo)]


def test_a_memo_that_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    """Neither by a change of a line nor by accepting a finding: it is shown as it is now."""
    *_, editor = memos.write_memo(office, MemoForm("The port of Lund"))
    assert editor.memo is not None and editor.memo.findings
    assert memos.reload_memo(office, editor) is editor
    key, lines = next((one.key, one.lines) for one in editor.memo.sections if one.lines)
    at = next(n for n, line in enumerate(lines, 1) if line.role == EVIDENCE)
    now = memos.apply_action(office, editor, "drop", f"{key}:{at}")
    finding = editor.memo.findings[0]
    for later in (
        memos.apply_action(office, editor, "drop", f"{key}:{at}"),
        memos.accept_finding(office, editor, memos.finding_key(finding), "agreed"),
    ):
        assert "changed meanwhile" in later.message and later.memo == now.memo
    assert MemoRepository(office.workspace().settings.home).load(editor.name) == now.memo
    assert memos.reload_memo(office, editor).memo == now.memo


class Browser:
    """What a handler asks of a request."""

    def __init__(self) -> None:
        self.headers = {"accept-language": "en"}


def test_each_window_follows_and_stops_its_own_memo(office: Office) -> None:
    """The second waits for the first; stopping it leaves the first alone."""
    # Each component is told by the name of its field.
    names: Any = {field.name: field.name for field in fields(MemoParts)}
    events, request = MemoEvents(office, MemoParts(**names)), cast(Any, Browser())
    windows = [
        events.write(topic, "bluf", None, None, None, None, request)
        for topic in ("The port of Lund", "The port of Lund in 2025")
    ]
    first, second = (next(window)["editor"] for window in windows)
    assert first.job and second.job and first.job != second.job
    events.stop(second)
    *_, last = windows[0]
    assert last["editor"].memo is not None and last["editor"].memo.complete
    assert last["editor"].memo.topic == "The port of Lund" and not last["editor"].job
    *_, stopped = windows[1]
    assert "Stopped" in stopped["editor"].message and stopped["editor"].memo is None


def test_an_answer_is_added_to_a_memo(office: Office) -> None:
    """Its cited sentences go in once, under the heading that was chosen."""
    *_, editor = memos.write_memo(office, MemoForm("The port of Lund"))
    assert editor.memo is not None
    claim = Claim("The port of Lund has a pilot of its own.", (1,), "supported")
    answer = Answer("?", "answered", (claim,), editor.memo.citations[:1])
    choices, likeliest = memos.destinations(office, editor.name)
    assert likeliest == "what-we-know" and len(choices) > 2
    heading, key = next(one for one in choices if one[1] != likeliest)
    done, said = memos.add_answer(office, editor.name, key, answer, "en")
    assert done and said.startswith("Added to “The port of Lund”") and heading in said
    now = memos.open_memo(office, editor.name).memo
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


@browser_test
def test_add_to_memo_asks_where(page: Any, office: Office) -> None:
    """The newest memo is offered; what was added stands on the memo page when it is chosen."""
    list(memos.write_memo(office, MemoForm("The port of Lund")))
    page.reload()
    page.get_by_role("tab", name="Memo").click()
    page.get_by_label("Open a memo").click()
    page.get_by_role("option").first.click()
    page.wait_for_selector("#memo .line")
    count = page.locator("#memo .line").count()
    page.get_by_role("tab", name="Chat").click()
    page.fill("#question textarea", "How many ships?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add to memo").click()
    page.wait_for_selector("#into")
    assert page.get_by_role("button", name="Add", exact=True).bounding_box()["y"] < 720
    assert "The port of Lund" in page.input_value("#into-memo input")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Added to “The port of Lund”").wait_for()
    assert not page.is_visible("#into")
    page.get_by_role("tab", name="Memo").click()
    page.wait_for_function(f"document.querySelectorAll('#memo .line').length > {count}")


def test_a_memo_that_is_being_written_takes_no_answer(office: Office) -> None:
    """Whoever writes it saves it again; one that was broken off says so and not what it was at."""
    go = threading.Event()

    def held() -> Iterator[MemoEditor]:
        for editor in memos.write_memo(office, MemoForm("The port of Lund")):
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
    broken_off = replace(editor.memo, notice="Writing: What we know")
    growing, left = memo_html(broken_off, growing=True), memo_html(broken_off)
    assert 'class="waiting"' in growing and "not finished" not in growing
    assert 'class="waiting"' not in left and "not finished" in left
    assert memos.reload_memo(office, editor) is editor


def test_nothing_of_a_document_is_rendered_in_a_memo() -> None:
    """Markup in sentences, titles and advice is text."""
    html = memo_html(MEMO) + findings_html(MEMO)
    assert "<script" not in html and "<b>Vik" not in html and "*bridge*" not in html
    assert html.count('class="memo-cite"') > 8 and "an update, no disagreement" in html
    assert html.count("<time ") == 2 and html.count("other dates given") == 1


@browser_test
def test_a_memo_is_written_read_and_downloaded(page: Any, office: Office, tmp_path: Path) -> None:
    """Sections stream in; [1] shows its passage; DOCX comes down; a reload loses nothing."""
    page.get_by_role("tab", name="Memo").click()
    template = page.get_by_label("Template")
    assert template.input_value() == "Bottom line up front, one to two pages"
    template.click()
    page.get_by_role("option", name="Issues and options, no recommendation").wait_for()
    page.keyboard.press("Escape")
    page.fill("#topic textarea", "The port of Lund in winter")
    page.get_by_role("button", name="Write the memo").click()
    # Until then the newest of the memos that are kept is open.
    page.wait_for_function("document.querySelector('#memo h2')?.innerText.includes('winter')")
    page.wait_for_selector("#memo section:nth-of-type(3)")
    page.get_by_text("cited sentences were checked").wait_for()
    page.wait_for_selector('#memo [data-act="cite"]')
    count = page.locator("#memo .line").count()
    page.locator('#memo [data-act="drop"]').first.click()
    page.wait_for_function(f"document.querySelectorAll('#memo .line').length < {count}")
    page.get_by_role("button", name="Undo the last change").click()
    page.wait_for_function(f"document.querySelectorAll('#memo .line').length == {count}")
    page.locator('#memo [data-act="word"]').first.click()
    page.fill("#memo-wording textarea", "The port of Vik closed in 1871.")
    page.get_by_role("button", name="Keep these words").click()
    page.wait_for_function("document.querySelector('#memo .line').innerText.includes('1871')")
    page.get_by_role("button", name="Undo the last change").click()
    page.wait_for_function("!document.querySelector('#memo').innerText.includes('1871')")
    page.locator('#memo [data-act="cite"]').first.click()
    # Who chose by keyboard goes on among the passages.
    page.wait_for_function("document.activeElement.dataset.act === 'take'")
    page.locator("#memo a.memo-cite").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#memo-source mark")
    assert page.inner_text("#memo-source mark") in PORT.replace("\n", " ") + ROAD.replace("\n", " ")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    file = saved.value.path()
    assert saved.value.suggested_filename.endswith(".docx") and zipfile.is_zipfile(file)
    page.reload()
    page.get_by_role("tab", name="Memo").click()
    page.wait_for_selector("#memo a.memo-cite")
    assert "winter" in page.inner_text("#memo h2")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
