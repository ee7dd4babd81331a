"""Answers, passages and tables as lines of a terminal."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from assistant.answer import Answer, Citation, Claim
from assistant.checking.problems import in_words
from corpus.cells import rows_in
from corpus.citation_line import citation_line
from corpus.document import Document, LeftOut, page_list
from corpus.extraction_report import ExtractionReport
from corpus.ocr import advice, installed
from corpus.table import Table
from index.evidence import Evidence, Newer

if TYPE_CHECKING:
    from assistant.draft_check import CheckedSentence
    from index.folder_sync import SyncReport
    from index.ingest import Report

# Control characters of a document must not move the cursor or retitle the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Lines of each list of a report of what was added.
_LISTED = 20


def safe(text: str) -> str:
    """Return `text` without characters that a terminal obeys."""
    return _CONTROL.sub("", text)


def wrapped(text: str, *, indent: str = "") -> str:
    """Return `text` wrapped to the terminal, at most 100 columns."""
    width = min(100, shutil.get_terminal_size().columns)
    return textwrap.fill(
        safe(text), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def checked_lines(sign: str, one: CheckedSentence) -> Iterator[str]:
    """Yield a checked sentence of a draft: verdict, problems, and the words offered for it."""
    yield wrapped(f"{sign}  {one.text}")
    for problem in one.problems:
        yield wrapped(problem.said, indent="        ")
    if one.citation:
        yield wrapped(citation_line(one.citation.source, one.citation.page_name), indent="      > ")
        yield wrapped(f"“{_short(one.citation.words)}”", indent="        ")


def answer_lines(answer: Answer) -> Iterator[str]:
    """Yield an answer as paragraphs: the sentences with their markers, then the sources."""
    if answer.standalone:
        yield wrapped(f"Searched as: {answer.standalone}") + "\n"
    if answer.outcome == "declined":
        yield from _declined_lines(answer)
        return
    labels = answer.labels
    if answer.bullets:
        yield from (wrapped(_claim_text(claim, labels), indent="- ") for claim in answer.claims)
    else:
        yield wrapped(" ".join(_claim_text(claim, labels) for claim in answer.claims))
    if answer.later:
        yield "\nA newer document changes this:"
        yield from (wrapped(one.labelled(labels), indent="  ") for one in answer.later)
    if answer.calculation:
        yield "\n" + wrapped(f"Calculated: {answer.calculation}")
    if answer.notice:
        yield ""
        yield from map(wrapped, answer.notice.split("\n"))
    if answer.not_found:
        yield "\nNot found in the library:"
        yield from (wrapped(part, indent="  - ") for part in answer.not_found)
        yield wrapped(f"Searched: {'; '.join(answer.searches)}", indent="  ")
    if answer.usage and answer.usage.answer_tokens:
        yield "\n" + wrapped(usage_line(answer))
    yield from _source_lines(answer)


def _declined_lines(answer: Answer) -> Iterator[str]:
    """Yield why nothing is answered, the sentences that come closest, and where they stand."""
    yield from map(wrapped, (answer.notice or "Not found in the library.").split("\n"))
    if answer.searches:
        yield wrapped(f"Searched: {'; '.join(answer.searches)}")
    if answer.nearest:
        yield ""
        yield from (wrapped(one.labelled(answer.labels), indent="  ") for one in answer.nearest)
    yield from _source_lines(answer)


def _source_lines(answer: Answer) -> Iterator[str]:
    if answer.cited:
        yield "\nSources:"
    for citation in answer.cited:
        yield from _citation_lines(citation, answer.labels[citation.number])


def _claim_text(claim: Claim, labels: Mapping[int, str]) -> str:
    doubts, said = in_words(claim.problems), claim.labelled(labels)
    if claim.verdict != "supported":
        return f"{said} ({claim.verdict}: {doubts})"
    return f"{said} ({doubts})" if doubts else said


def usage_line(answer: Answer) -> str:
    """Return what an answer took: tokens, dollars where a price was set, seconds."""
    usage = answer.usage
    if usage is None or usage.answer_tokens is None:
        return f"{answer.seconds.get('total', 0.0):.1f} s"
    cost = f", ${usage.cost:.4f}" if usage.cost is not None else ""
    tokens = f"{usage.prompt_tokens or 0:,} + {usage.answer_tokens:,} tokens"
    return f"{answer.engine}: {tokens}{cost}, {answer.seconds.get('total', 0.0):.1f} s"


def _short(quote: str) -> str:
    return quote if len(quote) < 400 else quote[:400] + " …"


def _citation_lines(citation: Citation, label: str) -> Iterator[str]:
    yield wrapped(f"[{label}] {citation_line(citation.source, citation.page_name)}")
    yield wrapped(f"“{_short(citation.words)}”", indent="    ")
    yield from _newer_line(citation.newer, "    ")


def _newer_line(newer: Newer | None, indent: str) -> Iterator[str]:
    if newer:
        yield wrapped(
            f"A later version is in the library: {citation_line(newer.source)}", indent=indent
        )


def evidence_lines(found: Sequence[Evidence]) -> Iterator[str]:
    """Yield passages as found, each with why it ranked there."""
    for one in found:
        yield wrapped(f"{one.label}. {citation_line(one.source, one.passage.page_name)}")
        yield wrapped(f"{one.why}; {one.passage.id}", indent="   ")
        yield from _newer_line(one.newer, "   ")
        said = {row.start - one.passage.start: row.said for row in one.rows if not row.is_head}
        for start, end in one.passage.parts() if said else [(0, len(one.passage.text))]:
            yield wrapped(said.get(start, one.passage.text[start:end]), indent="   ")
        yield ""


def review_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a memo looked at again shows: findings, and the lines hit by each source."""
    for one in found["findings"]:
        accepted = f" (accepted: {one['accepted']})" if one["accepted"] else ""
        yield wrapped(f"{one['severity']}  {one['rule']} at {one['where']}{accepted}")
        yield wrapped(one["advice"], indent="        ")
    for one in found["sources"]:
        yield wrapped(f"{one['change']}: {one['title']}: {one['detail']}")
        for where, text in zip(one["where"], one["texts"], strict=True):
            yield wrapped(f"{where}  {text}", indent="        ")
    for name in found["altered"]:
        yield wrapped(f"altered since it was packed: {name}")
    yield (
        f"{len(found['findings'])} findings; {found['standing']} of {found['citations']} citations "
        f"stand in their documents; {len(found['sources'])} sources changed"
    )


