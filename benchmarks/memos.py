"""Write thirteen memos without a model and print what each rests on and took.

    python -m benchmarks.memos [--home FOLDER] [--keep FOLDER]

Topics over DeepSeek, export policy and the competitive landscape, and one that the starter library
hardly answers. Per memo: seconds, words of the body, sections of it with evidence, questions and
sections that are said to find none, sentences of evidence, how many of them are cited, citations
that slice back to their document, sources, independent origins, disagreements, errors and warnings
of the linter. With --keep each is written there as DOCX, PDF and JSON, to be looked at.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from assistant.memo.export import exported
from assistant.memo.length import body_of, body_words
from assistant.memo.memo_review import count_exact_quotations
from assistant.memo.request import Request
from assistant.memo.values import EVIDENCE, GAP
from assistant.memo.writing import write
from assistant.settings import Settings
from assistant.starter import ensure_starter
from assistant.workspace import Workspace
from corpus.errors import NothingFound

TOPICS = (
    ("What do export controls do to DeepSeek?", "bluf"),
    ("DeepSeek-V3 training cost", "judgments"),
    ("H20 export licences and China", "crs"),
    ("Bans of the DeepSeek app by governments", "bluf"),
    ("Huawei Ascend production", "judgments"),
    ("EU AI Act rules for general-purpose models", "crs"),
    ("Distillation claims against Chinese laboratories", "bluf"),
    ("Open-weight models compared", "judgments"),
    ("Outbound investment rules on AI", "crs"),
    ("Nvidia revenue from China", "bluf"),
    ("AI diffusion rule and its rescission", "judgments"),
    ("AI data centres and federal sites", "crs"),
    ("What should Europe learn from DeepSeek?", "bluf"),
)


def main() -> None:
    """Print a line a memo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with Workspace(Settings.from_environment(home=given.home, engine="extractive")) as workspace:
        list(ensure_starter(workspace))
        workspace.retriever.search("warm", limit=1)
        print(
            f"{'seconds':>7}{'words':>6}{'found':>7}{'gaps':>5}{'said':>6}{'cited':>6}{'stand':>9}{'sources':>8}{'origins':>8}"
            f"{'differ':>7}{'errors':>7}{'warn':>6}  topic"
        )
        for number, (topic, template) in enumerate(TOPICS, start=1):
            print(_row(workspace, number, topic, template, given.keep), flush=True)


def _row(workspace: Workspace, number: int, topic: str, template: str, keep: Path | None) -> str:
    started = time.perf_counter()
    try:
        *_, memo = write(workspace, Request(topic, template))
    except NothingFound:
        return f"{'-':>7}  {topic}: nothing in this library"
    taken = time.perf_counter() - started
    said = [
        line.claim for one in memo.sections for line in one.lines if line.role == EVIDENCE
    ]  # fmt: skip
    body = body_of(memo)
    found = sum(any(line.role == EVIDENCE for line in one.lines) for one in body)
    gaps = sum(line.role == GAP for one in body for line in one.lines)
    errors = sum(one.severity == "error" for one in memo.findings)
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        for form in ("docx", "pdf", "json"):
            (keep / f"{number:02d}-{template}.{form}").write_bytes(exported(memo, form))
    stand = f"{count_exact_quotations(workspace, memo)}/{len(memo.citations)}"
    return (
        f"{taken:>7.1f}{body_words(memo):>6}{f'{found}/{len(body)}':>7}{gaps:>5}"
        f"{len(said):>6}{sum(bool(one.citations) for one in said):>6}{stand:>9}"
        f"{len(memo.sources):>8}{len({one.origin for one in memo.sources}):>8}"
        f"{sum(not one.update for one in memo.disputes):>7}{errors:>7}"
        f"{len(memo.findings) - errors:>6}  {topic} ({template})"
    )


if __name__ == "__main__":
    main()
