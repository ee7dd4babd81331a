"""Which sentences of an answer's evidence are about its question, and how they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Answer, Citation
from assistant.entity_names import NameLookup
from assistant.memo.references import with_named_references
from assistant.memo.sentence import EvidenceSentence, sentences_of
from assistant.memo.speakers import author_of, speaker_of
from assistant.memo.topic import Topic
from corpus.date_mentions import date_mentions
from corpus.document import Passage, Source
from corpus.starter.public_sources import STARTER
from index.keyword_index import stems

# Boilerplate that quotes well and says nothing: of the report itself, of lists and addresses.
_OF_ITSELF = re.compile(
    r"https?://|\bdoi\b|^This (?:report|article|note|page|document)\b|\bfiscal year\b.*\bso\b|"
    r"^\W*(?:\d{1,3}\.\s|\[\d{1,3}\])|[|]|\bet al\b"
)
# What a sentence may open with and not be readable alone.
_LEANS = re.compile(
    r"^(?:It|They|This|These|That|Those|Its|Their|He|She|Such|But|However|Both|Another|"
    r"The same|(?:At|In|By|With|From) th(?:at|is|ese|ose))\b"
)
# A rule by its own name: of the "Chip Security Act" no other rule on chips and security is.
_NAMED_RULE = re.compile(
    r"\b(?:(?:EU|US|U\.S\.|UK|Chinese|American|European)\s+)?"
    r"(?P<name>(?:[A-Z][\w-]*\s+){1,4}(?:Act|Order|Rule|Law|Directive|Regulation|Bill))\b"
)
_PICTOGRAMS = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]+")
_LONGEST = 60
# The share of the question that a sentence must say by itself, and with its heading and title. Set
# by hand on the eighteen questions of the two libraries that the pictures were looked at for.
_OWN, _TOTAL = 0.25, 0.55
# Words that say the same thing to a question: one on "the rules" is answered by a sentence on a
# licence, one on what was spent by one on an investment.
_CLASSES = tuple(
    (re.compile(words, re.IGNORECASE), frozenset(stems(named)))
    for words, named in (
        (r"\b(?:rules?|laws?|acts?|bans?|banned|controls?|licen[cs]\w+|restrict\w*|prohibit\w*|"
         r"regulations?|orders?|guidance|framework|suspen\w+|rescind\w*|revok\w+|allow\w*|"
         r"approv\w+)\b|规则|规定|法案|法规|禁令|管制|许可|限制|条例|暂停|撤销|废止",
         "rule rules law act ban control controls restrictions regulation order licence license"),
        (r"\b(?:cost\w*|pric\w+|spen[dt]\w*|invest\w*|expens\w+|budgets?|outlays?|paid|pays?|"
         r"charg\w+)\b|成本|价格|花费|支出|投资|费用",
         "cost costs price spend spent spending invest investment pay expensive charge"),
        (r"\b(?:revenues?|sales|sold|sells?|income|turnover)\b|收入|营收|销售",
         "revenue sales sell sold income turnover"),
        (r"\b(?:mak(?:e|es|ing)|made|produc\w+|manufactur\w+|output|capacity|ship\w*|obtain\w*|"
         r"plan\w*|yields?)\b|生产|产量|产能|制造",
         "make made produce production manufacture output capacity ship"),
        (r"\b(?:ha[sd]|have|own\w*|bought|buys?|stock\w*|fleet|access|holds?|cluster)\b|拥有|持有",
         "have own buy stock hold"),
    )
)  # fmt: skip
# Words of a question that no sentence need repeat.
_ASKING = frozenset(
    stems("s t change changed happen happened become became really actually find found country "
          "countries rescinded suspended history timeline thing do does number us")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Material:
    """What pictures are made from: sentences in the order of the evidence, and their numbers.

    `question` is what was asked, standing alone; `citations` are those of the answer or memo.
    """

    question: str
    topic: Topic
    sentences: tuple[EvidenceSentence, ...]
    numbers: Mapping[tuple[str, int, int], int]
    language: str

    def number(self, sentence: EvidenceSentence) -> int | None:
        """Return the number under which a sentence is cited, None where it is not."""
        exact = self.numbers.get(sentence.key)
        if exact is not None:
            return exact
        return next(
            (
                number
                for (document, start, end), number in self.numbers.items()
                if document == sentence.document and start < sentence.end and sentence.start < end
            ),
            None,
        )

    @property
    def classes(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
        """The classes of words of which the question has one."""
        return [one for one in _CLASSES if one[0].search(self.question)]

    def in_class(self, text: str) -> bool:
        """Say whether a text has a word of each of these classes: of rules, of outlays."""
        return all(words.search(text) for words, _ in self.classes)

    def bears(self, text: str, sentence: EvidenceSentence) -> bool:
        """Say whether a part of a sentence is about the question.

        It says a quarter of it by itself, over half with its heading and title, and its passage
        has every name that is asked about.
        """
        topic = self.topic
        passage = sentence.passage
        beside = f"{sentence.source.title}\n{passage.heading.rpartition(' › ')[2]}"
        around = NameLookup(f"{text}\n{beside}\n{passage.text}")
        if not all(around.holds(one) for one in topic.names):
            return False
        named = _NAMED_RULE.search(self.question)
        if named and named["name"].casefold() not in f"{text}\n{beside}".casefold():
            return False
        alike = frozenset(
            stem
            for words, named in self.classes
            if words.search(text)
            for stem in topic.weights.keys() & named
        )
        own = content(text) | alike
        return topic.covered(own) >= _OWN and topic.covered(own | content(beside)) >= _TOTAL


def material_of_answer(answer: Answer, language: str) -> Material:
    """Return what the pictures of an answer are made from: readable sentences of its evidence."""
    asked = answer.standalone or answer.question
    found = [(one.passage, one.source) for one in answer.evidence]
    return _material(asked, found, answer.citations, language)


def material_of_citations(topic: str, citations: Sequence[Citation], language: str) -> Material:
    """Return what the pictures of a memo are made from: the sentences that it cites."""
    found = [
        (Passage(one.document, one.start, one.end, one.quote, one.page, one.heading), one.source)
        for one in citations
        if not one.row
    ]
    return _material(topic, found, citations, language)


def _material(
    asked: str,
    found: Sequence[tuple[Passage, Source]],
    citations: Sequence[Citation],
    language: str,
) -> Material:
    sentences = tuple(one for one in sentences_of(found) if _readable(one))
    topic = Topic.of(asked, [one.text for one in sentences])
    years = {str(one.year) for one in date_mentions(asked) if one.year}
    weights = {
        stem: weight
        for stem, weight in topic.weights.items()
        if stem not in _ASKING and stem not in years
    }
    topic = replace(topic, weights=weights or topic.weights)
    numbers = {(one.document, one.start, one.end): one.number for one in citations}
    return Material(asked, topic, sentences, numbers, language)


def _readable(sentence: EvidenceSentence) -> bool:
    text = sentence.text
    return not (
        sentence.is_row
        or _OF_ITSELF.search(text)
        or len(text.split()) > _LONGEST
        or not re.search(r"[.!?。！？”\"]\W*$", text)
    )


def leans(sentence: EvidenceSentence) -> bool:
    """Say whether a sentence does not say by itself what it is about: "It cost $5 million"."""
    return bool(_LEANS.match(sentence.text))


def plain(text: str) -> str:
    """Return a quoted text without its references by number and without list signs."""
    bare = _PICTOGRAMS.sub(" ", with_named_references(text, {}))
    bare = re.sub(r"^[\s•*–-]+", "", bare)
    return " ".join(bare.split()).strip(" ,;:")


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many signs, cut at a word, with "…" for what is left out."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{(head if len(head) > most / 2 else cut).rstrip(' ,;:–-')}…"


def said_by(sentence: EvidenceSentence) -> str:
    """Return who says a sentence: whom it names, its document's publisher, or its title."""
    speaker = speaker_of(sentence).speaker
    if speaker and speaker != STARTER:
        return speaker
    author = author_of(sentence.source)
    return author if author and author != STARTER else shortened(sentence.source.title, 40)


def content(text: str) -> frozenset[str]:
    """Return the stems of a text."""
    return frozenset(stems(text))
