"""Text comes out of bytes as it was written, whatever they are in and whatever is said of them."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import ReadError
from corpus.readers import read
from corpus.readers.charsets import decoded, decoded_page

SENTENCES = tomllib.loads((Path(__file__).parent / "charset_sentences.toml").read_text("utf-8"))
FRENCH = SENTENCES["french"]["lines"][1]
NOISE = random.Random(1).randbytes(9_000)
# What hardly any text is in that nothing is said of, and what few letters cannot tell.
HARD = {("short", "mac_roman"), ("short", "iso8859-15")}


def cases() -> Iterator[tuple[str, str, str, str]]:
    """Language, encoding, length and text: a line of five words, a sentence, a paragraph, a page.

    Without the letters that the encoding lacks.
    """
    for language, one in SENTENCES.items():
        lines = one["lines"]
        for name in one["encodings"]:
            for length, text in (
                ("short", lines[0]),
                ("sentence", lines[1]),
                ("paragraph", "\n".join(lines)),
                ("page", "\n".join(lines * 8)),
            ):
                yield language, name, length, text.encode(name, "ignore").decode(name)


def test_texts_of_many_languages_come_out_as_they_were_written() -> None:
    """Each of 47 encodings of 23 languages, short or long, with nothing said of it."""
    wrong = [
        (language, name, length)
        for language, name, length, text in cases()
        if decoded(text.encode(name)) != text
    ]
    assert len(list(cases())) == 188 and not wrong


@pytest.mark.parametrize("said", ["utf-8", "iso-8859-1", "us-ascii", "x-unknown", "base64", ""])
def test_what_is_said_of_them_may_be_wrong(said: str) -> None:
    """A sentence is read by its words where the encoding that is named does not make any."""
    wrong = [
        (language, name)
        for language, name, length, text in cases()
        if length == "paragraph" and decoded(text.encode(name), said) != text
    ]
    assert not wrong


def test_what_is_said_of_them_helps_with_a_word() -> None:
    """Two letters tell nothing; the name of the encoding does."""
    for word, name in (("Åse", "iso-8859-1"), ("東京都", "euc-jp"), ("Kč", "windows-1250")):
        assert decoded(word.encode(name), name) == word
    assert decoded("naïve".encode("cp1252")) == "naïve"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (FRENCH.encode() + " déjà".encode("cp1252"), FRENCH + " déjà"),
        ("Café: ".encode() + b"5 \x80", "Café: 5 €"),
        (FRENCH.encode() + "é".encode()[:1], FRENCH + "Ã"),
        (b"Two\0 doors.\0\0 The third.", "Two doors. The third."),
        ("Zwei Türen.\0 Die dritte.".encode("cp1252"), "Zwei Türen. Die dritte."),
        (b"Two doors.\n" * 40 + b"\0" * 4096, "Two doors.\n" * 40),
        ("Two doors.\nThe third.".encode("utf-16-le"), "Two doors.\nThe third."),
        ("Two doors.\nThe third.".encode("utf-16-be"), "Two doors.\nThe third."),
        ("Мост закрыт.\nДо весны.".encode("utf-16-le"), "Мост закрыт.\nДо весны."),
        (
            "大桥将关闭到星期一。\n市议会决定。".encode("utf-16-be"),
            "大桥将关闭到星期一。\n市议会决定。",
        ),
        ("Two doors.".encode("utf-32-le"), "Two doors."),
        ("\ufeffTwo doors.".encode("utf-32-be"), "Two doors."),
        (b"See~{x} and ~{y}~}, $\x1b[31mred\x1b[0m", "See~{x} and ~{y}~}, $\x1b[31mred\x1b[0m"),
    ],
    ids=range(13),
)
def test_odd_bytes_cost_nothing_else(data: bytes, text: str) -> None:
    """Strays of another encoding, NULs, a missing mark: the rest is read as ever."""
    assert decoded(data) == text


def _misread(text: str) -> str:
    return "".join(
        bytes([byte]).decode("cp1252" if byte not in b"\x81\x8d\x8f\x90\x9d" else "latin-1")
        for byte in text.encode()
    )


def test_mojibake_is_undone_where_that_is_certain() -> None:
    """UTF-8 that was read as Windows-1252 and saved so; a text that speaks of it stays."""
    assert decoded(_misread(f"{FRENCH}\nplain\nÀ Í").encode()) == f"{FRENCH}\nplain\nÀ Í"
    for text in ("“Ã©” is é, Ã¨ is è and Ã´ is ô.", 'It shows "Ã©".', FRENCH, "大桥将关闭。"):
        assert decoded(text.encode()) == text


@pytest.mark.parametrize("name", ["cp1252", "gb18030", "koi8-r"])
def test_a_page_that_says_utf8_and_is_not(name: str) -> None:
    """The declaration is of the template, the bytes of whoever filled it in."""
    words = {"cp1252": FRENCH, "gb18030": "大桥将关闭到星期一。", "koi8-r": "Мост закрыт до весны."}
    page = f"<html><head><meta charset=utf-8><title>A</title></head><body><p>{words[name]}</p>"
    assert decoded_page(page.encode(name)) == page
    declared = page.replace("utf-8", name)
    assert decoded_page(declared.encode(name)) == declared
    assert decoded_page(declared.encode()) == declared


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n" + NOISE[:4000], NOISE]
)
def test_what_is_no_text_is_refused(data: bytes, tmp_path: Path) -> None:
    """A picture, a program, noise under the name of a text."""
    file = tmp_path / "note.txt"
    file.write_bytes(data)
    with pytest.raises(ReadError) as error:
        read(file)
    assert error.value.reason == "encoding"


@pytest.mark.parametrize(
    "data",
    [
        b"a" * 3_000_000 + b"\xe9",
        b"\xe9" * 3_000_000,
        "Ã©".encode() * 300_000,
        b"<" * 3_000_000 + b"\xe9",
    ],
)
def test_time_grows_with_the_length_alone(data: bytes) -> None:
    """Bytes made to be slow are decoded all the same; a test that hangs is ended."""
    assert decoded(data)
