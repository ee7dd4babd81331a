"""Around a server: an id for each request, the trace it belongs to, and the page of metrics."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from corpus import log, metrics, tracing
from corpus.trace_export import traces_to
from ui.local_host import is_local_host

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.settings import Settings
    from assistant.workspace import Workspace
    from ui.jobs import Jobs

METRICS = "/metrics"
# What a proxy adds: the request comes from elsewhere, through it.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Observed:
    """Gives requests their ids, and answers /metrics where metrics are on.

    The metrics are read with the token of BRIEFING_METRICS_TOKEN where there is one. Without it
    they are read on this machine alone, not through a proxy, and not at all where the server is
    `remote`: open to others.
    """

    def __init__(self, app: ASGIApp, *, remote: bool = False) -> None:
        self.inner = app
        self._remote = remote

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its id in its headers and in those of the answer."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        if metrics.is_on() and scope["path"] == METRICS and scope["method"] in {"GET", "HEAD"}:
            await _respond(send, *self._metrics(scope, headers))
            return
        request = tracing.request_of(headers)
        id_header = (tracing.REQUEST_ID.encode(), request.id.encode())
        others = [one for one in scope["headers"] if one[0].lower() != id_header[0]]

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), id_header]
            await send(message)

        with tracing.serving(request):
            await self.inner({**scope, "headers": [*others, id_header]}, receive, with_id)

    def _metrics(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, bytes, str]:
        plain = "text/plain; charset=utf-8"
        secret = os.environ.get("BRIEFING_METRICS_TOKEN", "").strip()
        if secret:
            given = headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                return 401, b"give the token of the metrics: BRIEFING_METRICS_TOKEN", plain
        elif self._remote or not _is_from_here(scope, headers):
            return (
                403,
                b"to read the metrics of a server open to others set BRIEFING_METRICS_TOKEN",
                plain,
            )
        return 200, *metrics.page()


def _is_from_here(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Say whether a request comes from a program of this machine, and through no proxy of it."""
    client = scope.get("client")
    try:
        local = client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        local = False
    foreign = any(name in headers for name in (*_FORWARDED, "origin"))
    return local and not foreign and is_local_host(headers.get("host", ""))


async def _respond(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def observing(settings: Settings, part: str, *, stream: TextIO | None = None) -> Iterator[None]:
    """Trace and count during the block as the settings say; `part` names the server in traces.

    With a `stream` the log of JSON lines goes there as well. Raises UsageError.
    """
    if settings.metrics:
        metrics.turn_on()
    with traces_to(settings.telemetry, part=part):
        if stream is None:
            yield
            return
        with log.shown_on(stream):
            yield


def watch_library(workspace: Callable[[], Workspace | None]) -> None:
    """Have the metrics tell of a library: what is in it, and how far its indexes are behind."""

    def behind() -> Iterator[tuple[str, float]]:
        if (opened := workspace()) is not None:
            shown = opened.indexes.generation_shown()
            yield "", float(max(0, opened.library.generation - shown))

    def documents() -> Iterator[tuple[str, float]]:
        if (opened := workspace()) is not None:
            yield "", float(len(opened.library.entries()))

    def passages() -> Iterator[tuple[str, float]]:
        if (opened := workspace()) is not None:
            yield "", float(sum(one.passages for one in opened.library.entries()))

    metrics.gauge("briefing_index_behind", behind)
    metrics.gauge("briefing_documents", documents)
    metrics.gauge("briefing_passages", passages)


def watch_queues(queues: Mapping[str, Jobs[object]]) -> None:
    """Have the metrics tell how many jobs of each kind wait or are worked on."""
    metrics.gauge(
        "briefing_queue",
        lambda: [(kind, float(len(jobs.unfinished()))) for kind, jobs in queues.items()],
    )
