"""Pictures in documents: image with what it shows in words, the table of the same, its sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from assistant.memo.pandoc_tree import Node, paragraph, table, words_of
from assistant.memo.values import Memo
from assistant.pictures.picture import Cell, Kind, Picture

# The shares of the page that the columns of each table have; who says what has as many columns as
# documents.
_WIDTHS = {
    Kind.TIMELINE: (0.16, 0.5, 0.34),
    Kind.RANGE: (0.17, 0.41, 0.16, 0.26),
    Kind.CHAIN: (0.15, 0.15, 0.42, 0.28),
    Kind.ORIGINS: (0.18, 0.32, 0.5),
}
_FIRST = 0.4
# What leads from a cell to its sources: the notes of a memo, the marks of an answer.
Marks = Callable[[Cell], list[Node]]


def picture_blocks(
    picture: Picture, marks: Marks, images: Mapping[Kind, str] | None = None
) -> list[Node]:
    """Return a picture as blocks: its image if there is one, its table, and a caption.

    `images` has the path or address of the image of each kind that is drawn.
    """
    blocks: list[Node] = []
    if image := (images or {}).get(picture.kind):
        blocks.append(_image(picture, image))
    rows = [[[*words_of(one.text), *marks(one)] for one in row] for row in picture.rows]
    blocks.append(table(picture.heads, rows, _widths(picture)))
    note = f" {picture.note}" if picture.note else ""
    blocks.append(paragraph([{"t": "Emph", "c": words_of(f"{picture.caption}{note}")}]))
    return blocks


def _widths(picture: Picture) -> Sequence[float]:
    if picture.kind in _WIDTHS:
        return _WIDTHS[picture.kind]
    rest = len(picture.heads) - 1
    return (_FIRST, *[(1 - _FIRST) / rest] * rest)


def with_pictures(
    tree: Node, memo: Memo, pictures: Sequence[Picture], images: Mapping[Kind, str]
) -> Node:
    """Return a memo's document with its pictures, each with its table, before the sources."""
    blocks = list(tree["blocks"])
    sources = _heading_of(blocks, ("notes", *_keys(memo, "sources")))
    place = len(blocks) if sources is None else sources
    level = 1 if sources is None else blocks[sources]["c"][0]
    for one in pictures:
        head = _heading(level, one.kind.value, one.name)
        found = [head, *picture_blocks(one, _notes, images)]
        blocks[place:place] = found
        place += len(found)
    return {**tree, "blocks": blocks}


def _keys(memo: Memo, shows: str) -> tuple[str, ...]:
    return tuple(one.key for one in memo.sections if one.shows == shows)


def _heading_of(blocks: Sequence[Node], anchors: Sequence[str]) -> int | None:
    """Return where the first heading with one of these anchors stands."""
    places = (
        place
        for place, one in enumerate(blocks)
        if one["t"] == "Header" and one["c"][1][0] in anchors
    )
    return next(places, None)


def _heading(level: int, anchor: str, text: str) -> Node:
    return {"t": "Header", "c": [level, [anchor, [], []], words_of(text)]}


def _image(picture: Picture, address: str) -> Node:
    alternative = words_of(f"{picture.name}: {picture.title}")
    node = {"t": "Image", "c": [["", [], [["width", "100%"]]], alternative, [address, ""]]}
    return paragraph([node])


def _notes(cell: Cell) -> list[Node]:
    """Return the raised number of the note that a cell's sentence has in a memo."""
    numbers = [one.citation for one in cell.points if one.citation is not None]
    return [
        {
            "t": "Superscript",
            "c": [
                {
                    "t": "Link",
                    "c": [["", [], [["role", "doc-noteref"]]], words_of(str(number)),
                          [f"#note-{number}", ""]],
                }
            ],
        }
        for number in numbers
    ]  # fmt: skip


def answer_blocks(
    pictures: Sequence[Picture], level: int, labels: Mapping[int, str] | None = None
) -> list[Node]:
    """Return the pictures of an answer as tables below headings of a level, for Markdown.

    `labels` are what the answer calls its citations, by number, where that is not the number.
    """
    named = labels or {}

    def marks(cell: Cell) -> list[Node]:
        numbers = [one.citation for one in cell.points if one.citation is not None]
        return words_of("".join(f" [{named.get(number, str(number))}]" for number in numbers))

    blocks: list[Node] = []
    for one in pictures:
        blocks.append(_heading(level, "", one.name))
        blocks += picture_blocks(one, marks)
    return blocks
