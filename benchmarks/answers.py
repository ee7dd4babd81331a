"""Measure answers over question files: what is found, said first, declined, and how long it takes.

    python -m benchmarks.answers [--home LIBRARY --questions FILE … --fit FILE [--apart]] …
                                 [--cases FOLDER] [--json OUT] [--against EARLIER.json]

LIBRARY is a data folder; the files after it are asked over it, and there may be several libraries,
each with its files. Without any, our own questions (tests/questions.jsonl) and those that newcomers
ask first (tests/newcomers.jsonl) are asked over the starter library. A file of `--fit` names the
sentences that answer ("evidence"); with `--apart` only those of its questions are asked whose
document is kept apart from training (`training.split`; a question without an answer belongs to the
document that tempts). Of questions marked "article_trained" the others make a set of their own.
CASES is a folder of questions once answered wrongly (`benchmarks.answer_cases`).

One table comes out, a column a set; with `--against` the earlier figure stands in brackets.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation import EvaluationQuestion, Scored, evaluate, metrics, questions_from
from assistant.starter import add_starter
from assistant.workspace import Workspace
from benchmarks.answer_cases import case_results
from benchmarks.retrieval import OWN, opened
from training.examples import lines_of, without_bars
from training.measures import area
from training.split import file_of, is_apart

NEWCOMERS = OWN.with_name("newcomers.jsonl")
Row = Mapping[str, float | None]
# What is printed: the name in a row of figures, in words, and how it is written.
MEASURES = (
    ("questions", "questions", "d"),
    ("hit_1", "first passage right", ".3f"),
    ("hit_5", "right one among five", ".3f"),
    ("hit_10", "right one among ten", ".3f"),
    ("mrr", "mean reciprocal rank at 10", ".3f"),
    ("answered", "answered, of the answerable", ".3f"),
    ("answered_right", "answered with the wanted words", ".3f"),
    ("first", "first sentence right", ".3f"),
    ("first_3", "right one among three sentences", ".3f"),
    ("fact_words", "words of an answer to a fact question", ".0f"),
    ("declined", "declined, of the unanswerable", ".3f"),
    ("declined_wrongly", "declined wrongly, of the answerable", ".3f"),
    ("nearest", "nearest sentences shown, of the declined", ".3f"),
    ("auc", "area under the curve of the number", ".3f"),
    ("seconds_median", "seconds, median", ".2f"),
    ("seconds_p95", "seconds, 95th percentile", ".2f"),
    ("cases_right", "cases right", ".3f"),
)
_NAME, _COLUMN = 42, 16


@dataclass(frozen=True, slots=True)
class Asking:
    """A file of questions to be asked over a library; `fit` says that it names evidence."""

    home: Path
    file: Path
    fit: bool = False


class _OfLastHome(argparse.Action):
    """Keeps the files of an option with the library named before them."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        if not namespace.home:
            parser.error(f"{option} needs a library before it: --home LIBRARY {option} …")
        made = [Asking(namespace.home[-1], file, self.dest == "fit") for file in values]
        namespace.askings = [*namespace.askings, *made]


def row_of(scored: Sequence[Scored]) -> Row:
    """Return the figures of scored questions and the area under the curve of their numbers.

    A measure over none of them, where no answer carries a number for one, is None.
    """
    row: dict[str, float | None] = asdict(metrics(scored))
    told = [(one.number, not one.asked.abstain) for one in scored if one.number is not None]
    auc = area(told) if told else math.nan
    row["auc"] = None if math.isnan(auc) else auc
    if not any(one.asked.abstain for one in scored):
        row["declined"] = None
    if not row["fact_words"]:
        row["fact_words"] = None
    return row


