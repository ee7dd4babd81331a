"""What became of a rule: made, changed, suspended, rescinded, each with its date and its source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.memo.translation import worded
from assistant.pictures.about import Material, content, plain
from assistant.pictures.dates import day_in_words
from assistant.pictures.picture import Cell, Kind, Picture, Point, documents_in_words
from assistant.pictures.timeline import mention_of
from index.keyword_index import stems

LEAST, MOST = 2, 8
# One rule by its name: of "the export rules" there are many, and each has a chain of its own.
_ONE_RULE = re.compile(
    r"\b(?P<name>(?:[\w-]+ ){0,3}[\w-]+) (?:rule|act|law|order|ban|bill|framework|regulation|"
    r"directive|decree|proclamation|moratorium)\b",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    stems("the a an is was were are what when how did does do of on new old final interim percent "
          "export ai chip us china american chinese federal executive which that this rule")
)  # fmt: skip
# The stages, the ones that end a rule first: "announced that it rescinds" rescinds.
_STAGES = tuple(
    (name, re.compile(words, re.IGNORECASE))
    for name, words in (
        ("Returns", r"\b(?:returns?|resum\w+|reinstat\w+|restor\w+|comes? back)\b|恢复"),
        ("Rescinded", r"\b(?:rescind\w*|rescission|revok\w+|revocation|repeal\w*|withdr[ae]w\w*|"
                      r"struck down|abolish\w*|scrapp?\w*)\b|废止|撤销"),
        ("Suspended", r"\b(?:suspend\w*|suspension|paus\w+|delay\w*|postpon\w+|stay(?:ed|s))\b|"
                      r"暂停|推迟"),
        ("Changed", r"\b(?:amend\w*|revis\w+|correct(?:s|ed)|extend(?:s|ed)|expand(?:s|ed)|"
                    r"replac\w+|tighten\w*|eas(?:es|ed)|narrow(?:s|ed))\b|修订|修改|扩大"),
        ("In force", r"\b(?:t(?:akes?|ook) effect|(?:came|comes?|entered|enters?) into (?:force|"
                     r"effect)|effective|in force|applies from|compliance date)\b|生效|实施"),
        ("Published", r"\b(?:publish\w*|posted)\b|公布|刊登"),
        ("Made", r"\b(?:issu\w+|adopt\w+|introduc\w+|sign(?:s|ed)|enact\w*|impos\w+|announc\w+|"
                 r"pass(?:es|ed)|propos\w+|chang(?:es|ed))\b|发布|颁布|宣布|出台"),
    )
)  # fmt: skip
_PLANNED = re.compile(r"\b(?:will|would|plans? to|intends? to|is to|are to|proposes? to)\s+$")
# These end or change the course of a rule; without one a chain tells less than a sentence.
_TURNS = frozenset({"Returns", "Rescinded", "Suspended", "Changed"})


def chain_picture(material: Material, found: Sequence[Point]) -> Picture | None:
    """Return the chain of the one rule that is asked about, of events on the question.

    None where no single rule is, and for a chain that takes no turn.
    """
    named = _ONE_RULE.search(material.question)
    asked = frozenset(material.topic.weights)
    own = (content(named["name"]) & asked) - _GENERIC if named else frozenset()
    if not own:
        return None
    links: dict[str, Point] = {}
    for one in found:
        stage = _stage_of(one.words, one.date)
        heading = f"{one.source.title} {one.words}"
        if stage and own <= content(heading):
            links.setdefault(f"{stage} {one.date}", replace(one, row=stage))
    kept = _overtaken_left_out(sorted(links.values(), key=lambda one: one.date))[:MOST]
    if len(kept) < LEAST or not _TURNS & {one.row for one in kept}:
        return None
    language = material.language
    title = worded(
        "{count} steps of the rule, from {documents}", language,
        count=len(kept), documents=documents_in_words(kept, language),
    )  # fmt: skip
    heads = tuple(worded(one, language) for one in ("Step", "Date", "In the words", "Source"))
    rows = tuple(
        (
            Cell(worded(one.row, language)),
            Cell(day_in_words(one.date, language)),
            Cell(plain(one.words), (one,)),
            Cell(one.named),
        )
        for one in kept
    )
    return Picture(Kind.CHAIN, title, tuple(kept), heads, rows, language=language)


def _overtaken_left_out(links: Sequence[Point]) -> list[Point]:
    """Return the steps without plans that a turn overtook: written before it, and dated after it.

    "The compliance date is 15 May" of a rule that was rescinded on the 13th never came.
    """
    kept: list[Point] = []
    turned = ""
    for one in links:
        if turned and one.row not in _TURNS and one.source.published < turned:
            continue
        kept.append(one)
        if one.row in ("Rescinded", "Suspended"):
            turned = one.date
    return kept


def _stage_of(text: str, day: str) -> str:
    """Return the step that a sentence dates: a turn that it reports, or the act nearest to the day.

    What somebody says will be done is announced, and not yet done.
    """
    for name, words in _STAGES:
        if name in _TURNS and (found := words.search(text)):
            return "Announced" if _PLANNED.search(text[: found.start()]) else name
    mention = mention_of(text, day)
    place = mention.start if mention else 0
    acts = [
        (abs(found.start() - place), name)
        for name, words in _STAGES
        if name not in _TURNS
        for found in words.finditer(text)
    ]
    return min(acts)[1] if acts else ""
