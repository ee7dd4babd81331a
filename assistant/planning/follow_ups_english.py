"""Rewrites of an English follow-up: the standalone texts that it may mean.

Nothing is decided here. Each text is a guess that costs a search, and the one whose passages answer
best is taken (`best_candidate` of query_rewriting); so the guesses are few, the most plausible
first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.entity_names import alias_section, known_names
from assistant.planning.phrases import AUXILIARY, POSSESSED, Phrase, capitalised_phrases, phrases
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

    `newly_asked` is the new part of a text that begins with the last question: whether something
    is answered is judged by that alone, since the last question has its answer already.
    """

    text: str
    kind: RewriteKind = RewriteKind.AS_ASKED
    newly_asked: str = ""


# More content words than this make a question of its own, unless nothing answers it.
_MOST_WORDS_OF_FRAGMENT = 4
# After this many content words a pronoun may refer to one of them.
_WORDS_BEFORE_OWN_PRONOUN = 3
_BEGINS_QUESTION = re.compile(
    rf"^(?:(?:until|since|by|with|on|in|from|for|at|to|under|of|about|against) )?"
    rf"(?:who|whom|whose|what|which|when|where|why|how|tell|show|list|explain|compare|summari[sz]e|"
    rf"describe|give|{AUXILIARY})\b",
    re.IGNORECASE,
)
_LEADING_CONJUNCTION = re.compile(
    r"^(?:(?:and|but|so|or|then|also|ok|okay|thanks)\b[ ,.!]*)+", re.IGNORECASE
)
_ABOUT = re.compile(r"^(?:what|how) (?:about|of)\s+", re.IGNORECASE)
_CORRECTS_ITSELF = re.compile(
    r"^(?:(?:no|sorry|oh|actually|well)\b[,.!]?\s*)*"
    r"(?:i (?:meant|mean|was asking about)|not .+? but)\s+(?:to ask\s+)?|"
    r"^no[,.]\s+(?=the |[A-Z])",
    re.IGNORECASE,
)
_BARE_QUESTION = re.compile(
    r"(?P<how>why|when|where|how|(?:since|until) when|for how long)"
    r"(?: (?:was|is|did) (?:that|it|this)(?: happen)?| so)?(?P<refused> not)?\s*\?*",
    re.IGNORECASE,
)
# "What is distillation?" asks what a thing is; "what is the price?" asks it of another.
_DEFINES_BARE = re.compile(
    r"^what (?:is|are) (?!the|its|their|his|her|this|that|these|those|an?|next|new|different|left|"
    r"known|wrong|other|more|so|it|there)[a-z][\w-]*(?: [\w-]+){0,3}\s*\?*$",
    re.IGNORECASE,
)
# Before a noun these do not tell which one is meant.
_TELLS_NOTHING = frozenset(
    "new old final first second third last latest next same other whole interim proposed current "
    "previous earlier later original former full main own parent two three final same entire "
    "company court".split()
)
_PRONOUN = re.compile(
    rf"\b(?P<many>they|them|their)\b|\b(?P<person>he|him|his|she|her)\b|\b(?P<thing>it|its)\b|"
    rf"\b(?:{AUXILIARY}|of|on|by|to|with) (?P<that>that|this)\b",
    re.IGNORECASE,
)
# "Is it true that", "how much did it cost to train R1": this "it" refers to nothing. That of "how
# much did it cost to train?" does, since nothing else says what was trained.
_JUDGED = (
    r"(?:true|false|clear|unclear|certain|possible|impossible|legal|illegal|lawful|unlawful|"
    r"necessary|important|easy|easier|hard|harder|difficult|cheap|cheaper|expensive|costly|"
    r"reasonable|realistic|fair|wrong|right|safe|useful|best|better|feasible|permissible)"
)
_TO_DO_SOMETHING = (
    r"to [a-z]+ (?!(?:in|on|at|by|for|from|with|per|to|and|or|now|today|then|so|since|until|after|"
    r"before|during|under|as|than)\b)(?=\w)"
)
_EXPLETIVE_IT = re.compile(
    rf"\b(?:is|was) it (?=[a-z]+ that\b|{_JUDGED} {_TO_DO_SOMETHING})|"
    rf"\bhow [a-z]+ (?:is|was|would|will) it (?=(?:be )?(?:that\b|(?:for (?:\S+ ){{1,4}})?"
    rf"{_TO_DO_SOMETHING}))|"
    rf"\b{AUXILIARY} it (?=(?:(?:have|has) )?(?:take|taken|cost|require|make sense)\b"
    rf"(?: (?!to\b)\S+){{0,4}} {_TO_DO_SOMETHING})|"
    rf"\bit (?=(?:took|takes|cost|costs|would (?:take|cost))\b(?: (?!to\b)\S+){{0,4}} "
    rf"{_TO_DO_SOMETHING}|(?:is|was|would be|will be) (?:\w+ )?(?:{_JUDGED} (?:to|that)|"
    rf"[a-z]+ that)\b)",
    re.IGNORECASE,
)
_POSSESSIVES = frozenset({"its", "their", "his", "her"})
_TWO = re.compile(r"\b(?:the two|both of them|either of them|them both)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\bthe (?P<which>first|second|third|last|former|latter)(?:\s+(?:one|of them))?(?=\s*[?.]|$)",
    re.IGNORECASE,
)
_POSITIONS = {"first": 0, "former": 0, "second": 1, "latter": 1, "third": 2, "last": -1}
_PREPOSITION = (
    r"(?:in|on|at|by|for|about|after|before|since|until|under|against|with|from|to|during|of)"
)
_CIRCUMSTANCE = re.compile(rf"(?P<word>according to|{_PREPOSITION}) (?P<what>.+)", re.IGNORECASE)


