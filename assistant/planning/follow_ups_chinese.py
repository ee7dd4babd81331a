"""Rewrites of a Chinese follow-up: the standalone texts that it may mean.

Chinese has no spaces, so a question is not judged by how many words it has: its pronouns, its form
("那……呢？", "我是说……") and the lack of any name show that it may need the previous question.
"""

from __future__ import annotations

import re
from functools import cache

from assistant.planning.follow_ups_english import RewriteCandidate, RewriteKind
from corpus.vocabulary import AliasGroup, groups
from index.query import STOP_WORDS

_PRONOUN = re.compile(
    r"(?:该|这家|那家|此|这个|这款|那款)(?:公司|企业|机构|模型|芯片|国家|产品)|它们?|他们|她们|"
    r"(?<![其])[他她](?!们)|(?<![尤极与])其(?![他中实余它次])"
)
_FRAGMENT = re.compile(
    r"(?:那么?|还有|另外|至于)?[,，]?(?P<about>.+?)呢[?？]*|"
    r"(?:不是?|不对|抱歉)?[,，。]?我(?:是)?(?:说|指|问)(?:的)?是?(?P<meant>.+?)[。?？]*"
)
_BARE_QUESTION = re.compile(r"(?:那么?)?(?:为什么|为何|何时|什么时候|在哪里?|怎么样?)[?？]*")
_LATIN = re.compile(r"[a-z]*[A-Z][A-Za-z0-9]*(?:[.\-][A-Za-z0-9]+)*(?: [A-Z0-9][A-Za-z0-9.]*)*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ORGANISATION = re.compile(r"[\u3400-\u9fff]{2,}?(?:公司|集团|科技|国际|大学|研究院|部|局)")
# This many function words make a sentence English.
_ENGLISH_FUNCTION_WORDS = 2
# What a question is about ends where one of these begins.
_SUBJECT_ENDS = re.compile(
    r"的|是|在|有|于|被|对|将|会|了|什么|为什么|怎么|多少|如何|何时|能|可以|从|由|向|与|和|哪"
)


def is_chinese(question: str) -> bool:
    """Say whether a question is written in Chinese: not one in English about a Chinese name."""
    if not re.search(r"[\u3400-\u9fff]", question):
        return False
    words = set(re.findall(r"[a-z]{2,}", question.lower()))
    return len(words & STOP_WORDS) < _ENGLISH_FUNCTION_WORDS


def needs_context(question: str) -> bool:
    """Say whether the form of a Chinese question shows that it needs the context before it."""
    return bool(
        _FRAGMENT.fullmatch(question)
        or _unresolved_pronoun(question)
        or _BARE_QUESTION.fullmatch(question)
    )


def rewrites_of(question: str, previous: str) -> list[RewriteCandidate]:
    """Return what `question` may mean after `previous`, the last question that stood alone."""
    subject = subject_of(previous)
    bare = bool(_BARE_QUESTION.fullmatch(question))
    with_question = RewriteCandidate(
        f"{previous}{question}", RewriteKind.WITH_QUESTION, "" if bare else question
    )
    if bare:
        return [with_question]
    if pronoun := _unresolved_pronoun(question):
        replacement = f"{subject}的" if pronoun[0] == "其" else subject
        rewritten = question[: pronoun.start()] + replacement + question[pronoun.end() :]
        rewritten = re.sub(r"^(?:那么?|还有)[,，]?", "", rewritten)
        rewrites = [RewriteCandidate(rewritten, RewriteKind.WITH_SUBJECT)] if subject else []
        return [*rewrites, with_question, RewriteCandidate(question)]
    if matched := _FRAGMENT.fullmatch(question):
        fragment = (matched["about"] or matched["meant"]).strip("，, ")
        rewrites = [
            RewriteCandidate(one, RewriteKind.IN_PLACE)
            for one in _with_replacement(fragment, previous, subject)
        ]
        return [*rewrites, with_question, RewriteCandidate(fragment)]
    if subject and not _names(question):
        return [
            RewriteCandidate(question),
            RewriteCandidate(f"{subject}：{question}", RewriteKind.WITH_SUBJECT),
        ]
    return [RewriteCandidate(question)]


def _with_replacement(fragment: str, previous: str, subject: str) -> list[str]:
    """Return the earlier question with a year, a name or its subject replaced by `fragment`."""
    new, old = _YEAR.match(fragment), _YEAR.search(previous)
    if new and old:
        return [previous[: old.start()] + new[0] + previous[old.end() :]]
    latin = bool(_LATIN.fullmatch(fragment))
    # "华为" is replaced with all of "华为昇腾910C".
    named = [subject if one in subject else one for one in _names(previous)]
    like = [one for one in named if bool(_LATIN.fullmatch(one)) == latin]
    known = dict.fromkeys([*like, *filter(None, [subject]), *named])
    return [previous.replace(one, fragment, 1) for one in list(known)[:2] if one != fragment]


def _unresolved_pronoun(question: str) -> re.Match[str] | None:
    """Return the first pronoun that has no name before it in the question."""
    found = _PRONOUN.search(question)
    return found if found and not _names(question[: found.start()]) else None


def subject_of(question: str) -> str:
    """Return what a question is about: what stands before its verb, or else its first name."""
    rest = re.sub(rf"{_YEAR.pattern}(?:财?年)?", "", question)
    head = _SUBJECT_ENDS.split(rest, maxsplit=1)[0].strip("，, ")
    if 1 < len(head) <= 16 and head in question:
        return head
    return next(iter(_names(question)), "")


def _names(text: str) -> list[str]:
    """Return the names of a text: those of the aliases, words in Latin letters, organisations."""
    known = [one for one in _chinese_names(groups()) if one in text]
    known = [one for one in known if not any(one != it and one in it for it in known)]
    known += [one[0] for one in _LATIN.finditer(text)]
    if not known:
        known += [one[0] for one in _ORGANISATION.finditer(text)]
    return sorted(dict.fromkeys(known), key=text.find)


@cache
def _chinese_names(known: tuple[AliasGroup, ...]) -> tuple[str, ...]:
    """Return the Chinese aliases that name a single thing: "训练" (training) is only a term."""
    things = [group for group in known if group.same and group.section != "terms"]
    return tuple(name for group in things for name in group.names if is_chinese(name))
