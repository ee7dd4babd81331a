"""Zotero's own export (RDF/XML), read: the only one that says which file belongs to which item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.references.reference import Broken, Name, Reference, date_of, doi_in

_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "z": "http://www.zotero.org/namespaces/export#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "bib": "http://purl.org/net/biblio#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "link": "http://purl.org/rss/1.0/modules/link/",
    "prism": "http://prismstandard.org/namespaces/1.2/basic/",
}
_RDF = f"{{{_SPACES['rdf']}}}"
_KINDS = {
    "report": "report", "webpage": "webpage", "blogPost": "post-weblog", "forumPost": "post",
    "journalArticle": "article-journal", "magazineArticle": "article-magazine",
    "newspaperArticle": "article-newspaper", "preprint": "article", "book": "book",
    "bookSection": "chapter", "conferencePaper": "paper-conference", "thesis": "thesis",
    "statute": "legislation", "bill": "bill", "case": "legal_case", "hearing": "hearing",
    "dataset": "dataset", "manuscript": "manuscript", "presentation": "speech",
    "email": "personal_communication", "letter": "personal_communication", "standard": "standard",
    "computerProgram": "software",
}  # fmt: skip
# Nodes beside the items: files, notes, collections, and what items refer to.
_NO_ITEMS = {"Attachment", "Memo", "Collection", "Journal", "Series"}


def read_zotero_rdf(content: bytes) -> tuple[list[Reference], list[Broken]]:
    """Return the references of an export, and the items without title and address.

    Raises ReadError for what is no XML, and for XML with a document type: an export has none.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ReadError(
            "damaged",
            tr("the RDF cannot be read from line {line} on; export it again", line=error.lineno),
        ) from error
    if root.getroottree().docinfo.doctype or root.tag != f"{_RDF}RDF":
        raise ReadError("unsupported", tr("this is no RDF as Zotero exports it"))
    nodes = {one.get(f"{_RDF}about"): one for one in root if one.get(f"{_RDF}about")}
    references, broken = [], []
    for node in root:
        if not isinstance(node.tag, str) or etree.QName(node).localname in _NO_ITEMS:
            continue
        found = _reference(node, nodes)
        if found.title or found.url:
            references.append(found)
        else:
            broken.append(Broken(int(node.sourceline or 0), "the item has no title and no address"))
    return references, broken


def _reference(node: Any, nodes: dict[str, Any]) -> Reference:
    kind = _KINDS.get(_text(node, "z:itemType"), "")
    if not kind:
        kind = {"Article": "article-journal", "Report": "report", "Book": "book"}.get(
            etree.QName(node).localname, "document"
        )
    part_of = _first(node, "dcterms:isPartOf")
    within: Any = None
    if part_of is not None:
        within = nodes.get(part_of.get(f"{_RDF}resource"))
        within = part_of[0] if within is None and len(part_of) else within
    identifiers = " ".join(
        "".join(one.itertext()) for owner in (node, within) if owner is not None
        for one in owner.findall("dc:identifier", _SPACES)
    )  # fmt: skip
    address = _text(node, "dc:identifier/dcterms:URI/rdf:value")
    about = str(node.get(f"{_RDF}about") or "")
    return Reference(
        kind=kind,
        title=_text(node, "dc:title"),
        authors=tuple(_authors(node)),
        publisher=_text(node, "dc:publisher/foaf:Organization/foaf:name"),
        container=_text(within, "dc:title"),
        issued=date_of(_text(node, "dc:date")),
        accessed=date_of(_text(node, "dcterms:dateSubmitted")),
        url=address or (about if about.startswith(("http://", "https://")) else ""),
        doi=doi_in(identifiers),
        language=_text(node, "z:language"),
        number=_text(node, "prism:number"),
        volume=_text(node, "prism:volume") or _text(within, "prism:volume"),
        issue=_text(within, "prism:number"),
        pages=_text(node, "bib:pages"),
        key=_text(node, "z:citationKey"),
        files=tuple(_files(node, nodes)),
        line=int(node.sourceline or 0),
    )


def _authors(node: Any) -> Iterator[Name]:
    for person in node.findall("bib:authors/rdf:Seq/rdf:li/foaf:Person", _SPACES):
        family, given = _text(person, "foaf:surname"), _text(person, "foaf:givenName")
        if family or given:
            yield Name(family, given) if family and given else Name(literal=family or given)


def _files(node: Any, nodes: dict[str, Any]) -> Iterator[str]:
    for link in node.findall("link:link", _SPACES):
        attachment = nodes.get(link.get(f"{_RDF}resource"))
        if attachment is not None:
            path = _first(attachment, "rdf:resource")
            if path is not None and path.get(f"{_RDF}resource"):
                yield str(path.get(f"{_RDF}resource"))


def _first(node: Any, path: str) -> Any:
    return node.find(path, _SPACES) if node is not None else None


def _text(node: Any, path: str) -> str:
    found = _first(node, path)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


__all__ = ["read_zotero_rdf"]
