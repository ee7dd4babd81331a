"""The page for people who sign in: nothing of one's documents and work reaches another."""

from __future__ import annotations

import gc
import http.client
import inspect
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.answer import Question
from assistant.answer_storage import store_answer
from assistant.memo.request import Request
from assistant.memo.writing import write
from assistant.pipeline import ask
from benchmarks.serving import served
from corpus.access import Asker
from corpus.errors import NotAllowed
from tests.browser import GRADIO_WARNS
from tests.test_who_may_see_what import ANN, BOB, FACT, _settings, leaks, made
from ui import page_conversations
from ui.backend import Backend
from ui.chat_actions import AskOptions, begin_answer, latest_html
from ui.page_news import news_html, start_news
from ui.server import application
from ui.sign_in import Admins, HeaderSignIn, asker_of_event, asking_as
from ui.uploads import Uploads

pytestmark = GRADIO_WARNS
__all__ = ["made"]
QUESTION = "What quota did the ministry set?"


@dataclass
class Window:
    """A window of the page that one person has open, and all that it was sent."""

    address: str
    asker: Asker
    session: str
    heard: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Send one request and return its status and what came back."""
        link = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        headers = {"X-Remote-User": self.asker.name, "X-Remote-Groups": ",".join(self.asker.groups)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        link.request(method, path, None if body is None else json.dumps(body), headers)
        answer = link.getresponse()
        content = answer.read().decode("utf-8", "replace")
        link.close()
        self.heard.append(content)
        return answer.status, content

    def event(self, number: int, data: list[Any], told: Any = None) -> str:
        """Send one event and return all that comes back of it, to its end."""
        body = {
            "fn_index": number, "data": data, "event_data": told, "session_hash": self.session,
        }  # fmt: skip
        status, said = self.ask("POST", "/gradio_api/queue/join", body)
        if status != 200:
            return said
        link = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=90)
        headers = {"X-Remote-User": self.asker.name, "X-Remote-Groups": ",".join(self.asker.groups)}
        link.request("GET", f"/gradio_api/queue/data?session_hash={self.session}", headers=headers)
        answer, lines = link.getresponse(), []
        while line := answer.readline():
            lines.append(line.decode())
            if '"msg":"process_completed"' in lines[-1]:
                break
        answer.close()
        link.close()
        self.heard += lines
        return "".join(lines)


@dataclass
class Page:
    """A page that is served, what stands behind it, and what lies in it of Ann's."""

    address: str
    backend: Backend
    blocks: gr.Blocks
    document: str
    talk: str
    memo: str

    def window(self, asker: Asker, session: str = "") -> Window:
        return Window(self.address, asker, session or f"{asker.name}-window")

    def number(self, name: str) -> int:
        """Return the number of the event that a handler of this name answers."""
        return next(one for one, event in self.blocks.fns.items() if event.name == name)


def _sign_in() -> HeaderSignIn:
    return HeaderSignIn(
        "X-Remote-User", "X-Remote-Groups", proxies="127.0.0.1", secret="",
        admins=Admins.named("user:root"),
    )  # fmt: skip


def _blocks_of(app: Any) -> gr.Blocks:
    """Return the page behind its guard and its first screen."""
    routes = app.inner._app.routes
    mounted = next(one.app for one in routes if hasattr(getattr(one, "app", 0), "get_blocks"))
    found: gr.Blocks = mounted.get_blocks()
    return found


@pytest.fixture(scope="module")
def page(made: Path) -> Iterator[Page]:
    """Serve the page over the library with Ann's secret, her conversation and her memo in it."""
    settings = _settings(made)
    backend = Backend(settings, asker=asker_of_event)
    uploads = Uploads.below(settings.home)
    app = application(backend, (), uploads, sign_in=_sign_in())
    backend.open()
    until = time.monotonic() + 120
    while not backend.opening_finished() and time.monotonic() < until:
        time.sleep(0.05)
    with asking_as(ANN):
        ann = backend.workspace()
    assert ann is not None
    *_, answer = ask(ann, Question(QUESTION))
    assert FACT in answer.text
    talk = store_answer(ann.library.conversations, "", answer)
    *_, memo = write(ann, Request("the harbour quota"))
    name = ann.memos.new_id(memo)
    ann.memos.save(memo, name)
    document = answer.citations[0].document
    with served(app, 0) as address:
        yield Page(address, backend, _blocks_of(app), document, talk, name)
    uploads.close()
    backend.close()
    gc.collect()


def test_without_an_event_nobody_asks(page: Page) -> None:
    """What runs behind the page sees nothing of the library by mistake."""
    for asked in (page.backend.workspace, page.backend.entries, page.backend.conversations):
        with pytest.raises(NotAllowed):
            asked()
    with asking_as(BOB):
        assert len(page.backend.entries()) == 2


