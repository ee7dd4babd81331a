"""`briefing references`: lists of references, imported from and exported to other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import ReadError, UsageError
from ui.commands.opening import files_of, workspace

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from corpus.references import Reference, ReferenceFile
    from index.reference_import import ReferenceReport


@click.group()
def references() -> None:
    """Import references (BibTeX, RIS, CSL-JSON, Zotero's RDF), and export sources as such."""


@references.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--files",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the files lie that they name, besides the folder of the list itself (repeat).",
)
@click.option("--fetch", is_flag=True, help="Fetch what has an address and no file.")
@click.option(
    "--collection", default="", metavar="NAME", help="Only its readers find what is added."
)
@click.option("--json", "as_json", is_flag=True, help="Print each report as one object.")
@click.pass_context
def import_(
    context: click.Context,
    files: tuple[Path, ...],
    folders: tuple[Path, ...],
    fetch: bool,
    collection: str,
    as_json: bool,
) -> None:
    """Add the files that references name, with what they say of them.

    A reference to a document that is in the library (the same file, address or DOI, or title and
    year) gives it its title, publisher and date, unless a person edited them. Files are read below
    the folder of the list and below --files alone. Exits with 1 when nothing could be read.
    """
    from corpus.references import read_references

    lists = []
    for one in files_of([str(one) for one in files]):
        if not one.is_file():
            raise UsageError(f"there is no file {one}")
        try:
            lists.append(read_references(one))
        except ReadError as error:
            raise UsageError(f"{one.name}: {error}") from error
    with workspace(context) as opened:
        reports = [
            imported(opened, one, folders, fetch=fetch, collection=collection, as_json=as_json)
            for one in lists
        ]
    if not any(one.count for one in reports):
        context.exit(1)


def imported(
    opened: Workspace,
    found: ReferenceFile,
    folders: Sequence[Path] = (),
    *,
    fetch: bool = False,
    ocr: bool = False,
    workers: str = "",
    collection: str = "",
    as_json: bool = False,
) -> ReferenceReport:
    """Import references and print what became of them; raises UsageError.

    The options are those of `Workspace.add_references`.
    """
    from index.ingest import Progress, Report
    from index.reference_import import ReferenceReport
    from ui.progress_line import with_bar

    done: list[ReferenceReport] = []

    def progress() -> Any:
        roots = [found.path.absolute().parent, *folders]
        for step in opened.add_references(
            found, roots, fetch=fetch, ocr=ocr, workers=workers, collection=collection
        ):
            if isinstance(step, ReferenceReport):
                done.append(step)
            elif isinstance(step, Progress | Report):
                yield step

    with_bar(progress())
    (report,) = done
    if as_json:
        click.echo(json.dumps(_as_object(report), ensure_ascii=False))
    else:
        _tell(report, fetch=fetch)
    return report


def _tell(report: ReferenceReport, *, fetch: bool) -> None:
    from ui.terminal import listed, report_lines, safe

    def told(head: str, lines: Sequence[str]) -> None:
        for line in listed(head, lines):
            click.echo(line)

    click.echo(safe(f"{report.file.name}:"))
    told("added", [one.name for one in report.added])
    told(
        "matched a document",
        [
            f"{one.reference.name} (by its {one.by}"
            + ("; its details were updated)" if one.changed else "; nothing changed)")
            for one in report.matched
        ],
    )
    told("doubtful, left as they are", [f"{one.reference.name}: {one.why}"
                                          for one in report.doubtful])  # fmt: skip
    told(
        "names a file that is not below the folders given (see --files)",
        [f"{one.name}: {', '.join(one.files)}" for one in report.lost],
    )
    hint = "" if fetch else "; those with an address can be fetched with --fetch"
    told(
        f"without a file{hint}",
        [f"{one.name}: {one.url}" if one.url else one.name for one in report.without_file],
    )
    told(
        "could not be read",
        [f"line {one.line}{f' ({one.name})' if one.name else ''}: {one.why}"
         for one in report.broken],
    )  # fmt: skip
    for one in report.reports:
        if one.refused or one.left_out:
            click.echo("\n".join(report_lines(one)))
    if not (report.count or report.broken):
        click.echo("it holds no references")


def _as_object(report: ReferenceReport) -> dict[str, Any]:
    def named(one: Reference) -> dict[str, Any]:
        return {"key": one.key, "title": one.title, "url": one.url, "line": one.line}

    return {
        "file": str(report.file),
        "added": [named(one) for one in report.added],
        "matched": [
            named(one.reference) | {"document": one.document, "by": one.by, "changed": one.changed}
            for one in report.matched
        ],
        "doubtful": [named(one.reference) | {"why": str(one.why)} for one in report.doubtful],
        "lost": [named(one) | {"files": one.files} for one in report.lost],
        "without_file": [named(one) for one in report.without_file],
        "broken": [asdict(one) for one in report.broken],
        "refused": [asdict(it) for one in report.reports for it in one.refused],
    }


@references.command()
@click.argument("memo", required=False, default="")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write them; the format by suffix: .bib .ris .csl.json. Without it BibTeX is "
    "printed.",
)
@click.option("--document", "ids", multiple=True, help="Only this document, by id (repeat).")
@click.option("--conversation", default="", help="The sources of a conversation, by id.")
@click.pass_context
def export(
    context: click.Context,
    memo: str,
    output: Path | None,
    ids: tuple[str, ...],
    conversation: str,
) -> None:
    """Write the sources of MEMO (its id, last, a .json or .zip file), or of the whole library."""
    from assistant import source_references
    from assistant.answer_storage import stored_answer
    from corpus.references import WRITTEN, format_of_name, written
    from ui.commands.memo import memo_in, write_output

    form = format_of_name(output.name) if output else "bib"
    if not form:
        raise UsageError(
            f"no format for {output}; end it in {', '.join(f'.{one}' for one in WRITTEN)}"
        )
    with workspace(context) as opened:
        known = opened.library.bibliography.all()
        if memo:
            file = Path(memo).expanduser()
            repository = opened.memos
            found = (
                memo_in(file)
                if file.suffix.lower() in (".json", ".zip")
                else repository.load(repository.latest() if memo == "last" else memo)
            )
            made = source_references.references_of_memo(found, known)
        elif conversation:
            conversations = opened.library.conversations
            turns = conversations.turns(conversations.resolve(conversation))
            cited = [one for turn in turns for one in stored_answer(turn).citations]
            made = source_references.references_of_citations(cited, known)
        else:
            wanted = {opened.library.resolve(one) for one in ids}
            entries = [one for one in opened.library.entries() if not wanted or one.id in wanted]
            made = source_references.references_of_library(entries, known)
    content = written(made, form)
    if output:
        write_output(output, content)
        click.echo(f"{output}: {len(made)} sources", err=True)
    else:
        click.echo(content.decode(), nl=False)
