"""The formats of references by name and suffix: what is read, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import ReadError, UsageError
from corpus.i18n import tr
from corpus.references.reference import Broken, Reference

# Suffixes by format; ".csl.json" is told before ".json".
READ = (".bib", ".ris", ".csl.json", ".rdf")
WRITTEN = ("bib", "ris", "csl.json")
# The largest export known to us has 20,000 references in 30 MB.
_MOST = 60_000_000


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """What a file of references holds: its references, and what of it could not be read."""

    path: Path
    references: tuple[Reference, ...]
    broken: tuple[Broken, ...]


def is_reference_file(path: Path) -> bool:
    """Say whether a file is one of references, by its name."""
    return path.name.lower().endswith(READ)


def format_of_name(name: str) -> str:
    """Return which of WRITTEN a file name asks for; "" for none of them."""
    return next((form for form in WRITTEN if name.lower().endswith(f".{form}")), "")


def read_references(path: Path) -> ReferenceFile:
    """Return what a .bib, .ris, .rdf or .json file holds.

    Raises ReadError: "missing", "too_large", "unsupported" (another format, or no CSL-JSON),
    "damaged" (nothing of it can be read).
    """
    name = path.name.lower()
    try:
        with path.open("rb") as file:
            content = file.read(_MOST + 1)
    except OSError as error:
        raise ReadError(
            "missing", tr("{path} cannot be read ({reason})", path=path, reason=error.strerror)
        ) from error
    if len(content) > _MOST:
        raise ReadError(
            "too_large",
            tr("{path} is larger than {size} MB; export fewer references", path=path,
               size=_MOST // 1_000_000),
        )  # fmt: skip
    if name.endswith(".rdf"):
        from corpus.references.zotero_rdf import read_zotero_rdf

        references, broken = read_zotero_rdf(content)
    elif name.endswith(".bib"):
        from corpus.references.bibtex import read_bibtex

        references, broken = read_bibtex(_decoded(content))
    elif name.endswith(".ris"):
        from corpus.references.ris import read_ris

        references, broken = read_ris(_decoded(content))
    elif name.endswith(".json"):
        from corpus.references.csl import read_csl

        references, broken = read_csl(_decoded(content))
    else:
        raise ReadError(
            "unsupported",
            tr("{path} is no list of references; those are read: {formats}", path=path,
               formats=".bib, .ris, .json, .rdf"),
        )  # fmt: skip
    return ReferenceFile(path, tuple(references), tuple(broken))


def _decoded(content: bytes) -> str:
    """Return a text in UTF-8, or in UTF-16 with its mark, or else in Windows-1252 (or Latin-1)."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def written(references: Sequence[Reference], form: str) -> bytes:
    """Return references as a file of one of WRITTEN, in UTF-8; raises UsageError."""
    if form == "bib":
        from corpus.references.bibtex import bibtex_of as maker
    elif form == "ris":
        from corpus.references.ris import ris_of as maker
    elif form == "csl.json":
        from corpus.references.csl import csl_of as maker
    else:
        raise UsageError(
            tr("no format {form} for references; use one of: {formats}", form=repr(form),
               formats=", ".join(f".{one}" for one in WRITTEN))
        )  # fmt: skip
    return maker(references).encode("utf-8", "replace")


__all__ = [
    "READ",
    "WRITTEN",
    "ReferenceFile",
    "format_of_name",
    "is_reference_file",
    "read_references",
    "written",
]
