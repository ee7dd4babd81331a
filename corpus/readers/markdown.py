"""Markdown: front matter for what it says of itself, and the text as it would be shown."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, FileReader
from corpus.i18n import tr
from corpus.readers.blocks import Blocks, clean
from corpus.readers.charsets import decoded
from corpus.readers.dates import parse_date, source_dates
from corpus.readers.filings import named_publisher, publisher_of_address
from corpus.readers.hidden import remove_hidden
from corpus.readers.markup import add_markup, fragment_of
from corpus.readers.page_metadata import real_publisher, real_title

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
# As MultiMarkdown and Pelican write it.
_PLAIN_FRONT = re.compile(
    r"\A(?=(?:[^\n]{1,200}\n){0,9}?title:)(?:[A-Za-z][\w -]{0,30}:[ \t]+\S[^\n]*\n){2,20}(?=\s*\n)",
    re.IGNORECASE,
)
_PUBLISHERS = ("publisher", "sourcename", "organization", "sitename", "site", "source")
_ADDRESSES = ("sourceurl", "canonicalurl", "canonical", "originalurl", "url", "source", "link")
# Headings that name a part and not the document.
_PART = re.compile(
    r"^(?:table of )?contents$|"
    r"^\W*\d*[\W\d]*(?:model )?(?:introduction|overview|information|release)$",
    re.IGNORECASE,
)
# "2025-01-28-deepseek.md": the name that blog engines give a post states its date.
_POST = re.compile(r"^((?:19|20)\d\d-[01]\d-[0-3]\d)-\D")
# Signs that open emphasis, links and the like. A run of text with more of them is no prose: the
# parser looks for the end of each, which takes 38 s for a megabyte of "[".
_SIGNS = re.compile(r"[\[\]*_`~<!&#]")
_MOST_SIGNS = 2_000
# Many short blocks of signs ("#", line after line) cost as much. A stretch of which over a quarter
# is such marks is not parsed at all.
# Tags and rules of dashes are not counted: whole tables are written with them.
_MARKS = re.compile(r"[\[\]()*_`~#!&\\]|[-+>] |<(?![A-Za-z/!])")
_STRETCH = 4000
_MOST_MARKS = 0.25


def read_markdown(text: str, location: str) -> Document:
    """Return the text of a Markdown file, tables as rows, raw HTML in it included.

    Raises ReadError("empty") where nothing is left to read.
    """
    from markdown_it import MarkdownIt

    front, body = _front_matter(text)
    body = _NOTE.sub(r"[\1] ", _with_all_cells(_without_addresses(body)))
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    rendered.core.ruler.at("inline", _inline)
    blocks = Blocks()
    for part, dense in _parts(body):
        if dense:
            blocks.rows(part.splitlines())
            continue
        html = rendered.render(part)
        if not html.strip():
            continue
        fragment = fragment_of(html)
        blocks.leave_out("hidden text", remove_hidden(fragment))
        add_markup(blocks, fragment)
    if not blocks.length:
        raise ReadError("empty", tr("this file holds no text"))
    publisher = _publisher(front) or named_publisher(blocks.text())
    return blocks.document(
        Source(
            title=real_title(clean(front.get("title", "")), publisher) or _title(blocks, location),
            location=location,
            publisher=publisher,
            kind="markdown",
            theme=clean(front.get("theme", "")),
            **source_dates(
                blocks,
                "markdown",
                said=front,
                language=front.get("lang") or front.get("language", ""),
                otherwise=_posted(location),
            ),
        )
    )


# "Depth: 7 metres", line after line.
_PAIRS = re.compile(r"[^\W_][^:\n]{0,38}:[ \t]+\S[^\n]*(?:\n[^\W_][^:\n]{0,38}:[ \t]+\S[^\n]*)+")
# "10^25^", "H~2~O", "the mill[^2]" and the note's own line, as Pandoc and GitHub write them.
_RAISED = re.compile(r"\^([^\s^]{1,20})\^(?![\w^])")
# "$10^{25}$", as TeX writes it.
_POWER = re.compile(r"\$?(?<![\d.,])(\d[\d.,]{0,20})\^\{([-+−]?\d{1,9})\}\$?")
_LOWERED = re.compile(r"(?<=\w)~([^\s~]{1,10})~(?!~)")
_NOTED = re.compile(r"(?<=\S)\[\^[^\]\s]{1,40}\]")
_NOTE = re.compile(r"^\[\^([^\]\s]{1,40})\]:[ \t]*", re.MULTILINE)


def _with_marks(children: list[Any]) -> list[Any]:
    """Return the parts of a text with raised and lowered letters as such, without notes' marks."""
    from markdown_it.token import Token

    parts: list[Any] = []
    for place, child in enumerate(children):
        # "214 [1](https://…)" is not "214 1".
        if (
            re.fullmatch(r"\d{1,3}", child.content)
            and place
            and (
                children[place - 1].type == "link_open" and children[place + 1].type == "link_close"
            )
        ):
            child.content = f"[{child.content}]"
        if child.type != "text" or not re.search(r"\^|~", child.content):
            parts.append(child)
            continue
        text = escape(_POWER.sub(r"\1^\2", _NOTED.sub("", child.content)))
        text = _LOWERED.sub(r"<sub>\1</sub>", _RAISED.sub(r"<sup>\1</sup>", text))
        parts.append(Token("html_inline", "", 0, content=text))
    return parts


