"""A memo as HTML for the page. Everything a document or a model says is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from textwrap import shorten

from assistant.answer import Claim
from assistant.memo.comparing import Difference
from assistant.memo.document import said_by
from assistant.memo.values import GAP, JUDGMENT, NOTE, Finding, Line, Memo, Section
from index.evidence import Evidence
from ui.markup import text
from ui.wording import word

_ROLES = {GAP: "Gap for the analyst", JUDGMENT: "Judgment", NOTE: "About this memo"}


def memo_html(memo: Memo | None, language: str = "en", *, editable: bool = False) -> str:
    """Return a memo, complete or growing; None is the page before anything was written.

    `editable` puts buttons beside the lines of a complete memo.
    """
    if memo is None:
        return (
            f'<div class="memo empty"><h3>{word("memo.empty_title", language)}</h3>'
            f"<p>{word('memo.empty', language)}</p></div>"
        )
    facts = (
        memo.created,
        f"evidence as of {memo.as_of or 'today'}",
        f"{memo.library.get('documents', 0)} documents, "
        f"{memo.library.get('passages', 0):,} passages",
        memo.engine,
        memo.template,
    )
    head = f'<p class="facts">{text(" · ".join(facts))}</p>'
    parts = [f"<h2>{text(memo.topic)}</h2>", head]
    if memo.notice:
        kind = "notice" if memo.complete else "waiting"
        parts.append(f'<p class="{kind}" role="status">{text(memo.notice)}…</p>')
    found = {finding.where: finding for finding in reversed(memo.findings)}
    tools = language if editable and memo.complete else ""
    parts += [_section(one, memo, found, tools) for one in memo.sections]
    return f'<article class="memo" aria-label="Memo">{"".join(parts)}</article>'


def _section(section: Section, memo: Memo, found: dict[str, Finding], tools: str) -> str:
    lines = "".join(
        _line(line, found.get(f"{section.key}:{number}"), f"{section.key}:{number}", tools)
        for number, line in enumerate(section.lines, start=1)
    )
    return f"<section><h3>{text(section.heading)}</h3>{lines}{_shown(section, memo)}</section>"


def _line(line: Line, finding: Finding | None, where: str, tools: str) -> str:
    claim = line.claim
    role = f"<b>{_ROLES[line.role]}: </b>" if line.role in (GAP, JUDGMENT) else ""
    speaker, kind = said_by(line)
    said = f'<span class="speaker">{text(speaker)}</span> ' if speaker else ""
    doubt = ""
    if claim.verdict != "supported":
        problems = text("; ".join(claim.problems))
        doubt = f'<span class="verdict {claim.verdict}">{claim.verdict}: {problems}</span>'
    flag = ""
    if finding and not finding.accepted:
        flag = f'<span class="verdict">{text(finding.rule)}: {text(finding.advice)}</span>'
    marks = _marks(claim)
    kind = f' <span class="speaker">{text(kind)}</span>' if kind else ""
    return (
        f'<p class="line {line.role}">{role}{said}{text(claim.text)} {marks}{kind}{doubt}{flag}'
        f"{_tools(line, where, tools)}</p>"
    )


def _tools(line: Line, where: str, language: str) -> str:
    """Return the buttons that change a line; "" for a language leaves them out."""
    if not language or line.role == NOTE:
        return ""
    signs = {"up": "↑", "down": "↓", "cite": "⇄", "drop": "✕"}
    if line.role == GAP:
        del signs["cite"]
    buttons = "".join(
        f'<button type="button" data-act="{act}" data-at="{text(where)}" '
        f'title="{word(f"memo.{act}", language)}" aria-label="{word(f"memo.{act}", language)}">'
        f"{sign}</button>"
        for act, sign in signs.items()
    )
    return f'<span class="edit">{buttons}</span>'


def offers_html(offers: Sequence[Evidence], where: str, language: str) -> str:
    """Return the passages that a line may be cited to, each a button."""
    if not offers:
        return f'<p class="about">{word("memo.none", language)}</p>'
    items = "".join(
        f'<li><button type="button" data-act="take" data-at="{text(where)}" '
        f'data-label="{one.label}">'
        f"{text(', '.join(filter(None, (one.source.title, one.source.published))))}</button>"
        f"<br>{text(shorten(one.passage.text, 260, placeholder=' …'))}</li>"
        for one in offers
    )
    return f'<div class="offers"><p>{word("memo.choose", language)}</p><ol>{items}</ol></div>'


def difference_html(found: Difference, language: str) -> str:
    """Return what changed between two memos, and which sources caused it."""
    if not found.changes and not found.sources:
        return f'<p class="about">{word("memo.same", language)}</p>'
    items = "".join(
        f'<li class="{one.kind}"><b>{word(f"memo.{one.kind}", language)}</b> '
        f"({text(one.section)}): {f'<del>{text(one.before)}</del> ' if one.before else ''}"
        f"{f'<ins>{text(one.after)}</ins>' if one.after else ''}"
        + (
            f"<br>{text(word('memo.because', language, causes='; '.join(one.causes)))}"
            if one.causes
            else ""
        )
        + "</li>"
        for one in found.changes
    )
    sources = "".join(f"<li>{text(one)}</li>" for one in found.sources)
    return f'<ul class="difference">{items}{sources}</ul>'


def _marks(claim: Claim) -> str:
    return "".join(mark(number) for number in (*claim.citations, *claim.offered))


def mark(number: int) -> str:
    """Return the marker of a citation: a link that the page's source panel listens for."""
    return (
        f'<a class="memo-cite" href="#note-0-{number}" title="Show source {number}" '
        f'aria-label="Show source {number}">[{number}]</a>'
    )


