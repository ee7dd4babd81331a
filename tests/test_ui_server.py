"""The web server answers this machine's own page and refuses the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from corpus.errors import UsageError
from ui.gradio_startup import refuse_openings
from ui.guard import Guard, refusal
from ui.http_server import free_socket


def scope(method: str = "GET", path: str = "/", **headers: str) -> dict[str, Any]:
    wanted = {"host": "127.0.0.1:7860"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in wanted.items()],
    }


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "127.0.0.1"])
def test_this_machine_is_answered(host: str) -> None:
    """Loopback by any of its names."""
    assert refusal(scope(host=host)) == ""


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.1", "", "localhost.x"],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    """A name that was made to point here (DNS rebinding) gets nothing."""
    assert "this machine only" in refusal(scope(host=host))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_other_sites_cannot_write(headers: dict[str, str]) -> None:
    """A foreign page's POST is refused, and reading stays possible for the page itself."""
    assert "other sites" in refusal(scope("POST", "/gradio_api/queue/join", **headers))
    assert refusal(scope("POST", "/gradio_api/queue/join", origin="http://127.0.0.1:7860")) == ""


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://10.0.0.1/x",
        "/gradio_api/file=https://evil.example/x",
        "/file=//evil.example/x",
        "/gradio_api/proxy=https://evil.example/x",
        "/proxy=http://10.0.0.1",
        "/monitoring/summary",
        "/gradio_api/mcp/",
        "/openapi.json",
    ],
)
def test_what_fetches_or_shows_statistics_is_shut(path: str) -> None:
    """Routes of Gradio that reach other hosts or tell of other users."""
    assert "shut" in refusal(scope(path=path))


@pytest.mark.parametrize("name", ["GRADIO_SHARE", "GRADIO_ALLOWED_PATHS", "GRADIO_MCP_SERVER"])
def test_an_environment_that_opens_the_page_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The server does not start, and the line says what to unset."""
    monkeypatch.setenv(name, "True")
    with pytest.raises(UsageError, match=f"{name} is set"):
        refuse_openings()


def test_a_taken_port_gives_the_next_one() -> None:
    """Ten ports are tried; when none is free the line says so."""
    first = free_socket(17860)
    second = free_socket(first.getsockname()[1])
    assert second.getsockname()[1] > first.getsockname()[1]
    assert second.getsockname()[0] == "127.0.0.1"
    first.close()
    second.close()


async def _answer(app: Any, wanted: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await app(wanted, receive, send)
    return sent


def _run(coroutine: Any) -> list[Any]:
    steps: Iterator[Any] = coroutine.__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: list[Any] = done.value
        return result
    raise AssertionError("it waited for something")


def test_every_response_carries_the_headers() -> None:
    """Refusals too; another header of the same name is replaced."""

    async def app(_: Any, __: Any, send: Any) -> None:
        headers = [(b"X-Frame-Options", b"ALLOW"), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    for wanted, status in ((scope(), 200), (scope(host="evil.example"), 403)):
        start = _run(_answer(Guard(app), wanted))[0]
        headers = dict(start["headers"])
        assert start["status"] == status
        assert headers[b"x-frame-options"] == b"DENY"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert b"default-src 'self'" in headers[b"content-security-policy"]
