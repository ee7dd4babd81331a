"""Whoever reaches the page's port gets nothing but the page: no file, no engine, no other site."""

from __future__ import annotations

import gc
import http.client
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.answer import Answer, Question
from benchmarks.serving import served
from corpus.errors import UsageError
from corpus.library import Library
from tests.browser import GRADIO_WARNS
from tests.test_ui_page import EXAMPLES, Harbour
from ui.gradio_startup import refuse_openings
from ui.guard import checked_event, refusal
from ui.server import application
from ui.uploads import Uploads

pytestmark = GRADIO_WARNS
SECRET = "the combination of the safe is 7-34-12"


class Served:
    """A page on loopback over a real library, and what an attacker can send to it."""

    def __init__(self, place: Harbour, uploads: Uploads, *, guarded: bool) -> None:
        self.place, self.uploads = place, uploads
        app = application(place, EXAMPLES, uploads)
        # Behind the guard stands the first screen, and behind it the page.
        routes = app.inner._app.routes
        mounted = next(one.app for one in routes if hasattr(getattr(one, "app", 0), "get_blocks"))
        self.page: gr.Blocks = mounted.get_blocks()
        self._serving = served(app if guarded else app.inner, 0)
        self.address = self._serving.__enter__()

    def close(self) -> None:
        self._serving.__exit__(None, None, None)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Send one request and return its status and what came back."""
        link = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        text = body if body is None or isinstance(body, bytes) else json.dumps(body)
        kind = {"Content-Type": "application/json"} if body is not None else {}
        link.request(method, path, text, {**kind, **headers})
        answer = link.getresponse()
        content = answer.read().decode("utf-8", "replace")
        link.close()
        return answer.status, content

    def event(self, number: int, data: list[Any], *, session: str) -> str:
        """Send one event as a browser does and return all that comes back of it."""
        return self.events([(number, data)], session=session)

    def events(self, wanted: list[tuple[int, list[Any]]], *, session: str) -> str:
        """Send events of one window and return all that comes back of them."""
        heard, left = [], 0
        for number, data in wanted:
            body = {"fn_index": number, "data": data, "session_hash": session}
            status, said = self.ask("POST", "/gradio_api/queue/join", body)
            heard.append(said)
            left += status == 200
        link = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        if left:
            link.request("GET", f"/gradio_api/queue/data?session_hash={session}")
            answer = link.getresponse()
            while left and (line := answer.readline()):
                heard.append(line.decode())
                left -= '"msg":"process_completed"' in heard[-1]
            answer.close()
        link.close()
        assert not left
        return "".join(heard)


def _served(folder: Path, *, guarded: bool) -> Iterator[Served]:
    library, uploads = Library(folder / "home"), Uploads.below(folder / "home")
    page = Served(Harbour(library.conversations), uploads, guarded=guarded)
    yield page
    page.close()
    uploads.close()
    library.close()
    # Gradio leaves loops of its threads behind, which warn in whatever test comes next.
    gc.collect()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the page as it is served."""
    yield from _served(tmp_path_factory.mktemp("guarded"), guarded=True)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the same page without our guard, to see that Gradio alone refuses files."""
    yield from _served(tmp_path_factory.mktemp("bare"), guarded=False)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Return a file of the user's that is no business of the page."""
    file = tmp_path / "secret.md"
    file.write_text(SECRET, encoding="utf-8")
    return file


def _wanted(path: str) -> list[Any]:
    """Return objects that Gradio takes for a file, alone and within others."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    far = {**file, "url": path, "orig_name": "x.md", "is_stream": False}
    return [file, [file], far, {"inner": [{"deep": file}]}]


def _everything(page: Served) -> str:
    """Return all that lies where Gradio serves from."""
    files = [one for one in page.uploads.folder.rglob("*") if one.is_file()]
    return "".join(one.read_text(encoding="utf-8", errors="replace") for one in files)


def _inputs(page: Served) -> list[tuple[int, int]]:
    """Return the number of every event that the page's own configuration names, and its inputs."""
    _, text = page.ask("GET", "/config")
    found = [(one["id"], len(one["inputs"])) for one in json.loads(text)["dependencies"]]
    assert len(found) > 60 and sum(inputs for _, inputs in found) > 100
    return found


def test_no_event_and_no_field_of_the_page_reads_a_file(guarded: Served, secret: Path) -> None:
    """An object that names a file is refused in every field of every event, and beside them."""
    tried = 0
    for number, inputs in _inputs(guarded):
        for place in range(inputs):
            for wanted in _wanted(str(secret)):
                data = [wanted if at == place else None for at in range(inputs)]
                body = {"fn_index": number, "data": data, "session_hash": "thief"}
                status, said = guarded.ask("POST", "/gradio_api/queue/join", body)
                assert status == 400 and SECRET not in said, (number, place, said)
                tried += 1
        body = {"fn_index": number, "data": [None] * inputs, "session_hash": "thief",
                "event_data": {"x": _wanted(str(secret))[0]}}  # fmt: skip
        if number not in {n for n, taking in _taking(guarded).items() if taking}:
            assert guarded.ask("POST", "/gradio_api/queue/join", body)[0] == 400
    assert tried > 400
    assert SECRET not in _everything(guarded)


