"""The sources of a memo, an answer or a library as references, for other programs to cite."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from assistant.answer import Citation
from assistant.memo.values import Behind, Memo
from corpus.catalogue import Entry
from corpus.document import Source
from corpus.references import Reference, written
from corpus.references.reference import date_of
from corpus.starter.public_sources import STARTER, public_sources

# What a source is, by the format it was read from, and by who publishes law under an address.
_KINDS = {
    "pdf": "report", "html": "webpage", "email": "personal_communication", "table": "dataset",
    "slides": "speech",
}  # fmt: skip
_LAW = (
    "federalregister.gov", "ecfr.gov", "govinfo.gov", "eur-lex.europa.eu", "legislation.gov.uk",
    "regulations.gov",
)  # fmt: skip
_BILLS = ("congress.gov",)
_PAPERS = ("arxiv.org",)
# Words that a short title is not made of.
_SMALL = frozenset("a an the of on in for to and or by with from at as its their under".split())


def references_of(
    sources: Iterable[tuple[str, Source]], known: Mapping[str, Reference] | None = None
) -> list[Reference]:
    """Return a reference with a citation key for each (document id, source), each document once.

    `known` are references by place: what lists of references state beside the source, which itself
    goes before them. Keys are made of publisher, year and title, and are the same in every export.
    """
    described = known or {}
    found = {
        document: _reference(source, described.get(source.location))
        for document, source in dict(sources).items()
    }
    return _keyed(found)


def references_of_memo(memo: Memo, known: Mapping[str, Reference] | None = None) -> list[Reference]:
    """Return the sources that a memo cites, in the order of their first citation.

    Of a brief of ours the public sources stand that it retells, as far as they are cited.
    """
    described = known or {}
    behind = {one.document: one.behind for one in memo.sources}
    found: dict[str, Reference] = {}
    for cited in sorted(memo.citations, key=lambda one: one.number):
        public = [
            one
            for one in behind.get(cited.document, ())
            if cited.number in one.citations and one.title
        ]
        for one in public:
            found.setdefault(f"{one.address} {one.title}", _of_public(one))
        # Of a retelling whose public source is not known, it is cited itself.
        if not public:
            known_here = described.get(cited.source.location)
            found.setdefault(cited.document, _reference(cited.source, known_here))
    return _keyed(found)


def references_of_citations(
    citations: Sequence[Citation], known: Mapping[str, Reference] | None = None
) -> list[Reference]:
    """Return the sources of an answer, in the order of its citations."""
    return references_of(((one.document, one.source) for one in citations), known)


def references_of_library(
    entries: Sequence[Entry], known: Mapping[str, Reference] | None = None
) -> list[Reference]:
    """Return the documents of a library; in place of our briefs, the public sources they retell."""
    described = known or {}
    found: dict[str, Reference] = {}
    for entry in entries:
        public = public_sources(entry.source) if entry.source.publisher == STARTER else ()
        for one in public:
            behind = Behind(one.publisher, one.title, one.published, one.address, ())
            found.setdefault(f"{one.address} {one.title}", _of_public(behind))
        if not public:
            known_here = described.get(entry.source.location)
            found.setdefault(entry.id, _reference(entry.source, known_here))
    return _keyed(found)


def memo_sources(memo: Memo, form: str, known: Mapping[str, Reference] | None = None) -> bytes:
    """Return the sources of a memo as a file: "bib", "ris" or "csl.json"; raises UsageError."""
    return written(references_of_memo(memo, known), form)


def _of_public(one: Behind) -> Reference:
    source = Source(one.title, one.address, one.publisher, date_of(one.published), "html")
    return _reference(source, None)


def _reference(source: Source, known: Reference | None) -> Reference:
    """Return a source as a reference: what the library says goes before what a list stated."""
    on_web = source.location.startswith(("http://", "https://"))
    there = known or Reference(kind=_kind(source, on_web=on_web))
    # What a list calls the journal or the institution stays where it says the same.
    same = source.publisher in (there.publisher, there.container, there.issuer, "")
    return replace(
        there,
        title=source.title or there.title,
        publisher=there.publisher if same else source.publisher,
        container=there.container if same else "",
        issued=source.dated or there.issued,
        accessed=source.fetched or there.accessed,
        url=there.url or (source.location if on_web else ""),
        files=(),
    )


def _kind(source: Source, *, on_web: bool) -> str:
    host = (urlsplit(source.location).hostname or "") if on_web else ""

    def among(hosts: Sequence[str]) -> bool:
        return any(host == one or host.endswith(f".{one}") for one in hosts)

    if among(_LAW):
        return "legislation"
    if among(_BILLS):
        return "bill"
    if among(_PAPERS):
        return "article"
    return _KINDS.get(source.kind, "document")


def _keyed(found: Mapping[str, Reference]) -> list[Reference]:
    """Return references, each under a key of its own."""
    keys = {name: _bare_key(one.key) or _key(one) for name, one in found.items()}
    times: dict[str, int] = {}
    for key in keys.values():
        times[key.casefold()] = times.get(key.casefold(), 0) + 1
    # Of two that would be called the same, each has a mark of its own content, whatever else there
    # is: keys that are typed into a manuscript must stay.
    marked = {
        name: key if times[key.casefold()] == 1 else f"{key}-{_mark(name)}"
        for name, key in keys.items()
    }
    return [replace(one, key=marked[name]) for name, one in found.items()]


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _bare_key(key: str) -> str:
    return re.sub(r"[\s,{}()=\"'#%~\\]+", "", key)


def _key(one: Reference) -> str:
    """Return a key such as "bis2025exportControls": publisher, year, beginning of the title."""
    words = [word for word in _ascii(one.title).split() if word.casefold() not in _SMALL]
    short = "".join(word[:1].upper() + word[1:] for word in words[:2])[:30]
    author = one.authors[0].family or one.authors[0].literal if one.authors else ""
    named_so = _ascii(author or one.issuer).split()
    who = [word for word in named_so if word.casefold() not in _SMALL] or named_so
    named = "".join(who[:1] if author or len(who) == 1 else [word[0] for word in who[:6]])
    key = f"{named.casefold()[:20]}{one.issued[:4]}{short}"
    # Nothing of a title in another script is left: its mark stands for it.
    return key if re.search(r"[A-Za-z]", key) else f"source{one.issued[:4]}{_mark(one.title)}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^A-Za-z0-9]+", " ", letters).strip()


__all__ = [
    "memo_sources",
    "references_of",
    "references_of_citations",
    "references_of_library",
    "references_of_memo",
]
