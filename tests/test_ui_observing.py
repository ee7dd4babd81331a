"""Ids of requests, a log of JSON lines, metrics and who may read them; Prometheus itself."""

from __future__ import annotations

import http.client
import io
import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.answer import Question
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks import users
from corpus import log, metrics, tracing
from corpus.log import last_failures, logging_to
from tests.asgi_server import served
from tests.commands import briefing_here
from tests.real_servers import answers, free_port, program, running
from tests.servers import ModelServer
from ui.inference_server import InferenceServer
from ui.jobs import Jobs
from ui.observing import Observed, observing, watch_library, watch_queues

ROOT = Path(__file__).parent.parent
QUESTION = "How many ships and quokkas did the harbour of Lund handle in 2023?"
TEXT = "# Ships\n\nThe harbour of Lund handled 4,800 ships in 2023. Its narwhals are many.\n"
WORDS = ("quokkas", "narwhals", "harbour", "Lund", "4,800", "ships")
ID = "x-request-id"


@pytest.fixture(autouse=True)
def metrics_off() -> Iterator[None]:
    """What one test counts is not counted on in the next."""
    yield
    metrics.turn_off()


@contextmanager
def filled(tmp_path: Path, engine: str = "extractive") -> Iterator[Workspace]:
    (tmp_path / "ships.md").write_text(TEXT)
    settings = Settings(home=tmp_path / "home", embedder="hash", engine=engine)
    with Workspace(settings) as workspace:
        list(workspace.add([tmp_path / "ships.md"]))
        yield workspace


def values() -> dict[str, float]:
    """The metrics by name and labels."""
    lines = metrics.page()[0].decode().splitlines()
    pairs = [one.rpartition(" ") for one in lines if not one.startswith("#")]
    return {name: float(value) for name, _, value in pairs}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the id that the request has by then, in the header and where it is served."""
    (given,) = [value.decode() for name, value in scope["headers"] if name == ID.encode()]
    body = f"{given} {tracing.request_id()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def test_each_request_has_an_id_and_says_it() -> None:
    """One that is sane is kept, another is replaced; application, log and answer have the same."""
    with served(Observed(echo)) as address, httpx.Client(trust_env=False) as client:
        kept = client.get(address, headers={ID: "proxy-7.a_b"})
        assert kept.headers[ID] == "proxy-7.a_b" and kept.text == "proxy-7.a_b proxy-7.a_b"
        made = [client.get(address, headers=one) for one in ({}, {ID: "no id"}, {ID: "x" * 99})]
    ids = [one.headers[ID] for one in made]
    assert len(set(ids)) == 3 and all(one.isalnum() for one in ids)
    assert all(one.text == f"{name} {name}" for one, name in zip(made, ids, strict=True))


def test_a_line_of_the_log_is_an_object_with_the_request(tmp_path: Path) -> None:
    """Time, level, module, message, whose request and which: also what a job's thread writes."""
    tmp_path.joinpath("home").mkdir()

    def work() -> Iterator[int]:
        logging.getLogger("ui.example").warning("it took %d s", 3)
        yield 1
        raise ValueError(WORDS[0])

    with logging_to(tmp_path / "home", form="json"):
        logging.getLogger("corpus.example").info("before")
        with tracing.serving(tracing.request_of({ID: "abc-1"})):
            tracing.note_asker("anna")
            job = Jobs[int]("work", at_once=1, waiting=1).start("one", work)
        assert job.wait(60)
        until = time.monotonic() + 60
        while not last_failures(tmp_path / "home") and time.monotonic() < until:
            time.sleep(0.01)
    rows = [json.loads(one) for one in (tmp_path / "home" / log.FILE).read_text().splitlines()]
    assert [one["message"] for one in rows][:2] == ["before", "it took 3 s"]
    assert "request" not in rows[0] and (rows[1]["request"], rows[1]["asker"]) == ("abc-1", "anna")
    assert rows[1]["level"] == "WARNING" and rows[1]["module"] == "ui.example"
    assert rows[1]["time"].endswith("Z") and rows[1]["process"]
    assert rows[2]["level"] == "ERROR" and any("in work" in one for one in rows[2]["stack"])
    (failure,) = last_failures(tmp_path / "home")
    assert failure.where == "ui.jobs" and "ValueError" in failure.line
    assert WORDS[0] not in json.dumps(rows)


def test_neither_question_nor_text_nor_key_is_in_the_log_of_objects(tmp_path: Path) -> None:
    """The rules of the log hold for objects as for lines; a line break stays in its value."""
    key = "lighthouse-keeper-of-lund"
    with (
        ModelServer("The axolotls of Lund. [1]", fault="status:401") as server,
        logging_to(tmp_path / "home", form="json"),
    ):
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "engines.toml").write_text(f'[keys]\n"{server.url}" = "{key}"\n')
        (tmp_path / "home" / "engines.toml").chmod(0o600)
        with filled(tmp_path, f"{server.url}#tiny") as workspace:
            *_, answer = ask(workspace, Question(QUESTION))
        logging.getLogger("corpus.example").info("one\n{two} Authorization: Bearer %s", key)
    text = (tmp_path / "home" / log.FILE).read_text()
    rows = [json.loads(one) for one in text.splitlines()]
    assert answer.fallback and "quotes the library" in answer.notice
    assert not [one for one in (*WORDS[:2], "4,800", "axolotls", key) if one in text]
    said = [one for one in rows if one["module"] == "assistant.answer_tracing"]
    assert "answered by extractive" in said[0]["message"] and said[0]["request"]
    assert any("failed" in one["message"] and one["level"] == "ERROR" for one in rows)


