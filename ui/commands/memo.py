"""`briefing memo`, `memos`, `diff`, `grades` and `template`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import UsageError
from ui.commands.opening import filters, workspace

if TYPE_CHECKING:
    from assistant.memo.values import Memo
    from assistant.workspace import Workspace


class LanguageType(click.ParamType[str]):
    """The code of a language that the program speaks."""

    name = "language"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code as given; fails with a usage error where there is no such language."""
        from corpus.translations import languages

        if value and value not in languages():
            self.fail(f"{value!r} is none of the languages: {', '.join(languages())}", param, ctx)
        return str(value)


class _WithLanguages(click.Command):
    """A command whose help ends with the languages that there are here."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them; looked up only when somebody asks for help."""
        from corpus.translations import languages

        named = ", ".join(f"{code} ({one.name})" for code, one in languages().items())
        formatter.write_paragraph()
        formatter.write_text(f"Languages: {named}.")


@click.command(cls=_WithLanguages)
@click.argument("topic", required=False, default="")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; the "
    "format by suffix: .md .docx .pdf .html .json, .zip for the evidence pack, or .bib .ris "
    ".csl.json for its sources.",
)
@click.option("--template", default="bluf", help="Its form; see: briefing template.")
@click.option(
    "--language",
    type=LanguageType(),
    default="",
    help="Of headings, gaps and notes; a Chinese topic is always written up in Chinese.",
)
@click.option("--engine", help="Who writes it; see: briefing engines.")
@click.option(
    "--length", type=click.IntRange(100, 20_000), default=None, help="About how many words."
)
@click.option("--audience", default="", help="For whom it is, shown in its head.")
@click.option("--section", "sections", multiple=True, help="Only this section, by key (repeat).")
@click.option("--without", multiple=True, help="Leave out this publisher (repeat).")
@click.option(
    "--scale",
    type=click.Choice(["icd203", "phia"]),
    default="icd203",
    help="The likelihood words that the linter accepts.",
)
@click.option("--resume", default="", help="Go on with a memo broken off: last, or its id.")
@click.option("--json", "as_json", is_flag=True, help="Print the memo as JSON.")
@filters
@click.pass_context
def memo(
    context: click.Context, /, topic: str, output: Path | None, resume: str, **given: Any
) -> None:
    """Write a briefing memo on TOPIC from the library, each sentence with its source.

    Without -o it is printed as Markdown. Every memo is kept; see: briefing memos. Exits with 0 when
    it was written, 3 when the library has nothing on the topic.
    """
    from assistant.memo.export import exported
    from assistant.memo.request import Request, resumed
    from assistant.memo.writing import write
    from ui.progress_line import ProgressLine

    if output:
        refuse_format(output)
    if output and not output.expanduser().absolute().parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}; make it, or give another place")
    if not topic and not resume:
        raise UsageError("name a topic, or a memo to go on with: briefing memo --resume last")
    as_json, ids = given.pop("as_json"), given.pop("ids")
    engine = given.pop("engine")
    with workspace(context, engine=engine, starter=True) as opened:
        if opened.engine.host:
            click.echo(f"The topic and passages go to {opened.engine.host}.", err=True)
        repository = opened.memos
        resume = repository.latest() if resume == "last" else resume
        begun = repository.load(resume) if resume else None
        documents = tuple(opened.library.resolve(one) for one in ids)
        request = Request(
            topic=topic or (begun.topic if begun else ""),
            documents=documents,
            length=given.pop("length") or 0,
            **given,
        )
        if begun is not None:
            request = resumed(request, begun)
        with ProgressLine() as line:
            for step in repository.saved_steps(write(opened, request, begun), resume):
                written, name = step
                line.show(written.notice)
        content = content_for(opened, written, output) if output else exported(written, "md")
    if output:
        write_output(output, content)
        click.echo(f"{output}: {_summary(written)}; kept as {name}", err=True)
    if as_json:
        click.echo(exported(written, "json").decode())
    elif not output:
        click.echo(content.decode())


def refuse_format(output: Path) -> None:
    """Raise UsageError for a file name that asks for no format of a memo."""
    from assistant.memo.export import FORMATS
    from corpus.references import WRITTEN, format_of_name

    suffix = output.suffix.lower().lstrip(".")
    if not format_of_name(output.name) and suffix not in (*FORMATS, "zip", "eml"):
        known = ", ".join(f".{one}" for one in (*FORMATS, "eml", "zip", *WRITTEN))
        raise UsageError(f"no format .{suffix}; use one of: {known}")


def content_for(opened: Workspace, written: Memo, output: Path) -> bytes:
    """Return a memo as its file name asks: in a format, as a mail, packed, or its sources."""
    from assistant.memo.evidence_pack import packed
    from assistant.memo.export import exported, format_of
    from assistant.memo.mail import mail_of
    from assistant.source_references import memo_sources
    from corpus.references import format_of_name

    if form := format_of_name(output.name):
        return memo_sources(written, form, opened.library.bibliography.all())
    if output.suffix.lower() == ".zip":
        return packed(opened, written)
    if output.suffix.lower() == ".eml":
        return mail_of(written)
    return exported(written, format_of(output))


