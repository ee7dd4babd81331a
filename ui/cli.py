"""The command `briefing`: options, exit codes, and one clear line for every failure."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import click

from corpus.errors import BriefingError
from ui.commands import ask, check, doctor, documents, feedback, fetch, measure, memo, page, talk

_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--home", type=click.Path(path_type=Path), help="The data folder (BRIEFING_HOME).")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected failure.")
@click.version_option(package_name="briefing-assistant", prog_name="briefing")
@click.pass_context
def cli(context: click.Context, home: Path | None, debug: bool) -> None:
    """Ask your own articles and reports, and see the passage behind every sentence.

    Everything happens on this machine, unless you name an engine that is elsewhere.
    """
    context.obj = home
    context.meta["debug"] = debug


for command in (
    page.chat,
    ask.ask,
    ask.search,
    memo.memo,
    check.check,
    memo.memos,
    memo.diff,
    memo.whatsnew,
    memo.grades,
    memo.template,
    talk.conversations,
    talk.engines,
    feedback.feedback,
    documents.add,
    documents.sources,
    documents.show,
    documents.remove,
    fetch.fetch,
    measure.evaluate,
    doctor.doctor,
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
