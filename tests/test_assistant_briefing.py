"""The interface for Python programs: what it promises, and that its page of examples is true."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import assistant
from assistant import (
    Answer,
    Briefing,
    BriefingError,
    FormatError,
    LibraryClosed,
    LibraryLocked,
    NothingFound,
    NotInLibrary,
    Progress,
    ReadError,
    Report,
    UsageError,
    exported,
)
from corpus import errors
from tests.test_layout import HEAVY, LAYERS, ROOT

PAGE = ROOT / "docs" / "python.md"
NOTE = "---\ntitle: {}\npublisher: {}\npublished: {}\n---\n\n{}\n"
NORDEN = "The harbour of Norden cost 41 million crowns."
TARN = "The harbour of Tarn cost 12 million crowns."
NOTES = {
    "norden.md": NOTE.format(
        "The harbour of Norden", "Norden Gazette", "2025-03-01",
        f"{NORDEN} It has nine cranes, according to its director.",
    ),
    "tarn.md": NOTE.format(
        "The harbour of Tarn", "Tarn Courier", "2024-05-10",
        f"{TARN} The pilots of Tarn are from Pell.",
    ),
}  # fmt: skip


def notes_in(folder: Path) -> Path:
    """Write the notes that every example is about; return their folder."""
    notes = folder / "notes"
    notes.mkdir()
    for name, text in NOTES.items():
        (notes / name).write_text(text, encoding="utf-8")
    return notes


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Briefing]:
    """Return an empty library whose vectors cost nothing."""
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")
    with Briefing(tmp_path / "library", engine="extractive") as briefing:
        yield briefing


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Briefing]:
    """Return a library of both notes; it is only read."""
    folder = tmp_path_factory.mktemp("harbours")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFING_EMBEDDER", "hash")
        briefing = Briefing(folder / "library", engine="extractive")
    with briefing:
        briefing.add(notes_in(folder))
        yield briefing


def test_what_is_public_is_there_and_nothing_else() -> None:
    """Each listed name loads, is documented and is typed; any other is no attribute."""
    for name in assistant.__all__:
        assert inspect.getdoc(getattr(assistant, name)), name
    assert set(assistant.__all__) <= set(dir(assistant))
    assert set(assistant.__all__) >= {
        name
        for name, one in vars(errors).items()
        if inspect.isclass(one) and issubclass(one, BriefingError)
    }
    with pytest.raises(AttributeError, match="has no attribute 'Workspace'"):
        assistant.Workspace  # type: ignore[attr-defined]  # noqa: B018
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for package in LAYERS:
        assert (ROOT / package / "py.typed").is_file()
        assert "py.typed" in packed["package-data"][package]


def test_every_method_says_what_comes_out_and_what_it_raises() -> None:
    """What a program may name in its own annotations is public too."""
    methods = {
        name: one for name, one in vars(Briefing).items()
        if inspect.isfunction(one) and not name.startswith("_")
    }  # fmt: skip
    assert set(methods) == {"add", "search", "ask", "check", "memo", "sources", "close"}
    for name, method in methods.items():
        told = inspect.getdoc(method) or ""
        assert name in {"sources", "close"} or "Raises " in told, name
        named = set(re.findall(r"\b[A-Z]\w+", str(inspect.signature(method))))
        assert named <= {*assistant.__all__, "Sequence", "Callable", "Path", "None", "False"}, name
        raised = set(re.findall(r"\b[A-Z]\w*(?:Error|Mismatch|Locked|Found|NotInLibrary)\b", told))
        assert raised <= set(assistant.__all__), name


@pytest.mark.process
def test_importing_loads_nothing() -> None:
    """A program that only catches our errors starts as fast as before; types resolve lazily."""
    code = (
        "import sys, assistant\nfrom assistant import UsageError\n"
        f"loaded = [name for name in (*{HEAVY!r}, 'assistant.briefing') if name in sys.modules]\n"
        "assert not loaded, loaded\n"
        "from assistant import Citation\nassert 'assistant.answer' in sys.modules\n"
        "assert 'torch' not in sys.modules and 'gradio' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr


def test_adding_reports_each_file_and_reads_nothing_twice(opened: Briefing, tmp_path: Path) -> None:
    """Folders and files, texts and paths; what cannot be read is told while the rest goes in."""
    notes = notes_in(tmp_path)
    (notes / "empty.txt").write_text(" ")
    steps: list[Progress | Report] = []
    report = opened.add(str(notes), watch=steps.append)
    assert sorted(Path(one).name for one in report.added) == sorted(NOTES)
    assert [(Path(one.path).name, one.reason) for one in report.refused] == [("empty.txt", "empty")]
    assert steps[-1] is report and any(isinstance(one, Progress) for one in steps)
    again = opened.add(*(notes / name for name in NOTES))
    assert len(again.unchanged) == 2 and not again.added
    assert [one.source.title for one in opened.sources()] == [
        "The harbour of Norden", "The harbour of Tarn",
    ]  # fmt: skip


def test_what_is_said_of_files_holds_for_them(opened: Briefing, tmp_path: Path) -> None:
    """A publisher and a date that the caller knows go before what the file states."""
    opened.add(*notes_in(tmp_path).glob("norden.md"), publisher="Archive", published="2019")
    (one,) = opened.sources()
    assert (one.source.publisher, one.source.published) == ("Archive", "2019")


def test_a_search_returns_passages_within_its_bounds(harbours: Briefing) -> None:
    """By day, by publisher, by the id of a document; no more of them than asked for."""
    found = harbours.search("What did the harbour cost?")
    assert {one.source.publisher for one in found} == {"Norden Gazette", "Tarn Courier"}
    assert [one.label for one in found] == [1, 2] and all(one.why for one in found)
    assert len(harbours.search("What did the harbour cost?", limit=1)) == 1
    (tarn,) = harbours.search("What did the harbour cost?", as_of="2024")
    assert TARN in tarn.passage.text
    assert len(harbours.search("What did the harbour cost?", publishers="", documents="")) == 2
    for publishers in ("Norden Gazette", ["norden gazette"]):
        (norden,) = harbours.search("What did the harbour cost?", publishers=publishers)
        assert NORDEN in norden.passage.text
    (same,) = harbours.search("What did the harbour cost?", documents=norden.passage.document[:10])
    assert same.passage == norden.passage
    assert harbours.search("What did the harbour cost?", since="2026") == ()


def test_an_answer_is_cited_and_a_question_goes_on_from_it(harbours: Briefing) -> None:
    """Each quote is the document's own; a follow-up is searched for whole; steps are shown."""
    grown: list[Answer] = []
    first = harbours.ask("What did the harbour of Norden cost?", watch=grown.append)
    assert first.outcome == "answered" and first.claims[0].text == NORDEN
    assert first.citations[0].quote == NORDEN and grown[-1] is first and len(grown) > 1
    then = harbours.ask("and Tarn?", history=[first.turn])
    assert then.standalone == "What did the harbour of Tarn cost?" and TARN in then.text
    pilots = "Where are the pilots of Tarn from?"
    assert "Pell" in harbours.ask(pilots).text
    for bounded in (
        harbours.ask(pilots, publishers="Norden Gazette"), harbours.ask(pilots, since="2025")
    ):  # fmt: skip
        assert bounded.outcome == "declined" and not bounded.claims


