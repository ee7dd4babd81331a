"""How a document was read: what was left out of its text and what is doubtful."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.document import Document, LeftOut


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """How one file was read, under which path and document id.

    `left_out` is what the file holds and the text does not, `doubts` are questions that only a
    person can decide, `language` is an ISO 639 code ("" unknown), `ocr_pages` are the pages read by
    OCR, `attachments` the names of the documents that the file holds.
    """

    path: str
    document: str
    title: str
    published: str = ""
    language: str = ""
    left_out: tuple[LeftOut, ...] = ()
    doubts: tuple[str, ...] = ()
    ocr_pages: tuple[int, ...] = ()
    attachments: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[LeftOut, ...]:
        """What was left out and may matter: with any of it, the file was not read in full."""
        return tuple(one for one in self.left_out if one.missed)


def extraction_report_of(path: str, document: Document) -> ExtractionReport:
    """Return the report on a document that was read from `path`."""
    source = document.source
    return ExtractionReport(
        path,
        document.id,
        source.title,
        source.published,
        document.language,
        document.left_out,
        document.doubts,
        document.ocr_pages,
        document.attachments,
    )
