"""Markdown: front matter for what it says of itself, and the text as it would be shown."""

from __future__ import annotations

import re
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.readers.blocks import Blocks, clean
from corpus.readers.dates import parse_date, stated_date
from corpus.readers.markup import add_markup

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
# The first that is there counts. A page republished by another says when it first appeared.
_DATES = ("original_published", "published", "publication_date", "date_published", "date")
_PUBLISHERS = ("publisher", "source_name", "organization", "site_name", "site")
_ADDRESS = re.compile(r"!\[([^\]]*)\]\([^)]*\)")


def read_markdown(text: str, location: str) -> Document:
    """Return the text of a Markdown file, tables as rows, raw HTML in it included.

    Raises ReadError("empty") where nothing is left to read.
    """
    from lxml import html as lxml_html
    from markdown_it import MarkdownIt

    front, body = _front_matter(text)
    body = _ADDRESS.sub(r"\1", body)
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    blocks = Blocks()
    html = rendered.render(body)
    if html.strip():
        add_markup(blocks, lxml_html.fragment_fromstring(html, create_parent="div"))
    if not blocks.length:
        raise ReadError("empty", "this file holds no text")
    content = blocks.text()
    title = clean(str(front.get("title") or "")) or blocks.first_heading
    return blocks.document(
        Source(
            title=title or clean(content.split("\n")[0])[:120],
            location=location,
            publisher=clean(next((str(front[key]) for key in _PUBLISHERS if front.get(key)), "")),
            published=_published(front) or stated_date(content),
            kind="markdown",
        )
    )


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter's values and the text after it; unreadable front matter is text."""
    import yaml

    found = _FRONT.match(text)
    if not found:
        return {}, text
    try:
        values = yaml.safe_load(found[1])
    except yaml.YAMLError:
        return {}, text
    return (values, text[found.end() :]) if isinstance(values, dict) else ({}, text)


def _published(front: dict[str, Any]) -> str:
    for key in _DATES:
        if front.get(key) and (iso := parse_date(str(front[key]))):
            return iso
    return ""
