"""The reader and the judge on a server: the same numbers, and never an answer less."""

from __future__ import annotations

import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.answer import Question
from assistant.checking.entailment import COMMITTED as JUDGE_WEIGHTS
from assistant.checking.entailment import OnnxJudge
from assistant.checking.remote_judge import RemoteJudge, judge_of
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import UsageError
from index import inference_client
from index.inference_batching import Batches, Full, TooLate
from index.inference_client import Connection, RemoteReader, reader_of
from index.inference_protocol import mark_of
from index.pair_encoding import Pair
from index.reader import COMMITTED, KeywordReader, OnnxReader, ToRead
from tests.asgi_server import served
from tests.commands import briefing_here
from tests.real_servers import answers, free_port, running
from ui.inference_server import InferenceServer

ROOT = Path(__file__).parent.parent
QUESTION = "What did the harbour of Norden cost?"
TOKEN = "a-token-of-lighthouse-keepers"
PAIRS = [
    Pair(
        QUESTION, "Harbours", ("It was built in 1911.", "The harbour of Norden cost 4.1 million.")
    ),
    Pair(QUESTION, "Bread", ("Rye is sown in September.", "The dough rests for an hour.")),
    Pair(QUESTION, "Harbours › Dredging", ("The channel is dredged every spring.",)),
    Pair(QUESTION, "Norden", ("The town has 25,000 people.", "A ferry leaves twice a day.", "Ok.")),
]
PRIOR = [0.1, 0.2, 0.9, 0.3]
CLAIM = "The harbour of Norden cost 4.1 million."
PREMISES = [
    ("Harbours", "It was built in 1911. The harbour of Norden cost 4.1 million."),
    ("Bread", "Rye is sown in September."),
    ("Harbours", "The harbour of Norden cost 9 million."),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for notes of verified weights."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[str]:
    """The address of an inference server over the models of the program."""
    with InferenceServer(Settings(home=cache)) as app, served(app) as address:
        yield address


def not_here() -> Any:
    raise AssertionError("computed here")


def remote(address: str, own: Callable[[], Any] = not_here, **given: float) -> RemoteReader:
    return RemoteReader(Connection(address, **given), own, mark_of(COMMITTED / "reader.json"))


def test_readings_are_those_of_the_reader_itself(server: str, cache: Path) -> None:
    """Whole, with a limit, and read again: not a digit differs from what is computed here."""
    here = OnnxReader(COMMITTED, cache=cache)
    there = remote(server)
    assert there.read(PAIRS, prior=PRIOR, keep=2) == here.read(PAIRS, prior=PRIOR, keep=2)
    assert there.read(PAIRS) == here.read(PAIRS)
    assert there.read([PAIRS[0], PAIRS[1], PAIRS[0]]) == here.read([PAIRS[0], PAIRS[1], PAIRS[0]])
    assert there.read([]) == []
    assert there.name == here.name


def test_verdicts_are_those_of_the_judge_itself(server: str, cache: Path) -> None:
    """The judge's probabilities come back as they were computed, and once known are kept."""
    here = OnnxJudge(JUDGE_WEIGHTS, cache=cache)
    there = RemoteJudge(Connection(server), not_here, mark_of(JUDGE_WEIGHTS / "judge.json"))
    found = there.judge(CLAIM, PREMISES)
    assert found == here.judge(CLAIM, PREMISES)
    assert found[0].supported > 0.5 > found[1].supported
    assert there.judge(CLAIM, PREMISES[::-1]) == found[::-1]


def test_many_askers_at_once_get_what_one_gets(server: str, cache: Path) -> None:
    """Questions of sixteen askers are computed together, and none gets another one's readings."""
    asked = [
        [Pair(f"{one.question} In {year}?", one.context, one.sentences) for one in PAIRS]
        for year in range(1990, 2006)
    ]
    expected = [OnnxReader(COMMITTED, cache=cache).read(one, prior=PRIOR, keep=3) for one in asked]
    there = remote(server)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda one: there.read(one, prior=PRIOR, keep=3), asked))
    assert found == expected


def test_a_pair_that_one_question_leaves_out_may_be_read_for_another(cache: Path) -> None:
    """Computed together or alone, each question has its own choice of what is read to the end."""
    given = [
        ToRead(tuple(PAIRS), tuple(PRIOR), 2),
        ToRead(tuple(PAIRS)),
        ToRead(tuple(PAIRS), (0.9, 0.8, 0.1, 0.2), 1),
    ]
    together = OnnxReader(COMMITTED, cache=cache).read_together(given)
    alone = [OnnxReader(COMMITTED, cache=cache).read_together([one])[0] for one in given]
    assert together == alone
    assert [sum(bool(one.sentences) for one in read) for read in together] == [2, 4, 1]


