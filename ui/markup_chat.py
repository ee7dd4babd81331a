"""What stands around answers as HTML: actions, "About this answer", conversations, chips."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from assistant.answer import Answer
from corpus.conversations import Conversation
from index.evidence import Evidence
from ui.markup import text, where
from ui.translation import translated
from ui.wording import word


def actions_html(
    answer: Answer | None, turn: int, language: str, *, last: bool, rated: str = ""
) -> str:
    """Return what can be done with a turn, and the fold that says how its answer came about."""
    acts = []
    if answer is not None and answer.claims:
        acts += [
            ("copy", "chat.copy"),
            ("cited", "chat.copy_cited"),
            ("memo", "chat.to_memo"),
        ]
    elif answer is not None and answer.nearest:
        acts.append(("cited", "chat.copy_cited"))
    if last:
        acts += [("again", "chat.retry"), ("edit", "chat.edit")]
    links = [
        f'<a class="do" role="button" href="#do-{act}-{turn}">{word(key, language)}</a>'
        for act, key in acts
    ]
    if answer is not None and answer.outcome:
        links += [
            f'<a class="do thumb{" chosen" if rated == name else ""}" role="button" '
            # Gradio's sanitiser takes aria-pressed away: the state is said in the name.
            f'href="#do-{name}-{turn}">{sign} {word(f"chat.{name}", language)}'
            f"{' ✓' if rated == name else ''}</a>"
            for name, sign in (("good", "▲"), ("bad", "▼"))
        ]
    bar = f'<div class="acts">{"".join(links)}</div>' if links else ""
    return bar + (about_html(answer, language) if answer is not None and answer.outcome else "")


def about_html(answer: Answer, language: str) -> str:
    """Return the fold "About this answer"."""
    cited = {(one.document, one.start, one.end) for one in answer.citations}
    used = [one for one in answer.evidence if _within(one, cited)]
    rest = [one for one in answer.evidence if not _within(one, cited)]
    rows = [(word("chat.engine", language), _engine(answer, language))]
    usage = answer.usage
    if usage and usage.answer_tokens is not None:
        tokens = word("chat.tokens", language, prompt=f"{usage.prompt_tokens or 0:,}",
                      answer=f"{usage.answer_tokens:,}")  # fmt: skip
        cost = f", ${usage.cost:.4f}" if usage.cost is not None else ""
        rows.append((word("chat.took_tokens", language), f"{tokens}{cost}"))
    seconds = answer.seconds
    if seconds:
        took = word("chat.seconds", language, total=f"{seconds.get('total', 0):.2f}",
                    search=f"{seconds.get('retrieve', 0):.2f}",
                    write=f"{seconds.get('answer', 0):.2f}")  # fmt: skip
        rows.append((word("chat.time", language), took))
    if answer.searches:
        rows.append((word("chat.searches", language), " · ".join(answer.searches)))
    if answer.chance is not None:
        rows.append((word("chat.chance", language), f"{answer.chance:.2f}"))
    facts = "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in rows)
    parts = [f"<dl>{facts}</dl>"]
    for key, found in (("chat.used", used), ("chat.unused", rest)):
        if found:
            items = "".join(_passage(one, language) for one in found)
            head = word(key, language, count=len(found))
            parts.append(f'<div class="head">{head}</div><ol class="found">{items}</ol>')
    if usage and usage.prompt:
        prompt = "<br>".join(text(line) for line in usage.prompt.splitlines())
        head = word("chat.prompt", language)
        parts.append(
            f'<details><summary>{head}</summary><div class="prompt">{prompt}</div></details>'
        )
    elif answer.engine == "extractive":
        parts.append(f'<div class="head">{word("chat.no_prompt", language)}</div>')
    title = word("chat.about", language)
    return f'<details class="about"><summary>{title}</summary>{"".join(parts)}</details>'


def _within(one: Evidence, cited: set[tuple[str, int, int]]) -> bool:
    passage = one.passage
    return any(
        document == passage.document and start < passage.end and passage.start < end
        for document, start, end in cited
    )


def _engine(answer: Answer, language: str) -> str:
    if answer.fallback:
        why = translated(answer.fallback, language)
        return f"{answer.engine} ({word('chat.fell_back', language)}: {why})"
    return answer.engine


def _passage(one: Evidence, language: str) -> str:
    score = word("chat.score", language, score=f"{one.score:.2f}")
    return (
        f"<li>{text(where(one.source, one.passage.page, one.passage.folio, language))}"
        f'<div class="why">{score}: {text(translated(one.why, language))}</div></li>'
    )


def talks_html(
    talks: Sequence[Conversation], current: str, language: str, *, searched: bool
) -> str:
    """Return the list of conversations, each a link "#talk-<id>"."""
    if not talks:
        key = "chat.no_match" if searched else "chat.no_talks"
        return f'<p class="none">{word(key, language)}</p>'
    items = "".join(
        f'<li><a class="talk" href="#talk-{escape(one.id)}"'
        f"{' aria-current=true' if one.id == current else ''}><span>{escape(one.title)}</span>"
        f"<small>{escape(one.updated[:10])}</small></a></li>"
        for one in talks
    )
    return f'<ul aria-label="{word("chat.talks", language)}">{items}</ul>'


def chips_html(chips: Sequence[tuple[str, str, str]], language: str) -> str:
    """Return (name, value, what is shown) of what is chosen, each with a button to remove it."""
    return "".join(
        f'<button type="button" class="chip" data-drop="{escape(name)}" '
        f'data-which="{escape(value)}" '
        f'aria-label="{escape(word("chat.remove", language, what=shown))}">{escape(shown)} '
        '<span aria-hidden="true">×</span></button>'
        for name, value, shown in chips
    )


def copied(answer: Answer, *, cited: bool) -> str:
    """Return an answer as text for the clipboard: with markers and sources, or without."""
    if not cited:
        return answer.spoken
    lines = [answer.text] if answer.claims else [answer.notice]
    lines += [one.marked for one in answer.nearest]
    if answer.calculation:
        lines.append(f"Calculated: {answer.calculation}")
    lines.append("")
    for one in answer.cited:
        lines.append(f"[{one.number}] {where(one.source, one.page, one.folio)}")
        lines += [f"    “{' '.join(one.words.split())}”"]
    return "\n".join(lines)
