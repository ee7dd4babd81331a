"""Other programs are signed in as the page is: what one may not read reaches none of theirs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from corpus import tracing
from corpus.access import ANYONE, Asker
from corpus.errors import NotAllowed
from tests.api_server import Served, served
from tests.servers import until
from tests.test_who_may_see_what import ANN, BOB, FACT, WORD, leaks, made
from ui.api.mcp_application import http_application
from ui.sign_in import Admins, HeaderSignIn

__all__ = ["made"]
QUESTION = f"What {WORD} quota did the ministry set?"


def headers_of(asker: Asker) -> dict[str, str]:
    """Return what a reverse proxy adds to the requests of a person."""
    return {"X-Remote-User": asker.name, "X-Remote-Groups": ",".join(asker.groups)}


def sign_in() -> HeaderSignIn:
    return HeaderSignIn(
        "X-Remote-User", "X-Remote-Groups", proxies="127.0.0.1", secret="",
        admins=Admins.named("user:root"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(made: Path) -> Iterator[Served]:
    with served(made / "home", sign_in=sign_in()) as running:
        yield running


def client_of(server: Served, asker: Asker) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=headers_of(asker), timeout=60)


def audit_of(server: Served) -> str:
    workspace = server.backend.workspace()
    assert workspace is not None
    return repr(workspace.library.audit.lines())


def test_who_did_not_sign_in_gets_nothing(server: Served) -> None:
    """No path answers, and a token is no sign-in."""
    for path in ("/api/sources", "/v1/models", "/api/openapi.json"):
        told = httpx.get(f"{server.url}{path}", headers={"authorization": "Bearer x"})
        assert told.status_code == 401
    with pytest.raises(NotAllowed):
        asyncio.run(server.service.documents(ANYONE))


def test_the_json_api_shows_what_its_asker_may_read(server: Served) -> None:
    """Answers, passages, documents and memos; ids that were learnt elsewhere open nothing."""
    with client_of(server, ANN) as ann, client_of(server, BOB) as bob:
        told = ann.post("/api/ask", json={"question": QUESTION}).json()
        assert FACT in told["answer"]
        cited = told["citations"][0]
        span = {key: cited[key] for key in ("document", "start", "end")}
        assert FACT in ann.get("/api/passage", params=span).json()["text"]

        heard: list[Any] = [
            bob.post("/api/ask", json={"question": "What quota did the ministry set?"}).text,
            bob.post("/api/search", json={"query": "quota of the ministry"}).text,
            bob.get("/api/sources").text,
            bob.get("/api/passage", params=span).text,
            bob.get("/api/passage", params={"document": cited["document"][:6]}).text,
            bob.post(
                "/api/ask", json={"question": "What quota?", "documents": [cited["document"]]}
            ).text,
        ]
        assert not leaks(heard) and len(json.loads(heard[2])["documents"]) == 2
        assert bob.get("/api/passage", params=span).status_code == 404


def test_a_memo_is_of_who_began_it(server: Served) -> None:
    """Its id is nothing to anybody else; exports leave a line in the audit trail."""
    with client_of(server, ANN) as ann, client_of(server, BOB) as bob:
        name = ann.post("/api/memo", json={"topic": f"The {WORD} quota"}).json()["id"]
        told: dict[str, Any] = {}

        def done() -> bool:
            told.update(ann.get(f"/api/memo/{name}").json())
            return told["state"] not in {"waiting", "writing"}

        assert until(done, 60) and told["state"] == "done" and leaks(told)
        for path in (f"/api/memo/{name}", f"/api/memo/{name}/export"):
            assert bob.get(path).status_code == 404
        assert bob.delete(f"/api/memo/{name}").status_code == 404
        assert FACT in ann.get(f"/api/memo/{name}/export").text
    kept = audit_of(server)
    assert "'export'" in kept and name in kept and "'ann'" in kept


def test_the_endpoint_as_openais_is_bounded_too(server: Served) -> None:
    """The same question by two people; a warm cache of one does not serve the other."""

    def asked(asker: Asker, text: str) -> str:
        with openai.OpenAI(
            base_url=f"{server.url}/v1", api_key="none", default_headers=headers_of(asker)
        ) as client:
            done = client.chat.completions.create(
                model="auto", messages=[{"role": "user", "content": text}]
            )
            return done.model_dump_json()

    asking = "What quota did the ministry set for 2025?"
    assert FACT in asked(ANN, asking)
    assert not leaks(asked(BOB, asking))
    assert asking in audit_of(server)


def test_the_tools_are_bounded_too(made: Path) -> None:
    """Over HTTP each request says who asks."""
    with served(made / "home", sign_in=sign_in(), make=http_application) as server:

        @asynccontextmanager
        async def client_for(asker: Asker) -> Any:
            async with httpx.AsyncClient(headers=headers_of(asker), timeout=60) as http:
                transport = streamable_http_client(f"{server.url}/mcp", http_client=http)
                async with Client(transport) as client:
                    yield client

        async def heard(asker: Asker) -> str:
            asking = "What quota did the ministry set for 2025?"
            async with client_for(asker) as client:
                return repr(
                    [
                        await client.call_tool("ask", {"question": asking}),
                        await client.call_tool("search", {"query": "quota of the ministry"}),
                        await client.call_tool("sources", {}),
                    ]
                )

        assert leaks(asyncio.run(heard(ANN))) and not leaks(asyncio.run(heard(BOB)))
        _no_session_is_anothers(server)
        assert httpx.post(f"{server.url}/mcp", json={}).status_code == 401


def _no_session_is_anothers(server: Served) -> None:
    """Whoever learns the id of a session neither uses, nor listens to, nor ends it.

    In the log each of its calls is the request that it came with.
    """
    accepts = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-06-18",
    }
    began = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    asked = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}

    def sent(asker: Asker, method: str, session: dict[str, str], body: Any) -> httpx.Response:
        headers = headers_of(asker) | accepts | session
        return httpx.request(method, f"{server.url}/mcp", headers=headers, json=body, timeout=30)

    answer = sent(ANN, "POST", {}, began)
    session = {"Mcp-Session-Id": answer.headers["mcp-session-id"]}
    for method, body in (("POST", asked), ("GET", None), ("DELETE", None)):
        assert sent(BOB, method, session, body).status_code == 404
    assert "passage" in sent(ANN, "POST", session, asked).text

    served_as: list[tuple[str, str]] = []
    documents = server.service.documents

    async def noted(asker: Asker) -> Any:
        found = tracing.request()
        served_as.append((found.id, found.asker) if found else ("", ""))
        return await documents(asker)

    server.service.documents = noted  # type: ignore[method-assign]
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "sources"}}
    for name in ("first", "second"):
        assert sent(ANN, "POST", session | {"X-Request-ID": name}, call).status_code == 200
    assert served_as == [("first", "ann"), ("second", "ann")]
