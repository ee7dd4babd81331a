"""A memo as a Pandoc document: a tree of values, never markup, so that no text is interpreted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from assistant.answer import Citation
from assistant.checking.problems import in_words
from assistant.memo.values import GAP, JUDGMENT, Finding, Line, Memo, Section
from corpus.page_names import SHORT, page_name

Node = dict[str, Any]
# The version of Pandoc's JSON that this is written in (pandoc-types 1.23).
_API = [1, 23, 1]
_MARKED = {GAP: "Gap for the analyst: ", JUDGMENT: "Judgment: "}
_PARAGRAPHS = ("bluf", "summary")


def pandoc(memo: Memo, figure: str = "") -> Node:
    """Return the whole memo; `figure` is the path or address of the timeline's image."""
    title = f"Briefing memo: {memo.topic}"
    blocks = [_head(memo)]
    if memo.notice:
        blocks.append(paragraph(words_of(memo.notice)))
    for section in memo.sections:
        blocks += _section(section, memo, figure)
    meta = {
        "title": {"t": "MetaInlines", "c": words_of(title)},
        "pagetitle": {"t": "MetaInlines", "c": words_of(title)},
        "lang": {"t": "MetaString", "c": "en"},
    }
    return tree_of(blocks, meta)


def tree_of(blocks: list[Node], meta: Node) -> Node:
    """Return blocks and what is said about them as a document that Pandoc takes."""
    return {"pandoc-api-version": _API, "meta": meta, "blocks": blocks}


def titled(memo: Memo) -> Node:
    """Return the memo for a format that has no title: it is the first heading, the others below."""
    tree = pandoc(memo)
    blocks = [_lower(block) for block in tree["blocks"]]
    title = {"t": "Header", "c": [1, ["memo", [], []], tree["meta"]["title"]["c"]]}
    return {**tree, "blocks": [title, *blocks]}


def _lower(block: Node) -> Node:
    if block["t"] != "Header":
        return block
    level, *rest = block["c"]
    return {"t": "Header", "c": [level + 1, *rest]}


def _head(memo: Memo) -> Node:
    library = memo.library
    rows = [
        ("Subject", memo.topic),
        ("For", memo.audience),
        ("Date", memo.created),
        ("Evidence as of", memo.as_of or "the library as it is"),
        ("Library", f"{library.get('documents', 0)} documents, "
         f"{library.get('passages', 0):,} passages"),
        ("Written by", memo.engine),
        ("Form", memo.template),
    ]  # fmt: skip
    cells = [[_strong(name), words_of(value)] for name, value in rows if value]
    return table((), cells, widths=(0.2, 0.8))


def _section(section: Section, memo: Memo, figure: str) -> list[Node]:
    heading = {"t": "Header", "c": [1, [section.key, [], []], words_of(section.heading)]}
    lines = [_inlines(line, memo) for line in section.lines]
    blocks: list[Node] = [heading]
    if section.key in _PARAGRAPHS or section.shows:
        blocks += [paragraph(one) for one in lines]
    elif lines:
        blocks.append({"t": "BulletList", "c": [[{"t": "Plain", "c": one}] for one in lines]})
    shown = {
        "timeline": lambda: _timeline(memo, figure),
        "figures": lambda: _figures(memo),
        "disputes": lambda: _disputes(memo),
        "sources": lambda: _sources(memo),
        "log": lambda: _log(memo),
    }
    if section.shows in shown:
        blocks += shown[section.shows]()
    return blocks


def _inlines(line: Line, memo: Memo) -> list[Node]:
    claim = line.claim
    parts: list[Node] = []
    if mark := _MARKED.get(line.role):
        parts += [*_strong(mark.strip()), _SPACE]
    before, after = said_by(line)
    if before:
        parts += [{"t": "Emph", "c": words_of(before)}, _SPACE]
    parts += words_of(claim.text)
    parts += _notes((*claim.citations, *claim.offered), memo)
    if after:
        parts += [_SPACE, {"t": "Emph", "c": words_of(after)}]
    if claim.verdict != "supported":
        parts += [_SPACE, *words_of(f"[{claim.verdict}: {in_words(claim.problems)}]")]
    return parts


def said_by(line: Line) -> tuple[str, str]:
    """Return what stands before and after a sentence to say who says it; "" for nothing.

    Whom the sentence itself names is not named again.
    """
    if not line.speaker:
        return "", ""
    if line.speaker.casefold() in line.claim.text.casefold():
        return "", f"({line.kind})" if line.kind else ""
    return f"{line.speaker}{f' ({line.kind})' if line.kind else ''}:", ""


def _notes(numbers: Iterable[int], memo: Memo) -> list[Node]:
    known = {one.number: one for one in memo.citations}
    notes: list[Node] = []
    for number in numbers:
        if number in known:
            if notes:
                # "2, 3" and not "23".
                notes.append({"t": "Superscript", "c": words_of(",")})
            notes.append({"t": "Note", "c": [paragraph(_source(known[number]))]})
    return notes


def _source(citation: Citation) -> list[Node]:
    """Return a note: publisher, title, date, page, the quoted words, the address."""
    source = citation.source
    page = page_name(citation.page, citation.folio, SHORT)
    parts = [source.publisher, source.title, source.published or "no date", page]
    inlines = words_of(", ".join(part for part in parts if part) + f": “{citation.words}” ")
    if "://" in source.location:
        link = [["", [], []], words_of(source.location), [source.location, ""]]
        return [*inlines, {"t": "Link", "c": link}]
    return [*inlines, *words_of(f"({source.location.rpartition('/')[2]})")]


