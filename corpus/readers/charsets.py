"""Bytes as text: by their marks, as UTF-8, as declared where that reads well, else as detected."""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress
from itertools import pairwise

from corpus.errors import ReadError
from corpus.i18n import tr

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w:-]+)", re.I
)
# The larger set of each, which programs write under the name of the smaller.
_LARGER = {
    "gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "cp950",
    "iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874",
}  # fmt: skip
# What texts are met in; chardet knows as many again of mainframes and lesser alphabets, which short
# texts are taken for.
_MET = (
    "utf-16-le", "utf-16-be", "gb18030", "big5hkscs", "cp949", "cp932", "euc_jis_2004", "cp1250",
    "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
    "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "cp866",
    "cp850", "cp852", "mac-roman", "mac-cyrillic",
)  # fmt: skip
# Bytes that are looked at: a detector is no surer after more.
_LOOK = 100_000
# Within so many bytes a text shows its format, if it has a mark of one.
_BEGINNING = 4_096
# Stateful East Asian encodings whose bytes are all ASCII, detected by their escape sequences.
_STATEFUL = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$(?:[@B]|\([DQ])"), "iso2022_jp_ext"),
    (re.compile(rb"~\{(?:[!-w][!-~])+~\}"), "hz"),
)
# By far the most common encoding that is not UTF-8. A detector knows nothing of that, and few
# accents tell the Latin alphabets apart badly: with two of them, "Åse" is as good as Estonian.
_COMMON = ("cp1252", "iso8859-15")
_PRIOR, _PRIOR_OF_FEW, _FEW = 1.25, 2.5, 6
# The encoding that a page or a mail declares is mostly right.
_SAID = 3.0
# A reading with words that no language has is this much less likely.
_ODD = 0.2
_ODD_LOOK = 20_000
_LETTER = r"[^\W\d_]"
_ODDITIES = re.compile(
    # Control characters; signs within a word, at its end, at its beginning.
    "[\x80-\x9f\ufffd\ue000-\uf8ff]"
    f"|(?<={_LETTER})[¡-©«-´¶¸¹»-¿×÷ˆ˜†‡¬](?={_LETTER})"
    f"|(?<={_LETTER}{{3}})[¡-¦¬¯±³´¶¸¹¼-¿×÷ˆ˜]"
    f"|(?<!\\w)[£¥¼-¾³²¹](?={_LETTER}{{3}})"
)
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_WORD = re.compile(rf"{_LETTER}+")
# Mojibake as UTF-8 that was read as Windows-1252: the sequences of two and three bytes.
_MOJIBAKE = re.compile("[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SURE = 3


def decoded(data: bytes, declared: str = "") -> str:
    """Return the text of bytes; `declared` is the encoding that they are said to be in, if any.

    A byte order mark goes first, then UTF-8, since hardly anything else decodes as it: a few bytes
    in it that are not are read as Windows-1252, and stray NULs dropped. Else it is as likely as
    chardet finds it, as it is declared, and as the words that come out look like words.
    Raises ReadError("encoding") for bytes that are no text in any encoding.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _text(data.decode(name, errors="replace").removeprefix("\ufeff"))
    for shift, name in _STATEFUL:
        with suppress(UnicodeDecodeError):
            if shift.search(data[:_LOOK]):
                return data.decode(name)
    if b"\0" in data:
        bare = data.replace(b"\0", b"")
        # Strays come with nothing else that is no text.
        strange = len(bare) < 0.75 * len(data) or _CONTROLS.search(bare)
        if strange and (wide := _wide(data)):
            return _text(data.decode(wide, errors="replace"))
        data = bare
    if _is_utf8(data):
        return _text(_repaired(data.decode("utf-8")))
    mixed = _mostly_utf8(data)
    return _text(_repaired(mixed) if mixed else _detected(data, codec_of(declared)))


def decoded_page(data: bytes, declared: str = "") -> str:
    """Return the text of an HTML page, which may declare its encoding itself.

    What came with it (`declared`) goes before that. See `decoded`.
    """
    said = _DECLARED.search(data[:4_096])
    return decoded(data, declared or (said[1].decode("ascii") if said else ""))


def beginning(data: bytes) -> bytes:
    """Return the beginning of a text as bytes, blanks and a mark of its encoding left out."""
    return data[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n")


def prepare() -> None:
    """Load the data files that chardet opens lazily: later no file can be opened."""
    decoded("Le café près du marché est fermé.".encode(_COMMON[0]))


def _text(text: str) -> str:
    """Return a text as it is; raises ReadError for one that is full of control characters."""
    look = text[:_LOOK]
    controls = [
        char
        for char in set(look)
        if char == "\ufffd"
        # The colours of a terminal begin with an escape.
        or (unicodedata.category(char) == "Cc" and not char.isspace() and char != "\x1b")
    ]
    if sum(map(look.count, controls)) > len(look) // 50:
        raise _unreadable()
    return text


def _unreadable() -> ReadError:
    return ReadError("encoding", tr("this file is not text in a known encoding; save it as UTF-8"))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _wide(data: bytes) -> str:
    """Return which UTF-16 or UTF-32 without its mark some bytes with NULs are, or ""."""
    look = data[: _LOOK - _LOOK % 4]
    quarters = [look[place::4].count(0) / max(1, len(look[place::4])) for place in range(4)]
    if min(quarters[1:]) > 0.6 and quarters[0] < 0.1:
        return "utf-32-le"
    if min(quarters[:3]) > 0.6 and quarters[3] < 0.1:
        return "utf-32-be"
    blanks = {}
    for name in ("utf-16-le", "utf-16-be"):
        text = look.decode(name, errors="replace")
        unfair = sum(unicodedata.category(char) in {"Cn", "Co", "Cs", "Cc"} for char in text)
        unfair -= sum(char in "\r\n\t" for char in text)
        if unfair <= len(text) // 20 and "\ufffd" not in text[:-1]:
            # The other way round a blank or the end of a line is a rare character.
            blanks[name] = len(re.findall("[ \r\n。，、]", text))
    return max(blanks, key=lambda name: blanks[name], default="")


def _mostly_utf8(data: bytes) -> str:
    """Return the text of UTF-8 with some bytes in it that are not, or "" for anything else."""
    text = data.decode("utf-8", errors="surrogateescape")
    strays = len(re.findall("[\udc80-\udcff]", text))
    letters = len(re.findall("[^\0-\x7f\udc80-\udcff]", text))
    # Half of the letters by chance, as in short texts of East Asia, is not enough, where strays
    # stand in pairs.
    alone = not re.search("[^\0-\x7f][\udc80-\udcff]|[\udc80-\udcff][^\0-\x7f]", text)
    if not letters or strays > (letters if alone else letters // 2):
        return ""
    return re.sub(
        "[\udc80-\udcff]",
        lambda found: bytes([ord(found[0]) - 0xDC00]).decode(_COMMON[0], errors="replace"),
        text,
    )


def codec_of(declared: str) -> str:
    """Return Python's name of an encoding as web pages and mails name it, "" for none such.

    UTF-8 is none: what is UTF-8 was read as that.
    """
    import webencodings

    found = webencodings.lookup(declared.strip().strip("\"'"))
    name = found.codec_info.name if found is not None else ""
    if not name:
        try:
            name = codecs.lookup(declared.strip()).name if declared.strip() else ""
        except (LookupError, ValueError):
            return ""
    name = _LARGER.get(name, name)
    if name.startswith(("utf-8", "utf-16", "x-user-defined", "replacement")):
        return ""
    try:
        # Some decode no text (base64), and say so when there is some.
        b"a".decode(name, errors="replace")
    except (LookupError, ValueError):
        return ""
    return name


def _is_odd(text: str) -> bool:
    """Say whether a text has words that no language has: it was decoded as what it is not.

    So is one with "¤", whose place the sign of the euro took.
    """
    strange = sum(char > "\x7f" for char in text)
    found = len(_ODDITIES.findall(text)) + _capitals_within(text) + _mixed_words(text)
    return "¤" in text or found > max(1, strange // 10) or (0 < strange <= 10 and found > 0)


def _capitals_within(text: str) -> int:
    """Count the capitals beyond ASCII that follow a small letter."""
    return sum(
        before.islower() and char > "\x7f" and char.isupper() for before, char in pairwise(text)
    )


def _mixed_words(text: str) -> int:
    """Count words of two alphabets, and words of one letter alone in another than the rest."""
    words = [(word, _alphabets(word)) for word in _WORD.findall(text) if not word.isascii()]
    mixed = sum(len(alphabets) > 1 for _, alphabets in words)
    foreign = [word for word, alphabets in words if alphabets and "LATIN" not in alphabets]
    if foreign and max(map(len, foreign)) < 3 and any(map(str.isascii, _WORD.findall(text))):
        mixed += len(foreign)
    return mixed


def _alphabets(word: str) -> set[str]:
    return {
        name
        for char in set(word)
        if (name := unicodedata.name(char, "?").partition(" ")[0])
        in {"LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC", "THAI"}
    }


def _look(data: bytes) -> bytes:
    """Return the lines that say something of the encoding, markup aside."""
    first = re.search(rb"[\x80-\xff]", data)
    begin = max(0, first.start() - 1_000) if first else 0
    some = data[begin : begin + 20 * _LOOK].split(b"\n")
    told = b"\n".join(line for line in some if not line.isascii())
    words = re.sub(rb"<[^<>]*>", b" ", told)
    return (told if words.isascii() else words)[:_LOOK]


def _detected(data: bytes, declared: str) -> str:
    """Return the text as the likeliest encoding has it; raises ReadError where none does."""
    look = _look(data)
    for name in _likeliest(look, declared):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            text = data.decode(name, errors="replace")
            if text.count("\ufffd") <= len(text) // 200:
                return text
    raise _unreadable()


def _likeliest(look: bytes, declared: str) -> list[str]:
    """Return encodings, the likeliest first."""
    import chardet
    from chardet.registry import lookup_encoding

    known = declared and lookup_encoding(declared)
    declared, met = (known, {*_MET, known}) if known else (declared, {*_MET})
    found = chardet.detect_all(look, include_encodings=met, compat_names=False)
    sure = {str(one["encoding"]): float(one["confidence"]) for one in found if one["encoding"]}
    best = max(sure.values(), default=0.0)
    if not best:
        return [declared] if declared else []
    for name in filter(None, (*_COMMON, declared)):
        sure.setdefault(name, best / 4)
    few = sum(byte >= 0x80 for byte in look) < _FEW
    # Of the rest none comes near.
    some = sorted(sure, key=lambda name: -sure[name])[:6]
    for name in dict.fromkeys((*some, *_COMMON, *filter(None, [declared]))):
        if _is_odd(look[:_ODD_LOOK].decode(name, errors="replace")[:-1] or "?"):
            sure[name] *= _ODD
        elif name == declared:
            sure[name] *= _SAID
        elif name in _COMMON:
            sure[name] *= (_PRIOR_OF_FEW if few else _PRIOR) * (0.9 if name != _COMMON[0] else 1)
    return sorted(sure, key=lambda name: -sure[name])


def _repaired(text: str) -> str:
    """Return a text with its mojibake undone ("Ã©" is "é") in the lines where that is certain.

    Certain is a line that as a whole is UTF-8 read as Windows-1252, in a text with several such
    places: one that only speaks of them has other letters beside.
    """
    if not re.search("[\xc2-\xf4][\x80-\xbf\u0152-\u2122]", text):
        return text
    lines = text.split("\n")
    undone = [_undone(line) for line in lines]
    places = sum(len(_MOJIBAKE.findall(before)) for before, _ in undone)
    if places < _SURE:
        return text
    return "\n".join(
        after if before else line for line, (before, after) in zip(lines, undone, strict=True)
    )


def _undone(line: str) -> tuple[str, str]:
    """Return a line's bytes, as Latin-1, and what they are as UTF-8; "" and "" where they are not.

    Windows-1252 leaves five bytes undefined, which programs read as the controls of Latin-1.
    """
    if line.isascii():
        return "", ""
    try:
        data = b"".join(
            bytes([ord(char)]) if ord(char) < 0xA0 else char.encode(_COMMON[0]) for char in line
        )
        return data.decode("latin-1"), data.decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return "", ""


__all__ = ["codec_of", "decoded", "decoded_page", "prepare"]