def write_output(output: Path, content: bytes) -> None:
    """Write a file that a command was asked for; raises UsageError where it cannot be written."""
    try:
        output.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write {output} ({error.strerror}); give another place") from error


def _summary(written: Memo) -> str:
    errors = sum(one.severity == "error" and not one.accepted for one in written.findings)
    warnings = sum(one.severity == "warning" and not one.accepted for one in written.findings)
    lines = sum(len(one.lines) for one in written.sections)
    return (
        f"{lines} sentences, {len(written.citations)} citations, {len(written.sources)} sources; "
        f"{errors} errors and {warnings} warnings of the linter"
    )


@click.command()
@click.argument("name", required=False, default="")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it there (by suffix).")
@click.option("--delete", is_flag=True, help="Delete it.")
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def memos(
    context: click.Context, name: str, output: Path | None, delete: bool, as_json: bool
) -> None:
    """List the memos that are kept, newest first; with a NAME print, write or delete that one."""
    from assistant.memo.export import exported

    if output:
        refuse_format(output)
    with workspace(context) as opened:
        repository = opened.memos
        if not name:
            kept = repository.listed()
            if as_json:
                click.echo(json.dumps({"memos": [asdict(one) for one in kept]}))
                return
            for one in kept:
                state = "" if one.complete else "  (broken off; briefing memo --resume it)"
                about = f"{one.template:<10}{one.topic}{state}"
                click.echo(f"{one.id}  {one.problem or about}")
            if not kept:
                click.echo("No memo was written yet.")
            return
        if delete:
            repository.delete(name)
            return
        found = repository.load(name)
        if output:
            write_output(output, content_for(opened, found, output))
        else:
            click.echo(exported(found, "json" if as_json else "md").decode())


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Show what changed between two memos (.json or .zip) and which sources caused it."""
    from assistant.memo.memo_diff import memo_diff
    from ui.terminal import wrapped

    found = memo_diff(memo_in(old), memo_in(new))
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    for change in found.changes:
        click.echo(f"{change.kind} in {change.section}")
        for sign, text in (("-", change.before), ("+", change.after)):
            if text:
                click.echo(wrapped(f"{sign} {text}", indent="  "))
        for cause in change.causes:
            click.echo(wrapped(f"because: {cause}", indent="    "))
    for source in found.sources:
        click.echo(wrapped(f"source: {source}"))
    if not found.changes and not found.sources:
        click.echo("Nothing changed.")


def memo_in(file: Path) -> Memo:
    """Return the memo of a .json or .zip file; raises UsageError."""
    from assistant.memo.evidence_pack import opened_pack
    from assistant.memo.memo_json import from_json

    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    if file.suffix.lower() == ".zip":
        return opened_pack(file)[0]
    try:
        return from_json(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file} ({error})") from error


@click.command()
@click.pass_context
def grades(context: click.Context) -> None:
    """Print where your grades of sources stand; the file is made if there is none."""
    from assistant.memo.grades import Grades

    with workspace(context) as opened:
        file = Grades.ensured_file(opened.settings.home)
        Grades.load(opened.settings.home)
    click.echo(str(file))


@click.command()
@click.argument("name", default="")
@click.pass_context
def template(context: click.Context, name: str) -> None:
    """Print the template NAME, to be saved as templates/NAME.toml in the data folder and edited."""
    from assistant.memo.templates import template_names, template_text

    with workspace(context) as opened:
        home = opened.settings.home
    click.echo(template_text(name, home) if name else "\n".join(template_names(home)))


def reviewed(
    opened: Workspace, file: Path, accept: tuple[str, str, str] | None, oldest_days: int
) -> dict[str, Any]:
    """Return what `briefing check` says of a memo or a pack, as one object.

    `oldest_days` is the age from which a source is called old. With `accept` (rule, place, reason)
    the finding is accepted first, and the memo written back.
    """
    from assistant.memo.evidence_pack import opened_pack
    from assistant.memo.lint import accepted, relinted
    from assistant.memo.memo_json import to_json
    from assistant.memo.memo_review import count_exact_quotations, review_findings

    altered: tuple[str, ...] = ()
    if file.suffix.lower() == ".zip":
        found, altered = opened_pack(file)
        if accept:
            raise UsageError("a pack is sealed: accept findings in the memo's .json")
    else:
        found = memo_in(file)
    found = relinted(found, oldest_days=oldest_days)
    if accept:
        found = accepted(found, *accept, oldest_days=oldest_days)
        file.write_text(to_json(found), encoding="utf-8")
    return {
        "file": str(file),
        "topic": found.topic,
        "altered": list(altered),
        "findings": [asdict(one) for one in found.findings],
        "citations": len(found.citations),
        "standing": count_exact_quotations(opened, found),
        "sources": [asdict(one) for one in review_findings(opened, found)],
    }
