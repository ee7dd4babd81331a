"""`briefing add`, `sources`, `show` and `remove`: what is in the library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpus.citation_line import citation_line
from corpus.document import page_list
from corpus.errors import NotInLibrary, ReadError, UsageError
from corpus.page_names import page_name
from ui.commands.opening import DateType, files_of, workspace
from ui.json_objects import entry_json, left_out_json, report_json

if TYPE_CHECKING:
    from corpus.references import ReferenceFile
    from index.ingest import Refusal, Report


class _WithFormats(click.Command):
    """A command whose help ends with the formats that are read here."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them; looked up only when somebody asks for help."""
        from corpus.formats import words

        formatter.write_paragraph()
        formatter.write_text(f"Formats: {words()}.")


@click.command(cls=_WithFormats)
@click.argument("paths", nargs=-1)
@click.option("--title", default="", help="The document's title (one file only).")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--published", type=DateType(), default="", help="When it was published.")
@click.option("--ocr", is_flag=True, help="Read scanned pages by Tesseract (some seconds a page).")
@click.option(
    "--workers",
    default="",
    metavar="ADDRESS",
    help="Read and embed on a Ray cluster: ray://HOST:10001, HOST:6379 or auto (BRIEFING_WORKERS).",
)
@click.option("--starter", is_flag=True, help="Add the starter library.")
@click.option("--collection", default="", metavar="NAME", help="Only its readers find them.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one object.")
@click.pass_context
def add(
    context: click.Context,
    paths: tuple[str, ...],
    title: str,
    publisher: str,
    published: str,
    ocr: bool,
    workers: str,
    starter: bool,
    collection: str,
    as_json: bool,
) -> None:
    """Read files, folders and web addresses into the library.

    An address is fetched from the public internet only, as the site's robots.txt allows. Lists of
    references (.bib, .ris, .rdf, .csl.json) describe the files that they name. Exits with 1 when
    nothing could be read.
    """
    from assistant.starter import add_starter
    from corpus.references.formats import is_reference_file
    from index.folder_walk import files_below
    from index.ingest import MetadataOverride
    from index.url_ingest import is_address
    from ui.commands.references import imported
    from ui.progress_line import with_bar

    if not paths and not starter:
        raise UsageError("name a file, a folder or an address to add, or give --starter")
    addresses = [one for one in paths if is_address(one)]
    try:
        files = files_below(files_of([one for one in paths if one not in addresses]))
    except ReadError as error:
        raise UsageError(str(error)) from error
    named = [one for one in files if is_reference_file(one)]
    files = [one for one in files if one not in named]
    if title and len(files) + len(addresses) != 1:
        raise UsageError("--title goes with one file; give one, or leave the title out")
    lists, refused = _lists_in(named)
    with workspace(context) as opened:
        reports = []
        if starter:
            reports.append(with_bar(add_starter(opened)))
        for one in lists:
            # First: what they say of a file is known when it is added.
            imported(opened, one, ocr=ocr, workers=workers, collection=collection, as_json=as_json)
        if files:
            described = MetadataOverride(title, publisher, published, edit=True)
            reports.append(
                with_bar(
                    opened.add(
                        files,
                        described=described,
                        ocr=ocr,
                        workers=workers,
                        collection=collection,
                    )
                )
            )
        if addresses:
            said = dict.fromkeys(
                addresses, MetadataOverride(title, publisher, published, edit=True)
            )
            fetched = opened.add_addresses(
                addresses, described=said, ocr=ocr, workers=workers, collection=collection
            )
            reports.append(with_bar(fetched))
    tell(context, _with_refused(refused, reports), as_json=as_json, ocr=ocr)


def _lists_in(files: Sequence[Path]) -> tuple[list[ReferenceFile], list[Refusal]]:
    """Return the references of files, and the files that are no lists of references."""
    from corpus.references import read_references
    from index.ingest import Refusal

    lists, refused = [], []
    for one in files:
        try:
            lists.append(read_references(one))
        except ReadError as error:
            refused.append(Refusal(str(one), error.reason, str(error)))
    return lists, refused


def _with_refused(refused: Sequence[Refusal], reports: list[Report | None]) -> list[Report | None]:
    """Return reports that tell of some more refusals: they stop nothing else."""
    from index.ingest import Report

    if not refused:
        return reports
    first, *others = reports or [None]
    whole = first or Report()
    return [replace(whole, refused=(*refused, *whole.refused)), *others]