def test_a_whole_answer_is_the_same(server: str, tmp_path: Path) -> None:
    """A workspace whose settings name the server answers as one that computes by itself."""
    (tmp_path / "ships.md").write_text(
        "# Ships\n\nThe harbour of Lund handled 4,800 ships in 2023. Its director is Anna Berg.\n"
    )
    answered = []
    for reader, judge in ((str(COMMITTED), ""), (server, server)):
        settings = Settings(
            home=tmp_path / "home", embedder="hash", engine="extractive", reader=reader,
            judge=judge,
        )  # fmt: skip
        with Workspace(settings) as workspace:
            list(workspace.add([tmp_path / "ships.md"]))
            *_, answer = ask(
                workspace, Question("How many ships did the harbour of Lund handle in 2023?")
            )
        answered.append((answer.outcome, answer.claims, answer.chance, answer.evidence))
    assert answered[0] == answered[1]
    assert answered[0][0] == "answered" and answered[0][1]


def test_a_server_that_is_away_costs_no_answer(
    cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This program computes meanwhile, says so once, and asks the server again when it is back."""
    port = free_port()
    here = OnnxReader(COMMITTED, cache=cache)
    there = remote(f"http://127.0.0.1:{port}", lambda: here, avoid=0.05)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert there.read(PAIRS, prior=PRIOR, keep=2) == here.read(PAIRS, prior=PRIOR, keep=2)
            time.sleep(0.06)
        said = [one.getMessage() for one in caplog.records if "inference server" in one.message]
        assert len(said) == 1 and "cannot be reached; computing here" in said[0]
        with InferenceServer(Settings(home=cache)) as app, served(app, port):
            monkeypatch.setattr(here, "read", not_here)
            assert there.read(PAIRS, prior=PRIOR, keep=2)
        assert "answers again" in caplog.text


def test_a_server_that_is_away_is_not_waited_for_again(cache: Path) -> None:
    """For some seconds nothing is sent to it: a question does not pay for each look."""
    with socket.socket() as silent:
        # It takes connections and never answers.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        there = remote(address, KeywordReader, patience=-0.5, avoid=60.0)
        began = time.monotonic()
        assert there.read(PAIRS) == KeywordReader().read(PAIRS)
        first = time.monotonic() - began
        began = time.monotonic()
        assert there.read(PAIRS[:2]) == KeywordReader().read(PAIRS[:2])
        assert first > 0.4 and time.monotonic() - began < 0.4


def test_other_weights_are_refused(server: str, caplog: pytest.LogCaptureFixture) -> None:
    """A replica of another version computes by its own weights rather than mix the two."""
    there = RemoteReader(Connection(server), KeywordReader, "of-another-version")
    assert there.read(PAIRS) == KeywordReader().read(PAIRS)
    assert "it has other weights: run the same version" in caplog.text


def test_only_those_with_the_token_are_answered(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without it, or with another, there is a line and no number; the health is not told either."""
    with InferenceServer(Settings(home=cache), secret=TOKEN) as app, served(app) as address:
        for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN[:-1]}):
            answer = httpx.get(f"{address}/health", headers=headers, trust_env=False)
            assert answer.status_code == 401
            assert "BRIEFING_INFERENCE_TOKEN" in answer.json()["error"]
        assert remote(address, KeywordReader).read(PAIRS) == KeywordReader().read(PAIRS)
        assert "refuses the token" in caplog.text
        monkeypatch.setenv("BRIEFING_INFERENCE_TOKEN", TOKEN)
        assert remote(address).read(PAIRS)


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "10.0.0.1:7870"}, {"Origin": "http://127.0.0.1:7860"}],
)
def test_no_page_of_a_browser_asks(server: str, headers: dict[str, str]) -> None:
    """A name made to point here, and scripts of pages, are refused before anything is computed."""
    answer = httpx.post(f"{server}/read", json={"pairs": []}, headers=headers, trust_env=False)
    assert answer.status_code == 403 and answer.json()["error"]


