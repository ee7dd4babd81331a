"""An English follow-up made whole by putting one phrase of the earlier question in its place.

Three ways, and no fourth: what a pronoun stands for is put in its place ("its director"), the like
element of the earlier question is replaced ("What about Nvidia?", "and in 2024?", "No, I meant the
H20"), or a role is given its holder ("who is the chairman?"). Where it is not plain which phrase is
meant, there is no rewriting: a question that carries words of another topic along finds the other
topic.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.checking.names import kind_of
from assistant.phrases import (
    AUXILIARY,
    DEFINITE,
    HEAD,
    Phrase,
    all_phrases,
    modifies,
    phrases,
    plural_form,
    runs,
)
from corpus.moments import moments

_ASKS = re.compile(
    rf"^(?:(?:(?:until|since|by|with|on|in|from|for|at|to|under|of|about|against) )?"
    rf"(?:who|whom|whose|what|which|when|where|why|how)|{AUXILIARY})\b",
    re.IGNORECASE,
)
_JOINS = re.compile(r"^(?:and|but|so|or|then|also|ok|okay)\b[ ,]*", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:what|how) (?:about|of)\s+", re.IGNORECASE)
_MEANT = re.compile(
    r"^(?:(?:no|sorry|oh|actually|well)\b[,.!]?\s*)*"
    r"(?:i (?:meant|mean|was asking about)|not .+? but)\s+(?:to ask\s+)?|"
    r"^no[,.]\s+(?=the |[A-Z])",
    re.IGNORECASE,
)
# What "the company" or "this model" stands for is the one thing that was named.
_CLASS = re.compile(
    r"\b(?:this|that|the) (?:company|firm|maker|developer|agency|bureau|ministry|country|startup|"
    r"start-up|lab|model|chip|person|man|woman)\b(?! (?:of|that|which|in|from|called|named)\b)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her)\b|"
    r"(?<=\bis )(?:this|that)\b(?= \w+ed\b)|(?<=\bwas )(?:this|that)\b(?= \w+ed\b)|"
    r"(?<=\b(?:of|on|by|to) )(?:this|that)(?=\s*\?)",
    re.IGNORECASE,
)
# "Is it true that", "how long does it take": it stands for nothing.
_EMPTY = re.compile(
    r"\b(?:is|was) it (?:true|possible|legal|illegal|likely|known|clear|correct|right|allowed)\b|"
    r"\b(?:does|did|would) it (?:take|cost) to\b|\bit (?:is|was) \w+ (?:that|to)\b",
    re.IGNORECASE,
)
# "Can a company sell if it has leave", "Why do firms say they": it is the company, and the firms.
_OWN = re.compile(
    rf"\b(?:an?|each|every|any|one) [a-z]|\b{AUXILIARY} the .*\b(?:when|if|because|that|after|"
    r"before|while|since|until|once|although|though|says?|said) $",
    re.IGNORECASE,
)
_OWN_MANY = re.compile(rf"\b{AUXILIARY} (?:[a-z-]+ ){{0,2}}[a-z]+s\b", re.IGNORECASE)
_PERSON = frozenset({"he", "him", "his", "she", "her"})
_THING = frozenset({"it", "its"})
_PLURAL = frozenset({"they", "them", "their"})
_OWNING = frozenset({"its", "their", "his", "her"})
_ROLE = re.compile(
    r"^(?P<head>(?:who|what) (?:is|are|was|were) the [a-z-]+)(?P<rest>(?: in [a-z]+)?\s*\?*)$",
    re.IGNORECASE,
)
_TWO = re.compile(r"\b(?:the two|both of them|either of them|them both)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\bthe (?P<which>first|second|third|last|former|latter)(?:\s+(?:one|of them))?(?=\s*[?.]|$)",
    re.IGNORECASE,
)
_PLACES = {"first": 0, "former": 0, "second": 1, "latter": 1, "third": 2, "last": -1}
_PREPOSITION = re.compile(
    r"^(?P<word>according to|in|on|at|by|for|about|after|before|since|until|under|against|with|"
    r"from|to|during|of)\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_TIMES = frozenset("at after before since until during".split())
_OWNER = re.compile(r"(?P<who>.+?)['’]s (?P<thing>.+)$")
_THE_HEAD = re.compile(rf"\b(?:the|this|that) (?P<head>{HEAD})\b", re.IGNORECASE)
_MANY_OF = re.compile(r"how many of (?:them|these|those) (?P<how>[a-z]+ .+?)\s*\?*", re.IGNORECASE)
_ARE = re.compile(r"how many (?P<are>(?:are|were) .+?)\s*\?*", re.IGNORECASE)
_HAVE = re.compile(
    r"how many (?P<what>[a-z ]+?) (?:does|do|did) (?P<who>.+?) have\b", re.IGNORECASE
)
# In place of one name, "they" had another form of the verb.
_SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has"}


_BARE = re.compile(
    r"(?P<how>why|when|where|how|(?:since|until) when|for how long)"
    r"(?: (?:was|is|did) (?:that|it|this)(?: happen)?| not| so)?\s*\?*",
    re.IGNORECASE,
)


def leans(question: str) -> bool:
    """Say whether a question says by its form that it needs what was said before it."""
    plain = _JOINS.sub("", question)
    return bool(
        (plain != question and not _ASKS.match(plain))
        or _ABOUT.match(plain)
        or _MEANT.match(question)
        or _TWO.search(question)
        or _ORDINAL.search(question)
        or _CLASS.search(question)
        or _open_pronouns(question)
        or _BARE.fullmatch(plain)
        or re.search(rf"\b{AUXILIARY} (?:that|this|these|those)\b|\b(?:that|those|these)\s*\?*$",
                     question, re.IGNORECASE)
    )  # fmt: skip


def rewritten(question: str, before: str, two: list[str], answer: str = "") -> str:
    """Return `question` whole, by what the standalone question `before` has, or "" if unsure.

    `two` are the names of the conversation, for "which of the two"; `answer` is what was answered
    last, for a person whom only it names.
    """
    if meant := _MEANT.match(question):
        rest = question[meant.end() :].strip()
        if _ASKS.match(rest):
            return rewritten(rest, before, two, answer) if leans(rest) else rest
        return _replaced(rest, before, corrects=True)
    plain = _JOINS.sub("", question).strip()
    if about := _ABOUT.match(plain):
        return _replaced(plain[about.end() :], before)
    if plain != question and not _ASKS.match(plain):
        return _replaced(plain, before)
    return (
        _with_holder(plain, before)
        or _adverb(plain, before)
        or _resolved(plain, before, two, answer)
    )


def _resolved(question: str, before: str, two: list[str], answer: str) -> str:
    """Return a question with what its pronouns stand for in their places, or ""."""
    if _TWO.search(question) or _ORDINAL.search(question):
        return _of_a_list(question, before, two)
    if many := _MANY_OF.fullmatch(question):
        return _appended(before, many["how"]) if before.lower().startswith("how many") else ""
    known = _candidates(before)
    if (are := _ARE.fullmatch(question)) and (have := _HAVE.match(before)):
        return f"How many {have['what']} of {have['who']} {are['are']}?"
    text = _described(question, known)
    first: dict[frozenset[str], tuple[re.Match[str], Phrase]] = {}
    for pronoun in _open_pronouns(text):
        group = next((it for it in (_PERSON, _PLURAL) if pronoun[0].lower() in it), _THING)
        if group in first:
            # "Did it show its evidence?": named once, the second speaks for itself.
            continue
        one = _meant_by(pronoun, text, known)
        if one is None and pronoun[0].lower() in _PERSON:
            told = [it for it in phrases(answer) if it.person == 2 and it.text not in before]
            one = told[0] if len({it.text for it in told}) == 1 else None
        if one is None:
            return ""
        first[group] = pronoun, one
    for pronoun, one in sorted(first.values(), key=lambda it: -it[0].start()):
        text = _put(text, pronoun, one)
    return text if text != question else ""


def _of_a_list(question: str, before: str, two: list[str]) -> str:
    """Return a question with "the two" or "the second one" named, or ""."""
    listed = [one.text for one in phrases(before) if one.named]
    if both := _TWO.search(question):
        pair = listed if len(listed) == 2 else two
        joined = " and ".join(pair)
        return question[: both.start()] + joined + question[both.end() :] if len(pair) == 2 else ""
    ordinal = _ORDINAL.search(question)
    assert ordinal is not None
    place = _PLACES[ordinal["which"].lower()]
    if len(listed) < 2 or not -len(listed) <= place < len(listed):
        return ""
    return question[: ordinal.start()] + listed[place] + question[ordinal.end() :]


def _described(question: str, known: list[Phrase]) -> str:
    """Return a question with the thing for "the company", and all of its name for "the rule"."""
    named = [one for one in known if one.named and not one.plural]
    met = _CLASS.search(question)
    if met and len(named) == 1:
        return question[: met.start()] + named[0].said + question[met.end() :]
    for head in _THE_HEAD.finditer(question):
        same = [one for one in known if not one.named and _same_head(one.text, head["head"])]
        if len(same) == 1 and same[0].text.lower() != head[0].lower():
            return question[: head.start()] + same[0].text + question[head.end() :]
    return question


def _open_pronouns(question: str) -> list[re.Match[str]]:
    """Return the pronouns that stand for nothing within the question."""
    spans = [one.span() for one in _EMPTY.finditer(question)]
    own = [one for one in phrases(question) if not modifies(question, one)]
    found = []
    for one in _PRONOUN.finditer(question):
        plural, head = one[0].lower() in _PLURAL, question[: one.start()]
        among = plural and re.search(r"\b(?:one|some|many|most|all|any|each|both) of $", head)
        known = any(it.end < one.start() and (it.plural or not among) for it in own)
        spoken = (_OWN_MANY if plural else _OWN).search(head) and not among
        if not known and not spoken and not any(a <= one.start() < b for a, b in spans):
            found.append(one)
    return found


def _candidates(before: str) -> list[Phrase]:
    """Return the phrases of a question, and what it asks for ("which models": the models)."""
    found = phrases(before)
    asked = re.match(
        rf"(?:which|what|how many) (?P<what>(?:[\w-]+ ){{0,2}}?[\w-]+) {AUXILIARY}\b", before,
        re.IGNORECASE,
    )  # fmt: skip
    if asked:
        found = [one for one in found if one.start >= asked.end("what")] or found
        text = f"the {asked['what']}"
        many = plural_form(text) or before.lower().startswith("how many")
        found.append(Phrase(text, asked.start("what"), asked.end("what"), many, named=False))
    return found


def _meant_by(pronoun: re.Match[str], question: str, known: list[Phrase]) -> Phrase | None:
    """Return the phrase that a pronoun stands for: the only fitting one, or that in its role."""
    word = pronoun[0].lower()
    acts = re.search(rf"\b(?!(?:is|are|was|were) $){AUXILIARY} $", question[: pronoun.start()],
                     re.IGNORECASE)  # fmt: skip
    if word in _PERSON:
        most = max((one.person for one in known), default=0)
        fitting = [one for one in known if one.person == most > 0]
    elif word in _PLURAL:
        owned = re.match(r" ([a-z]+)", question[pronoun.end() :])
        many = [one for one in known if one.plural]
        if word in _OWNING and owned:
            many = [one for one in many if not one.text.lower().endswith(owned[1])]
        fitting = many or [one for one in known if one.named and not one.plural]
    else:
        fitting = [one for one in known if not one.plural and one.person < 3]
        if acts and any(one.subject and one.person == 3 for one in known):
            # "What did Senator Hawley propose?", "what does it provide for?": what was proposed.
            return None
    if len(fitting) > 1 and word in _OWNING:
        # Firms and people have directors and windows; a ban seldom has.
        fitting = [one for one in fitting if one.named] or fitting
    if len(fitting) > 1:
        in_role = [one for one in fitting if one.subject == bool(acts)]
        # Of two in the role of the subject ("Nvidia and AMD") neither is meant alone.
        fitting = in_role if acts else in_role[-1:]
    return fitting[0] if len(fitting) == 1 else None


def _put(question: str, pronoun: re.Match[str], one: Phrase) -> str:
    before, after = question[: pronoun.start()], question[pronoun.end() :]
    text = one.said
    if pronoun[0].lower() in _OWNING:
        text += "'" if text.endswith("s") and one.plural else "'s"
    elif pronoun[0].lower() == "they" and not one.plural:
        before = re.sub(r"\b(do|are|were|have) $", lambda m: f"{_SINGULAR[m[1].lower()]} ", before,
                        flags=re.IGNORECASE)  # fmt: skip
    return before + text + after


def _same_head(phrase: str, head: str) -> bool:
    words = re.sub(r" of (?:[A-Z][a-z]+ )?\d{4}$", "", phrase).lower().split()
    return len(words) > 2 and words[-1].removesuffix("s") == head.lower().removesuffix("s")


def _with_holder(question: str, before: str) -> str:
    """Return "who is the chairman?" as "who is the chairman of Stargate?", or ""."""
    role = _ROLE.match(question)
    known = [one for one in phrases(before) if one.person < 3 and not one.plural]
    if role is None or len(known) != 1 or runs(question):
        return ""
    return f"{role['head']} of {known[0].said}{role['rest']}"


def _adverb(question: str, before: str) -> str:
    """Return "why?" or "when was that?" as the earlier question asked so, or ""."""
    asked = _BARE.fullmatch(question)
    rest = re.sub(r"^(?:why|when|where|how) (?=(?:did|does|do|is|are|was|were|has|have)\b)", "",
                  before, flags=re.IGNORECASE)  # fmt: skip
    if asked is None or not re.match(rf"{AUXILIARY}\b", rest, re.IGNORECASE):
        return ""
    return f"{asked['how'].capitalize()} {rest[0].lower()}{rest[1:]}"


def _replaced(what: str, before: str, *, corrects: bool = False) -> str:
    """Return the earlier question with the element that is like `what` replaced by it, or ""."""
    what = what.strip().rstrip("?.! ").strip()
    if not what or not before or len(what.split()) > 8:
        return ""
    dates = moments(what)
    if joined := _PREPOSITION.match(what):
        return _other_circumstance(what, joined["word"].lower(), joined["what"], before)
    if dates and dates[0].start == 0 and dates[0].end == len(what):
        return _other_circumstance(f"in {what}", "in", what, before)
    what = re.sub(r"['’]s$", "", what)
    given = [one.text for one in runs(f"so {what}")]
    known = [one for one in all_phrases(before) if one.text.lower() != what.lower()]
    if re.sub(r"^the ", "", what) in given:
        old = _like(re.sub(r"^the ", "", what), [one for one in known if one.named])
    elif (owner := _OWNER.match(what)) and owner["who"] in given:
        old, what = _owning(owner["thing"], known, before), owner["who"]
    elif given:
        return ""
    else:
        old = _unnamed(what, known, corrects=corrects)
    if old:
        return _swap(before, old, what)
    return "" if given else _property(what, before)


def _owning(thing: str, known: list[Phrase], before: str) -> Phrase | None:
    """Return whose `thing` the earlier question speaks of: "Nvidia's CEO", "the CEO of Nvidia"."""
    plain = re.escape(thing)
    found = [
        one
        for one in known
        if re.match(rf"['’]s {plain}\b", before[one.end :])
        or re.search(rf"\b{plain} (?:of|at|for) (?:the )?$", before[: one.start])
    ]
    return found[0] if len(found) == 1 else None


def _unnamed(what: str, known: list[Phrase], *, corrects: bool) -> Phrase | None:
    """Return what a phrase without a name ("the foundry rule") takes the place of."""
    named = [one for one in known if one.named]
    if DEFINITE.fullmatch(what):
        alike = [one for one in known if not one.named and _same_head(one.text, what.split()[-1])]
        if len(alike) == 1:
            return alike[0]
        # "the lighthouse company" is a name's place, "the price" is not.
        return named[0] if len(named) == 1 and _CLASS.search(f"the {what.split()[-1]}") else None
    return known[0] if corrects and len(known) == 1 else None


def _property(what: str, before: str) -> str:
    """Return "and the price?" after "What is the weight of the H20?" as asked of the H20, or ""."""
    old = re.search(rf"\b{AUXILIARY} (?P<what>(?:the )?[a-z][a-z -]*?) of ", before) or re.search(
        rf"\b{AUXILIARY} (?P<what>[a-z]+(?: [a-z]+)?) (?:take|cost|need|use|have|last|make)\b",
        before,
    )
    if old is None or not re.fullmatch(r"(?:(?:the|its|their) )?[a-z]+(?: [a-z]+)?", what):
        return ""
    new = re.sub(r"^(?:its|their) ", "the ", what)
    return before[: old.start("what")] + new + before[old.end("what") :]


def _like(new: str, known: list[Phrase]) -> Phrase | None:
    """Return the phrase that a name takes the place of: of its kind, of its form, or the only."""
    if kind := kind_of(new):
        alike = [one for one in known if kind_of(one.text) == kind]
        if alike:
            return alike[0]
        known = [one for one in known if not kind_of(one.text)]
    if len(known) > 1:
        known = [one for one in known if _shape(one.text) == _shape(new)]
    return known[0] if len(known) == 1 else None


_WITH_THE = re.compile(r"\d|^[A-Z]{2,}$")


def _shape(name: str) -> tuple[bool, bool]:
    """Return whether a name has a figure, and several words: "H20", "Corva Glass", "Orsk"."""
    return any(sign.isdigit() for sign in name), " " in name


def _swap(before: str, old: Phrase, new: str) -> str:
    article = re.search(r"\bthe $", before[: old.start], re.IGNORECASE)
    if article and new.lower().startswith("the "):
        new = new[4:]
    elif article and old.named and new[0].isupper() and not _WITH_THE.search(new):
        # "the OLC" and "the H20", but no "the Ardent Optics".
        return _swap(before, replace(old, start=article.start()), new)
    if old.start == 0:
        new = new[0].upper() + new[1:]
    return before[: old.start] + new + before[old.end :]


def _other_circumstance(whole: str, word: str, what: str, before: str) -> str:
    """Return the earlier question with one circumstance ("in 2023") replaced, or added."""
    old = moments(before)
    if old and re.search(r"\b(?:year|month|quarter|week|day)\b", what):
        # "in the year before": which one that is must be reckoned, not written.
        return ""
    if moments(what) and old:
        start, end = old[-1].start, old[-1].end
        lead = re.search(r"\b(?:in|on|at|during|since|until|by|before|after) $", before[:start])
        return (before[: lead.start()] + whole if lead else before[:start] + what) + before[end:]
    stops = (
        r"(?=\s*\?|\s*$|\s+(?:in|on|at|by|for|after|before|since|until|under|against|with|during)"
        r"\b)"
    )
    words = "|".join(_TIMES) if word in _TIMES else re.escape(word)
    for old_one in re.finditer(rf"\b(?:{words}) (?P<what>\S.*?){stops}", before, re.IGNORECASE):
        if not moments(old_one["what"]) and _alike(old_one["what"], what):
            return before[: old_one.start()] + whole + before[old_one.end() :]
    return _appended(before, whole)


def _alike(old: str, new: str) -> bool:
    first, second = kind_of(re.sub(r"^the ", "", old)), kind_of(re.sub(r"^the ", "", new))
    return first == second or not (first and second)


def _appended(before: str, what: str) -> str:
    return f"{before.rstrip('?. ')} {what.rstrip('?. ')}?"
