"""Our side of `benchmarks.beside`, a process of its own: reads, searches, embeds on one core.

It takes a job and answers as the peers do (benchmarks/peers); `store` is the library's folder. What
is added is added by the command `briefing add` itself.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

# Passages by which the rate of one core is measured, spread over the library: some ten seconds.
_SAMPLE = 192


def _read(job: dict[str, Any]) -> dict[str, Any]:
    """Read and split files as adding them does, and do nothing with them."""
    from corpus.errors import ReadError
    from corpus.sandbox import Sandbox
    from index.embedder_weights import DEFAULT_MODEL
    from index.embedders import counting_of

    passages = 0
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        counting = counting_of(DEFAULT_MODEL, cache=Path(cache))
        assert counting is not None
        with Sandbox(counting=lambda: counting) as sandbox:
            for _, found in sandbox.read_many([Path(one) for one in job["files"]], lambda _: ""):
                passages += 0 if isinstance(found, ReadError) else len(found[1])
    taken = time.perf_counter() - started
    return {"passages": passages, "stages": {"reading and splitting": taken}}


def _texts(home: Path) -> list[str]:
    """Return what was embedded for each passage of a library."""
    from assistant.settings import Settings
    from assistant.workspace import Workspace
    from index.embedders import counting_of
    from index.file_reading import embedding_texts

    settings = Settings(home, engine="extractive")
    counting = counting_of(settings.embedder, cache=settings.models)
    assert counting is not None
    texts: list[str] = []
    with Workspace(settings) as workspace:
        for entry in workspace.library.entries():
            passages = workspace.library.passages_of(entry.id)
            texts += embedding_texts(entry.source.title, passages, counting.counter())
    return texts


def _passages(job: dict[str, Any]) -> dict[str, Any]:
    """Write the texts of a library's passages into a file, for peers that embed the same."""
    texts = _texts(Path(job["store"]))
    lines = "".join(f"{json.dumps(one)}\n" for one in texts)
    Path(job["passages"]).write_text(lines, encoding="utf-8")
    return {"passages": len(texts)}


def _rate(job: dict[str, Any]) -> dict[str, Any]:
    """Say how many passages a second one core embeds, loading not counted: the best way there is.

    That is the model that embeds documents, with codes and without, sorted by length in one call,
    and the one that embeds questions.
    """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from index.embedder_weights import DEFAULT_MODEL
    from index.embedders import document_embedder, question_embedder
    from index.late_interaction import embed_with_codes

    lines = Path(job["passages"]).read_text(encoding="utf-8").splitlines()
    texts = [json.loads(one) for one in lines[:: max(1, len(lines) // _SAMPLE)]]
    cache = Path(job["store"]) / "models"
    documents = document_embedder(DEFAULT_MODEL, cache=cache)
    questions = question_embedder(DEFAULT_MODEL, cache=cache)
    ways: dict[str, Callable[[], object]] = {
        "documents with codes": partial(embed_with_codes, documents, texts),
        "documents": partial(documents.embed, texts),
        "questions": partial(questions.embed, sorted(texts, key=len)),
    }
    rates = {}
    for name, way in ways.items():
        started = time.perf_counter()
        way()
        rates[name] = len(texts) / (time.perf_counter() - started)
    return {"rates": rates}


def _search(job: dict[str, Any]) -> dict[str, Any]:
    from assistant import Briefing

    taken = []
    with Briefing(job["store"], engine="extractive") as briefing:
        for question in job["asked"]:
            started = time.perf_counter()
            briefing.search(question, limit=job["limit"])
            taken.append(time.perf_counter() - started)
    # The first one warms up.
    return {"questions": taken[1:]}


_WORK = {"read": _read, "passages": _passages, "rate": _rate, "search": _search}

if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(_WORK[given["do"]](given)))
