"""Every word of the page stands in each of our languages, and says the same things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.i18n import placeholders
from corpus.translations import ENGLISH, SHIPPED, language_named, languages
from ui.wording import keys, language_of, translations, word

# Ours, by code.
LANGUAGES = sorted(file.stem for file in SHIPPED.glob("*.toml"))
# Names that are the same in all languages.
NAMES = {"DeepSeek", "Word", "PDF", "Markdown", "BibTeX", "RIS", "CSL-JSON"}
PAGE = Path(__file__).parent.parent / "ui"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_word_with_the_same_values_and_no_other(language: str) -> None:
    """No empty word, and nothing to put in that one language alone has."""
    assert len(keys()) > 200 and ENGLISH in LANGUAGES
    words = language_named(language).words
    assert sorted(keys() ^ words.keys()) == []
    assert [key for key, text in words.items() if not text.strip()] == []
    assert [key for key in keys() if placeholders(words[key]) != placeholders(word(key))] == []


def test_what_stands_as_chinese_is_chinese() -> None:
    """All but names and what is punctuation alone ("（{pages}）")."""
    left = [word(key, "zh") for key in keys() if word(key) not in NAMES]
    left = [one for one in left if re.search(r"\w", re.sub(r"\{\w+\}", "", one))]
    assert len(left) > 300 and [one for one in left if not re.search(r"[一-鿿]", one)] == []


def test_every_key_the_page_names_exists_and_none_is_left_over() -> None:
    """A key in the code stands in a file of words, and every key is named somewhere."""
    files = [*PAGE.rglob("*.py"), *PAGE.rglob("*.html")]
    code = "\n".join(one.read_text(encoding="utf-8") for one in files)
    asked = set(re.findall(r"""(?:\bword|\bLABELS)\(\s*["']([a-z_.]+)["'](?! ~)""", code))
    assert asked <= keys()
    # Keys that are put together from a name ("library.by_title") count by what they begin with.
    built = tuple(set(re.findall(r"""f["']([a-z]+\.[a-z_.]*)\{|"([a-z]+\.[a-z_.]*)" ~""", code)))
    built = tuple(python or template for python, template in built)
    left = {one for one in keys() if not re.search(f"""["']{re.escape(one)}["']""", code)}
    assert not {one for one in left if not one.startswith(built)}


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-tw", "zh"),
        ("zh;q=0.8", "zh"),
        ("en-GB,zh;q=0.5", "en"),
        ("zha,zh", "en"),
        ("fr-FR,zh;q=0.5", "en"),
        ("", "en"),
    ],
)
def test_the_browser_chooses_the_language(asked: str, language: str) -> None:
    """Its first choice counts, by its first part; one that there is not is answered in English."""
    assert language_of({"accept-language": asked}) == language
    assert language_of({}) == language_of(None) == "en"
    assert set(translations()) == set(languages())