def test_what_a_watcher_raises_stops_the_work(harbours: Briefing) -> None:
    """The next question is answered as ever."""

    def stop(answer: Answer) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harbours.ask("What did the harbour of Norden cost?", watch=stop)
    assert harbours.ask("What did the harbour of Norden cost?").outcome == "answered"


def test_a_draft_is_checked_as_text_or_as_a_file(harbours: Briefing, tmp_path: Path) -> None:
    """Headings that state nothing and marks are left out; what differs is said."""
    draft = f"# Costs\n\n- {NORDEN} [3]\n- {TARN.replace('12', '15')}\n"
    right, wrong = harbours.check(draft)
    assert (right.text, right.verdict, right.problems) == (NORDEN, "supported", ())
    assert right.citation is not None and right.citation.source.publisher == "Norden Gazette"
    assert wrong.verdict == "unsupported" and "15" in str(wrong.problems[0].said)
    file = tmp_path / "draft.md"
    file.write_text(draft, encoding="utf-8")
    assert harbours.check(file) == (right, wrong)


def test_a_memo_is_complete_and_becomes_a_file(harbours: Briefing) -> None:
    """It cites what it says, within the bounds, and is written as Markdown."""
    memo = harbours.memo("The harbour of Norden", publishers=["Norden Gazette"])
    assert memo.complete and {one.source.publisher for one in memo.sources} == {"Norden Gazette"}
    assert NORDEN in exported(memo, "md").decode()