def report_lines(report: Report, *, ocr: bool = False) -> Iterator[str]:
    """Yield what became of files that were to be added, and what of them was not read.

    `ocr`: pages without text were to be recognised, which is then not advised again.
    """
    for name, paths in (
        ("added", report.added),
        ("replaced", report.replaced),
        ("said anew of the same text", report.updated),
        ("unchanged", report.unchanged),
    ):
        if paths:
            yield f"{name}: {len(paths)}"
    if report.duplicates:
        yield f"same content as another: {len(report.duplicates)}"
        for twin in report.duplicates:
            found = f" ({twin.location})" if twin.location else ""
            yield wrapped(f"{twin.path}: the same as {twin.title}{found}", indent="  ")
    for name, refusals in (("refused", report.refused), ("left out", report.left_out)):
        if refusals:
            yield f"{name}: {len(refusals)}"
            for one in refusals:
                yield wrapped(f"{one.path}: {one.message}", indent="  ")
    yield from _account_lines(report.accounts, ocr=ocr)
    yield f"{report.passages} passages in {report.seconds:.1f} seconds"


def sync_lines(report: SyncReport, *, ocr: bool = False) -> Iterator[str]:
    """Yield what became of the files of a folder that is kept in step."""
    if report.trial:
        yield "nothing was done; a run without --dry-run would do this:"
    for name, places in (
        ("added", report.added.added if report.trial else ()),
        ("replaced", report.added.replaced if report.trial else ()),
        ("renamed", [f"{old} is now {new}" for old, new in report.renamed]),
        ("removed", report.removed),
        ("removed by hand, and out until they change", report.held_back),
        ("being written, and left for later", report.waiting),
    ):
        yield from listed(name, places)
    if report.unchanged:
        yield f"unchanged: {report.unchanged}"
    if report.trial:
        return
    lines = [*report_lines(report.added, ocr=ocr)]
    if report.added.passages or len(lines) > 1:
        yield from lines
    else:
        yield f"{report.seconds:.1f} seconds"


