"""An exported conversation fetches and runs nothing, whatever its documents and models wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from assistant.answer import Answer, Citation, Claim
from assistant.answer_storage import to_json
from assistant.checking.problems import Code, problem
from assistant.conversation_export import as_markdown
from corpus.conversations import Conversation, StoredTurn
from corpus.document import Source

LIVE = [
    "![sail](https://evil.example/pixel.png)",
    "![sail][far]",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "<script>fetch('https://evil.example')</script>",
    "<iframe src='https://evil.example'></iframe>",
    "[the harbour](javascript:alert(1))",
    "&#60;img src=x&#62;",
    "`code` <svg/onload=alert(1)>",
    "<https://evil.example/auto>",
    "<!-- a comment -->",
    "line one\n\n<img src=y>\n\n    indented\n\n[far]: https://evil.example/far.png",
    "~~~\n<img src=z>\n~~~",
    "| a | b |\n|---|---|\n| <img src=t> | ![u](v) |",
    r"\![sail](https://evil.example/pixel.png) \\<img src=w>",
]


def _parts(text: str) -> tuple[Conversation, list[StoredTurn]]:
    source = Source(text, "/harbour.txt", text, text)
    answer = Answer(
        text, "answered", 
        claims=(Claim(text, (1,), "weak", (problem(Code.LINE, text),)),),
        citations=(Citation(1, "d", source, 1, text, text, 0, len(text)),),
        not_found=(text,), standalone=text, engine=text, calculation=text,
    )  # fmt: skip
    declined = replace(answer, outcome="declined", claims=(), notice=text, nearest=answer.claims)
    turn: dict[str, Any] = {name: "" for name in StoredTurn.__dataclass_fields__}
    turn |= {"question": text, "answer": to_json(answer), "at": "2026-01-01", "number": 1}
    talk: dict[str, Any] = {name: "" for name in Conversation.__dataclass_fields__}
    turns = [StoredTurn(**turn), StoredTurn(**turn | {"answer": to_json(declined)})]
    return Conversation(**talk | {"title": text}), turns


@pytest.mark.parametrize("text", LIVE, ids=range(len(LIVE)))
def test_nothing_in_an_exported_conversation_is_live(text: str) -> None:
    """Read back as Markdown it holds headings, paragraphs and quotations: no image, link, HTML."""
    written = as_markdown(*_parts(text))
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = [one for top in reader.parse(written) for one in (top, *(top.children or ()))]
    kinds = {re.sub(r"_(open|close)$", "", one.type) for one in tokens}
    assert kinds <= {"heading", "paragraph", "blockquote", "inline", "text", "text_special",
                     "softbreak", "hardbreak"}, written  # fmt: skip
    assert {"heading", "blockquote"} <= kinds
    shown = " ".join(one.content for one in tokens if one.type in {"text", "text_special"})
    assert re.search("[a-z]+", text).group() in shown  # type: ignore[union-attr]