def _shown(section: Section, memo: Memo) -> str:
    """Return the table that a section shows."""
    shown: dict[str, Callable[[Memo], str]] = {
        "timeline": _timeline,
        "figures": _figures,
        "disputes": _disputes,
        "sources": _sources,
        "log": _log,
    }
    return shown[section.shows](memo) if section.shows in shown else ""


def _log(memo: Memo) -> str:
    return f'<p class="line note">{text(counted(memo))}</p>'


def _timeline(memo: Memo) -> str:
    """Return the timeline drawn as a line with a dot an event; a square where dates differ."""
    items = []
    for one in memo.events:
        differ = (
            f' <span class="verdict">other dates given: {_others(one.others)}</span>'
            if one.others
            else ""
        )
        kind = ' class="differs"' if one.others else ""
        items.append(
            f'<li{kind}><time datetime="{text(one.date)}">{text(one.date)}</time>'
            f"<span>{text(one.text)} {_numbers(one.citations)}{differ}</span></li>"
        )
    return f'<ol class="timeline">{"".join(items)}</ol>' if items else ""


def _figures(memo: Memo) -> str:
    rows = [
        [one.quantity, one.shown, one.unit, one.as_of, one.speaker, mark(one.citation)]
        for one in memo.figures
    ]
    heads = ("Quantity", "Value", "Unit", "As of", "Who says so", "Source")
    return _table(heads, rows, raw={5})


def _disputes(memo: Memo) -> str:
    parts = []
    for one in memo.disputes:
        update = " (an update, no disagreement)" if one.update else ""
        rows = [
            [side.shown, side.text, side.speaker, side.published, side.counts, mark(side.citation)]
            for side in one.sides
        ]
        heads = ("Says", "In the words", "Who", "Published", "What it counts", "Source")
        parts.append(f"<h4>{text(one.about)}{update}</h4>{_table(heads, rows, raw={5})}")
    return "".join(parts)


def _sources(memo: Memo) -> str:
    rows = [
        [
            one.source.title, one.source.publisher, one.source.published,
            f"{one.reliability}{one.credibility}", one.reason, one.newer,
            _numbers(one.citations),
        ]
        for one in memo.sources
    ]  # fmt: skip
    heads = ("Title", "Publisher", "Date", "Grade", "Why", "Later version", "Cited as")
    return _table(heads, rows, raw={6})


def counted(memo: Memo) -> str:
    """Return how the check of a memo's sentences went, in a sentence."""
    claims = [
        line.claim for one in memo.sections for line in one.lines if line.claim.citations
    ]  # fmt: skip
    verdicts = {"supported": 0, "weak": 0, "unsupported": 0}
    for claim in claims:
        verdicts[claim.verdict] += 1
    said = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    return f"{len(claims)} cited sentences were checked against their passages: {said}."


def findings_html(memo: Memo | None) -> str:
    """Return what the linter found, in words."""
    if memo is None or not memo.complete:
        return '<p class="about">The linter looks at the memo when it is finished.</p>'
    if not memo.findings:
        return '<p class="about">The linter found nothing.</p>'
    items = "".join(
        f'<li class="{one.severity}"><b>{one.severity}: {text(one.rule)}</b> at {text(one.where)}'
        f"<br>{text(one.advice)}"
        + (f"<br><i>accepted: {text(one.accepted)}</i>" if one.accepted else "")
        + "</li>"
        for one in memo.findings
    )
    return f'<ul class="findings">{items}</ul>'


def _numbers(numbers: Iterable[int]) -> str:
    return "".join(mark(number) for number in numbers)


def _others(others: Sequence[tuple[str, int]]) -> str:
    return "; ".join(f"{text(date)} {mark(number)}" for date, number in others)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], raw: Iterable[int] = ()) -> str:
    """Return a table; the columns in `raw` are HTML of ours already."""
    if not rows:
        return ""
    own = frozenset(raw)
    top = "".join(f'<th scope="col">{text(one)}</th>' for one in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{cell if place in own else text(str(cell))}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div>'
