"""RIS files, read and written: the format of EndNote, Zotero and library catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import rispy
from rispy.config import LIST_TYPE_TAGS

from corpus.references.reference import Broken, Name, Reference, bare_doi, date_of

_KINDS = {
    "RPRT": "report", "GOVDOC": "report", "ELEC": "webpage", "WEB": "webpage", "ICOMM": "webpage",
    "BLOG": "post-weblog", "JOUR": "article-journal", "EJOUR": "article-journal", "JFULL":
    "article-journal", "MGZN": "article-magazine", "NEWS": "article-newspaper", "BOOK": "book",
    "EBOOK": "book", "EDBOOK": "book", "WHOLE": "book", "CHAP": "chapter", "ECHAP": "chapter",
    "CONF": "paper-conference", "CPAPER": "paper-conference", "THES": "thesis", "STAT":
    "legislation", "LEGAL": "legislation", "BILL": "bill", "HEAR": "hearing", "CASE": "legal_case",
    "DATA": "dataset", "DBASE": "dataset", "UNPB": "manuscript", "INPR": "article",
    "PCOMM": "personal_communication", "COMP": "software", "GEN": "document", "STAND": "standard",
}  # fmt: skip
_TYPES = {
    "report": "RPRT", "webpage": "ELEC", "post-weblog": "BLOG", "post": "BLOG", "article": "INPR",
    "article-journal": "JOUR", "article-magazine": "MGZN", "article-newspaper": "NEWS",
    "book": "BOOK", "chapter": "CHAP", "paper-conference": "CPAPER", "thesis": "THES",
    "legislation": "STAT", "bill": "BILL", "hearing": "HEAR", "legal_case": "CASE",
    "dataset": "DATA", "manuscript": "UNPB", "personal_communication": "PCOMM",
    "software": "COMP", "standard": "STAND",
}  # fmt: skip
_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9])\s{1,3}-(?:\s|$)(.*)$")
# What may stand several times beside the tags that rispy lists.
_SEVERAL = [*LIST_TYPE_TAGS, "L1", "L2", "L3", "L4"]
# An address that holds a semicolon is one address.
_NO_DELIMITERS: dict[str, str] = {}


class _Writer(rispy.RisWriter):  # type: ignore[misc]
    """Writes records alone; by itself rispy puts a record's number before it."""

    def set_header(self, count: int) -> str:
        """Return what stands before a record."""
        return ""


def read_ris(text: str) -> tuple[list[Reference], list[Broken]]:
    """Return the references of a file, and the records that could not be read.

    A value may go on in the lines below it. A record without its end (ER) ends where the next one
    begins.
    """
    references, broken = [], []
    for line, kind, lines in _records(text):
        if not kind:
            broken.append(Broken(line, "these lines stand before the first TY  - of a record"))
            continue
        found = rispy.loads(
            "\n".join([*lines, "ER  - "]),
            list_tags=_SEVERAL,
            delimiter_tags_mapping=_NO_DELIMITERS,
        )
        if not found or len(found[0]) < 2:
            broken.append(Broken(line, "the record holds nothing but its type"))
            continue
        references.append(_reference(kind, found[0], line))
    return references, broken


def _records(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield (line, type, lines with tags as the format writes them) of each record.

    The type is "" for lines with tags outside of a record.
    """
    begin, kind = 0, ""
    lines: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        tag = _TAG.match(raw.lstrip() if _TAG.match(raw.lstrip()) else raw)
        if tag and tag[1] in ("TY", "ER"):
            if lines:
                yield begin, kind, lines
            begin, kind, lines = number, "", []
            if tag[1] == "TY":
                kind = tag[2].strip().upper() or "GEN"
                lines = [f"TY  - {kind}"]
            continue
        if tag:
            begin = begin if lines else number
            lines.append(f"{tag[1]}  - {tag[2].strip()}")
        elif raw.strip() and lines:
            lines.append(raw.strip())
    if lines:
        yield begin, kind, lines


def _reference(kind: str, record: Mapping[str, Any], line: int) -> Reference:
    def said(*names: str) -> str:
        for name in names:
            value = record.get(name) or ""
            text = " ".join(str(value[0] if isinstance(value, list) else value).split())
            if text:
                return text
        return ""

    urls = [str(one).strip() for one in record.get("urls", ())]
    files = [str(one).strip() for tag in ("file_attachments1", "file_attachments2", "figure")
             for one in record.get(tag, ())]  # fmt: skip
    web = [one for one in (*urls, *files) if re.match(r"https?://", one, re.IGNORECASE)]
    found = _KINDS.get(kind, "document")
    authors = record.get("authors") or record.get("first_authors") or ()
    end = said("end_page")
    number = said("number")
    return Reference(
        kind=found,
        title=said("title", "primary_title"),
        authors=tuple(_name(str(one)) for one in authors if str(one).strip()),
        publisher=said("publisher"),
        container=said("secondary_title", "alternate_title3", "journal_name", "alternate_title2"),
        issued=max(
            (date_of(said(name)) for name in ("date", "year", "publication_year")), key=len
        ),
        accessed=date_of(said("access_date")),
        url=web[0] if web else "",
        doi=bare_doi(said("doi")),
        language=said("language"),
        number=said("type_of_work") if found == "report" and not number else
        number if found in ("report", "legislation", "bill") else "",
        volume=said("volume"),
        issue="" if found in ("report", "legislation", "bill") else number,
        pages=f"{said('start_page')}-{end}" if end else said("start_page"),
        key=said("id", "label"),
        files=tuple(one for one in files if one not in web),
        line=line,
    )  # fmt: skip


def _name(said: str) -> Name:
    family, comma, given = said.strip().partition(",")
    return Name(family.strip(), given.strip()) if comma else Name(literal=family.strip())


def ris_of(references: Sequence[Reference]) -> str:
    """Return references as a RIS file, UTF-8."""
    return str(rispy.dumps([_record(one) for one in references], implementation=_Writer))


def _record(one: Reference) -> dict[str, Any]:
    start, _, end = one.pages.partition("-")
    year = one.issued[:4]
    # "2025/01/28/": what is not known stays empty between the slashes.
    day = "/".join([*one.issued.split("-"), "", "", ""][:4]) if one.issued else ""
    record: dict[str, str | list[str]] = {
        "type_of_reference": _TYPES.get(one.kind, "GEN"),
        "id": one.key,
        "title": one.title,
        "authors": [_written(name) for name in one.authors],
        "secondary_title": one.container,
        "publisher": one.publisher,
        "year": year,
        "date": day,
        "access_date": one.accessed.replace("-", "/"),
        "urls": [one.url] if one.url else [],
        "doi": one.doi,
        "language": one.language,
        "number": one.number or one.issue,
        "volume": one.volume,
        "start_page": start,
        "end_page": end,
    }
    return {
        name: [_line(part) for part in value] if isinstance(value, list) else _line(value)
        for name, value in record.items()
        if value
    }


def _written(name: Name) -> str:
    return name.literal or ", ".join(filter(None, (name.family, name.given)))


def _line(text: str) -> str:
    return " ".join(text.split())


__all__ = ["read_ris", "ris_of"]
