"""What a careful person wants to know of a document that went in: what of it was not read."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.document import Document, LeftOut


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """How one file was read: under which path and document id, and what is open about it.

    `left_out` is what the file holds and the text does not, `doubts` what only a person can settle,
    `language` an ISO 639 code ("" untold), `ocr_pages` the pages recognised from pictures,
    `attachments` the documents that the file holds.
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
        """What of it may be part of what the document says: it was not read in full."""
        return tuple(one for one in self.left_out if one.missed)


def extraction_report_of(path: str, document: Document) -> ExtractionReport:
    """Return the account of a document that was read from `path`."""
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
