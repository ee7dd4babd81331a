"""`briefing inference`: the reader and the judge over HTTP, computed for many askers together."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.checking.entailment import COMMITTED as OWN_JUDGE
from assistant.checking.entailment import OnnxJudge
from assistant.checking.remote_judge import entailments_json
from corpus import metrics, tracing
from corpus.errors import UsageError
from corpus.i18n import tr
from index.inference_batching import Batches, Closed, Full, TooLate
from index.inference_protocol import (
    JUDGE,
    READ,
    SECONDS,
    WEIGHTS,
    is_address,
    mark_of,
    readings_json,
    to_judge,
    to_read,
    token,
)
from index.reader import COMMITTED as OWN_READER
from index.reader import OnnxReader
from ui.local_host import is_local_host

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from assistant.settings import Settings

_LOG = logging.getLogger(__name__)
# Bytes of a request: 32 passages with their question take 50,000. Seconds that it may take to come.
_MOST_BYTES, _BODY_TIMEOUT = 4_000_000, 10.0
# Seconds that a request may be waited for at most, whatever its asker says.
_LONGEST_WAIT = 60.0
# What is remembered for all askers together: some 50 MB of readings.
_CACHED = 16_384
# Connections at once, and seconds for which one that is not used is kept.
_CONNECTIONS, _KEEP_ALIVE = 512, 60
# Characters of a token that lets others in.
_SHORTEST_TOKEN = 16
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class _Model:
    """One model of the server: the mark of its weights, and its batches."""

    weights: str
    batches: Batches[Any, Any]
    work: Callable[[Any], Any]
    pairs: Callable[[Any], int]
    answer: Callable[[Any], dict[str, Any]]


class InferenceServer:
    """The server as an ASGI application; a context manager, which loads the models."""

    def __init__(self, settings: Settings, *, workers: int = 0, secret: str = "") -> None:
        """Load the models of `settings`; `workers` compute, as many as there are cores for 0.

        With a `secret` only those who have it are answered. Raises ReaderError, JudgeError, and
        UsageError where the settings name another server.
        """
        if is_address(settings.reader) or is_address(settings.judge):
            raise UsageError(
                tr("this server computes itself: run it without BRIEFING_READER and BRIEFING_JUDGE")
            )
        self._secret = secret
        self._closing = ExitStack()
        # A pool each: a sentence to be judged would wait for the passages of two questions.
        pools = [
            ThreadPoolExecutor(workers or os.cpu_count() or 1, name) for name in ("reader", "judge")
        ]
        for one in pools:
            self._closing.callback(one.shutdown, cancel_futures=True)
        reading = Path(settings.reader) if settings.reader else OWN_READER
        judging = Path(settings.judge) if settings.judge else OWN_JUDGE
        reader = OnnxReader(reading, cache=settings.models, pool=pools[0], cached=_CACHED)
        judge = OnnxJudge(judging, cache=settings.models, pool=pools[1], cached=_CACHED)

        def judged(asked: Sequence[Sequence[Any]]) -> list[list[Any]]:
            found = judge.judge_pairs([pair for pairs in asked for pair in pairs])
            rest = iter(found)
            return [[next(rest) for _ in pairs] for pairs in asked]

        read: Batches[Any, Any] = Batches("reader", reader.read_together)
        said: Batches[Any, Any] = Batches("judge", judged)
        self._closing.callback(read.close)
        self._closing.callback(said.close)
        waiting = {"reader": read, "judge": said}
        metrics.gauge(
            "briefing_inference_queue_pairs",
            lambda: [(model, float(one.waiting)) for model, one in waiting.items()],
        )
        self._models: Mapping[str, _Model] = {
            READ: _Model(
                mark_of(reading / "reader.json"), read, to_read, lambda one: len(one.pairs),
                readings_json,
            ),
            JUDGE: _Model(mark_of(judging / "judge.json"), said, to_judge, len, entailments_json),
        }  # fmt: skip

    def __enter__(self) -> InferenceServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the models; what waits is refused."""
        self._closing.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, said = await self._answer(scope, receive)
        if status:
            await _respond(send, status, said)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer; the status is 0 where nobody waits any more."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        if refused := self._refusal(headers):
            return refused[0], {"error": refused[1]}
        path, method = scope["path"], scope["method"]
        if path == "/health" and method in {"GET", "HEAD"}:
            return 200, self._health()
        model = self._models.get(path)
        if model is None:
            return 404, {"error": f"there is nothing here; {READ} and {JUDGE} are asked by POST"}
        if method != "POST":
            return 405, {"error": "ask by POST"}
        if headers.get(WEIGHTS, model.weights) != model.weights:
            return 409, {"error": "this server has other weights than you: run one version on both"}
        body = await _body(receive)
        if body is None:
            return 413, {"error": f"send at most {_MOST_BYTES:,} bytes, within {_BODY_TIMEOUT:g} s"}
        try:
            work = model.work(json.loads(body))
            seconds = min(_LONGEST_WAIT, max(0.0, float(headers.get(SECONDS, _LONGEST_WAIT))))
        except (ValueError, RecursionError):
            return 400, {"error": "this is no JSON"}
        except UsageError as error:
            return 400, {"error": str(error)}
        return await self._computed(model, work, seconds, receive)

    async def _computed(
        self, model: _Model, work: Any, seconds: float, receive: Receive
    ) -> tuple[int, dict[str, Any]]:
        """Return what is computed, while it is waited for."""
        pairs = model.pairs(work)
        with tracing.span("compute", pairs=pairs) as span:
            try:
                future = model.batches.submit(work, pairs, seconds=seconds)
            except (Full, Closed):
                span.note(refused="full")
                return 503, {"error": f"{model.batches.waiting} pairs wait already; try again soon"}
            try:
                result = await _while_wanted(future, receive, seconds)
            except (TooLate, TimeoutError):
                span.note(refused="late")
                return 504, {"error": f"it was not its turn within {seconds:g} s"}
            except (Closed, asyncio.CancelledError):
                return 503, {"error": "this server ends"}
            except _Gone:
                span.note(refused="gone")
                return 0, {}
            except Exception as error:  # noqa: BLE001  # reason: ONNX Runtime's errors share no base class
                _LOG.error("a model failed", exc_info=error)
                return 500, {"error": f"the model failed ({type(error).__name__}); see the log"}
        return 200, model.answer(result)

    def _refusal(self, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Return the status and the line for a request that is refused; None for one that is not.

        Without a token a page of another site could ask through this machine's browser: a foreign
        host is a name that was made to point here, and no program of ours sends an origin.
        """
        if self._secret:
            given = headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                return 401, "give the token of this server: BRIEFING_INFERENCE_TOKEN"
        elif not is_local_host(headers.get("host", "")):
            return 403, "this server answers on this machine only"
        return (403, "pages in a browser are refused") if "origin" in headers else None

    def _health(self) -> dict[str, Any]:
        return {
            "ok": True,
            "models": {
                path.strip("/"): {"weights": one.weights, "waiting": one.batches.waiting}
                for path, one in self._models.items()
            },
        }


class _Gone(Exception):
    """Whoever asked has closed the connection."""


async def _while_wanted(future: Future[Any], receive: Receive, seconds: float) -> Any:
    """Return the result of work; its place is given up when nobody waits for it any more."""
    computing = asyncio.wrap_future(future)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait(
            {computing, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if computing.done():
            return computing.result()
        if leaving.done():
            raise _Gone
        raise TimeoutError
    finally:
        leaving.cancel()
        computing.cancel()


async def _left(receive: Receive) -> None:
    """Return once the connection is closed."""
    while (await receive())["type"] != "http.disconnect":
        continue


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request; None for one that is too long, too slow or broken off."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_TIMEOUT):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > _MOST_BYTES:
                    return None
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError:
        return None


async def _respond(send: Send, status: int, said: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


def serve_inference(
    settings: Settings, *, host: str, port: int, workers: int, say: Callable[[str], object]
) -> None:
    """Serve the models until the program is told to end; `say` is told the address.

    Raises UsageError where others could ask without a token, or the port is taken.
    """
    import uvicorn

    from ui.http_server import Server, serve_until_told
    from ui.observing import Observed

    secret = token()
    if host not in _LOOPBACK and len(secret) < _SHORTEST_TOKEN:
        raise UsageError(
            tr(
                "to listen on {host} set BRIEFING_INFERENCE_TOKEN to {count} characters or more, "
                "the same for this server and those who ask it",
                host=host,
                count=_SHORTEST_TOKEN,
            )
        )
    listening = _socket(host, port)
    with InferenceServer(settings, workers=workers, secret=secret) as server:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        say(f"The reader and the judge are at {address} (Ctrl-C stops it).")
        _LOG.info("serving the reader and the judge at %s", address)
        config = uvicorn.Config(
            Observed(server, remote=bool(secret)),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=5,
        )
        serve_until_told(Server(config), [listening])


def _socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises UsageError where there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_CONNECTIONS)
    except OSError as error:
        listening.close()
        raise UsageError(
            tr(
                "cannot listen on {host}, port {port} ({reason}); give another with --port",
                host=host,
                port=port,
                reason=os.strerror(error.errno or 0),
            )
        ) from error
    return listening
