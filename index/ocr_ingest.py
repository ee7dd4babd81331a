"""OCR at ingestion: pages without text are recognised, then the file is read with them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TypeVar

from corpus import ocr
from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.sandbox import ReadDocument, Sandbox

_Step = TypeVar("_Step")


def has_scans(read: ReadDocument | ReadError) -> bool:
    """Say whether a file that was read, or refused, has pages that OCR might read."""
    if isinstance(read, ReadError):
        return read.reason == "needs_ocr"
    return "pages without text" in read[0].left_out_counts


def read_by_ocr(
    sandbox: Sandbox,
    file: Path,
    title: str,
    step_of: Callable[[int, int, int], _Step],
    *,
    part: Sequence[str] = (),
    heading: str = "",
) -> Generator[_Step, None, ReadDocument | ReadError | None]:
    """Recognise the pages without text of a file, yielding what is told of each ahead of it.

    `step_of` is given the page, and how many of how many are done. Returns the file read with them,
    why it cannot be read, or None where nothing was recognised. `title`, `part` and `heading` are
    as in `Sandbox.read_many` and `Sandbox.read_part`.
    """
    pages = sandbox.scanned_pages(file, part)
    rows: dict[int, list[ocr.Row]] = {}
    for done, page in enumerate(pages):
        yield step_of(page, done, len(pages))
        scan = sandbox.scan(file, page, part)
        found = ocr.recognise(scan) if scan else []
        if found:
            rows[page] = found
    return sandbox.read_recognised(file, rows, title, part, heading) if rows else None


def with_advice(refused: ReadError, *, tried: bool) -> ReadError:
    """Return why a file was refused; of one without text, what would help on this machine.

    `tried`: it was to be recognised already.
    """
    if refused.reason != "needs_ocr":
        return refused
    if not ocr.installed():
        return ReadError(
            "needs_ocr",
            tr(
                "this PDF holds no text; if it is a scan, OCR reads it once Tesseract is "
                "installed ({how}): then add it with OCR",
                how=ocr.INSTALL,
            ),
        )
    if tried:
        return ReadError("empty", tr("this PDF holds no text, and OCR found no words on its pages"))
    return refused


def part_by_ocr(
    sandbox: Sandbox, file: Path, part: Sequence[str], heading: str
) -> ReadDocument | ReadError | None:
    """Return a document within `file` as `read_by_ocr` reads it, once it is done."""
    work = read_by_ocr(sandbox, file, "", lambda *_: None, part=part, heading=heading)
    while True:
        try:
            next(work)
        except StopIteration as end:
            read: ReadDocument | ReadError | None = end.value
            return read


__all__ = ["has_scans", "part_by_ocr", "read_by_ocr", "with_advice"]
