"""The chat page in a real headless browser, over a place that behaves like a room."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from assistant.answer import Answer, Citation, Claim, Question
from assistant.beside import Beside
from assistant.engine import Usage
from corpus.catalogue import Entry
from corpus.conversations import Conversations
from corpus.document import Document, Passage, Source
from corpus.drawing import Picture
from corpus.errors import BriefingError, EngineError, ReadError
from corpus.library import Library
from index.evidence import Evidence
from ui import markup
from ui.handlers import Turn, asking, messages, pinned, stopped
from ui.jobs import Jobs
from ui.source import Sources, View

TEXT = (
    "The harbour of Lund is old. It handled 4,800 ships in 2023, the Gazette says. "
    "<img src=x onerror=window.hacked=1> ![leak](http://10.0.0.1/leak.png) Its director is Berg."
)
SOURCE = Source("<b>The</b> harbour [x](http://10.0.0.1)", "/a.pdf", "Port Gazette", "2024-03-01")
DOCUMENT = Document(SOURCE, TEXT, (0,))
QUOTE = "It handled 4,800 ships in 2023, the Gazette says."
START = TEXT.index(QUOTE)
CITATION = Citation(1, DOCUMENT.id, SOURCE, 1, "Ships", QUOTE, START, START + len(QUOTE))
EVIDENCE = Evidence(1, Passage(DOCUMENT.id, 0, len(TEXT), TEXT, 1), SOURCE, 0.9, "")
EXAMPLES = ("How many ships?", "What is declined?")
# The place behind the page that the browser tests share.
HARBOUR: list[Harbour] = []


class Harbour:
    """Answers, declines, fails or waits by what the question says."""

    def __init__(self, kept: Conversations | None = None) -> None:
        self._kept = kept
        self.stopped = threading.Event()
        self.questions: Jobs[Any] = Jobs("questions", at_once=2, waiting=4)
        self.memos: Jobs[Any] = Jobs("memos", at_once=1, waiting=1)
        self.additions: Jobs[Any] = Jobs("additions", at_once=1, waiting=1)

    def conversations(self) -> Conversations | None:
        return self._kept

    def desk(self) -> None:
        return None

    def status(self) -> str:
        return markup.status_html(self.entries(), "scripted", "")

    def settled(self) -> bool:
        return True

    def entries(self) -> Sequence[Entry]:
        return [Entry(DOCUMENT.id, SOURCE, 1, 1, "2026-01-01T00:00:00+00:00")]

    def answers(self, question: Question) -> Iterator[Answer | str]:
        answer = Answer(question.text, evidence=(EVIDENCE,), engine="scripted")
        if "declined" in question.text:
            notice = "The library does not answer this."
            yield Answer(question.text, "declined", evidence=(EVIDENCE,), notice=notice)
            return
        if "endless" in question.text:
            try:
                while True:
                    yield Answer(question.text, growing="It goes on", engine="scripted")
                    time.sleep(0.1)
            finally:
                self.stopped.set()
        if "fail" in question.text:
            raise EngineError("the engine went away <script>window.hacked=1</script>")
        yield "Reading the starter library: 1 of 2 documents…"
        yield answer
        if "slow" in question.text:
            time.sleep(1.5)
        claim = Claim(f"{QUOTE} {question.text}", (1,), "supported")
        weak = Claim("![x](http://10.0.0.1/y.png) It <i>shone</i>.", (1,), "weak", ("shone",))
        if "model" in question.text:
            yield Answer(question.text, growing="The harbour is", notice="writing", engine="m")
            wrong = Claim("It sank.", (), "unsupported", ("no passage is cited",), (1,))
            yield Answer(
                question.text, "partly", (claim, wrong), (CITATION,), (EVIDENCE,),
                not_found=("who owns <it>?",), searches=("owner",), engine="ollama:tiny",
                standalone="How many ships came to Lund?", usage=Usage(1200, 34, 0.0123),
                seconds={"total": 2.0},
            )  # fmt: skip
            return
        yield Answer(
            question.text, "answered", (claim, weak), (CITATION,), (EVIDENCE,), engine="scripted",
            seconds={"total": 0.1},
        )  # fmt: skip

    def sources(self) -> Sources:
        return Sources(
            Shelf(),
            Shelf(),
            grade=lambda source: "C3",
            beside=lambda shown: Beside(same=(EVIDENCE,)),
        )


class Shelf:
    """A library of the one document, whose file is not kept."""

    def document(self, document: str) -> Document:
        return DOCUMENT

    def entry(self, document: str) -> Entry:
        return Entry(DOCUMENT.id, SOURCE, 1, 1, "2026-01-01T00:00:00+00:00")

    def original(self, document: str) -> None:
        return None

    def picture(self, *args: object, **options: object) -> Picture:
        raise ReadError("damaged", "there is nothing to draw")


def last(text: str, turns: Sequence[Turn] = ()) -> list[Turn]:
    *_, final = asking(Harbour(), text, turns)
    return final


def test_history_is_of_this_session_and_failures_are_no_history() -> None:
    """A turn that failed has no answer and is not carried into the next question."""
    first = last("How many ships?")
    both = last("fail now", first)
    assert [turn.answer is None for turn in both] == [False, True]
    assert "That did not work" in messages(both)[3]["content"]
    assert last("and then?", both)[0] == first[0]


def test_stop_marks_an_answer_that_was_still_growing() -> None:
    """A complete answer stays as it is."""
    done = last("How many ships?")
    assert stopped(done) == done
    growing = [Turn("x", Answer("x"))]
    assert "Stopped" in messages(stopped(growing))[1]["content"]
    assert stopped([]) == []


def test_a_marker_that_does_not_exist_shows_the_empty_panel() -> None:
    """Whatever the browser sends."""
    turns = last("How many ships?")
    for turn, number in (("7", "1"), ("x", "1"), (None, None), ("0", "x")):
        assert pinned(turns, turn, number) is None
    shown = pinned(turns, "0", "1")
    assert shown is not None and shown.claim and shown.evidence == (EVIDENCE,)
    html = Harbour().sources().html(shown, View(), "en")
    assert f"<mark>{QUOTE}</mark>" in html and "grade C3" in html and "Lund" in html


@pytest.mark.parametrize(
    "text",
    ["<script>x</script>", "![a](http://h/b)", "[a](javascript:x)", "**b** _i_ `c` ~~s~~", "$x$"],
)
def test_text_is_shown_and_never_rendered(text: str) -> None:
    """No sign that HTML or Markdown reads is left as itself."""
    assert not set(markup.text(text)) & set("<>![]()*_`~$")


# ----------------------------------------------------------------- in the browser

CHROMIUM = shutil.which("chromium")
browser_test = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
# Gradio and its dependencies warn of their own deprecations while a page is built and served.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:gradio"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    from ui.server import application, free_socket

    listening: socket.socket = free_socket(17900)
    library = Library(tmp_path_factory.mktemp("home"))
    HARBOUR.append(place := Harbour(library.conversations))
    server = uvicorn.Server(
        uvicorn.Config(application(place, EXAMPLES), log_level="error", access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    library.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    arguments = (
        "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
        "--disable-sync --no-first-run"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments.split())
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """Return an open page; afterwards nothing left this machine and the console is clean."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    hosts: set[str] = set()
    errors: list[str] = []
    opened.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.goto(address)
    opened.wait_for_selector("#question textarea")
    yield opened
    assert hosts <= {"127.0.0.1", ""}, hosts
    assert not errors, errors
    assert opened.evaluate("window.hacked") is None
    assert opened.query_selector("#chat img[src*='10.0.0.1'], #source img") is None
    context.close()


