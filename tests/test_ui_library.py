"""The library page and the source panel, over a real library: what goes in, is found and shown."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import chromium_running, serving
from corpus.addresses import Policy
from corpus.catalogue import Entry
from corpus.document import _FURNITURE, LeftOut, Source
from corpus.errors import UsageError
from corpus.extraction_report import ExtractionReport
from corpus.i18n import tr
from index.ingest import Duplicate, Progress
from tests.browser import GRADIO_WARNS, PATIENCE, browser_test
from tests.papers import long_report, site_of, two_columns
from ui import ingest_jobs, library
from ui.backend import Backend
from ui.ingest_jobs import AddedFile
from ui.jobs import Jobs
from ui.library import (
    NO_THEME,
    ROWS_PER_PAGE,
    LibraryFilter,
    adding_html,
    details_html,
    table_html,
)
from ui.page_library import LibraryEvents, LibraryParts
from ui.terminal import report_lines
from ui.wording import keys

READERS = Path(__file__).parent.parent / "corpus" / "readers"

pytestmark = GRADIO_WARNS


def entry(
    number: int, title: str, publisher: str = "Gazette", published: str = "2024", theme: str = ""
) -> Entry:
    source = Source(title, f"/documents/{number}.pdf", publisher, published, "pdf", theme)
    return Entry(f"id{number}", source, 1, number, f"2026-01-{number % 28 + 1:02}T00:00:00+00:00")


HARBOURS = [
    entry(1, "Ships of Lund", published="2024-03-01"),
    entry(2, "Ore of Kiruna", "Railway", "2023-05", "rail"),
    entry(3, "An undated note", "", ""),
    entry(4, "ships of Malmo", "Railway", "2025", "rail"),
]


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        (LibraryFilter(), "ships of Malmo|Ships of Lund|Ore of Kiruna|An undated note"),
        (
            LibraryFilter(sort="oldest"),
            "Ore of Kiruna|Ships of Lund|ships of Malmo|An undated note",
        ),
        (
            LibraryFilter(sort="by_title"),
            "An undated note|Ore of Kiruna|Ships of Lund|ships of Malmo",
        ),
        (
            LibraryFilter(sort="by_passages"),
            "ships of Malmo|An undated note|Ore of Kiruna|Ships of Lund",
        ),
        (LibraryFilter(search="SHIPS lund"), "Ships of Lund"),
        (LibraryFilter(publisher="Railway"), "ships of Malmo|Ore of Kiruna"),
        (LibraryFilter(since="2024"), "ships of Malmo|Ships of Lund"),
        (LibraryFilter(until="2024-12"), "Ships of Lund|Ore of Kiruna"),
        (LibraryFilter(since="2024-02", until="2024-03-01"), "Ships of Lund"),
        (LibraryFilter(kind="html"), ""),
        (LibraryFilter(theme="rail"), "ships of Malmo|Ore of Kiruna"),
        (LibraryFilter(theme=NO_THEME), "Ships of Lund|An undated note"),
    ],
    ids=str,
)
def test_the_table_shows_what_is_asked_for(wanted: LibraryFilter, titles: str) -> None:
    """Searched, filtered and sorted; documents without a date last."""
    shown = library.library_view(HARBOURS, wanted)
    assert "|".join(one.source.title for one in shown.entries) == titles
    assert shown.count == len(shown.entries)


def test_a_large_library_is_shown_page_by_page() -> None:
    """Beyond the last page stands the last page."""
    many = [entry(number, f"Document {number:04}") for number in range(1000)]
    last = library.library_view(many, LibraryFilter(sort="by_title", page=99))
    assert (last.first, len(last.entries), last.count) == (
        1000 - ROWS_PER_PAGE,
        ROWS_PER_PAGE,
        1000,
    )
    assert last.line("en", anything=True) == "Documents 951–1000 of 1000"
    assert (
        library.library_view([], LibraryFilter())
        .line("en", anything=False)
        .startswith("The library is empty")
    )
    assert "符合条件" in library.library_view([], LibraryFilter()).line("zh", anything=True)


def test_titles_are_shown_and_never_rendered() -> None:
    """Whatever a document calls itself."""
    html = table_html([entry(1, "<img src=x onerror=alert(1)>")], {}, str.upper, "en")
    assert "<img" not in html and "&lt;img" in html


def test_what_was_not_read_stands_beside_its_document() -> None:
    """In the table, and in full in the details with a way to the file."""
    one = entry(1, "Soundings of the Orm")
    account = ExtractionReport(
        "/soundings.pdf", one.id, "Soundings of the Orm", "", "sv",
        (LeftOut("pages without text", 2, "pages 4 and 9"), LeftOut("running heads", 12)),
        ("published: 04/05/2026 is 4 May or 5 April",),
    )  # fmt: skip
    html = table_html([one], {one.id: account}, str.upper, "en")
    said = re.sub(r"</?a\b[^>]*>", "", html)
    assert "not read in full: 2 pages without text (pages 4 and 9)" in said
    assert "4 May or 5 April" in html and "running heads" not in html
    details = details_html(one, ["/soundings.pdf"], [], account, "en", kept=True)
    for fact in ("12 running heads", "2 pages without text", "sv", f"/originals/{one.id}"):
        assert fact in details, fact
    assert "/originals/" not in details_html(one, [], [], account, "en", kept=False)


def test_a_page_that_was_not_read_is_a_step_away() -> None:
    """Each page that a line names is a link to its picture, of a PDF whose file is kept."""
    one = replace(entry(1, "Soundings of the Orm"), pages=40)
    one = replace(one, source=replace(one.source, kind="pdf"))
    left_out = (
        LeftOut("pages without text", 2, "pages 4 and 30"),
        LeftOut("attachments", 1, "page 3"),
        LeftOut("equations", 2, "pages 3 and 30"),
    )
    account = ExtractionReport(
        "/soundings.pdf", one.id, "Soundings", left_out=left_out, ocr_pages=(7, 8)
    )
    for language in ("en", "zh"):
        for html, pages in (
            (table_html([one], {one.id: account}, str.upper, language), "4 30 3 3 30"),
            (details_html(one, [], [], account, language, kept=True), "4 30 3 3 30 7 8"),
            (details_html(one, [], [], account, language, kept=False), ""),
        ):
            links = re.findall(rf'href="/pages/{one.id}/(\d+)"[^<>]*>\1</a>', html)
            assert " ".join(links) == pages, html
            assert html.count("<a ") - html.count('"original"') == len(links)
    mail = replace(one, source=replace(one.source, kind="email"))
    assert "/pages/" not in details_html(mail, [], [], account, "en", kept=True)


def test_every_kind_that_a_reader_leaves_out_has_a_chinese_word() -> None:
    """As the readers name it; the count and the pages are told with it."""
    code = "\n".join(one.read_text(encoding="utf-8") for one in READERS.rglob("*.py"))
    kinds = set(re.findall(r"""leave_out\(\s*["']([^"']+)["']""", code)) | _FURNITURE
    assert len(kinds) > 15
    assert not {one for one in kinds if f"account.{one.replace(' ', '_')}" not in keys()}
    one = entry(1, "奥姆河测深")
    account = ExtractionReport("/a.pdf", one.id, "", left_out=(LeftOut("pages without text", 3,
                                                             "pages 4–5 and 9"),))  # fmt: skip
    html = table_html([one], {one.id: account}, str.upper, "zh")
    assert "未完整读取：无文字页 3 处（第 4–5、9 页）" in re.sub(r"</?a\b[^>]*>", "", html)


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    """Over an empty library that embeds words; this machine's addresses may be fetched."""
    home = tmp_path / "home"
    with Workspace(Settings(home=home, embedder="hash")) as workspace:
        file = tmp_path / "note.md"
        file.write_text("# Note\n\nThe mill of Lund ground 300 tonnes of rye in 2022.\n")
        list(workspace.add([file]))
    backend = Backend(Settings(home=home, embedder="hash"), addresses=Policy(loopback=True))
    backend.open()
    assert backend.workspace() or backend._ready.wait(60)
    yield backend
    backend.close()


def ended(backend: Backend) -> Any:
    job = ingest_jobs.latest_job(backend)
    assert job is not None
    *_, last = job.watch()
    return last


def test_uploads_are_named_by_their_names_and_replace_each_other(
    backend: Backend, tmp_path: Path
) -> None:
    """The uploaded copies are deleted, bad ones are reported with what would help."""
    workspace = backend.workspace()
    assert workspace is not None
    for text in ("4,800 ships", "4,900 ships"):
        folder = tmp_path / "uploads" / text[:5]
        folder.mkdir(parents=True)
        good, bad = folder / "lund.md", folder / "photo.png"
        good.write_text(f"# Lund\n\nThe harbour of Lund handled {text} in 2023.\n")
        bad.write_bytes(b"\x89PNG\r\n")
        ingest_jobs.start_files(backend, [str(good), str(bad)])
        report = ended(backend).report
        assert len(report.refused) == 1 and "photo.png" in report.refused[0].path
        assert not folder.exists()
    assert report.replaced == ("upload:lund.md",)
    (found,) = [one for one in workspace.library.entries() if one.source.title == "Lund"]
    assert library.entry_of(workspace, found.id) == found
    assert len(workspace.library.versions_before(found.id)) == 1
    html = adding_html(ingest_jobs.latest_job(backend), 0, "en")
    assert "1 replaced" in html and "lund.md" in html and "refused" in html
    with pytest.raises(UsageError):
        ingest_jobs.start_files(backend, [])


def test_files_of_one_name_in_one_upload_are_two_documents(
    backend: Backend, tmp_path: Path
) -> None:
    """As in a folder with folders in it; neither takes the place of the other."""
    names = ("left/readme.md", "right/readme.md", "far/readme (2).md")
    files = [tmp_path / one for one in names]
    for file in files:
        file.parent.mkdir()
        file.write_text(f"# On the {file.parent.name}\n\nThe {file.parent.name} bank is open.\n")
    ingest_jobs.start_files(backend, [str(one) for one in files])
    numbered = ("upload:readme.md", "upload:readme (2).md", "upload:readme (2) (2).md")
    assert ended(backend).report.added == numbered


def test_uploads_of_an_addition_that_never_began_are_deleted(
    backend: Backend, tmp_path: Path
) -> None:
    """It waits behind another one and is cancelled there."""
    begun, go = threading.Event(), threading.Event()

    def held() -> Iterator[Any]:
        begun.set()
        assert go.wait(60)
        yield ingest_jobs.AddProgress()

    backend.additions.start("held", held)
    assert begun.wait(60)
    file = tmp_path / "uploads" / "note.md"
    file.parent.mkdir()
    file.write_text("# Note\n\nIt was never read.\n")
    ingest_jobs.start_files(backend, [str(file)])
    waiting = backend.additions.newest()
    ingest_jobs.cancel_all(backend)
    go.set()
    assert waiting is not None and waiting.wait(60)
    assert not file.parent.exists()


def test_the_whole_and_the_document_have_a_bar_each() -> None:
    """With what is being done now in words, in the language of the page."""
    shown, go = threading.Event(), threading.Event()

    def work() -> Iterator[Progress]:
        yield Progress("added", 1, 4, "first.pdf")
        note = tr("{name}: {done} of {count} passages", name="report.pdf", done=192, count=384)
        yield Progress("embedding", 1, 4, note, 0.5)
        shown.set()
        assert go.wait(60)

    jobs: Jobs[ingest_jobs.AddProgress] = Jobs("additions", at_once=1, waiting=1)
    job = jobs.start("one", lambda: ingest_jobs.progress_of(work()))
    assert shown.wait(60)
    html = adding_html(job, 2, "en")
    assert re.findall(r'value="([\d.]+)"', html) == ["0.250", "0.500"]
    assert "1 of 4 done · 2 more waiting" in html and "192 of 384 passages" in html
    assert "384 段中的 192 段" in adding_html(job, 2, "zh")
    go.set()
    assert job.wait(60)


def test_a_file_that_is_there_already_names_the_document_that_has_its_content(
    backend: Backend, tmp_path: Path
) -> None:
    """While it is added, in the report on the page and on the terminal."""
    copy = tmp_path / "copy.md"
    copy.write_text("# Note\n\nThe mill of Lund ground 300 tonnes of rye in 2022.\n")
    ingest_jobs.start_files(backend, [str(copy)])
    last = ended(backend)
    there = str(tmp_path / "note.md")
    assert last.report.duplicates == (Duplicate("upload:copy.md", "Note", there),)
    assert last.lines == (AddedFile("copy.md", "duplicate", "Note"),)
    html = adding_html(ingest_jobs.latest_job(backend), 0, "en")
    assert "copy.md" in html and "already, as “Note”" in html
    said = " ".join("".join(report_lines(last.report)).split())
    assert "upload:copy.md: the same as Note (" in said


def test_a_document_is_corrected_removed_and_brought_back(backend: Backend) -> None:
    """Each is seen at once in the search; wrong dates are said in words."""
    workspace = backend.workspace()
    assert workspace is not None
    (found,) = workspace.library.entries()

    def edited(title: str, publisher: str, published: str, theme: str = "") -> tuple[bool, str]:
        return library.edit_document(workspace, found.id, "en", title=title, publisher=publisher,
                              published=published, theme=theme)  # fmt: skip

    assert not edited("Mill", "", "last May")[0]
    assert not edited("Mill", "", "2025-02-31")[0]
    assert edited(" ", "", "")[0]
    assert workspace.library.entry(found.id).source.title == found.source.title
    assert edited("Another", "", "")[0] and edited("", "", "")[0]
    assert workspace.library.entry(found.id).source.title == found.source.title
    done, said = edited("The mill", "Gazette", "2022-05", "landscape")
    assert done and said == "Saved."
    (hit,) = workspace.retriever.search("How much rye did the mill grind?")
    assert (hit.source.title, hit.source.published) == ("The mill", "2022-05")
    assert hit.source.theme == "landscape"
    gone, said = library.remove_document(workspace, found.id, "en")
    assert gone == found.id and "Undo" in said and workspace.library.entries() == []
    assert "is back" in library.restore_document(workspace, found.id, "en")
    assert workspace.retriever.search("How much rye did the mill grind?")


def test_addresses_that_are_none_are_said_so(backend: Backend) -> None:
    """Before anything is fetched."""
    for text in ("", "example.org", "https://example.org\nnote.md"):
        with pytest.raises(UsageError):
            ingest_jobs.start_addresses(backend, text)


def test_the_timeline_counts_quarters() -> None:
    """By publisher and by theme, those without a month left out."""
    rows = library.counts_by_publisher(HARBOURS, "others")
    assert rows == [("2023 Q2", "Railway", 1), ("2024 Q1", "Gazette", 1)]
    rows = library.counts_by_theme(HARBOURS, lambda key: key.upper() or "none")
    assert rows == [("2023 Q2", "RAIL", 1), ("2024 Q1", "none", 1)]


def test_a_filter_that_no_document_is_left_for_can_be_chosen_still(backend: Backend) -> None:
    """The choices hold what is chosen, beside what the library has; the checks all pass."""

    class Asked:
        def __init__(self) -> None:
            self.headers = {"accept-language": "en"}

    # Each component is told by the name of its field.
    names: Any = {field.name: field.name for field in fields(LibraryParts)}
    events = LibraryEvents(backend, LibraryParts(**names))
    request: Any = Asked()
    wanted = LibraryFilter(publisher="Nobody", kind="pdf", theme="law")
    drawn = events.refresh(wanted, "theme", request)
    assert "Nobody" in drawn["publisher"]["choices"] and "pdf" in drawn["kind"]["choices"]
    assert ("AI law", "law") in drawn["theme"]["choices"]
    assert drawn["wanted"] == wanted and drawn["stop"] == gr.update(visible=False)
    assert events.check(request).count("✓") > 5


# ----------------------------------------------------------------- in the browser

LEFT = "The harbour of Lund handled 4,800 ships in 2023, and its director is Berg of Malmo."
RIGHT = "The railway behind the harbour carries ore all winter, while the outer basin is closed."


@pytest.fixture
def site() -> Iterator[str]:
    page = "<html><body><h1>Lighthouse</h1><p>The lighthouse of Lund was built in 1901.</p>"
    with site_of({"/light": page}) as address:
        yield f"{address}/light"


@pytest.fixture
def served(backend: Backend, tmp_path: Path) -> Iterator[str]:
    second = "The second page tells of the lighthouse."
    file = two_columns(tmp_path / "harbour.pdf", LEFT, RIGHT, second)
    workspace = backend.workspace()
    assert workspace is not None
    list(workspace.add([file]))
    with serving(backend, (), 18650) as address:
        yield address


@pytest.fixture
def page(served: str) -> Iterator[Any]:
    outside: list[str] = []
    with chromium_running() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 900}, locale="en-US")
        page.set_default_timeout(PATIENCE)
        page.on(
            "request",
            lambda one: None if one.url.startswith((served, "data:", "blob:"))
            else outside.append(one.url),
        )  # fmt: skip
        page.goto(served)
        page.wait_for_selector("#question textarea")
        yield page
    assert outside == []


