"""Public sets of questions as examples: which, how many rows of each, and what they teach."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.sentences import sentences
from training.examples import Example, folded, lines_of, window
from training.split import is_text_apart

# Rows of each set in one epoch. Where they come from and their licences: docs/models.md.
MIX: Mapping[str, int] = {
    "qa_squad1_dutest": 4000,
    "qa_squad1_extra": 2000,
    "qa_squad1val_cs224n": 1000,
    "qa_xquad_en": 800,
    "qa_squadshifts_new_wiki": 4000,
    "qa_squadshifts_reddit": 600,
    "qa_squadshifts_amazon": 400,
    "qa_nq_oracle": 2600,
    "qa_qasper": 3800,
    "qa_qasper_mined": 1200,
    "qa_addsent": 2000,
    "qa_selqa": 2300,
    "qa_tatqa": 1800,
    "qa_quoref": 600,
    "qa_covidqa": 1000,
    "qa_quotesum_dev": 270,
    "qa_musique_hops": 1400,
    "qa_hotpot100": 700,
    "qa_hotpot300": 1400,
    "qa_hotpot_amor": 1800,
    "qa_squad2dev_cs224n": 6000,
    "qa_squad2_unansq": 5600,
    "qa_squad2_unansq_dutest": 1300,
    "qa_mined_nearmiss": 4000,
    "rel_hotpot500": 2000,
    "rel_hotpot300": 1000,
    "rel_hotpot_amor": 1000,
    "rel_qnli": 2500,
    "yesno_mix": 2500,
    "yesno_qasper": 390,
}
# Questions whose negatives are about the very thing asked: on topic, without the answer.
_ON_TOPIC = ("squad2", "unansq", "qasper", "condaqa")
_HOPS = ("hotpot", "musique")
# Words that a passage is cut to, and has at most; sentences that may be right at most.
_WORDS, _MOST, _MOST_GOLD = 130, 230, 4
_RANDOM = 0.06


def public_examples(
    folder: Path, *, seed: int, most: int = 0
) -> tuple[list[Example], list[Example]]:
    """Return the examples of an epoch and some that are kept apart, by passage, never by row.

    `most` bounds the first (0: all). Raises FileNotFoundError for a set that is not there.
    """
    chance = random.Random(seed)
    made: list[Example] = []
    apart: list[Example] = []
    for name, count in MIX.items():
        rows = list(lines_of(folder / f"{name}.jsonl.gz"))
        chance.shuffle(rows)
        for row in rows[:count]:
            one = _example(row, name, chance)
            if one is not None:
                (apart if is_text_apart(row["passage"]) else made).append(one)
    passages = [one for one in made if one.answers and one.located]
    for one in chance.sample(passages, int(_RANDOM * len(made))):
        other = chance.choice(passages)
        if other.sentences != one.sentences:
            made.append(Example(one.question, other.sentences, relevant=False, answers=False))
    chance.shuffle(made)
    return made[: most or len(made)], apart


def _example(row: Mapping[str, Any], name: str, chance: random.Random) -> Example | None:
    """Return the example of a row, None where it teaches nothing."""
    said = list(_parts(row["passage"].strip()))
    if not said or not row["q"].strip():
        return None
    kind = name.partition("_")[0]
    if kind == "rel":
        return _relevance(row, said, name)
    if kind == "yesno":
        return _yes_or_no(row, said, name)
    if not row["answerable"]:
        return _without_answer(row, said, name, chance)
    return _with_answer(row, said, name, chance)


def _relevance(row: Mapping[str, Any], said: list[str], name: str) -> Example | None:
    """Return an example of relevance: a hop of two helps and need not answer; a sentence does."""
    relevant = bool(row["relevant"])
    if _words(said) > _MOST:
        return None
    if name == "rel_qnli":
        gold = (0,) if relevant else ()
        return Example(
            row["q"], (" ".join(said),), gold, relevant=relevant, answers=relevant, source=name
        )
    answers = None if relevant else False
    return Example(
        row["q"], tuple(said), relevant=relevant, answers=answers, located=not relevant, source=name
    )


def _yes_or_no(row: Mapping[str, Any], said: list[str], name: str) -> Example | None:
    """Return an example of which it is not known which sentence answers."""
    sure = bool(row.get("answerable", True))
    if _words(said) > _MOST:
        return None
    return Example(
        row["q"], tuple(said), relevant=True, answers=sure, located=not sure, source=name
    )


def _without_answer(
    row: Mapping[str, Any], said: list[str], name: str, chance: random.Random
) -> Example:
    """Return an example that is on the topic where people wrote the question over it."""
    chosen = tuple(said)
    if chance.random() < 0.5 or _words(said) > _MOST:
        chosen, _ = window(said, (), _WORDS, chance)
    on_topic = any(part in name or part in row["set"] for part in _ON_TOPIC)
    relevant = on_topic and "mined" not in name and not any(part in name for part in _HOPS)
    return Example(row["q"], chosen, relevant=relevant, answers=False, source=name)


def _with_answer(
    row: Mapping[str, Any], said: list[str], name: str, chance: random.Random
) -> Example | None:
    """Return an example whose right sentences hold the answer, or lie within a long one."""
    wanted = [folded(one) for one in row["answers"] if one.strip()]
    flat = [folded(one) for one in said]
    gold = tuple(place for place, one in enumerate(flat) if any(want in one for want in wanted))
    if not gold:
        gold = tuple(place for place, one in enumerate(flat) if any(one in want for want in wanted))
    if not gold or len(gold) > _MOST_GOLD:
        return None
    chosen, places = window(said, gold, _WORDS, chance)
    if _words(chosen) > _MOST:
        return None
    # "What does the author think?" makes sense over its own passage only.
    deictic = "squadshifts_" in name and ("author" in row["q"] or "user" in row["q"].lower())
    return Example(
        row["q"], chosen, places, relevant=None if deictic else True, answers=True, source=name
    )


def _words(said: Sequence[str]) -> int:
    return sum(len(one.split()) for one in said)


def _parts(text: str) -> Iterator[str]:
    """Yield the sentences of a passage, the rows of a table one by one."""
    for part in text.split("\n"):
        if " | " in part:
            yield part.strip()
        else:
            yield from (part[start:end] for start, end in sentences(part))