def ask(page: Any, text: str) -> None:
    page.fill("#question textarea", text)
    page.keyboard.press("Enter")


@browser_test
def test_an_example_is_answered_and_its_source_opens(page: Any) -> None:
    """Choosing [1] shows title, publisher, date, page and the passage with the words marked."""
    page.get_by_role("button", name=EXAMPLES[0]).click()
    page.wait_for_selector("#chat .about")
    assert "4,800 ships" in page.inner_text("#chat")
    assert "Only partly in the cited passage" in page.inner_text("#chat .verdict")
    page.locator("#chat a.cite").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#source mark")
    panel = page.inner_text("#source")
    assert page.inner_text("#source mark") == QUOTE
    assert "Port Gazette" in panel and "2024-03-01" in panel and "<b>The</b> harbour" in panel
    assert not page.get_by_role("button", name=EXAMPLES[0]).is_visible()


@browser_test
def test_declined_and_failed_look_like_themselves(page: Any) -> None:
    """Neither is an answer, and neither looks like the other."""
    ask(page, "What is declined?")
    page.wait_for_selector("#chat .outcome.declined")
    assert "Not found in the library" in page.inner_text("#chat .outcome.declined")
    ask(page, "Please fail")
    page.wait_for_selector("#chat .outcome.failed")
    assert "That did not work" in page.inner_text("#chat .outcome.failed")
    assert "<script>" in page.inner_text("#chat .outcome.failed")