def needs_context(text: str) -> bool:
    """Say whether the form of a question or sentence shows that it needs the context before it."""
    pronoun = _pronoun(text)
    return (
        bool(
            pronoun
            and not _refers_within_question(text, pronoun)
            and not capitalised_phrases(text[: pronoun.start()])
        )
        or _is_fragment(text)
        or bool(_BARE_QUESTION.fullmatch(_LEADING_CONJUNCTION.sub("", text)))
    )


def rewrites_of(
    question: str, previous: str, earlier_names: Sequence[str], answer: str = ""
) -> list[RewriteCandidate]:
    """Return what `question` may mean after `previous`, the last question that stood alone.

    `earlier_names` are the names of the conversation, the newest first; `answer` is the last
    answer, for a person whom only it names. A question that stands alone is returned alone.
    """
    if correction := _CORRECTS_ITSELF.match(question):
        rest = question[correction.end() :].strip()
        return (
            rewrites_of(rest, previous, earlier_names, answer)
            if _BEGINS_QUESTION.match(rest)
            else _rewrites_of_fragment(rest, previous)
        )
    plain = _LEADING_CONJUNCTION.sub("", question).strip()
    if bare := _BARE_QUESTION.fullmatch(plain):
        return [_asked_anew(bare, previous)]
    if _is_fragment(question) and not _pronoun(plain):
        return _rewrites_of_fragment(_ABOUT.sub("", plain), previous)
    if listed := _with_listed_item(plain, previous, earlier_names):
        return [RewriteCandidate(listed, RewriteKind.WITH_SUBJECT), _with_question(plain, previous)]
    pronoun = _pronoun(plain)
    if pronoun is None and (
        capitalised_phrases(plain) or date_mentions(plain) or known_names(plain)
    ):
        return [RewriteCandidate(question)]
    subjects = _subjects(pronoun, plain, previous, earlier_names, answer)
    rewrites = [
        RewriteCandidate(_with_subject(one, plain, pronoun), RewriteKind.WITH_SUBJECT)
        for one in subjects
    ]
    if pronoun and not _refers_within_question(plain, pronoun):
        return [*rewrites, _with_question(plain, previous), RewriteCandidate(question)]
    own = pronoun is None and _has_own_subject(plain)
    if pronoun or own or len(_content_words(plain)) > _MOST_WORDS_OF_FRAGMENT:
        return [RewriteCandidate(question), *rewrites[:1]]
    return [*rewrites, RewriteCandidate(question)]


def _has_own_subject(question: str) -> bool:
    """Say whether a question names a thing of its own: "the affiliates rule", "distillation".

    "The rule", "the final rule" and "the price" are those of what was spoken of.
    """
    return bool(_DEFINES_BARE.match(question)) or any(
        {word.lower() for word in one.text.split()[1:-1]} - _TELLS_NOTHING
        for one in phrases(question)
        if one.text.lower().startswith("the ") and question[one.start :].startswith(one.text)
    )


