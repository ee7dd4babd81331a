"""A document is its text; what is said of it has its own versions, a person's word first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.document import Source
from corpus.partial_dates import first_day, is_date, is_later, last_day, within
from index.filters import Filters
from index.ingest import MetadataOverride, Report
from tests.older import made_older, step_with

TEXT = "The harbour board of Tarn said that the breakwater will cost 14 million crowns."


@pytest.fixture
def workspace(tmp_path: Path, record: str) -> Iterator[Workspace]:
    home = tmp_path / "home"
    with Workspace(
        Settings(home=home, embedder="hash", engine="extractive", record=record)
    ) as opened:
        yield opened


def write(file: Path, *, text: str = TEXT, **said: str) -> Path:
    head = "".join(f"{name}: {value}\n" for name, value in said.items())
    file.write_text(f"---\n{head}---\n\n{text}\n", encoding="utf-8")
    return file


def added(workspace: Workspace, file: Path, described: MetadataOverride | None = None) -> Report:
    *_, report = workspace.add([file], described=described)
    assert isinstance(report, Report)
    return report


def as_before_statements(home: Path) -> None:
    """Make a library what it was before places had statements of their own."""
    made_older(home, step_with("CREATE TABLE statements"))


def only(workspace: Workspace) -> Entry:
    (entry,) = workspace.library.entries()
    return entry


def test_corrected_front_matter_is_taken_over(workspace: Workspace, tmp_path: Path) -> None:
    """The text is the same, so nothing is embedded; title, date and publisher are the new ones."""
    file = tmp_path / "note.md"
    added(workspace, write(file, title="Brekwater", publisher="Courier", date="2025-02-02"))
    before = workspace.library.generation
    report = added(
        workspace, write(file, title="Breakwater", publisher="Tarn Courier", date="2026-02-02")
    )
    assert report.updated == (str(file),) and report.passages == 0
    source = only(workspace).source
    assert (source.title, source.publisher, source.published) == (
        "Breakwater",
        "Tarn Courier",
        "2026-02-02",
    )
    assert workspace.library.generation > before
    assert workspace.retriever.search("breakwater")[0].source == source
    assert added(workspace, file).unchanged == (str(file),)


def test_an_edit_by_another_program_reaches_a_document_that_was_read(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The text is read once; title, publisher and date are those that hold now."""
    added(workspace, write(tmp_path / "note.md", title="Breakwater", publisher="Courier"))
    document = only(workspace).id
    assert workspace.library.document(document).source.publisher == "Courier"
    with Workspace(workspace.settings) as other:
        other.update_source(document, publisher="Tarn Courier")
    assert workspace.library.document(document).source == only(workspace).source
    assert only(workspace).source.publisher == "Tarn Courier"