def _timeline(memo: Memo, figure: str) -> list[Node]:
    if not memo.events:
        return []
    rows = [
        [
            words_of(one.date),
            [*words_of(one.text), *_notes(one.citations, memo)],
            [
                inline
                for other, number in one.others
                for inline in [*words_of(other), *_notes((number,), memo)]
            ],
        ]
        for one in memo.events
    ]
    found = table(("Date", "Event", "Other dates given"), rows, widths=(0.16, 0.66, 0.18))
    if not figure:
        return [found]
    alternative = words_of("Timeline of the events in the table below")
    image = {"t": "Image", "c": [["", [], [["width", "100%"]]], alternative, [figure, ""]]}
    return [paragraph([image]), found]


def _figures(memo: Memo) -> list[Node]:
    rows = [
        [
            words_of(one.quantity), [*words_of(one.shown), *_notes((one.citation,), memo)],
            words_of(one.unit), words_of(one.as_of), words_of(one.speaker),
        ]
        for one in memo.figures
    ]  # fmt: skip
    heads = ("Quantity", "Value", "Unit", "As of", "Who says so")
    return [table(heads, rows, widths=(0.34, 0.17, 0.12, 0.16, 0.21))] if rows else []


def _disputes(memo: Memo) -> list[Node]:
    blocks: list[Node] = []
    for place, one in enumerate(memo.disputes, start=1):
        update = " (an update, no disagreement)" if one.update else ""
        heading = words_of(f"{one.about}{update}")
        blocks.append({"t": "Header", "c": [2, [f"dispute-{place}", [], []], heading]})
        rows = [
            [
                [*words_of(side.shown), *_notes((side.citation,), memo)], words_of(side.text),
                words_of(side.speaker), words_of(side.published), words_of(side.counts),
            ]
            for side in one.sides
        ]  # fmt: skip
        heads = ("Says", "In the words", "Who", "Published", "What it counts")
        blocks.append(table(heads, rows, widths=(0.15, 0.38, 0.14, 0.16, 0.17)))
    return blocks


def _sources(memo: Memo) -> list[Node]:
    title_of = {one.document: one.source.title for one in memo.sources}
    rows = []
    for place, one in enumerate(memo.sources, start=1):
        remarks = [one.reason]
        if one.graded:
            remarks.append(f"graded {one.graded}")
        if one.origin != one.document:
            remarks.append(f"same origin as {title_of.get(one.origin, one.origin)}")
        if one.newer:
            remarks.append(f"later version: {one.newer}")
        if one.speakers:
            remarks.append(f"speakers: {', '.join(one.speakers)}")
        about = ", ".join(part for part in (one.source.publisher, one.source.title) if part)
        grade = f"{one.reliability}{one.credibility}"
        rows.append(
            [words_of(str(place)), words_of(about), words_of(one.source.published or "no date"),
             words_of(grade), words_of("; ".join(remarks))]
        )  # fmt: skip
    heads = ("No.", "Source", "Date", "Grade", "Why, and who speaks")
    return [table(heads, rows, widths=(0.07, 0.35, 0.16, 0.1, 0.32))] if rows else []


def _log(memo: Memo) -> list[Node]:
    cited = [line.claim for one in memo.sections for line in one.lines if line.claim.citations]
    verdicts = ", ".join(
        f"{sum(claim.verdict == verdict for claim in cited)} {verdict}"
        for verdict in ("supported", "weak", "unsupported")
    )
    said = (
        f"{len(cited)} cited sentences were checked against their passages: {verdicts}. "
        "A verdict says what the cited words contain, not what is true."
    )
    blocks = [paragraph(words_of(said))]
    if memo.findings:
        rows = [
            [
                words_of(one.severity),
                words_of(one.rule),
                words_of(one.where),
                words_of(_advice(one)),
            ]
            for one in memo.findings
        ]
        heads = ("Severity", "Rule", "Place", "What to do")
        blocks.append(table(heads, rows, widths=(0.12, 0.22, 0.2, 0.46)))
    else:
        blocks.append(paragraph(words_of("The linter found nothing.")))
    ids = ", ".join(one.document for one in memo.sources)
    if ids:
        blocks.append(paragraph(words_of(f"Documents by the hash of their text: {ids}.")))
    return blocks


def _advice(finding: Finding) -> str:
    accepted = f" (accepted: {finding.accepted})" if finding.accepted else ""
    return f"{finding.advice}{accepted}"


_SPACE: Node = {"t": "Space"}


def words_of(text: str) -> list[Node]:
    """Return a text as inline values: words and spaces."""
    inlines: list[Node] = []
    for word in text.split():
        inlines += [{"t": "Str", "c": word}, _SPACE]
    if inlines and not text[-1:].isspace():
        inlines.pop()
    return inlines


def _strong(text: str) -> list[Node]:
    return [{"t": "Strong", "c": words_of(text)}]


def paragraph(inlines: list[Node]) -> Node:
    """Return inline values as a paragraph."""
    return {"t": "Para", "c": inlines}


def table(
    heads: Sequence[str], rows: Sequence[Sequence[list[Node]]], widths: Sequence[float]
) -> Node:
    """Return a table with column widths as shares of the page; no `heads` is no head row."""
    attributes: list[Any] = ["", [], []]
    left = {"t": "AlignLeft"}

    def row(cells: Iterable[list[Node]]) -> list[Any]:
        return [
            attributes,
            [[attributes, left, 1, 1, [{"t": "Plain", "c": cell}]] for cell in cells],
        ]

    columns = [[left, {"t": "ColWidth", "c": width}] for width in widths]
    head = [attributes, [row([words_of(one) for one in heads])] if heads else []]
    body = [attributes, 0, [], [row(cells) for cells in rows]]
    caption: list[Any] = [None, []]
    return {"t": "Table", "c": [attributes, caption, columns, head, [body], [attributes, []]]}
