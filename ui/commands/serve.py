"""`briefing serve` and `briefing mcp`: for other programs."""

from __future__ import annotations

import click

from corpus.errors import UsageError


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, help="The first port to try.")
@click.option("--engine", help="Who writes the answers; see: briefing engines.")
@click.pass_context
def serve(context: click.Context, port: int, engine: str | None) -> None:
    """Answer other programs on this machine: a JSON API, and clients of OpenAI's interface.

    With BRIEFING_API_TOKEN set it is asked for as a bearer token.
    """
    from assistant.settings import Settings
    from ui.api.serving import serve_api

    settings = Settings.from_environment(home=context.obj, engine=engine)
    serve_api(settings, port=port, say=click.echo)


@click.command()
@click.option("--http", is_flag=True, help="Serve at /mcp on this machine, not over a pipe.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8090, help="With --http: the first to try."
)
@click.option("--allow-writes", is_flag=True, help="Let tools add and remove documents too.")
@click.option("--engine", help="Who writes answers and memos; see: briefing engines.")
@click.pass_context
def mcp(
    context: click.Context, http: bool, port: int, allow_writes: bool, engine: str | None
) -> None:
    """Give other assistants tools by MCP: ask, search, sources, passage, memo.

    The program that uses them starts this itself and talks to it over a pipe.
    """
    from assistant.settings import Settings

    if http and allow_writes:
        raise UsageError("--allow-writes is for the pipe, whose other end is your own program")
    try:
        from ui.api.mcp_serving import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise UsageError(
            'the package mcp is missing; install it: pip install "briefing-assistant[server]"'
        ) from error
    settings = Settings.from_environment(home=context.obj, engine=engine)
    if http:
        serve_http(settings, port=port, say=click.echo)
    else:
        serve_stdio(settings, writes=allow_writes)
