"""`briefing ask` and `briefing search`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import UsageError
from ui.commands.opening import asked, begin_loading, filters, workspace

if TYPE_CHECKING:
    from assistant.answer import Answer, Question
    from assistant.workspace import Workspace

_DECLINED, _FAILED = 3, 1


@click.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print one object a question.")
@click.option("--engine", help="Who writes the answer; see: briefing engines.")
@click.option(
    "--conversation", default="", help="Keep the answer in a conversation: new, last, or its id."
)
@click.option("--limit", type=click.IntRange(1, 50), default=8, help="Passages considered.")
@filters
@click.pass_context
def ask(
    context: click.Context,
    question: str,
    as_json: bool,
    engine: str | None,
    conversation: str,
    limit: int,
    as_of: str,
    since: str,
    publishers: tuple[str, ...],
    ids: tuple[str, ...],
) -> None:
    """Answer QUESTION from the library, each sentence with its source; - reads one a line.

    Exits with 0 when it was answered, 3 when the library does not answer it, 1 on failure.
    """
    begin_loading(context)
    from assistant.answer import Question, answer_json
    from assistant.answer_storage import store_answer
    from assistant.pipeline import validated
    from ui.terminal import answer_lines

    if question != "-":
        validated(Question(question))
    with workspace(context, engine=engine, starter=True) as opened:
        if opened.engine.host:
            click.echo(f"The question and passages go to {opened.engine.host}.", err=True)
        kept = _conversation(opened, conversation)
        options: dict[str, Any] = {
            "as_of": as_of,
            "since": since,
            "publishers": publishers,
            "documents": tuple(opened.library.resolve(one) for one in ids),
            "limit": limit,
        }
        outcome = "answered"
        for one in asked(question, **options):
            try:
                answer = _answer(opened, _usable(one), kept, quiet=as_json)
            except UsageError as error:
                # One bad line among many: its place in the output says so, and the rest go on.
                _say({"question": _text(one), "outcome": "failed", "notice": str(error)}, as_json)
                continue
            outcome = answer.outcome
            if conversation:
                kept = store_answer(opened.library.conversations, kept, answer)
            if as_json:
                _say(answer_json(answer) | ({"conversation": kept} if kept else {}), as_json)
            else:
                click.echo("\n".join(answer_lines(answer)))
    if question != "-" and outcome in {"declined", "failed"}:
        context.exit(_DECLINED if outcome == "declined" else _FAILED)


def _conversation(workspace: Workspace, wanted: str) -> str:
    """Return the id of the conversation to go on with; "" begins one or keeps none."""
    conversations = workspace.library.conversations
    if wanted == "last":
        newest = conversations.all()
        return newest[0].id if newest else ""
    return conversations.resolve(wanted) if wanted not in {"", "new"} else ""


def _answer(workspace: Workspace, question: Question, conversation: str, *, quiet: bool) -> Answer:
    """Return the answer, showing on a terminal what is waited for and written meanwhile."""
    from assistant.answer_storage import history_of
    from assistant.pipeline import ask as answers
    from ui.progress_line import ProgressLine

    if conversation:
        history = (*history_of(workspace.library.conversations, conversation), *question.history)
        question = replace(question, history=history)
    with ProgressLine() as line:
        for answer in answers(workspace, question):
            if not quiet:
                line.show(answer.growing or answer.notice)
    return answer


@click.command()
@click.argument("query")
@click.option("--json", "as_json", is_flag=True, help="Print one object a query.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, help="How many passages.")
@filters
@click.pass_context
def search(
    context: click.Context,
    query: str,
    as_json: bool,
    limit: int,
    as_of: str,
    since: str,
    publishers: tuple[str, ...],
    ids: tuple[str, ...],
) -> None:
    """Show the passages found for QUERY and why each ranked where it did; - reads one a line."""
    begin_loading(context)
    from assistant.answer import Question
    from assistant.pipeline import validated
    from assistant.planning.query_plan import plan_of
    from assistant.planning.query_rewriting import standalone
    from assistant.retrieval.retrieve import retrieve
    from ui.json_objects import evidence_json
    from ui.terminal import evidence_lines

    if query != "-":
        validated(Question(query))
    with workspace(context, starter=True) as opened:
        documents = tuple(opened.library.resolve(one) for one in ids)
        for one in asked(query):
            try:
                asking = validated(_usable(one))
            except UsageError as error:
                _say({"query": _text(one), "results": [], "notice": str(error)}, as_json)
                continue
            text = standalone(asking.text, asking.history)
            wanted = Question(text, (), as_of, since, publishers, documents, limit)
            found = retrieve(opened, plan_of(opened, wanted))
            if as_json:
                _say(
                    {"query": asking.text, "results": [evidence_json(item) for item in found]},
                    as_json,
                )
            elif found:
                click.echo("\n".join(evidence_lines(found)))
            else:
                click.echo("No passage matches.")


def _usable(one: Question | UsageError) -> Question:
    """Return a question that was read; raises the error of one that was not."""
    if isinstance(one, UsageError):
        raise one
    return one


def _text(one: Question | UsageError) -> str:
    return "" if isinstance(one, UsageError) else one.text


def _say(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False))
    else:
        click.echo(f"briefing: {values['notice']}", err=True)
    sys.stdout.flush()