def fails(work: Callable[[], object], error: type[BriefingError], line: str) -> None:
    """Assert that work raises an error of one line that holds these words."""
    with pytest.raises(error, match=line) as caught:
        work()
    assert "\n" not in str(caught.value)


def test_what_cannot_be_done_is_one_clear_line(harbours: Briefing, tmp_path: Path) -> None:
    """Of the kind that the method names."""
    empty = tmp_path / "empty"
    empty.mkdir()
    fails(lambda: harbours.add(tmp_path / "gone"), ReadError, "no file or folder")
    fails(lambda: harbours.add(empty), ReadError, "holds no files")
    fails(lambda: harbours.add("https://example.org/a"), UsageError, "fetch it with: briefing add")
    fails(lambda: harbours.add(empty, published="May"), UsageError, "no date")
    fails(lambda: harbours.ask(" "), UsageError, "question is empty")
    fails(lambda: harbours.ask("Which?", as_of="soon"), UsageError, "no date")
    fails(lambda: harbours.search("cranes", limit=0), UsageError, "give 1 or more")
    fails(lambda: harbours.search("cranes", documents="zz"), NotInLibrary, "no document 'zz'")
    fails(lambda: harbours.check(" \n"), UsageError, "holds no sentence")
    fails(lambda: harbours.check("#"), UsageError, "holds no sentence")
    fails(lambda: harbours.check(tmp_path / "gone.md"), ReadError, "no file")
    fails(lambda: harbours.memo("The harbour of Norden", template="ode"), UsageError, "no template")
    fails(lambda: harbours.memo("Volcanoes of Iceland"), NothingFound, "nothing on")
    fails(lambda: Briefing(tmp_path / "new", engine="parrot"), UsageError, "no engine 'parrot'")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "aliases.toml").write_text("names = 3")
    fails(lambda: Briefing(tmp_path / "odd", engine="extractive"), FormatError, "aliases")


def test_a_closed_library_says_so(opened: Briefing, tmp_path: Path) -> None:
    """Whatever is asked of it; closing twice is no error, and what came back stays."""
    notes = notes_in(tmp_path)
    opened.add(notes)
    answer = opened.ask("What did the harbour of Norden cost?")
    opened.close()
    opened.close()
    for work in (
        lambda: opened.add(notes),
        lambda: opened.search("cranes"),
        lambda: opened.ask("What did the harbour of Norden cost?"),
        lambda: opened.check(NORDEN),
        lambda: opened.memo("The harbour of Norden"),
        opened.sources,
    ):
        fails(work, LibraryClosed, "open it again")
    assert NORDEN in answer.text


@pytest.mark.process
def test_only_one_process_adds_at_a_time(opened: Briefing, tmp_path: Path) -> None:
    """The other is told so, and may read meanwhile."""
    notes = notes_in(tmp_path)
    opened.add(notes / "norden.md")
    code = (
        "import sys\nfrom pathlib import Path\nfrom corpus.library import Library\n"
        "with Library(Path(sys.argv[1])).writing():\n"
        "    print('writing', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "library")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline() == "writing\n"
        fails(lambda: opened.add(notes), LibraryLocked, "writing")
        assert len(opened.sources()) == 1
    assert len(opened.add(notes).added) == 1


@pytest.mark.slow
@pytest.mark.process
def test_the_examples_of_the_page_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block of docs/python.md runs, after those above it, and prints what stands below it."""
    notes_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert len(blocks) > 4 and sum(bool(printed) for _, printed in blocks) > 4
    names: dict[str, object] = {}
    try:
        for code, printed in blocks:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, PAGE.name, "exec"), names)
            assert out.getvalue() == printed, code
    finally:
        last = names.get("briefing")
        if isinstance(last, Briefing):
            last.close()
