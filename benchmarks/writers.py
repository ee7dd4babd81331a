"""What writers make of forty questions, beside quoting: right, wrong, not found, invented, cited.

    python -m benchmarks.writers LIBRARY QUESTIONS [--near FILE] --engine NAME [--engine NAME …]
                                 [--plain] [--json OUT]

28 questions that the library answers are taken from QUESTIONS, the first ones there, and 12 that it
does not answer, from there and from `--near` (in the form of `benchmarks.answers --fit`). Each
engine answers all of them, then quoting does. With `--plain` a model is asked as it was before it
was helped: no form is enforced, it gets all passages that fit, nothing is written again and nothing
quoted in its place.

"right": a sentence of the answer, or what it cites, holds the wanted words; "not found": declined
although a right passage was among the evidence; "invented": an answer where the library has none;
"failed": the engine was, and the library was quoted; "quoted": of all these, the model found no
answer in what it was shown, and the library was quoted. "cited" and "held" are shares of the
sentences that a model wrote: with a citation of the model's own, and supported by the check.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from assistant.answer import Answer, Question
from assistant.engine_selection import engine_named
from assistant.evaluation import EvaluationQuestion, is_right_passage, questions_from, scored
from assistant.extractive_engine import ExtractiveEngine
from assistant.models.clients import AnthropicServer, OllamaServer, OpenAIServer
from assistant.models.model_engine import ModelEngine
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace

_ANSWERED, _NOT_ANSWERED = 28, 12


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a question; seconds until the first words and until the end."""

    id: str
    what: str
    first: float
    seconds: float
    sentences: int
    cited: int
    held: int
    text: str
    quoted: bool = False


class Plain:
    """A model without help: what it writes is not asked again."""

    def __init__(self, engine: ModelEngine) -> None:
        model = engine.model
        if isinstance(model, OpenAIServer | OllamaServer | AnthropicServer):
            model = replace(model, form="")
        bare = replace(engine, model=model, evidence=None)
        self.name, self.host, self.write = f"{engine.name}, plain", engine.host, bare.write


def forty(file: Path, near: Path | None) -> list[EvaluationQuestion]:
    """Return the questions."""
    asked = questions_from(file)
    more = questions_from(near) if near else []
    answered = [one for one in asked if not one.abstain][:_ANSWERED]
    return answered + [one for one in (*asked, *more) if one.abstain][:_NOT_ANSWERED]


def rows(workspace: Workspace, asked: Sequence[EvaluationQuestion]) -> Iterator[Row]:
    """Ask each question and yield what became of it."""
    for one in asked:
        began = time.perf_counter()
        first, answer = 0.0, Answer(one.text)
        for answer in ask(workspace, Question(one.text, one.history, as_of=one.as_of)):
            if not first and (answer.growing or answer.claims):
                first = time.perf_counter() - began
        seconds = time.perf_counter() - began
        said = answer.claims if answer.outcome in {"answered", "partly"} else ()
        yield Row(
            one.id, _what(one, answer), first or seconds, seconds, len(said),
            sum(bool(claim.citations) for claim in said),
            sum(claim.verdict == "supported" for claim in said), answer.text,
            quoted=answer.engine == ExtractiveEngine.name != workspace.engine.name
            and not answer.fallback,
        )  # fmt: skip


def _what(one: EvaluationQuestion, answer: Answer) -> str:
    if answer.fallback or answer.outcome == "failed":
        return "failed"
    said = answer.outcome in {"answered", "partly"}
    if one.abstain:
        return "invented" if said else "declined"
    if said:
        return "right" if scored(one, answer.evidence, answer).right else "wrong"
    held = any(is_right_passage(one, evidence) for evidence in answer.evidence)
    return "not found" if held else "no passage"


def line(name: str, found: Sequence[Row]) -> str:
    """Return the figures of an engine as a line of the table."""
    counts = [
        sum(one.what == what for one in found)
        for what in ("right", "wrong", "not found", "no passage", "invented", "failed")
    ]
    counts.append(sum(one.quoted for one in found))
    own = [one for one in found if not one.quoted]
    sentences = max(1, sum(one.sentences for one in own))
    shares = [sum(getattr(one, name) for one in own) / sentences for name in ("cited", "held")]
    spoke = [one for one in found if one.sentences] or found
    waits = [median(one.first for one in spoke), median(one.seconds for one in spoke)]
    return (
        f"{name[:34]:<34}"
        + "".join(f"{one:>11}" for one in counts)
        + "".join(f"{one:>8.2f}" for one in shares)
        + "".join(f"{one:>8.1f}" for one in waits)
    )


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--near", type=Path)
    parser.add_argument("--engine", action="append", required=True)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    asked = forty(given.questions, given.near)
    heads = ("right", "wrong", "not found", "no passage", "invented", "failed", "quoted")
    print(f"{len(asked)} questions{'':<22}" + "".join(f"{one:>11}" for one in heads)
          + f"{'cited':>8}{'held':>8}{'first s':>8}{'all s':>8}", flush=True)  # fmt: skip
    kept = {}
    with Workspace(Settings(home=given.library.absolute(), engine="extractive")) as workspace:
        for name in (*given.engine, "extractive"):
            engine = engine_named(name, given.library)
            plain = given.plain and isinstance(engine, ModelEngine)
            workspace.engine = (
                Plain(engine) if plain and isinstance(engine, ModelEngine) else engine
            )
            found = list(rows(workspace, asked))
            kept[workspace.engine.name] = [asdict(one) for one in found]
            print(line(workspace.engine.name, found), flush=True)
    if given.json:
        given.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
