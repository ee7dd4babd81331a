"""Reading ahead: a question finds the newest documents read already; it ends when told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.ahead import read_ahead
from assistant.desk import Desk
from assistant.settings import Settings
from index.embedding import HashEmbedder, Vectors
from index.ingest import files_below


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A library of two documents."""
    for name in ("chips", "tariffs"):
        text = f"# On {name}\n\nThe rule on {name} took effect in May. Nobody had asked for it.\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Desk(settings) as opened:
        list(opened.add(files_below([tmp_path / "chips.md", tmp_path / "tariffs.md"])))
        yield opened


def _embedded_by_a_question(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that reading the evidence of a question embeds."""
    evidence = desk.searcher.search("When did the rule on chips take effect?")
    texts: list[str] = []
    plain = HashEmbedder.embed

    def told(self: HashEmbedder, some: Sequence[str]) -> Vectors:
        texts.extend(some)
        return plain(self, some)

    with monkeypatch.context() as patched:
        patched.setattr(HashEmbedder, "embed", told)
        assert desk.reader.read(desk.reader.sought("When did it take effect?"), evidence)
    return texts


def test_what_was_read_ahead_is_not_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the question itself is new."""
    read_ahead(desk, lambda: True)
    assert _embedded_by_a_question(desk, monkeypatch) == ["When did it take effect?"]


@pytest.mark.parametrize("asked_before_no", [0, 1])
def test_reading_ahead_ends_when_told(
    asked_before_no: int, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither before the first document nor before its first passage is anything read."""
    answers = iter([True] * asked_before_no + [False] * 10)
    read_ahead(desk, lambda: next(answers))
    assert "Nobody had asked for it." in _embedded_by_a_question(desk, monkeypatch)
    assert next(answers) is False


def test_no_more_passages_are_read_than_given(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One passage is one document here, so one of the two is still to be read."""
    read_ahead(desk, lambda: True, passages=1)
    texts = _embedded_by_a_question(desk, monkeypatch)
    read = [name for name in ("chips", "tariffs") if not any(name in one for one in texts)]
    assert len(read) == 1
