"""The command `briefing`: options, exit codes, and one clear line for every failure."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import click

from assistant.settings import Settings
from corpus import log
from corpus.errors import BriefingError
from ui.commands import (
    access,
    ask,
    backup,
    check,
    doctor,
    documents,
    feeds,
    inference,
    measure,
    memo,
    models,
    move,
    news,
    page,
    references,
    serve,
    sync,
    talk,
)

_INTERRUPTED = 130
# Run by `python -m ui.cli` the module is called __main__, which is nobody's name in a log.
_LOG = logging.getLogger("ui.cli")
# What a failure is looked up by: the packages whose releases changed what this program does.
_PACKAGES = ("chromadb", "gradio", "llama-index", "onnxruntime", "openvino", "tantivy")


class _LoggedGroup(click.Group):
    """A group whose commands write the log of the data folder: how each began and how it ended."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was given; what it raises is logged on its way."""
        level = "debug" if context.params["verbose"] else context.params["log_level"]
        home = Settings.from_environment(home=context.params["home"]).home
        with log.logging_to(home, level, context.params["log_format"]):
            started = time.monotonic()
            try:
                result = super().invoke(context)
            except BaseException as error:
                _log_end(error, time.monotonic() - started)
                raise
            _LOG.info("stop: done after %.1f s", time.monotonic() - started)
        return result


def _log_end(error: BaseException, seconds: float) -> None:
    """Log how a command ended that did not end of itself."""
    if isinstance(error, click.exceptions.Exit):
        _LOG.info("stop: exit code %d after %.1f s", error.exit_code, seconds)
    elif isinstance(error, click.Abort | KeyboardInterrupt):
        _LOG.info("stop: interrupted after %.1f s", seconds)
    elif isinstance(error, click.ClickException | BrokenPipeError):
        _LOG.info("stop: %s after %.1f s", type(error).__name__, seconds)
    else:
        _LOG.log(log.level_of(error), "stop: failed after %.1f s", seconds, exc_info=error)


@click.group(
    cls=_LoggedGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--home", type=click.Path(path_type=Path), help="The data folder (BRIEFING_HOME).")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected failure.")
@click.option(
    "--verbose",
    is_flag=True,
    help=f"Write every step to {log.FILE}, and the words of failures, which may quote texts.",
)
@click.option(
    "--log-level",
    type=click.Choice(log.LEVELS),
    default=log.DEFAULT,
    envvar="BRIEFING_LOG",
    show_default=True,
    show_envvar=True,
    help=f"What is written to {log.FILE} in the data folder.",
)
@click.option(
    "--log-format",
    type=click.Choice(log.FORMATS),
    default=log.TEXT,
    envvar="BRIEFING_LOG_FORMAT",
    show_default=True,
    show_envvar=True,
    help="How it is written: json is an object a line, which servers also print.",
)
@click.version_option(package_name="briefing-assistant", prog_name="briefing")
@click.pass_context
def cli(
    context: click.Context,
    home: Path | None,
    debug: bool,
    verbose: bool,
    log_level: str,
    log_format: str,
) -> None:
    """Ask your own articles and reports, and see the passage behind every sentence.

    Everything happens on this machine, unless you name an engine that is elsewhere.
    """
    context.obj = home
    context.meta["debug"] = debug
    # The name of the command and none of its arguments: a question is one of them.
    _LOG.info("start: %s, briefing %s", context.invoked_subcommand, _versions())


def _versions() -> str:
    """Return the versions of the program, of Python and of the main packages."""
    return ", ".join(
        [
            _version("briefing-assistant"),
            f"Python {platform.python_version()} on {platform.platform(terse=True)}",
            *(f"{name} {_version(name)}" for name in _PACKAGES),
        ]
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


for command in (
    page.chat,
    serve.serve,
    serve.mcp,
    ask.ask,
    ask.search,
    memo.memo,
    check.check,
    memo.memos,
    memo.diff,
    news.whatsnew,
    memo.grades,
    memo.template,
    talk.conversations,
    talk.engines,
    models.models,
    measure.feedback,
    documents.add,
    sync.sync,
    documents.sources,
    documents.show,
    documents.remove,
    feeds.follow,
    feeds.fetch,
    references.references,
    measure.evaluate,
    move.move,
    backup.backup,
    backup.restore,
    doctor.doctor,
    inference.inference,
    access.collections,
    access.audit,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; exit with 0, 1 (failed), 2 (wrong usage) or 3 (declined)."""
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("briefing: interrupted; what was finished is kept", err=True)
        code = _INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`): nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except BriefingError as error:
        click.echo(f"briefing: {error}", err=True)
        code = error.exit_code
    except Exception as error:  # noqa: BLE001  # reason: the last line of defence; never a traceback
        if "--debug" in sys.argv:
            traceback.print_exc()
        click.echo(
            f"briefing: unexpected failure ({type(error).__name__}: {error}); "
            "run it again with --debug before the command and report what it prints",
            err=True,
        )
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
