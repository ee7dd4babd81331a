"""Questions made of sentences: "When did BIS suspend the affiliates rule?" of one that says when.

Only sentences of a plain build make one, and only where their subject is named in them: a name, or
a phrase such as "the affiliates rule". Whether the library answers it is for the caller to try.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.entity_names import alias_section, names
from assistant.planning.follow_ups_chinese import is_chinese
from corpus.date_mentions import date_mentions
from corpus.vocabulary import groups

# Words of a question, and signs of a sentence that makes one.
_MOST_WORDS, _LONGEST = 18, 400
_NAME = r"[A-Z][\w.&’'-]*(?: (?:of|and|for|on|the|[A-Z0-9][\w.&’'-]*)){0,6}?"
_HEAD = (
    r"(?:rule|act|law|order|framework|policy|ban|list|programme|program|regulation|directive|"
    r"agreement|model|chip|charge|tariff|review|evaluation|report|threshold|licence|license)s?"
)
_SUBJECT = rf"(?P<subject>(?:The (?:[\w%-]+ ){{1,4}}?{_HEAD}|(?:The )?{_NAME}))"
_BESIDE = r"(?:, [^,]{2,60},)?"
# Past forms and their infinitives; the same forms in the passive.
_VERBS = {
    "suspended": "suspend", "rescinded": "rescind", "revoked": "revoke", "repealed": "repeal",
    "announced": "announce", "released": "release", "published": "publish", "issued": "issue",
    "founded": "found", "launched": "launch", "signed": "sign", "adopted": "adopt",
    "introduced": "introduce", "added": "add", "removed": "remove", "banned": "ban",
    "replaced": "replace", "amended": "amend", "acquired": "acquire", "opened": "open",
    "blocked": "block", "ended": "end", "extended": "extend", "lifted": "lift",
    "approved": "approve", "withdrew": "withdraw", "changed": "change", "began": "begin",
}  # fmt: skip
_PARTICIPLES = "|".join([*(one for one in _VERBS if one not in {"withdrew", "began"}),
                         "withdrawn", "enacted", "established", "created", "listed"])  # fmt: skip
_PAST = "|".join(_VERBS)
_SAYS = {
    "says": "does {0} say", "said": "did {0} say", "reports": "does {0} report",
    "reported": "did {0} report", "estimates": "does {0} estimate",
    "estimated": "did {0} estimate", "found": "did {0} find", "finds": "does {0} find",
    "argues": "does {0} argue", "argued": "did {0} argue", "warns": "does {0} warn of",
    "warned": "did {0} warn of", "claims": "does {0} claim", "claimed": "did {0} claim",
    "announced": "did {0} announce", "acknowledged": "did {0} acknowledge",
    "promised": "did {0} promise", "expects": "does {0} expect", "concluded": "did {0} conclude",
}  # fmt: skip
_WHEN_PASSIVE = re.compile(rf"{_SUBJECT}{_BESIDE} (?P<be>was|were) (?P<verb>{_PARTICIPLES})\b")
_WHEN_ACTIVE = re.compile(
    rf"{_SUBJECT}{_BESIDE} (?P<verb>{_PAST}) (?P<object>(?:the|its|an?|his|their) "
    r"(?:[\w%’'-]+ ){0,6}?[\w%’'-]+|[A-Z][\w.-]*(?: [A-Z0-9][\w.-]*){0,3})"
    r"(?= (?:on|in|from|by|for|at|with|to|as|of \d)\b|[,.;])"
)
_IN_FORCE = re.compile(
    rf"{_SUBJECT} (?P<verb>took effect|takes effect|entered into force|enters into force|"
    r"came into force|applies|applied)\b"
)
_MUST = re.compile(
    r"(?P<subject>(?:An? |The |Every |Each )?(?:[\w-]+ ){0,3}?[\w-]+) must (?P<not>not )?"
    r"(?P<verb>[a-z]+)(?P<that> that)?\b"
)
_IN_FORCE_BASE = {"took": "take", "takes": "take", "entered": "enter", "enters": "enter",
                  "came": "come", "applies": "apply", "applied": "apply"}  # fmt: skip
_STATES = re.compile(rf"{_SUBJECT}{_BESIDE} (?P<verb>{'|'.join(_SAYS)})\b(?! (?:by|in|at)\b)")
_HAS = re.compile(
    rf"{_SUBJECT} (?:has|have|had|employs?) (?:about |around |over |some |up to |"
    r"more than )?\d[\d,.]*(?: (?:million|billion|trillion|thousand))? "
    r"(?P<what>(?:[a-z-]+ ){0,1}[a-z-]+s)\b"
)
_COST = re.compile(
    rf"(?:(?P<training>[Tt]raining ){{0,1}}){_SUBJECT} cost\b[^.;]{{0,40}}[$€£¥]\s?\d"
)
_IS = re.compile(
    rf"{_SUBJECT}(?P<beside>{_BESIDE}) (?:is|are) (?:an?|the|one of) (?!only|first|same|result)"
)
_NO_SUBJECT = re.compile(
    r"^(?:The (?:same|other|first|second|third|new|old|final|latter|former|following|whole|next)|"
    r"It|They|This|That|These|Those|He|She|We|I|There|Here|In|On|At|By|For|From|Since|After|Under|"
    r"Before|When|While|If|But|And|However|Both|Each|Such|Some|Many|Most|All|One|Two|Three|As|What|"
    r"Which|Who|How|Why|Where|Figure|Table|Section|Article \d+|Chapter|Part)\b(?! \w+ (?:Act|Rule))"
)
_HEADING_MUST = re.compile(r"What (?P<who>[\w ]{3,30}?) (?P<must>must|may|can) (?P<do>\w+)$")
_GIVEN_NAMES = re.compile(r"^[A-Z][a-z]+ [A-Z][a-z]+$")
_CHINESE_WHEN = {
    "suspended": "暂停", "rescinded": "撤销", "revoked": "撤销", "repealed": "废止",
    "announced": "公布", "released": "发布", "published": "发布", "issued": "发布",
    "founded": "成立", "launched": "推出", "signed": "签署", "adopted": "通过", "banned": "禁止",
    "established": "成立", "enacted": "颁布",
}  # fmt: skip
_HAN_SAYS = re.compile(r"^(?P<subject>[^，。,的是在于]{2,14}?)(?:表示|指出|认为|称|宣布|估计)")
_HAN_WHEN = re.compile(
    r"^(?P<subject>[^，。,的是在于]{2,14}?)[于在]\d{4}年[^，。]{0,8}?(?P<verb>发布|宣布|推出|成立|撤销|暂停|通过|生效)"
)


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """A question, and what kind it is: those of several kinds are better together."""

    text: str
    kind: str


def questions_of(sentence: str, topic: str, *, language: str = "en") -> Iterator[MadeQuestion]:
    """Yield the questions that a sentence answers, the most telling first.

    `topic` is what the text is about ("" if unknown): "What did SemiAnalysis estimate about …?".
    """
    if is_chinese(sentence):
        yield from _of_chinese(sentence, topic) if language == "zh" else ()
        return
    if len(sentence) > _LONGEST or "://" in sentence or _NO_SUBJECT.match(sentence):
        return
    made = _in_chinese(sentence, topic) if language == "zh" else _in_english(sentence, topic)
    for one in made:
        if one.text and len(one.text.split()) <= _MOST_WORDS:
            yield one


def question_of_heading(heading: str, topic: str) -> MadeQuestion | None:
    """Return the question that a heading is, or makes with the topic of its text; else None."""
    if heading.endswith(("?", "？")) and len(heading.split()) > 2:
        return MadeQuestion(heading, "heading")
    if topic and (found := _HEADING_MUST.match(heading)):
        words = f"What {found['must']} {found['who']} {found['do']} under {topic}?"
        return MadeQuestion(words, "must")
    return None


def _in_english(sentence: str, topic: str) -> Iterator[MadeQuestion]:
    yield from _when(sentence, topic)
    if found := _cost(sentence):
        to_train = " to train" if found["training"] else ""
        yield MadeQuestion(f"How much did {_said(found)} cost{to_train}?", "cost")
    if found := _HAS.match(sentence):
        yield MadeQuestion(f"How many {found['what']} does {_said(found)} have?", "many")
    if (found := _MUST.match(sentence)) and not _NO_SUBJECT.match(found["subject"]):
        verb = found["verb"] if found["that"] else "not do" if found["not"] else "do"
        if found["that"] or _under(topic):
            who = _lowered(found["subject"])
            yield MadeQuestion(f"What must {who} {verb}{_under(topic)}?", "must")
    if found := _speaker(sentence):
        rest = _inner(sentence[found.end() :])
        yield from (one for one in _in_english(rest, topic) if one.kind != "says")
        about = topic if topic and topic.lower() not in _said(found).lower() else ""
        if about:
            doing = _SAYS[found["verb"]].format(_said(found)).removesuffix(" of")
            yield MadeQuestion(f"What {doing} about {about}?", "says")
    if found := _IS.match(sentence):
        person = _GIVEN_NAMES.match(found["subject"]) and re.search(
            r"\b(?:founder|chief|president|minister|director|head|chair\w*|professor)\b", sentence
        )
        yield MadeQuestion(f"{'Who' if person else 'What'} is {_said(found)}?", "is")


def _when(sentence: str, topic: str) -> Iterator[MadeQuestion]:
    """Yield the question when something happened, of a sentence with a date."""
    if not any(one.year or one.month for one in date_mentions(sentence)):
        return
    if found := _WHEN_PASSIVE.match(sentence):
        yield MadeQuestion(f"When {found['be']} {_said(found)} {found['verb']}?", "when")
    elif found := _WHEN_ACTIVE.match(sentence):
        thing, verb = _object(found["object"], topic), _VERBS[found["verb"]]
        if thing:
            yield MadeQuestion(f"When did {_said(found)} {verb} {thing}?", "when")
    if found := _IN_FORCE.match(sentence):
        verb, _, rest = found["verb"].partition(" ")
        doing = "does" if verb.endswith("s") else "did"
        text = f"When {doing} {_said(found)} {_IN_FORCE_BASE[verb]} {rest}".strip()
        yield MadeQuestion(f"{text}?", "force")


def _in_chinese(sentence: str, topic: str) -> Iterator[MadeQuestion]:
    """Yield Chinese questions on an English sentence, its names as Chinese texts have them."""
    dated = any(one.year or one.month for one in date_mentions(sentence))
    if dated and (found := _WHEN_PASSIVE.match(sentence)) and found["verb"] in _CHINESE_WHEN:
        yield _asked_of(found["subject"], f"是什么时候{_CHINESE_WHEN[found['verb']]}的", "when")
    if dated and (found := _WHEN_ACTIVE.match(sentence)) and found["verb"] in _CHINESE_WHEN:
        thing = _chinese_name(_object(found["object"], topic))
        words = f"是什么时候{_CHINESE_WHEN[found['verb']]} {thing} 的" if thing else ""
        yield _asked_of(found["subject"], words, "when")
    if found := _cost(sentence):
        what = "训练成本" if found["training"] else "价格"
        yield _asked_of(found["subject"], f"的{what}是多少", "cost")
    if (found := _HAS.match(sentence)) and "parameters" in found["what"]:
        yield _asked_of(found["subject"], "有多少参数", "many")
    if found := _speaker(sentence):
        rest = _inner(sentence[found.end() :])
        yield from (one for one in _in_chinese(rest, topic) if one.kind != "says")
        about = topic and topic.lower() not in found["subject"].lower()
        yield _asked_of(found["subject"], f"对 {topic} 怎么说" if about else "", "says")
    if found := _IS.match(sentence):
        yield _asked_of(found["subject"], "是什么", "is")


def _asked_of(subject: str, words: str, kind: str) -> MadeQuestion:
    """Return a Chinese question on a subject; one without text where it has no Chinese name."""
    name = _chinese_name(subject)
    text = f"{name} {words}？" if name and words else ""
    # Between Chinese signs there is no space.
    return MadeQuestion(re.sub(r"(?<=[㐀-鿿]) (?=[㐀-鿿])", "", text), kind)


def _of_chinese(sentence: str, topic: str) -> Iterator[MadeQuestion]:
    if found := _HAN_WHEN.match(sentence):
        yield MadeQuestion(f"{found['subject']}是什么时候{found['verb']}的？", "when")
    if (found := _HAN_SAYS.match(sentence)) and topic:
        yield MadeQuestion(f"{found['subject']}对{topic}怎么说？", "says")


def _said(found: re.Match[str]) -> str:
    return _lowered(found["subject"])


def _speaker(sentence: str) -> re.Match[str] | None:
    """Return the match of "SemiAnalysis estimates", where that names somebody."""
    found = _STATES.match(sentence)
    return found if found and names(f"It is {found['subject']}") else None


def _inner(clause: str) -> str:
    """Return what somebody says as a sentence of its own."""
    clause = clause.strip().removeprefix("that ").strip()
    return f"The{clause[3:]}" if clause.startswith("the ") else clause


def _cost(sentence: str) -> re.Match[str] | None:
    """Return the match of "DeepSeek-R1 cost $294,000", with or without "training" before it."""
    found = _COST.search(sentence)
    begins = found and (found["training"] or found.start("subject") == 0)
    return found if begins else None


def _object(thing: str, topic: str) -> str:
    """Return what something was done to, by its own name; "" where it has none."""
    if re.fullmatch(rf"(?:the|its|this|that|their) (?:\w+ )?{_HEAD}", thing):
        head = thing.split()[-1].rstrip("s")
        if len(thing.split()) == 2 or thing.split()[1] in {"new", "same", "final", "whole"}:
            return topic if topic.lower().rstrip("s").endswith(head) else ""
    return "" if re.match(r"(?:an?|its|his|their)\b", thing) else thing


def _lowered(subject: str) -> str:
    """Return a subject as it stands within a sentence: "the affiliates rule"."""
    subject = re.sub(r",.*$", "", subject)
    first = subject.split()[0]
    small = first in {"The", "A", "An", "Every", "Each"} or (
        len(subject.split()) == 1 and first.endswith("s") and first[1:].islower()
    )
    return subject[0].lower() + subject[1:] if small else subject


def _under(topic: str) -> str:
    return f" under {topic}" if re.search(rf"\b{_HEAD}$", topic) else ""


def _chinese_name(name: str) -> str:
    """Return a name as it may stand in a Chinese sentence, "" for an English phrase."""
    name = re.sub(r"^(?:[Tt]he|its|an?) |,.*$", "", name)
    if re.search(r"[㐀-鿿]", name):
        return name
    words = name.split()
    known = alias_section(name)
    coined = all(re.search(r"\d|[A-Z].*[A-Z]|[a-z][A-Z]", one) for one in words)
    if coined or (known in {"companies", "makers"} and len(words) <= len("AB")):
        return name
    for group in groups() if known else ():
        if group.same and name.casefold() in {one.casefold() for one in group.names}:
            return next((one for one in group.names if re.search(r"[㐀-鿿]", one)), "")
    return ""
