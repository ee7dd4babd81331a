"""The JSON API keeps what its description promises, and nobody else's page may call it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode

from assistant.answer import Answer, answer_json
from assistant.memo.values import Memo
from assistant.settings import Settings
from corpus.access import Asker
from corpus.errors import NotInLibrary
from tests.api_server import COST, COST_ANSWER, NOTES, Served, notes_home, served
from tests.servers import free_port, until
from ui.api.access import PREFIXES, ApiAccess
from ui.api.application import api_application
from ui.api.service import Service
from ui.api.values import AnswerOut, Listed, PassageOut, Result
from ui.backend import Backend
from ui.guard import refusal
from ui.sign_in import Person, let_through

ROOT = Path(__file__).parent.parent
# As many requests of each kind as take seconds over a library of two documents.
_EXAMPLES = 25


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notes_home(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Served]:
    with served(home) as running:
        yield running


@pytest.fixture
def api(server: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def memo_done(api: httpx.Client, name: str) -> dict[str, Any]:
    """Wait until a memo is no longer written, and return how it ended."""
    told: dict[str, Any] = {}

    def ended() -> bool:
        told.update(api.get(f"/api/memo/{name}").json())
        return told["state"] not in {"waiting", "writing"}

    assert until(ended, 60)
    return told


# The description, tried


OPERATIONS = {
    ("post", "/api/ask"), ("post", "/api/search"), ("get", "/api/sources"),
    ("get", "/api/passage"), ("post", "/api/memo"), ("get", "/api/memo/{id}"),
    ("delete", "/api/memo/{id}"), ("get", "/api/memo/{id}/export"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [*GenerationMode], ids=["right requests", "wrong requests"])
@pytest.mark.parametrize(
    ("method", "path"), sorted(OPERATIONS), ids=[" ".join(one) for one in sorted(OPERATIONS)]
)
def test_the_api_does_what_its_description_says(
    server: Served, method: str, path: str, mode: GenerationMode
) -> None:
    """Statuses, types and fields as described; what is wrong is refused, what is right is not."""
    described = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
    operation = described[path][method]
    if mode is GenerationMode.NEGATIVE and path == "/api/sources":
        pytest.skip("a request without a field cannot have a wrong one")

    @hypothesis.settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def tried(case: schemathesis.Case) -> None:
        case.call_and_validate()

    tried()


def test_the_description_names_every_operation(api: httpx.Client) -> None:
    """Each with what it does, and with the errors that it may answer."""
    told = api.get("/api/openapi.json").json()
    operations = {
        (method, path): one
        for path, kinds in told["paths"].items()
        for method, one in kinds.items()
    }
    assert set(operations) == OPERATIONS
    for one in operations.values():
        assert one["description"] and {"401", "403", "422", "429", "503"} <= one["responses"].keys()


def test_the_fields_are_those_of_the_commands() -> None:
    """A field that `--json` prints is in the description too, so that none is lost on the way."""
    assert set(answer_json(Answer("q"))) == set(AnswerOut.model_fields)


def test_an_answer(api: httpx.Client) -> None:
    """As `briefing ask --json` prints it."""
    told = api.post("/api/ask", json={"question": COST}).json()
    assert told["outcome"] == "answered" and told["answer"] == f"{COST_ANSWER} [1]"
    cited = told["citations"][0]
    span = {key: cited[key] for key in ("document", "start", "end")}
    passage = api.get("/api/passage", params=span).json()
    assert passage["text"] == cited["quote"] and "lighthouse" in passage["after"]
    assert passage["title"] == "The harbour of Norden" and passage["length"] > passage["end"]
    follow = {"question": "And Tarn?", "history": [{"question": COST, "answer": COST_ANSWER}]}
    assert "12 million" in api.post("/api/ask", json=follow).json()["answer"]
    assert api.post("/api/ask", json={"question": "Who rules Atlantis?"}).json()["outcome"] == (
        "declined"
    )


def test_a_search_and_the_documents(api: httpx.Client) -> None:
    """Bounds hold, and the fields are those that are described."""
    found = api.post("/api/search", json={"query": "harbour", "as_of": "2024"}).json()
    assert [one["title"] for one in found["results"]] == ["The harbour of Tarn"]
    assert set(found["results"][0]) == set(Result.model_fields)
    listed = api.get("/api/sources").json()["documents"]
    assert [one["title"] for one in listed] == ["The harbour of Norden", "The harbour of Tarn"]
    assert set(listed[0]) == set(Listed.model_fields)
    begun = listed[0]["id"][:8]
    whole = api.get("/api/passage", params={"document": begun}).json()
    assert whole["text"] == NOTES["norden.md"].split("---\n\n")[1].strip()
    assert set(whole) == set(PassageOut.model_fields)


@pytest.mark.parametrize(
    ("path", "values", "status", "said"),
    [
        ("ask", {"question": ""}, 422, "question"),
        ("ask", {"question": " \n"}, 422, "question"),
        ("ask", {"question": COST, "limit": "5"}, 422, "limit"),
        ("ask", {"question": COST, "limit": 5.5}, 422, "limit"),
        ("ask", {"question": COST, "as_off": "2024"}, 422, "as_off"),
        ("ask", {"question": COST, "as_of": "2025-02-30"}, 422, "as_of"),
        ("ask", {"question": COST, "engine": "openai:gpt-4o"}, 404, "extractive"),
        ("ask", {"question": COST, "documents": ["zzz"]}, 404, "zzz"),
        ("search", {"query": "x" * 5_000}, 422, "query"),
        ("memo", {"topic": COST, "template": "../../etc/passwd"}, 404, "template"),
        ("memo", {"topic": COST, "sections": ["none"]}, 404, "none"),
    ],
    ids=["empty", "white space", "a limit in quotes", "half a limit", "a misspelt bound", "no date",
         "a hosted engine", "no document", "too long", "no template", "no section"],
)  # fmt: skip
def test_what_cannot_be_asked_is_told_in_one_line(
    api: httpx.Client, path: str, values: dict[str, Any], status: int, said: str
) -> None:
    """The status, and a line that names the field or the thing."""
    told = api.post(f"/api/{path}", json=values)
    error = told.json()["error"]
    assert told.status_code == status, told.text
    assert said in error["message"] and "\n" not in error["message"] and error["code"]


def test_a_passage_that_is_not_there(api: httpx.Client) -> None:
    """Offsets outside of the document, before each other, and no document."""
    name = api.get("/api/sources").json()["documents"][0]["id"]
    for span in ({"end": 10**6}, {"start": 9, "end": 3}, {"start": 10**6}, {"document": "zz"}):
        told = api.get("/api/passage", params={"document": name} | span)
        assert told.status_code == 404 and told.json()["error"]["code"] == "not_found"


def test_a_memo_is_begun_looked_at_and_exported(api: httpx.Client) -> None:
    """202 and its address, the memo once it is done, and the file in every format."""
    begun = api.post("/api/memo", json={"topic": "The harbour of Norden"})
    name = begun.json()["id"]
    assert begun.status_code == 202 and begun.headers["location"] == f"/api/memo/{name}"
    told = memo_done(api, name)
    assert told["state"] == "done" and told["error"] is None
    assert any(
        claim["text"] == COST_ANSWER for one in told["memo"]["sections"] for claim in one["claims"]
    )
    for form, beginning in (("md", b"# Briefing"), ("docx", b"PK"), ("json", b"{")):
        file = api.get(f"/api/memo/{name}/export", params={"format": form})
        assert file.status_code == 200 and file.content.startswith(beginning)
        assert file.headers["content-disposition"] == f'attachment; filename="memo.{form}"'
    assert api.get(f"/api/memo/{name}/export", params={"format": "exe"}).status_code == 422


def test_a_memo_that_finds_nothing_failed(api: httpx.Client) -> None:
    """It says so; there is no file of it."""
    name = api.post("/api/memo", json={"topic": "Volcanoes of Iceland"}).json()["id"]
    told = memo_done(api, name)
    assert told["state"] == "failed" and told["error"]["code"] == "nothing_found"
    assert api.get(f"/api/memo/{name}/export").status_code == 409


def test_a_memo_is_stopped_and_is_somebody_elses_secret(
    server: Served, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping ends the work; by its id alone nobody else finds it."""
    hold, ended = threading.Event(), threading.Event()

    def slowly(*_: object) -> Iterator[Memo]:
        try:
            while not hold.wait(0.01):
                yield Memo("x", "bluf", "2026-01-01", "", "extractive", complete=False)
        finally:
            ended.set()

    monkeypatch.setattr("assistant.memo.writing.write", slowly)
    name = api.post("/api/memo", json={"topic": "The harbour of Norden"}).json()["id"]
    job = server.service.memo(name)
    with pytest.raises(NotInLibrary):
        server.service.memo(name, Asker("eve"))
    assert until(lambda: job.latest is not None)
    assert api.get(f"/api/memo/{name}").json()["state"] == "writing"
    assert api.delete(f"/api/memo/{name}").json()["state"] == "stopped"
    assert ended.wait(30) and job.wait(30) and job.cancelled
    assert api.get(f"/api/memo/{'0' * 32}").status_code == 404