def _taking(page: Served) -> dict[int, bool]:
    return {
        number: any(isinstance(one, gr.File | gr.UploadButton) for one in event.inputs)
        for number, event in page.page.fns.items()
    }


def test_gradio_itself_copies_no_file_of_an_event(bare: Served, secret: Path) -> None:
    """Without the guard as well: mounting alone leaves Gradio's own check off (6.31)."""
    wanted: list[tuple[int, list[Any]]] = [
        (number, [_wanted(str(secret))[0] if at == place else None for at in range(inputs)])
        for number, inputs in _inputs(bare)
        if bare.page.fns[number].fn
        for place in range(inputs)
    ]
    assert len(wanted) > 100
    assert SECRET not in bare.events(wanted, session="thief")
    assert SECRET not in _everything(bare)
    assert bare.ask("GET", f"/gradio_api/file={secret}")[0] in {403, 404}


@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_what_is_no_file_does_not_freeze_the_page(
    guarded: Served, bare: Served, tmp_path: Path, kind: str
) -> None:
    """A named pipe as the path of a file is refused at once, and the page answers on."""
    place = tmp_path / "odd"
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "device":
            place = Path("/dev/zero")
        case _:
            place.symlink_to("/dev/zero")
    number = next(n for n, taking in _taking(guarded).items() if taking)
    text = next(n for n, event in guarded.page.fns.items() if event.name == "search")
    for page in (guarded, bare):
        for event, inputs in ((number, 1), (text, 2)):
            data = [_wanted(str(place))[1 if event == number else 0], *[None] * (inputs - 1)]
            assert "event_id" not in page.event(event, data, session=f"pipe{kind}") or page is bare
        assert page.ask("GET", "/config")[0] == 200


def test_an_upload_is_taken_only_from_where_uploads_lie(tmp_path: Path) -> None:
    """A path beside the folder, through a link, upwards, or of a folder is none."""
    uploads = Uploads.below(tmp_path)
    inside = uploads.folder / "a1"
    inside.mkdir()
    (inside / "port.md").write_text("x")
    (inside / "link.md").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text(SECRET)
    (uploads.folder / "b1").symlink_to(tmp_path)
    os.mkfifo(inside / "pipe.md")
    assert uploads.holds(str(inside / "port.md"))
    wrong = [inside / "link.md", inside / "pipe.md", inside, uploads.folder / "b1" / "secret",
             inside / ".." / "a1" / "port.md", tmp_path / "secret", Path("a1/port.md"),
             Path(f"{inside}/../../../secret"), inside / "none.md"]  # fmt: skip
    assert not any(uploads.holds(str(one)) for one in wrong)
    assert not uploads.holds("\0") and not uploads.holds("http://evil.example/x.md")
    uploads.close()


@pytest.mark.parametrize(
    "path", ["http://evil.example/x.md", "https://10.0.0.1/", "//x/y", 7, None]
)
def test_gradio_fetches_nothing_that_an_event_names(guarded: Served, path: object) -> None:
    """An address in the place of an upload is refused before Gradio would download it."""
    file = {"path": path, "url": "http://evil.example/x.md", "meta": {"_type": "gradio.FileData"}}
    for number in (n for n, taking in _taking(guarded).items() if taking):
        body = {"fn_index": number, "data": [[file]], "session_hash": "far"}
        status, said = guarded.ask("POST", "/gradio_api/queue/join", body)
        assert status == 400 and "not uploaded here" in said


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"[" * 100_000, b'{"data": []}', b'{"fn_index": 9999, "data": []}',
     b'{"fn_index": true, "data": []}', b'{"fn_index": 1, "data": {"path": "/x"}}'],
    ids=["empty", "broken", "list", "number", "deep", "unnamed", "unknown", "truth", "object"],
)  # fmt: skip
def test_what_is_no_event_is_refused_in_a_line(guarded: Served, body: bytes) -> None:
    """Nothing of it reaches Gradio."""
    status, said = guarded.ask("POST", "/gradio_api/queue/join", body)
    assert status == 400 and "event" in json.loads(said)["detail"]


