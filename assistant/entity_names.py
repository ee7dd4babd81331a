"""Proper names in a sentence, and whether a text has them, aliases included."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from corpus.vocabulary import AliasGroup, groups
from index.query import STOP_WORDS, rarity

_TOKEN = re.compile(r"[^\W_]+(?:[.'’&/-][^\W_]+)*")
# The first word of a sentence is no name if it is less rare than this in English ("Research").
_ORDINARY_RARITY = 0.845
# Capitalised words that are not names by themselves: titles, parts of laws, words after a name.
_GENERIC = frozenset(
    "president senator representative minister secretary chairman chairwoman chair director "
    "professor doctor mr mrs ms dr sir judge justice general governor mayor officer officials "
    "section article act rule part chapter title appendix table figure department agency office "
    "bureau committee commission congress court company corporation inc corp ltd co llc group "
    "university institute school state states city county north south east west northern southern "
    "eastern western i passage passages note street st avenue ave road rd restaurant bar grill "
    "cafe hotel internet bc ad am pm "
    # A request that begins with one of these names nothing by it.
    "compare contrast summarise summarize explain describe outline".split()
)
_UNITS = frozenset("gb tb pb mb kb gw mw kw mwh kwh twh ghz mhz km kg usd eur rmb".split())
# Words of a name that is looked up among the aliases, and sections that name no subject.
_LONGEST_ALIAS, _NO_SUBJECTS = 4, frozenset({"", "places", "states", "terms", "related"})
_LOWER_CASE_JOINS = frozenset("of and the for on in de la van von & to".split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written in a sentence, with its span."""

    text: str
    start: int
    end: int


def with_names_of(claim: str, text: str) -> str:
    """Return a claim in which names that a text lacks are replaced by the aliases it has."""
    folded_text = f" {text.casefold()} "
    for group in groups():
        if not group.same:
            continue
        present = next(
            (one for one in group.names if _holds_word(one.casefold(), folded_text)), None
        )
        if present is None:
            continue
        for name in group.names:
            if name.casefold() in claim.casefold() and not _holds_word(
                name.casefold(), folded_text
            ):
                claim = re.sub(
                    rf"(?<!\w){re.escape(name)}(?!\w)", present, claim, flags=re.IGNORECASE
                )
    return claim


def _holds_word(name: str, text: str) -> bool:
    return name in text and bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


class NameLookup:
    """The words and initials of a text, for looking up names."""

    def __init__(self, text: str) -> None:
        pieces = list(_folded_words(text))
        self._words = frozenset(pieces)
        self._run_together = self._words | {a + b for a, b in pairwise(pieces)}
        self._joined = f" {' '.join(pieces)} "
        self._initials = frozenset(_initials(text))
        self._mixed = frozenset(
            match[0].lower() for match in _TOKEN.finditer(text) if not match[0][1:].islower()
        )

    def holds(self, name: str) -> bool:
        """Say whether the text holds a name: its words in order, an alias, or its initials."""
        if self._has(name):
            return True
        if any(self._has(form) for form in _other_names(groups()).get(_folded(name), ())):
            return True
        letters = name.replace(".", "")
        if letters.isupper() and 2 <= len(letters) <= 7:
            return letters in self._initials
        initials = _initials(name)
        return any(len(one) > 2 and one.lower() in self._words for one in initials)

    def _has(self, name: str) -> bool:
        words = list(_folded_words(name))
        if not words:
            return False
        if f" {' '.join(words)} " in self._joined:
            return True
        # "WiFi" and "Wi-Fi", "YouTube" and "You Tube".
        if "".join(words) in self._run_together:
            return True
        # "MoE" of "DeepSeekMoE".
        part = words[0] if len(words) == 1 and len(words[0]) > 2 else ""
        if part and any(one.endswith(part) for one in self._mixed):
            return True
        # "DeepSeek's R1" and "R1, DeepSeek's": each word counts, and so do plural and singular.
        return all(
            word in self._words
            or f"{word}s" in self._words
            or word.removesuffix("s") in self._words
            for word in words
        )


def names(sentence: str, used: Iterable[tuple[int, int]] = ()) -> list[Name]:
    """Return the names of a sentence, in order: capital words, acronyms, and model numbers.

    The first word is a name only where it is not an ordinary word of English. Spans in `used`
    (dates) contain no names.
    """
    found: list[Name] = []
    taken = bytearray(len(sentence))
    for start, end in used:
        taken[start:end] = b"\1" * (end - start)
    for start, end in _alias_spans(sentence):
        if any(taken[start:end]):
            continue
        found.append(Name(sentence[start:end], start, end))
        taken[start:end] = b"\1" * (end - start)
    first = True
    for match in _TOKEN.finditer(sentence):
        begins, first = first or _begins_sentence(sentence, match.start()), False
        if any(taken[match.start() : match.end()]) or not _is_name(match[0], begins):
            continue
        # "US-wide" and "Beijing-based" name what stands first.
        name = re.sub(r"(?<=\w)-[a-z]+$", "", _without_possessive(match[0]))
        found.append(Name(name, match.start(), match.end()))
    return sorted(found, key=lambda one: one.start)


