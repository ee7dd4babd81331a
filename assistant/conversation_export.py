"""A conversation as a Markdown file that holds no markup but its own.

What documents, models and readers wrote goes through Pandoc as values, as the texts of memos do: a
picture, HTML or a link in it would have a Markdown viewer fetch what somebody else chose.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answer import Answer, Citation
from assistant.answer_storage import stored_answer
from assistant.checking.problems import in_words
from assistant.memo.export import markdown_of
from assistant.memo.pandoc_tree import Node, paragraph, tree_of, words_of
from assistant.memo.picture_blocks import answer_blocks
from assistant.pictures.choice import pictures_as_stored
from corpus.citation_line import citation_line
from corpus.conversations import Conversation, StoredTurn


def as_markdown(conversation: Conversation, turns: list[StoredTurn]) -> str:
    """Return a whole conversation as Markdown: questions, marked answers, quoted sources.

    Raises BriefingError where it cannot be written.
    """
    blocks = [_heading(1, conversation.title)]
    for turn in turns:
        answer = stored_answer(turn)
        blocks += [_heading(2, turn.question), *_answer_blocks(answer)]
        blocks.append(paragraph(words_of(f"Asked {turn.at}; engine {answer.engine}.")))
    return markdown_of(tree_of(blocks, {}))


def _answer_blocks(answer: Answer) -> Iterator[Node]:
    lines = [f"Searched as: {answer.standalone}"] if answer.standalone else []
    for claim in answer.claims:
        doubt = f" ({claim.verdict}: {in_words(claim.problems)})"
        lines.append(
            claim.labelled(answer.labels) + (doubt if claim.verdict != "supported" else "")
        )
    lines += [one.labelled(answer.labels) for one in answer.later]
    if answer.calculation:
        lines.append(f"Calculated: {answer.calculation}")
    if not answer.outcome:
        lines.append("This question was broken off before it was answered.")
    if answer.outcome == "declined" and answer.notice:
        lines += [answer.notice, *(one.labelled(answer.labels) for one in answer.nearest)]
    else:
        lines += [f"Not found in the library: {one}" for one in answer.not_found]
    yield from (paragraph(words_of(line)) for line in lines)
    for citation in answer.cited:
        yield from _citation_blocks(citation, answer.labels[citation.number])
    yield from answer_blocks(pictures_as_stored(answer), level=3, labels=answer.labels)


def _citation_blocks(citation: Citation, label: str) -> tuple[Node, Node]:
    source_line = f"[{label}] {citation_line(citation.source, citation.page_name)}"
    quote = [paragraph(words_of(line)) for line in citation.words.splitlines() if line.strip()]
    return paragraph(words_of(source_line)), {"t": "BlockQuote", "c": quote}


def _heading(level: int, text: str) -> Node:
    return {"t": "Header", "c": [level, ["", [], []], words_of(text)]}


__all__ = ["as_markdown"]
