"""The official client of OpenAI's talks to us: answers, streams, citations, errors, leaving."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from assistant.answer import Answer, Citation, Claim
from corpus.document import Source
from corpus.errors import EngineError
from tests.api_server import COST, COST_ANSWER, Served, notes_home, served
from tests.servers import ModelServer, until
from ui.api.chat_text import ChatText, spoken
from ui.api.chat_values import read_request


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notes_home(tmp_path_factory.mktemp("openai"))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Served]:
    with served(home) as running:
        yield running


def client_of(server: Served, **options: Any) -> openai.OpenAI:
    values = {"api_key": "none", "max_retries": 0, "timeout": 60} | options
    return openai.OpenAI(base_url=f"{server.url}/v1", **values)


@pytest.fixture
def client(server: Served) -> Iterator[openai.OpenAI]:
    with client_of(server) as one:
        yield one


def ask(text: str = COST) -> list[Any]:
    return [{"role": "user", "content": text}]


def replied(client: openai.OpenAI, stream: bool, text: str = COST) -> None:
    """Wait for a reply to its end."""
    reply = client.chat.completions.create(model="auto", messages=ask(text), stream=stream)
    if stream:
        for _ in reply:
            continue


def test_the_engines_are_models(client: openai.OpenAI) -> None:
    """ "auto" is whom the owner chose; no hosted engine is there unasked."""
    names = [one.id for one in client.models.list()]
    assert names == ["auto", "extractive"]
    assert client.models.retrieve("extractive").id == "extractive"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("openai:gpt-4o")


def test_an_answer_has_its_citations(client: openai.OpenAI, server: Served) -> None:
    """Annotations mark the markers and lead to the words; `briefing` has the whole answer."""
    done = client.chat.completions.create(model="auto", messages=ask())
    message = done.choices[0].message
    assert message.content is not None and message.content.startswith(f"{COST_ANSWER} [1]\n\n")
    assert "[1] The harbour of Norden, Norden Gazette, 2025-03-01" in message.content
    assert message.annotations is not None
    (annotation,) = message.annotations
    cited = annotation.url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert cited.title == "The harbour of Norden"
    assert httpx.get(cited.url).json()["text"] == COST_ANSWER
    briefing: Any = done.model_extra["briefing"] if done.model_extra else None
    assert briefing["outcome"] == "answered" and briefing["claims"][0]["verdict"] == "supported"
    assert briefing["citations"][0]["quote"] == COST_ANSWER
    assert done.model == "extractive" and done.choices[0].finish_reason == "stop"
    assert done.usage is not None and done.usage.total_tokens == 0


def test_a_decline_is_a_reply_and_says_so(client: openai.OpenAI) -> None:
    """It is no error, has no claim, and the field tells it from an answer."""
    done = client.chat.completions.create(model="auto", messages=ask("Who rules Atlantis?"))
    briefing: Any = (done.model_extra or {})["briefing"]
    assert briefing["outcome"] == "declined" and briefing["claims"] == []
    assert "library" in str(done.choices[0].message.content)


def test_a_follow_up_is_understood(client: openai.OpenAI) -> None:
    """Messages are the conversation: what we said before is sent back as clients do."""
    first = client.chat.completions.create(model="auto", messages=ask())
    messages = [
        {"role": "system", "content": "Answer like a pirate."},
        *ask(),
        {"role": "assistant", "content": first.choices[0].message.content},
        *ask("And Tarn?"),
    ]
    done = client.chat.completions.create(model="auto", messages=messages)  # type: ignore[arg-type]
    briefing: Any = (done.model_extra or {})["briefing"]
    assert briefing["standalone"] == "What did the harbour of Tarn cost?"
    assert "12 million crowns" in str(done.choices[0].message.content)


def test_a_question_can_be_bounded(client: openai.OpenAI) -> None:
    """The field `briefing` of a request has the bounds of `/api/ask`."""
    done = client.chat.completions.create(
        model="auto", messages=ask(), extra_body={"briefing": {"as_of": "2024"}}
    )
    briefing: Any = (done.model_extra or {})["briefing"]
    assert {one["title"] for one in briefing["citations"]} <= {"The harbour of Tarn"}
    with pytest.raises(openai.BadRequestError, match="as_of"):
        client.chat.completions.create(
            model="auto", messages=ask(), extra_body={"briefing": {"as_of": "spring"}}
        )


def test_a_stream_is_the_same_answer(client: openai.OpenAI) -> None:
    """Role, sentences, annotations, the whole answer, usage where it is asked for, and the end."""
    whole = client.chat.completions.create(model="auto", messages=ask())
    chunks = [
        *client.chat.completions.create(
            model="auto", messages=ask(), stream=True, stream_options={"include_usage": True}
        )
    ]
    pieces = [one.choices[0].delta.content or "" for one in chunks if one.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == [] and chunks[-1].usage is not None
    last = chunks[-2]
    assert last.choices[0].finish_reason == "stop"
    assert (last.model_extra or {})["briefing"]["outcome"] == "answered"
    marked = (last.choices[0].delta.model_extra or {})["annotations"]
    assert marked == [one.model_dump() for one in whole.choices[0].message.annotations or ()]
    assert len({one.id for one in chunks}) == 1


def test_the_asynchronous_client_is_served_in_parallel(server: Served) -> None:
    """Eight at once, half of them streams, all with their own answer."""

    async def one(client: openai.AsyncOpenAI, number: int) -> str:
        text = COST if number % 2 else COST.replace("Norden", "Tarn")
        if number < 4:
            done = await client.chat.completions.create(model="auto", messages=ask(text))
            return str(done.choices[0].message.content)
        stream = await client.chat.completions.create(model="auto", messages=ask(text), stream=True)
        return "".join([part.choices[0].delta.content or "" async for part in stream])

    async def several() -> list[str]:
        async with openai.AsyncOpenAI(
            base_url=f"{server.url}/v1", api_key="none", max_retries=0
        ) as client:
            return await asyncio.gather(*(one(client, number) for number in range(8)))

    for number, said in enumerate(asyncio.run(several())):
        assert ("41 million" if number % 2 else "12 million") in said


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "tools"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        ({"messages": []}, "messages"),
        ({"messages": ask("  ")}, "messages"),
        ({"messages": ask("x" * 5_000)}, "messages"),
        ({"messages": [{"role": "assistant", "content": "so"}]}, "messages"),
        (
            {"messages": [{"role": "user", "content": [
                {"type": "text", "text": COST},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            ]}]},
            "messages[0]",
        ),
        ({"extra_body": {"briefing": {"colour": "red"}}}, "briefing.colour"),
        ({"extra_body": {"stream": "yes"}}, "stream"),
    ],
    ids=["tools", "two answers", "JSON", "logprobs", "no message", "an empty question",
         "an overlong question", "no question", "a picture", "an unknown bound", "no flag"],
)  # fmt: skip
def test_what_is_not_done_is_refused_by_its_field(
    client: openai.OpenAI, change: dict[str, Any], field: str
) -> None:
    """One line in OpenAI's shape, which names the field; never an answer to something else."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**({"model": "auto", "messages": ask()} | change))
    assert refused.value.param == field and "\n" not in refused.value.message
    assert refused.value.type == "invalid_request_error"


