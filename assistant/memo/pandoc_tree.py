"""A memo as a Pandoc document: a tree of values, never markup, so that no text is interpreted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from assistant.answer import Citation
from assistant.checking.problems import in_words
from assistant.memo.length import body_of
from assistant.memo.translation import worded
from assistant.memo.values import GAP, JUDGMENT, PARAGRAPHS, Finding, Line, Memo, Section
from corpus.citation_line import BY_PUBLISHER, citation_line
from corpus.page_names import SHORT, page_name
from corpus.translations import language_named

Node = dict[str, Any]
# The version of Pandoc's JSON that this is written in (pandoc-types 1.23).
_API = [1, 23, 1]
_MARKED = {GAP: "Gap for the analyst:", JUDGMENT: "Judgment:"}
_DRAFT = "A model's draft, accepted by nobody:"
# Breaks the page in the formats that have pages; others leave it out.
_BREAK: tuple[Node, ...] = (
    {"t": "RawBlock", "c": ["openxml", '<w:p><w:r><w:br w:type="page"/></w:r></w:p>']},
    {"t": "RawBlock", "c": ["typst", "#pagebreak()"]},
)


def title_of(memo: Memo) -> str:
    """Return the title of the memo as a document."""
    return worded("Briefing memo: {topic}", memo.language, topic=memo.topic)


def pandoc(memo: Memo, figure: str = "") -> Node:
    """Return the whole memo; `figure` is the path or address of the timeline's image.

    First the body, which is to be read; tables, notes and sources follow in annexes.
    """
    title = title_of(memo)
    blocks = [_head(memo)]
    if memo.notice:
        blocks.append(paragraph(words_of(memo.notice)))
    for section in body_of(memo):
        blocks += _section(section, memo)
    annexes = [one for one in memo.sections if one.shows]
    if annexes or memo.citations:
        blocks += _BREAK
        blocks.append(_heading(1, "annexes", worded("Annexes", memo.language)))
        for section in annexes:
            blocks += _annex(section, memo, figure)
        blocks += _noted(memo)
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
    library = memo.library
    language = memo.language
    rows = [
        ("Subject", memo.topic),
        ("For", memo.audience),
        ("Date", memo.created),
        ("Evidence as of", memo.as_of or worded("the library as it is", language)),
        ("Library", worded("{documents} documents, {passages} passages", language,
                           documents=library.get("documents", 0),
                           passages=f"{library.get('passages', 0):,}")),
        ("Written by", memo.engine),
        ("Form", memo.template),
    ]  # fmt: skip
    cells = [[_strong(worded(name, language)), words_of(value)] for name, value in rows if value]
    return table((), cells, widths=(0.2, 0.8))


def _heading(level: int, anchor: str, text: str) -> Node:
    return {"t": "Header", "c": [level, [anchor, [], []], words_of(text)]}


def _section(section: Section, memo: Memo) -> list[Node]:
    """Return a section of the body: its heading and sentences."""
    blocks = [_heading(1, section.key, section.heading)]
    lines = [_inlines(line, memo) for line in section.lines]
    if section.layout == PARAGRAPHS:
        blocks += [paragraph(one) for one in lines]
    elif lines:
        blocks.append({"t": "BulletList", "c": [[{"t": "Plain", "c": one}] for one in lines]})
    return blocks


def _annex(section: Section, memo: Memo, figure: str) -> list[Node]:
    """Return a section that shows a table; its sentences too, where the body has none of it."""
    shown = {
        "timeline": lambda: _timeline(memo, figure),
        "figures": lambda: _figures(memo),
        "disputes": lambda: _disputes(memo),
        "sources": lambda: _sources(memo),
        "log": lambda: _log(memo),
    }
    found = shown[section.shows]() if section.shows in shown else []
    if section.shows == "disputes":
        if not found:
            return []
        return [_heading(2, f"annex-{section.key}", section.heading), *found]
    lines = [paragraph(_inlines(line, memo)) for line in section.lines]
    return [_heading(2, section.key, section.heading), *lines, *found]


def _inlines(line: Line, memo: Memo) -> list[Node]:
    claim = line.claim
    parts: list[Node] = []
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
    """Return the raised numbers of notes, each a link to its note in the annex."""
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
    """Return the annex of notes: what each number in the text cites."""
    quoted = {line.claim.text for one in memo.sections for line in one.lines}
    blocks: list[Node] = []
    for one in memo.citations:
        number = {"t": "Span", "c": [[f"note-{one.number}", [], []], _strong(f"{one.number}.")]}
        source = _source(one, words=one.quote not in quoted, language=memo.language)
        blocks.append(paragraph([number, _SPACE, *source]))
    return [_heading(2, "notes", worded("Notes", memo.language)), *blocks] if blocks else []


def _source(citation: Citation, *, words: bool, language: str) -> list[Node]:
    """Return a note: publisher, title, date, page, the address; and the quoted `words`."""
    source = citation.source
    page = page_name(citation.page, citation.folio, SHORT)
    undated = worded("no date", language)
    about = citation_line(source, page, fields=BY_PUBLISHER, undated=undated)
    inlines = words_of(f"{about}: “{citation.words}” " if words else f"{about} ")
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
            [*words_of(one.text), *_marks(one.citations, memo)],
            [
                inline
                for other, number in one.others
                for inline in [*words_of(other), *_marks((number,), memo)]
            ],
        ]
        for one in memo.events
    ]
    heads = _worded(memo, "Date", "Event", "Other dates given")
    found = table(heads, rows, widths=(0.16, 0.66, 0.18))
    if not figure:
        return [found]
    alternative = words_of(worded("Timeline of the events in the table below", memo.language))
    image = {"t": "Image", "c": [["", [], [["width", "100%"]]], alternative, [figure, ""]]}
    return [paragraph([image]), found]


def _figures(memo: Memo) -> list[Node]:
    rows = [
        [
            words_of(one.quantity), [*words_of(one.shown), *_marks((one.citation,), memo)],
            words_of(one.unit), words_of(one.as_of), words_of(one.speaker),
        ]
        for one in memo.figures
    ]  # fmt: skip
    heads = _worded(memo, "Quantity", "Value", "Unit", "As of", "Who says so")
    return [table(heads, rows, widths=(0.34, 0.17, 0.12, 0.16, 0.21))] if rows else []


def _disputes(memo: Memo) -> list[Node]:
    blocks: list[Node] = []
    for place, one in enumerate(memo.disputes, start=1):
        update = worded("(an update, no disagreement)", memo.language) if one.update else ""
        blocks.append(_heading(3, f"dispute-{place}", f"{one.about} {update}".strip()))
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


def _sources(memo: Memo) -> list[Node]:
    language = memo.language
    undated = worded("no date", language)
    titles = {one.document: one.source.title for one in memo.sources}
    rows = []
    for place, one in enumerate(memo.sources, start=1):
        remarks = [worded(one.reason, language)]
        if one.graded:
            remarks.append(worded("graded {day}", language, day=one.graded))
        if one.origin != one.document:
            origin = titles.get(one.origin, one.origin)
            remarks.append(worded("same origin as {title}", language, title=origin))
        if one.newer:
            remarks.append(worded("later version: {title}", language, title=one.newer))
        if one.speakers:
            names = worded(", ", language).join(one.speakers)
            remarks.append(worded("speakers: {names}", language, names=names))
        about = citation_line(one.source, fields=BY_PUBLISHER[:2])
        grade = f"{one.reliability}{one.credibility}"
        rows.append(
            [words_of(str(place)), words_of(about), words_of(one.source.published or undated),
             words_of(grade), words_of(worded("; ", language).join(remarks))]
        )  # fmt: skip
    heads = _worded(memo, "No.", "Source", "Date", "Grade", "Why, and who speaks")
    return [table(heads, rows, widths=(0.07, 0.35, 0.16, 0.1, 0.32))] if rows else []


def _log(memo: Memo) -> list[Node]:
    cited = [line.claim for one in memo.sections for line in one.lines if line.claim.citations]
    language = memo.language
    verdicts = worded(", ", language).join(
        f"{sum(claim.verdict == verdict for claim in cited)} {worded(verdict, language)}"
        for verdict in ("supported", "weak", "unsupported")
    )
    said = worded(
        "{count} cited sentences were checked against their passages: {verdicts}. A verdict says "
        "what the cited words contain, not what is true.",
        language,
        count=len(cited),
        verdicts=verdicts,
    )
    blocks = [paragraph(words_of(said))]
    if memo.findings:
        rows = [
            [
                words_of(worded(one.severity, language)),
                words_of(one.rule),
                words_of(one.where),
                words_of(_advice(one, language)),
            ]
            for one in memo.findings
        ]
        heads = _worded(memo, "Severity", "Rule", "Place", "What to do")
        blocks.append(table(heads, rows, widths=(0.12, 0.22, 0.2, 0.46)))
    else:
        blocks.append(paragraph(words_of(worded("The linter found nothing.", language))))
    return blocks


def _worded(memo: Memo, *heads: str) -> list[str]:
    """Return the heads of a table in the memo's language."""
    return [worded(one, memo.language) for one in heads]


def _advice(finding: Finding, language: str) -> str:
    if not finding.accepted:
        return str(finding.advice)
    accepted = worded("(accepted: {reason})", language, reason=finding.accepted)
    return f"{finding.advice} {accepted}"


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
