"""Model engines against servers on loopback, through the vendors' own clients."""

from __future__ import annotations

import importlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import prompts
from assistant.engine import Task, Usage, Waiting
from assistant.engine_selection import engine_named, reachable
from assistant.models import discovery, streaming
from assistant.models.clients import JSON, SCHEMA, AnthropicServer, OllamaServer, OpenAIServer
from assistant.models.context_window import GAP, estimated_tokens
from assistant.models.engine_config import Price
from assistant.models.model import ChatMessage, Delta, Model, ModelFailure
from assistant.models.model_engine import ModelEngine, without_reasoning
from assistant.models.output_format import schema
from assistant.models.prompt_cache import PromptCache
from assistant.models.streaming import Deadlines, loops, run
from assistant.planning.query_rewriting import Turn
from assistant.prompts import AS_JSON, NOT_FOUND
from corpus.document import Passage, Source
from corpus.errors import EngineError, UsageError
from index.evidence import Evidence
from tests.servers import ModelServer, free_port, until

# Wide: what these servers do is done at once, and a busy machine may take its time over it.
ENOUGH = Deadlines(first=60.0, silence=30.0)
# Where the limit itself is what ends the answer.
FIRST = Deadlines(first=0.5, silence=30.0)
SILENCE = Deadlines(first=60.0, silence=0.3)
ENDED_BY = {"hang": FIRST, "stall": SILENCE}
# Two clients pass over what is no event of theirs; Ollama's reads every line as JSON.
OTHERWISE = {("anthropic", "garbage"): "empty", ("ollama", "html"): "not the format"}
KINDS: dict[str, Callable[[str], Model]] = {
    "openai": lambda url: OpenAIServer("tiny", f"{url}/v1", "sk-very-secret-key-0123456789"),
    "ollama": lambda url: OllamaServer("tiny", url),
    "anthropic": lambda url: AnthropicServer("claude-of-tomorrow", url, "sk-ant-secret-0123456789"),
}
ASKING = [ChatMessage("system", "Be brief."), ChatMessage("user", "Is it so?")]
WORDS = "It is so because the harbour of Lund says so [1]. More will follow in the spring [2]."


@pytest.fixture(scope="module", autouse=True)
def clients() -> None:
    """Import the vendors' clients beforehand: seconds that would count against the first answer."""
    for name in ("anthropic", "ollama", "openai_like"):
        importlib.import_module(f"llama_index.llms.{name}")


class Clock:
    """The clock of this machine, but a pause between two tries is over at once."""

    def __init__(self) -> None:
        self.paused = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.paused

    def sleep(self, seconds: float) -> None:
        self.paused += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(streaming, "time", clock)
    return clock


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def said(pieces: Iterator[Delta | Waiting]) -> str:
    return "".join(one.text for one in pieces if isinstance(one, Delta))


def test_a_model_streams_and_counts(kind: str) -> None:
    """Text arrives in pieces; the end brings a reason and the provider's own counts."""
    with ModelServer(WORDS) as server:
        pieces = [one for one in run(KINDS[kind](server.url), ASKING, 64, ENOUGH)
                  if isinstance(one, Delta)]  # fmt: skip
    assert "".join(one.text for one in pieces).split() == WORDS.split()
    assert len(pieces) > 10
    counts = [(one.prompt_tokens, one.answer_tokens) for one in pieces if one.answer_tokens]
    assert counts[-1] == (100, len(WORDS.split()))
    (request,) = server.asked
    assert "Be brief." in str(request.body) and "Is it so?" in str(request.body)
    named = {"openai": "tiny", "ollama": "tiny", "anthropic": "claude-of-tomorrow"}
    assert request.body["model"] == named[kind]


# What of a request holds an answer to its form.
FORMS = {"response_format", "format", "output_config"}
AS_SCHEMA = json.dumps(
    {"sentences": [{"text": "It is so.", "passages": [2]}], "not_found": ["why"]}
)
HELD: dict[str, Callable[[str], Model]] = {
    "openai": lambda url: OpenAIServer("tiny", f"{url}/v1", form=SCHEMA),
    "deepseek": lambda url: OpenAIServer("tiny", f"{url}/v1", form=JSON),
    "ollama": lambda url: OllamaServer("tiny", url, form=SCHEMA),
    "anthropic": lambda url: AnthropicServer("claude-of-tomorrow", url, form=SCHEMA),
}


