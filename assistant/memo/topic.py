"""The topic of a memo: what it asks for, and which texts are about it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.entity_names import NameLookup, names
from assistant.planning.question_language import question_language
from corpus.vocabulary import groups
from index.keyword_index import stems
from index.query import STOP_WORDS, content_words, stem_weights


class Kind(StrEnum):
    """The kind of a topic, by its words: readers ask other things of a rule than of a cost."""

    RULE = "rule"
    CLAIM = "claim"
    FIGURE = "figure"
    OTHER = ""


# In this order: "outbound investment rules" are rules, "cost claims" are claims.
_KINDS = (
    (Kind.RULE, r"\b(?:rules?|laws?|acts?|bans?|controls?|licen[cs](?:es?|ing)|polic(?:y|ies)|"
     r"regulations?|sanctions?|tariffs?|restrictions?|executive orders?|bills?|treat(?:y|ies))\b|"
     r"规则|规定|法案|法规|禁令|管制|许可|制裁|关税|条例|政策"),
    (Kind.CLAIM, r"\b(?:claims?|accusations?|allegations?|disputes?|controvers\w+|debates?)\b|"
     r"指控|指责|争议|争论"),
    (Kind.FIGURE, r"\b(?:costs?|prices?|revenues?|production|output|sales|spending|capacity|"
     r"market shares?|profits?)\b|成本|价格|收入|营收|产量|产能|销量|支出|份额|利润"),
)  # fmt: skip
_ASKING = re.compile(
    r"^(?:what|how|why|when|where|who|which|whose|is|are|was|were|do|does|did|can|could|will|would|"
    r"should|has|have|had)\b",
    re.IGNORECASE,
)
_ASKING_CHINESE = re.compile(
    r"[？?吗呢]\s*$|什么|为何|为什么|如何|怎样|怎么|哪些|谁|多少|何时|是否"
)
# Verbs of a question that are no part of its subject: "What should Europe learn from …?".
_VERBS = frozenset(
    "learn mean say think work affect change happen need want require respond react compare "
    "matter face lead use make take get give go come tell expect fear gain lose see show cause "
    "bring stand do slow delay stop hurt help limit hinder harm spur block curb boost weaken "
    "strengthen threaten benefit shape drive undermine".split()
)
_ONE_RULE = re.compile(
    r"^(?!(?:the|an?|this)\b)[^,]*\b(?:rule|act|law|ban|order|policy|regulation|bill)$",
    re.IGNORECASE,
)
# Names of the field, which nearly every passage of such a library is about.
_FIELDS = frozenset({"ai", "artificial intelligence", "ml", "llm", "llms", "it", "人工智能"})
# "What do export controls do to DeepSeek?" has no verb of its own to be searched for.
_DO_TO = re.compile(
    r"^what (?P<verb>do|does|did|will|would|can|could) (?P<what>.+) do (?:to|for|with) "
    r"(?P<whom>.+)$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"^(?:comparison of (?P<of>.+)|(?P<what>.+?) (?:compared|in comparison))$", re.I
)
_WORD = re.compile(r"\w+(?:[.'’&/-]\w+)*")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.+-][A-Za-z0-9]+)*")
_HAN = re.compile(r"[㐀-䶿一-鿿]")
# Names for which the alias list has no Chinese.
_CHINESE_NAMES = {"欧洲": "Europe"}
# Adjectives such as "Chinese" in "Chinese laboratories", rarely repeated where these are named.
_DESCRIBES = re.compile(r"(?:ese|an|ish|ch)$")
# The share of the topic's weights that must be in a passage with its title and headings, in a
# single sentence, and in a title that is itself the topic. Set by hand on the memos of
# benchmarks/memos.py.
_PASSAGE, _SENTENCE, _TITLE = 0.5, 0.4, 0.75
# One word with this share of the topic's highest weight is enough, or so many words.
_TELLS, _WORDS = 0.6, 2
# The weight of a word that is in every passage of the library.
_EVERYWHERE = 0.1


@dataclass(frozen=True, slots=True)
class Topic:
    """What a memo is about.

    `question` is what it asks, as given where it is a question; `thing` is its subject, to be put
    into other questions. A passage must have all `names`; `weights` has a weight from 0 to 1 for
    each content stem; `unknown` are the words that the library has nowhere.
    """

    question: str
    thing: str
    kind: Kind
    chinese: bool
    names: tuple[str, ...]
    weights: Mapping[str, float]
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, text: str, found: Sequence[str] = (), frequencies: Mapping[str, int] | None = None,
        passages: int = 0,
    ) -> Topic:  # fmt: skip
        """Return the topic that a text names.

        `found` are texts of the library: a capital word that they write small is no name.
        `frequencies` says in how many of the library's `passages` each of `content_stems` stands.
        """
        bare = text.strip().rstrip("?!.。？！ ")
        chinese = question_language(text) == "zh"
        asks = bool(_ASKING.match(bare) or (chinese and _ASKING_CHINESE.search(text)))
        kind = Kind.OTHER
        if not asks:
            low = bare.lower()
            kind = next((one for one, words in _KINDS if re.search(words, low)), Kind.OTHER)
        named = _names(bare, found, chinese=chinese)
        thing = (
            bare if chinese else _subject_of(bare, named) if asks else _within_sentence(bare, named)
        )
        words = content_words(bare)
        known = frequencies or {}
        # What no passage has a word of tells none from another.
        weights = {
            stem: weight * _telling(known.get(stem, 0), passages)
            for stem, weight in stem_weights(words).items()
            if not (passages and not known.get(stem)) and not (asks and stem in _VERBS)
        }
        unknown = tuple(
            word
            for word in words
            if passages and not chinese and not (asks and word.lower() in _VERBS)
            if not any(known.get(stem) for stem in stems(word))
        )
        question = text.strip()
        if done := _DO_TO.match(bare):
            question = f"How {done['verb'].lower()} {done['what']} affect {done['whom']}?"
        if not asks and (compared := _COMPARED.match(bare)):
            thing = _within_sentence(compared["of"] or compared["what"], named)
            question = f"How do {thing} compare?"
        return cls(question, thing, kind, chinese, named, weights, unknown)

    def covered(self, held: frozenset[str]) -> float:
        """Return the share of the weights whose stems are in `held`."""
        total = sum(self.weights.values())
        return sum(w for stem, w in self.weights.items() if stem in held) / total if total else 0.0

    def bears(self, text: str, title: str, heading: str) -> bool:
        """Say whether a passage, with title and heading, is about the topic and has its names."""
        whole = f"{title}\n{heading}\n{text}"
        vocabulary = NameLookup(whole)
        if not all(_holds(vocabulary, whole, one) for one in self.names):
            return False
        if not self.weights:
            return bool(self.names)
        return self.covered(self._held(whole)) >= _PASSAGE

    def fits(self, text: str, title: str, heading: str) -> bool:
        """Say whether a sentence of a passage about the topic is about it too.

        A name of the topic stands in it, in its own heading or in the title. With its own heading
        it must have one word of high weight, or two; in a document whose title is the topic, any
        word of the topic but the name of the field.
        """
        if self.names:
            whole = f"{title}\n{heading.rpartition(' › ')[2]}\n{text}"
            vocabulary = NameLookup(whole)
            if not any(_holds(vocabulary, whole, one) for one in self.names):
                return False
        held = self._held(f"{heading.rpartition(' › ')[2]}\n{text}") & self.weights.keys()
        if not self.weights:
            return True
        if self.covered(self._held(title)) >= _TITLE:
            return bool(held - _FIELDS)
        most = max(self.weights.values())
        tells = len(held - _FIELDS) >= _WORDS or any(
            self.weights[one] >= _TELLS * most for one in held
        )
        return tells and self.covered(held | self._held(f"{title}\n{heading}")) >= _SENTENCE

    def share(self, text: str, heading: str) -> float:
        """Return the share of the topic, 0 to 1, in a sentence with its own heading."""
        return self.covered(self._held(f"{heading.rpartition(' › ')[2]}\n{text}"))

    def _held(self, text: str) -> frozenset[str]:
        """Return the stems of a text, and of the topic's names that it has under an alias."""
        held = set(stems(text))
        vocabulary = NameLookup(text)
        for name in self.names:
            if _holds(vocabulary, text, name):
                held.update(stems(name))
        return frozenset(held)