def test_servers_print_the_log_of_objects(tmp_path: Path) -> None:
    """A container's log is taken from there; lines of text stay in the file."""
    (tmp_path / "home").mkdir()
    for form, expected in (("json", 1), ("text", 0)):
        stream = io.StringIO()
        with (
            logging_to(tmp_path / "home", form=form),
            observing(Settings(home=tmp_path), "test", stream=stream),
        ):
            logging.getLogger("ui.example").info("serving")
        assert len(stream.getvalue().splitlines()) == expected


def test_the_command_writes_objects_where_the_environment_says_so(tmp_path: Path) -> None:
    """BRIEFING_LOG_FORMAT=json; anything else is a wrong usage."""
    given = {"BRIEFING_EMBEDDER": "hash", "BRIEFING_LOG_FORMAT": "json"}
    done = briefing_here(
        "--home", str(tmp_path / "home"), "sources", cwd=tmp_path, environment=given
    )
    assert done.returncode == 0
    text = (tmp_path / "home" / log.FILE).read_text()
    assert {json.loads(one)["module"] for one in text.splitlines()} >= {"ui.cli"}
    wrong = briefing_here("sources", cwd=tmp_path, environment={"BRIEFING_LOG_FORMAT": "xml"})
    assert wrong.returncode == 2 and "json" in wrong.stderr


def test_metrics_tell_of_questions_steps_and_the_library(tmp_path: Path) -> None:
    """Outcomes by engine, seconds of each step, documents, passages, queues: and no word of any."""
    pytest.importorskip("prometheus_client")
    metrics.turn_on()
    with filled(tmp_path) as workspace:
        watch_library(lambda: workspace)
        jobs: Jobs[Any] = Jobs("questions", at_once=1, waiting=1)
        watch_queues({"questions": jobs})
        list(ask(workspace, Question(QUESTION)))
        list(ask(workspace, Question("How tall is the tower of Pisa, and who built its stairs?")))
        told = values()
        page, kind = metrics.page()
        workspace.library.remove(workspace.library.entries()[0].id)
        assert values()["briefing_index_behind"] >= 1
    assert told['briefing_questions_total{engine="extractive",outcome="answered"}'] == 1
    assert told['briefing_questions_total{engine="extractive",outcome="declined"}'] == 1
    assert told['briefing_documents_read_total{outcome="added"}'] == 1
    assert told["briefing_documents"] == 1 and told["briefing_passages"] >= 1
    assert told["briefing_index_behind"] == 0 and told['briefing_queue{kind="questions"}'] == 0
    for step in ("ask", "rewrite", "embed", "search", "rank", "read", "generate", "check",
                 "read file", "split", "embed passages", "publish", "index"):  # fmt: skip
        assert told[f'briefing_step_seconds_count{{step="{step}"}}'] >= 1, step
    assert kind.startswith("text/plain") and "process_cpu_seconds_total" in told
    assert not [one for one in WORDS if one in page.decode()]


def test_a_model_that_fails_is_counted(tmp_path: Path) -> None:
    """The answer quotes the library, and the metrics say that its engine failed."""
    pytest.importorskip("prometheus_client")
    metrics.turn_on()
    with ModelServer(fault="status:400") as server, filled(tmp_path, f"{server.url}#t") as opened:
        *_, answer = ask(opened, Question(QUESTION))
    assert answer.fallback
    assert values()['briefing_model_errors_total{model="engine"}'] == 1


