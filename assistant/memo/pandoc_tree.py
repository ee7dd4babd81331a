"""A memo as a Pandoc document: a tree of values, never markup, so that no text is interpreted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from assistant.checking.problems import in_words
from assistant.extractive_engine import ExtractiveEngine
from assistant.memo.contents import left_out, shown_lines, shown_sections
from assistant.memo.source_list import SourceEntry, grades_in_words, source_list
from assistant.memo.translation import worded
from assistant.memo.values import (
    GAP,
    JUDGMENT,
    PARAGRAPHS,
    Line,
    Memo,
    Section,
)
from corpus.page_names import SHORT, page_name
from corpus.translations import language_named

Node = dict[str, Any]
# The version of Pandoc's JSON that this is written in (pandoc-types 1.23).
_API = [1, 23, 1]
_MARKED = {GAP: "Not written yet, your judgment:", JUDGMENT: "Judgment:"}
_DRAFT = "Draft, not yet accepted:"
# What the sources are set in, in formats that have sizes.
_SMALL = "Source Note"


def title_of(memo: Memo) -> str:
    """Return the title of the memo as a document."""
    return worded("Briefing memo: {topic}", memo.language, topic=memo.title)


def pandoc(memo: Memo) -> Node:
    """Return the whole memo: what is to be read, then its timeline, figures and sources.

    Sections that hold nothing are left out, and named in one line.
    """
    title = title_of(memo)
    blocks = [_head(memo)]
    if memo.notice:
        blocks.append(paragraph(words_of(memo.notice)))
    shown = shown_sections(memo)
    for section in shown:
        if not section.shows:
            blocks += _section(section, memo)
        elif section.shows == "disputes":
            blocks += [_heading(1, section.key, section.heading), *_disputes(memo)]
    if without := left_out(memo):
        named = worded(", ", memo.language).join(one.heading for one in without)
        said = worded("Left out, as the library holds nothing for it: {sections}.", memo.language,
                      sections=named)  # fmt: skip
        blocks.append(paragraph([{"t": "Emph", "c": words_of(said)}]))
    makers = {"timeline": _timeline, "figures": _figures, "sources": _sources}
    for section in shown:
        if section.shows in makers:
            blocks.append(_heading(1, section.key, section.heading))
            blocks += makers[section.shows](section, memo)
    if memo.citations and not any(one.shows == "sources" for one in shown):
        blocks += [_heading(1, "sources", worded("Sources", memo.language)), *_noted(memo)]
    if memo.citations:
        blocks.append(_checked(memo))
    meta = {
        "title": {"t": "MetaInlines", "c": words_of(title)},
        "pagetitle": {"t": "MetaInlines", "c": words_of(title)},
        "lang": {"t": "MetaString", "c": language_named(memo.language).tag or memo.language},
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
    """Return for whom the memo is, of when, from what and by whom, in a line."""
    language, library = memo.language, memo.library
    facts = [
        worded("For {reader}", language, reader=memo.audience) if memo.audience else "",
        memo.created,
        worded("evidence as of {date}", language, date=memo.as_of) if memo.as_of else "",
        worded("from a library of {documents} documents", language,
               documents=library.get("documents", 0)),
        written_by(memo),
    ]  # fmt: skip
    return paragraph([{"t": "Emph", "c": words_of(" · ".join(one for one in facts if one))}])


def written_by(memo: Memo) -> str:
    """Return who wrote a memo, in the memo's language."""
    if memo.engine == ExtractiveEngine.name:
        return worded("quotes of the sources, no model", memo.language)
    return worded("written by {engine}", memo.language, engine=memo.engine)


def _heading(level: int, anchor: str, text: str) -> Node:
    return {"t": "Header", "c": [level, [anchor, [], []], words_of(text)]}