def test_what_only_tunes_a_model_is_ignored(client: openai.OpenAI) -> None:
    """Temperatures, seeds, limits and fields that nobody knows; text in parts is read."""
    parts = [{"type": "text", "text": COST}]
    done = client.chat.completions.create(
        model="auto",
        messages=[{"role": "user", "content": parts}],  # type: ignore[misc,list-item]
        temperature=2, top_p=0.1, seed=7, max_tokens=1, stop=["crowns"], n=1, tools=[],
        extra_body={"from_tomorrow": {"x": 1}},
    )  # fmt: skip
    assert COST_ANSWER in str(done.choices[0].message.content)


def test_an_unknown_model_is_an_error(client: openai.OpenAI) -> None:
    """A hosted engine that the owner did not choose is not asked, key or none; streams too."""
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError) as refused:
            client.chat.completions.create(model="openai:gpt-4o", messages=ask(), stream=stream)
        assert refused.value.code == "model_not_found" and "extractive" in refused.value.message


def test_a_body_that_is_no_request_is_refused(server: Served) -> None:
    """No JSON, no object, half a character, a nest of a thousand levels, too many bytes."""
    url = f"{server.url}/v1/chat/completions"
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        told = httpx.post(url, content=body)
        assert told.status_code == 400 and told.json()["error"]["message"], body[:10]
    half = b'{"model": "auto", "messages": [{"role": "user", "content": "What \\ud800 cost?"}]}'
    assert httpx.post(url, content=half).status_code == 200
    long = httpx.post(url, content=b" " * 300_000)
    assert long.status_code == 413 and long.json()["error"]["code"] == "too_long"


