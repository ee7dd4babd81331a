"""Attachments: the documents within a document, read one by one from the file that holds them."""

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
from index.ocr_ingest import has_scans, part_by_ocr, with_advice

# Each of these failures may use up the limits of a whole file; after so many the rest is skipped.
_MOST_FAILURES = 3
_FAILURES = frozenset({"crashed", "too_slow", "too_much_memory"})


def attachments(
    sandbox: Sandbox, file: Path, carrier: Document, *, ocr: bool = False
) -> Iterator[ReadDocument | LeftOut]:
    """Yield each document within `carrier`, which was read from `file`, or that it was left out.

    Its location is the carrier's and its name there. A publisher or date that it does not state is
    taken from the carrier: who sent a report, and when. Each of its passages names the carrier. At
    most `MOST_PARTS` are read, `DEEPEST_PART` deep; what cannot be read is left out, and why.
    With `ocr` pages without text are recognised.
    """
    waiting: deque[tuple[Document, tuple[str, ...]]] = deque(
        (carrier, (name,)) for name in carrier.attachments
    )
    count = failures = 0
    while waiting:
        if count == MOST_PARTS or failures == _MOST_FAILURES:
            yield LeftOut("attachments", len(waiting), f"after the first {count}")
            return
        carrier_here, names = waiting.popleft()
        path = " › ".join(names)
        if len(names) > DEEPEST_PART:
            yield LeftOut("attachments", 1, f"{path}: too deep within others")
            continue
        count += 1
        heading = f"{names[-1]}, attached to “{carrier_here.source.title}”"
        found = sandbox.read_part(file, names, heading)
        if ocr and has_scans(found):
            found = part_by_ocr(sandbox, file, names, heading) or found
        if isinstance(found, ReadError):
            failures += found.reason in _FAILURES
            yield LeftOut(
                "attachments",
                1,
                tr("{name}: {reason}", name=path, reason=with_advice(found, tried=ocr)),
            )
            continue
        document, passages = found
        if not passages:
            yield LeftOut(
                "attachments",
                1,
                tr("{name}: {reason}", name=path, reason=tr("this file holds no text")),
            )
            continue
        outer, inner = carrier_here.source, document.source
        source = replace(
            inner,
            location=f"{outer.location}{WITHIN}{names[-1]}",
            publisher=inner.publisher or outer.publisher,
            published=inner.published or outer.published,
            theme=inner.theme or outer.theme,
            fetched=inner.fetched or outer.fetched,
        )
        document = replace(document, source=source)
        yield document, passages
        within = [(document, (*names, name)) for name in document.attachments]
        waiting.extendleft(reversed(within))


__all__ = ["attachments"]
