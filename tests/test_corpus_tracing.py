"""Traces of an answer and of what is added: every step, no word of either, nothing where off."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.answer import Question
from assistant.pipeline import ask
from assistant.planning.query_rewriting import Turn
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import tracing
from corpus.errors import UsageError
from corpus.trace_export import traces_to
from tests.asgi_server import served
from tests.collector import Collector, Kept, collecting
from tests.commands import briefing_here
from tests.real_servers import answers, free_port, program, running
from ui.inference_server import InferenceServer
from ui.jobs import Jobs
from ui.observing import Observed

ROOT = Path(__file__).parent.parent
QUESTION = "How many ships and quokkas did the harbour of Lund handle in 2023?"
TEXT = "# Ships\n\nThe harbour of Lund handled 4,800 ships in 2023. Its narwhals are many.\n"
WORDS = ("quokkas", "narwhals", "harbour", "Lund", "4,800", "ships")


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector on loopback."""
    with collecting() as found:
        yield found


def workspace_of(tmp_path: Path, **given: str) -> Workspace:
    settings = Settings(
        home=tmp_path / "home",
        embedder="hash",
        engine="extractive",
        **given,  # type: ignore[arg-type]
    )
    return Workspace(settings)


def add(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "ships.md").write_text(TEXT)
    list(workspace.add([tmp_path / "ships.md"]))


def test_an_answer_is_a_tree_of_its_steps(collector: Collector, tmp_path: Path) -> None:
    """Rewriting, embedding, searching, ranking, reading, writing and checking are parts of it."""
    with traces_to(collector.url, part="test"), workspace_of(tmp_path) as workspace:
        add(workspace, tmp_path)
        history = (Turn("What is the harbour of Lund?", "A harbour."),)
        *_, answer = ask(workspace, Question(QUESTION, history))
        spans = collector.wait_for("ask", "generate", "check")
    assert answer.outcome == "answered"
    (root,) = spans["ask"]
    assert not root.within and root.service == "briefing-test" and not root.failed
    assert root.attributes["outcome"] == "answered" and root.attributes["engine"] == "extractive"
    assert root.attributes["claims"] == len(answer.claims) == len(spans["check"])
    assert root.attributes["request"]
    for name in ("rewrite", "embed", "search", "rank", "read", "generate", "check"):
        assert spans[name], name
        assert all(one.trace == root.trace and one.seconds >= 0 for one in spans[name])
    above = {one.id: one for found in spans.values() for one in found}
    assert above[spans["read"][0].within].name in {"rank", "ask"}
    assert above[spans["search"][0].within].name == "ask"
    assert above[spans["generate"][0].within].name == "ask"


def test_what_is_added_is_a_tree_too(collector: Collector, tmp_path: Path) -> None:
    """Reading and splitting in the child, embedding, publishing, indexing; outcomes as counts."""
    with traces_to(collector.url, part="test"), workspace_of(tmp_path) as workspace:
        add(workspace, tmp_path)
        spans = collector.wait_for("ingest", "read file", "split", "embed passages", "publish")
    (root,) = spans["ingest"]
    assert root.attributes["added"] == 1 and root.attributes["files"] == 1
    (read,) = spans["read file"]
    assert read.within == root.id and spans["split"][0].within == read.id
    assert {spans[one][0].trace for one in ("publish", "embed passages", "index")} == {root.trace}


def test_no_word_of_a_question_or_a_document_is_traced(
    collector: Collector, tmp_path: Path
) -> None:
    """Attributes are counts, names of engines and outcomes; a failure is its kind alone."""
    with traces_to(collector.url, part="test"), workspace_of(tmp_path) as workspace:
        add(workspace, tmp_path)
        list(ask(workspace, Question(QUESTION)))
        with pytest.raises(UsageError):
            list(ask(workspace, Question(QUESTION, as_of=WORDS[0])))
        with pytest.raises(ValueError), tracing.span("failing"):
            raise ValueError(WORDS[0])
        spans = collector.wait_for("ask", "ingest", "failing")
    everything = repr([one for found in spans.values() for one in found])
    assert "extractive" in everything
    assert not [one for one in WORDS if one.lower() in everything.lower()]
    assert spans["failing"][0].failed and any(one.failed for one in spans["ask"])