# Who may call it


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"origin": "https://evil.example"}),
        ("GET", {"origin": "https://evil.example"}),
        ("GET", {"origin": "null"}),
        ("GET", {"sec-fetch-site": "cross-site"}),
        ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}),
        ("DELETE", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
    ],
)
def test_another_sites_page_may_neither_write_nor_read(
    api: httpx.Client, method: str, headers: dict[str, str]
) -> None:
    """Though no token is asked for on this machine."""
    path = "/api/sources" if method == "GET" else "/api/ask"
    told = api.request(method, path, headers=headers)
    assert told.status_code == 403 and "access-control-allow-origin" not in told.headers


def test_a_link_to_a_passage_may_be_followed(api: httpx.Client) -> None:
    """From another program's page, by a person; no frame can hold it."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    told = api.get("/api/sources", headers=headers)
    assert told.status_code == 200 and told.headers["x-frame-options"] == "DENY"


def test_a_foreign_name_of_this_machine_is_refused(api: httpx.Client) -> None:
    """DNS rebinding; and what is no path of the API is shut."""
    assert api.get("/api/sources", headers={"host": "evil.example"}).status_code == 403
    for path in ("/", "/docs", "/openapi.json", "/gradio_api/info/x", "/metrics"):
        assert api.get(path).status_code in {403, 404}
    scope: dict[str, Any] = {
        "type": "http", "method": "PUT", "path": "/api/ask", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:1")],
    }  # fmt: skip
    assert refusal(scope) and not refusal(scope, prefixes=PREFIXES)


def test_a_body_comes_whole_and_bounded(api: httpx.Client) -> None:
    """Too long with and without a length; a body that is no JSON."""
    assert api.post("/api/ask", content=b"x" * 300_000).status_code == 413
    assert api.post("/api/ask", content=iter([b"x" * 200_000] * 2)).status_code == 413
    told = api.post("/api/ask", content=b"{", headers={"content-type": "application/json"})
    assert told.status_code == 422 and "is not JSON" in told.json()["error"]["message"]
    told = api.post("/api/ask", content=b'{"question": "x"}')  # as curl sends it unless told
    assert told.status_code == 422 and "application/json" in told.json()["error"]["message"]


def test_a_date_that_is_none_is_told_without_its_pattern(api: httpx.Client) -> None:
    """What a date looks like is said by examples."""
    told = api.post("/api/ask", json={"question": COST, "as_of": "yesterday"})
    wanted = "as_of: no date; give it as 2025-01-28, 2025-01 or 2025"
    assert told.status_code == 422 and told.json()["error"]["message"] == wanted


def called(app: Any, **scope: Any) -> int:
    """Call an application once and return the status of what it answers."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    whole = {"type": "http", "method": "GET", "path": "/api/x", "headers": [], "query_string": b""}
    asyncio.run(app(whole | scope, receive, send))
    return int(sent[0]["status"])