def test_what_a_person_edited_outlives_new_texts_of_the_file(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Other fields follow the file; an edited one does until it is emptied again."""
    file = tmp_path / "note.md"
    added(workspace, write(file, title="Breakwater", publisher="Courier", date="2025-02-02"))
    workspace.update_source(only(workspace).id, publisher="Tarn Courier", title="Breakwater")
    write(file, text="It costs 15 million now.", title="New", publisher="X", date="2026-01-01")
    assert added(workspace, file).replaced
    source = only(workspace).source
    assert (source.title, source.publisher, source.published) == (
        "New",
        "Tarn Courier",
        "2026-01-01",
    )
    assert workspace.update_source(only(workspace).id, publisher="").source.publisher == "X"


def test_what_is_given_on_adding_is_a_persons_word(workspace: Workspace, tmp_path: Path) -> None:
    """It holds when the file is added again without it, and can be given for a file that is in."""
    file = tmp_path / "note.md"
    added(workspace, write(file, title="Breakwater", date="2025-02-02"))
    report = added(workspace, file, MetadataOverride(publisher="Me", edit=True))
    assert report.updated and only(workspace).source.publisher == "Me"
    write(file, title="Breakwater", publisher="Courier", date="2025-02-03")
    assert added(workspace, file).updated
    assert (only(workspace).source.publisher, only(workspace).source.published) == (
        "Me",
        "2025-02-03",
    )


def test_a_second_publisher_of_the_same_text_is_kept_and_found(
    workspace: Workspace, tmp_path: Path
) -> None:
    """With its own title and date; the first stays what the document is cited as."""
    added(
        workspace, write(tmp_path / "a.md", title="Breakwater for Tarn", publisher="Tarn Courier")
    )
    report = added(
        workspace,
        write(tmp_path / "b.md", title="Tarn builds", publisher="Coast Daily", date="2026-02-02"),
    )
    assert len(report.duplicates) == 1
    entry = only(workspace)
    assert entry.source.publisher == "Tarn Courier"
    assert [(one.publisher, one.published) for one in entry.others] == [
        ("Coast Daily", "2026-02-02")
    ]
    for filters in (Filters(("Coast Daily",)), Filters(since="2026", until="2026-02")):
        (found,) = workspace.retriever.search("breakwater", filters=filters)
        assert found.source.publisher == "Coast Daily"
    assert workspace.retriever.search("breakwater")[0].source.publisher == "Tarn Courier"
    assert not workspace.retriever.search(
        "breakwater", filters=Filters(("Tarn Courier",), since="2026")
    )


def test_a_persons_word_on_one_place_leaves_the_other_publisher(
    workspace: Workspace, tmp_path: Path
) -> None:
    """An edit, or a publisher named on adding, corrects one statement of an equal text alone."""
    added(workspace, write(tmp_path / "a.md", title="Breakwater", publisher="Courier"))
    copy = write(tmp_path / "b.md", title="Tarn builds")
    assert added(workspace, copy, MetadataOverride(publisher="Coast Daily", edit=True)).duplicates
    assert [one.publisher for one in only(workspace).sources] == ["Courier", "Coast Daily"]
    workspace.update_source(only(workspace).id, publisher="Tarn Courier")
    assert [one.publisher for one in only(workspace).sources] == ["Tarn Courier", "Coast Daily"]
    for publisher in ("Tarn Courier", "Coast Daily"):
        (found,) = workspace.retriever.search("breakwater", filters=Filters((publisher,)))
        assert found.source.publisher == publisher


def test_a_version_that_was_brought_back_is_edited_alone(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Its place shows the next version, which keeps what is said of it."""
    file = write(tmp_path / "a.md", title="Old", publisher="Courier")
    added(workspace, file)
    old = only(workspace).id
    added(workspace, write(file, text="It costs 15 million now.", title="New", publisher="Courier"))
    new = only(workspace).id
    workspace.restore(old)
    assert workspace.update_source(old, title="Oldest").source.title == "Oldest"
    assert workspace.library.entry(new).source.title == "New"


def test_a_further_place_of_an_older_library_is_read_again(tmp_path: Path) -> None:
    """It kept only where that file lies: its publisher and date come in when it is added again."""
    home = tmp_path / "home"
    copy = tmp_path / "b.md"
    with Workspace(Settings(home=home, embedder="hash")) as workspace:
        added(workspace, write(tmp_path / "a.md", title="One", publisher="Tarn Courier"))
        added(workspace, write(copy, title="Two", publisher="Coast Daily"))
    as_before_statements(home)
    with Workspace(Settings(home=home, embedder="hash")) as workspace:
        assert only(workspace).others == ()
        assert added(workspace, copy).updated == (str(copy),)
        assert [one.publisher for one in only(workspace).sources] == ["Tarn Courier", "Coast Daily"]


def test_a_place_that_moves_on_leaves_the_text_to_the_others(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The document is then what its remaining place says."""
    first = write(tmp_path / "a.md", title="One", publisher="Tarn Courier")
    added(workspace, first)
    added(workspace, write(tmp_path / "b.md", title="Two", publisher="Coast Daily"))
    added(workspace, write(first, text="Something else.", title="One", publisher="Tarn Courier"))
    held = {one.source.title: one for one in workspace.library.entries()}
    assert held["Two"].source.location == str(tmp_path / "b.md")
    assert held["Two"].others == ()


def test_an_older_library_keeps_what_it_knew(tmp_path: Path) -> None:
    """The tables of statements are filled from what stood in the documents."""
    home = tmp_path / "home"
    with Workspace(Settings(home=home, embedder="hash")) as workspace:
        added(workspace, write(tmp_path / "a.md", title="One", publisher="Tarn Courier"))
        wanted = only(workspace).source
    as_before_statements(home)
    with Workspace(Settings(home=home, embedder="hash")) as workspace:
        assert only(workspace).source == wanted
        assert added(workspace, tmp_path / "a.md").unchanged
        assert workspace.update_source(only(workspace).id, title="Uno").source.title == "Uno"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-03-05", "2024-03-05", "2024-03-05"),
    ],
)
def test_a_partial_date_is_the_span_it_names(text: str, first: str, last: str) -> None:
    """From its first day to its last."""
    assert is_date(text) and (first_day(text), last_day(text)) == (first, last)


def test_what_is_no_date_is_told() -> None:
    """Days that do not exist, other orders, other digits."""
    for text in ("", "24", "2024-13", "2024-02-30", "05-03-2024", "2024-3", "２０２４", "2024-00"):
        assert not is_date(text), text


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        ("", "2024", {"2023-12-31", "2024-03-05", "2024-03", "2024"}),
        ("", "2024-03", {"2023-12-31", "2024-03-05", "2024-03", "2024"}),
        ("", "2024-03-04", {"2023-12-31", "2024-03", "2024"}),
        ("2024", "", {"2024-03-05", "2024-03", "2024", "2025-01-01"}),
        ("2024-03-06", "2024", {"2024-03", "2024"}),
        ("", "", {"2023-12-31", "2024-03-05", "2024-03", "2024", "2025-01-01", ""}),
    ],
)
def test_filters_take_a_partial_date_for_all_of_it(since: str, until: str, kept: set[str]) -> None:
    """ "Until 2024" is the whole of 2024; a document that states a month is kept if a day fits."""
    dates = ("2023-12-31", "2024-03-05", "2024-03", "2024", "2025-01-01", "")
    assert {one for one in dates if within(one, since, until)} == kept
    filters = Filters(since=since, until=until)
    entries = [Entry(one, Source("T", "/t", "", one), 0, 1, "") for one in dates]
    assert {one.id for one in entries if filters.admits(one)} == kept
    # What says only when it was changed is of that time.
    changed = [Entry(one, Source("T", "/t", updated=one), 0, 1, "") for one in dates]
    assert {one.id for one in changed if filters.admits(one)} == kept


def test_later_is_later_on_every_day() -> None:
    """March 2025 may be before or after "2025"; 2026 is after both."""
    assert is_later("2026", "2025-03") and is_later("2025-04", "2025-03-31")
    assert not is_later("2025-03", "2025") and not is_later("2025", "2025-03")
    assert not is_later("", "2025") and not is_later("2025", "")
