"""The engine without a model: it quotes the sentences that answer, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from assistant.engine import Draft, Piece, Task
from assistant.engine_kinds import EngineKind, Reachable
from assistant.planning.answer_form import AnswerForm
from assistant.planning.answer_length import AnswerLength
from assistant.retrieval.sentence_ranking import RankedSentence
from corpus.cells import Row
from corpus.sentences import sentences
from index.evidence import Evidence


@dataclass(frozen=True, slots=True)
class _LengthLimits:
    """The length limits of an answer, and how good a further sentence must be.

    `least_share` is the share of the best sentence's chance that a further sentence must have.
    """

    most: int
    words: int
    least_share: float

    def asked(self, length: AnswerLength) -> _LengthLimits:
        """Return the limits of an answer whose length is asked for."""
        if not length.most:
            return self
        if not length.filled:
            return replace(self, most=min(self.most, length.most))
        words = max(self.words, _WORDS_OF_SENTENCE * length.most)
        return _LengthLimits(length.most, words, _LEAST_SHARE_WHERE_ASKED)


# Set by hand; docs/decisions.md has the figures of a second sentence for facts.
_LENGTH_LIMITS = {
    AnswerForm.FACT: _LengthLimits(2, 70, 0.4),
    AnswerForm.LIST: _LengthLimits(6, 130, 0.45),
    AnswerForm.EXPLANATION: _LengthLimits(5, 140, 0.4),
}
# Where so many sentences are asked for, each may have so many words, and be so much less likely.
_WORDS_OF_SENTENCE, _LEAST_SHARE_WHERE_ASKED = 45, 0.2
# An answer of one sentence leads with one that needs no other, from this share of the best on.
_ALONE_SHARE = 0.5
# From this chance on a first sentence needs no second one, unless it is very short.
_SURE, _SHORT = 0.9, 8
# A sentence that needs the previous one is shown with it, up to this many words of both.
_MOST_WORDS_WITH_PREVIOUS = 60
_UNBOUND = 1_000
# Sentences shown where the answer is declined.
_MOST_NEAREST = 3
# Shorter ones are labels; a Chinese sentence counts as one word and ends in its own full stop.
_LEAST_WORDS = 4
# Two sentences that share this much of their stems say the same.
_SAME_SHARE = 0.6
# "[12]", and "^1^6" as web pages turn raised numbers into text; "10^25" is a number.
_REFERENCE = re.compile(
    r"\s?\[\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]|(?<=[^\W\d])(?:\^\d{1,2})+(?=[.,;:]?(?:\s|$))"
)
_BULLET = re.compile(r"^[-*•·]\s+")
# "(source 22)", "(sources 5 and 6)": the document's own notes.
_SOURCE_NOTE = re.compile(r"\s?\(sources? \d{1,3}(?:(?:, | and |, and |[–-])\d{1,3})*\)")
_FIGURE = re.compile(r"[~<>$€£¥]?\d")
# "Topics: open weights, training cost, inference cost, API prices." names what a text is about.
_TOPIC_LIST = re.compile(r"[A-Z][\w ]{2,20}: (?:[^,.;:]{1,40}, ){3,}[^,.;:]{1,40}\.$")
# What needs the previous sentence: a pronoun, or a definite noun that was introduced there.
_NEEDS_PREVIOUS = re.compile(
    r"^(?:It|They|He|She|This|These|That|Those|Its|Their|His|Her|Such|Both|The (?:latter|former|"
    r"company|firm|lab|model|models|rule|order|agency|bureau|authors?|report|decision|same)|"
    r"(?:At|By|In|On|For|With|From|Under|After|Since|Of) (?:this|that|these|those|such)|"
    r"(?:One|Two|Some|Many|Most|All|Neither|None|Each|Both) of (?:them|these|those))\b"
    r"(?! (?:is|was) (?:important|clear|likely|possible|necessary) (?:that|to)\b)"
)
# "Fee: 30 crowns", as in forms, fact boxes and notices: a label of a few words and its value,
# without a full stop. Captions and lists of keywords do not count.
_LABELLED = re.compile(
    r"(?!(?:figure|fig|table|chart|box|exhibit|source|sources|note|keywords|tags|topics|see)\b)"
    r"[^\W\d][^.:;!?|]{1,59}: [^|]{1,120}$",
    re.IGNORECASE,
)

# Sentences about a text that answer nothing: copyright, captions, entries of a bibliography, what a
# report sets out to do, announcements of points to follow, the closing formulas of an order.
_APPARATUS = re.compile(
    r"©|\bcopyright (?:\(c\)|\d{4})|\ball rights reserved\b|\barXiv preprint\b|\bdoi:|"
    r"\bIn Proceedings of\b|^(?:table|figure|fig\.) \d+\s?[:.|]|"
    r"^(?:this|the) (?:report|paper|article|section|chapter|appendix|brief) "
    r"(?:compares|proceeds|outlines|is (?:organi[sz]ed|structured|divided|intended))\b|"
    r"\b(?:adds|makes|gives|raises|lists) (?:two|three|four|five|several) "
    r"(?:points|arguments|reasons|findings|things)\.$|"
    r"\b(?:may|can) (?:not )?be (?:reproduced|copied|redistributed|republished)\b|"
    r"^this (?:document|report|publication) was prepared (?:by|for)\b|"
    r"^numbers in (?:square )?brackets\b|"
    r"\bnot intended to, and does not, create any right\b|\bcosts for publication of this\b",
    re.IGNORECASE,
)


class ExtractiveEngine:
    """Picks the sentences that answer the question, best first, and cites each."""

    name = "extractive"
    host = ""

    def write(self, task: Task) -> Generator[Piece, None, None]:
        """Yield each picked sentence with the label of the passage it stands in."""
        by_label = {one.label: one for one in task.evidence}
        quoted: set[tuple[int, int]] = set()
        room = task.length.most or _UNBOUND
        for one in picked_sentences(task):
            if (one.label, one.start) in quoted or room <= 0:
                continue
            evidence = (
                None if (one.label, one.previous_start) in quoted else by_label.get(one.label)
            )
            texts = quoted_text(one, evidence if room > 1 else None)[:room]
            for text in texts:
                yield Draft(text, (one.label,))
                room -= 1 if task.length.bullets else max(1, len(sentences(text)))
            with_lead = one.row is None and len(texts[0]) > len(one.text)
            quoted |= {
                (one.label, one.start),
                (one.label, one.previous_start if with_lead else one.start),
            }
            for aside in task.asides:
                if room > 0 and (aside.leading.label, aside.leading.start) == (
                    one.label,
                    one.start,
                ):
                    (text,) = quoted_text(aside.read, None)[:1]
                    yield Draft(f"{aside.words}: {text}", (aside.read.label,))
                    room -= 1


def quoted_text(one: RankedSentence, evidence: Evidence | None) -> list[str]:
    """Return a sentence as it is quoted, after the previous sentence if it needs that one.

    A cell may hold whole sentences, each of which is cited. A "[12]" of the document itself is
    left out: it would read like one of our labels.
    """
    if one.row is not None:
        text_of_row = _REFERENCE.sub("", one.text)
        return [text_of_row[start:end] for start, end in sentences(text_of_row)]
    text = one.text
    if evidence is not None and 0 <= one.previous_start < one.start and _NEEDS_PREVIOUS.match(text):
        passage = evidence.passage
        with_previous = passage.text[one.previous_start - passage.start : one.end - passage.start]
        previous = with_previous[: one.start - one.previous_start].strip()
        if len(with_previous.split()) <= _MOST_WORDS_WITH_PREVIOUS and previous.endswith(
            (".", "!", "”", '"')
        ):
            text = with_previous
    # "- " before a list item is layout and no part of the sentence.
    text = _SOURCE_NOTE.sub("", _REFERENCE.sub("", text))
    if text.startswith("(") and ")" not in text:
        text = text[1:]
    return [" ".join(_BULLET.sub("", text).split())]


def picked_sentences(task: Task) -> list[RankedSentence]:
    """Return the sentences of the answer: the best, then those that add to it.

    One or two for a fact; up to five or six, in the order of their passages, for a list and an
    explanation. The best comes first. Where the question has several parts, so many of the first
    answer one each, and all of these are there: they may differ in a name alone.
    """
    needed = {(one.label, one.start) for one in task.sentences[: task.parts]}
    quotable = [one for one in task.sentences if stands_alone(one)] or task.sentences
    if not quotable:
        return []
    length = task.length
    limits = _LENGTH_LIMITS[task.form].asked(length)
    chosen = [one for one in quotable if (one.label, one.start) in needed] or [quotable[0]]
    chosen = chosen[: limits.most]
    if length.most == 1:
        return [_alone(chosen[0], quotable)]
    best = chosen[0]
    words = sum(len(one.text.split()) for one in chosen)
    sure = best.answers >= _SURE and words >= _SHORT
    if task.form is AnswerForm.FACT and not length.filled and (sure or len(chosen) > 1):
        return chosen
    leading = list(chosen)
    for sentence in quotable:
        if sentence in chosen:
            continue
        if len(chosen) >= limits.most or sentence.answers < limits.least_share * best.answers:
            break
        added = len(sentence.text.split())
        if words + added > limits.words or any(say_the_same(sentence, one) for one in chosen):
            continue
        if sentence.row and best.row and _is_another_row(sentence.row, best.row, task.question):
            continue
        chosen.append(sentence)
        words += added
    return [*leading, *(one for one in _in_text_order(chosen) if one not in leading)]


def _alone(best: RankedSentence, quotable: Sequence[RankedSentence]) -> RankedSentence:
    """Return the best sentence that needs no other before it, if it answers nearly as well."""
    for one in quotable:
        if one.answers < _ALONE_SHARE * best.answers:
            break
        if not leans_on_previous(one):
            return one
    return best


def nearest_sentences(read: Sequence[RankedSentence]) -> list[RankedSentence]:
    """Return up to three sentences that come closest to an answer, best first, none twice."""
    found: list[RankedSentence] = []
    for one in read:
        if len(found) == _MOST_NEAREST:
            break
        if stands_alone(one) and not any(say_the_same(one, other) for other in found):
            found.append(one)
    return found


def stands_alone(one: RankedSentence) -> bool:
    """Say whether a sentence can be quoted: no caption, head of a table or bibliography entry.

    A row of a table counts when a cell with a value has a column's name, or begins with a figure.
    """
    if one.row is not None:
        return any(cell.column or _FIGURE.match(cell.text) for cell in one.row.values)
    return can_be_quoted(one.text)


def leans_on_previous(one: RankedSentence) -> bool:
    """Say whether a sentence needs the one before it: it begins with "It" or "At that price"."""
    return one.row is None and bool(_NEEDS_PREVIOUS.match(one.text))


def can_be_quoted(text: str) -> bool:
    """Say whether a sentence can be quoted by itself; see stands_alone."""
    if _TOPIC_LIST.match(text) or _APPARATUS.search(text) or text.endswith(("?", "？")):
        return False
    if _LABELLED.match(text) and "://" not in text:
        return True
    if "://" in text or (len(text.split()) < _LEAST_WORDS and not text.endswith(("。", "！"))):
        return False
    return text.startswith("- ") or text.endswith((".", "!", "”", '"', ")", ";", "。", "！"))


def say_the_same(one: RankedSentence, other: RankedSentence) -> bool:
    """Say whether two sentences say the same, by their stems."""
    shared = len(one.stems & other.stems)
    return shared >= _SAME_SHARE * max(1, min(len(one.stems), len(other.stems)))


def _is_another_row(row: Row, best: Row, question: str) -> bool:
    """Say whether the question names the row `best`, and not the other."""

    def is_named(one: Row) -> bool:
        return bool(re.search(rf"(?<!\w){re.escape(one.name)}(?!\w)", question, re.IGNORECASE))

    return bool(best.name) and is_named(best) and not is_named(row)


def _in_text_order(chosen: list[RankedSentence]) -> list[RankedSentence]:
    """Return the best sentence first, then the others in the order of the text.

    Their passages come in the order of their best sentence.
    """
    best, *others = chosen
    rank: dict[int, int] = {best.label: 0}
    for place, sentence in enumerate(others, start=1):
        rank.setdefault(sentence.label, place)
    return [best, *sorted(others, key=lambda one: (rank[one.label], one.start))]


EXTRACTIVE = EngineKind(
    lambda _, __: ExtractiveEngine(),
    model="",
    discover=lambda _: [
        Reachable("extractive", True, "quotes the library; needs no model, key or network")
    ],
)