def _section(section: Section, memo: Memo) -> list[Node]:
    """Return a section of the body: its heading and sentences."""
    blocks = [_heading(1, section.key, section.heading)]
    lines = [_inlines(line, memo) for _, line in shown_lines(section, memo.language)]
    if section.layout == PARAGRAPHS:
        blocks += [paragraph(one) for one in lines]
    elif lines:
        blocks.append({"t": "BulletList", "c": [[{"t": "Plain", "c": one}] for one in lines]})
    return blocks


def _inlines(line: Line, memo: Memo) -> list[Node]:
    claim = line.claim
    parts: list[Node] = []
    if line.role == GAP:
        # In brackets: a reader must not take a question to the writer for a part of the memo.
        asked = f"{worded(_MARKED[GAP], memo.language)} {claim.text}"
        return [{"t": "Emph", "c": words_of(f"[{asked}]")}]
    if mark := _DRAFT if line.draft else _MARKED.get(line.role):
        parts += [*_strong(worded(mark, memo.language)), _SPACE]
    before, after = said_by(line, memo.language)
    if before:
        parts += [{"t": "Emph", "c": words_of(before)}, _SPACE]
    parts += words_of(claim.text)
    parts += _marks((*claim.citations, *claim.offered), memo)
    if after:
        parts += [_SPACE, {"t": "Emph", "c": words_of(after)}]
    if line.later:
        parts += [_SPACE, {"t": "Emph", "c": words_of(out_of_date(line, memo.language))}]
    if claim.verdict != "supported":
        verdict = worded(claim.verdict, memo.language)
        parts += [_SPACE, *words_of(f"[{verdict}: {in_words(claim.problems)}]")]
    return parts


def said_by(line: Line, language: str = "en") -> tuple[str, str]:
    """Return what stands before and after a sentence to say who says it; "" for nothing.

    Whom the sentence itself names is not named again.
    """
    if not line.speaker:
        return "", ""
    kind = f"({worded(line.kind, language)})" if line.kind else ""
    if line.speaker.casefold() in line.claim.text.casefold():
        return "", kind
    return f"{line.speaker}{f' {kind}' if kind else ''}:", ""


def out_of_date(line: Line, language: str = "en") -> str:
    """Return what stands behind a sentence that may hold no longer; "" where it does."""
    return worded("(written before: {later})", language, later=line.later) if line.later else ""


def _marks(numbers: Iterable[int], memo: Memo) -> list[Node]:
    """Return the raised numbers of notes, each a link to its note."""
    known = {one.number for one in memo.citations}
    marks: list[Node] = []
    for number in dict.fromkeys(numbers):
        if number in known:
            # "2, 3" and not "23".
            comma = words_of(",") if marks else []
            attributes: list[Any] = ["", [], [["role", "doc-noteref"]]]
            link = {"t": "Link", "c": [attributes, words_of(str(number)), [f"#note-{number}", ""]]}
            marks.append({"t": "Superscript", "c": [*comma, link]})
    return marks


def _noted(memo: Memo) -> list[Node]:
    """Return what each number cites, document by document; small, as notes are.

    Words that the memo says itself are not quoted again.
    """
    said = {line.claim.text for one in memo.sections for line in one.lines}
    said |= {one.text for one in memo.events}
    said |= {side.text for one in memo.disputes for side in one.sides}
    said = {_bare(one) for one in said}
    entries = [_note(one, said, memo.language) for one in source_list(memo)]
    return [_small(entries)] if entries else []


def _bare(text: str) -> str:
    """Return a text without what stands in brackets, where references and their names stand."""
    bare = re.sub(r"[(（\[][^()（）\[\]]*[)）\]]", " ", text)
    return " ".join(bare.split()).replace(" .", ".")


def _small(blocks: list[Node]) -> Node:
    return {"t": "Div", "c": [["", ["small"], [["custom-style", _SMALL]]], blocks]}


