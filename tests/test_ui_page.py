"""The page in a real headless browser, over a place that behaves like a backend."""

from __future__ import annotations

import html
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Citation, Claim, Question
from assistant.checking.problems import Code, problem
from assistant.engine import Usage
from assistant.models.model_store import ModelStore
from assistant.related import Related, Said
from benchmarks.serving import chromium_running, serving
from corpus.access import ANYONE, Asker
from corpus.catalogue import Entry
from corpus.conversations import Conversations
from corpus.document import Document, Passage, Source
from corpus.errors import BriefingError, EngineError, ReadError
from corpus.library import Library
from corpus.page_images import PageImage
from index.evidence import Evidence
from tests.browser import GRADIO_WARNS, PATIENCE
from ui.chat_actions import (
    AskOptions,
    ChatTurn,
    begin_answer,
    selected_citation,
    thread_html,
    turn_progress,
    why_not_asked,
)
from ui.jobs import Jobs
from ui.page_engines import who_html
from ui.rendering import rendered
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
        self.signs_in = False
        self.questions: Jobs[Any] = Jobs("questions", at_once=2, waiting=4)
        self.memos: Jobs[Any] = Jobs("memos", at_once=1, waiting=1)
        self.samples: Jobs[Any] = Jobs("memos", at_once=1, waiting=1)
        self.additions: Jobs[Any] = Jobs("additions", at_once=1, waiting=1)
        self.downloads: Jobs[Any] = Jobs("models", at_once=1, waiting=2)
        self.store = ModelStore(Path(os.devnull), catalogue=())
        self.answering = "scripted"
        # What was asked, and how many turns came with it.
        self.asked: list[tuple[str, int]] = []

    def conversations(self) -> Conversations | None:
        return self._kept

    def can_ask(self) -> bool:
        return self.questions.reserve()

    def window_closed(self, window: str) -> None:
        self.questions.left(window)

    def is_adding(self) -> bool:
        return bool(self.additions.unfinished())

    def note_refusal(self, who: str, reason: str) -> None:
        return None

    def asker(self) -> Asker:
        return ANYONE

    def require_admin(self) -> None:
        return None

    def workspace(self, engine: str = "") -> None:
        return None

    def status(self, language: str = "en") -> str:
        return ""

    def default_engine(self) -> str:
        return self.answering

    def with_follow_ups(self, answer: Answer) -> Answer:
        return replace(answer, follow_ups=("Who runs the harbour?",))

    def pictures(self, answer: Answer, language: str = "en", *, wait: bool = True) -> tuple[()]:
        return ()

    def engines(self) -> Sequence[tuple[str, str]]:
        here = [f"local:{one.name}" for one in self.store.installed()]
        return [(one, one) for one in ("scripted", *here, "openai:far")]

    def models(self) -> ModelStore:
        return self.store

    def servers(self) -> Sequence[str]:
        return ()

    def find_servers(self) -> None:
        return None

    def require_open(self) -> None:
        return None

    def home(self) -> Path:
        return self.store.folder

    def engine_of_start(self) -> str:
        return "scripted" if self.answering == "scripted" else ""

    def chosen_engine(self) -> str:
        return self.store.chosen_engine

    def choose_engine(self, name: str) -> str:
        self.store.choose_engine(name)
        return self.renew_engine()

    def renew_engine(self) -> str:
        if self.answering != "scripted":
            self.answering = self.store.chosen_engine or "extractive"
        return self.answering

    def host_of(self, engine: str) -> str:
        return "api.openai.com" if engine.startswith("openai:") else ""

    def examples(self, language: str = "en") -> Sequence[str]:
        return EXAMPLES

    def opening_finished(self) -> bool:
        return True

    def after_opening(self, do: Callable[[], object]) -> None:
        pass

    def entries(self) -> Sequence[Entry]:
        return [Entry(DOCUMENT.id, SOURCE, 1, 1, "2026-01-01T00:00:00+00:00")]

    def answers(self, question: Question, engine: str = "") -> Iterator[Answer | str]:
        self.asked.append((question.text, len(question.history)))
        answer = Answer(question.text, evidence=(EVIDENCE,), engine="scripted")
        if "declined" in question.text:
            closest = Claim(f"{QUOTE} <i>&#9660;</i>", (1,), "supported")
            yield Answer(
                question.text, "declined", citations=(CITATION,), evidence=(EVIDENCE,),
                notice=NOT_SAID_OUTRIGHT, searches=("declined",), nearest=(closest,), chance=0.125,
            )  # fmt: skip
            return
        if "nothing" in question.text:
            yield Answer(question.text, "declined", notice=NOTHING_ON_THIS, searches=("nothing",))
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
            time.sleep(2.5)
        claim = Claim(f"{QUOTE} {question.text}", (1,), "supported")
        weak = Claim(
            "![x](http://10.0.0.1/y.png) It <i>shone</i>.",
            (1,),
            "weak",
            (problem(Code.LINE, "shone"),),
        )
        if "model" in question.text:
            yield Answer(question.text, growing="The harbour is", notice="writing", engine="m")
            wrong = Claim("It sank.", (), "unsupported", (problem(Code.UNCITED),), (1,))
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

    def grading(self) -> Callable[[Source], str]:
        return lambda source: "C3"

    def page_renderer(self) -> Shelf:
        return Shelf()

    def sources(self) -> Sources:
        return Sources(
            Shelf(),
            Shelf(),
            grade=lambda source: "C3",
            beside=lambda shown: Related(same=(Said(EVIDENCE, START, START + len(QUOTE)),)),
        )


