"""Which kind of statement an organisation makes: by a list, by its other names, by its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from assistant.memo.values import COMPANY, INDEPENDENT, KINDS, OFFICIAL, PRESS
from corpus.validation import configured
from corpus.vocabulary import AliasGroup, groups

_FILE = Path(__file__).parent / "organisations.toml"
# What an organisation that is not listed calls itself.
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
    """Return the names that the list or an alias of it holds, in lower case."""
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
