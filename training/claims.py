"""What the judge learns from: a sentence, evidence, and whether the evidence bears it out."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from corpus.document import Passage
from corpus.library import Library
from corpus.sentences import sentences
from index.pair_encoding import pair_of
from index.query import STOP_WORDS
from training.examples import lines_of
from training.falsified import falsified
from training.split import file_of, is_apart, is_text_apart
from training.verdicts import CONTRADICTED, NOT_STATED, SUPPORTED, Claim

_LABELS = {"supported": SUPPORTED, "refuted": CONTRADICTED, "unknown": NOT_STATED}

# Rows of each set in one epoch, and how often each is seen. Where they come from and their
# licences: docs/models.md.
MIX: Mapping[str, tuple[int, int]] = {
    "claims_fever_symmetric": (1400, 3),
    "claims_fm2": (2600, 2),
    "claims_fever_dev": (12000, 1),
    "claims_feverous_dev": (3000, 1),
    "claims_wice_claim": (2100, 2),
    "claims_attributionbench_dev": (1200, 3),
    "claims_attributionbench_ood": (1600, 2),
    "claims_summedits": (4300, 1),
    "claims_mnli": (12800, 1),
    "claims_snli_counterfactual": (6000, 1),
    "claims_snli_devtest": (3000, 1),
    "claims_negation_nli": (3000, 1),
    "claims_breaking_nli": (1500, 1),
    "claims_conjnli": (2000, 1),
    "claims_scitail_test": (2200, 1),
    "claims_infotabs": (5000, 1),
    "claims_tabfact": (1000, 1),
    "claims_begin": (2000, 1),
    "claims_contractnli": (1000, 1),
    "claims_bump": (620, 1),
    "claims_expertqa": (900, 1),
}
# Sets in which one label is far more frequent than the others: some of it is left out.
_EVEN = ("claims_breaking_nli", "claims_begin", "claims_conjnli", "claims_summedits")
# Sets without "unknown": every third claim is put beside other evidence that shares its words.
_WITHOUT_UNKNOWN = (
    "claims_fever_dev",
    "claims_fever_symmetric",
    "claims_fm2",
    "claims_feverous_dev",
)
_BESIDE = 3
# Words of evidence that are kept: what the judge reads of a passage, and for most rows of the
# public sets the few sentences that a check puts before it first: they are learnt from faster.
_MOST_WORDS, _FEW_WORDS = 190, 70
_FEW = 0.7
# Of those kept apart: one for so many rows.
_MOST_APART = 40
_WORD = re.compile(r"[^\W_]+")
# A word in more texts than this tells none of them.
_COMMON = 100


def public_claims(folder: Path, *, seed: int, most: int = 0) -> tuple[list[Claim], list[Claim]]:
    """Return the claims of an epoch and some that are kept apart, by evidence, never by row.

    `most` bounds the first (0: all). Raises FileNotFoundError for a set that is not there.
    """
    chance = random.Random(seed)
    made: list[Claim] = []
    apart: list[Claim] = []
    for name, (count, times) in MIX.items():
        rows = [
            Claim(row["claim"], row["evidence"], _LABELS[row["label"]], source=name)
            for row in lines_of(folder / f"{name}.jsonl.gz")
        ]
        chance.shuffle(rows)
        if name in _EVEN:
            rows = _evened(rows)
        apart += [one for one in rows if is_text_apart(one.evidence)][: count // _MOST_APART]
        rows = [one for one in rows if not is_text_apart(one.evidence)][:count]
        if name in _WITHOUT_UNKNOWN:
            rows += _beside(rows, chance)
        made += rows * times
    chance.shuffle(made)
    made = made[: most or len(made)]
    few = [_FEW_WORDS if chance.random() < _FEW else _MOST_WORDS for _ in made]
    return (
        [shortened(one, most) for one, most in zip(made, few, strict=True)],
        [shortened(one) for one in apart],
    )


def _evened(rows: Sequence[Claim]) -> list[Claim]:
    """Return rows of which no label has more than twice as many as the second rarest."""
    counts = sorted(Counter(one.label for one in rows).values())
    most = 2 * counts[-2]
    seen: Counter[int] = Counter()
    kept = []
    for one in rows:
        seen[one.label] += 1
        if seen[one.label] <= most:
            kept.append(one)
    return kept


def _beside(rows: Sequence[Claim], chance: random.Random) -> list[Claim]:
    """Return some claims with evidence of another one that shares most of their rare words."""
    texts = list(dict.fromkeys(one.evidence for one in rows))
    held = [_content(one) for one in texts]
    having: dict[str, list[int]] = defaultdict(list)
    for place, words in enumerate(held):
        for word in words:
            having[word].append(place)
    made = []
    for one in chance.sample(list(rows), len(rows) // _BESIDE):
        shared: Counter[int] = Counter()
        for word in _content(one.text):
            if len(having[word]) <= _COMMON:
                shared.update(having[word])
        own = _content(one.evidence)
        for place, _ in shared.most_common(5):
            # Not the same article told again: that may bear the claim out.
            if len(own & held[place]) < 0.5 * min(len(own), len(held[place])):
                made.append(replace(one, evidence=texts[place], label=NOT_STATED))
                break
    return made


def _content(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS}


def shortened(one: Claim, most: int = _MOST_WORDS) -> Claim:
    """Return a claim with evidence of at most so many words: the sentences nearest to it."""
    if len(one.evidence.split()) <= most:
        return one
    spans = list(_parts(one.evidence))
    wanted = _content(one.text)
    order = sorted(range(len(spans)), key=lambda place: -len(wanted & _content(spans[place])))
    kept: set[int] = set()
    total = 0
    for place in order:
        words = len(spans[place].split())
        if total + words > most and kept:
            continue
        kept.add(place)
        total += words
    return replace(one, evidence=" ".join(spans[place] for place in sorted(kept)))


def _parts(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        for start, end in sentences(line):
            yield line[start:end]


# Of our own claims: how often one is put beside the whole passage that its evidence stands in, and
# with which kinds of those that are not stated that changes nothing.
_WIDER = 0.5
_STAY_UNSTATED = ("extra_detail", "cause_invented", "motive_invented", "prediction", "generalised")
# Sentences of the libraries that are made false.
_SENTENCES = 6000


def own_claims(
    path: Path, libraries: Sequence[Path], sets: Path, *, seed: int
) -> tuple[list[Claim], list[Claim]]:
    """Return the claims that we wrote, to train on and kept apart.

    `path` is a file of claims with the spans of their evidence in documents of the libraries, or in
    a row of a public set in the folder `sets`, named as "qa_selqa#12". To these come sentences of
    the libraries that are made false. Apart are those over documents that are (`training.split`).
    Raises KeyError for a document that no library holds, FileNotFoundError for a set that is not
    there.
    """
    chance = random.Random(seed)
    data = json.loads(gzip.decompress(path.read_bytes()))
    made: list[Claim] = []
    apart: list[Claim] = []
    texts: dict[str, str] = {}
    passages: dict[str, list[tuple[str, Passage]]] = {}
    for home in libraries:
        with closing(Library(home)) as library:
            for entry in library.entries():
                name = file_of(entry.source.location)
                texts[name] = library.document(entry.id).text
                passages[name] = [
                    (entry.source.title, one) for one in library.passages_of(entry.id)
                ]
    texts |= _texts_of(sets, [name for name in data["files"] if "#" in name])
    for row in data["claims"]:
        name = data["files"][row["file"]]
        claim = _own(row, texts[name], passages.get(name, ()), chance)
        (apart if is_apart(name) else made).append(claim)
    named = [
        (name, title, one)
        for name in sorted(passages)
        for title, one in passages[name]
        if not is_apart(name) and not one.rows
    ]
    for _, title, one in chance.sample(named, min(_SENTENCES, len(named))):
        pair = pair_of("", title, one)
        whole = [said for said in pair.sentences if said.rstrip().endswith(".")]
        if len(whole) > 1:
            made += falsified(chance.choice(whole), pair.sentences, pair.context, chance)
    return [shortened(one) for one in made], [shortened(one) for one in apart]


def _texts_of(sets: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the text of rows of public sets, by their names."""
    rows = {
        name: list(lines_of(sets / f"{name}.jsonl.gz"))
        for name in sorted({one.partition("#")[0] for one in names})
    }
    found = {}
    for one in names:
        name, _, number = one.partition("#")
        row = rows[name][int(number)]
        found[one] = row["passage"] if "passage" in row else row["evidence"]
    return found


def _own(
    row: Mapping[str, object],
    text: str,
    passages: Sequence[tuple[str, Passage]],
    chance: random.Random,
) -> Claim:
    start, end = int(str(row["start"])), int(str(row["end"]))
    label = int(str(row["label"]))
    title = passages[0][0] if passages else ""
    claim = Claim(str(row["claim"]), text[start:end], label, title, f"own {row['kind']}")
    around = [one for _, one in passages if one.start <= start and end <= one.end]
    if (
        around
        and chance.random() < _WIDER
        and (label != NOT_STATED or row["kind"] in _STAY_UNSTATED)
    ):
        pair = pair_of("", title, around[0])
        return replace(claim, evidence=" ".join(pair.sentences), context=pair.context)
    return claim


def written_claims(path: Path) -> tuple[list[Claim], list[Claim]]:
    """Return claims about passages written for them, to train on and kept apart by passage."""
    made: list[Claim] = []
    apart: list[Claim] = []
    for row in lines_of(path):
        text = row["passage"]
        claims = [
            Claim(one["claim"], text, one["label"], row["title"], f"own {one['kind']}")
            for one in row["claims"]
        ]
        (apart if is_text_apart(text) else made).extend(claims)
    return made, apart