@pytest.mark.parametrize(
    "headers, client, remote, secret, status",
    [
        ({}, "127.0.0.1", False, "", 200),
        ({"host": "localhost:1"}, "::1", False, "", 200),
        ({"host": "evil.example"}, "127.0.0.1", False, "", 403),
        ({"x-forwarded-for": "10.0.0.9"}, "127.0.0.1", False, "", 403),
        ({"origin": "http://evil.example"}, "127.0.0.1", False, "", 403),
        ({}, "10.0.0.9", False, "", 403),
        ({}, "127.0.0.1", True, "", 403),
        ({}, "127.0.0.1", False, "scrape-it", 401),
        ({"authorization": "Bearer other"}, "127.0.0.1", False, "scrape-it", 401),
        ({"authorization": "Bearer scrape-it"}, "10.0.0.9", True, "scrape-it", 200),
    ],
)  # fmt: skip
def test_who_may_read_the_metrics(
    headers: dict[str, str], client: str, remote: bool, secret: str, status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """This machine without a proxy, or whoever has the token; with a token nobody without."""
    pytest.importorskip("prometheus_client")
    monkeypatch.setenv("BRIEFING_METRICS_TOKEN", secret)
    metrics.turn_on()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": "127.0.0.1:7860", **headers}
    scope = {
        "type": "http", "method": "GET", "path": "/metrics", "client": (client, 1),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    coroutine = Observed(echo, remote=remote)(scope, None, send)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert sent[0]["status"] == status
    assert (b"briefing_" in sent[1]["body"]) == (status == 200)


def test_without_the_setting_there_is_no_page_of_metrics() -> None:
    """The request goes on to the application, whose guard refuses it."""
    with served(Observed(echo)) as address:
        assert "briefing_" not in httpx.get(f"{address}/metrics", trust_env=False).text


def test_the_inference_server_tells_its_batches(tmp_path: Path) -> None:
    """How many pairs and requests were computed together, and how long they waited."""
    pytest.importorskip("prometheus_client")
    metrics.turn_on()
    body = {"pairs": [["What did it cost?", "", ["It cost 4 million."]]] * 3}
    with InferenceServer(Settings(home=tmp_path)) as app, served(Observed(app)) as address:
        assert httpx.post(f"{address}/read", json=body, trust_env=False).status_code == 200
        told = httpx.get(f"{address}/metrics", trust_env=False).text
    assert 'briefing_inference_batch_pairs_sum{model="reader"} 3.0' in told
    assert 'briefing_inference_batch_requests_count{model="reader"} 1.0' in told
    assert 'briefing_inference_queue_pairs{model="reader"} 0.0' in told
    assert 'briefing_inference_queue_pairs{model="judge"} 0.0' in told


REQUESTED = http.client.HTTPConnection.request


def from_a_proxy(self: Any, method: str, path: str, body: Any = None, headers: Any = None) -> None:
    """Send a request as a proxy does that gives it an id."""
    REQUESTED(self, method, path, body, {**(headers or {}), "X-Request-ID": "proxy-7"})


def queried(address: str, query: str) -> list[Any]:
    answer = httpx.get(f"{address}/api/v1/query", params={"query": query}, trust_env=False)
    found: list[Any] = answer.json()["data"]["result"]
    return found


@pytest.mark.process
@pytest.mark.slow
def test_prometheus_scrapes_the_page_and_the_inference_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's Prometheus finds both up, and what was asked on the page in its own figures."""
    prometheus = program("prometheus")
    with filled(tmp_path):
        pass
    page, inference, port = free_port(), free_port(), free_port()
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        "scrape_configs:\n"
        f"- {{job_name: page, static_configs: [{{targets: ['127.0.0.1:{page}']}}]}}\n"
        f"- {{job_name: inference, static_configs: [{{targets: ['127.0.0.1:{inference}']}}]}}\n"
    )
    environment = {
        "PYTHONPATH": str(ROOT), "BRIEFING_METRICS": "1", "BRIEFING_LOG_FORMAT": "json",
        "BRIEFING_EMBEDDER": "hash", "BRIEFING_METRICS_TOKEN": "",
    }  # fmt: skip
    address = f"http://127.0.0.1:{inference}"
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home"]
    with (
        running(
            [*command, str(tmp_path / "inference"), "inference", "--port", str(inference)],
            ready=answers(f"{address}/health"), log=tmp_path / "inference.log", env=environment,
        ),
        running(
            [*command, str(tmp_path / "home"), "chat", "--no-browser", "--engine", "extractive",
             "--port", str(page)],
            ready=answers(f"http://127.0.0.1:{page}/config"), log=tmp_path / "page.log",
            env={**environment, "BRIEFING_READER": address, "BRIEFING_JUDGE": address},
        ) as served_page,
        running(
            [prometheus, f"--config.file={tmp_path / 'prometheus.yml'}",
             f"--storage.tsdb.path={tmp_path / 'prometheus'}",
             f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle"],
            ready=answers(f"http://127.0.0.1:{port}/-/ready"), log=tmp_path / "prometheus.log",
        ),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(http.client.HTTPConnection, "request", from_a_proxy)
            users.crowd(page, 1)
        wanted = (
            'up{job="page"} == 1',
            'up{job="inference"} == 1',
            'sum(briefing_questions_total{job="page"}) >= 1',
            'briefing_documents{job="page"} == 1',
            'briefing_queue{job="page",kind="questions"} == 0',
            'briefing_step_seconds_count{job="page",step="ask"} >= 1',
            'briefing_inference_batch_pairs_count{job="inference",model="reader"} >= 1',
        )
        until = time.monotonic() + 60
        while missing := [one for one in wanted if not queried(f"http://127.0.0.1:{port}", one)]:
            assert time.monotonic() < until, missing
            time.sleep(0.5)
        served_page.terminate()
        assert served_page.wait(60) == 0
    printed = (tmp_path / "page.log").read_text().splitlines()
    rows = [json.loads(one) for one in printed if one.startswith("{")]
    asked = [one for one in rows if one["module"] == "assistant.answer_tracing"]
    assert "proxy-7" in {one["request"] for one in asked}