def test_a_question_on_the_page_is_answered_from_what_one_may_read(page: Page) -> None:
    """The same question in windows of one name: Ann's fact, and for Bob nothing of it."""
    heard = {}
    for asker in (ANN, BOB):
        window = page.window(asker, "same-window")
        number = page.number("ask")
        inputs = len(page.blocks.fns[number].inputs)
        window.event(number, [QUESTION, *[None] * (inputs - 1)])
        watch = page.number("watch")
        window.event(watch, [None] * len(page.blocks.fns[watch].inputs))
        heard[asker.name] = "".join(window.heard)
    assert FACT in heard["ann"]
    assert leaks(heard["bob"]) == [] and "quota" in heard["bob"]
    # In the record of each stands their own.
    for asker, count in ((ANN, 2), (BOB, 1)):
        with asking_as(asker):
            kept = page.backend.conversations()
        assert kept is not None and len(kept.all()) == count


def test_a_brief_on_what_is_new_is_of_who_asks_for_it(page: Page, made: Path) -> None:
    """With a line in the audit trail; what came while it waited in line is in it, or told later."""
    backend, held = page.backend, threading.Event()
    whole = backend.whole_workspace()
    assert whole is not None
    library = whole.library
    for asker in (ANN, BOB):
        library.looks.note(library.generation, asker.name)

    def others() -> Iterator[int]:
        held.wait(30)
        yield 1

    with asking_as(ANN):
        backend.memos.start("first", others)
        job = start_news(backend, "en")
    assert job is not None
    (made / "late.md").write_text("# The late note\n\nThe note came in late.\n", encoding="utf-8")
    list(whole.add([made / "late.md"], collection="China desk"))
    held.set()
    assert job.wait(60) and job.latest is not None and job.latest.memo is not None
    assert "The late note" in repr(job.latest.memo)
    look = library.looks.last("ann")
    assert look is not None and look.generation == library.generation
    (line,) = [one for one in library.audit.lines(who="ann") if one.detail.get("template") ==
               "whatsnew"]  # fmt: skip
    assert line.action == "memo"
    with asking_as(BOB):
        assert news_html(backend, "en") == ""
        job = start_news(backend, "en")
    assert job is not None and job.wait(60) and job.latest is not None
    assert "late note" not in repr(job.latest)


def told_of(event: Any) -> bool:
    """Say whether a handler is told what was pressed."""
    return "event" in inspect.signature(event.fn).parameters


def test_no_event_of_the_page_tells_another(page: Page) -> None:
    """Every event, with what Bob could guess in every field and beside them: ids, "last", words."""
    bob = page.window(BOB)
    tried = 0
    for number, event in page.blocks.fns.items():
        if event.fn is None or event.name in {"public", "starter", "fetch"}:
            # What runs in the browser alone; what adds public documents.
            continue
        inputs = len(event.inputs)
        for guess in (page.document, page.talk, page.memo):
            told = {
                "id": guess, "act": "open", "document": guess, "name": guess, "start": 0, "end": 9,
                "turn": 0, "number": 1, "column": "title",
            }  # fmt: skip
            for act in ("open", "remove", "export") if told_of(event) else ("open",):
                status = bob.event(number, [guess] * inputs, {**told, "act": act})
                tried += bool(status)
    assert tried > 200
    assert leaks(bob.heard) == []
    with asking_as(ANN):
        workspace, kept = page.backend.workspace(), page.backend.conversations()
    assert workspace is not None and kept is not None
    assert workspace.library.entry(page.document) and kept.turns(page.talk)
    assert FACT in repr(workspace.memos.load(page.memo))


def test_no_address_of_the_page_tells_another(page: Page) -> None:
    """Originals and drawn pages by id, the first screen, what Gradio says of the page itself."""
    ann, bob = page.window(ANN), page.window(BOB)
    assert ann.ask("GET", f"/originals/{page.document}")[0] == 200 and leaks(ann.heard)
    assert bob.ask("GET", f"/originals/{page.document}")[0] == 404
    assert bob.ask("GET", f"/pages/{page.document}/1")[0] == 404
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/startup-events"):
        bob.ask("GET", path)
    assert leaks(bob.heard) == []
    whole = page.backend.whole_workspace()
    assert whole is not None
    taken = [one.who for one in whole.library.audit.lines() if one.detail.get("what") == "original"]
    assert taken == ["ann"]


def test_jobs_are_not_seen_by_another(page: Page) -> None:
    """Neither by the newest of a kind, nor by the key of a conversation or a memo."""
    with asking_as(ANN):
        job = page.backend.memos.start("one", lambda: iter(["a step"]))
        assert job.wait(30) and page.backend.memos.find("one") is job
        assert page.backend.memos.newest() is job
    with asking_as(BOB):
        assert page.backend.memos.find("one") is None and page.backend.memos.newest() is not job
        assert page.backend.memos.unfinished() == []