def test_who_signed_in_needs_no_token() -> None:
    """The token is for where nobody signs in."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    access = ApiAccess(app, "s3cret")
    assert called(access) == 401
    assert called(access, headers=[(b"authorization", b"Basic s3cret")]) == 401
    assert called(access, headers=[(b"authorization", b"Bearer s3cret")]) == 204
    signed_in = let_through({}, Person(Asker("ann"), "ann"))
    assert called(access, **signed_in) == 204
    assert called(access, state={"asker": "ann"}, headers=[(b"x-remote-user", b"ann")]) == 401


def test_a_library_that_does_not_open_is_told(tmp_path: Path) -> None:
    """503 with Retry-After, and what to do; it does not wait for ever."""
    backend = Backend(Settings(home=tmp_path, embedder="hash", engine="extractive"))
    app = api_application(Service(backend, opening_timeout=0.1))
    assert called(app, path="/api/sources", headers=[(b"host", b"127.0.0.1")]) == 503
    backend._finished.set()
    assert called(app, path="/v1/models", headers=[(b"host", b"127.0.0.1")]) == 503


@pytest.mark.process
@pytest.mark.slow
def test_the_command_serves_and_leaves(home: Path) -> None:
    """`briefing serve` answers with its library open, and ends with 0 when it is told to."""
    port = free_port()
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "BRIEFING_EMBEDDER": "hash",
        "BRIEFING_API_TOKEN": "s3cret",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "--home", home, "serve", "--port", str(port),
         "--engine", "extractive"],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None and f"127.0.0.1:{port}/v1" in process.stdout.readline()
        headers = {"authorization": "Bearer s3cret"}

        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/v1/models").status_code == 401
            except httpx.TransportError:
                return False

        assert until(answers, 60)
        told = httpx.post(
            f"http://127.0.0.1:{port}/api/ask", json={"question": COST}, headers=headers, timeout=60
        )
        assert told.json()["answer"] == f"{COST_ANSWER} [1]"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        _, err = process.communicate()
    assert "Traceback" not in err, err
    log = (home / "briefing.log").read_text(encoding="utf-8")
    assert "told to leave" in log and COST not in log
