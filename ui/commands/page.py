"""`briefing chat`: the web page."""

from __future__ import annotations

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=7860, help="The first port to try.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--engine", help="Who writes the answers; see: briefing engines.")
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; elsewhere than on this machine people must sign in.",
)
@click.option(
    "--public-url", metavar="URL", default="", help="Where people open the page: https://HOST."
)
@click.pass_context
def chat(
    context: click.Context,
    port: int,
    no_browser: bool,
    engine: str | None,
    listen: str,
    public_url: str,
) -> None:
    """Open the chat page on this machine (127.0.0.1), or for people who sign in."""
    from ui.gradio_startup import refuse_openings

    # Before anything heavy is imported: a refusal comes at once.
    refuse_openings()
    from assistant.pictures.matplotlib_folder import set_matplotlib_folder
    from assistant.settings import Settings
    from ui.gradio_startup import without_stubs

    # Gradio imports Matplotlib as well.
    set_matplotlib_folder()
    with without_stubs():
        from ui.server import serve

    settings = Settings.from_environment(home=context.obj, engine=engine)
    serve(
        settings,
        port=port,
        open_browser=not no_browser,
        say=click.echo,
        listen=listen,
        public_url=public_url,
    )
