"""The library page and the source panel, over a real library: what goes in, is found and shown."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import serving
from corpus.addresses import Policy
from corpus.catalogue import Entry
from corpus.document import _FURNITURE, LeftOut, Source
from corpus.errors import StorageError, UsageError
from corpus.extraction_report import ExtractionReport
from index.ingest import Duplicate, Progress
from index.word_search import Wanted
from tests.browser import GRADIO_WARNS, PATIENCE, browser_test
from tests.papers import long_report, site_of, two_columns
from tests.test_ui_page import chromium
from ui import ingest_jobs, library, page_document
from ui.adding_view import adding_html, pill_html
from ui.backend import Backend
from ui.ingest_jobs import AddedFile
from ui.jobs import Jobs
from ui.library import NO_THEME, ROWS_PER_PAGE, LibraryFilter, LibraryView
from ui.library_timeline import colour_of, timeline, timeline_html
from ui.library_view import OpenDocument, document_head_html, table_html
from ui.page_document import DocumentParts, Documents
from ui.page_library_events import LibraryEvents, LibraryParts, Newest
from ui.page_source import Acts, SourcePanel
from ui.terminal import report_lines
from ui.wording import keys

READERS = Path(__file__).parent.parent / "corpus" / "readers"

pytestmark = GRADIO_WARNS
__all__ = ["chromium"]


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
            LibraryFilter(down=False),
            "Ore of Kiruna|Ships of Lund|ships of Malmo|An undated note",
        ),
        (
            LibraryFilter(sort="title", down=False),
            "An undated note|Ore of Kiruna|Ships of Lund|ships of Malmo",
        ),
        (
            LibraryFilter(sort="theme", down=False),
            "Ore of Kiruna|ships of Malmo|An undated note|Ships of Lund",
        ),
        (
            LibraryFilter(sort="length"),
            "ships of Malmo|An undated note|Ore of Kiruna|Ships of Lund",
        ),
        (LibraryFilter(since="2025-01", until="2025-03"), ""),
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
    last = library.library_view(many, LibraryFilter(sort="title", down=False, page=99))
    assert (last.first, len(last.entries), last.count) == (
        1000 - ROWS_PER_PAGE,
        ROWS_PER_PAGE,
        1000,
    )
    assert last.line("en", anything=True) == "Documents 801–1000 of 1000"
    assert (
        library.library_view([], LibraryFilter())
        .line("en", anything=False)
        .startswith("The library is empty")
    )
    assert "符合条件" in library.library_view([], LibraryFilter()).line("zh", anything=True)


def test_a_head_sorts_by_its_column_and_then_the_other_way() -> None:
    """Titles from A, dates and lengths from the largest; an unknown column changes nothing."""
    by_title = LibraryFilter(page=3).sorted_by("title")
    assert (by_title.sort, by_title.down, by_title.page) == ("title", False, 0)
    assert by_title.sorted_by("title").down and by_title.sorted_by("added").down
    assert by_title.sorted_by("nothing") is by_title


def drawn_table(
    entries: Sequence[Entry], accounts: dict[str, ExtractionReport] | None = None,
    language: str = "en",
) -> str:  # fmt: skip
    view = LibraryView(tuple(entries), 0, len(entries))
    return table_html(view, accounts or {}, LibraryFilter(), lambda key: (key.upper(), 1), language)


def drawn_head(one: Entry, account: ExtractionReport, language: str = "en", *, kept: bool) -> str:
    return document_head_html(OpenDocument(one, "Rail", account, [], [], kept), language)


def test_titles_are_shown_and_never_rendered() -> None:
    """Whatever a document calls itself."""
    html = drawn_table([entry(1, "<img src=x onerror=alert(1)>")])
    assert "<img" not in html and "&lt;img" in html


def test_what_was_not_read_stands_beside_its_document() -> None:
    """Short in its row and whole as its title; in full over the document that is read."""
    one = entry(1, "Soundings of the Orm")
    account = ExtractionReport(
        "/soundings.pdf", one.id, "Soundings of the Orm", "", "sv",
        (LeftOut("pages without text", 2, "pages 4 and 9"), LeftOut("running heads", 12)),
        ("published: 04/05/2026 is 4 May or 5 April",),
    )  # fmt: skip
    html = drawn_table([one], {one.id: account})
    assert "not read in full: 2 pages without text (pages 4 and 9)" in html
    assert "4 May or 5 April" in html and "running heads" not in html
    assert "not read in full" not in drawn_table([one])
    head = drawn_head(one, account, kept=True)
    for fact in ("12 running heads", "2 pages without text", "sv", f"/originals/{one.id}"):
        assert fact in head, fact
    assert "/originals/" not in drawn_head(one, account, kept=False)


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
        for kept, pages in ((True, {"4", "30", "3", "7", "8"}), (False, set())):
            html = drawn_head(one, account, language, kept=kept)
            links = re.findall(rf'href="/pages/{one.id}/(\d+)"[^<>]*>\1</a>', html)
            assert set(links) == pages, html
            assert html.count("/pages/") == len(links)
    mail = replace(one, source=replace(one.source, kind="email"))
    assert "/pages/" not in drawn_head(mail, account, kept=True)


def test_every_kind_that_a_reader_leaves_out_has_a_chinese_word() -> None:
    """As the readers name it; the count and the pages are told with it."""
    code = "\n".join(one.read_text(encoding="utf-8") for one in READERS.rglob("*.py"))
    kinds = set(re.findall(r"""leave_out\(\s*["']([^"']+)["']""", code)) | _FURNITURE
    assert len(kinds) > 15
    assert not {one for one in kinds if f"account.{one.replace(' ', '_')}" not in keys()}
    one = entry(1, "奥姆河测深")
    account = ExtractionReport("/a.pdf", one.id, "", left_out=(LeftOut("pages without text", 3,
                                                             "pages 4–5 and 9"),))  # fmt: skip
    html = drawn_table([one], {one.id: account}, "zh")
    assert "未完整读取：无文字页 3 处（第 4–5、9 页）" in html


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
    assert "1 replaced by a newer version" in html and "lund.md" in html and "refused" in html
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


def test_each_file_has_its_state(backend: Backend) -> None:
    """In, being read and how far, or waiting; the pill in the bar counts, and a stop is told."""
    shown, go = threading.Event(), threading.Event()
    places = ("upload:first.pdf", "upload:report.pdf", "upload:third.pdf")

    def work() -> Iterator[Progress]:
        yield Progress("added", 1, 3, "first.pdf", place=places[0])
        note = "report.pdf: 192 of 384 passages"
        yield Progress("embedding", 1, 3, note, 0.5, place=places[1], made=192, parts=384)
        shown.set()
        assert go.wait(60)
        yield Progress("added", 2, 3, "report.pdf", place=places[1])

    jobs: Jobs[ingest_jobs.AddProgress] = Jobs("additions", at_once=1, waiting=1)
    first = ingest_jobs.AddProgress(places, total=3)
    job = jobs.start("one", lambda: ingest_jobs.progress_of(work(), first), first=first)
    assert shown.wait(60)
    html = adding_html(job, 2, "en")
    states = re.findall(r'<tr class="(\w+)">', html)
    assert states == ["added", "working", "waiting"]
    assert re.findall(r'value="([\d.]+)"', html) == ["0.500"]
    assert "Adding 2 of 3 · report.pdf · 2 more waiting" in html and "reading 192 of 384" in html
    assert "正在读取 192 / 384" in adding_html(job, 2, "zh")
    assert "Adding 2 of 3" in pill_html(job, "en") and "passages" not in html
    job.cancel()
    assert "Stopping" in pill_html(job, "en") and "Stopping" in adding_html(job, 0, "en")
    go.set()
    assert job.wait(60)
    assert "Stopped. 2 of 3 are in the library" in adding_html(job, 0, "en")
    assert pill_html(job, "en") == ""


def test_the_end_says_only_what_is_not_nothing(backend: Backend, tmp_path: Path) -> None:
    """No count of none, and no passages."""
    file = tmp_path / "quay.md"
    file.write_text("# Quay\n\nThe new quay of Lund is 300 metres long.\n")
    ingest_jobs.start_files(backend, [str(file)])
    ended(backend)
    html = adding_html(ingest_jobs.latest_job(backend), 0, "en")
    assert "Done: 1 added." in html and " 0 " not in html


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
    assert last.lines == (AddedFile("copy.md", "duplicate", "Note", "upload:copy.md"),)
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
    gone, said = library.remove_documents(workspace, [found.id, "nothing"], "en")
    assert gone == (found.id,) and "was removed" in said and workspace.library.entries() == []
    done, said = library.restore_documents(workspace, gone, "en")
    assert done and "is back" in said
    assert workspace.retriever.search("How much rye did the mill grind?")


def test_several_documents_change_at_once(backend: Backend, tmp_path: Path) -> None:
    """Theme, removal and undo of all, each with one update of the indexes."""
    workspace = backend.workspace()
    assert workspace is not None
    for town in ("Ystad", "Visby"):
        file = tmp_path / f"{town}.md"
        file.write_text(f"# {town}\n\nThe harbour of {town} is open.\n")
        list(workspace.add([file]))
    ids = [one.id for one in workspace.library.entries()]
    done, said = library.give_theme(workspace, ids, "landscape", "en")
    assert done and "3 documents" in said
    assert {one.source.theme for one in workspace.library.entries()} == {"landscape"}
    gone, said = library.remove_documents(workspace, ids, "en")
    assert set(gone) == set(ids) and "3 documents" in said and not workspace.library.entries()
    assert "3 documents" in library.restore_documents(workspace, gone, "en")[1]
    assert workspace.retriever.search("Is the harbour of Visby open?")


def test_one_line_that_is_no_address_does_not_stop_the_others(backend: Backend, site: str) -> None:
    """It is told by itself; without an address among them nothing is fetched."""
    for text in ("", "example.org"):
        with pytest.raises(UsageError):
            ingest_jobs.start_addresses(backend, text)
    assert ingest_jobs.start_addresses(backend, f"note.md\n{site}\n{site}/none") == ["note.md"]
    last = ended(backend)
    assert len(last.report.added) == 1
    states = {one.place: one.outcome for one in last.states()}
    assert states == {site: "added", f"{site}/none": "refused"}


def test_the_search_finds_what_the_texts_say(backend: Backend) -> None:
    """Every word, in any of its forms, the last one only begun; where it stands is marked."""
    workspace = backend.workspace()
    assert workspace is not None
    (one,) = workspace.library.entries()
    text = workspace.library.document(one.id).text
    for search, words in (("rye", ["rye"]), ("tonn", ["tonnes"]), ("Mills rye", ["mill", "rye"])):
        inside = library.found_inside(workspace, search)
        view = library.library_view([one], LibraryFilter(search=search), inside)
        hit = library.with_hits(view, workspace, search, inside).hits[one.id]
        assert [said for said, marked in hit.pieces if marked] == words
        assert text[hit.start : hit.end] == words[0]
    assert library.found_inside(workspace, "rye barley") == {}
    assert library.found_inside(workspace, "  ") == {}
    found = library.library_view([one], LibraryFilter(search="barley"), {})
    assert found.count == 0


def test_where_none_has_all_words_those_with_most_are_shown(backend: Backend) -> None:
    """And it is said so; words that no document has find nothing, and a title's are all of them."""
    workspace = backend.workspace()
    assert workspace is not None
    entries = workspace.library.entries()
    found = library.searched(workspace, entries, "mill rye barley ")
    assert set(found.inside) == {entries[0].id} and (found.held, found.words) == (2, 3)
    assert found.partly and "2 of 3" in found.line("en")
    assert not library.searched(workspace, entries, "mill rye ").partly
    assert library.searched(workspace, entries, "zeppelin quagga ").inside == {}


def test_pairs_of_chinese_characters_are_marked_where_they_stand() -> None:
    """Also one that begins at the second character of a run."""
    text = "美国出口管制影响芯片。"
    marks = Wanted.of("出口管制 ").marks(text) + Wanted.of("国出 ").marks(text)
    assert [text[start:end] for start, end in marks] == ["出口管制", "国出"]


class Window:
    """What one window has on the library page, without a page."""

    def __init__(self, backend: Backend) -> None:
        def made(kind: Any, **given: Any) -> Any:
            return kind(**{one.name: one.name for one in fields(kind)} | given)

        def panel(opened: Any, language: str) -> tuple[str, Any]:
            return opened.selected.citation.document, opened

        self.parts = made(LibraryParts)
        shows = SimpleNamespace(panel="panel", kept="kept", drawn=panel)
        self.reading = made(DocumentParts, panel=shows)
        adding: Any = SimpleNamespace(progress=lambda put_away, request: {})
        self.documents = Documents(backend, self.reading)
        self.events = LibraryEvents(backend, self.parts, self.reading, self.documents, adding)
        self.newest, self.gone = Newest(), tuple[str, ...]()

    def does(self, event: str, **data: str) -> dict[Any, Any]:
        request: Any = SimpleNamespace(headers={"accept-language": "en"})
        values: Any = (self.newest, self.gone, -1, "", "", "", [], [])
        given = (SimpleNamespace(_data=data),) if data else ()
        drawn: dict[Any, Any] = getattr(self.events, event)(request, *given, *values)
        self.gone = drawn.get("gone", self.gone)
        return drawn


def test_a_failed_undo_can_be_tried_again(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is said as one, with the button; the documents stay to be brought back."""
    workspace, window = backend.workspace(), Window(backend)
    assert workspace is not None
    (one,) = workspace.library.entries()
    window.does("document_action", act="remove", id=one.id)
    assert window.gone == (one.id,)

    def refuse(documents: Sequence[str]) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(type(workspace), "restore_all", lambda self, documents: refuse(documents))
        said = window.does("undo", act="undo")["said"]
    assert window.gone == (one.id,) and "wrong" in said and 'data-act="undo"' in said
    assert "is back" in window.does("undo", act="undo")["said"] and not window.gone


def test_a_draw_of_an_older_filter_is_dropped(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at the library that was begun before a filter does not put the old table back."""
    window, searched = Window(backend), library.searched
    assert "table" in window.does("tick")

    def meanwhile(*given: Any) -> Any:
        window.newest.wanted = LibraryFilter(search="harbour")
        return searched(*given)

    monkeypatch.setattr(library, "searched", meanwhile)
    drawn = window.does("tick")
    assert "table" not in drawn and "state" in drawn


def test_buttons_over_a_document_act_on_that_one(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another was opened since; what was late for it is dropped."""
    workspace, window = backend.workspace(), Window(backend)
    assert workspace is not None
    (tmp_path / "Ystad.md").write_text("# Ystad\n\nThe harbour of Ystad is open.\n")
    list(workspace.add([tmp_path / "Ystad.md"]))
    first, second = workspace.library.entries()
    assert first.id in window.does("table_action", act="open", id=first.id)["head"]
    window.does("table_action", act="open", id=second.id)
    assert "form" not in window.does("document_action", act="edit", id=first.id)
    window.does("document_action", act="remove", id=first.id)
    assert [one.id for one in workspace.library.entries()] == [second.id]
    assert window.newest.current == second.id

    def slowly(*given: Any) -> list[str]:
        window.newest.open(first.id)
        return ["Is the harbour of Ystad open?"]

    monkeypatch.setattr(page_document, "questions_for", slowly)
    request: Any = SimpleNamespace(headers={"accept-language": "en"})
    assert "Ystad" not in str(window.events.questions(window.newest, request))


def test_a_source_that_was_opened_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the panel draws unasked comes too late then."""
    acts, nothing, opened = Acts(), cast(Any, None), cast(Any, object())
    panel: Any = SourcePanel(nothing, nothing, nothing, nothing, None, lambda value: opened)
    request = SimpleNamespace(headers={})
    monkeypatch.setattr(panel, "drawn", lambda shown, language: ("drawn", shown))
    assert panel.open_first(None, None, acts, request)[0] == "drawn"

    def slowly(shown: Any, language: str) -> Any:
        acts.begun += 1
        return "drawn", shown

    monkeypatch.setattr(panel, "drawn", slowly)
    assert panel.open_first(None, None, acts, request)[0] != "drawn"


def test_only_a_public_address_is_a_link() -> None:
    """Whatever scheme a document says that it came by."""
    one = entry(1, "A note")
    account = ExtractionReport("/note.md", one.id, "A note", "", "en")
    for place, linked in (("https://example.org/a", True), ("javascript://x", False)):
        at = replace(one, source=replace(one.source, location=place))
        assert (f'href="{place}"' in drawn_head(at, account, kept=False)) is linked


def test_the_time_axis_keeps_what_is_empty_and_its_colours() -> None:
    """Every quarter between the first and the last; a theme that comes changes no colour."""
    order = ["deepseek", "rail", "law"]
    wanted = LibraryFilter(since="2024-01", until="2024-01", theme="rail")
    dated = [*HARBOURS, entry(5, "Of old", published="2020-02", theme="law")]
    shown = timeline(dated, order, str.upper, wanted)
    assert [one.since for one in shown.periods][:2] == ["2020-01", "2020-04"]
    assert len(shown.periods) == 17 and shown.undated == 2 and shown.most == 1
    assert [one.count for one in shown.periods if one.count] == [1, 1, 1]
    assert [(one.key, one.count, one.chosen) for one in shown.themes] == [
        ("rail", 2, True), ("law", 1, False), (NO_THEME, 2, False),
    ]  # fmt: skip
    fewer = timeline(HARBOURS, order, str.upper, wanted)
    assert len(fewer.periods) == 11 and {one.since[4:] for one in fewer.periods} > {"-12"}
    assert [one.chosen for one in fewer.periods].count(True) == 1
    assert [one.colour for one in fewer.themes] == [2, 0] == [colour_of("rail", order), 0]
    assert "2024-03: 1 document" in timeline_html(fewer, "en")
    assert timeline([], order, str, wanted).periods == ()


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
def page(chromium: Any, served: str) -> Iterator[Any]:
    outside: list[str] = []
    page = chromium.new_page(viewport={"width": 1300, "height": 900}, locale="en-US")
    page.set_default_timeout(PATIENCE)
    page.on(
        "request",
        lambda one: None if one.url.startswith((served, "data:", "blob:"))
        else outside.append(one.url),
    )  # fmt: skip
    page.goto(served)
    page.wait_for_selector("#question textarea")
    yield page
    page.close()
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
    assert "harbour" in page.inner_text("#source h2").lower()
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
    page.wait_for_selector("#source mark")
    assert "4,800 ships" in page.inner_text("#source mark")
    link = page.get_attribute("#source a[href^='/originals/']", "href")
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


DROP = """
([name, text]) => {
  const given = new DataTransfer();
  given.items.add(new File([text], name, {type: 'text/markdown'}));
  for (const kind of ['dragenter', 'dragover', 'drop'])
    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: given, bubbles: true}));
}
"""


@browser_test
@pytest.mark.slow
def test_documents_go_in_by_drop_file_and_address_and_come_out_again(
    page: Any, tmp_path: Path, site: str
) -> None:
    """Dropped on the page of questions; good and bad ones, a reload; removed and brought back."""
    page.evaluate(DROP, ["pier.md", "# The pier\n\nThe pier of Lund is closed in winter.\n"])
    line = "document.querySelector('#library-line').textContent"
    page.get_by_role("tab", name="Library").click()
    page.wait_for_function(f"{line}.includes('3 documents')")
    page.click("#bar-add button")
    good, bad = tmp_path / "quay.md", tmp_path / "photo.png"
    good.write_text("---\ndate: 2025-03-01\n---\n# The quay\n\nThe new quay is 300 metres long.\n")
    bad.write_bytes(b"\x89PNG\r\n")
    page.set_input_files("#library-files input[type=file]", [str(good), str(bad)])
    page.wait_for_selector("#library-adding .done .refused")
    said = page.inner_text("#library-adding")
    assert "1 added" in said and "photo.png" in said and "refused" in said
    page.wait_for_function("document.querySelector('#bar-scope').innerText.includes('4 documents')")
    page.click("#bar-add button")
    page.fill("#library-addresses textarea", f"no address\n{site}")
    page.get_by_role("button", name="Fetch and add").click()
    page.wait_for_function(f"{line}.includes('5 documents')")
    assert "no address" in page.inner_text("#add-said")
    assert page.input_value("#library-addresses textarea") == "no address"
    page.reload()
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("#library-table tbody tr")
    assert "1 added" in page.inner_text("#library-adding")
    page.fill("#library-search input, #library-search textarea", "lighthouse built")
    page.wait_for_function(f"{line}.includes('1 document')")
    assert "built" in page.locator("#library-table tr.hit mark").all_inner_texts()
    page.click("#library-table td.title button")
    page.wait_for_selector("#library-source mark")
    page.click('#library-document [data-act="remove"]')
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function(
        "document.querySelector('#library-said').textContent.includes('is back')"
    )


@browser_test
@pytest.mark.slow
def test_documents_are_read_sorted_selected_and_asked_about(page: Any, backend: Backend) -> None:
    """Each by the keyboard as well: heads, rows and boxes are buttons and fields."""
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("#library-table tbody tr")
    page.get_by_role("columnheader", name="Title").get_by_role("button").press("Enter")
    page.wait_for_selector('#library-table th.title[aria-sort="ascending"]')
    titles = page.locator("#library-table td.title button").all_inner_texts()
    assert titles == sorted(titles, key=str.casefold) and len(titles) == 2
    page.locator("#library-table td.title button").first.press("Enter")
    page.locator("#library-document h2").get_by_text(titles[0], exact=True).wait_for()
    page.wait_for_selector("#library-source .text")
    page.click('#library-document [data-act="ask"]')
    page.wait_for_function("document.activeElement.closest('#question') !== null")
    page.wait_for_function("document.querySelector('#bar-scope').innerText.includes('1 documents')")
    page.get_by_role("tab", name="Library").click()
    boxes = page.locator("#library-table tbody input")
    boxes.nth(0).check()
    boxes.nth(1).click(modifiers=["Shift"])
    page.wait_for_function(
        "document.querySelector('#library-selection').innerText.includes('2 selected')"
    )
    page.click('#library-selection [data-act="remove"]')
    page.get_by_text("2 documents were removed.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("2 documents are back.").wait_for()
    page.wait_for_selector("#library-table tbody tr")
    assert page.locator("#library-table tbody input:checked").count() == 0


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
