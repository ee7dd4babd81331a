"""Who makes a statement, and what kind of statement that makes it: by passage and organisation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.memo.sentence import EvidenceSentence
from assistant.memo.values import ANALYST, COMPANY, INDEPENDENT, KINDS, OFFICIAL, PRESS
from corpus.document import Source
from corpus.months import MONTHS
from corpus.validation import configured
from corpus.vocabulary import AliasGroup, groups
from index.query import rarity

_SAYS = (
    r"(?:says|said|states|stated|reports|reported|claims|claimed|estimates|estimated|announced|"
    r"announces|argues|argued|writes|wrote|found|finds|concluded|concludes|warned|warns|told|"
    r"disclosed|discloses|acknowledged|acknowledges|notes|noted|explained|explains|confirmed|"
    r"confirms|denied|denies|puts|gives|gave|calculates|calculated|reckons|expects|expected|adds|"
    r"added|assumes|assumed|criticised|criticized|names|named|proposed|proposes|ruled|testified|"
    r"assessed|assesses|describes|described|declared|counts|counted|listed|lists|published|called|"
    r"calls|asked|believes|thinks|measured|measures)"
)
# A single capitalised word that is rarer in English than this (by rank in BERT's vocabulary) is a
# name; "Charge", "Press" and "Research" are less rare.
_RARE = 0.845
# A name: capitalised words, with the small words and initials inside names.
_NAME = (
    r"(?:[Tt]he\s+)?(?P<{0}>(?:[A-Z][\w.&’'-]*|[A-Z]{{2,}}|[\u4e00-\u9fff]{{2,8}})"
    r"(?:\s+(?:of|for|and|the|on|de|&)(?:\s+the)?(?=\s+[A-Z])|\s+[A-Z0-9][\w.&’'-]*){{0,7}})"
)
# The first pattern that matches decides: "according to X"; "an estimate by X"; X directly before a
# verb of saying; "X's paper says"; "given by X"; a quotation, then "said X".
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
# The beginning of a statement by somebody named before.
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
    """The speaker, and the kind of statement (values.KINDS); "" where unknown."""

    speaker: str
    kind: str


def speaker_of(
    sentence: EvidenceSentence, before: Sequence[EvidenceSentence] = ()
) -> SpeakerAttribution:
    """Return the speaker of a sentence.

    That is who is named in it; for "it said" and "the company says" the last one named in `before`
    (earlier sentences of the passage, in order) or in the title; otherwise the document's author,
    by its publisher or title.
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
    """Return who speaks in a document where a sentence names nobody, "" where unknown."""
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
    # An unknown person who is quoted in a company's own text speaks for the company.
    return kind_of_speaker(author_of(sentence.source))


def _named_speaker(text: str) -> str:
    """Return the speaker that a sentence names, or ""."""
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            if name := _trimmed_name(found["name"]):
                return name
    return ""


def _trimmed_name(name: str) -> str:
    """Return a name without words that are not part of it; "" where no name is left."""
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
    """Say whether a single capitalised word can be a speaker: an organisation, or a rare word."""
    if re.search(r"\d", word):
        # Models and rules have numbers, speakers do not.
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


_FILE = Path(__file__).parent / "organisations.toml"
# Words in the names of organisations that are not listed.
_WORDS = (
    (OFFICIAL, r"ministr|department|bureau|commission(?!er$)|committee|agency|government|"
     r"administration|parliament|senat|congress|court|regulator|authority|office of|"
     r"federal register|white house|directorate|customs|police|prosecutor|treasury|embassy|"
     r"secretary|president|minister|commissioner|officials?$|\.gov\b|\bact$|\brule$|\border$"),
    (INDEPENDENT, r"universit|institute|college|laborator|research|analyst|think tank|academy|"
     r"foundation|center for|centre for|professor|economist"),
    (PRESS, r"times|news|journal|post$|gazette|herald|daily|magazine|weekly|tribune|newspaper|"
     r"\bpress\b|media|(?:tech|en)(?:crunch|gadget)|broadcast|\btv\b|reporters?$"),
    (COMPANY, r"\binc\b|\bcorp|\bltd\b|\bllc\b|\bgmbh\b|\bplc\b|company|technolog|\blabs?\b|"
     r"\bcloud\b|semiconductor|electronics|group$|holdings|\bai$"),
)  # fmt: skip


def kind_of_speaker(name: str) -> str:
    """Return the kind of statement that `name` makes (one of values.KINDS), "" where unknown."""
    plain = re.sub(r"^the\s+|['’]s?$", "", name.strip(), flags=re.IGNORECASE).casefold()
    if not plain:
        return ""
    known = _known(groups())
    if plain in known:
        return known[plain]
    for word in (plain.split()[-1], plain.split()[0]):
        if word in known and len(word) > 2:
            return known[word]
    return next((kind for kind, words in _WORDS if re.search(words, plain)), "")


def listed_organisations() -> frozenset[str]:
    """Return the listed names and their aliases, in lower case."""
    return frozenset(_known(groups()))


@cache
def _known(aliases: tuple[AliasGroup, ...]) -> Mapping[str, str]:
    values = configured(dict[str, tuple[str, ...]], _FILE)
    found: dict[str, str] = {}
    for kind in KINDS:
        found |= {re.sub(r"^the\s+", "", one.casefold()): kind for one in values.get(kind, ())}
    for group in aliases:
        if group.section == "places":
            continue
        kinds = {found[name.casefold()] for name in group.names if name.casefold() in found}
        if len(kinds) == 1:
            (kind,) = kinds
            found |= {name.casefold(): kind for name in group.names if name.casefold() not in found}
    return found
