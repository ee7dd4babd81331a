"""Questions that were once answered wrongly, each with what a right answer must and must not say.

A folder of cases holds `cases.jsonl` (case, file, command, expected) and the files that it names.
The files of a case are added to a library of their own, the question is asked as the command asks
it, after the turns that come before it, and the answer is held against `WANTED`.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answer import Answer, Question
from assistant.draft_check import against_library
from assistant.memo.request import Request
from assistant.memo.values import GAP, Memo
from assistant.memo.writing import write
from assistant.pipeline import ask
from assistant.planning.query_rewriting import Turn
from assistant.settings import Settings
from assistant.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer must come to; every part of it has to hold. All texts are patterns.

    `first` stands in the first sentence or in the row that it quotes, `says` in the answer or what
    it quotes, `text` in the sentences themselves; `lacks` stands in no sentence and names no part
    that was not found. `outcome` is one of those an answer may have. `or_told` is a notice that
    does in place of all that, `or_declined` says that declining does. `turns` are asked before.
    """

    question: str = ""
    first: str = ""
    says: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    outcome: str = ""
    or_told: str = ""
    or_declined: bool = False
    turns: tuple[str, ...] = ()


_TURNS = (
    "What did Corva Glass do in January 2026?",
    "And how many people does it employ?",
    "What about Brill & Son?",
    "Who is its director?",
    "Which of the two is bigger?",
    "Why?",
)
WANTED: Mapping[str, Wanted] = {
    "table-row-without-head": Wanted(first=r"\b8\b", says=("(?i)crew",), lacks=("Zelda [^5]",)),
    # That tables are not calculated may be said instead.
    "table-count": Wanted(says=("Faro 4|Dunia 11",), or_told="calculat"),
    "qa-today-limit": Wanted(first=r"\b500\b"),
    "qa-permit-today": Wanted(
        text=("Ardent Optics", "Brill & Son", "Delft Ray"),
        first="(?s)^(?!.*Three makers hold a permit)",
    ),
    "qa-negation": Wanted(first="does not limit the export of lenses for spectacles"),
    "qa-cheapest": Wanted(first="Corva Glass", says=("6,750",)),
    "qa-sum": Wanted(says=(r"4,190|2,100[\s\S]*640[\s\S]*1,450",)),
    "qa-compare-not-found": Wanted(
        text=("Ardent Optics", "Brill & Son"), lacks=("^Compare$",), outcome="answered"
    ),
    "qa-summarise-not-found": Wanted(
        says=("Customs officers found 58", "Corva Glass|4 May 2026"), lacks=("^Summarise$",)
    ),
    "qa-french-not-found": Wanted(lacks=("^Quelle$",)),
    "qa-catalogue": Wanted(
        says=("Lens limit raised",), or_told="briefing sources|library page|Lens limit raised"
    ),
    "qa-near-miss-name": Wanted(outcome="declined"),
    "qa-near-miss-year": Wanted(outcome="declined"),
    "qa-question-in-chinese": Wanted(first=r"\b500\b", or_declined=True),
    "qa-pronoun": Wanted(text=("Ardent Optics", "Corva Glass"), lacks=("^Its ",)),
    "qa-day": Wanted(first="12 January 2026|the same day"),
    "qa-followup-new-topic": Wanted(
        "No, I meant the lighthouse company", first="(?i)lighthouse", lacks=("Corva",), turns=_TURNS
    ),
    "qa-followup-its-director": Wanted(_TURNS[3], first="Emil Rask", turns=_TURNS[:3]),
    "qa-stop-words": Wanted(outcome="declined"),
}
# Sentences of a draft, with the verdict of the check.
CHECKED: Mapping[str, tuple[str, str]] = {
    "qa-check-retracted": ("The crate held 72 lenses.", "weak"),
    "qa-check-false-contradiction": ("Brill & Son did not comment.", "supported"),
}
# Topics of memos, with what no gap of them may name.
MEMOS: Mapping[str, tuple[str, str]] = {"qa-memo-figures-gap": ("Breakwater for Tarn", "figures")}


def failures(wanted: Wanted, answer: Answer) -> list[str]:
    """Return what of `wanted` does not hold, in words."""
    if answer.outcome == "declined" and (wanted.outcome == "declined" or wanted.or_declined):
        return []
    if wanted.or_told and re.search(wanted.or_told, answer.notice):
        return []
    wrong = (
        [f"the outcome is {answer.outcome}"] if wanted.outcome not in {"", answer.outcome} else []
    )
    quoted = {one.number: one.words for one in answer.citations}
    sentences = [one.text for one in answer.claims]
    first = " ".join(
        [*sentences[:1], *(quoted[number] for one in answer.claims[:1] for number in one.citations)]
    )
    said = "\n".join([*sentences, *quoted.values()])
    if wanted.first and not re.search(wanted.first, first):
        wrong.append(f"the first sentence is “{first}”")
    wrong += [f"it does not say “{one}”" for one in wanted.says if not re.search(one, said)]
    wrong += [
        f"no sentence has “{one}”"
        for one in wanted.text
        if not re.search(one, "\n".join(sentences))
    ]
    wrong += [
        f"it has “{one}”"
        for one in wanted.lacks
        if any(re.search(one, text) for text in (*sentences, *answer.not_found))
    ]
    return wrong


def case_results(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each case that is judged here, and what of it fails."""
    rows = [
        json.loads(row) for row in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    cases = [row for row in rows if row["case"] in {*WANTED, *CHECKED, *MEMOS}]
    for place in sorted({_added(row) for row in cases}):
        with tempfile.TemporaryDirectory() as home:
            settings = Settings.from_environment(home=Path(home), engine="extractive")
            with Workspace(settings) as workspace:
                added = folder / place
                list(workspace.add(sorted(added.iterdir()) if added.is_dir() else [added]))
                for row in cases:
                    if _added(row) == place:
                        yield row["case"], _failing(workspace, row)


def _added(row: Mapping[str, str]) -> str:
    """Return the file or folder that the command of a case adds."""
    added = re.match(r"briefing add ([^\s;]+)", row["command"])
    return (added[1] if added else row["file"]).rstrip("/")


def _failing(workspace: Workspace, row: Mapping[str, str]) -> list[str]:
    name = row["case"]
    if name in CHECKED:
        sentence, verdict = CHECKED[name]
        (checked,) = against_library(workspace, [sentence])
        return [] if checked.verdict == verdict else [f"the verdict is {checked.verdict}"]
    if name in MEMOS:
        topic, named = MEMOS[name]
        *_, memo = write(workspace, Request(topic))
        return [f"a gap says “{one}”" for one in _gaps(memo) if named in one]
    wanted = WANTED[name]
    asked = re.search(r'briefing ask "(.*)"', row["command"])
    question = wanted.question or (asked[1] if asked else "")
    return failures(wanted, _answer(workspace, question, wanted.turns))


def _gaps(memo: Memo) -> list[str]:
    return [line.claim.text for one in memo.sections for line in one.lines if line.role == GAP]


def _answer(workspace: Workspace, question: str, turns: Sequence[str]) -> Answer:
    history: tuple[Turn, ...] = ()
    for turn in turns:
        *_, answer = ask(workspace, Question(turn, history))
        history = (*history, Turn(turn, answer.spoken))
    *_, answer = ask(workspace, Question(question, history))
    return answer
