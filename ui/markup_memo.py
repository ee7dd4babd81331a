"""A memo as HTML for the page. Everything a document or a model says is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from textwrap import shorten

from assistant.checking.problems import in_words
from assistant.memo.memo_diff import MemoDiff
from assistant.memo.pandoc_tree import out_of_date, said_by
from assistant.memo.translation import worded
from assistant.memo.values import GAP, JUDGMENT, NOTE, Finding, Line, Memo, Section
from index.evidence import Evidence
from ui.markup import text
from ui.translation import translated
from ui.wording import word

# The roles that are said before a line.
_ROLES = {GAP: "gap", JUDGMENT: "judgment"}


def memo_html(
    memo: Memo | None, language: str = "en", *, editable: bool = False, growing: bool = False
) -> str:
    """Return a memo, complete or not; None is the page before anything was written.

    `editable` puts buttons beside the lines of a complete memo; `growing` says that it is being
    written, and with what it is now.
    """
    if memo is None:
        return (
            f'<div class="memo empty"><h3>{word("memo.empty_title", language)}</h3>'
            f"<p>{word('memo.empty', language)}</p></div>"
        )
    facts = (
        memo.created,
        word("memo.as_of_fact", language, date=memo.as_of or word("memo.today", language)),
        word(
            "memo.library_fact",
            language,
            documents=memo.library.get("documents", 0),
            passages=f"{memo.library.get('passages', 0):,}",
        ),
        memo.engine,
        memo.template,
    )
    head = f'<p class="facts">{text(" · ".join(facts))}</p>'
    parts = [f"<h2>{text(memo.topic)}</h2>", head]
    notice = text(translated(memo.notice, language))
    if memo.complete and notice:
        parts.append(f'<p class="notice" role="status">{notice}</p>')
    elif growing and notice:
        parts.append(f'<p class="waiting" role="status">{notice}…</p>')
    elif not memo.complete and not growing:
        parts.append(f'<p class="notice">{word("memo.unfinished", language)}</p>')
    found = {finding.where: finding for finding in reversed(memo.findings)}
    editable = editable and memo.complete
    for section in memo.sections:
        lines = "".join(
            _line(line, found.get(where), language)
            + (_tools(line, where, language) if editable else "")
            + "</p>"
            for where, line in (
                (f"{section.key}:{number}", line)
                for number, line in enumerate(section.lines, start=1)
            )
        )
        shown = _shown(section, memo, language)
        parts.append(f"<section><h3>{text(section.heading)}</h3>{lines}{shown}</section>")
    name = word("memo.name", language)
    return f'<article class="memo" aria-label="{name}">{"".join(parts)}</article>'


def _line(line: Line, finding: Finding | None, language: str) -> str:
    """Return a line of a section, its paragraph left open for the buttons."""
    claim = line.claim
    role = ""
    if line.role in _ROLES:
        name = "draft" if line.draft else _ROLES[line.role]
        role = f"<b>{word(f'memo.role_{name}', language)} </b>"
    speaker, kind = said_by(line, language)
    later = text(out_of_date(line, language))
    said = f'<span class="speaker">{text(speaker)}</span> ' if speaker else ""
    doubt = ""
    if claim.verdict != "supported":
        problems = text(translated(in_words(claim.problems), language))
        verdict = word(f"chat.{claim.verdict}", language)
        doubt = f'<span class="verdict {claim.verdict}">{verdict}: {problems}</span>'
    flag = ""
    if finding and not finding.accepted:
        advice = text(translated(finding.advice, language))
        flag = f'<span class="verdict">{text(finding.rule)}: {advice}</span>'
    marks = _numbers((*claim.citations, *claim.offered), language)
    kind = f' <span class="speaker">{text(kind)}</span>' if kind else ""
    kind += f' <span class="verdict weak">{later}</span>' if later else ""
    drawn = f"{line.role} draft" if line.draft else line.role
    return f'<p class="line {drawn}">{role}{said}{text(claim.text)} {marks}{kind}{doubt}{flag}'


def _tools(line: Line, where: str, language: str) -> str:
    """Return the buttons that change a line."""
    if line.role == NOTE:
        return ""
    signs = {"up": "↑", "down": "↓", "word": "✎", "cite": "⇄", "drop": "✕"}
    if line.role == GAP:
        del signs["cite"]
    if line.draft:
        signs = {"adopt": "✓", **signs}
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


def difference_html(found: MemoDiff, language: str) -> str:
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


def mark(number: int, language: str = "en") -> str:
    """Return the marker of a citation: a link that the page's source panel listens for."""
    label = word("chat.cite", language, number=number)
    return (
        f'<a class="memo-cite" href="#note-0-{number}" title="{label}" aria-label="{label}">'
        f"[{number}]</a>"
    )