def test_the_inference_server_continues_the_trace(collector: Collector, tmp_path: Path) -> None:
    """What it computes is part of the question on whose behalf it was asked."""
    with (
        traces_to(collector.url, part="test"),
        InferenceServer(Settings(home=tmp_path / "models")) as app,
        served(Observed(app)) as address,
        workspace_of(tmp_path, reader=address, judge=address) as workspace,
    ):
        add(workspace, tmp_path)
        list(ask(workspace, Question(QUESTION)))
    # Whatever was begun has been sent by now.
    spans = collector.wait_for("ask", "inference", "compute")
    asked = {one.id: one for one in spans["inference"]}
    assert all(one.within in asked for one in spans["compute"])
    assert {one.trace for one in spans["compute"]} == {spans["ask"][0].trace}


def test_a_request_from_outside_gives_its_trace_and_its_id(collector: Collector) -> None:
    """`traceparent` is continued; a job's thread works for the request that started it."""
    trace, above = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    headers = {"traceparent": f"00-{trace}-{above}-01", "x-request-id": "abc-1"}
    seen: list[str] = []

    def work() -> Iterator[int]:
        with tracing.span("work"):
            seen.append(tracing.request_id())
            seen.append(tracing.outgoing_headers()["traceparent"])
        yield 1

    with traces_to(collector.url, part="test"):
        jobs: Jobs[int] = Jobs("work", at_once=1, waiting=1)
        with tracing.serving(tracing.request_of(headers)):
            job = jobs.start("one", work)
        assert job.wait(60)
        (span,) = collector.wait_for("work")["work"]
    assert (span.trace, span.within) == (trace, above)
    assert seen[0] == "abc-1" and seen[1] == f"00-{trace}-{span.id}-01"
    assert tracing.request_id() == ""


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "-a", "ä", 'a"b', "a\nb"])
def test_an_id_that_would_not_do_in_a_log_is_made_anew(given: str) -> None:
    """Sixty-four plain signs at most; a new one is no other's."""
    made = tracing.request_of({"x-request-id": given}).id
    assert made != given and made.isalnum()
    assert made != tracing.request_of({}).id


@pytest.mark.parametrize(
    "parent", ["", "x", "00-0-0-01", f"00-{'0' * 32}-{'1' * 16}-01", "00-" + "g" * 32]
)
def test_a_parent_that_is_none_begins_a_trace(collector: Collector, parent: str) -> None:
    """Whatever stands in the header, the request is served."""
    with traces_to(collector.url, part="test"):
        with (
            tracing.serving(tracing.request_of({"traceparent": parent})),
            tracing.span("work"),
        ):
            pass
        (span,) = collector.wait_for("work")["work"]
    assert span.within == ""


def test_a_generator_is_a_span_only_while_it_works(collector: Collector) -> None:
    """What its reader does between two steps is no part of it; one that is left ends its span."""

    def steps() -> Iterator[int]:
        for number in range(3):
            with tracing.span("inner"):
                yield_now = number
            yield yield_now

    with traces_to(collector.url, part="test"):
        counting = tracing.stepwise("outer", steps, lambda span, one: span.note(last=one))
        for number in counting:
            with tracing.span("beside"):
                time.sleep(0.01)
            if number == 1:
                break
        counting.close()
        spans = collector.wait_for("outer", "inner", "beside")
    (outer,) = spans["outer"]
    assert outer.attributes["last"] == 1 and not outer.failed
    assert outer.attributes["busy_seconds"] < 0.01 < outer.seconds
    assert {one.within for one in spans["inner"]} == {outer.id}
    assert {one.within for one in spans["beside"]} == {""}


def test_a_generator_may_be_closed_by_another_thread(collector: Collector) -> None:
    """As a job that is cancelled is: its span ends, and that thread keeps its own."""
    with traces_to(collector.url, part="test"):
        counting = tracing.stepwise("outer", lambda: iter(range(5)))
        assert next(counting) == 0
        closing = threading.Thread(target=counting.close)
        closing.start()
        closing.join(60)
        assert collector.wait_for("outer")