def tell(
    context: click.Context,
    reports: Sequence[Report | None],
    *,
    as_json: bool,
    ocr: bool = False,
) -> None:
    """Print reports of what was added; exits with 1 where nothing of one of them went in.

    `ocr` is as in `ui.terminal.report_lines`.
    """
    from ui.terminal import report_lines

    failed = False
    for report in reports:
        assert report is not None
        if as_json:
            click.echo(json.dumps(report_json(report), ensure_ascii=False))
        else:
            click.echo("\n".join(report_lines(report, ocr=ocr)))
        failed = failed or (
            bool(report.refused or report.left_out)
            and not any(
                (report.added, report.replaced, report.updated, report.unchanged, report.duplicates)
            )
        )
    if failed:
        context.exit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def sources(context: click.Context, as_json: bool) -> None:
    """List the documents of the library, newest first."""
    from ui.terminal import safe

    with workspace(context) as opened:
        entries = opened.library.entries()
    if as_json:
        click.echo(
            json.dumps({"documents": [entry_json(one) for one in entries]}, ensure_ascii=False)
        )
        return
    for one in entries:
        click.echo(safe(f"{one.id[:10]}  {one.passages:>5} passages  {citation_line(one.source)}"))
        for other in one.others:
            click.echo(safe(f"{'':28}also: {citation_line(other)}, {other.location}"))
    if not entries:
        click.echo("The library is empty; add documents with: briefing add FOLDER")


@click.command()
@click.argument("document")
@click.option("--json", "as_json", is_flag=True, help="Print one object, text included.")
@click.pass_context
def show(context: click.Context, document: str, as_json: bool) -> None:
    """Show DOCUMENT (an id or its beginning), or a passage of it as ID:START-END."""
    from ui.terminal import safe, text_lines

    name, _, span = document.partition(":")
    with workspace(context) as opened:
        entry = opened.library.entry(opened.library.resolve(name))
        whole = opened.library.document(entry.id)
    start, end = _span(span, len(whole.text))
    text = whole.text[start:end]
    if as_json:
        values = entry_json(entry) | {"text": text, "start": start, "end": end}
        values["left_out"] = left_out_json(whole.left_out)
        values["doubts"], values["language"] = whole.doubts, whole.language
        values["ocr_pages"], values["attachments"] = whole.ocr_pages, whole.attachments
        click.echo(json.dumps(values | {"page_starts": whole.page_starts}, ensure_ascii=False))
        return
    for name, value in entry_json(entry).items():
        # What few documents have is told of those that have it.
        if name != "also" and (value or name not in {"updated", "fetched", "pages"}):
            click.echo(safe(f"{name + ':':<11}{value}"))
    for one in entry.others:
        click.echo(safe(f"{'also:':<11}{citation_line(one)}, {one.location}"))
    for name, said in (
        ("language", whole.language),
        ("not read", "; ".join(str(one) for one in whole.left_out if one.missed)),
        ("left out", "; ".join(str(one) for one in whole.left_out if not one.missed)),
        ("by OCR", page_list(whole.ocr_pages)),
        ("doubtful", "; ".join(whole.doubts)),
        ("within", ", ".join(whole.attachments)),
    ):
        if said:
            click.echo(safe(f"{name + ':':<11}{said}"))
    click.echo()
    marks = dict(zip(whole.page_starts, range(1, len(whole.page_starts) + 1), strict=True))
    pieces = sorted({start, *(mark for mark in marks if start < mark < end), end})
    for begin, stop in pairwise(pieces):
        if begin in marks:
            number = marks[begin]
            click.echo(safe(f"--- {page_name(number, whole.folio(number))} ---"))
        width = min(100, shutil.get_terminal_size().columns)
        click.echo("\n".join(safe(line) for line in text_lines(whole, begin, stop, width)))


def _span(span: str, length: int) -> tuple[int, int]:
    if not span:
        return 0, length
    first, _, last = span.partition("-")
    if not (first.isdigit() and last.isdigit() and int(first) < int(last) <= length):
        raise NotInLibrary(f"{span!r} is no part of that document; give START-END up to {length}")
    return int(first), int(last)


@click.command()
@click.argument("documents", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(context: click.Context, documents: tuple[str, ...], yes: bool) -> None:
    """Take DOCUMENTS (ids or their beginnings) out of the library."""
    from ui.terminal import safe

    with workspace(context) as opened:
        entries = [opened.library.entry(opened.library.resolve(one)) for one in documents]
        for entry in entries:
            if not yes:
                click.confirm(safe(f"Remove {citation_line(entry.source)}?"), abort=True, err=True)
            opened.library.remove(entry.id)
            click.echo(safe(f"removed: {citation_line(entry.source)}"))
        opened.indexes.update()
