"""Refusals: sentences that only say that something is not known, and so need no citation.

A closed grammar and not a list of openings: "We cannot say exactly, but X did Y" opens like a
refusal and states something. A sentence is a refusal only if it consists of one phrase for not
knowing, the texts that were searched, and words of the question. Anything else is a statement, and
is checked.
"""

from __future__ import annotations

import re

_TEXTS = (
    r"(?:the |these |those |any of the |our )?(?:given |provided |available |cited )?"
    r"(?:passages?|sources?|documents?|texts?|library|articles?|context|information)"
    r"(?: (?:given|provided|available|above))?"
)
_TELL = r"(?:answer|determine|say|tell)"
_SAYS = r"(?:answer|say|tell|state|mention|specify|contain|give|address|cover)"
_KNOWN = (
    rf"(?:not (?:known|clear|stated|given|found|specified|possible to {_TELL})|unknown|unclear)"
)
# What may precede the topic. Nothing that states a fact: "there is no evidence that" and "it is
# unlikely that" are statements.
_NOT_KNOWING = re.compile(
    rf"(?:(?:sorry|unfortunately),? )?(?:(?:based on|from|in) {_TEXTS},? )?(?:"
    rf"(?:(?:i am|i'm|we are|we're) )?(?:unable|not able) to {_TELL}"
    rf"|(?:it is |it's )?(?:not possible|impossible) to {_TELL}"
    rf"|(?:i|we) (?:cannot|can not|can't|could not|couldn't) {_TELL}"
    rf"|(?:i|we) (?:do not|don't) know"
    rf"|(?:(?:there is |there's )?(?:no|not enough|insufficient) (?:information|answer)"
    rf"(?: (?:is|was) (?:found|given|available))?(?: to {_TELL})?)"
    rf"|{_TEXTS} (?:do not|don't|does not|doesn't|did not) {_SAYS}"
    rf"|none of {_TEXTS} {_SAYS}s?"
    rf"|(?:it|this|that|the answer) (?:is|was|remains) {_KNOWN}"
    rf"|nothing (?:is|was) found"
    r")\b(?: exactly)?",
    re.IGNORECASE,
)
_WHERE = re.compile(rf" (?:in|from|based on) {_TEXTS}$", re.IGNORECASE)
# Words of a topic that need not be in the question: they name nothing and join no clause.
_SMALL = frozenset(
    "a an the this that it any on of about for to in whether if question answer "
    "is was are were be been did do does has have had".split()
)
# These begin a second clause or an aside, even where the question has them.
_ANOTHER = frozenset(
    "and or but yet so because since as while though although however despite except unless until "
    "after before then nor which whose not no never".split()
)
_GOES_ON = re.compile(
    r"[;；，—–]| - |, ?(?:which|who|whose|where|and|or|as|it|they|he|she)\b|"
    r"\b(?:but|yet|because|since|while|though|although|however|despite|except|unless)\b|但|不过|然而|因为|虽然|尽管",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[.,'’%-][^\W_]+)*")
_CHINESE = re.compile(
    r"(?:抱歉|对不起)?[,，]?(?:我们?)?"
    r"(?:根据)?(?:这些|现有|所给|给出的)?(?:资料|来源|文档|文章|文中|资料库|图书馆)?中?[,，]?(?:"
    r"(?:无法|不能)(?:确定|回答|判断|得知|说明)|(?:尚?不清楚|不知道|未知)"
    r"|(?:没有|未)(?:找到|提到|说明|提及|给出)(?:相关(?:信息|资料|内容)|答案)?"
    r"|没有(?:足够的?)?(?:相关)?信息(?:可以?回答)?)"
    r"(?P<topic>.*)"
)
_THIS = frozenset({"", "这一点", "这个问题", "该问题", "此问题", "问题"})


def is_refusal(sentence: str, question: str = "") -> bool:
    """Say whether a sentence only says that something is not known or not found.

    It may repeat words of `question` and nothing else: no other number, name or clause.
    """
    plain = " ".join(sentence.replace("’", "'").split()).strip().rstrip(".。!！")
    if re.search(r"[\u3400-\u9fff]", plain):
        match = _CHINESE.fullmatch(plain)
        topic = match["topic"] if match else None
        return topic is not None and (topic in _THIS or (len(topic) > 1 and topic in question))
    match = _NOT_KNOWING.match(plain)
    if match is None:
        return False
    topic = _WHERE.sub("", plain[match.end() :])
    if topic and not re.fullmatch(r"(?: [^\W_]+(?:[.'-][^\W_]+)*)+", topic):
        # Punctuation begins something else than the topic.
        return False
    asked = {one.lower() for one in _WORD.findall(question.replace("’", "'"))}
    words = [one.lower() for one in _WORD.findall(topic)]
    return all(one not in _ANOTHER and (one in _SMALL or _in_question(one, asked)) for one in words)


def states_more(part: str) -> bool:
    """Say whether a part listed as not found goes on to state something.

    "the price of its cafeteria" does not; "the price, but X did Y" does.
    """
    return bool(_GOES_ON.search(part))


def _in_question(word: str, asked: set[str]) -> bool:
    """Say whether a word is in the question, in singular or plural, present or past tense."""
    return any(f"{word}{end}" in asked for end in ("", "s", "d", "ed")) or any(
        word.removesuffix(end) in asked for end in ("'s", "s", "d", "ed") if word.endswith(end)
    )