def test_a_full_line_says_when_to_ask_again(server: Served, client: openai.OpenAI) -> None:
    """429 with Retry-After, before anything of a stream is sent."""
    hold = threading.Event()

    def waits() -> Iterator[Answer]:
        hold.wait(60)
        yield Answer("x", outcome="answered")

    questions = server.backend.questions
    held = []
    try:
        while questions.reserve():
            held.append(questions.start(f"held-{len(held)}", waits, reader=f"{len(held) % 9}"))
            questions.release()
        for stream in (False, True):
            with pytest.raises(openai.RateLimitError) as refused:
                client.chat.completions.create(model="auto", messages=ask(), stream=stream)
            assert int(refused.value.response.headers["retry-after"]) > 0
    finally:
        hold.set()
    assert held and all(one.wait(60) for one in held)
    assert until(lambda: not questions.unfinished())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_failure_never_looks_like_an_answer(
    client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    """A status, or an event of the stream that the client raises; never a fluent reply."""

    def fails(*_: object) -> Iterator[str]:
        raise EngineError("it broke")
        yield ""

    monkeypatch.setattr("assistant.extractive_engine.ExtractiveEngine.write", fails)
    # What was answered already would be told again.
    with pytest.raises(openai.APIError, match="it broke"):
        replied(client, stream, f"{COST}?" if stream else f"{COST} ?")


def test_a_question_that_waits_is_told_its_place(server: Served, client: openai.OpenAI) -> None:
    """In a stream, as a chunk without a word; then the answer comes."""
    hold, questions = threading.Event(), server.backend.questions

    def waits() -> Iterator[Answer]:
        yield Answer("x")
        hold.wait(60)
        yield Answer("x", outcome="answered")

    held = [questions.start(f"held-{one}", waits) for one in range(3)]
    places, words = [], ""
    stream = client.chat.completions.create(model="auto", messages=ask(), stream=True)
    for chunk in stream:
        told = (chunk.model_extra or {}).get("briefing", {})
        if "queue" in told:
            places.append(told["queue"]["place"])
            assert told["queue"]["said"].startswith("2nd in the queue" if places == [2] else "1st")
            hold.set()
        words += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    assert places[0] == 2 and words and all(one.wait(60) for one in held)


def test_a_model_writes_and_its_tokens_are_counted(home: Path) -> None:
    """The engine that the owner named is the model; usage is what its server counted."""
    with (
        ModelServer([f"{COST_ANSWER} [1]"]) as model,
        served(home, engine=f"{model.url}/v1#tiny") as server,
        client_of(server) as client,
    ):
        names = [one.id for one in client.models.list()]
        assert names[:2] == ["auto", f"{model.url}/v1#tiny"]
        done = client.chat.completions.create(model="auto", messages=ask())
    assert COST_ANSWER in str(done.choices[0].message.content) and len(model.asked) == 1
    assert done.usage is not None and done.usage.prompt_tokens == 100
    assert done.usage.completion_tokens > 0


def test_a_model_that_fails_is_told_and_the_library_quoted(home: Path) -> None:
    """The reply names who answered instead, and why; no tokens are made up."""
    with (
        ModelServer(fault="status:401") as model,
        served(home, engine=f"{model.url}/v1#tiny") as server,
        client_of(server) as client,
    ):
        done = client.chat.completions.create(model="auto", messages=ask())
    assert done.model == "extractive" and done.usage is None
    briefing: Any = (done.model_extra or {})["briefing"]
    assert briefing["fallback"] and "quotes the library" in str(done.choices[0].message.content)


@pytest.mark.slow
def test_who_goes_away_stops_the_model(home: Path) -> None:
    """A stream that is closed, and a client that waits no longer; the line is free again."""
    with (
        ModelServer(fault="drip") as model,
        served(home, engine=f"{model.url}/v1#tiny") as server,
    ):
        with client_of(server) as client:
            stream = client.chat.completions.create(model="auto", messages=ask(), stream=True)
            next(iter(stream))
            assert until(lambda: model.asked, 30)
            stream.close()
            assert model.left.wait(30)
            assert until(lambda: not server.backend.questions.unfinished(), 30)
            model.left.clear()
        with client_of(server, timeout=2) as client, pytest.raises(openai.APITimeoutError):
            replied(client, stream=False)
        assert model.left.wait(30)
        assert until(lambda: not server.backend.questions.unfinished(), 30)


@pytest.mark.slow
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_that_takes_too_long_is_stopped(home: Path, stream: bool) -> None:
    """504, or the error within the stream."""
    with (
        ModelServer(fault="drip") as model,
        served(home, engine=f"{model.url}/v1#tiny", answer_timeout=2.0) as server,
        client_of(server) as client,
    ):
        began = time.monotonic()
        with pytest.raises(openai.APIError, match="stopped"):
            replied(client, stream)
        assert time.monotonic() - began < 30
        assert model.left.wait(30)


def test_a_token_is_asked_for_where_there_is_one(home: Path) -> None:
    """As the client sends its key; without it nothing is told, not even the models."""
    with served(home, token="s3cret") as server:
        with client_of(server, api_key="s3cret") as client:
            assert client.models.list().data
        with client_of(server, api_key="other") as client:
            with pytest.raises(openai.AuthenticationError, match="BRIEFING_API_TOKEN"):
                client.models.list()
            with pytest.raises(openai.AuthenticationError):
                client.chat.completions.create(model="auto", messages=ask())


def claim(text: str, *cites: int, verdict: str = "supported") -> Claim:
    return Claim(text, cites, verdict)


def citation(number: int) -> Citation:
    source = Source("A report", "", "", "/r.md", "markdown")
    return Citation(number, "d", source, None, "", "words", 0, 5)


def test_a_sentence_that_may_be_rewritten_is_held_back() -> None:
    """What is not supported yet, and all after it, waits for the end; what was sent stays."""
    text = ChatText()
    first, doubtful, third = claim("One.", 1), claim("Two.", 2, verdict="weak"), claim("Three.", 1)
    assert text.growing(Answer("q", claims=(first,))) == "One. [1]"
    assert text.growing(Answer("q", claims=(first, doubtful, third))) == ""
    done = Answer("q", "answered", (first, claim("Two, better.", 2), third),
                  (citation(1), citation(2)))  # fmt: skip
    assert text.finished(done).startswith(
        " Two, better. [2] Three. [1]\n\nSources:\n- [1] A report"
    )
    assert [text.text[start:end] for start, end, _ in text.marks] == ["[1]", "[2]", "[1]"]


def test_an_answer_that_was_written_again_is_told_as_such() -> None:
    """A sentence that was sent and stands no more is not left as the answer."""
    text = ChatText()
    text.growing(Answer("q", claims=(claim("One.", 1), claim("Two.", 1))))
    merged = Answer("q", "answered", (claim("One.", 1, 2),), (citation(1), citation(2)))
    assert "written again" not in text.finished(merged)
    text = ChatText()
    text.growing(Answer("q", claims=(claim("One.", 1), claim("Two.", 1))))
    other = Answer("q", "answered", (claim("Zero.", 1), claim("Two.", 1)), (citation(1),))
    assert "written again" in text.finished(other)
    assert text.text.index("written again") < text.text.index("Zero. [1] Two. [1]")


def test_behind_a_proxy_citations_lead_to_the_public_address(home: Path) -> None:
    """Not to the one that the proxy asks at."""
    with served(home, public_url="https://briefing.example") as server, client_of(server) as client:
        done = client.chat.completions.create(model="auto", messages=ask())
    (annotation,) = done.choices[0].message.annotations or ()
    assert annotation.url_citation.url.startswith("https://briefing.example/api/passage?document=")


def test_words_that_look_like_markers_are_none() -> None:
    """A document's own "[7]" is no citation of ours."""
    text = ChatText()
    text.finished(Answer("q", "answered", (claim("As in [7] and [1].", 1),), (citation(1),)))
    assert text.marks == [(19, 22, 1)]


def test_what_we_said_is_read_back_without_what_we_said_of_it() -> None:
    """Sentences without markers, sources and notes."""
    said = "One cost 5. [1] Two cost 6. [2][3]\n\nNot found:\n- x\n\nSources:\n- [1] a"
    assert spoken(said) == "One cost 5. Two cost 6."
    body = (
        '{"model": "auto", "messages": [{"role": "user", "content": "A?"}, {"role": "assistant", '
        '"content": "It is. [1]\\n\\nSources:"}, {"role": "tool", "content": "x"}, '
        '{"role": "user", "content": "B?"}, {"role": "user", "content": "C?"}]}'
    )
    asked = read_request(body.encode()).question
    assert asked.text == "C?"
    assert [(one.question, one.answer) for one in asked.history] == [("A?", "It is."), ("B?", "")]