def put_for_it(previous: str, earlier_names: Sequence[str]) -> str:
    """Return what stands for the "it" of a next question such as "when did it begin?", or ""."""
    question = "When did it begin?"
    return next(iter(_subjects(_pronoun(question), question, previous, earlier_names, "")), "")


def subject_of(question: str) -> str:
    """Return what a question is most likely about: a name or a definite phrase of it, or ""."""
    acting = [one.text for one in phrases(question) if one.is_subject]
    likely = acting or _subjects(None, "", question, (), "") or known_names(question)
    return next(iter(likely), "")


def _is_fragment(question: str) -> bool:
    """Say whether a question is only an element of one: "and Taiwan?", "rental cost?"."""
    plain = _LEADING_CONJUNCTION.sub("", question).strip()
    if _BEGINS_QUESTION.match(plain) and not _ABOUT.match(plain):
        return False
    short = question.endswith("?") and len(plain.split()) <= _MOST_WORDS_OF_FRAGMENT
    return (
        plain != question or short or bool(_ABOUT.match(plain) or _CORRECTS_ITSELF.match(question))
    )


def _rewrites_of_fragment(fragment: str, previous: str) -> list[RewriteCandidate]:
    """Return what a fragment may mean: in place of an element like it, or asked of a subject."""
    fragment = fragment.strip().rstrip("?.! ").strip()
    rewrites = [
        RewriteCandidate(one, RewriteKind.IN_PLACE) for one in _with_replacement(fragment, previous)
    ]
    if not rewrites:
        subjects = _subjects(None, fragment, previous, (), "")
        rewrites = [
            RewriteCandidate(_with_subject(one, f"{fragment}?", None), RewriteKind.WITH_SUBJECT)
            for one in subjects
        ]
    return [*rewrites, _with_question(f"{fragment}?", previous), RewriteCandidate(f"{fragment}?")]


def _with_replacement(fragment: str, previous: str) -> list[str]:
    """Return the earlier question with an element that is like `fragment` replaced by it."""
    dates, old_dates = date_mentions(fragment), date_mentions(previous)
    circumstance = _CIRCUMSTANCE.fullmatch(fragment)
    if dates and old_dates:
        old = old_dates[-1]
        return [previous[: old.start] + fragment[dates[0].start :] + previous[old.end :]]
    if dates and (circumstance or dates[0].start == 0):
        return [f"{previous.rstrip('?. ')} {fragment if circumstance else f'in {fragment}'}?"]
    if circumstance:
        added = f"{previous.rstrip('?. ')} {fragment}?"
        same_preposition = re.compile(
            rf"\b{circumstance['word']} .+?(?=\s*\?|\s*$| {_PREPOSITION} )", re.IGNORECASE
        )
        old_one = same_preposition.search(previous)
        if old_one is None or date_mentions(old_one[0]):
            return [added]
        return [previous[: old_one.start()] + fragment + previous[old_one.end() :], added]
    replacement = re.sub(r"^the |['’]s$", "", fragment)
    if replacement not in [one.text for one in capitalised_phrases(f"so {replacement}")]:
        return []
    like_phrases = [one for one in phrases(previous) if one.named and one.text != replacement]
    alike = [
        one for one in like_phrases if alias_section(one.text) == alias_section(replacement)
    ] or like_phrases
    return [previous[: one.start] + replacement + previous[one.end :] for one in alike[:2]]


def _asked_anew(bare: re.Match[str], previous: str) -> RewriteCandidate:
    """Return "why?" or "when was that?" as the earlier question asked so."""
    rest = re.sub(rf"^(?:why|when|where|how) (?={AUXILIARY}\b)", "", previous, flags=re.IGNORECASE)
    if not re.match(rf"{AUXILIARY}\b", rest, re.IGNORECASE):
        return _with_question(bare[0], previous)
    acts = next((one.text for one in phrases(previous) if one.is_subject), "")
    if bare["refused"] and acts:
        rest = rest.replace(acts, f"{acts} not", 1)
    return RewriteCandidate(
        f"{bare['how'].capitalize()} {rest[0].lower()}{rest[1:]}", RewriteKind.WITH_QUESTION
    )


