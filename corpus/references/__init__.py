"""References as programs for literature exchange them: BibTeX, RIS, CSL-JSON, Zotero's RDF."""

from __future__ import annotations

from corpus.references.formats import (
    READ,
    WRITTEN,
    ReferenceFile,
    format_of_name,
    read_references,
    written,
)
from corpus.references.reference import Broken, Name, Reference

__all__ = [
    "READ",
    "WRITTEN",
    "Broken",
    "Name",
    "Reference",
    "ReferenceFile",
    "format_of_name",
    "read_references",
    "written",
]
