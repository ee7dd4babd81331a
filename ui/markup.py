"""Answers as HTML. Everything a document, a model or a user says is escaped here.

Document text is material: it is never rendered as HTML or Markdown, so no image of it is fetched,
no link of it can be clicked and no script of it runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from assistant.answer import Answer, Claim
from corpus.catalogue import Entry
from corpus.document import Source
from corpus.log import FILE
from corpus.page_names import Folio, PageWords, page_name
from index.ingest import UPLOADED
from ui.translation import translated
from ui.wording import word

_SIGNS = {"supported": "✓", "weak": "≈", "unsupported": "⚠"}


def text(value: str) -> str:
    """Return a text as HTML that shows exactly it, whatever renders it.

    Characters that Markdown reads are written as entities too, since the chat renders Markdown
    before it sanitises.
    """
    plain = " ".join(value.split())
    return re.sub(r"[^\w\s,;%“”‘’–—…]|_", lambda sign: f"&#{ord(sign[0])};", plain)


def _lines(notice: str, language: str) -> str:
    """Return the lines of a notice as HTML, in the language of the page."""
    return "<br>".join(map(text, translated(notice, language).split("\n")))


def question_html(question: str) -> str:
    """Return what the user asked, as asked."""
    return f'<span class="asked">{text(question)}</span>'


def answer_html(answer: Answer, turn: int, language: str = "en") -> str:
    """Return an answer of the conversation's turn `turn`, complete or growing, as one HTML line.

    Markers are links "#cite-<turn>-<number>"; outcomes look different from each other and say in
    words what they are.
    """
    parts = []
    if answer.standalone:
        rewritten = word("chat.rewritten", language)
        parts.append(f'<div class="rewritten">{rewritten} <b>{text(answer.standalone)}</b></div>')
    if not answer.outcome and not answer.claims and not answer.growing:
        waited = translated(answer.notice, language) or word("chat.reading", language)
        return "".join([*parts, waiting_html(f"{waited[:1].upper()}{waited[1:]}…")])
    body = "".join(_claim_html(claim, turn, language) for claim in answer.claims)
    if answer.growing:
        body += f'<p class="claim growing">{text(answer.growing)}</p>'
    if body:
        parts.append(f'<div class="answer">{body}</div>')
    if answer.calculation:
        label = word("chat.calculated", language)
        parts.append(f'<div class="calculation">{label} {text(answer.calculation)}</div>')
    if answer.outcome == "failed":
        parts.append(
            _outcome("failed", word("chat.failed", language), _lines(answer.notice, language))
        )
    elif answer.outcome == "declined":
        parts.append(_declined(answer, turn, language))
    elif answer.notice:
        kind = "fallback" if answer.fallback else "notice"
        parts.append(f'<div class="{kind}">{_lines(answer.notice, language)}</div>')
    if answer.outcome in {"answered", "partly"} and answer.not_found:
        parts.append(_missing(answer, language))
    return "".join([*parts, _quoted(answer, turn, language)])


def _quoted(answer: Answer, turn: int, language: str) -> str:
    """Return the fold with what the library says word for word, beside what a model wrote."""
    if not answer.quoted:
        return ""
    items = "".join(_nearest(one, answer, turn, language) for one in answer.quoted)
    return (
        f'<details class="quoted"><summary>{word("chat.quoted", language)}</summary>'
        f'<ul class="nearest">{items}</ul></details>'
    )


def _searched(answer: Answer, language: str) -> str:
    if not answer.searches:
        return ""
    searches = " · ".join(f"“{one}”" for one in answer.searches)
    return f'<div class="searched">{word("chat.searched", language)} {text(searches)}</div>'


def _declined(answer: Answer, turn: int, language: str) -> str:
    """Return the block of a question that is not answered at all: why, and what comes closest.

    Only the line that says why is announced to a screen reader: the sentences are there to be read,
    as those of an answer are.
    """
    why = _lines(answer.notice, language) or word("chat.not_found", language)
    items = "".join(_nearest(one, answer, turn, language) for one in answer.nearest)
    nearest = f'<ul class="nearest">{items}</ul>' if items else ""
    return (
        f'<div class="outcome declined"><b role="status">{why}</b>'
        f"{nearest}{_searched(answer, language)}</div>"
    )


def _nearest(claim: Claim, answer: Answer, turn: int, language: str) -> str:
    """Return a sentence that comes closest, its markers, and below it in small what it stands in.

    It has no verdict: that the source contains it does not say that it answers.
    """
    marks = "".join(_mark(turn, number, "chat.cite", language) for number in claim.citations)
    places = dict.fromkeys(
        where(one.source, one.page, one.folio, language)
        for one in answer.citations
        if one.number in claim.citations
    )
    small = "".join(f"<small>{text(place)}</small>" for place in places)
    return f"<li>{text(claim.text)} {marks}{small}</li>"


def _missing(answer: Answer, language: str) -> str:
    """Return what of the question the library does not answer, and what was searched for it."""
    items = "".join(f"<li>{text(one)}</li>" for one in answer.not_found)
    title = word("chat.not_found", language)
    return f'<div class="missing"><b>{title}</b><ul>{items}</ul>{_searched(answer, language)}</div>'


def _claim_html(claim: Claim, turn: int, language: str) -> str:
    marks = "".join(_mark(turn, number, "chat.cite", language) for number in claim.citations)
    marks += "".join(_mark(turn, number, "chat.offered", language) for number in claim.offered)
    flag = ""
    if claim.verdict != "supported" or claim.citations or claim.offered:
        flag = _verdict(claim, language)
    return f'<p class="claim {claim.verdict}">{text(claim.text)} {marks}{flag}</p>'


def _mark(turn: int, number: int, key: str, language: str) -> str:
    label = word(key, language, number=number)
    kind, plus = ("cite offered", "+") if key == "chat.offered" else ("cite", "")
    return (
        f'<a class="{kind}" href="#cite-{turn}-{number}" title="{label}" aria-label="{label}">'
        f"[{number}{plus}]</a>"
    )


def _verdict(claim: Claim, language: str) -> str:
    """Return the mark of a sentence: a sign, a word, and on hover or focus what it means.

    The chat strips aria attributes: what it means is text within the mark, never taken out of the
    page, only out of sight, so that a screen reader reads it with the mark.
    """
    # Spans alone: a list would end the paragraph that the mark stands in.
    items = "".join(
        f'<span class="problem">{text(translated(one.said, language))}</span>'
        for one in claim.problems
    )
    name = word(f"chat.{claim.verdict}", language)
    explained = word(f"chat.{claim.verdict}_means", language)
    bound = word("chat.verdict_means", language)
    return (
        f' <span class="verdict {claim.verdict}" tabindex="0" role="note">'
        f'{_SIGNS[claim.verdict]} <span class="name">{name}</span>'
        f'<span class="tip" role="tooltip"><b>{explained}</b>{items}'
        f"<em>{bound}</em></span></span>"
    )


def _outcome(kind: str, title: str, body: str) -> str:
    return f'<div class="outcome {kind}" role="status"><b>{title}</b><br>{body}</div>'


def error_html(message: str, language: str = "en") -> str:
    """Return a failure that is no answer: a question that cannot be asked, a library in trouble."""
    return _outcome(
        "failed", word("chat.did_not_work", language), text(translated(message, language))
    )


def note_html(message: str, *, wrong: bool = True) -> str:
    """Return a line that says how it stands; `wrong` where something wants the reader's doing."""
    return f'<div class="stood{" wrong" if wrong else ""}" role="status">{text(message)}</div>'


