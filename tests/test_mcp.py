"""The official client of MCP uses our tools, over a pipe and over HTTP."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult

from tests.api_server import COST, COST_ANSWER, NOTES, Served, notes_home, opened, served
from tests.servers import ModelServer, until
from ui.api.mcp_application import http_application
from ui.api.mcp_tools import mcp_server

ROOT = Path(__file__).parent.parent
READING = ["ask", "search", "sources", "passage", "memo"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "BRIEFING_EMBEDDER": "hash"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notes_home(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Served]:
    with served(home, make=http_application) as running:
        yield running


def command(home: Path, *options: str, engine: str = "extractive") -> StdioServerParameters:
    """Return how a client starts our command, as its configuration names it."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui.cli", "--home", str(home), "mcp", "--engine", engine, *options],
        env=ENVIRONMENT,
        cwd=ROOT,
    )


def using(where: Any, work: Callable[[Client], Awaitable[Any]], *, mode: str = "auto") -> Any:
    """Connect to a server, do some work, and return what it returns."""

    async def connected() -> Any:
        with anyio.fail_after(100):
            async with Client(where, mode=mode) as client:
                return await work(client)

    return asyncio.run(connected())


def text_of(result: Any) -> str:
    assert isinstance(result, CallToolResult)
    (block,) = result.content
    assert block.type == "text"
    return block.text


async def all_tools(client: Client) -> None:
    """Use every tool that reads, and look at what it returns."""
    listed = {one.name: one for one in (await client.list_tools()).tools}
    assert list(listed) == READING
    for one in listed.values():
        assert one.description and one.output_schema and one.annotations
        assert one.annotations.read_only_hint is True
        assert all("description" in field for field in one.input_schema["properties"].values())

    answer = await client.call_tool("ask", {"question": COST})
    assert text_of(answer).startswith(f"{COST_ANSWER} [1]\n\nSources:\n- [1] The harbour of Norden")
    fields = answer.structured_content
    assert fields is not None and fields["outcome"] == "answered"
    cited = fields["citations"][0]
    follow = await client.call_tool("ask", {"question": "And Tarn?", "history": [COST]})
    assert "12 million" in text_of(follow)
    declined = await client.call_tool("ask", {"question": "Who rules Atlantis?"})
    assert not declined.is_error and declined.structured_content is not None
    assert declined.structured_content["outcome"] == "declined"

    found = await client.call_tool("search", {"query": "harbour", "as_of": "2024"})
    assert found.structured_content is not None
    assert [one["title"] for one in found.structured_content["results"]] == ["The harbour of Tarn"]
    span = {key: cited[key] for key in ("document", "start", "end")}
    assert COST_ANSWER in text_of(await client.call_tool("passage", span))

    listing = await client.call_tool("sources", {"contains": "tarn post"})
    assert "The harbour of Tarn" in text_of(listing) and "Norden" not in text_of(listing)
    resource = await client.read_resource(f"briefing://documents/{cited['document']}")
    whole = NOTES["norden.md"].split("---\n\n")[1].strip()
    assert resource.contents[0].text == whole  # type: ignore[union-attr]

    told: list[tuple[float, str | None]] = []

    async def progress(done: float, total: float | None, line: str | None) -> None:
        told.append((done, line))

    memo = await client.call_tool(
        "memo", {"topic": "The harbour of Norden"}, progress_callback=progress
    )
    assert "41 million" in text_of(memo) and memo.structured_content is not None
    assert memo.structured_content["memo"]["sections"] and memo.structured_content["kept"] == ""
    numbers = [done for done, _ in told]
    assert numbers and numbers == sorted(set(numbers))


async def all_errors(client: Client) -> None:
    """Every failure is an error of the tool, in one line that says what to do."""
    for tool, values, said in (
        ("ask", {"question": "  "}, "the question is empty"),
        ("ask", {}, "question"),
        ("ask", {"question": COST, "engine": "openai:gpt-4o"}, "extractive"),
        ("search", {"query": "x", "limit": 0}, "limit"),
        ("search", {"query": "x", "as_of": "spring"}, "spring"),
        ("passage", {"document": "zzz"}, "zzz"),
        ("passage", {"document": "zzz", "start": "first"}, "start"),
        ("memo", {"topic": "Volcanoes of Iceland"}, "has nothing on"),
        ("memo", {"topic": "Norden", "template": "poem"}, "poem"),
    ):
        told = await client.call_tool(tool, values)
        line = text_of(told)
        assert told.is_error and said in line and "\n" not in line, (tool, values, line)
        assert "Traceback" not in line and "Error executing" not in line
    for tool in ("add", "remove"):
        refused = await client.call_tool(tool, {"paths": ["/etc"], "document": "x"})
        assert refused.is_error
    with pytest.raises(MCPError):
        await client.read_resource("briefing://documents/zzz")


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026"), ("legacy", "2025")])
@pytest.mark.process
@pytest.mark.slow
def test_the_tools_over_a_pipe(home: Path, mode: str, version: str) -> None:
    """The command as clients start it, by the newest version of the protocol and the one before."""

    async def work(client: Client) -> None:
        assert str(client.protocol_version).startswith(version)
        assert client.server_info is not None and client.server_info.name == "briefing"
        assert "declined" in str(client.instructions)
        await all_tools(client)
        await all_errors(client)

    using(command(home), work, mode=mode)


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026"), ("legacy", "2025")])
def test_the_tools_over_http(server: Served, mode: str, version: str) -> None:
    """The same at /mcp, behind the guard."""

    async def work(client: Client) -> None:
        assert str(client.protocol_version).startswith(version)
        await all_tools(client)
        await all_errors(client)

    using(f"{server.url}/mcp", work, mode=mode)