def _account_lines(accounts: Sequence[ExtractionReport], *, ocr: bool) -> Iterator[str]:
    """Yield how documents were read: not in full, with doubts, without a date, in which language.

    Lists of more than `_LISTED` are cut; `--json` has them whole.
    """
    for name, told in (
        ("not read in full", [(one.path, "; ".join(map(str, one.missed))) for one in accounts]),
        ("read by OCR", [(one.path, page_list(one.ocr_pages)) for one in accounts]),
        ("documents within", [(one.path, ", ".join(one.attachments)) for one in accounts]),
        ("doubtful", [(one.path, "; ".join(one.doubts)) for one in accounts]),
    ):
        yield from listed(name, [f"{path}: {said}" for path, said in told if said])
    if any("published:" in doubt for one in accounts for doubt in one.doubts):
        yield "to settle a date: briefing add FILE --published YYYY-MM-DD"
    scans = any(left.kind == "pages without text" for one in accounts for left in one.left_out)
    if scans and not (ocr and installed()):
        yield wrapped(advice())
    yield from listed(
        "without a date of publication", [one.path for one in accounts if not one.published]
    )
    furniture: Counter[str] = Counter()
    for one in accounts:
        for left in one.left_out:
            if not left.missed:
                furniture[left.kind] += left.places
    if furniture:
        left_out = ", ".join(str(LeftOut(kind, count)) for kind, count in furniture.most_common())
        yield wrapped(f"left out as no part of what they say: {left_out}")
    languages = Counter(one.language or "not told" for one in accounts)
    if set(languages) - {"en"}:
        yield "languages: " + ", ".join(f"{one} {count}" for one, count in languages.most_common())


def listed(name: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield how many lines there are and the first of them; nothing where there are none."""
    if lines:
        yield f"{name}: {len(lines)}"
        yield from (wrapped(line, indent="  ") for line in lines[:_LISTED])
        if len(lines) > _LISTED:
            yield f"  and {len(lines) - _LISTED} more; --json names them"


def cut_to_cells(line: str, width: int) -> str:
    """Return as much of a line as fits into so many columns of a terminal."""
    return set_cell_size(line, width).rstrip()


_GAP = "  "


def text_lines(document: Document, start: int, end: int, width: int) -> Iterator[str]:
    """Yield the lines of document.text[start:end], tables as columns at most `width` wide.

    Rows that stand there without their head get it; a table that is wider is told row by row, each
    value after the head of its column.
    """
    at = start
    for table in document.tables:
        first, last = max(table.start, at), min(table.end, end)
        if first >= last:
            continue
        if before := document.text[at:first].removesuffix("\n"):
            yield from before.split("\n")
        yield from _table_lines(document, table, first, last, width)
        # The line break behind a row is the row's.
        at = last + document.text.startswith("\n", last)
    if at < end:
        yield from document.text[at:end].split("\n")


def _table_lines(
    document: Document, table: Table, start: int, end: int, width: int
) -> Iterator[str]:
    text = document.text
    first, last = table.row_at(start) or 0, table.row_at(end - 1) or 0
    shown = range(first, last + 1)
    heads = range(table.head_rows) if first >= table.head_rows else range(first, table.head_rows)
    rows = [
        [table.value(text, row, column) for column in range(len(table.cells[row]))]
        for row in sorted({*heads, *shown})
    ]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        for one in rows_in(document, start, end):
            yield text[one.start : one.end] if one.is_head else one.said
        return
    for number, row in enumerate(rows):
        yield _GAP.join(map(set_cell_size, row, widths)).rstrip()
        if heads and number == len(heads) - 1:
            yield _GAP.join("-" * most for most in widths)