def waiting_html(message: str) -> str:
    """Return what is being waited for."""
    return f'<div class="waiting" role="status">{text(message)}</div>'


def status_html(
    entries: Sequence[Entry], engine: str, note: str, place: str = "", language: str = "en"
) -> str:
    """Return the line under the title: what is in the library, who answers, what is awaited.

    `place` is the host that questions and passages are sent to, "" for none.
    """
    if note:
        return f'<p class="status" role="status">{escape(note)}</p>'
    if place:
        goes = f'<b class="leaves">{word("chat.goes_to", language, host=escape(place))}</b>'
    else:
        goes = word("chat.stays", language)
    held = word(
        "chat.holds", language, documents=f"{len(entries):,}",
        passages=f"{sum(entry.passages for entry in entries):,}", engine=escape(engine),
    )  # fmt: skip
    return f'<p class="status">{held} · {goes}</p>'


def troubles_html(troubles: Sequence[tuple[str, str]], language: str = "en") -> str:
    """Return what failed behind the page, a line each, and where more is said of it.

    `troubles` are a key of the words that says what was being done, and the reason.
    """
    return "".join(
        f'<p class="status trouble" role="status">⚠ {escape(said)}</p>'
        for doing, reason in troubles
        for said in [
            word(
                "backend.trouble",
                language,
                what=word(doing, language),
                why=translated(reason, language),
                file=FILE,
            )
        ]
    )  # fmt: skip


def where(source: Source, page: int | None, folio: Folio, language: str = "en") -> str:
    """Return in one line where something stands: title, publisher, date, page."""
    at = page_name(page, folio, page_words(language))
    return ", ".join(
        part for part in (source.title, source.publisher, source.published, at) if part
    )


def page_words(language: str) -> PageWords:
    """Return the words of a language for a page."""
    return PageWords(
        word("chat.page", language, page="{page}"),
        word("chat.page_labelled", language, label="{label}", page="{page}", of="{of}"),
        word("chat.page_by_ocr", language, name="{name}"),
    )


def place_of(location: str) -> str:
    """Return where a document is from, as a reader is told: an address, or the name of a file."""
    if "://" in location:
        return location
    return location.removeprefix(UPLOADED).rpartition("/")[2]