def _shown(section: Section, memo: Memo, language: str) -> str:
    """Return the table that a section shows."""
    shown: dict[str, Callable[[Memo, str], str]] = {
        "timeline": _timeline,
        "figures": _figures,
        "disputes": _disputes,
        "sources": _sources,
        "log": _log,
    }
    return shown[section.shows](memo, language) if section.shows in shown else ""


def _log(memo: Memo, language: str) -> str:
    return f'<p class="line note">{text(counted(memo, language))}</p>'


def _timeline(memo: Memo, language: str) -> str:
    """Return the timeline drawn as a line with a dot an event; a square where dates differ."""
    items = []
    for one in memo.events:
        differ = ""
        if one.others:
            others = "; ".join(f"{text(date)} {mark(at, language)}" for date, at in one.others)
            said = word("memo.other_dates", language)
            differ = f' <span class="verdict">{said}: {others}</span>'
        kind = ' class="differs"' if one.others else ""
        items.append(
            f'<li{kind}><time datetime="{text(one.date)}">{text(one.date)}</time>'
            f"<span>{text(one.text)} {_numbers(one.citations, language)}{differ}</span></li>"
        )
    return f'<ol class="timeline">{"".join(items)}</ol>' if items else ""


def _figures(memo: Memo, language: str) -> str:
    rows = [
        [one.quantity, one.shown, one.unit, one.as_of, one.speaker, mark(one.citation, language)]
        for one in memo.figures
    ]
    return _table("quantity value unit as_of who source", rows, language, raw={5})


def _disputes(memo: Memo, language: str) -> str:
    parts = []
    for one in memo.disputes:
        update = f" ({word('memo.update', language)})" if one.update else ""
        rows = [
            [
                side.shown,
                side.text,
                side.speaker,
                side.published,
                side.counts,
                mark(side.citation, language),
            ]
            for side in one.sides
        ]
        shown = _table("says words who published counts source", rows, language, raw={5})
        parts.append(f"<h4>{text(one.about)}{update}</h4>{shown}")
    return "".join(parts)


def _sources(memo: Memo, language: str) -> str:
    rows = [
        [
            one.source.title, one.source.publisher, one.source.published,
            f"{one.reliability}{one.credibility}", worded(one.reason, language), one.newer,
            _numbers(one.citations, language),
        ]
        for one in memo.sources
    ]  # fmt: skip
    return _table("title publisher date grade why later cited_as", rows, language, raw={6})


def counted(memo: Memo, language: str = "en") -> str:
    """Return how the check of a memo's sentences went, in a sentence."""
    claims = [
        line.claim for one in memo.sections for line in one.lines if line.claim.citations
    ]  # fmt: skip
    verdicts = {"supported": 0, "weak": 0, "unsupported": 0}
    for claim in claims:
        verdicts[claim.verdict] += 1
    return word("memo.checked", language, count=len(claims), **verdicts)


def findings_html(memo: Memo | None, language: str = "en") -> str:
    """Return what the linter found, in words."""
    if memo is None or not memo.complete:
        return f'<p class="about">{word("memo.not_linted", language)}</p>'
    if not memo.findings:
        return f'<p class="about">{word("memo.no_findings", language)}</p>'
    items = "".join(
        f'<li class="{one.severity}"><b>{word(f"memo.{one.severity}", language)}: '
        f"{text(one.rule)}</b> {text(one.where)}<br>{text(translated(one.advice, language))}"
        + (
            f"<br><i>{word('memo.accepted', language)}: {text(one.accepted)}</i>"
            if one.accepted
            else ""
        )
        + "</li>"
        for one in memo.findings
    )
    return f'<ul class="findings">{items}</ul>'


def _numbers(numbers: Iterable[int], language: str) -> str:
    return "".join(mark(number, language) for number in numbers)


def _table(
    heads: str, rows: Sequence[Sequence[str]], language: str, raw: Iterable[int] = ()
) -> str:
    """Return a table; `heads` are keys of words, the columns in `raw` are HTML of ours already."""
    if not rows:
        return ""
    own = frozenset(raw)
    named = (word(f"memo.head_{key}", language) for key in heads.split())
    top = "".join(f'<th scope="col">{one}</th>' for one in named)
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
