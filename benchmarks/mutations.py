"""How many small falsehoods the check of a claim catches, over sentences of the starter library.

    python -m benchmarks.mutations [--claims 2000] [--embedder hash]

True claims with the passages they stand in: every sentence as it is, then reworded without changing
what it says (dates, shares and sums written otherwise), then two neighbours joined. One number,
unit, date, name, negation or quoted word of each is changed. "caught" is the share of changed
claims that are not "supported"; the last row is the share of unchanged claims that are marked
"unsupported". The second table is of paraphrases written by hand (tests/paraphrases.jsonl).
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from assistant.checking.checker import Checker, Cited
from assistant.checking.entailment import judge_named
from assistant.checking.source_changes import quotations
from assistant.entity_names import NameLookup, names
from corpus.date_mentions import date_mentions
from corpus.document import Document, Passage
from corpus.quantities import quantities
from corpus.readers import read
from corpus.sentences import sentences
from corpus.splitting import split

KINDS = ("number", "unit", "date", "name", "negation", "quotation")
_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_UNITS = (
    ("million", "billion"), ("billion", "million"), ("trillion", "billion"), ("percent", "dollars"),
    ("days", "months"), ("months", "years"), ("years", "months"), ("weeks", "years"),
    ("hours", "days"), ("dollars", "yuan"), ("yuan", "dollars"), ("$", "€"), ("€", "$"),
    ("GB", "TB"), ("TB", "GB"), ("euros", "dollars"), ("won", "yuan"), ("%", "million"),
)  # fmt: skip
_NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|should|did|does|do)\b"
    r"(?! not)(?=\s+[a-z])"
)
_NOT = re.compile(r"\b(?:no longer|not|never) ")


@dataclass(frozen=True, slots=True)
class TrueClaim:
    """A sentence of the library and the passage that it stands in."""

    text: str
    passage: Passage
    document: Document


def true_claims(folder: Path, count: int, seed: int = 1) -> list[TrueClaim]:
    """Return `count` true claims over the articles in `folder`, in random order."""
    plain, joined = [], []
    for file in sorted(folder.glob("**/*.md")):
        document = read(file)
        for passage in split(document, _tokens):
            spans = [one for one in sentences(passage.text) if passage.text[one[1] - 1] == "."]
            for start, end in spans:
                if len(passage.text[start:end].split()) >= 6:
                    plain.append(TrueClaim(passage.text[start:end], passage, document))
            for (start, middle), (after, end) in pairwise(spans):
                text = f"{passage.text[start : middle - 1]}; {passage.text[after:end]}"
                joined.append(TrueClaim(text, passage, document))
    other = [replace(one, text=text) for one in plain if (text := reworded(one.text)) != one.text]
    chance = random.Random(seed)
    chance.shuffle(joined)
    found = [*plain, *other, *joined][:count]
    chance.shuffle(found)
    return found


def reworded(text: str) -> str:
    """Return a sentence with its dates, shares and sums written in another way."""
    text = re.sub(rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}})\b", r"\2 \1, \3", text)
    text = re.sub(r"(\d) ?%", r"\1 percent", text)
    text = re.sub(r"\$([\d.,]*\d) (million|billion)", r"\1 \2 dollars", text)
    return text.replace("United States", "US").replace(
        "BIS ", "the Bureau of Industry and Security "
    )


def _tokens(texts: Sequence[str]) -> list[int]:
    """Count tokens as near as it takes to cut passages of the usual size."""
    return [len(text) // 4 for text in texts]


def mutations(claim: TrueClaim, pool: Sequence[str], chance: random.Random) -> Iterator[
    tuple[str, str]
]:  # fmt: skip
    """Yield (kind, changed sentence) for every kind that the sentence allows."""
    text = claim.text
    dated = date_mentions(text)
    used = [(one.start, one.end) for one in dated]
    numbers = quantities(text, used)
    called = names(text, used + [(one.start, one.end) for one in numbers])
    numbers = [one for one in numbers if one.unit != "times" or one.text[0].isdigit()]
    if numbers:
        one = chance.choice(numbers)
        if changed := _other_number(one.text, chance):
            yield "number", text[: one.start] + changed + text[one.end :]
    if numbers and (found := _other_unit(text, [(one.start, one.end) for one in numbers])):
        yield "unit", found
    if dated:
        date = chance.choice(dated)
        if changed := _other_date(date.text, chance):
            yield "date", text[: date.start] + changed + text[date.end :]
    if called:
        name = chance.choice(called)
        own = NameLookup(text)
        other = next(one for one in chance.sample(pool, len(pool)) if not own.holds(one))
        yield "name", text[: name.start] + other + text[name.end :]
    if refused := _NOT.search(text):
        yield "negation", text[: refused.start()] + text[refused.end() :]
    elif places := list(_AUXILIARY.finditer(text)):
        place = chance.choice(places)
        yield "negation", f"{text[: place.end()]} not{text[place.end() :]}"
    quoted = [word for one in quotations(text) for word in re.findall(r"[a-z]{4,}", one)]
    if quoted:
        word = chance.choice(quoted)
        inside = text.index(word, text.index(next(one for one in quotations(text) if word in one)))
        other = chance.choice([one for one in ("bridge", "harvest", "window") if one != word])
        yield "quotation", text[:inside] + other + text[inside + len(word) :]


def _other_number(text: str, chance: random.Random) -> str:
    figure = re.search(r"\d(?:[\d,]*\d)?(?:\.\d+)?", text)
    if figure:
        digits = figure[0]
        place = chance.choice([at for at, sign in enumerate(digits) if sign.isdigit()])
        others = [one for one in "123456789" if one != digits[place]]
        changed = digits[:place] + chance.choice(others) + digits[place + 1 :]
        return text[: figure.start()] + changed + text[figure.end() :]
    words = [word for word in re.findall(r"[a-z]+", text.lower()) if word in _NUMBER_WORDS]
    if not words:
        return ""
    other = chance.choice([one for one in _NUMBER_WORDS if one != words[0]])
    return re.sub(words[0], other, text, count=1, flags=re.IGNORECASE)


def _other_unit(text: str, places: Sequence[tuple[int, int]]) -> str:
    for start, end in places:
        for unit, other in _UNITS:
            if unit in text[start:end]:
                return text[:start] + text[start:end].replace(unit, other, 1) + text[end:]
    return ""


def _other_date(text: str, chance: random.Random) -> str:
    parts = re.findall(r"\d+|[A-Za-z]+", text)
    part = chance.choice(parts)
    if part in _MONTHS:
        return text.replace(part, chance.choice([one for one in _MONTHS if one != part]), 1)
    if not part.isdigit():
        return ""
    if len(part) == 4:
        other = str(int(part) + chance.choice([-3, -2, -1, 1, 2, 3]))
    else:
        other = str(chance.choice([one for one in range(1, 29) if one != int(part)]))
    return text.replace(part, other, 1)


def name_pool(claims: Sequence[TrueClaim]) -> list[str]:
    """Return the names of all claims, each once, in alphabetical order."""
    return sorted({one.text for claim in claims for one in names(claim.text)})


def cited(claim: TrueClaim) -> list[Cited]:
    """Return what a claim cites, as an answer would hand it to the check."""
    source = claim.document.source
    context = f"{source.title}. {claim.passage.heading}. {source.publisher}, {source.published}"
    return [Cited(claim.passage.text, context)]


def measured(checker: Checker, claims: Sequence[TrueClaim], seed: int = 1) -> dict[str, list[str]]:
    """Return the verdicts by kind of change; "unchanged" for the claims as they were."""
    chance = random.Random(seed)
    pool = name_pool(claims)
    verdicts: dict[str, list[str]] = {kind: [] for kind in ("unchanged", *KINDS)}
    for claim in claims:
        verdicts["unchanged"].append(checker.check(claim.text, cited(claim)).verdict)
        for kind, text in mutations(claim, pool, chance):
            verdicts[kind].append(checker.check(text, cited(claim)).verdict)
    return verdicts


def main() -> None:
    """Print the table."""
    from index.embedders import question_embedder

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=2000)
    options.add_argument("--embedder", default="all-MiniLM-L6-v2")
    options.add_argument("--show", action="store_true", help="print changed claims that passed")
    chosen = options.parse_args()
    folder = Path(__file__).parent.parent / "corpus" / "starter" / "articles"
    claims = true_claims(folder, chosen.claims)
    cache = Path.home() / ".cache" / "briefing-bench"
    embedder = question_embedder(chosen.embedder, cache=cache)
    checker = Checker(embedder, judge_named("", cache=cache))
    verdicts = measured(checker, claims)
    print(f"{len(claims)} true claims of the starter library")
    print(f"{'changed':<12}{'claims':>7}{'caught':>8}")
    for kind in KINDS:
        caught = [one != "supported" for one in verdicts[kind]]
        print(f"{kind:<12}{len(caught):>7}{sum(caught) / max(1, len(caught)):>8.3f}")
    wrong = [one == "unsupported" for one in verdicts["unchanged"]]
    print(f"{'nothing':<12}{len(wrong):>7}{sum(wrong) / len(wrong):>8.3f} marked unsupported")
    _paraphrases(checker)
    if chosen.show:
        _show(checker, claims)


def paraphrases() -> list[tuple[str, list[Cited], bool]]:
    """Return (claim, what it cites, whether it is true) for each row written by hand."""
    file = Path(__file__).parent.parent / "tests" / "paraphrases.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        (row["claim"], [Cited(row["passage"], row["article"].replace("-", " "))], row["true"])
        for row in rows
    ]


def _paraphrases(checker: Checker) -> None:
    rows = paraphrases()
    print(f"\n{'by hand':<12}{'claims':>7}{'supported':>11}{'weak':>7}{'unsupported':>13}")
    for name, true in (("true", True), ("false", False)):
        found = [checker.check(text, cited).verdict for text, cited, one in rows if one is true]
        shares = [found.count(one) / len(found) for one in ("supported", "weak", "unsupported")]
        print(f"{name:<12}{len(found):>7}{shares[0]:>11.3f}{shares[1]:>7.3f}{shares[2]:>13.3f}")


def _show(checker: Checker, claims: Sequence[TrueClaim]) -> None:
    chance = random.Random(1)
    pool = name_pool(claims)
    for claim in claims:
        for kind, text in mutations(claim, pool, chance):
            if checker.check(text, cited(claim)).verdict == "supported":
                print(f"\n{kind}: {text}\n  was: {claim.text}\n  in: {claim.passage.text[:300]}")


if __name__ == "__main__":
    main()
