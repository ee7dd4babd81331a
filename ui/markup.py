"""Answers and sources as HTML. Everything a document, a model or a user says is escaped here.

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

# Characters shown before and after the quoted words in the source panel: the quote stays in view.
_BEFORE, _AFTER = 320, 900
_VERDICTS = {
    "weak": ("≈", "Only partly in the cited passage"),
    "unsupported": ("⚠", "Not in the cited passage"),
}


def text(value: str) -> str:
    """Return a text as HTML that shows exactly it, whatever renders it.

    Characters that Markdown reads are written as entities too, since the chat renders Markdown
    before it sanitises.
    """
    plain = " ".join(value.split())
    return re.sub(r"[^\w\s,;%“”‘’–—…]|_", lambda sign: f"&#{ord(sign[0])};", plain)


def question_html(question: str) -> str:
    """Return what the user asked, as asked."""
    return f'<span class="asked">{text(question)}</span>'


def answer_html(answer: Answer, turn: int) -> str:
    """Return an answer of the conversation's turn `turn`, complete or growing, as one HTML line.

    Markers are links "#cite-<turn>-<number>"; outcomes look different from each other and say in
    words what they are.
    """
    before = f'<div class="about">Searched as: {text(answer.standalone)}</div>'
    parts = [before] if answer.standalone else []
    if not answer.outcome and not answer.claims and not answer.growing:
        waited = answer.notice or "reading the passages found"
        return "".join([*parts, waiting_html(f"{waited[:1].upper()}{waited[1:]}…")])
    body = "".join(_claim_html(claim, turn) for claim in answer.claims)
    if answer.growing:
        body += f'<p class="claim growing">{text(answer.growing)}</p>'
    if body:
        parts.append(f'<div class="answer">{body}</div>')
    if answer.outcome == "failed":
        parts.append(_outcome("failed", "The answer failed", answer.notice))
    elif answer.outcome == "declined":
        parts.append(_outcome("declined", "Not found in the library", answer.notice))
        nearest = "".join(
            f"<li>{text(_where(one.source, one.passage.page))}</li>" for one in answer.evidence[:3]
        )
        if nearest:
            parts.append(f'<div class="nearest">Nearest passages:<ul>{nearest}</ul></div>')
    elif answer.notice:
        kind = "fallback" if answer.fallback else "notice"
        parts.append(f'<div class="{kind}">{text(answer.notice)}</div>')
    if answer.outcome in {"answered", "partly"}:
        parts += [_not_found(answer), _about(answer)]
    return "".join(parts)


def _not_found(answer: Answer) -> str:
    """Return what of the question the library does not answer, and what was searched for it."""
    if not answer.not_found:
        return ""
    items = "".join(f"<li>{text(one)}</li>" for one in answer.not_found)
    searches = "; ".join(answer.searches)
    return (
        f'<div class="missing"><b>Not found in the library</b><ul>{items}</ul>'
        f"Searched: {text(searches)}</div>"
    )


def _about(answer: Answer) -> str:
    """Return what an answer rests on and took."""
    count = len(answer.citations)
    parts = [
        f"{count} quoted {'passage' if count == 1 else 'passages'}, each sentence checked against "
        "its own",
        f"engine {answer.engine}",
    ]
    usage = answer.usage
    if usage and usage.answer_tokens is not None:
        parts.append(f"{usage.prompt_tokens or 0:,} + {usage.answer_tokens:,} tokens")
    if usage and usage.cost is not None:
        parts.append(f"${usage.cost:.4f}")
    parts.append(f"{answer.seconds.get('total', 0.0):.1f} s")
    return f'<div class="about">{text("; ".join(parts))}</div>'


def _claim_html(claim: Claim, turn: int) -> str:
    marks = "".join(
        f'<a class="cite" href="#cite-{turn}-{number}" '
        f'title="Show source {number}" aria-label="Show source {number}">[{number}]</a>'
        for number in claim.citations
    )
    marks += "".join(
        f'<a class="cite offered" href="#cite-{turn}-{number}" title="Added by the check: show '
        f'source {number}" aria-label="Show source {number}, added by the check">[{number}+]</a>'
        for number in claim.offered
    )
    flag = '<span class="verdict added">source added by the check</span>' if claim.offered else ""
    if claim.verdict in _VERDICTS:
        sign, words = _VERDICTS[claim.verdict]
        why = "; ".join([words, *claim.problems])
        flag = (
            f'<span class="verdict {claim.verdict}" title="{text(why)}">{sign} {text(why)}</span>'
        )
    return f'<p class="claim {claim.verdict}">{text(claim.text)} {marks}{flag}</p>'


def _outcome(kind: str, title: str, notice: str) -> str:
    return f'<div class="outcome {kind}" role="status"><b>{title}</b><br>{text(notice)}</div>'


def error_html(message: str) -> str:
    """Return a failure that is no answer: a question that cannot be asked, a library in trouble."""
    return _outcome("failed", "That did not work", message)


def waiting_html(message: str) -> str:
    """Return what is being waited for."""
    return f'<div class="waiting" role="status">{text(message)}</div>'


def status_html(entries: Sequence[Entry], engine: str, note: str, place: str = "") -> str:
    """Return the line under the title: what is in the library, who answers, what is awaited.

    `place` is the host that questions and passages are sent to, "" for none.
    """
    if note:
        return f'<p class="status" role="status">{escape(note)}</p>'
    passages = sum(entry.passages for entry in entries)
    goes = "nothing leaves this machine"
    if place:
        goes = f'<b class="leaves">your questions and the passages found go to {escape(place)}</b>'
    return (
        f'<p class="status">{len(entries)} documents, {passages:,} passages · engine: '
        f"{escape(engine)} · {goes}</p>"
    )


def _where(source: Source, page: int | None) -> str:
    parts = [source.title, source.publisher, source.published, f"page {page}" if page else ""]
    return ", ".join(part for part in parts if part)