@pytest.mark.parametrize(
    "path, content, status",
    [
        ("/read", b"no json", 400),
        ("/read", b"[]", 400),
        ("/read", b'{"pairs": "x"}', 400),
        ("/read", b'{"pairs": [["q", "c", "no list"]]}', 400),
        ("/read", b'{"pairs": [["q", "c", [1]]]}', 400),
        ("/read", b'{"pairs": [["q", "c", ["s"]]], "prior": [1, 2]}', 400),
        ("/read", b'{"pairs": [["q", "c", ["s"]]], "keep": -1}', 400),
        ("/read", b'{"pairs": [["q", "c", ["s"]]], "keep": true}', 400),
        ("/judge", b'{"pairs": [["claim", "context"]]}', 400),
        ("/judge", b'{"pairs": null}', 400),
        ("/judge", b"[" * 100_000, 400),
        ("/judge", json.dumps({"pairs": [["c", "", "t"]] * 257}).encode(), 400),
        ("/read", b" " * 4_000_001, 413),
        ("/elsewhere", b"{}", 404),
    ],
)  # fmt: skip
def test_what_is_no_request_gets_a_line(
    server: str, path: str, content: bytes, status: int
) -> None:
    """Whatever is sent, the answer is one line of JSON, and the server goes on."""
    answer = httpx.post(f"{server}{path}", content=content, trust_env=False)
    assert answer.status_code == status and "\n" not in answer.json()["error"]
    assert httpx.get(f"{server}/read", trust_env=False).status_code == 405
    assert httpx.get(f"{server}/health", trust_env=False).json()["ok"] is True


class Held:
    """Work that goes on until it is let go, and remembers what it was given."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.batches: list[list[str]] = []

    def compute(self, work: Sequence[str]) -> list[str]:
        self.batches.append(list(work))
        self.begun.set()
        assert self.go.wait(60)
        if "bad" in work:
            raise ValueError("bad")
        return [one.upper() for one in work]


def test_what_comes_meanwhile_is_computed_together() -> None:
    """While a batch is computed others wait; the next batch takes them in order, to its size."""
    held = Held()
    with Batches("test", held.compute, together=4) as batches:
        first = batches.submit("a", 1, seconds=60)
        assert held.begun.wait(60)
        rest = [batches.submit(one, 2, seconds=60) for one in "bcdef"]
        assert batches.waiting == 10
        held.go.set()
        assert [one.result(60) for one in [first, *rest]] == list("ABCDEF")
    assert held.batches == [["a"], ["b", "c"], ["d", "e"], ["f"]]


def test_more_than_can_wait_is_refused_at_once() -> None:
    """A queue has an end; work that is larger than it is taken only by an empty one."""
    held = Held()
    with Batches("test", held.compute, waiting=4) as batches:
        first = batches.submit("a", 9, seconds=60)
        assert held.begun.wait(60)
        waiting = batches.submit("b", 3, seconds=60)
        with pytest.raises(Full):
            batches.submit("c", 2, seconds=60)
        held.go.set()
        assert first.result(60) == "A" and waiting.result(60) == "B"


def test_what_nobody_waits_for_is_not_computed() -> None:
    """Work that was cancelled, or whose time has passed, is dropped before its turn."""
    held = Held()
    with Batches("test", held.compute) as batches:
        first = batches.submit("a", 1, seconds=60)
        assert held.begun.wait(60)
        gone, late = batches.submit("gone", 1, seconds=60), batches.submit("late", 1, seconds=0.0)
        kept = batches.submit("kept", 1, seconds=60)
        assert gone.cancel()
        held.go.set()
        assert first.result(60) == "A" and kept.result(60) == "KEPT"
        with pytest.raises(TooLate):
            late.result(60)
    assert held.batches == [["a"], ["kept"]]


def test_a_batch_that_fails_fails_alone() -> None:
    """Those who asked are told why; the next batch is computed."""
    held = Held()
    held.go.set()
    with Batches("test", held.compute) as batches:
        with pytest.raises(ValueError, match="bad"):
            batches.submit("bad", 1, seconds=60).result(60)
        assert batches.submit("good", 1, seconds=60).result(60) == "GOOD"


def test_a_full_server_says_so_and_an_asker_that_leaves_gives_up_its_place(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with a time to come again, 504 where its turn does not come, nothing for who has left."""
    begun, go = threading.Event(), threading.Event()
    computed: list[int] = []
    real = OnnxReader.read_together

    def slow(self: OnnxReader, given: Sequence[ToRead]) -> Any:
        computed.append(sum(len(one.pairs) for one in given))
        begun.set()
        assert go.wait(60)
        return real(self, given)

    monkeypatch.setattr(OnnxReader, "read_together", slow)
    body = {"pairs": [[one.question, one.context, list(one.sentences)] for one in PAIRS]}
    many = {"pairs": body["pairs"] * 60}
    with (
        InferenceServer(Settings(home=cache)) as app,
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
        ThreadPoolExecutor(6) as pool,
    ):
        first = pool.submit(client.post, "/read", json=body)
        assert begun.wait(60)
        late = client.post("/read", json=body, headers={"X-Briefing-Seconds": "0.2"})
        assert late.status_code == 504 and "within 0.2 s" in late.json()["error"]
        with pytest.raises(httpx.ReadTimeout):
            # It hangs up.
            client.post("/read", json=body, timeout=0.2)
        waiting = [pool.submit(client.post, "/read", json=many) for _ in range(4)]
        until = time.monotonic() + 60
        while client.get("/health").json()["models"]["read"]["waiting"] < 4 * 240:
            assert time.monotonic() < until
            time.sleep(0.01)
        full = client.post("/read", json=many)
        assert full.status_code == 503 and full.headers["retry-after"] == "1"
        assert "wait already" in full.json()["error"]
        assert remote(address, KeywordReader).read(PAIRS * 20) == KeywordReader().read(PAIRS * 20)
        go.set()
        assert first.result(60).status_code == 200
        assert all(one.result(60).status_code == 200 for one in waiting)
    assert computed == [4, 240, 240, 240, 240]