def missing_names(found: Iterable[Name], vocabulary: NameLookup) -> list[str]:
    """Return the names that a text lacks, in order, without duplicates."""
    return list(dict.fromkeys(one.text for one in found if not vocabulary.holds(one.text)))


def _is_name(token: str, begins_sentence: bool) -> bool:
    plain = _without_possessive(token)
    lower = plain.lower()
    if lower in _GENERIC or lower in STOP_WORDS or lower in _UNITS or len(plain) < 2:
        return False
    letters = [sign for sign in plain if sign.isalpha()]
    if any(sign.isdigit() for sign in plain):
        return bool(letters) and not re.fullmatch(
            r"\d[\d.,]*(?:[a-z%-]+|[KMBTkm]|[A-Za-z]?[WB]b?)|\d+s|\d+-\w+", plain
        )
    if any(sign.isupper() for sign in plain[1:]):
        return True
    if not plain[0].isupper():
        return False
    if not begins_sentence:
        return True
    ordinary = re.search(r"(?:ly|ing|ed|s|tion|ment)$", lower) or rarity(lower) < _ORDINARY_RARITY
    return not ordinary


def _begins_sentence(sentence: str, start: int) -> bool:
    """Say whether a word begins a sentence, a quotation or a list item."""
    before = sentence[:start].rstrip()
    return not before or (before[-1] in ".!?:;“\"'‘(|•-–—" and not before.endswith("U.S."))


def _without_possessive(token: str) -> str:
    return re.sub(r"['’]s?$", "", token)


def _folded_words(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case, without possessives, "A-B" as two words."""
    for match in _TOKEN.finditer(text):
        plain = _without_possessive(match[0]).lower().replace("’", "'")
        if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", plain):
            yield plain.replace(".", "")
        else:
            yield from (one for one in re.split(r"[-/]", plain) if one)


def _folded(text: str) -> str:
    return " ".join(_folded_words(text))


def _initials(text: str) -> Iterator[str]:
    """Yield the initials of runs of capitalised words: "Bureau of Industry and Security", BIS."""
    run: list[str] = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word[0].isupper():
            run.extend(part[0].upper() for part in word.split("-") if part)
            yield from ("".join(run[begin:]) for begin in range(len(run) - 1))
        elif word.lower() not in _LOWER_CASE_JOINS:
            run = []


@cache
def _alias_sections(known: tuple[AliasGroup, ...]) -> dict[str, str]:
    return {_folded(name): group.section for group in known if group.same for name in group.names}


def alias_section(name: str) -> str:
    """Return which section of the aliases a name stands in ("places", "companies"), or ""."""
    return _alias_sections(groups()).get(_folded(name), "")


def known_names(text: str) -> list[str]:
    """Return the names of companies, models and offices in a text, in small letters as well.

    They are those of the aliases. A place is none: it often says only where.
    """
    found, words = list[str](), list(_TOKEN.finditer(text))
    for place, first in enumerate(words):
        for last in reversed(words[place : place + _LONGEST_ALIAS]):
            name = _without_possessive(text[first.start() : last.end()])
            if alias_section(name) not in _NO_SUBJECTS:
                found.append(name)
                break
    return found


@cache
def _other_names(known: tuple[AliasGroup, ...]) -> dict[str, tuple[str, ...]]:
    """Return for each alias, folded, the other names of its group."""
    forms: dict[str, tuple[str, ...]] = {}
    for group in known:
        for name in group.names if group.same else ():
            forms[_folded(name)] = (*forms.get(_folded(name), ()), *group.names)
    return forms


@cache
def _alias_phrases(known: tuple[AliasGroup, ...]) -> tuple[str, ...]:
    """Return the aliases that are more than a capital word, the longest first."""
    phrases = {
        name
        for group in known
        for name in (group.names if group.same else ())
        if re.search(r"[ \d-]", name) or name.replace(".", "").isupper()
    }
    return tuple(sorted(phrases, key=len, reverse=True))


def _alias_spans(sentence: str) -> list[tuple[int, int]]:
    # One expression of all of them takes 0.06 s to compile, and longer to search by.
    there = [re.escape(one) for one in _alias_phrases(groups()) if one in sentence]
    if not there:
        return []
    pattern = rf"(?<![\w.-])(?:{'|'.join(there)})(?![-.]?\w)"
    return [match.span() for match in re.finditer(pattern, sentence)]