class Shelf:
    """A library of the one document, whose file is not kept."""

    def document(self, document: str) -> Document:
        return DOCUMENT

    def entry(self, document: str) -> Entry:
        return Entry(DOCUMENT.id, SOURCE, 1, 1, "2026-01-01T00:00:00+00:00")

    def original(self, document: str) -> None:
        return None

    def picture(self, *args: object, **options: object) -> PageImage:
        raise ReadError("damaged", "there is nothing to draw")


def last(text: str, turns: Sequence[ChatTurn] = ()) -> list[ChatTurn]:
    place = Harbour()
    name, begun = begin_answer(place, "", text, turns, AskOptions())
    job = place.questions.find(name)
    assert job is not None
    list(job.watch())
    return [*turns, turn_progress(place, job, begun, "en")]


def test_history_is_of_this_session_and_failures_are_no_history() -> None:
    """A turn that failed says so, and is not carried into the next question."""
    first = last("How many ships?")
    both = last("fail now", first)
    assert [turn.answer.outcome for turn in both if turn.answer] == ["answered", "failed"]
    assert "The answer failed" in thread_html(both)[1]
    assert last("and then?", both)[0] == first[0]


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("  ", AskOptions(), "Type a question"),
        ("x" * 4001, AskOptions(), "4,001"),
        ("Why?", AskOptions(as_of="2025-02-30"), "is no date"),
        ("Why?", AskOptions(since="last year"), "is no date"),
        ("Why?", AskOptions(as_of="2024", since="2025-01"), "before"),
        ("Why?", AskOptions(as_of="2025-06", since="2025"), ""),
    ],
    ids=["empty", "long", "no such day", "words", "nothing between", "good"],
)
def test_what_cannot_be_asked_is_said_in_one_line(text: str, asked: AskOptions, said: str) -> None:
    """Before anything is searched or kept, in both languages."""
    found = why_not_asked(text, asked, "en")
    assert said in found and bool(found) == bool(said)
    assert bool(why_not_asked(text, asked, "zh")) == bool(said)


def test_a_marker_that_does_not_exist_shows_the_empty_panel() -> None:
    """Whatever the browser sends."""
    turns = last("How many ships?")
    for turn, number in (("7", "1"), ("x", "1"), (None, None), ("0", "x")):
        assert selected_citation(turns, turn, number) is None
    shown = selected_citation(turns, "0", "1")
    assert shown is not None and shown.claim and shown.evidence == (EVIDENCE,)
    html = Harbour().sources().html(shown, View(), "en")
    assert f"<mark>{QUOTE}</mark>" in html and "grade C3" in html and "Lund" in html
    assert f'href="#at-{DOCUMENT.id}-{START}-{START + len(QUOTE)}"' in html
    assert "1 other source says so" in html


@pytest.mark.parametrize(
    "text",
    ["<script>x</script>", "![a](http://h/b)", "[a](javascript:x)", "**b** _i_ `c` ~~s~~", "$x$"],
)
def test_text_is_shown_and_never_rendered(text: str) -> None:
    """A question is text in the heading and in the attributes made of it."""
    shown = rendered("thread.html", "turn", "en", text, "", 0)
    assert "<script" not in shown and html.unescape(shown).count(text) == 2


# ----------------------------------------------------------------- in the browser

pytestmark = GRADIO_WARNS


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    HARBOUR.clear()
    library = Library(tmp_path_factory.mktemp("home"))
    HARBOUR.append(place := Harbour(library.conversations))
    with serving(place, EXAMPLES, 17900) as served:
        yield served
    library.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with chromium_running() as browser:
        yield browser


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """Return an open page; afterwards nothing left this machine and the console is clean."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    hosts: set[str] = set()
    errors: list[str] = []
    opened.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    # What Gradio says of the stream of a page that is left while an answer is being written.
    left = ("AbortError", "Unexpected error Connection errored out")

    def heard(said: Any) -> None:
        # Gradio cancels an event of a page that is left before the event has its number: 422.
        early = "status of 422" in said.text and said.location["url"].endswith("/cancel")
        if said.type == "error" and not early and not said.text.startswith(left):
            errors.append(said.text)

    opened.on("console", heard)
    opened.goto(address)
    ready(opened)
    opened.locator("#greeting").get_by_role("button", name=EXAMPLES[0]).wait_for()
    yield opened
    assert hosts <= {"127.0.0.1", ""}, hosts
    assert not errors, errors
    assert opened.evaluate("window.hacked") is None
    assert opened.query_selector("#chat img, #source img") is None
    context.close()


def ready(page: Any) -> None:
    """Wait until the page has taken over from what the server drew first."""
    page.wait_for_selector("#question textarea")
    page.wait_for_selector("#first", state="detached")


def ask(page: Any, text: str) -> None:
    page.fill("#question textarea", text)
    page.keyboard.press("Enter")


def test_the_bar_says_where_text_goes() -> None:
    """Nowhere, or in amber to the host of the engine that was chosen."""
    place: Any = Harbour()
    here, far = (who_html(place, name, "en") for name in ("", "openai:far"))
    assert "on this machine" in here and "hosted" not in here
    assert "sends text to api.openai.com" in far and "hosted" in far


def test_the_room_reports_a_library_that_cannot_be_opened(tmp_path: Any) -> None:
    """The failure is shown as one, on the page and for every question."""
    from assistant.settings import Settings
    from ui.backend import Backend

    (tmp_path / "home").write_text("a file where the folder should be")
    backend = Backend(Settings(home=tmp_path / "home", embedder="hash"))
    backend.open()
    with pytest.raises(BriefingError, match="cannot write"):
        list(backend.answers(Question("x")))
    assert "did not work" in backend.status() and backend.entries() == ()
    backend.close()
