"""How long an answer is asked to be: "in one sentence", "three bullet points", "shorter"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("one a single 一", "two a couple of couple 两 二", "three a few few 三 几", "four 四",
         "five 五", "six 六", "seven 七", "eight 八", "nine 九", "ten 十"),
        start=1,
    )
    for word in (words, *words.split())
}  # fmt: skip
_NUMBER = (
    r"(?P<number>one|two|three|four|five|six|seven|eight|nine|ten|a single|a couple of|a few|an?|"
    r"\d{1,2})"
)
_UNIT = (
    r"(?P<unit>sentences?|lines?|bullet(?:ed)?(?:[ -]?(?:points?|items?|list))?s?|(?:key |main )?"
    r"points|items)"
)
_COUNTED = (
    rf"(?:(?:just|only|exactly|at most|no more than|up to|about|around) )?(?:{_NUMBER}[ -])"
    rf"(?:(?:short|brief|plain|simple|clear|concise|crisp|long) )?{_UNIT}(?: (?:answer|summary))?"
)
_BULLETS = (
    r"(?P<bullets>(?:short )?bullet(?: ?points?| ?list|s)s?|bulleted list|bulleted form|"
    r"a (?:bulleted|bullet) list)"
)
_SHORT = (
    r"(?P<short>brief(?:ly)?|in (?:brief|short|a nutshell|a (?:few )?words?|few words)|"
    r"concise(?:ly)?|succinct(?:ly)?|short(?:er)?(?: answer| version| please)?|more (?:briefly|"
    r"concisely|concise)|(?:keep|make) (?:it|this|that) (?:much |even |a (?:bit|little) )?"
    r"(?:short(?:er)?|brief(?:er)?|concise)|be (?:brief|concise|short)|(?:too long|less detail)|"
    r"tl;?dr|a (?:short|shorter|brief) (?:answer|version))"
)
_LONG = (
    r"(?P<long>(?:in|with|give me|i need|i want)? ?(?:more|greater|full) details?|in detail|"
    r"at (?:greater |more )?length|(?:a )?(?:much |bit )?(?:longer|more detailed|detailed)"
    r"(?: answer| version)?|(?:make|keep) (?:it|this|that) longer|elaborate|expand(?: on (?:it|"
    r"this|that))?|too short|tell me more)"
)
_ASKED_OF = (
    r"(?:(?:please|kindly|(?:can|could|would|will) you|give|tell|write|answer|explain|say|put|show|"
    r"list|make|reply|respond|do|me|us|it|this|that|now|again|in|with|as|using|to|an?|the|your) )*"
)
_POLITE = r"(?:[ ,]*(?:please|thanks|thank you|instead|only|now|again))*"
_ANY_ENGLISH = (_COUNTED, _BULLETS, _SHORT, _LONG)
# The whole text, perhaps with "and", "no," or "ok" before it.
_ALONE = tuple(
    re.compile(
        rf"(?:(?:and|no|ok(?:ay)?|now|sorry|but|the same|same)\b[ ,.]*)*{_ASKED_OF}{one}"
        rf"(?: of (?:it|this|that|these)| (?:version|form))?{_POLITE}[ .!?]*",
        re.IGNORECASE,
    )
    for one in _ANY_ENGLISH
)
# "Give me one sentence: …", "Three bullets on …", "Briefly, …".
_BEFORE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_ASKED_OF}{_COUNTED}{_POLITE}\s*(?:[:,–—-]|\b(?P<about>on|about|of|for|that "
        r"(?:explains?|says?|summari[sz]es?))\b)\s*",
        rf"{_ASKED_OF}{_BULLETS}{_POLITE}\s*(?:[:,–—-]|\b(?P<about>on|about|of|for)\b)\s*",
        rf"{_ASKED_OF}(?:{_SHORT[:-1]}|a (?:short|brief)(?: answer| summary)))"
        rf"{_POLITE}\s*(?:[:,–—-]|\b(?P<about>on|about)\b)\s*",
        r"(?P<short>briefly|in (?:brief|short))\s+",
        rf"{_ASKED_OF}{_LONG}\s*(?:[:,–—-]|\b(?P<about>on|about|of)\b)\s*",
    )
)
# "Explain in two sentences what the rule does": the request is taken out of the middle.
_WITHIN = re.compile(
    rf"(?P<kept>(?:please )?(?:explain|describe|summari[sz]e|sum up|outline|tell me|say)) "
    rf"(?:in|within|with|using|as) (?:{_COUNTED}|(?P<short>a few words)),? ",
    re.IGNORECASE,
)
# "… in three bullet points", "… Two sentences please.", "… (one sentence)", "…, briefly?"
_AFTER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"[ ,;–—(-]+(?:(?:answer|reply|and|but|please|explained|summari[sz]ed|put|said) )*"
        rf"(?:in|within|with|using|as|into)(?: the form of)? {_COUNTED}{_POLITE}[)]?(?=[ ,?.!]*$)",
        rf"(?:[?.!;]|[,–—(]| - )\s*{_ASKED_OF}{_COUNTED}{_POLITE}[ .!)]*$",
        rf"[ ,;–—(-]+(?:(?:answer|reply|please) )*(?:in|with|using|as) {_BULLETS}{_POLITE}[)]?"
        r"(?=[ ,?.!]*$)",
        rf"(?:[?.!;]|[,–—(]| - )\s*{_ASKED_OF}(?:{_BULLETS}|{_SHORT}|{_LONG}){_POLITE}[ .!)]*$",
        r"[ ,]+(?P<short>briefly|concisely|in (?:brief|short|a nutshell|a few words))(?=[ ,?.!]*$)",
        r"[ ,]+(?P<long>in (?:more |greater |full )?detail|at length)(?=[ ,?.!]*$)",
    )
)
_HAN_NUMBER = r"(?P<number>[一两二三四五六七八九十几]|\d{1,2})"
_HAN_COUNTED = (
    rf"(?:(?:请|麻烦)?(?:你)?(?:用|以|分成?|列出|给我|给出|只用|限)?{_HAN_NUMBER}(?:句话|个句子)|"
    rf"(?:请|麻烦)?(?:你)?(?:用|以|分成?|列出|给我|给出|只用)"
    rf"{_HAN_NUMBER.replace('number', 'points')}个?(?P<unit>点|条|要点|方面|项)|"
    r"(?:请)?(?:用|以|按)(?P<bullets>要点|列表|条目|分点)(?:的?形式|的?方式)?|(?P<listed>分点|逐条|分条))"
)
_HAN_SHORT = (
    r"(?P<short>(?:请|能|可以|再|更)*(?:简短|简要|简洁|扼要|简明|精简|短)(?:扼要)?(?:一?点儿?|一些|些)?|"
    r"(?:请)?简单(?:地)?(?=说|讲|介绍|回答|概括|解释)|更短|太长了?)"
)
_HAN_LONG = (
    r"(?P<long>(?:请|能|可以|再|更)*(?:详细|具体|长)(?:一?点儿?|一些|些)|更(?:详细|具体|长)|"
    r"(?:请)?详细(?:地)?(?=说|讲|介绍|回答|解释|展开)|(?:请)?展开(?:说说|讲讲|说|讲)?|太短了?)"
)
_HAN_VERB = (
    r"(?:地|来|的)?(?P<kept>(?:回答|概括|总结|说明|介绍|解释|归纳|概述|说说|讲讲|说一下|说|讲|列出来?|回复)(?:一下)?)"
    r"(?!明?[了的过])(?:我|吗|吧)?"
)
_HAN = (_HAN_COUNTED, _HAN_SHORT, _HAN_LONG)
_HAN_ALONE = tuple(
    re.compile(rf"(?:那|请|好的?|能不能)?[,，]?{one}(?:{_HAN_VERB})?[。.!！?？ ]*") for one in _HAN
)
_HAN_BEFORE = tuple(
    re.compile(rf"{one}(?:(?:{_HAN_VERB})?[:：,，、]\s*|{_HAN_VERB.replace('kept', 'verb')})")
    for one in _HAN
)
_HAN_AFTER = tuple(
    re.compile(rf"[,，。;；?？（( ]+{one}(?:{_HAN_VERB})?[)）。.!！?？ ]*$") for one in _HAN
)
_HAN_SIGN = re.compile(r"[㐀-鿿]")
# So many sentences a brief answer has, a list that gives no number, a long answer.
_BRIEF, _LISTED, _DETAILED, _MOST = 2, 5, 8, 10


@dataclass(frozen=True, slots=True)
class AnswerLength:
    """How long an answer may be.

    At most `most` sentences (0: as many as its form has by itself). `filled` says that so many were
    asked for: further sentences are added even where fewer would answer. `bullets` says that it is
    to be drawn as a list.
    """

    most: int = 0
    filled: bool = False
    bullets: bool = False


ANY_LENGTH = AnswerLength()


@dataclass(frozen=True, slots=True)
class LengthRequest:
    """What the words of a question say of the length: a number, or shorter (-1), longer (1)."""

    number: int = 0
    bullets: bool = False
    change: int = 0

    def length(self, previous: int = 0) -> AnswerLength:
        """Return the length; `previous` is how many sentences the answer to be changed has."""
        if self.number or self.bullets:
            return AnswerLength(self.number or _LISTED, filled=True, bullets=self.bullets)
        if self.change < 0:
            return AnswerLength((previous + 1) // 2 if previous > 1 else 1 if previous else _BRIEF)
        return AnswerLength(min(max(previous + 3, _DETAILED if not previous else 5), _MOST), True)


def is_length_request(text: str) -> bool:
    """Say whether a text asks for a length and for nothing else: "shorter", "用一句话"."""
    return not without_length_request(text)[0]


def without_length_request(text: str) -> tuple[str, LengthRequest | None]:
    """Return a question without what it says of the answer's length, and that.

    The text is "" where it says nothing else ("shorter").
    """
    text = text.strip()
    chinese = bool(_HAN_SIGN.search(text))
    for pattern in _HAN_ALONE if chinese else _ALONE:
        if found := pattern.fullmatch(text):
            return "", _request(found)
    if not chinese and (found := _WITHIN.match(text)):
        return f"{found['kept']} {text[found.end() :]}", _request(found)
    for pattern in _HAN_BEFORE if chinese else _BEFORE:
        if (found := pattern.match(text)) and (rest := text[found.end() :].strip()):
            said = found.groupdict()
            if said.get("verb"):
                return f"{said['verb']}{rest}", _request(found)
            return f"Summarise {rest}" if said.get("about") else _begun(rest), _request(found)
    for pattern in _HAN_AFTER if chinese else _AFTER:
        if (found := pattern.search(text)) and (rest := text[: found.start()].strip()):
            ending = re.search(r"[?？]", found[0][:1] + text[found.end() :])
            asks = ending is not None and not rest.endswith(("?", "？"))
            return rest + (ending[0] if ending and asks else ""), _request(found)
    return text, None


def _request(found: re.Match[str]) -> LengthRequest:
    said = {name: value for name, value in found.groupdict().items() if value}
    if said.get("short"):
        return LengthRequest(change=-1)
    if said.get("long"):
        return LengthRequest(change=1)
    word = (said.get("number") or said.get("points") or "").lower()
    number = int(word) if word.isdigit() else _NUMBERS.get(word, 1 if word in ("a", "an") else 0)
    listed = "bullets" in said or "listed" in said or "points" in said
    bullets = listed or not said.get("unit", "sentence").lower().startswith(("sentence", "line"))
    return LengthRequest(min(number, _MOST), bullets)


def _begun(rest: str) -> str:
    """Return the rest of a question with a capital, unless a name begins it."""
    first = rest.split(maxsplit=1)[0]
    return rest[0].upper() + rest[1:] if first.islower() and first.isalpha() else rest
