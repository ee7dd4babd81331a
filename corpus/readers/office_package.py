"""The parts of an Office file: XML in an archive, each part naming others by relationships."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from lxml import etree

Element = Any

_SCHEMAS = "http://schemas.openxmlformats.org"
_PREFIXES = {
    f"{_SCHEMAS}/wordprocessingml/2006/main": "w",
    f"{_SCHEMAS}/officeDocument/2006/math": "m",
    f"{_SCHEMAS}/officeDocument/2006/relationships": "r",
    f"{_SCHEMAS}/drawingml/2006/main": "a",
    f"{_SCHEMAS}/drawingml/2006/chart": "c",
    f"{_SCHEMAS}/drawingml/2006/diagram": "dgm",
    f"{_SCHEMAS}/drawingml/2006/picture": "pic",
    f"{_SCHEMAS}/drawingml/2006/wordprocessingDrawing": "wp",
    f"{_SCHEMAS}/drawingml/2006/spreadsheetDrawing": "xdr",
    f"{_SCHEMAS}/presentationml/2006/main": "p",
    f"{_SCHEMAS}/spreadsheetml/2006/main": "x",
    f"{_SCHEMAS}/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "http://schemas.microsoft.com/office/drawing/2010/main": "a14",
    "http://schemas.microsoft.com/office/drawing/2014/chartex": "cx",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/powerpoint/2018/8/main": "p188",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc",
}
_NAMESPACES = {prefix: space for space, prefix in _PREFIXES.items()}
# The strict form of the standard (ISO/IEC 29500-1) has namespaces of its own for the same names.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")


class _Names(dict[str, str]):
    """Tags as they come from the parser to their short names."""

    def __missing__(self, tag: str) -> str:
        space, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        # A file may make up names without end.
        if len(self) > 10_000:
            self.clear()
        self[tag] = f"{_PREFIXES[space]}:{local}" if space in _PREFIXES else local
        return self[tag]


_names = _Names()


def name(element: Element) -> str:
    """Return an element's name with its usual prefix ("w:p"), or bare outside what is known."""
    return _names[element.tag]


@lru_cache(maxsize=2_000)
def qualified(short: str) -> str:
    """Return a name with its usual prefix ("w:val") as the parser writes it."""
    prefix, _, local = short.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def attribute(element: Element, short: str) -> str | None:
    """Return the attribute of an element by its name with prefix, None without one."""
    value = element.get(qualified(short))
    return None if value is None else str(value)


def child(element: Element, *path: str) -> Element | None:
    """Return the first descendant along a path of names, None where a step is missing."""
    for short in path:
        element = element.find(qualified(short))
        if element is None:
            return None
    return element


def children(element: Element, short: str) -> list[Element]:
    """Return what lies in the first child of a name, nothing without one."""
    found = element.find(qualified(short))
    return [] if found is None else list(found)


def descendants(element: Element | None, short: str) -> Iterator[Element]:
    """Yield every descendant of a name, and the element itself where it has it, in order."""
    if element is not None:
        yield from element.iter(qualified(short))


def chosen_alternative(alternatives: Element) -> Element:
    """Return the one of several forms of the same content (mc:AlternateContent) to read."""
    forms = [one for one in alternatives if len(one)]
    return forms[0] if forms else alternatives


def parsed(data: bytes) -> Element:
    """Return the root of an XML part; raises ValueError for what no Office program writes.

    Entities are not resolved, and depth and size of a text are limited by the parser.
    """
    root = etree.fromstring(_plain(data), _parser())
    if root.getroottree().docinfo.doctype:
        raise ValueError("a part with a document type")
    return root


def _plain(data: bytes) -> bytes:
    """Return a part with the namespaces that nearly every file has."""
    if b"purl.oclc.org" not in data[:4_000]:
        return data
    return _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", data)


def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )


def each(data: bytes, *shorts: str) -> Iterator[Element]:
    """Yield the elements of some names from a part, one after the other, each gone after use.

    Raises ValueError as `parsed` does.
    """
    for _, element in etree.iterparse(
        io.BytesIO(_plain(data)), tag=[qualified(short) for short in shorts],
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True,
    ):  # fmt: skip
        if element.getroottree().docinfo.doctype:
            raise ValueError("a part with a document type")
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


class Package:
    """An Office file: its parts by name, and what each part names by a relationship."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {one.lower().lstrip("/"): one for one in archive.namelist()}
        self._relations: dict[str, dict[str, tuple[str, str, bool]]] = {}
        self._taken: set[str] = set()

    def has(self, part: str) -> bool:
        """Say whether a part is there."""
        return part.lower() in self._names

    def data(self, part: str) -> bytes:
        """Return a part's bytes; raises KeyError without it."""
        return self._archive.read(self._names[part.lower()])

    def xml(self, part: str) -> Element | None:
        """Return the root of a part, None without it."""
        return parsed(self.data(part)) if part and self.has(part) else None

    def once(self, part: str) -> Element | None:
        """Return the root of a part the first time it is asked for, then None.

        What a file places ten thousand times over is read once.
        """
        if part in self._taken:
            return None
        self._taken.add(part)
        return self.xml(part)

    @property
    def main(self) -> str:
        """The part that holds the document; raises KeyError without one."""
        for kind, target, external in self._related("").values():
            if kind == "officeDocument" and not external and self.has(target):
                return target
        # Files put together by hand have no relationship to it.
        for part in ("word/document.xml", "ppt/presentation.xml", "xl/workbook.xml"):
            if self.has(part):
                return part
        raise KeyError("no document")

    def target(self, part: str, relation: str | None) -> str:
        """Return the part, or the address, that a part means by an id; "" without it."""
        return self._related(part).get(relation or "", ("", "", False))[1]

    def targets(self, part: str, kind: str) -> list[str]:
        """Return the parts of a kind ("footnotes") that a part names."""
        return [
            target
            for one, target, external in self._related(part).values()
            if one == kind and not external
        ]

    def first(self, part: str, kind: str) -> Element | None:
        """Return the root of the first part of a kind that a part names, None without one."""
        return next((self.xml(target) for target in self.targets(part, kind)), None)

    def _related(self, part: str) -> dict[str, tuple[str, str, bool]]:
        if part in self._relations:
            return self._relations[part]
        folder, _, file = part.rpartition("/")
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found = {}
        for one in root if root is not None else ():
            external = one.get("TargetMode") == "External"
            target = str(one.get("Target", ""))
            if not external:
                target = unquote(target)
                joined = target if target.startswith("/") else posixpath.join("/", folder, target)
                target = posixpath.normpath(joined).lstrip("/")
            kind = str(one.get("Type", "")).rpartition("/")[2]
            found[str(one.get("Id", ""))] = (kind, target, external)
        self._relations[part] = found
        return found

    def properties(self) -> dict[str, str]:
        """Return what the file says of itself: "title", "created", "modified", where it does."""
        root = self.first("", "core-properties")
        if root is None:
            root = self.xml("docProps/core.xml")
        return {
            name(one): str(one.text).strip() for one in (root if root is not None else ())
            if one.text
        }  # fmt: skip
