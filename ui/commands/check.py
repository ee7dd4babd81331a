"""`briefing check`: any draft, sentence by sentence, against the library or given texts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import UsageError
from ui.commands.opening import workspace

if TYPE_CHECKING:
    from assistant.checking.checker import Checker

_SIGNS = {"supported": "ok  ", "weak": "weak", "unsupported": "NO  "}

_MEMOS = (".json", ".zip")


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one object (a line a text with -).")
@click.option(
    "--accept",
    nargs=3,
    default=None,
    metavar="RULE PLACE REASON",
    help="Accept a finding in a memo's .json; the reason is kept there.",
)
@click.option(
    "--oldest-days",
    type=click.IntRange(1),
    default=730,
    help="In a memo: the age in days from which a source is called old.",
)
@click.pass_context
def check(
    context: click.Context,
    file: str,
    as_json: bool,
    accept: tuple[str, str, str] | None,
    oldest_days: int,
) -> None:
    """Check each sentence of FILE (.md, .txt, .docx) against the library, and offer citations.

    A memo (.json) or an evidence pack (.zip) is linted, and the lines are listed that rest on
    sources changed, removed, superseded or graded anew since; exits with 1 when there are errors.

    With - it reads objects {"text": "…", "sources": ["…"]}, one a line, from standard input and
    checks each text against its own sources alone. "supported" means that a passage contains the
    sentence, not that it is true.
    """
    if file == "-":
        _given(context)
        return
    from assistant.draft_check import KINDS, against_library, checked_json, sentences_of
    from ui.progress_line import ProgressLine
    from ui.terminal import checked_lines

    path = Path(file).expanduser()
    if path.suffix.lower() in _MEMOS:
        _memo(context, path, as_json, accept, oldest_days)
        return
    if path.suffix.lower() not in KINDS:
        raise UsageError(
            f"cannot check {file}: give a file that ends in {', '.join((*KINDS, *_MEMOS))}, or -"
        )
    if path.is_dir() or not path.exists():
        raise UsageError(f"there is no file {file}")
    draft = sentences_of(path)
    if not draft:
        raise UsageError(f"{file} holds no sentence to check; is it the file you mean?")
    counts = dict.fromkeys(_SIGNS, 0)
    rows = []
    with workspace(context, starter=True) as opened:
        _say_what_is_read(opened.checker)
        with ProgressLine() as line:
            for done, one in enumerate(against_library(opened, draft), start=1):
                counts[one.verdict] += 1
                rows.append(checked_json(one))
                if not as_json:
                    line.clear()
                    click.echo("\n".join(checked_lines(_SIGNS[one.verdict], one)))
                    sys.stdout.flush()
                line.tell(done, len(draft), "checking", unit="sentences")
    if as_json:
        click.echo(json.dumps({"file": str(path), "claims": rows, **counts}, ensure_ascii=False))
    else:
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        click.echo(f"{len(rows)} sentences: {said}")


def _say_what_is_read(checker: Checker) -> None:
    """Say on standard error where no judge reads what sentences mean."""
    if not checker.reads_meaning:
        click.echo(
            "briefing: no judge is loaded: figures, dates, names and quotations are checked, "
            "meaning is not; see: briefing doctor",
            err=True,
        )


def _memo(
    context: click.Context,
    path: Path,
    as_json: bool,
    accept: tuple[str, str, str] | None,
    oldest_days: int,
) -> None:
    """Check a memo or a pack; exits with 1 where an error stands or a line lost its source."""
    from ui.commands.memo import reviewed
    from ui.terminal import review_lines

    with workspace(context) as opened:
        found = reviewed(opened, path, accept, oldest_days)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(review_lines(found)))
    errors = any(one["severity"] == "error" and not one["accepted"] for one in found["findings"])
    if errors or found["altered"] or found["sources"] or found["standing"] < found["citations"]:
        context.exit(1)


def _given(context: click.Context) -> None:
    """Check what comes in by standard input; a wrong line has its place in the output."""
    from assistant.checking.checker import Checker
    from assistant.checking.remote_judge import judge_of
    from assistant.settings import Settings
    from index.cosine_scale import scale_of
    from index.embedders import question_embedder

    settings = Settings.from_environment(home=context.obj)
    embedder = question_embedder(settings.embedder, cache=settings.models)
    judge = judge_of(settings.judge, cache=settings.models)
    checker = Checker(embedder, judge, scale_of(embedder, folder=settings.models))
    _say_what_is_read(checker)
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            click.echo(json.dumps(_one(checker, line, number), ensure_ascii=False))
            sys.stdout.flush()


def _one(checker: Checker, line: str, number: int) -> dict[str, Any]:
    from assistant.draft_check import against_texts, checked_json

    try:
        row = json.loads(line)
        text, sources = str(row["text"]), row["sources"]
        sources = [sources] if isinstance(sources, str) else [_text(one) for one in sources]
    except (ValueError, KeyError, TypeError):
        notice = f'standard input, line {number}: give {{"text": "…", "sources": ["…"]}}'
        return {"claims": [], "notice": notice}
    return {"claims": [checked_json(one) for one in against_texts(checker, text, sources)]}


def _text(source: Any) -> str:
    """Return a source as text; a record is read as the JSON it is."""
    return source if isinstance(source, str) else json.dumps(source, ensure_ascii=False)
