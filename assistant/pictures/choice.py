"""Which pictures an answer or a memo has: those that tell more than its sentences do."""

from __future__ import annotations

from assistant.answer import Answer
from assistant.memo.values import Memo
from assistant.pictures.about import Material, material_of_answer, material_of_citations
from assistant.pictures.picture import Picture
from assistant.pictures.ranges import range_picture
from assistant.pictures.rule_chain import chain_picture
from assistant.pictures.same_origin import origins_picture
from assistant.pictures.timeline import events_on, timeline_of_answer, timeline_of_memo
from assistant.pictures.who_says import who_says_picture
from assistant.workspace import Workspace
from corpus.vocabulary import with_aliases

# A timeline beside the chain of a rule must show so many events more.
_MORE_THAN_THE_CHAIN = 2


@with_aliases
def pictures_of_answer(workspace: Workspace, answer: Answer, language: str = "en") -> list[Picture]:
    """Return the pictures of an answer that tell more than its sentences; most answers have none.

    They are made from sentences of its evidence, quoted word for word, that are about its question,
    and of claims that its check supports.
    """
    if not _has_pictures(answer):
        return []
    material = material_of_answer(answer, language)
    said = who_says_picture(material, answer, workspace.checker)
    return [*_read_off(material), *([said] if said else [])]


def pictures_as_stored(answer: Answer, language: str = "en") -> list[Picture]:
    """Return the pictures of an answer that need no check anew, as its conversation is exported."""
    return _read_off(material_of_answer(answer, language)) if _has_pictures(answer) else []


def _has_pictures(answer: Answer) -> bool:
    return answer.outcome in ("answered", "partly") and bool(answer.evidence)


def _read_off(material: Material) -> list[Picture]:
    """Return the pictures that the sentences give by themselves."""
    events = events_on(material)
    chain = chain_picture(material, events)
    timed = timeline_of_answer(material, events)
    if chain and timed and len(timed.points) < len(chain.points) + _MORE_THAN_THE_CHAIN:
        timed = None
    found = [timed, range_picture(material), chain, origins_picture(material)]
    return [one for one in found if one is not None]


def pictures_of_memo(memo: Memo) -> list[Picture]:
    """Return the pictures of a complete memo: its events, the figures that it cites, its rule."""
    timed = timeline_of_memo(memo)
    material = material_of_citations(memo.topic, memo.citations, memo.language)
    found = [
        timed,
        range_picture(material),
        chain_picture(material, events_on(material)),
        origins_picture(material),
    ]
    return [one for one in found if one is not None]