def test_two_clients_at_once(server: Served) -> None:
    """Each gets its own answers."""

    async def ask(harbour: str) -> list[str]:
        async with Client(f"{server.url}/mcp") as client:
            asked = {"question": COST.replace("Norden", harbour)}
            results = [client.call_tool("ask", asked) for _ in range(3)]
            return [text_of(one) for one in await asyncio.gather(*results)]

    async def both() -> list[list[str]]:
        return await asyncio.gather(ask("Norden"), ask("Tarn"))

    norden, tarn = asyncio.run(both())
    assert all("41 million" in one for one in norden) and all("12 million" in one for one in tarn)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_call_that_is_cancelled_stops_the_model(home: Path, mode: str) -> None:
    """Whoever waits no longer is not worked for; the next call is answered."""
    with (
        ModelServer(fault="drip", times=1) as model,
        served(home, engine=f"{model.url}/v1#tiny", make=http_application) as server,
    ):

        async def work(client: Client) -> str:
            async with anyio.create_task_group() as waiting:
                waiting.start_soon(client.call_tool, "ask", {"question": COST})
                assert await asyncio.to_thread(until, lambda: model.asked, 60)
                waiting.cancel_scope.cancel()
            assert await asyncio.to_thread(model.left.wait, 30)
            free = await asyncio.to_thread(
                until, lambda: not server.backend.questions.unfinished(), 30
            )
            assert free
            return text_of(await client.call_tool("search", {"query": "harbour"}))

        assert "harbour" in using(f"{server.url}/mcp", work, mode=mode)


def test_a_guarded_server_of_tools(home: Path, server: Served) -> None:
    """Another site's page, a foreign name and whoever lacks the token are refused."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
        assert httpx.post(f"{server.url}/mcp", json=body, headers=headers).status_code == 403
    with served(home, make=http_application, token="s3cret") as guarded:
        assert httpx.post(f"{guarded.url}/mcp", json=body).status_code == 401


def test_what_writes_is_there_where_it_was_allowed(tmp_path: Path) -> None:
    """Adding, removing and keeping memos; each told as what it does; refusals with their reason."""
    home = notes_home(tmp_path)
    pier = tmp_path / "pier.md"
    pier.write_text("# The pier\n\nThe pier of Pell cost 3 million crowns.\n", encoding="utf-8")
    (tmp_path / "nothing.xyz").write_bytes(b"\x00\x01")

    async def work(client: Client) -> None:
        tools = {one.name: one.annotations for one in (await client.list_tools()).tools}
        assert list(tools) == [*READING, "add", "remove"]
        assert tools["remove"] is not None and tools["remove"].destructive_hint
        assert tools["memo"] is not None and not tools["memo"].read_only_hint

        added = await client.call_tool("add", {"paths": [str(pier), str(tmp_path / "nothing.xyz")]})
        assert "added: 1" in text_of(added) and "nothing.xyz" in text_of(added)
        answer = await client.call_tool("ask", {"question": "What did the pier of Pell cost?"})
        assert "3 million" in text_of(answer) and answer.structured_content is not None
        name = answer.structured_content["citations"][0]["document"]
        assert "The pier" in text_of(await client.call_tool("remove", {"document": name}))
        gone = await client.call_tool("remove", {"document": name})
        assert gone.is_error

        for wrong in ("pier.md", "/none/such"):
            assert (await client.call_tool("add", {"paths": [wrong]})).is_error
        memo = await client.call_tool("memo", {"topic": "The harbour of Norden"})
        assert memo.structured_content is not None
        kept = memo.structured_content["kept"]
        assert (await asyncio.to_thread(kept_memos, home)) == [kept]

    with opened(home) as service:
        using(mcp_server(service, writes=True), work)


def kept_memos(home: Path) -> list[str]:
    from assistant.memo.memo_repository import MemoRepository
    from corpus.library import Library

    library = Library(home)
    try:
        return [one.id for one in MemoRepository(library).listed()]
    finally:
        library.close()


@pytest.mark.process
@pytest.mark.slow
def test_the_pipe_carries_nothing_but_the_protocol(home: Path) -> None:
    """Every line of it is a message; the process leaves when its input ends, or it is told to."""
    parameters = command(home)
    for ending in ("input", "signal"):
        with subprocess.Popen(
            [parameters.command, *parameters.args], env=ENVIRONMENT, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdin is not None and process.stdout is not None
            for line in (
                '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": '
                '"2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}',
                '{"jsonrpc": "2.0", "method": "notifications/initialized"}',
                '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", '
                f'"arguments": {{"question": "{COST}"}}}}}}',
            ):
                process.stdin.write(line + "\n")
            process.stdin.flush()
            lines = [process.stdout.readline() for _ in range(2)]
            assert '"protocolVersion":"2025-06-18"' in lines[0] and COST_ANSWER in lines[1]
            if ending == "input":
                process.stdin.close()
            else:
                process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert process.stdout.read() == ""
            assert process.stderr is not None and "Traceback" not in process.stderr.read()


@pytest.mark.process
def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    """Without the package one line says what to install; writing goes with the pipe alone."""
    code = (
        "import sys; sys.modules['mcp'] = None; from ui.cli import main; "
        f"sys.argv = ['briefing', '--home', {str(tmp_path)!r}, 'mcp']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and done.stdout == ""
    assert 'pip install "briefing-assistant[server]"' in done.stderr
    assert len(done.stderr.splitlines()) == 1
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--home", tmp_path, "mcp", "--http", "--allow-writes"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "--allow-writes" in done.stderr
