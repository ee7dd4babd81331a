"""Public sets of questions as examples: which, how many rows of each, and what they teach."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus.sentences import sentences
from training.examples import Example, folded, lines_of, window

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
_WORDS = 130
_RANDOM = 0.06
_APART = 40


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
                (apart if _is_apart(row["passage"]) else made).append(one)
    passages = [one for one in made if one.answers and one.located]
    for one in chance.sample(passages, int(_RANDOM * len(made))):
        other = chance.choice(passages)
        if other.sentences != one.sentences:
            made.append(Example(one.question, other.sentences, relevant=False, answers=False))
    chance.shuffle(made)
    return made[: most or len(made)], apart


def _is_apart(passage: str) -> bool:
    """Say whether rows with this passage are kept apart: one in forty, by its beginning."""
    import hashlib

    beginning = "".join(sign for sign in folded(passage)[:60] if sign.isalnum())
    return int(hashlib.sha256(beginning.encode()).hexdigest(), 16) % _APART == 0


def _example(row: Mapping[str, Any], name: str, chance: random.Random) -> Example | None:
    text = row["passage"].strip()
    said = list(_parts(text))
    if not said or not row["q"].strip():
        return None
    kind = name.partition("_")[0]
    if kind == "rel":
        chosen, _ = window(said, (), 10_000, chance)
        if len(" ".join(chosen).split()) > 220:
            return None
        relevant = bool(row["relevant"])
        one_sentence = name == "rel_qnli"
        answers = relevant if one_sentence else (None if relevant else False)
        gold = (0,) if one_sentence and relevant else ()
        if one_sentence and relevant:
            chosen = (" ".join(chosen),)
        return Example(
            row["q"], chosen, gold, relevant=relevant, answers=answers, located=answers is not None,
            source=name,
        )  # fmt: skip
    if kind == "yesno":
        if len(text.split()) > 200:
            return None
        sure = row.get("answerable", True)
        return Example(
            row["q"], tuple(said), relevant=True, answers=bool(sure), located=not sure, source=name
        )
    if not row["answerable"]:
        chosen, _ = window(said, (), _WORDS, chance) if chance.random() < 0.5 else (tuple(said), ())
        if len(" ".join(chosen).split()) > 220:
            chosen, _ = window(said, (), _WORDS, chance)
        on_topic = any(part in name or part in row["set"] for part in _ON_TOPIC)
        relevant_here = on_topic and "mined" not in name
        if any(part in name for part in _HOPS):
            relevant_here = False
        return Example(row["q"], chosen, relevant=relevant_here, answers=False, source=name)
    wanted = [folded(one) for one in row["answers"] if one.strip()]
    flat = [folded(one) for one in said]
    gold = tuple(place for place, one in enumerate(flat) if any(want in one for want in wanted))
    if not gold:
        # An answer over several sentences: those that lie within it.
        gold = tuple(place for place, one in enumerate(flat) if any(one in want for want in wanted))
    if not gold or len(gold) > 4:
        return None
    chosen, places = window(said, gold, _WORDS, chance)
    if len(" ".join(chosen).split()) > 260:
        return None
    deictic = "squadshifts_" in name and ("author" in row["q"] or "user" in row["q"].lower())
    return Example(
        row["q"], chosen, places, relevant=None if deictic else True, answers=True, source=name
    )


def _parts(text: str) -> Iterator[str]:
    """Yield the sentences of a passage, the rows of a table one by one."""
    for part in text.split("\n"):
        if " | " in part:
            yield part.strip()
        else:
            yield from (part[start:end] for start, end in sentences(part))