@browser_test
@pytest.mark.slow
def test_the_cited_words_are_boxed_on_the_drawn_page(page: Any) -> None:
    """In their own column; pages turn, zoom grows, the text view marks the same words."""
    page.fill("#question textarea", "How many ships did the harbour of Lund handle?")
    page.keyboard.press("Enter")
    page.wait_for_selector("a.cite")
    page.click("a.cite")
    page.wait_for_selector("#source .box")
    assert "harbour" in page.inner_text("#source h3").lower()
    boxes = page.eval_on_selector_all(
        "#source .box", "all => all.map(one => [parseFloat(one.style.left), one.offsetWidth])"
    )
    assert boxes and all(left < 50 and width > 5 for left, width in boxes)
    width = page.eval_on_selector("#source .paper", "one => one.offsetWidth")
    page.click('#source [data-act="larger"]')
    page.wait_for_function(f"document.querySelector('#source .paper').offsetWidth > {width * 1.2}")
    page.click('#source [data-act="next"]')
    page.wait_for_function(
        "document.querySelector('#source .where').textContent.includes('Page 2 of 2')"
    )
    assert page.query_selector("#source .box") is None
    page.click('#source [data-act="quote"]')
    page.wait_for_selector("#source .box")
    page.click('#source [data-act="text"]')
    page.wait_for_selector("#source blockquote mark")
    assert "4,800 ships" in page.inner_text("#source mark")
    link = page.get_attribute("#source a.original", "href")
    answer = page.request.get(page.url.rstrip("/") + link)
    assert answer.body()[:5] == b"%PDF-" and "attachment" in answer.headers["content-disposition"]
    assert page.request.get(page.url.rstrip("/") + "/originals/nothing").status == 404
    for number, status in ((1, 200), (2, 200), (3, 404)):
        drawn = page.request.get(
            page.url.rstrip("/") + f"{link.replace('originals', 'pages')}/{number}"
        )
        assert (drawn.status, b"data:image/webp" in drawn.body()) == (status, status == 200)
    assert page.request.get(page.url.rstrip("/") + "/pages/nothing/1").status == 404


