"""A Chinese follow-up made whole: a pronoun or the like element replaced, or nothing at all.

Chinese has no spaces, so a question is not judged by how many words it has: only its own pronouns
and its form ("那……呢？", "我是说……") say that it leans on what went before.
"""

from __future__ import annotations

import re
from functools import cache

from corpus.moments import Moment, moments
from corpus.vocabulary import Group, groups

_PRONOUN = re.compile(
    r"(?:该|这家|那家|此|这个|这款|那款)(?:公司|企业|机构|模型|芯片|国家|产品)|它们?|他们|她们|"
    r"(?<![其])[他她](?!们)|(?<![尤极与])其(?![他中实余它次])"
)
_ABOUT = re.compile(r"^(?:那么?|还有|另外|至于)?[,，]?(?P<what>.+?)呢[?？]*$")
_MEANT = re.compile(
    r"^(?:不是?|不对|抱歉)?[,，。]?我(?:是)?(?:说|指|问)(?:的)?是?(?P<what>.+?)[。?？]*$"
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.\-][A-Za-z0-9]+)*")
_ORGANISATION = re.compile(r"[\u3400-\u9fff]{2,}(?:公司|集团|科技|国际|大学|研究院|部|局)")
# The subject of a question ends where one of these begins.
_SUBJECT_ENDS = re.compile(
    r"的|是|在|有|于|被|对|将|会|了|何时|什么|为什么|怎么|多少|如何|能|可以|从|由|向|与|和|"
    r"什么时候|哪"
)
_ASKS_FIRST = re.compile(r"^(?:谁|为什么|为何|什么|哪|何时|怎么|如何|多少|请问)")


def is_chinese(question: str) -> bool:
    """Say whether a question is written in Chinese."""
    return bool(re.search(r"[\u3400-\u9fff]", question))


def leans(question: str) -> bool:
    """Say whether a Chinese question says by its form that it needs what was said before it."""
    return bool(
        _ABOUT.match(question)
        or _MEANT.match(question)
        or _open_pronoun(question)
        or re.fullmatch(r"(?:那么?)?(?:为什么|何时|什么时候|在哪里?|怎么样?)[?？]*", question)
    )


def rewritten(question: str, before: str) -> str:
    """Return `question` whole, by what the standalone question `before` has, or "" if unsure."""
    subject = _subject(before)
    pronoun = _open_pronoun(question)
    if pronoun:
        if not subject:
            return ""
        owner = f"{subject}的" if pronoun[0] == "其" else subject
        whole = question[: pronoun.start()] + owner + question[pronoun.end() :]
        whole = re.sub(r"^(?:那么?|还有)[,，]?", "", whole)
        return _with_ending(whole, subject, before)
    meant = _MEANT.match(question) or _ABOUT.match(question)
    if not meant:
        return ""
    what = meant["what"].strip("，, ")
    if any(one.text == what for one in _years(what)):
        year = next(iter(_years(before)), None)
        return before[: year.start] + what + before[year.end :] if year else ""
    corrects = meant.re is _MEANT
    if corrects and subject and not _is_name(subject) and _is_name(what):
        # "费用是多少？我是说灯塔公司": whose cost, not another thing.
        return f"{what}的{before}"
    if subject and subject != what and (corrects or _is_name(what)):
        return before.replace(subject, what, 1)
    return ""


def _years(text: str) -> list[Moment]:
    return [one for one in moments(text) if one.year]


def _open_pronoun(question: str) -> re.Match[str] | None:
    """Return the first pronoun that stands for no name before it in the question."""
    found = _PRONOUN.search(question)
    return found if found and not _names(question[: found.start()]) else None


def _with_ending(whole: str, subject: str, before: str) -> str:
    """Return "X的良率呢？" asked as the earlier question asked for another property of X."""
    asks = re.fullmatch(rf"{re.escape(subject)}的(?P<what>[^的]+?)呢[?？]*", whole)
    earlier = re.search(rf"{re.escape(subject)}的[^的]+?(?P<end>是(?:多少|什么|谁)[?？]*)$", before)
    return f"{subject}的{asks['what']}{earlier['end']}" if asks and earlier else whole


def _subject(question: str) -> str:
    """Return what a question is about: its only name, or what stands before its verb."""
    found = _names(question)
    if not _ASKS_FIRST.match(question):
        rest = question
        for year in reversed(_years(question)):
            rest = rest[: year.start] + rest[year.end :]
        head = _SUBJECT_ENDS.split(rest, maxsplit=1)[0].strip("，, ")
        named = [one for one in found if one in head]
        if head and (named or len(found) == 0) and 1 < len(head) <= 16:
            return head if head in question else ""
    return found[0] if len(found) == 1 else ""


def _is_name(what: str) -> bool:
    return bool(_names(what)) or bool(_ORGANISATION.fullmatch(what))


def _names(text: str) -> list[str]:
    """Return the names of a text: those of the aliases, words in Latin letters, organisations."""
    known = [one for one in _chinese_names(groups()) if one in text]
    known = [one for one in known if not any(one != it and one in it for it in known)]
    known += [one[0] for one in _LATIN.finditer(text)]
    if not known:
        known += [one[0] for one in _ORGANISATION.finditer(text)]
    return list(dict.fromkeys(known))


@cache
def _chinese_names(known: tuple[Group, ...]) -> tuple[str, ...]:
    return tuple(name for group in known if group.same for name in group.names if is_chinese(name))