def content_stems(text: str) -> tuple[str, ...]:
    """Return the stems of a topic's content words, whose frequencies `Topic.of` takes."""
    return tuple(stem_weights(content_words(text)))


def _telling(count: int, passages: int) -> float:
    """Return the weight, 0.1 to 1, of a word that is in `count` of the passages (scaled IDF)."""
    if passages < 2 or not count:
        return 1.0
    return max(_EVERYWHERE, math.log(passages / count) / math.log(passages))


def _names(text: str, found: Sequence[str], *, chinese: bool) -> tuple[str, ...]:
    if chinese:
        aliases = [name for group in groups() if group.same for name in group.names
                   if _HAN.search(name) and name in text]  # fmt: skip
        others = [name for sign, name in _CHINESE_NAMES.items() if sign in text]
        return tuple(dict.fromkeys([*_LATIN.findall(text), *aliases, *others]))
    whole = "\n".join(found)
    kept = []
    for one in names(text):
        after = re.match(r"[\w-]*\s*", text[one.end :])
        following = text[one.end + (after.end() if after else 0) :][:1]
        capital = any(sign.isupper() or sign.isdigit() for sign in one.text)
        if not capital or one.text.lower() in _FIELDS:
            continue
        if _DESCRIBES.search(one.text) and following.islower():
            continue
        # The first word is a name only where the library writes it so.
        small = len(re.findall(rf"(?<![\w./]){re.escape(one.text.lower())}(?![\w./])", whole))
        if (
            one.start == 0
            and one.text.isalpha()
            and small > len(re.findall(rf"(?<![\w./]){re.escape(one.text)}(?!\w)", whole))
        ):
            continue
        kept.append(one.text)
    return tuple(dict.fromkeys(kept))