@browser_test
@pytest.mark.slow
def test_the_last_of_144_pages_is_drawn_and_the_first_can_be_reached(
    page: Any, backend: Backend, tmp_path: Path
) -> None:
    """Cited where it stands, with a way back to the page before."""
    last = "The ferry of Ystad carried 91,000 lorries in 2021."
    workspace = backend.workspace()
    assert workspace is not None
    list(workspace.add([long_report(tmp_path / "ferries.pdf", 144, last)]))
    page.fill("#question textarea", "How many lorries did the ferry of Ystad carry?")
    page.keyboard.press("Enter")
    page.wait_for_selector("a.cite")
    page.click("a.cite")
    page.wait_for_selector("#source .box")
    assert "Page 144 of 144" in page.inner_text("#source .where")
    assert page.query_selector('#source [data-act="next"]:not([disabled])') is None
    page.click('#source [data-act="previous"]')
    page.wait_for_function(
        "document.querySelector('#source .where').textContent.includes('Page 143 of 144')"
    )
    page.wait_for_function("document.querySelector('#source .paper img').naturalWidth > 300")


@browser_test
@pytest.mark.slow
def test_documents_go_in_by_file_and_address_and_come_out_again(
    page: Any, tmp_path: Path, site: str
) -> None:
    """Good and bad ones, a reload in between; removed and brought back."""
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("#library-table button")
    assert "Documents 1–2 of 2" in page.inner_text("#library-line")
    page.click("#library-add button >> nth=0")
    good, bad = tmp_path / "quay.md", tmp_path / "photo.png"
    about = "---\npublisher: Quay Gazette\ndate: 2025-03-01\n---\n"
    good.write_text(f"{about}# The quay\n\nThe new quay of Lund is 300 metres long.\n")
    page.get_by_label("Publisher", exact=True).last.check()
    bad.write_bytes(b"\x89PNG\r\n")
    page.set_input_files("#library-files input[type=file]", [str(good), str(bad)])
    page.wait_for_selector("#library-adding .done")
    said = page.inner_text("#library-adding")
    assert "1 added" in said and "photo.png" in said and "refused" in said
    page.wait_for_function("document.querySelector('#status').innerText.includes('3 documents')")
    page.wait_for_function(
        "document.querySelector('#library-plot svg').textContent.includes('Quay Gazette')"
    )
    page.fill("#library-addresses textarea", site)
    page.get_by_role("button", name="Fetch and add").click()
    page.wait_for_function("document.querySelector('#library-line').textContent.includes('of 4')")
    page.reload()
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("#library-table button")
    assert "1 added" in page.inner_text("#library-adding")
    page.fill("#library-search input, #library-search textarea", "lighthouse")
    page.wait_for_function("document.querySelector('#library-line').textContent.includes('of 1')")
    page.click("#library-table button")
    page.wait_for_selector("#library-details h3")
    assert "127.0.0.1" in page.inner_text("#library-details")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").wait_for()
    assert "was removed" in page.inner_text("#library-said")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function(
        "document.querySelector('#library-said').textContent.includes('is back')"
    )


def test_a_room_is_not_closed_under_what_reads_its_library(tmp_path: Path) -> None:
    """Closed while examples are tried and a job reads: both have ended before the library has."""
    backend = Backend(Settings(home=tmp_path / "home", embedder="hash"))
    backend.open()
    assert backend._ready.wait(60)
    workspace, read = backend.workspace(), threading.Event()
    assert workspace is not None

    def reading() -> Iterator[int]:
        while True:
            yield len(workspace.library.entries())
            read.set()

    job = backend.questions.start("reads on", reading)
    assert read.wait(60)
    backend.close()
    assert job.ended and job.failure is None


def test_lines_of_work_are_those_of_the_room(backend: Backend) -> None:
    """Additions wait in the backend's own line."""
    assert isinstance(backend.additions, Jobs) and ingest_jobs.waiting_count(backend) == 0
