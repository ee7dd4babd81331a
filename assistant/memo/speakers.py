"""Who makes a statement, and what kind of statement that makes it, as the passage tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.memo.organisations import kind_of_speaker, listed_organisations
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.values import ANALYST, COMPANY, INDEPENDENT, OFFICIAL
from corpus.document import Source
from corpus.months import MONTHS
from index.query_terms import rarity

_SAYS = (
    r"(?:says|said|states|stated|reports|reported|claims|claimed|estimates|estimated|announced|"
    r"announces|argues|argued|writes|wrote|found|finds|concluded|concludes|warned|warns|told|"
    r"disclosed|discloses|acknowledged|acknowledges|notes|noted|explained|explains|confirmed|"
    r"confirms|denied|denies|puts|gives|gave|calculates|calculated|reckons|expects|expected|adds|"
    r"added|assumes|assumed|criticised|criticized|names|named|proposed|proposes|ruled|testified|"
    r"assessed|assesses|describes|described|declared|counts|counted|listed|lists|published|called|"
    r"calls|asked|believes|thinks|measured|measures)"
)
# One capital word that is rarer than this in English at large (rank in BERT's vocabulary) is a
# name; below stand "Charge", "Press" and "Research".
_RARE = 0.845
# A name: capital words, with the small words and initials that names hold.
_NAME = (
    r"(?:[Tt]he\s+)?(?P<{0}>(?:[A-Z][\w.&’'-]*|[A-Z]{{2,}}|[\u4e00-\u9fff]{{2,8}})"
    r"(?:\s+(?:of|for|and|the|on|de|&)(?:\s+the)?(?=\s+[A-Z])|\s+[A-Z0-9][\w.&’'-]*){{0,7}})"
)
# In order: the first that fits tells. A name directly before a verb of saying; "according to"; "X's
# paper says"; "…, X told Reuters"; "was reported by X".
_PATTERNS = tuple(
    re.compile(one)
    for one in (
        r"\b[Aa]ccording to\s+" + _NAME.format("name"),
        r"\b[Aa]n? (?:estimate|analysis|report|study|assessment|calculation) (?:by|from|of)\s+"
        + _NAME.format("name"),
        r"(?:^|[\"”,;:]\s+|\b(?:and|but|while|where|whereas)\s+)"
        + _NAME.format("name")
        + r"(?:,[^,]{2,60},|\s+\([^)]{2,60}\))?\s+(?:(?:has|have|had|also|itself|later|then|"
        r"publicly|further|officially)\s+)*" + _SAYS + r"\b",
        _NAME.format("name") + r"['’]s?\s+(?:own\s+)?(?:\w+\s+){0,3}?(?:paper|report|filing|rule|"
        r"statement|blog|post|announcement|analysis|estimate|assessment|evaluation|documentation|"
        r"press release|study|card|letter|notice|guidance)\s+" + _SAYS,
        r"\b(?:given|made|shown|taken|put forward|"
        + _SAYS[3:]
        + r"\s+by\s+"
        + _NAME.format("name"),
        r"[\"”],?\s+" + _SAYS + r"\s+" + _NAME.format("name"),
    )
)
# Opens a statement of somebody named before.
_PRONOUN = re.compile(
    r"^(?:In [^,]{3,40}, )?(?:It|They|He|She|The (?:company|firm|agency|bureau|commission|ministry|"
    r"department|laboratory|lab|developer|start-?up|authors?|researchers))\s+(?:also\s+|has\s+|have\s+"
    r"|had\s+|later\s+)*" + _SAYS + r"\b"
)
# A legal text that speaks for itself: "The rule requires", "Section 4 states".
_TEXT = re.compile(
    r"^(?:Under (?P<under>the [A-Z][\w ]{3,60}|the (?:final |interim |new )*rule)|"
    r"(?:The|This) (?P<rule>(?:\w+ ){0,4}(?:rule|order|act|law|regulation|notice|memorandum))"
    r"\s+(?:\w+\s+)?(?:requires?|" + _SAYS + r"))",
)
_INFERS = re.compile(
    r"\b(?:suggests?|implies|imply|likely|unlikely|probably|we assess|we judge|appears? to|"
    r"seems? to|may mean|points? to|in our view|we believe)\b"
)
_NOT_NAMES = frozenset(
    "it they he she this that these those there we i in on at by for from with the a an as when "
    "while what which who how both its their his her one two three some many most such and but or "
    "if since after before under over about monday tuesday wednesday thursday friday saturday "
    "sunday table figure section chapter appendix part however according also "
    "another other others".split()
) | {name for name in MONTHS if len(name) > 3 or name == "may"}
_COMPANY_SITE = re.compile(r"^(?:www\.)?(?P<name>[a-z0-9-]+)\.(?:com|ai|io|cn)$")
_COMPANY_FILING = re.compile(r"^(?P<name>[A-Z][\w.&,' -]+?),? Form (?:10-[KQ]|8-K|20-F|S-1)\b")


@dataclass(frozen=True, slots=True)
class SpeakerAttribution:
    """Who says it, and which kind of statement it is (values.KINDS); "" where nothing tells."""

    speaker: str
    kind: str


def speaker_of(
    sentence: EvidenceSentence, before: Sequence[EvidenceSentence] = ()
) -> SpeakerAttribution:
    """Return who makes the statement of a sentence.

    Named in the sentence; or, for "it said" and "the company says", the last one named in `before`
    (earlier sentences of the passage, in order) or in the title; otherwise the document's author as
    far as its publisher or title tells.
    """
    if named := _named_speaker(sentence.text):
        return SpeakerAttribution(named, _kind(named, sentence))
    if found := _TEXT.match(sentence.text):
        rule = (found["under"] or f"the {found['rule']}").strip()
        return SpeakerAttribution(rule[:1].upper() + rule[1:], OFFICIAL)
    if _PRONOUN.match(sentence.text):
        for one in reversed(before):
            subject = _named_speaker(one.text) or _subject(one.text)
            if subject:
                return SpeakerAttribution(subject, _kind(subject, sentence))
        if subject := _subject(sentence.source.title):
            return SpeakerAttribution(subject, _kind(subject, sentence))
    author = author_of(sentence.source)
    kind = kind_of_speaker(author)
    if _INFERS.search(sentence.text) and kind in ("", INDEPENDENT):
        return SpeakerAttribution(author, ANALYST)
    return SpeakerAttribution(author, kind)


def author_of(source: Source) -> str:
    """Return who speaks in a document where no sentence names anybody, "" where nothing tells."""
    if found := _COMPANY_FILING.match(source.title):
        return found["name"].strip(" ,")
    publisher = source.publisher.strip()
    site = _COMPANY_SITE.match(publisher.casefold())
    if site and kind_of_speaker(site["name"]) == COMPANY:
        return site["name"].capitalize()
    return publisher or _maker_in_title(source.title)


def _maker_in_title(title: str) -> str:
    """Return the organisation that a title begins with: "MiniMax-M1: …", "Qwen3 Technical Report".

    A paper without a publisher that is named after its model is the maker's own.
    """
    first = re.match(r"[A-Za-z.]+", title)
    name = first[0].strip(".") if first else ""
    return (
        name
        if kind_of_speaker(name) == COMPANY and name.casefold() in listed_organisations()
        else ""
    )


def _kind(speaker: str, sentence: EvidenceSentence) -> str:
    kind = kind_of_speaker(speaker)
    if kind:
        return kind
    # Somebody unknown who is quoted in a company's own text speaks for it.
    return kind_of_speaker(author_of(sentence.source))


def _named_speaker(text: str) -> str:
    """Return the speaker that a sentence names, or ""."""
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            if name := _trimmed_name(found["name"]):
                return name
    return ""


def _trimmed_name(name: str) -> str:
    """Return a name without what does not belong to it; "" where nothing of a name is left."""
    name = re.sub(r"['’]s?$", "", name).strip(" .,;:")
    words = name.split()
    while words and words[0].casefold().strip(".,") in _NOT_NAMES:
        words = words[1:]
    while words and words[-1].casefold() in ("of", "for", "and", "the", "on", "de", "&"):
        words = words[:-1]
    name = " ".join(words)
    if not name or len(name) < 2 or re.fullmatch(r"[\d.,-]+", name):
        return ""
    if len(words) == 1 and not _is_name(name):
        return ""
    return name


def _is_name(word: str) -> bool:
    """Say whether one capital word can be who speaks: an organisation, or no word of English."""
    if re.search(r"\d", word):
        # Models and rules have numbers; who speaks has not.
        return False
    mixed = word[1:] != word[1:].lower()
    return mixed or word.casefold() in listed_organisations() or rarity(word) >= _RARE


def _subject(text: str) -> str:
    """Return the first listed organisation that a text names, or ""."""
    for found in re.finditer(r"[A-Z\u4e00-\u9fff][\w.&-]*(?:\s+[A-Z][\w.&-]*){0,3}", text):
        words = found[0].split()
        for end in range(len(words), 0, -1):
            name = re.sub(r"['’]s?$", "", " ".join(words[:end])).strip(".,")
            if name.casefold() in listed_organisations():
                return name
    return ""