def _holds(vocabulary: NameLookup, text: str, name: str) -> bool:
    """Say whether a text has a name, an alias of it, or a word derived from it ("European")."""
    if vocabulary.holds(name) or (_HAN.search(name) and name in text):
        return True
    low = name.casefold()
    for group in groups():
        # "Europe" begins "European", which is another name of the Union.
        own = any(
            one.casefold() == low or (len(low) > 4 and one.casefold().startswith(low))
            for one in group.names
        )
        if group.same and own and any(_stands(vocabulary, text, one) for one in group.names):
            return True
    return len(name) > 4 and bool(re.search(rf"\b{re.escape(name)}", text, re.IGNORECASE))


def _stands(vocabulary: NameLookup, text: str, name: str) -> bool:
    return name in text if _HAN.search(name) else vocabulary.holds(name)


def _subject_of(bare: str, named: Sequence[str]) -> str:
    """Return the subject of a question: its runs of content words, joined."""
    runs: list[list[str]] = [[]]
    for word in _WORD.findall(bare):
        low = word.lower()
        if low in STOP_WORDS or (low in _VERBS and low not in map(str.lower, named)):
            runs.append([])
        else:
            runs[-1].append(word)
    said = [" ".join(run) for run in runs if run]
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1]))) if said else bare


def _within_sentence(bare: str, named: Sequence[str]) -> str:
    """Return a topic as part of a sentence: its first word in lower case unless it is a name."""
    # What goes with it burdens each question: "the rule and its rescission" is about the rule.
    bare = re.sub(r"\s+and (?:its|their) [\w-]+$", "", bare)
    rest, _, last = bare.rpartition(" and ")
    places = (group for group in groups() if group.section == "places")
    if rest and any(last in group.names for group in places):
        # "H20 licences and China" does not read within a question.
        bare = f"{rest} for {last}"
    if _ONE_RULE.search(bare):
        return f"the {bare}"
    first = bare.split()[0]
    plain = (first[:1].isupper() and first[1:].islower()) or "-" in first
    small = plain and not any(first in one.split() or one in first for one in named)
    return bare[:1].lower() + bare[1:] if small else bare
