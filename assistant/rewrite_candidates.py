"""What an English follow-up may mean: the texts in which it could be searched for.

Nothing is decided here. Each text is a guess that costs a search, and the one whose passages answer
best is taken (`assistant.query_rewriting.best_candidate`); so the guesses are few, the most
plausible first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.entity_names import kind_of
from assistant.phrases import AUXILIARY, capitalised_phrases, phrases
from corpus.date_mentions import date_mentions
from index.query import STOP_WORDS, content_words


class RewriteKind(StrEnum):
    """How a text was made of a follow-up."""

    AS_ASKED = "as asked"
    WITH_SUBJECT = "with the subject of the last question"
    IN_PLACE = "in place of an element of the last question"
    WITH_QUESTION = "with the last question"


@dataclass(frozen=True, slots=True)
class RewriteCandidate:
    """A text in which a follow-up may be searched for, and how it was made.

    `asks` is what is newly asked where the last question stands before it: whether something is
    answered is judged by that alone, since the last question has its answer already.
    """

    text: str
    made: RewriteKind = RewriteKind.AS_ASKED
    asks: str = ""


# More content words than this are a question of their own, unless nothing of it is found.
_WHOLE = 4
# A pronoun after so many content words may well stand for one of them.
_OWN = 3
_ASKS = re.compile(
    rf"^(?:(?:until|since|by|with|on|in|from|for|at|to|under|of|about|against) )?"
    rf"(?:who|whom|whose|what|which|when|where|why|how|tell|show|list|explain|compare|summari[sz]e|"
    rf"describe|give|{AUXILIARY})\b",
    re.IGNORECASE,
)
_JOINS = re.compile(r"^(?:(?:and|but|so|or|then|also|ok|okay|thanks)\b[ ,.!]*)+", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how) (?:about|of)\s+", re.IGNORECASE)
_MEANT = re.compile(
    r"^(?:(?:no|sorry|oh|actually|well)\b[,.!]?\s*)*"
    r"(?:i (?:meant|mean|was asking about)|not .+? but)\s+(?:to ask\s+)?|"
    r"^no[,.]\s+(?=the |[A-Z])",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?P<how>why|when|where|how|(?:since|until) when|for how long)"
    r"(?: (?:was|is|did) (?:that|it|this)(?: happen)?| so)?(?P<refused> not)?\s*\?*",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    rf"\b(?P<many>they|them|their)\b|\b(?P<person>he|him|his|she|her)\b|\b(?P<thing>it|its)\b|"
    rf"\b(?:{AUXILIARY}|of|on|by|to|with) (?P<that>that|this)\b",
    re.IGNORECASE,
)
# "Is it true that": it stands for nothing.
_EMPTY = re.compile(r"\b(?:is|was) it (?=[a-z]+ (?:that|to)\b)", re.IGNORECASE)
_OWNING = frozenset({"its", "their", "his", "her"})
_TWO = re.compile(r"\b(?:the two|both of them|either of them|them both)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\bthe (?P<which>first|second|third|last|former|latter)(?:\s+(?:one|of them))?(?=\s*[?.]|$)",
    re.IGNORECASE,
)
_PLACES = {"first": 0, "former": 0, "second": 1, "latter": 1, "third": 2, "last": -1}
_WORDS = r"(?:in|on|at|by|for|about|after|before|since|until|under|against|with|from|to|during|of)"
_CIRCUMSTANCE = re.compile(rf"(?P<word>according to|{_WORDS}) (?P<what>.+)", re.IGNORECASE)


def needs_context(text: str) -> bool:
    """Say whether a question or sentence says by its form that it needs what was said before it."""
    pronoun = _pronoun(text)
    return (
        bool(
            pronoun and not _own(text, pronoun) and not capitalised_phrases(text[: pronoun.start()])
        )
        or _is_part(text)
        or bool(_BARE.fullmatch(_JOINS.sub("", text)))
    )


def rewrites_of(
    question: str, before: str, named: Sequence[str], answer: str = ""
) -> list[RewriteCandidate]:
    """Return what `question` may mean after `before`, the last question that stood alone.

    `named` are the names of the conversation, the newest first; `answer` is what was answered last,
    for a person whom only it names. A question that stands alone is returned alone.
    """
    if meant := _MEANT.match(question):
        rest = question[meant.end() :].strip()
        return (
            rewrites_of(rest, before, named, answer) if _ASKS.match(rest) else _part(rest, before)
        )
    plain = _JOINS.sub("", question).strip()
    if bare := _BARE.fullmatch(plain):
        return [_asked_anew(bare, before)]
    if _is_part(question) and not _pronoun(plain):
        return _part(_ABOUT.sub("", plain), before)
    if listed := _of_a_list(plain, before, named):
        return [RewriteCandidate(listed, RewriteKind.WITH_SUBJECT), _with_question(plain, before)]
    pronoun = _pronoun(plain)
    if pronoun is None and (capitalised_phrases(plain) or date_mentions(plain)):
        return [RewriteCandidate(question)]
    subjects = _subjects(pronoun, plain, before, named, answer)
    made = [
        RewriteCandidate(_put(one, plain, pronoun), RewriteKind.WITH_SUBJECT) for one in subjects
    ]
    if pronoun and not _own(plain, pronoun):
        return [*made, _with_question(plain, before), RewriteCandidate(question)]
    if pronoun or len(_content(plain)) > _WHOLE:
        return [RewriteCandidate(question), *made[:1]]
    return [*made, RewriteCandidate(question)]


def _is_part(question: str) -> bool:
    """Say whether a question is only an element of one: "and Taiwan?", "rental cost?"."""
    plain = _JOINS.sub("", question).strip()
    if _ASKS.match(plain) and not _ABOUT.match(plain):
        return False
    short = question.endswith("?") and len(plain.split()) <= _WHOLE
    return plain != question or short or bool(_ABOUT.match(plain) or _MEANT.match(question))


def _part(what: str, before: str) -> list[RewriteCandidate]:
    """Return what an element alone may mean: put in the place of its like, or asked of a thing."""
    what = what.strip().rstrip("?.! ").strip()
    made = [RewriteCandidate(one, RewriteKind.IN_PLACE) for one in _replaced(what, before)]
    if not made:
        subjects = _subjects(None, what, before, (), "")
        made = [
            RewriteCandidate(_put(one, f"{what}?", None), RewriteKind.WITH_SUBJECT)
            for one in subjects
        ]
    return [*made, _with_question(f"{what}?", before), RewriteCandidate(f"{what}?")]


def _replaced(what: str, before: str) -> list[str]:
    """Return the earlier question with an element that is like `what` replaced by it."""
    dates, old_dates = date_mentions(what), date_mentions(before)
    circumstance = _CIRCUMSTANCE.fullmatch(what)
    if dates and old_dates:
        old = old_dates[-1]
        return [before[: old.start] + what[dates[0].start :] + before[old.end :]]
    if dates and (circumstance or dates[0].start == 0):
        return [f"{before.rstrip('?. ')} {what if circumstance else f'in {what}'}?"]
    if circumstance:
        added = f"{before.rstrip('?. ')} {what}?"
        like = re.compile(rf"\b{circumstance['word']} .+?(?=\s*\?|\s*$| {_WORDS} )", re.IGNORECASE)
        old_one = like.search(before)
        if old_one is None or date_mentions(old_one[0]):
            return [added]
        return [before[: old_one.start()] + what + before[old_one.end() :], added]
    new = re.sub(r"^the |['’]s$", "", what)
    if new not in [one.text for one in capitalised_phrases(f"so {new}")]:
        return []
    named = [one for one in phrases(before) if one.named and one.text != new]
    alike = [one for one in named if kind_of(one.text) == kind_of(new)] or named
    return [before[: one.start] + new + before[one.end :] for one in alike[:2]]


def _asked_anew(bare: re.Match[str], before: str) -> RewriteCandidate:
    """Return "why?" or "when was that?" as the earlier question asked so."""
    rest = re.sub(rf"^(?:why|when|where|how) (?={AUXILIARY}\b)", "", before, flags=re.IGNORECASE)
    if not re.match(rf"{AUXILIARY}\b", rest, re.IGNORECASE):
        return _with_question(bare[0], before)
    acts = next((one.text for one in phrases(before) if one.acts), "")
    if bare["refused"] and acts:
        rest = rest.replace(acts, f"{acts} not", 1)
    return RewriteCandidate(
        f"{bare['how'].capitalize()} {rest[0].lower()}{rest[1:]}", RewriteKind.WITH_QUESTION
    )


def _with_question(question: str, before: str) -> RewriteCandidate:
    stop = "" if before.endswith(("?", ".", "!")) else "."
    # "When was that?" says nothing alone.
    asks = question if _content(question) else ""
    return RewriteCandidate(f"{before}{stop} {question}", RewriteKind.WITH_QUESTION, asks)


def _of_a_list(question: str, before: str, named: Sequence[str]) -> str:
    """Return a question with "the two" or "the second one" named, or ""."""
    listed = [one.text for one in phrases(before) if one.named]
    if both := _TWO.search(question):
        pair = listed if len(listed) == 2 else named[1::-1]
        joined = " and ".join(pair)
        return question[: both.start()] + joined + question[both.end() :] if len(pair) == 2 else ""
    ordinal = _ORDINAL.search(question)
    place = _PLACES[ordinal["which"].lower()] if ordinal else 0
    if ordinal is None or len(listed) < 2 or not -len(listed) <= place < len(listed):
        return ""
    return question[: ordinal.start()] + listed[place] + question[ordinal.end() :]


def _pronoun(question: str) -> re.Match[str] | None:
    """Return the first pronoun that may stand for something of the conversation."""
    empty = [one.span() for one in _EMPTY.finditer(question)]
    for one in _PRONOUN.finditer(question):
        if not any(start <= one.start() < end for start, end in empty):
            return one
    return None


def _own(question: str, pronoun: re.Match[str]) -> bool:
    """Say whether a pronoun may as well stand for what the question itself says before it."""
    return len(_content(question[: pronoun.start()])) >= _OWN


def _content(text: str) -> list[str]:
    return [one for one in content_words(text) if one.lower() not in STOP_WORDS]


def _subjects(
    pronoun: re.Match[str] | None, question: str, before: str, named: Sequence[str], answer: str
) -> list[str]:
    """Return up to two things that a question may be about, the likeliest first.

    They come from the last question, from the last answer (a person), then from earlier questions.
    """
    known = phrases(before)
    if pronoun and pronoun["person"]:
        told = [one for one in phrases(answer) if one.person == 2]
        known = sorted([*(one for one in known if one.person), *told], key=lambda one: -one.person)
    elif pronoun and pronoun["many"]:
        known.sort(key=lambda one: (not one.plural, not one.named, one.scene))
    else:
        single = [one for one in known if not one.plural and one.person < 3] or known
        acts = bool(pronoun and re.search(rf"\b{AUXILIARY} $", question[: pronoun.start()]))
        # What a question ends with is what it is about, unless it asks what that did.
        known = sorted(single, key=lambda one: (one.scene, one.acts != acts, -one.start))
    earlier = [one for one in named if one not in before]
    return list(dict.fromkeys([*(one.text for one in known), *earlier]))[:2]


def _put(subject: str, question: str, pronoun: re.Match[str] | None) -> str:
    """Return a question with its subject in the place of a pronoun, or named before it."""
    if pronoun is None:
        return f"{subject[0].upper()}{subject[1:]}: {question}"
    start, end = pronoun.span(str(pronoun.lastgroup))
    owner = pronoun[0].lower() in _OWNING and not (
        pronoun[0].lower() in {"his", "her"} and question[end : end + 1] in {"", "?"}
    )
    whole = question[:start] + subject + ("'s" if owner else "") + question[end:]
    return whole[0].upper() + whole[1:]
