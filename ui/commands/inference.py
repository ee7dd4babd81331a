"""`briefing inference`: the reader and the judge as a server for several others."""

from __future__ import annotations

import sys

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=7870, help="The port (0: any).",
              show_default=True)  # fmt: skip
@click.option("--listen", "host", default="127.0.0.1", show_default=True,
              help="The address to listen on; others than this machine need a token.")  # fmt: skip
@click.option("--workers", type=click.IntRange(0, 256), default=0, help="Cores used (0: all).")
@click.pass_context
def inference(context: click.Context, port: int, host: str, workers: int) -> None:
    """Serve the reader and the judge to other machines of a team.

    They ask it with BRIEFING_READER and BRIEFING_JUDGE set to its address.
    """
    from assistant.settings import Settings
    from ui.commands.opening import end_on_sigterm
    from ui.inference_server import serve_inference
    from ui.observing import observing

    end_on_sigterm(context)
    settings = Settings.from_environment(home=context.obj)
    with observing(settings, "inference", stream=sys.stderr):
        serve_inference(settings, host=host, port=port, workers=workers, say=click.echo)
