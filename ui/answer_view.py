"""Answers as HTML, what can be done with each, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Answer, Claim
from index.evidence import Evidence
from ui.engine_names import engine_title
from ui.places import cited_at
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import word


def answer_html(answer: Answer, turn: int, language: str = "en") -> str:
    """Return an answer of the conversation's turn `turn`, complete or growing, as one HTML line.

    Markers are links "#cite-<turn>-<number>"; outcomes look different from each other and say in
    words what they are.
    """
    nearest = _with_locations(answer.nearest, answer, language)
    quoted = _with_locations(answer.quoted, answer, language)
    return rendered("answer.html", "answer", language, answer, turn, nearest, quoted)


def _with_locations(
    claims: Sequence[Claim], answer: Answer, language: str
) -> list[tuple[Claim, list[str]]]:
    """Return sentences of the library, each with where it stands."""
    return [
        (
            claim,
            list(
                dict.fromkeys(
                    cited_at(one.source, one.page, one.folio, language)
                    for one in answer.citations
                    if one.number in claim.citations
                )
            ),
        )
        for claim in claims
    ]


def actions_html(
    answer: Answer | None, turn: int, language: str, *, last: bool, rated: str = ""
) -> str:
    """Return what can be done with a turn, and the fold that says how its answer came about."""
    acts = []
    if answer is not None and answer.claims:
        acts += [("copy", "chat.copy"), ("cited", "chat.copy_cited"), ("memo", "chat.to_memo")]
    elif answer is not None and answer.nearest:
        acts.append(("cited", "chat.copy_cited"))
    if last:
        acts += [("again", "chat.retry"), ("edit", "chat.edit")]
    ended = answer is not None and bool(answer.outcome)
    bar = rendered("answer.html", "actions", language, acts, rated, ended, turn)
    return bar + (about_html(answer, language) if answer is not None and ended else "")


def about_html(answer: Answer, language: str) -> str:
    """Return the fold "About this answer"."""
    cited = {(one.document, one.start, one.end) for one in answer.citations}
    used = [one for one in answer.evidence if _is_cited(one, cited)]
    rest = [one for one in answer.evidence if not _is_cited(one, cited)]
    passages = [
        (
            key,
            [
                (
                    cited_at(one.source, one.passage.page, one.passage.folio, language),
                    f"{one.score:.2f}",
                    one.why,
                )
                for one in found
            ],
        )
        for key, found in (("chat.used", used), ("chat.unused", rest))
    ]
    prompt = answer.usage.prompt.splitlines() if answer.usage else []
    return rendered(
        "answer.html", "about", language, _facts(answer, language), passages, prompt,
        answer.engine == "extractive",
    )  # fmt: skip


def _facts(answer: Answer, language: str) -> list[tuple[str, str]]:
    """Return the names and values of what an answer took: engine, tokens, time, searches."""
    engine = engine_title(answer.engine, language)
    if answer.fallback:
        why = translated(answer.fallback, language)
        engine = f"{engine} ({word('chat.fell_back', language)}: {why})"
    facts = [(word("chat.engine", language), engine)]
    usage = answer.usage
    if usage and usage.answer_tokens is not None:
        tokens = word("chat.tokens", language, prompt=f"{usage.prompt_tokens or 0:,}",
                      answer=f"{usage.answer_tokens:,}")  # fmt: skip
        cost = f", ${usage.cost:.4f}" if usage.cost is not None else ""
        facts.append((word("chat.took_tokens", language), f"{tokens}{cost}"))
    seconds = answer.seconds
    if seconds:
        took = word("chat.seconds", language, total=f"{seconds.get('total', 0):.2f}",
                    search=f"{seconds.get('retrieve', 0):.2f}",
                    write=f"{seconds.get('answer', 0):.2f}")  # fmt: skip
        facts.append((word("chat.time", language), took))
    if answer.searches:
        facts.append((word("chat.searches", language), " · ".join(answer.searches)))
    if answer.chance is not None:
        facts.append((word("chat.chance", language), f"{answer.chance:.2f}"))
    return facts


def _is_cited(one: Evidence, cited: set[tuple[str, int, int]]) -> bool:
    passage = one.passage
    return any(
        document == passage.document and start < passage.end and passage.start < end
        for document, start, end in cited
    )


def clipboard_text(answer: Answer, *, cited: bool) -> str:
    """Return an answer as text for the clipboard: with markers and sources, or without."""
    if not cited:
        return answer.spoken
    lines = [answer.text] if answer.claims else [answer.notice]
    lines += [one.marked for one in answer.nearest]
    if answer.calculation:
        lines.append(f"Calculated: {answer.calculation}")
    lines.append("")
    for one in answer.cited:
        lines.append(f"[{one.number}] {cited_at(one.source, one.page, one.folio)}")
        lines += [f"    “{' '.join(one.words.split())}”"]
    return "\n".join(lines)
