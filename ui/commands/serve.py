"""`briefing serve` and `briefing mcp`: for other programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from corpus.errors import UsageError


def _listening(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where to listen."""
    public = click.option(
        "--public-url", metavar="URL", default="", help="Where others reach it: https://HOST."
    )
    listen = click.option(
        "--listen",
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        help="Where to listen; elsewhere than on this machine people must sign in.",
    )
    return listen(public(command))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, help="The first port to try.")
@click.option("--engine", help="Who writes the answers; see: briefing engines.")
@_listening
@click.pass_context
def serve(
    context: click.Context, port: int, engine: str | None, listen: str, public_url: str
) -> None:
    """Answer other programs: a JSON API, clients of OpenAI's interface, and those of MCP.

    With BRIEFING_API_TOKEN set it is asked for as a bearer token.
    """
    from assistant.settings import Settings
    from ui.api.serving import Where, serve_api

    settings = Settings.from_environment(home=context.obj, engine=engine)
    serve_api(settings, Where(port, listen, public_url), click.echo)


@click.command()
@click.option("--http", is_flag=True, help="Serve at /mcp on this machine, not over a pipe.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8090, help="With --http: the first to try."
)
@click.option("--allow-writes", is_flag=True, help="Let tools add and remove documents too.")
@click.option("--engine", help="Who writes answers and memos; see: briefing engines.")
@_listening
@click.pass_context
def mcp(
    context: click.Context,
    http: bool,
    port: int,
    allow_writes: bool,
    engine: str | None,
    listen: str,
    public_url: str,
) -> None:
    """Give other assistants tools by MCP: ask, search, sources, passage, memo.

    The program that uses them starts this itself and talks to it over a pipe.
    """
    from assistant.settings import Settings

    if http and allow_writes:
        raise UsageError("--allow-writes is for the pipe, whose other end is your own program")
    try:
        from ui.api.mcp_serving import serve_http, serve_stdio
        from ui.api.serving import Where
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise UsageError(
            'the package mcp is missing; install it: pip install "briefing-assistant[server]"'
        ) from error
    settings = Settings.from_environment(home=context.obj, engine=engine)
    if http:
        serve_http(settings, Where(port, listen, public_url), click.echo)
    else:
        serve_stdio(settings, writes=allow_writes)
