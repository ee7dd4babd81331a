"""Markdown that is all but marks is read as it stands, in time that grows with its length."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from markdown_it import MarkdownIt

from corpus.readers.markdown import read_markdown

_MARKS = ["[", "_", "**", "[a](", "*", "[a]: <", "- ", "#", "![", "<"]


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("marks", _MARKS)
def test_a_text_of_marks_is_kept_and_not_parsed(marks: str, end: str) -> None:
    """The parser, which needs seconds for such a text, is handed only what is Markdown."""
    given: list[str] = []
    parsed = MarkdownIt.render

    def render(self: MarkdownIt, text: str) -> str:
        given.append(text)
        return str(parsed(self, text))

    hostile = f"{marks}{end}" * 20_000
    text = f"# Harbour\n\nThe *harbour* opened. {'Ships came. ' * 600}\n{hostile}\n"
    with patch.object(MarkdownIt, "render", render):
        document = read_markdown(text, "harbour.md")
    assert sum(map(len, given)) < 20_000
    assert document.source.title == "Harbour"
    assert "The harbour opened. Ships came." in document.text
    mark = marks.strip()[0]
    assert document.text.count(mark) > 0.8 * hostile.count(mark)


def test_a_long_page_of_links_and_tables_is_markdown() -> None:
    """Many links, a wide table and tags are what people write, and are shown as meant."""
    row = "| [Quay seven](https://port.example/quay/7) | **open** | <b>north</b> |\n"
    text = "# Quays\n\n| Name | State | Side |\n|------|------|------|\n" + row * 400
    document = read_markdown(text, "quays.md")
    assert document.text.count("Quay seven | open | north") == 400