@pytest.mark.parametrize("provider", sorted(HELD))
def test_each_provider_is_held_to_labels_in_its_way(provider: str) -> None:
    """The form is asked for, what comes of it reads as sentences with labels."""
    with ModelServer(AS_SCHEMA) as server:
        text = said(run(HELD[provider](server.url), ASKING, 64, ENOUGH, labels=[1, 2]))
    assert text.split("\n")[:2] == ["It is so. [2]", f"{NOT_FOUND} why"]
    body = server.asked[0].body
    if provider == "deepseek":
        assert body["response_format"] == {"type": "json_object"}
        assert body["messages"][-1]["content"].endswith(AS_JSON)
        return
    schemas = {
        "openai": lambda: body["response_format"]["json_schema"]["schema"],
        "ollama": lambda: body["format"],
        "anthropic": lambda: body["output_config"]["format"]["schema"],
    }
    assert schemas[provider]() == schema([1, 2])


@pytest.mark.parametrize("shape", ['{"answer": "It is so [1]."}', "{}", '{"sentences": "so"}'])
def test_json_of_another_shape_is_no_answer(shape: str) -> None:
    """It is asked for again by the prompt alone, and never read as "not found"."""
    with ModelServer([shape, "It is so [1]."]) as server:
        engine = ModelEngine("scripted", HELD["deepseek"](server.url), limits=ENOUGH)
        text = "".join(one for one in engine.write(task()) if isinstance(one, str))
    assert text.strip() == "It is so [1]." and len(server.asked) == 2


def test_an_answer_that_was_stopped_can_be_mended() -> None:
    """The model sees the passages again, and what it had written; without these it is not asked."""
    with ModelServer(WORDS) as server:
        engine = ModelEngine("scripted", OpenAIServer("tiny", f"{server.url}/v1"), limits=ENOUGH)
        asked = task()
        with closing(engine.write(asked)) as pieces:
            next(one for one in pieces if isinstance(one, str))
        list(engine.again(asked, [("It is so.", "no passage says so")]))
        sent = str(server.asked[-1].body["messages"])
        assert "Ship 1 came in May" in sent and "no passage says so" in sent
        with pytest.raises(EngineError, match="nothing that could be corrected"):
            list(engine.again(task(2), [("It is so.", "no passage says so")]))


@pytest.mark.parametrize("fault", ["status:422", "empty"])
@pytest.mark.parametrize("provider", sorted(HELD))
def test_what_comes_to_nothing_in_a_form_is_asked_without(provider: str, fault: str) -> None:
    """A model that refuses the form, or says nothing in it, answers by the prompt alone."""
    with ModelServer("It is so [1].", fault=fault, times=1) as server:
        engine = ModelEngine("scripted", HELD[provider](server.url), limits=ENOUGH)
        text = "".join(one for one in engine.write(task()) if isinstance(one, str))
    assert text.strip() == "It is so [1]."
    held, *_, bare = (set(one.body) & FORMS for one in server.asked)
    assert held and not bare


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param("status:401", "refuses the key", id="the key is refused"),
        pytest.param("status:404", "does not know", id="no such model"),
        pytest.param("status:429", "slow down", id="too many requests, for good"),
        pytest.param("status:500", "status 500", id="it is broken"),
        pytest.param("status:400", "too long", id="the prompt is too long"),
        pytest.param("hang", "said nothing", id="it never answers"),
        pytest.param("stall", "said nothing", id="it falls silent"),
        pytest.param("cut", "half-way", id="it ends half-way"),
        pytest.param("abort", "broke the connection", id="the connection breaks"),
        pytest.param("garbage", "not the format", id="garbage"),
        pytest.param("html", "empty", id="a web page"),
        pytest.param("error", "it sent an error: .*out of memory", id="an error in the stream"),
        pytest.param("empty", "empty", id="an empty answer"),
        pytest.param("repeat", "repeats itself", id="it repeats itself"),
        pytest.param("drip", "repeats itself", id="it never ends"),
    ],
)
def test_a_failure_is_one_line_within_the_deadline(kind: str, fault: str, reason: str) -> None:
    """Whatever the server does, the reason is said in time, and no key is in it."""
    begun = time.monotonic()
    limits = ENDED_BY.get(fault, ENOUGH)
    reason = OTHERWISE.get((kind, fault), reason)
    with (
        ModelServer(WORDS, fault=fault, retry_after="0") as server,
        pytest.raises(ModelFailure, match=reason) as failure,
    ):
        said(run(KINDS[kind](server.url), ASKING, 64, limits))
    assert time.monotonic() - begun < 30
    assert "secret" not in str(failure.value) and "\n" not in str(failure.value)


