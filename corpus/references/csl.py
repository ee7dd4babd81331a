"""CSL-JSON, read and written: what citation processors, Zotero and Pandoc exchange.

https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpus.references.reference import (
    Broken,
    Name,
    Reference,
    bare_doi,
    date_of,
    storable,
)

# The types of CSL 1.0.2. https://docs.citationstyles.org/en/stable/specification.html
KINDS = frozenset(
    """article article-journal article-magazine article-newspaper bill book broadcast chapter
    classic collection dataset document entry entry-dictionary entry-encyclopedia event figure
    graphic hearing interview legal_case legislation manuscript map motion_picture musical_score
    pamphlet paper-conference patent performance periodical personal_communication post
    post-weblog regulation report review review-book software song speech standard thesis treaty
    webpage""".split()
)
_TEXTS = {
    "title": "title", "publisher": "publisher", "container": "container-title", "url": "URL",
    "doi": "DOI", "language": "language", "number": "number", "volume": "volume",
    "issue": "issue", "pages": "page",
}  # fmt: skip


def read_csl(text: str) -> tuple[list[Reference], list[Broken]]:
    """Return the references of a file (a list, one item, or {"items": [...]}), and broken items."""
    references, broken = [], []
    for line, item, why in _items(text):
        if isinstance(item, Mapping) and (item.get("title") or item.get("URL") or item.get("DOI")):
            references.append(reference_from(item, line))
        else:
            broken.append(Broken(line, why or "it is no object with a title or an address"))
    return references, broken


def looks_like_csl(text: str) -> bool:
    """Say whether a JSON text is a list of references: objects with a `type` of CSL."""
    first = next((item for _, item, _ in _items(text)), None)
    return isinstance(first, Mapping) and str(first.get("type")) in KINDS and "title" in first


def _items(text: str) -> Iterator[tuple[int, Any, str]]:
    """Yield (line, item or None, why it is none) of each; a broken one harms no other."""
    decoder = json.JSONDecoder()
    listed = re.compile(r"\s*(?:\{\s*\"items\"\s*:\s*)?\[\s*").match(text)
    place = listed.end() if listed else len(text) - len(text.lstrip())
    while place < len(text) and text[place] not in "]":
        line = text.count("\n", 0, place) + 1
        try:
            item, end = decoder.raw_decode(text, place)
            yield line, item, ""
        except (ValueError, RecursionError) as error:
            # Also a number of thousands of digits.
            at = getattr(error, "lineno", line)
            yield line, None, f"it is no JSON from line {at} on"
            following = re.compile(r"\}\s*,\s*(?=[{\"])").search(text, place)
            if following is None:
                return
            end = following.end()
        after = re.compile(r"[\s,]*").match(text, end)
        place = after.end() if after else end
        if not listed:
            return


def reference_from(item: Mapping[str, Any], line: int = 0) -> Reference:
    """Return the reference that an item of CSL-JSON states."""
    texts: dict[str, Any] = {name: _text(item.get(there)) for name, there in _TEXTS.items()}
    kind = str(item.get("type") or "document")
    return Reference(
        kind=kind if kind in KINDS else "document",
        authors=tuple(_names(item.get("author") or item.get("editor"))),
        issued=_date(item.get("issued")),
        accessed=_date(item.get("accessed")),
        key=_text(item.get("citation-key") or item.get("id")),
        line=line,
        **{**texts, "doi": bare_doi(texts["doi"])},
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    text = storable(str(value)) if isinstance(value, str | int | float) else ""
    # Markup that CSL allows in titles.
    return " ".join(re.sub(r"</?(?:i|b|sub|sup|span)\b[^>]*>", "", text).split())


def _names(value: Any) -> Iterator[Name]:
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, Mapping):
            continue
        particle = _text(one.get("non-dropping-particle"))
        family = " ".join(filter(None, (particle, _text(one.get("family")))))
        given = " ".join(
            filter(None, (_text(one.get("given")), _text(one.get("dropping-particle"))))
        )
        if family and given:
            yield Name(family, given)
        elif literal := _text(one.get("literal")) or family or given:
            yield Name(literal=literal)


def _date(value: Any) -> str:
    if not isinstance(value, Mapping):
        return date_of(_text(value))
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        numbers = [str(one).strip() for one in parts[0]]
        if all(re.fullmatch(r"\d+", one) for one in numbers):
            return date_of("-".join(numbers))
    return date_of(_text(value.get("raw") or value.get("literal")))


def item_of(reference: Reference) -> dict[str, Any]:
    """Return a reference as an item of CSL-JSON; what is unknown is left out."""
    item: dict[str, Any] = {"id": reference.key, "type": reference.kind}
    item |= {there: text for name, there in _TEXTS.items() if (text := getattr(reference, name))}
    if reference.authors:
        item["author"] = [
            {"literal": one.literal} if one.literal else {"family": one.family, "given": one.given}
            for one in reference.authors
        ]
    for name in ("issued", "accessed"):
        if date := getattr(reference, name):
            item[name] = {"date-parts": [[int(part) for part in date.split("-")]]}
    return item


def csl_of(references: Sequence[Reference]) -> str:
    """Return references as a CSL-JSON file."""
    return json.dumps([item_of(one) for one in references], ensure_ascii=False, indent=1) + "\n"


__all__ = ["KINDS", "csl_of", "item_of", "looks_like_csl", "read_csl", "reference_from"]
