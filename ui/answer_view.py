"""Answers as HTML, what can be done with each, and how it came about."""

from __future__ import annotations

from assistant.answer import Answer
from assistant.library_questions import CATALOGUE
from corpus.citation_line import citation_line
from ui.answer_parts import Grade, answer_parts
from ui.engine_names import QUOTES, engine_title
from ui.places import cited_at
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import word

# What can be done with an answer, by what its button says and does; "memo" and "copy" need one.
_COPY = (("copy", "chat.copy"), ("cited", "chat.copy_cited"), ("memo", "chat.to_memo"))
_AGAIN = (("again", "chat.retry"), ("edit", "chat.edit"))
_LOCAL = "local:"


def answer_html(
    answer: Answer,
    turn: int,
    language: str = "en",
    *,
    grade: Grade | None = None,
    running: bool = True,
) -> str:
    """Return an answer of the conversation's turn `turn`, complete or growing, as one HTML line.

    Marks are links "#cite-<turn>-<number>"; outcomes look different from each other and say in
    words what they are. `grade` says how far a source is to be trusted, for the cards of the
    documents. One that has ended without an outcome is not `running`: nothing is awaited.
    """
    parts = answer_parts(answer, language, grade, running=running)
    return rendered("answer.html", "answer", language, answer, turn, parts, running)


def beyond_html(answer: Answer, pictures: str, language: str = "en") -> str:
    """Return what stands below an answer and its buttons: pictures (HTML), what to ask next."""
    return rendered("answer.html", "beyond", language, answer, pictures)


def awaited_html(message: str, language: str = "en") -> str:
    """Return what stands in the place of an answer of which nothing is there yet."""
    return rendered("answer.html", "awaited", language, message)


def actions_html(
    answer: Answer | None, turn: int, language: str, *, last: bool, rated: str = ""
) -> str:
    """Return what can be done with a turn, and the fold that says how its answer came about."""
    acts: list[tuple[str, str]] = []
    if answer is not None and answer.claims:
        acts += _COPY
    elif answer is not None and answer.nearest:
        acts.append(_COPY[1])
    if last:
        acts += _AGAIN
    ended = answer is not None and bool(answer.outcome)
    bar = rendered("answer.html", "actions", language, acts, rated, ended, turn)
    return bar + (about_html(answer, language) if answer is not None and ended else "")


def about_html(answer: Answer, language: str) -> str:
    """Return the fold "About this answer": who answered, from what, and what it took."""
    cited = {one.document for one in answer.citations}
    unused = dict.fromkeys(
        citation_line(one.source) for one in answer.evidence if one.passage.document not in cited
    )
    prompt = answer.usage.prompt.splitlines() if answer.usage else []
    return rendered(
        "answer.html", "about", language, _facts(answer, language), list(unused), prompt,
        answer.engine == QUOTES,
    )  # fmt: skip


def _facts(answer: Answer, language: str) -> list[tuple[str, str]]:
    """Return the names and values of what an answer took: who, tokens, time, what was searched."""
    who = who_answered(answer.engine, language)
    if answer.fallback:
        who = f"{who} ({word('chat.fell_back', language)}: {translated(answer.fallback, language)})"
    facts = [(word("answer.who", language), who)] if who else []
    usage = answer.usage
    if usage and usage.answer_tokens is not None:
        tokens = word("chat.tokens", language, prompt=f"{usage.prompt_tokens or 0:,}",
                      answer=f"{usage.answer_tokens:,}")  # fmt: skip
        cost = f", ${usage.cost:.4f}" if usage.cost is not None else ""
        facts.append((word("chat.took_tokens", language), f"{tokens}{cost}"))
    seconds = answer.seconds
    if seconds:
        took = word("chat.seconds", language, total=f"{seconds.get('total', 0):.1f}",
                    search=f"{seconds.get('retrieve', 0):.1f}",
                    write=f"{seconds.get('answer', 0):.1f}")  # fmt: skip
        facts.append((word("chat.time", language), took))
    if answer.searches:
        facts.append((word("chat.searches", language), " · ".join(answer.searches)))
    return facts


def who_answered(engine: str, language: str) -> str:
    """Return an engine as a reader is told of it: what it does or its name, and where it runs."""
    if engine == CATALOGUE:
        return word("answer.who_catalogue", language)
    title = engine_title(engine, language)
    here = engine == QUOTES or engine.startswith(_LOCAL)
    return word("answer.who_here", language, name=title) if here else title


def clipboard_text(answer: Answer, *, cited: bool) -> str:
    """Return an answer as text for the clipboard: with marks and sources, or without."""
    if not cited:
        return answer.spoken
    labels = answer.labels
    lines = [" ".join(one.labelled(labels) for one in answer.claims) or answer.notice]
    lines += [one.labelled(labels) for one in answer.nearest]
    lines += [one.labelled(labels) for one in answer.later]
    if answer.calculation:
        lines.append(f"Calculated: {answer.calculation}")
    lines.append("")
    for one in answer.cited:
        lines.append(f"[{labels[one.number]}] {cited_at(one.source, one.page, one.folio)}")
        lines += [f"    “{' '.join(one.words.split())}”"]
    return "\n".join(lines)
