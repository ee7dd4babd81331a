"""Every word of the page stands in English and in Chinese, and says the same things."""

from __future__ import annotations

import re
import string
from pathlib import Path

from ui.wording import keys, language_of, translations, word

# Names that are the same in both languages.
NAMES = {"DeepSeek"}
PAGE = Path(__file__).parent.parent / "ui"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_it_with_the_same_values() -> None:
    """No empty word, no placeholder in one language only, Chinese in Chinese."""
    assert len(keys()) > 200
    wrong = []
    for key in sorted(keys()):
        english, chinese = word(key), word(key, "zh")
        if not english.strip() or fields(english) != fields(chinese):
            wrong.append(f"{key}: {english!r} and {chinese!r} have other values")
        if not re.search(r"[一-鿿]", chinese) and english not in NAMES:
            wrong.append(f"{key}: {chinese!r} is not Chinese")
    assert not wrong, "\n".join(wrong)


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


def test_the_browser_chooses_the_language() -> None:
    """Its first choice counts; whatever is not Chinese is answered in English."""
    assert language_of({"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}) == "zh"
    assert language_of({"accept-language": "en-GB,zh;q=0.5"}) == "en"
    assert language_of({}) == language_of(None) == "en"
    assert set(translations()) == {"en", "zh", "zh-CN"}