def test_the_settings_choose_the_server(
    server: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address is a server, anything else what it was; an address that is none gets a line."""
    monkeypatch.setattr(inference_client, "_CONNECT", 1.0)
    assert isinstance(reader_of(server, cache=cache), RemoteReader)
    assert isinstance(judge_of(server, cache=cache), RemoteJudge)
    assert isinstance(reader_of("", cache=cache), OnnxReader)
    assert isinstance(judge_of("", cache=cache), OnnxJudge)
    assert judge_of("none", cache=cache) is None
    for wrong in ("http://", "http://host:1/path", "https://host?x=1"):
        with pytest.raises(UsageError, match="give http://HOST:PORT"):
            reader_of(wrong, cache=cache)
    with pytest.raises(UsageError, match="without BRIEFING_READER"):
        InferenceServer(Settings(home=cache, reader=server))


def test_the_doctor_says_who_computes(server: str, tmp_path: Path) -> None:
    """It looks whether the server answers and has the same weights."""
    away = f"http://127.0.0.1:{free_port()}"
    done = briefing_here(
        "--home", str(tmp_path / "home"), "doctor", "--json", cwd=tmp_path,
        environment={"BRIEFING_EMBEDDER": "hash", "BRIEFING_ENGINE": "extractive",
                     "BRIEFING_READER": server, "BRIEFING_JUDGE": away},
    )  # fmt: skip
    checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert (
        checks["inference (read)"]["ok"] and "same weights" in checks["inference (read)"]["detail"]
    )
    assert not checks["inference (judge)"]["ok"]
    assert "this machine computes instead" in checks["inference (judge)"]["detail"]


@pytest.mark.parametrize("given", ["", "short"])
def test_to_listen_to_others_it_needs_a_token(given: str, tmp_path: Path) -> None:
    """One line says what to set; nothing is loaded and nothing listens."""
    done = briefing_here(
        "--home", str(tmp_path), "inference", "--listen", "0.0.0.0", "--port", "0", cwd=tmp_path,
        environment={"BRIEFING_INFERENCE_TOKEN": given},
    )  # fmt: skip
    assert done.returncode == 2 and "BRIEFING_INFERENCE_TOKEN" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_gets_a_line(server: str, tmp_path: Path) -> None:
    """No other port is taken in its place: those who ask know this one."""
    port = server.rpartition(":")[2]
    done = briefing_here(
        "--home", str(tmp_path), "inference", "--port", port, cwd=tmp_path, environment={}
    )
    assert done.returncode == 2 and "give another with --port" in done.stderr


@pytest.mark.process
def test_the_command_serves_and_ends_in_order(tmp_path: Path) -> None:
    """`briefing inference` answers, prints its log as JSON where wanted, and ends with 0."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-c", "from ui.cli import main; main()", "--home", str(tmp_path / "home"),
        "--log-format", "json", "inference", "--port", str(port),
    ]  # fmt: skip
    printed = tmp_path / "printed"
    environment = {"PYTHONPATH": str(ROOT)}
    with running(
        command, ready=answers(f"{address}/health"), log=printed, env=environment
    ) as process:
        assert remote(address).read(PAIRS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    lines = printed.read_text().splitlines()
    assert address in lines[0]
    assert any(json.loads(one)["module"] == "ui.inference_server" for one in lines[1:])
    assert isinstance(process, subprocess.Popen)