def apart(workspace: Workspace, asked: Sequence[EvaluationQuestion]) -> list[EvaluationQuestion]:
    """Return the questions of which a document is kept apart from training."""
    texts = {
        file_of(one.source.location): without_bars(workspace.library.document(one.id).text)
        for one in workspace.library.entries()
    }
    kept = []
    for one in asked:
        near = without_bars(one.near)
        tempting = [place for place, text in texts.items() if near and near in text]
        if any(is_apart(file) for file in one.files or tempting):
            kept.append(one)
    return kept


def untrained(file: Path) -> set[str]:
    """Return the ids of a file's answerable questions of which no article was trained on."""
    rows = lines_of(file)
    return {str(row.get("id")) for row in rows if row.get("article_trained") is False}


def sets_of(
    workspace: Workspace, asking: Asking, *, only_apart: bool
) -> Iterator[tuple[str, list[Scored]]]:
    """Yield each set that a file makes, by its name, with what became of its questions."""
    asked, name = questions_from(asking.file), asking.file.stem
    if asking.fit and only_apart:
        asked, name = apart(workspace, asked), f"{name}, apart"
    scored = list(evaluate(workspace, asked))
    yield name, scored
    if clean := untrained(asking.file):
        yield f"{name}, new", [one for one in scored if one.asked.id in clean]


def table(sets: Mapping[str, Row], earlier: Mapping[str, Row]) -> Iterator[str]:
    """Yield the lines of the table: a row a measure, a column a set, the earlier in brackets."""
    yield " " * _NAME + "".join(f"{name[: _COLUMN - 1]:>{_COLUMN}}" for name in sets)
    for key, words, form in MEASURES:
        if all(row.get(key) is None for row in sets.values()):
            continue
        cells = []
        for name, row in sets.items():
            before = earlier.get(name, {}).get(key)
            note = f" ({_written(before, form)})" if before is not None else ""
            cells.append(f"{_written(row.get(key), form) + note:>{_COLUMN}}")
        yield f"{words:<{_NAME}}" + "".join(cells)


def _written(value: float | None, form: str) -> str:
    if value is None:
        return "–"
    return format(int(value) if form == "d" else value, form)


def _kept(one: Scored) -> dict[str, Any]:
    """Return what became of a question as it is kept beside the figures."""
    values = asdict(one)
    return {"id": one.asked.id, "q": one.asked.text, **{
        name: value for name, value in values.items() if name != "asked"
    }}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, action="append", default=[])
    parser.add_argument("--questions", type=Path, nargs="+", action=_OfLastHome)
    parser.add_argument("--fit", type=Path, nargs="+", action=_OfLastHome)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path)
    parser.set_defaults(askings=[])
    given = parser.parse_args()
    sets: dict[str, Row] = {}
    each: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as starter:
        own = [] if given.cases else [Asking(Path(starter), file) for file in (OWN, NEWCOMERS)]
        askings: list[Asking] = given.askings or own
        for home in dict.fromkeys(one.home for one in askings):
            with opened(home) as workspace:
                if not workspace.library.entries():
                    list(add_starter(workspace))
                # Models load before anything is timed.
                workspace.retriever.search("What is said?", limit=1)
                for asking in (one for one in askings if one.home == home):
                    for name, scored in sets_of(workspace, asking, only_apart=given.apart):
                        sets[name] = row_of(scored)
                        each[name] = [_kept(one) for one in scored]
    if given.cases:
        results = dict(case_results(given.cases))
        right = sum(not wrong for wrong in results.values())
        sets["cases"] = {"questions": len(results), "cases_right": right / max(1, len(results))}
        each["cases"] = results
        for name, wrong in sorted(results.items()):
            print(f"{'NO ' if wrong else 'ok '}  {name:30} {'; '.join(wrong)}")
    earlier = json.loads(given.against.read_text(encoding="utf-8"))["sets"] if given.against else {}
    print("\n".join(table(sets, earlier)))
    if given.json:
        kept = json.dumps({"sets": sets, "each": each}, ensure_ascii=False, indent=1)
        given.json.write_text(kept, encoding="utf-8")


if __name__ == "__main__":
    main()
