"""The documents within a document: read one after the other from the file that holds them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from corpus.document import WITHIN, Document, LeftOut
from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.limits import DEEPEST_PART, MOST_PARTS
from corpus.sandbox import ReadDocument, Sandbox
from index.ocr_ingest import advised, has_scans, part_by_ocr

# Each of these takes what one file may take; after as many the rest of the file is left.
_MOST_FAILURES = 3
_FAILURES = frozenset({"crashed", "too_slow", "too_much_memory"})


def attachments(
    sandbox: Sandbox, file: Path, carrier: Document, *, ocr: bool = False
) -> Iterator[ReadDocument | LeftOut]:
    """Yield each document within `carrier`, which was read from `file`, or that it was left out.

    Its place is the carrier's and its name there. A publisher or a date that it does not state is
    the carrier's: who sent a report, and when. Every passage of it says what it was found in. At
    most `MOST_PARTS` are read, `DEEPEST_PART` deep; what cannot be read is left out, and why.
    With `ocr` pages without text are recognised.
    """
    waiting: deque[tuple[Document, tuple[str, ...]]] = deque(
        (carrier, (name,)) for name in carrier.attachments
    )
    read = failures = 0
    while waiting:
        if read == MOST_PARTS or failures == _MOST_FAILURES:
            yield LeftOut("attachments", len(waiting), f"after the first {read}")
            return
        around, names = waiting.popleft()
        shown = " › ".join(names)
        if len(names) > DEEPEST_PART:
            yield LeftOut("attachments", 1, f"{shown}: too deep within others")
            continue
        read += 1
        heading = f"{names[-1]}, attached to “{around.source.title}”"
        found = sandbox.read_part(file, names, heading)
        if ocr and has_scans(found):
            found = part_by_ocr(sandbox, file, names, heading) or found
        if isinstance(found, ReadError):
            failures += found.reason in _FAILURES
            yield LeftOut(
                "attachments",
                1,
                tr("{name}: {reason}", name=shown, reason=advised(found, tried=ocr)),
            )
            continue
        document, passages = found
        if not passages:
            yield LeftOut(
                "attachments",
                1,
                tr("{name}: {reason}", name=shown, reason=tr("this file holds no text")),
            )
            continue
        outer, own = around.source, document.source
        source = replace(
            own,
            location=f"{outer.location}{WITHIN}{names[-1]}",
            publisher=own.publisher or outer.publisher,
            published=own.published or outer.published,
            theme=own.theme or outer.theme,
            fetched=own.fetched or outer.fetched,
        )
        document = replace(document, source=source)
        yield document, passages
        within = [(document, (*names, name)) for name in document.attachments]
        waiting.extendleft(reversed(within))


__all__ = ["attachments"]