def test_a_refused_connection_is_said_at_once(kind: str) -> None:
    """Nothing listens there: the line says so and what to do."""
    begun = time.monotonic()
    with pytest.raises(ModelFailure, match="start the server"):
        said(run(KINDS[kind](f"http://127.0.0.1:{free_port()}"), ASKING, 64, ENOUGH))
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again_and_no_more_than_needed(kind: str, status: int) -> None:
    """One failure that may pass costs one more request, after the wait that the server asks for."""
    with ModelServer(WORDS, fault=f"status:{status}", times=1, retry_after="7") as server:
        pieces = list(run(KINDS[kind](server.url), ASKING, 64, ENOUGH))
    assert said(iter(pieces)).split() == WORDS.split()
    assert len(server.asked) == 2
    told = [one.reason for one in pieces if isinstance(one, Waiting) and "again in" in one.reason]
    # Ollama's client keeps no header of a refusal.
    assert told[0].endswith("again in 1 s" if kind == "ollama" else "again in 7 s")


@pytest.mark.parametrize(("fault", "most"), [("status:401", 1), ("status:500", 3), ("cut", 1)])
def test_retries_do_not_multiply(kind: str, fault: str, most: int) -> None:
    """No client of a vendor tries again on its own; what cannot pass is tried once."""
    with ModelServer(WORDS, fault=fault, retry_after="0") as server:
        with pytest.raises(ModelFailure):
            said(run(KINDS[kind](server.url), ASKING, 64, ENOUGH))
        assert len(server.asked) == most


@pytest.mark.parametrize("fault", ["drip", "stall", "hang"])
def test_stop_ends_the_generation_on_the_server(kind: str, fault: str) -> None:
    """Closing the stream waits for no limit, and the server sees the client leave."""
    with ModelServer(WORDS, fault=fault) as server:
        pieces = run(KINDS[kind](server.url), ASKING, 64, Deadlines(60, 30))
        next(pieces)
        assert until(lambda: server.asked)
        begun = time.monotonic()
        with closing(pieces):
            pass
        assert time.monotonic() - begun < 15
        if fault == "drip":
            assert until(server.left.is_set)


def test_a_loop_is_told_from_a_list() -> None:
    """The same words four times over are a loop; like sentences are not."""
    assert loops("It is so, says the harbour. " * 5)
    assert not loops("".join(f"Ship {number} came in May 20{number}. " for number in range(40)))
    assert not loops("no " * 10)


def test_what_a_model_thinks_is_not_its_answer() -> None:
    """<think> at the beginning is left out, however it is cut; later it is text."""
    for size in (1, 5, 100):
        text = "<think>Hm, 5 or 6?</think>\n\nIt is 6 [1]. A <think> is a tag."
        pieces = [Delta(text[at : at + size]) for at in range(0, len(text), size)]
        assert (
            said(without_reasoning(iter([*pieces, Delta("", "stop")])))
            == "It is 6 [1]. A <think> is a tag."
        )
    assert said(without_reasoning(iter([Delta("Plain"), Delta(" text")]))) == "Plain text"