def _with_question(question: str, previous: str) -> RewriteCandidate:
    stop = "" if previous.endswith(("?", ".", "!")) else "."
    # "When was that?" has no content of its own.
    newly_asked = question if _content_words(question) else ""
    return RewriteCandidate(f"{previous}{stop} {question}", RewriteKind.WITH_QUESTION, newly_asked)


def _with_listed_item(question: str, previous: str, earlier_names: Sequence[str]) -> str:
    """Return a question with "the two" or "the second one" named, or ""."""
    listed = [one.text for one in phrases(previous) if one.named]
    if both := _TWO.search(question):
        pair = listed if len(listed) == 2 else earlier_names[1::-1]
        joined = " and ".join(pair)
        return question[: both.start()] + joined + question[both.end() :] if len(pair) == 2 else ""
    ordinal = _ORDINAL.search(question)
    place = _POSITIONS[ordinal["which"].lower()] if ordinal else 0
    if ordinal is None or len(listed) < 2 or not -len(listed) <= place < len(listed):
        return ""
    return question[: ordinal.start()] + listed[place] + question[ordinal.end() :]


def _pronoun(question: str) -> re.Match[str] | None:
    """Return the first pronoun that may refer to something in the conversation."""
    expletives = [one.span() for one in _EXPLETIVE_IT.finditer(question)]
    for one in _PRONOUN.finditer(question):
        if not any(start <= one.start() < end for start, end in expletives):
            return one
    return None


def _refers_within_question(question: str, pronoun: re.Match[str]) -> bool:
    """Say whether a pronoun may refer to something earlier in the question itself."""
    return len(_content_words(question[: pronoun.start()])) >= _WORDS_BEFORE_OWN_PRONOUN


def _content_words(text: str) -> list[str]:
    return [one for one in content_words(text) if one.lower() not in STOP_WORDS]


def _subjects(
    pronoun: re.Match[str] | None,
    question: str,
    previous: str,
    earlier_names: Sequence[str],
    answer: str,
) -> list[str]:
    """Return up to two things that a question may be about, the likeliest first.

    They come from the last question, from the last answer (a person), then from earlier questions.
    """
    phrases_found = [_with_possession(one, previous) for one in phrases(previous)]
    if pronoun and pronoun["person"]:
        persons = [one for one in phrases(answer) if one.person == 2]
        phrases_found = sorted(
            [*(one for one in phrases_found if one.person), *persons], key=lambda one: -one.person
        )
    elif pronoun and pronoun["many"]:
        phrases_found.sort(key=lambda one: (not one.plural, not one.named, one.is_setting))
    else:
        single = [
            one for one in phrases_found if not one.plural and one.person < 3
        ] or phrases_found
        asks_what_it_did = bool(
            pronoun and re.search(rf"\b{AUXILIARY} $", question[: pronoun.start()])
        )
        # What a question ends with is what it is about, unless it asks what that did.
        phrases_found = sorted(
            single, key=lambda one: (one.is_setting, one.is_subject != asks_what_it_did, -one.start)
        )
    earlier = [one for one in earlier_names if one not in previous]
    return list(dict.fromkeys([*(one.text for one in phrases_found), *earlier]))[:2]


def _with_possession(phrase: Phrase, question: str) -> Phrase:
    """Return the subject of a question with what it owns: not China, but "China's 2025 plan"."""
    owned = POSSESSED.match(question[phrase.end :]) if phrase.is_subject else None
    return (
        replace(phrase, text=phrase.text + owned[0], end=phrase.end + owned.end())
        if owned
        else phrase
    )


def _with_subject(subject: str, question: str, pronoun: re.Match[str] | None) -> str:
    """Return a question with its subject in the place of a pronoun, or named before it."""
    if pronoun is None:
        return f"{subject[0].upper()}{subject[1:]}: {question}"
    start, end = pronoun.span(str(pronoun.lastgroup))
    possessive = pronoun[0].lower() in _POSSESSIVES and not (
        pronoun[0].lower() in {"his", "her"} and question[end : end + 1] in {"", "?"}
    )
    rewritten = question[:start] + subject + ("'s" if possessive else "") + question[end:]
    return rewritten[0].upper() + rewritten[1:]