def test_a_question_that_was_stopped_while_it_waited_is_answered_by_nobody(page: Page) -> None:
    """Its conversation goes on at once: no server is said to be at work on it."""
    held = threading.Event()

    def others() -> Iterator[int]:
        held.wait(30)
        yield 1

    backend = page.backend
    with asking_as(BOB):
        blocking = [backend.questions.start(f"held-{one}", others) for one in range(2)]
        talk, _ = begin_answer(backend, "", "What cost the fees?", [], AskOptions())
        kept = backend.conversations()
        job = backend.questions.find(talk)
    assert kept is not None and job is not None and kept.turns(talk)[-1].being_answered
    job.cancel()
    held.set()
    assert job.wait(30) and all(one.wait(30) for one in blocking)
    (turn,) = kept.turns(talk)
    assert not turn.being_answered and not turn.answer
    kept.delete(talk)


def test_only_admins_choose_for_everyone(page: Page) -> None:
    """Who answers, keys and models are everyone's."""
    with asking_as(BOB), pytest.raises(NotAllowed, match="only an admin"):
        page.backend.choose_engine("extractive")
    with asking_as(Asker("root", (), admin=True)):
        assert page.backend.choose_engine("extractive") == "extractive"


def test_the_page_names_who_signed_in_and_a_laptop_has_none_of_it(page: Page) -> None:
    """The name is in the bar; the components are not built where nobody signs in."""
    window = page.window(ANN)
    number = page.number("_signed_in_html")
    assert ">ann<" in window.event(number, []).replace("\\u003e", ">").replace("\\u003c", "<")
    assert "sign-out" not in "".join(window.heard)


@dataclass
class Replica:
    """A server beside another one: a backend of its own on the same record."""

    backend: Backend
    blocks: gr.Blocks
    address: str

    def turns(self, talk: str) -> list[Any]:
        """Return the turns of a conversation as this server shows them."""
        found = page_conversations.conversation_list(self.backend)
        assert found is not None
        return found.turns(talk)


@pytest.fixture
def second(page: Page) -> Iterator[Replica]:
    """Serve the same library by a second server."""
    settings = page.backend._settings
    backend, uploads = Backend(settings, asker=asker_of_event), Uploads.below(settings.home)
    app = application(backend, (), uploads, sign_in=_sign_in())
    backend.open()
    until = time.monotonic() + 120
    while not backend.opening_finished() and time.monotonic() < until:
        time.sleep(0.05)
    with served(app, 0) as address:
        yield Replica(backend, _blocks_of(app), address)
    uploads.close()
    backend.close()
    gc.collect()


def test_a_conversation_goes_on_at_another_server(page: Page, second: Replica) -> None:
    """What one wrote the other tells, as the turn before its own; nothing is kept twice."""
    with asking_as(ANN):
        talk, begun = begin_answer(page.backend, "", QUESTION, [], AskOptions())
        assert begun.number == 1
        job = page.backend.questions.find(talk)
        assert job is not None and job.wait(60)
        before = second.turns(talk)
        assert FACT in before[0].answer.text and not before[0].elsewhere
        _, then = begin_answer(second.backend, talk, "Who approved it?", before, AskOptions())
        assert then.number == 2
        job = second.backend.questions.find(talk)
        assert job is not None and job.wait(60)
        assert [one.number for one in second.turns(talk)] == [1, 2]
    with asking_as(BOB):
        assert second.turns(talk) == []


def test_an_answer_of_another_server_is_awaited_and_shown(
    page: Page, second: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is written the other says so; then it has it, without being asked again."""
    going, reached = threading.Event(), threading.Event()
    answers = page.backend.answers

    def slow(*arguments: Any) -> Iterator[Any]:
        reached.set()
        going.wait(60)
        yield from answers(*arguments)

    monkeypatch.setattr(page.backend, "answers", slow)
    with asking_as(ANN):
        talk, _ = begin_answer(page.backend, "", QUESTION, [], AskOptions())
        assert reached.wait(60)
        (turn,) = second.turns(talk)
        assert turn.elsewhere and turn.awaited
        html = latest_html([turn], "en", running=False)
        assert "Being answered by another server" in html and "ask again" not in html.lower()
    window = Window(second.address, ANN, "second")
    number = next(one for one, event in second.blocks.fns.items() if event.name == "restore")
    threading.Timer(2.0, going.set).start()
    window.event(number, [None, talk, None, None])
    watch = next(one for one, event in second.blocks.fns.items() if event.name == "watch")
    window.event(watch, [None] * 4)
    assert FACT in "".join(window.heard)


def test_an_answer_of_a_server_that_died_is_interrupted(
    page: Page, second: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it has not said for a while that it is at work; then it can be asked again."""
    with asking_as(ANN):
        kept = page.backend.conversations()
        assert kept is not None
        # As a server leaves it that is killed right after.
        kept.begin("died", QUESTION)
        assert second.turns("died")[0].elsewhere
        monkeypatch.setattr("corpus.conversations.ALIVE_FOR", timedelta(0))
        (turn,) = second.turns("died")
        assert not turn.elsewhere and turn.awaited
        assert "interrupted" in latest_html([turn], "en", running=False)
        _, again = begin_answer(second.backend, "died", QUESTION, [], AskOptions(), instead_of=1)
        job = second.backend.questions.find("died")
        assert job is not None and job.wait(60)
        assert FACT in second.turns("died")[0].answer.text and again.number == 1