def test_a_collector_that_is_away_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers come as always, and the log says once that the traces are lost."""
    pytest.importorskip("opentelemetry.sdk")
    with (
        caplog.at_level(logging.INFO),
        traces_to(f"http://127.0.0.1:{free_port()}", part="test"),
        workspace_of(tmp_path) as workspace,
    ):
        add(workspace, tmp_path)
        began = time.monotonic()
        for _ in range(3):
            *_, answer = ask(workspace, Question(QUESTION))
        took = time.monotonic() - began
        until = time.monotonic() + 60
        while "they are lost" not in caplog.text and time.monotonic() < until:
            time.sleep(0.05)
    assert answer.outcome == "answered" and took < 20
    said = [one for one in caplog.records if one.name.startswith(("opentelemetry", "corpus.trace"))]
    assert [one.name for one in said] == ["corpus.trace_export"]


@pytest.mark.parametrize("address", ["collector:4317", "ftp://host:1", "http://"])
def test_an_address_that_is_none_gets_a_line(address: str, tmp_path: Path) -> None:
    """The line says how it is given."""
    done = briefing_here(
        "--home", str(tmp_path), "sources", cwd=tmp_path,
        environment={"BRIEFING_TELEMETRY": address, "BRIEFING_EMBEDDER": "hash"},
    )  # fmt: skip
    assert done.returncode == 2 and "http://HOST:4317" in done.stderr


def test_where_nobody_looks_nothing_is_loaded_and_nothing_kept(tmp_path: Path) -> None:
    """Without the setting the tracing imports nothing of OpenTelemetry or of Prometheus."""
    code = (
        "import sys\n"
        "from corpus import metrics, trace_export, tracing\n"
        "with trace_export.traces_to('', part='test'), tracing.span('one') as span:\n"
        "    span.note(count=1)\n"
        "assert list(tracing.stepwise('two', lambda: iter('ab'))) == ['a', 'b']\n"
        "metrics.count('briefing_model_errors', 'x')\n"
        "assert metrics.page()[0] == b'' and not tracing.is_on()\n"
        "bad = [one for one in sys.modules if one.startswith(('opentelemetry', 'prometheus'))]\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_other_libraries_trace_nowhere(collector: Collector) -> None:
    """Our exporter is ours alone: what a dependency traces through OpenTelemetry is not sent."""
    trace = pytest.importorskip("opentelemetry.trace")
    with traces_to(collector.url, part="test"):
        with trace.get_tracer("chromadb").start_as_current_span("theirs"):
            pass
        with tracing.span("ours"):
            pass
        spans: dict[str, list[Kept]] = collector.wait_for("ours")
    assert set(spans) == {"ours"}


@pytest.mark.process
@pytest.mark.slow
def test_phoenix_keeps_the_trace_of_an_answer(tmp_path: Path) -> None:
    """A collector of others takes our spans, and gives them back by its own interface.

    Arize Phoenix is installed apart from this program, for its requirements are others:
    BRIEFING_PHOENIX is the folder of its command.
    """
    phoenix = program("phoenix", os.environ.get("BRIEFING_PHOENIX", ""))
    web, grpc = free_port(), free_port()
    address = f"http://127.0.0.1:{web}"
    environment = {
        "PHOENIX_WORKING_DIR": str(tmp_path / "phoenix"), "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(web), "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }  # fmt: skip
    with running(
        [phoenix, "serve"], ready=answers(f"{address}/healthz"), log=tmp_path / "phoenix.log",
        env=environment,
    ):  # fmt: skip
        with (
            traces_to(f"http://127.0.0.1:{grpc}", part="test"),
            workspace_of(tmp_path) as workspace,
        ):
            add(workspace, tmp_path)
            list(ask(workspace, Question(QUESTION)))
        until = time.monotonic() + 60
        while True:
            answer = httpx.get(
                f"{address}/v1/projects/default/spans", params={"limit": 200}, trust_env=False
            )
            spans = answer.json().get("data", ()) if answer.status_code == 200 else ()
            if {"ask", "ingest"} <= {one["name"] for one in spans}:
                break
            assert time.monotonic() < until, answer.text
            time.sleep(0.5)
    (root,) = [one for one in spans if one["name"] == "ask"]
    assert root["attributes"]["outcome"] == "answered" and root["parent_id"] is None
    below = {one["name"] for one in spans if one["parent_id"] == root["context"]["span_id"]}
    assert {"rewrite", "embed", "search", "rank", "read", "generate", "check"} <= below
    assert not [one for one in WORDS if one.lower() in answer.text.lower()]