@browser_test
def test_two_sessions_are_kept_apart(page: Any, chromium: Any, address: str) -> None:
    """What one asks, the other neither sees nor can open."""
    other = chromium.new_context().new_page()
    other.goto(address)
    other.wait_for_selector("#question textarea")
    ask(page, "slow first session")
    ask(other, "slow second session")
    page.wait_for_selector("#chat .about", timeout=20_000)
    other.wait_for_selector("#chat .about", timeout=20_000)
    assert "second session" not in page.inner_text("#chat")
    assert "first session" not in other.inner_text("#chat")
    other.close()


@browser_test
def test_a_new_conversation_is_empty(page: Any) -> None:
    """The thread, the panel and the examples are as in the beginning."""
    ask(page, "How many ships?")
    page.wait_for_selector("#chat .about")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name=EXAMPLES[1]).wait_for()
    assert page.query_selector("#chat .about") is None
    assert "Choose a marker" in page.inner_text("#source")


@browser_test
def test_a_models_answer_shows_its_doubts_and_what_it_took(page: Any) -> None:
    """The rewritten question, the offered marker, what is missing, tokens and price; and hiding."""
    ask(page, "what does the model say?")
    page.wait_for_selector("#chat .missing")
    said = page.inner_text("#chat")
    for part in ("Searched as: How many ships came to Lund?", "[1+]", "who owns <it>?",
                 "Searched: owner", "1,200 + 34 tokens", "$0.0123", "ollama:tiny"):  # fmt: skip
        assert part in said, part
    assert page.locator("#chat .claim.unsupported").is_visible()
    page.get_by_label("Hide sentences that no passage supports").check()
    page.locator("#chat .claim.unsupported").wait_for(state="hidden")


@browser_test
def test_stop_ends_an_answer_that_never_ends(page: Any) -> None:
    """Within two seconds the engine is let go, and the page says that it was stopped."""
    ask(page, "something endless")
    page.wait_for_selector("#chat .growing")
    page.get_by_role("button", name="Stop", exact=True).click()
    assert HARBOUR[0].stopped.wait(2)
    page.get_by_text("Stopped. Ask again").wait_for()


@browser_test
def test_a_conversation_is_kept_reopened_renamed_exported_and_deleted(
    page: Any, chromium: Any, address: str
) -> None:
    """After the page is loaded anew it is there, with sources that open."""
    ask(page, "How many ships of the kept kind?")
    page.wait_for_selector("#chat .about")
    # The answer is kept after it is shown; a page that is left meanwhile breaks its stream.
    page.wait_for_timeout(1500)
    page.reload()
    page.wait_for_selector("#question textarea")
    page.get_by_role("button", name="Conversations").click()
    page.get_by_label("Search conversations").fill("kept kind")
    page.wait_for_timeout(700)
    page.get_by_label("Open a conversation").click()
    page.get_by_role("option", name="How many ships of the kept kind?").click()
    page.wait_for_selector("#chat .about")
    page.locator("#chat a.cite").first.click()
    page.wait_for_selector("#source mark")
    page.get_by_label("New title").fill("Ships <b>of</b> 2023")
    page.get_by_role("button", name="Rename").click()
    page.wait_for_timeout(700)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export as Markdown").click()
    text = saved.value.path().read_text(encoding="utf-8")
    assert text.startswith("# Ships <b>of</b> 2023") and f"> {QUOTE}" in text
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name=EXAMPLES[0]).wait_for()
    assert page.query_selector("#chat .about") is None


@browser_test
def test_a_phone_sees_everything_in_one_column(page: Any) -> None:
    """Nothing is wider than the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, "How many ships?")
    page.wait_for_selector("#chat .about")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_line_under_the_title_says_where_text_goes() -> None:
    """Before the first question: nowhere, or to the host of the engine that was named."""
    assert "nothing leaves this machine" in markup.status_html((), "ollama:x", "")
    shown = markup.status_html((), "openai:x", "", "api.openai.com")
    assert "go to api.openai.com" in shown and "nothing leaves" not in shown


def test_the_room_reports_a_library_that_cannot_be_opened(tmp_path: Any) -> None:
    """The failure is shown as one, on the page and for every question."""
    from assistant.settings import Settings
    from ui.room import Room

    (tmp_path / "home").write_text("a file where the folder should be")
    room = Room(Settings(home=tmp_path / "home", embedder="hash"))
    room.open()
    with pytest.raises(BriefingError, match="cannot write"):
        list(room.answers(Question("x")))
    assert "did not work" in room.status() and room.entries() == ()
    room.close()
