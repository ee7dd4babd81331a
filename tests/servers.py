"""Model servers for the tests: on loopback, in a thread, well-behaved or misbehaving on purpose."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TOO_LONG = {
    "error": {
        "code": 400,
        "message": "the request exceeds the available context size",
        "type": "exceed_context_size_error",
    }
}


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class ModelServer:
    """Speaks OpenAI's, Ollama's and Anthropic's wire formats; `fault` says how it misbehaves.

    Faults: "status:NNN", "hang" (never answers), "stall" (three words, then silence), "cut" (half,
    then a proper end without a reason to stop), "abort" (half, then a reset), "garbage" (no JSON),
    "html", "error" (half, then an error in the stream), "empty", "repeat", "drip" (a letter now and
    then), "length" (stops at its limit). With `times` only so many requests meet it.
    """

    def __init__(
        self,
        text: str | Sequence[str] = "It is so [1].",
        *,
        fault: str = "",
        times: int | None = None,
        retry_after: str = "",
        models: Sequence[str] = ("tiny",),
        context: int = 4096,
    ) -> None:
        self._texts = [text] if isinstance(text, str) else list(text)
        self.fault, self.times = fault, times
        self.retry_after, self.models, self.context = retry_after, models, context
        self.requests: list[Request] = []
        self.left = threading.Event()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ModelServer:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def asked(self) -> list[Request]:
        """The requests for an answer, in order."""
        return [
            one for one in self.requests if one.path.endswith(("chat", "completions", "messages"))
        ]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._stop = asyncio.Event()
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(self._handle, sock=listening)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(
            *(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True
        )
        # Transports close a turn of the loop after they are told to.
        await asyncio.sleep(0.02)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await self._request(reader):
                self.requests.append(request)
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        except asyncio.CancelledError:
            return  # the test is over
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> Request | None:
        head = await reader.readline()
        if not head:
            return None
        headers = {}
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        data = await reader.readexactly(int(headers.get("content-length", 0)))
        return Request(head.split()[1].decode(), headers, json.loads(data or b"{}"))

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        about = self._about(request.path)
        if about is not None:
            await self._whole(writer, 200, about)
            return
        generation = request in self.asked
        if not generation:
            await self._whole(writer, 404, {"error": {"message": "no such path"}})
            return
        fault = self.fault if self.times is None or len(self.asked) <= self.times else ""
        if fault.startswith("status:"):
            status = int(fault.partition(":")[2])
            key = request.headers.get("authorization") or request.headers.get("x-api-key")
            said = TOO_LONG if status == 400 else {"error": {"message": f"refused for {key}"}}
            await self._whole(writer, status, said)
        elif fault == "hang":
            await asyncio.sleep(3600)
        elif fault == "html":
            await self._whole(writer, 200, "<html>Welcome</html>", "text/html")
        else:
            await self._stream(request, writer, fault)

    def _about(self, path: str) -> dict[str, Any] | None:
        return {
            "/v1/models": {"data": [{"id": one} for one in self.models]},
            "/props": {"default_generation_settings": {"n_ctx": self.context}},
            "/api/tags": {"models": [{"name": one} for one in self.models]},
            "/api/show": {"model_info": {"llama.context_length": self.context}},
            "/health": {"status": "ok"},
        }.get(path)

    async def _whole(
        self, writer: asyncio.StreamWriter, status: int, body: Any, kind: str = "application/json"
    ) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        more = f"Retry-After: {self.retry_after}\r\n" if self.retry_after else ""
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{more}"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )
        await writer.drain()

    async def _stream(self, request: Request, writer: asyncio.StreamWriter, fault: str) -> None:
        wire = _WIRES[next(one for one in _WIRES if request.path.endswith(one))]
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {wire.kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
            .encode()
        )  # fmt: skip

        async def say(data: str) -> None:
            raw = data.encode()
            if not raw:
                return  # a chunk without bytes would be the end
            writer.write(b"%x\r\n%s\r\n" % (len(raw), raw))
            await writer.drain()

        text = self._texts[min(len(self.asked), len(self._texts)) - 1]
        words = [] if fault == "empty" else [f"{word} " for word in text.split()]
        await say(wire.begin)
        if fault == "garbage":
            await say(
                "data: {this is not JSON\n\n" if wire.kind != "application/x-ndjson" else "}{\n"
            )
            words = []
        half = words[: len(words) // 2] if fault in {"cut", "abort", "error"} else words
        for word in half[:3] if fault == "stall" else half:
            await say(wire.word(word))
        if fault == "stall":
            await asyncio.sleep(3600)
        while fault in {"repeat", "drip"}:
            await say(wire.word(text + " " if fault == "repeat" else "a"))
            await asyncio.sleep(0.002 if fault == "repeat" else 0.05)
        if fault == "abort":
            writer.transport.abort()
            raise ConnectionError
        if fault == "error":
            await say(wire.error)
        elif fault not in {"cut", "garbage"}:
            await say(wire.end("length" if fault == "length" else "stop", len(words)))
        writer.write(b"0\r\n\r\n")
        await writer.drain()


class _OpenAI:
    kind, begin = "text/event-stream", ""
    error = 'data: {"error": {"message": "out of memory", "code": 500}}\n\n'

    def word(self, text: str) -> str:
        return self._data({"choices": [{"index": 0, "delta": {"content": text}}]})

    def end(self, reason: str, words: int) -> str:
        last = self._data({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        usage = {"prompt_tokens": 100, "completion_tokens": words, "total_tokens": 100 + words}
        return last + self._data({"choices": [], "usage": usage}) + "data: [DONE]\n\n"

    def _data(self, values: dict[str, Any]) -> str:
        whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"}
        return f"data: {json.dumps(whole | values)}\n\n"


class _Ollama:
    kind, begin = "application/x-ndjson", ""
    error = '{"error": "out of memory"}\n'

    def word(self, text: str) -> str:
        return json.dumps(self._whole(text) | {"done": False}) + "\n"

    def end(self, reason: str, words: int) -> str:
        counts = {"done": True, "done_reason": reason, "prompt_eval_count": 100}
        return json.dumps(self._whole("") | counts | {"eval_count": words}) + "\n"

    def _whole(self, text: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        return {"model": "tiny", "created_at": "2026-01-01T00:00:00Z", "message": message}


class _Anthropic:
    kind = "text/event-stream"
    error = 'event: error\ndata: {"type": "error", "error": {"type": "api_error", ' \
            '"message": "out of memory"}}\n\n'  # fmt: skip

    @property
    def begin(self) -> str:
        message = {"id": "1", "type": "message", "role": "assistant", "content": [],
                   "model": "tiny", "stop_reason": None, "stop_sequence": None,
                   "usage": {"input_tokens": 100, "output_tokens": 1}}  # fmt: skip
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return self._event("message_start", {"message": message}) + self._event(
            "content_block_start", block
        )

    def word(self, text: str) -> str:
        return self._event(
            "content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}}
        )

    def end(self, reason: str, words: int) -> str:
        why = {"stop": "end_turn", "length": "max_tokens"}[reason]
        return (
            self._event("content_block_stop", {"index": 0})
            + self._event("message_delta", {"delta": {"stop_reason": why, "stop_sequence": None},
                                            "usage": {"output_tokens": words}})
            + self._event("message_stop", {})
        )  # fmt: skip

    def _event(self, name: str, values: dict[str, Any]) -> str:
        return f"event: {name}\ndata: {json.dumps({'type': name} | values)}\n\n"


_WIRES: dict[str, Any] = {
    "/chat/completions": _OpenAI(), "/api/chat": _Ollama(), "/messages": _Anthropic(),
}  # fmt: skip


def free_port() -> int:
    """Return a port of loopback on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(condition: Any, seconds: float = 30.0) -> bool:
    """Wait for a condition; say whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