_RULER = re.compile(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"(?<!`)`[^`\n]+`(?!`)")


def _with_all_cells(text: str) -> str:
    """Return `text` with each table as wide as its widest row: what is beyond its head is dropped.

    A bar within code parts no cells where the row has too many of them.
    """
    lines = text.split("\n")
    place, fenced = 1, False
    while place < len(lines):
        fenced ^= lines[place - 1].lstrip().startswith(("```", "~~~"))
        if fenced or "|" not in lines[place] or not _RULER.match(lines[place]):
            place += 1
            continue
        ruler, width = place, _width(lines[place])
        widest = width
        while (place := place + 1) < len(lines) and "|" in lines[place]:
            if _width(lines[place]) > width:
                lines[place] = _CODE.sub(lambda code: _BAR.sub(r"\|", code[0]), lines[place])
            widest = max(widest, _width(lines[place]))
        if widest > width == _width(lines[ruler - 1]):
            for one, cell in ((ruler - 1, " |"), (ruler, "---|")):
                line = lines[one].rstrip()
                lines[one] = line + "|" * (not line.endswith("|")) + cell * (widest - width)
    return "\n".join(lines)


def _width(line: str) -> int:
    return len(_BAR.findall(line.strip().strip("|"))) + 1


def _without_addresses(text: str) -> str:
    """Return `text` with pictures replaced by their alternative text: "![a mill](mill.png)"."""
    parts, done, closing = [], 0, -1
    while (start := text.find("![", done)) >= 0:
        # The next end is the same for all that open before it: it is looked for once.
        closing = closing if closing >= start else text.find("](", start)
        words = text.find("]", start)
        after = text.find(")", closing) if closing == words else -1
        if words < 0 or (closing == words and after < 0):
            break
        if closing == words:
            parts += [text[done:start], text[start + 2 : words]]
            done = after + 1
        else:
            parts.append(text[done : words + 1])
            done = words + 1
    return "".join([*parts, text[done:]])


def _inline(state: Any) -> None:
    """Parse the inline text of each block, but of one that is nothing but signs."""
    from markdown_it.token import Token

    for token in state.tokens:
        if token.type != "inline":
            continue
        if len(_SIGNS.findall(token.content)) > _MOST_SIGNS:
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)
            token.children = _with_marks(token.children)
            if _PAIRS.fullmatch(token.content):
                for child in token.children:
                    child.type = "hardbreak" if child.type == "softbreak" else child.type


def _parts(text: str) -> list[tuple[str, bool]]:
    """Return the text in parts that follow each other, each with whether it is all but marks.

    Such a part is to be read as it stands. Other Markdown is a single part.
    """
    if len(text) < _STRETCH:
        return [(text, False)]
    parts: list[tuple[list[str], bool]] = []
    start = 0
    while start < len(text):
        # A line is never cut.
        end = text.find("\n", start + _STRETCH - 1) + 1 or len(text)
        stretch = text[start:end]
        start = end
        seen = len(stretch) - sum(map(stretch.count, " \n\t"))
        dense = len(_MARKS.findall(stretch)) > max(_MOST_MARKS * seen, _STRETCH / 10)
        if parts and parts[-1][1] == dense:
            parts[-1][0].append(stretch)
        else:
            parts.append(([stretch], dense))
    return [("".join(stretches), dense) for stretches, dense in parts]


def _title(blocks: Blocks, location: str) -> str:
    """Return the first heading, or the file's name where that only names a part."""
    heading = blocks.first_heading
    if heading and not _PART.match(heading):
        return heading
    name = re.sub(r"[_-]+", " ", Path(location).stem.replace("__", " ")).strip()
    return name or heading


def _publisher(front: dict[str, str]) -> str:
    """Return the publisher; the key of another system ("federal_register") names none."""
    for key in _PUBLISHERS:
        name = real_publisher(clean(front.get(key, "")))
        if name and "://" not in name and "_" not in name:
            return name
    addresses = (front.get(key, "") for key in _ADDRESSES)
    return next((publisher_of_address(one) for one in addresses if "://" in one), "")


def _posted(location: str) -> str:
    name = _POST.match(Path(location).name)
    return parse_date(name[1]) if name else ""


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the values of the front matter (keys folded to letters) and the text after it.

    A page that was republished may carry two, one after the other; the first to say a thing counts.
    Front matter that is no YAML is text.
    """
    import yaml

    values: dict[str, str] = {}
    if plain := _PLAIN_FRONT.match(text):
        pairs = (line.partition(":") for line in plain[0].strip().splitlines())
        values = {re.sub(r"[^a-z]", "", key.lower()): value.strip() for key, _, value in pairs}
        text = text[plain.end() :]
    while found := _FRONT.match(text):
        try:
            block = yaml.safe_load(found[1])
        except yaml.YAMLError:
            break
        if not isinstance(block, dict):
            break
        for key, value in block.items():
            values.setdefault(re.sub(r"[^a-z]", "", str(key).lower()), str(value or ""))
        text = text[found.end() :].lstrip()
    return values, text


MARKDOWN = FileReader(
    words=OUR_WORDS["markdown"],
    suffixes=(".md", ".markdown"),
    types={"text/markdown": ".md"},
    read=lambda data, location, _: read_markdown(decoded(data), location),
    imports=("markdown_it.*", "yaml.*"),
)
