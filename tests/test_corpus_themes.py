"""Themes: told by a document, by the reader, or by its words; the user's own go before ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import UsageError
from corpus.public_documents import themes as public_themes
from corpus.themes import BEGINNING, Themes


@pytest.mark.parametrize(
    ("title", "beginning", "key"),
    [
        ("Qwen3 and Kimi K2 compared", "", "landscape"),
        ("A note", "BIS adds nine firms to the Entity List.", "export-policy"),
        ("出口管制新规", "", "export-policy"),
        ("DeepSeek发布V3模型", "", "deepseek"),
        ("Meta-analysis of meta-learning", "", ""),
        ("DeepSeek's new model", "It is compared with GPT-4o and Claude.", "deepseek"),
        ("A note", "It mentions Claude once.", ""),
        ("The mill of Lund", "It ground rye.", ""),
        ("A note", "x" * BEGINNING + " Entity List, export controls, tariffs.", ""),
        ("Philosophy and metaphors", "Phillips met a metaphor.", ""),
    ],
)
def test_the_theme_is_the_one_whose_words_stand_there(
    title: str, beginning: str, key: str, tmp_path: Path
) -> None:
    """In the title and the beginning; one word in passing, or a part of a word, is none."""
    assert Themes(tmp_path).told(title, beginning) == key


def test_the_users_themes_go_before_ours(tmp_path: Path) -> None:
    """One of the same key replaces ours, any other is added; their names serve both languages."""
    (tmp_path / "themes.toml").write_text(
        '[law]\nenglish = "Courts"\nwords = ["judge"]\n'
        '[mills]\nenglish = "Mills"\nwords = ["mill", "rye"]\n',
        encoding="utf-8",
    )
    themes = Themes(tmp_path)
    assert [one.key for one in themes.all()][-1] == "mills" and len(themes.all()) == 5
    assert themes.told("Mills of Lund", "") == "mills"
    assert themes.named("law", "en") == themes.named("law", "zh") == "Courts"
    assert themes.key_of("courts") == themes.key_of(" LAW ") == "law"
    assert themes.key_of("竞争格局") == "landscape" and themes.key_of("gaia") == ""


def test_a_theme_of_the_user_has_names_in_other_languages(tmp_path: Path) -> None:
    """Beside the English one; "chinese" is what files said at first."""
    (tmp_path / "themes.toml").write_text(
        '[mills]\nenglish = "Mills"\nwords = ["mill"]\nnames = {zh = "磨坊", de = "Mühlen"}\n'
        '[tides]\nenglish = "Tides"\nwords = ["tide"]\nchinese = "潮汐"\n',
        encoding="utf-8",
    )
    themes = Themes(tmp_path)
    assert [themes.named("mills", one) for one in ("zh", "de", "en")] == ["磨坊", "Mühlen", "Mills"]
    assert [themes.named("tides", one) for one in ("zh", "de")] == ["潮汐", "Tides"]
    assert themes.named("law", "zh") == "人工智能法规" and themes.key_of("潮汐") == "tides"


@pytest.mark.parametrize(
    "text", ["[mills]\nenglish = 'Mills'\n", "mills = 3\n", "[mills\n", "[m]\nwords = [1]\n"]
)
def test_themes_that_cannot_be_read_are_named(text: str, tmp_path: Path) -> None:
    """With the file, in one line."""
    (tmp_path / "themes.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"themes\.toml"):
        Themes(tmp_path)


def test_what_the_document_and_the_reader_say_goes_before_its_words(tmp_path: Path) -> None:
    """Front matter names a theme; the reader names another; what is none leaves it to the words."""
    for name, front in (
        ("stated", "---\ntheme: Landscape\n---\n"),
        ("slides", "---\ntheme: gaia\n---\n"),
        ("plain", ""),
    ):
        text = f"{front}# {name}\n\nThe Entity List and export controls on {name} chips.\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as workspace:
        list(workspace.add([tmp_path / f"{name}.md" for name in ("stated", "slides", "plain")]))
        held = {one.source.title: one for one in workspace.with_themes(workspace.library.entries())}
        assert held["stated"].source.theme == "landscape"
        assert held["plain"].source.theme == held["slides"].source.theme == "export-policy"
        assert workspace.library.entry(held["plain"].id).source.theme == ""
        workspace.library.update_source(held["plain"].id, theme="law")
        changed = {
            one.source.title: one for one in workspace.with_themes(workspace.library.entries())
        }
        assert changed["plain"].source.theme == "law"


def test_public_documents_have_themes_that_are_listed(tmp_path: Path) -> None:
    """Those of the curated list."""
    assert set(public_themes()) <= {one.key for one in Themes(tmp_path).all()}