def evidence(count: int, words: int = 60) -> list[Evidence]:
    found = []
    for label in range(1, count + 1):
        text = f"Ship {label} came in May [{label}7]. " + "It carried much salt. " * (words // 4)
        source = Source(f"Log {label}", "/log", "Harbour", "2025-05-01")
        found.append(Evidence(label, Passage("d", 0, len(text), text), source, 1 / label, ""))
    return found


def task(count: int = 3, words: int = 60) -> Task:
    return Task("Which ship came?", evidence(count, words), ())


def test_the_prompt_holds_fenced_and_marked_evidence() -> None:
    """Every line of a passage carries the request's own mark; fences differ between requests."""
    with ModelServer(WORDS) as server:
        engine = ModelEngine("scripted", KINDS["openai"](server.url), limits=ENOUGH)
        for _ in range(2):
            list(engine.write(task()))
        prompts = [one.body["messages"][1]["content"] for one in server.asked]
        rules = {one.body["messages"][0]["content"] for one in server.asked}
    fences = [prompt.splitlines()[1] for prompt in prompts]
    assert fences[0] != fences[1] and prompts[0].count(fences[0]) == 3
    # What never changes stands first, so that a server need not read it again.
    assert len(rules) == 1 and fences[0] not in rules.pop()
    inside = prompts[0].split(fences[0])[2].strip().splitlines()
    marks = {line.split("|")[0] for line in inside if line and not line.startswith("[")}
    assert len(marks) == 1
    assert "[1]\n" in prompts[0] and "(17)" in prompts[0] and "[17]" not in prompts[0]


def test_evidence_fits_a_small_context_by_rank_and_whole_sentences() -> None:
    """With 4,096 tokens the last ranks are left out, and no sentence is cut."""
    with ModelServer(WORDS) as server:
        small = replace(KINDS["openai"](server.url), context=4096)  # type: ignore[type-var]
        list(ModelEngine("scripted", small, limits=ENOUGH).write(task(30, 160)))
        (request,) = server.asked
    prompt = " ".join(one["content"] for one in request.body["messages"])
    assert estimated_tokens(prompt) + request.body["max_tokens"] <= 4096
    shown = [label for label in range(1, 31) if f"[{label}]\n" in prompt]
    assert shown == list(range(1, len(shown) + 1)) and 3 <= len(shown) < 30
    assert "salt." in prompt and not re.search(r"much\s*\n", prompt)


@pytest.mark.parametrize(("room", "part"), [(None, False), (150, True)])
def test_a_passage_whose_end_was_cut_was_shown_in_part(room: int | None, part: bool) -> None:
    """No gap is marked after the last sentence that is shown; the engine knows all the same."""
    with ModelServer(WORDS) as server:
        model = KINDS["openai"](server.url)
        engine = ModelEngine("scripted", model, limits=ENOUGH, evidence=room)
        asked = task(1, 60)
        list(engine.write(asked))
        prompt = server.asked[0].body["messages"][1]["content"]
    assert "Ship 1 came" in prompt and GAP not in prompt
    assert (prompt.count("much salt") < 15) == engine.saw_part(asked) == part


def test_a_context_smaller_than_said_is_tried_with_less() -> None:
    """When the server finds the prompt too long, half of the evidence is tried."""
    with ModelServer(WORDS, fault="status:400", times=1) as server:
        engine = ModelEngine("scripted", KINDS["openai"](server.url), limits=ENOUGH)
        pieces = list(engine.write(task(8, 100)))
    first, second = (len(str(one.body["messages"])) for one in server.asked)
    assert second < first * 0.8 and isinstance(pieces[-1], Usage)


def test_usage_has_a_price_only_where_the_user_set_one() -> None:
    """Tokens come from the provider; dollars from the user's prices."""
    with ModelServer(WORDS) as server:
        engine = ModelEngine("scripted", KINDS["openai"](server.url), limits=ENOUGH)
        *_, usage = engine.write(task())
        *_, priced = replace(engine, price=Price(1.0, 10.0)).write(task())
    count = len(WORDS.split())
    assert usage == Usage(100, count, None)
    assert priced == Usage(100, count, pytest.approx((100 + 10 * count) / 1e6))


def test_an_engine_that_fails_says_its_name() -> None:
    """The reader is told which engine failed and why."""
    with ModelServer(fault="status:401") as server:
        engine = engine_named(f"{server.url}#tiny", Path("/nonexistent"))
        with pytest.raises(EngineError, match=r"#tiny failed: it refuses the key"):
            list(engine.write(task()))


def test_engines_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name, a missing key or a server without a model is refused in one line."""
    for name, line in (
        ("gpt-5", "there is no engine 'gpt-5'; give one of: auto, extractive, local:NAME, "),
        ("openai:", "there is no engine"),
        ("openai:gpt-5", "set OPENAI_API_KEY"),
        ("http://127.0.0.1:1#", "names no server and model"),
        ("http://me:pw@127.0.0.1:1#tiny", "names no server and model"),
    ):
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        with pytest.raises(UsageError, match=line.replace("?", ".")):
            engine_named(name, tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret-0123456789")
    engine = engine_named("anthropic:claude-sonnet-4-5", tmp_path)
    assert engine.host == "api.anthropic.com" and "secret" not in repr(engine)


def test_keys_contexts_and_prices_come_from_a_private_file(tmp_path: Path) -> None:
    """engines.toml is refused when others may read its keys, and when it says nonsense."""
    file = tmp_path / "engines.toml"
    file.write_text(
        '[keys]\nopenai = "sk-from-the-file-0123456789"\n[context]\nopenai = 9000\n'
        '[prices."openai:gpt-5"]\ninput = 1\noutput = 2\n[limits]\nseconds = 9\n'
    )
    file.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        engine_named("openai:gpt-5", tmp_path)
    file.chmod(0o600)
    engine = engine_named("openai:gpt-5", tmp_path)
    assert isinstance(engine, ModelEngine)
    assert (engine.price, engine.model.context) == (Price(1.0, 2.0), 9000)
    assert engine.limits.first == 9 and "sk-from" not in repr(engine)
    file.write_text("[limit]\nseconds = 9\n")
    with pytest.raises(UsageError, match=r"engines\.toml: “limit” is no key .* \[limits\]"):
        engine_named("openai:gpt-5", tmp_path)


def test_auto_takes_a_server_of_this_machine_and_never_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chat model on loopback is used; an embedding model or a key in the environment is not."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-key-0123456789")
    nowhere = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("OLLAMA_HOST", nowhere)
    monkeypatch.setattr(discovery, "SERVERS", (nowhere,))
    assert engine_named("auto", tmp_path).name == "extractive"
    with ModelServer(models=("nomic-embed-text", "qwen3:4b"), context=40_960) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url.removeprefix("http://"))
        engine = engine_named("auto", tmp_path)
        assert isinstance(engine, ModelEngine)
        assert (engine.name, engine.host) == ("ollama:qwen3:4b", "")
        assert engine.model.context == discovery.OLLAMA_CONTEXT
        monkeypatch.setenv("OLLAMA_HOST", nowhere)
        monkeypatch.setattr(discovery, "SERVERS", (server.url,))
        engine = engine_named("auto", tmp_path)
        assert isinstance(engine, ModelEngine)
        assert (engine.name, engine.model.context) == (f"{server.url}#qwen3:4b", 40_960)
        listed = {one.name: one.ready for one in reachable(tmp_path)}
    assert listed[f"{server.url}#qwen3:4b"] and listed["extractive"]
    assert listed["openai:MODEL"] and not listed["anthropic:MODEL"] and not listed["ollama:MODEL"]
    assert not server.asked


def test_the_newest_turns_are_kept() -> None:
    """As they were sent where there is room, else without passages; the oldest go first."""
    history = [Turn(f"Question {one}?", "word " * 50) for one in range(1, 8)]

    turns = PromptCache()
    turns.keep(Task("Question 7?", (), ()), "passages " * 100 + "Question 7?", "word [1] " * 50)

    def kept(room: int) -> list[str]:
        found = turns.fitting_turns(history, lambda text: len(text.split()), room)
        assert {one.text for one in found if one.role == "assistant"} <= {"word " * 50}
        return [one.text for one in found if one.role == "user"]

    assert len(kept(1000)) == 7 and kept(1000)[-1].startswith("passages")
    assert kept(120) == ["Question: Question 6?", "Question: Question 7?"] and not kept(3)
    # The same question answered otherwise is another conversation's.
    other = turns.fitting_turns(
        [Turn("Question 7?", "Another.")], lambda text: len(text.split()), 1000
    )
    assert [one.text for one in other] == ["Question: Question 7?", "Another."]


def test_prompts_have_the_placeholders_they_are_filled_with() -> None:
    """A prompt with another placeholder is refused when it is loaded."""
    with pytest.raises(ValueError, match="placeholders"):
        prompts.Prompt("{question} {oops}", frozenset({"question"}))
    assert "{" not in prompts.ANSWER.filled()


def test_no_key_reaches_a_log_an_error_or_a_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever the server sends back, and however much is logged, the key is not in it."""
    caplog.set_level("DEBUG")
    (tmp_path / "engines.toml").write_text('[keys]\n"URL" = "sk-canary-0123456789abcdef"\n')
    (tmp_path / "engines.toml").chmod(0o600)
    for fault in ("status:401", "status:500", "cut"):
        with ModelServer(WORDS, fault=fault, retry_after="0") as server:
            toml = (tmp_path / "engines.toml").read_text().replace("URL", server.url)
            (tmp_path / "engines.toml").write_text(toml)
            engine = engine_named(f"{server.url}#tiny", tmp_path)
            with pytest.raises(EngineError) as failure:
                list(engine.write(task()))
            sent = server.asked[0].headers["authorization"]
            (tmp_path / "engines.toml").write_text(toml.replace(server.url, "URL"))
        assert "canary" in sent
        shown = str(failure.value) + repr(engine) + caplog.text + "".join(capfd.readouterr())
        assert "canary" not in shown