def _note(entry: SourceEntry, said: set[str], language: str) -> Node:
    """Return one entry: the numbers, each to be pointed at, what they cite, and words not said."""
    inlines: list[Node] = []
    for place, one in enumerate(entry.citations):
        end = "." if place == len(entry.citations) - 1 else ","
        page = page_name(one.page, one.folio, SHORT)
        shown = f"{one.number} ({page}){end}" if page else f"{one.number}{end}"
        anchor: list[Any] = [f"note-{one.number}", [], []]
        inlines += [{"t": "Span", "c": [anchor, _strong(shown)]}, _SPACE]
    inlines += words_of(entry.about)
    for more in (entry.address, entry.remark):
        inlines += [_SPACE, *_link(more)] if more else []
    if entry.graded:
        grade = f"{entry.graded.reliability}{entry.graded.credibility}"
        inlines += [_SPACE, *words_of("· " + worded("grade {grade}", language, grade=grade))]
    for one in entry.citations:
        if not {_bare(one.quote), _bare(one.words)} & set(said):
            number = f"{one.number}: " if len(entry.citations) > 1 else ""
            inlines += [_SPACE, *words_of(f"{number}“{one.words}”")]
    return paragraph(inlines)


def _link(address: str) -> list[Node]:
    if "://" not in address:
        return words_of(address)
    return [{"t": "Link", "c": [["", [], []], words_of(address), [address, ""]]}]


def _timeline(_: Section, memo: Memo) -> list[Node]:
    rows = []
    for one in memo.events:
        told = [*words_of(one.text), *_marks(one.citations, memo)]
        for other, number in one.others:
            said = worded("(other date given: {date})", memo.language, date=other)
            told += [_SPACE, *words_of(said), *_marks((number,), memo)]
        rows.append([_strong(one.date), told])
    return [table((), rows, widths=(0.16, 0.84))]


def _figures(_: Section, memo: Memo) -> list[Node]:
    rows = [
        [
            words_of(one.quantity), [*words_of(one.shown), *_marks((one.citation,), memo)],
            words_of(one.as_of), words_of(one.speaker),
        ]
        for one in memo.figures
    ]  # fmt: skip
    heads = _worded(memo, "Quantity", "Value", "As of", "Who says so")
    return [table(heads, rows, widths=(0.4, 0.19, 0.19, 0.22))]


def _disputes(memo: Memo) -> list[Node]:
    blocks: list[Node] = []
    for place, one in enumerate(memo.disputes, start=1):
        update = worded("(an update, no disagreement)", memo.language) if one.update else ""
        blocks.append(_heading(2, f"dispute-{place}", f"{one.about} {update}".strip()))
        rows = [
            [
                [*words_of(side.shown), *_marks((side.citation,), memo)], words_of(side.text),
                words_of(side.speaker), words_of(side.published), words_of(side.counts),
            ]
            for side in one.sides
        ]  # fmt: skip
        heads = _worded(memo, "Says", "In the words", "Who", "Published", "What it counts")
        blocks.append(table(heads, rows, widths=(0.15, 0.38, 0.14, 0.16, 0.17)))
    return blocks


def _sources(section: Section, memo: Memo) -> list[Node]:
    lines = [paragraph(_inlines(line, memo)) for line in section.lines]
    if graded := grades_in_words(memo):
        lines.append(paragraph(words_of(graded)))
    return [_small(lines), *_noted(memo)] if lines else _noted(memo)


def _checked(memo: Memo) -> Node:
    """Return how many of the sentences stand in their sources, and what of them is doubted."""
    cited = [line.claim for one in memo.sections for line in one.lines if line.claim.citations]
    said = worded(
        "{supported} of {count} cited sentences stand in the sources that they cite.",
        memo.language,
        count=len(cited),
        supported=sum(claim.verdict == "supported" for claim in cited),
    )
    return _small([paragraph([{"t": "Emph", "c": words_of(said)}])])


def _worded(memo: Memo, *heads: str) -> list[str]:
    """Return the heads of a table in the memo's language."""
    return [worded(one, memo.language) for one in heads]


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