def test_an_event_comes_through_as_the_page_sends_it() -> None:
    """Text, numbers, lists and what a link tells stay; fields that the page does not send go."""
    sent = {"fn_index": 3, "data": ["what?", None, 4.5, True, ["a", "b"]], "batched": True,
            "event_data": {"act": "good", "turn": "0"}, "session_hash": "s", "trigger_id": 9,
            "simple_format": True, "request": {"x": 1}}  # fmt: skip
    number, body = checked_event(json.dumps(sent).encode(), {3: frozenset()}, lambda _: False)
    left = {name: sent[name] for name in ("fn_index", "data", "event_data", "session_hash",
                                          "trigger_id")}  # fmt: skip
    assert number == 3 and json.loads(body) == left


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/gradio_api/call/ask"), ("POST", "/gradio_api/api/predict"), ("PUT", "/config"),
     ("POST", "/gradio_api/process_recording"), ("POST", "/gradio_api/component_server"),
     ("POST", "/gradio_api/vibe-edit"), ("GET", "/gradio_api/file=/etc/hostname"),
     ("GET", "/gradio_api/file/etc/hostname"), ("GET", "/?deep_link=x"), ("GET", "/docs"),
     ("POST", "/gradio_api/stream/x"), ("GET", "/gradio_api/run-history/records"),
     ("OPTIONS", "/config")],
)  # fmt: skip
def test_other_ways_into_gradio_are_shut(guarded: Served, method: str, path: str) -> None:
    """Only what the page itself asks for is answered."""
    body = b"{}" if method in {"POST", "PUT"} else None
    assert guarded.ask(method, path, body)[0] == 403


@pytest.mark.parametrize(
    "host",
    ["localhost:evil.example", "127.0.0.1:18900@evil.example", "localhost:", "localhost:7860:1",
     "[::1", "127.0.0.1:7860/x", "LOCALHOST.evil", "user@localhost:7860", "localhost:123456",
     "localhost:٧"],
)  # fmt: skip
def test_a_malformed_host_is_refused(host: str) -> None:
    """A name of this machine with something behind it is none."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
    assert "this machine only" in refusal(scope)


def test_of_two_hosts_none_counts() -> None:
    """Whichever comes first."""
    good, bad = (b"host", b"localhost:7860"), (b"Host", b"evil.example")
    for headers in ([good, bad], [bad, good], [good, good]):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        assert "this machine only" in refusal(scope)


def test_no_other_origin_may_read(guarded: Served) -> None:
    """Another page of this machine is another site: no header lets it read, with cookies or not."""
    for origin in ("http://localhost:9999", "http://127.0.0.1:1", "null", guarded.address):
        link = http.client.HTTPConnection(guarded.address.removeprefix("http://"), timeout=30)
        link.request("GET", "/config", headers={"Origin": origin})
        answer = link.getresponse()
        answer.read()
        assert answer.status == 200
        assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-")]
        link.close()


@pytest.mark.parametrize(
    "name",
    ["WATCH_DIRS", "HOT_RELOAD", "PROFILING", "DEBUG", "SERVER_NAME", "SHARE", "NUM_WORKERS",
     "LOCAL_DEV_MODE", "SOMETHING_NEW"],
)  # fmt: skip
def test_gradio_is_set_up_by_this_program_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever Gradio would take from the environment is refused, or gone where it is off."""
    monkeypatch.setenv(f"GRADIO_{name}", "1")
    with pytest.raises(UsageError, match=f"GRADIO_{name} is set"):
        refuse_openings()
    monkeypatch.setenv(f"GRADIO_{name}", "0")
    refuse_openings()
    assert f"GRADIO_{name}" not in os.environ


def test_a_client_names_no_engine(guarded: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be an address, to which passages would go: the window's own state alone says who."""
    number = next(n for n, event in guarded.page.fns.items() if event.name == "ask")
    states = [isinstance(one, gr.State) for one in guarded.page.fns[number].inputs]
    named, answers = [], guarded.place.answers

    def noted(question: Question, engine: str = "") -> Iterator[Answer | str]:
        named.append(engine)
        return answers(question, engine)

    monkeypatch.setattr(guarded.place, "answers", noted)
    for name in ("openai:http://127.0.0.1:9/v1#x", "http://evil.example#x", "hf:x", "openai:far"):
        data = ["How many ships?", *[name if one else None for one in states[1:]]]
        guarded.event(number, data, session=f"engine{name[:9]}")
    assert named == [""] * 4


def test_two_windows_begin_one_answer_of_a_conversation() -> None:
    """Looking and starting is one step: of many at once in one conversation, one begins."""
    place, ready = Harbour(), threading.Barrier(16)
    begun: list[object] = []

    def start() -> None:
        ready.wait()
        try:
            begun.append(place.additions.start("talk", lambda: iter(()), alone=True))
        except UsageError:
            return

    hold = threading.Event()
    place.additions.start("before", lambda: (hold.wait(20) for _ in range(1)))
    threads = [threading.Thread(target=start) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    hold.set()
    assert len(begun) == 1
