"""What a team's library would take: unit costs measured on one, and the arithmetic from there.

Run: python -m benchmarks.scale --home FOLDER [--documents 10_000_000] [--analysts 1_000]. FOLDER is
a library with real documents. It prints what a passage, a document and a question cost there, at
how many documents each part of one machine reaches its limit, and machines, memory, disk and money
a month for the library named. docs/scale.md explains the figures and quotes them.
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

from assistant.answer import Question
from assistant.examples import examples
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.measured_process import size_of
from corpus.catalogue import entries as read_entries
from index.embedding import Embedder

_GB, _TB = 1e9, 1e12
_HOURS = 730.0  # in a month

# What an analyst does: questions a working day, the share of the day's questions in its busiest
# hour, working days a month. An assumption, on the high side.
_ASKS_A_DAY, _BUSIEST_HOUR, _DAYS = 40, 0.25, 22
# How fast the library is filled at first, and how many documents come each day after that.
_FILL_DAYS, _SHARE_A_DAY = 30, 0.002
# Servers are planned to be busy so much of the time: waits grow beyond it (benchmarks.load).
_BUSY = 0.6

# Money. A core-hour with 4 GB: m7g.large at 0.0816 dollars for two (us-east-1, June 2026, on
# demand); a GB-month of block storage and of objects at the list prices of the same provider, gp3
# and S3 standard. Chroma Cloud's own page of prices: a GiB written, stored a month, a TiB scanned.
_CORE_HOUR, _BLOCK, _OBJECTS = 0.0408, 0.08, 0.023
_CHROMA_WRITTEN, _CHROMA_STORED, _CHROMA_SCANNED = 2.50, 0.33, 0.0075


# The large parts of a record: a table, and columns of it.
_PARTS = (
    ("documents", "content pages headings places"),
    ("document_vectors", "vectors"),
    ("passage_tokens", "tokens counts"),
)


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What one library costs: bytes a passage by part, bytes and passages a document, seconds.

    `texts`, `halves` and `tokens` are parts of `record`: what it keeps of texts and their places,
    of vectors and of token codes. `entries` is the time to list a document, `listed` the memory
    that it takes; `embedded` the time to embed a passage on one core; `asked` the core-seconds of
    one question.
    """

    passages: float
    original: float
    record: float
    texts: float
    halves: float
    tokens: float
    forward: float
    vectors: float
    words: float
    entries: float
    listed: float
    embedded: float
    asked: float

    @property
    def disk(self) -> float:
        """The bytes that a passage takes in all, the original apart."""
        return self.record + self.forward + self.vectors + self.words


def unit_costs(workspace: Workspace, questions: int) -> UnitCosts:
    """Measure the unit costs of an open library on this machine."""
    library, home = workspace.library, workspace.settings.home
    entries = library.entries()
    documents, passages = len(entries), sum(one.passages for one in entries)
    if not passages:
        raise SystemExit("the library is empty; add documents first")
    tracemalloc.start()
    kept = library.connections.read(read_entries)
    listed = tracemalloc.get_traced_memory()[0] / documents
    tracemalloc.stop()
    # Not by the library, which remembers them for each of its states.
    listing = _median(lambda: library.connections.read(read_entries), 7) / documents
    workspace.indexes.update()
    return UnitCosts(
        passages / documents,
        size_of(home / "originals") / documents,
        size_of(home / "library.sqlite3") / passages,
        *(_in_record(workspace, *one) / passages for one in _PARTS),
        size_of(home / "index" / "forward") / passages,
        size_of(home / "index" / "vectors") / passages,
        size_of(home / "index" / "words") / passages,
        listing,
        listed,
        _embedding(workspace, [one.id for one in kept[:3]]),
        _asking(workspace, questions),
    )


def _in_record(workspace: Workspace, table: str, columns: str) -> int:
    """Return the bytes that some columns of a table hold, without what the database adds."""
    lengths = " + ".join(f"length(CAST({one} AS BLOB))" for one in columns.split())
    return int(workspace.library.connections.rows(f"SELECT sum({lengths}) FROM {table}")[0][0] or 0)


def _median(do: object, times: int) -> float:
    assert callable(do)
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _embedding(workspace: Workspace, documents: list[str]) -> float:
    """Return the core-seconds that embedding a passage takes."""
    texts = [one.text for document in documents for one in workspace.library.passages_of(document)]
    texts = texts[:128]
    embedder: Embedder = workspace.document_embedder()
    embedder.embed(texts[:8])
    started = _core_seconds()
    embedder.embed(texts)
    return (_core_seconds() - started) / len(texts)


def _asking(workspace: Workspace, count: int) -> float:
    """Return the core-seconds of a question that nobody asked before."""
    titles = [one.source.title for one in workspace.library.entries()]
    asked = [*examples(workspace, "en"), *(f"What does “{one}” say?" for one in titles)][
        : count + 1
    ]
    seconds = []
    for question in asked:
        started = _core_seconds()
        *_, _ = ask(workspace, Question(question))
        seconds.append(_core_seconds() - started)
    # The first one loads the models.
    return statistics.fmean(seconds[1:])


def _core_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a part of one machine ends: at how many documents, and what takes its place."""

    documents: float
    part: str
    instead: str


def limits(costs: UnitCosts) -> list[Limit]:
    """Return what breaks, the first first."""
    found = [
        Limit(
            1.0 / costs.entries,
            "every new document lists the library anew: more than 1 s",
            "lists kept up by changes; bounds of a search in the record, not in the process",
        ),
        Limit(
            8 * _GB / costs.listed,
            "the list of documents in the memory of each process: more than 8 GB",
            "the same",
        ),
        Limit(
            64 * _GB / costs.forward / costs.passages,
            "the forward index no longer fits the memory (64 GB) of a replica",
            "vectors and words of the candidates alone, from the record",
        ),
        Limit(
            64 * _GB / (costs.vectors * costs.passages),
            "the graph of one Chroma server no longer fits its memory (64 GB)",
            "distributed Chroma, or Chroma Cloud",
        ),
        Limit(
            16 * _TB / (costs.record * costs.passages),
            "the record no longer fits one volume (16 TB)",
            "vectors and token codes out of it into object storage; partitions by collection",
        ),
        Limit(
            _TB / costs.original,
            "originals in the record: backups of it take days (1 TB)",
            "object storage for originals",
        ),
    ]
    return sorted(found, key=lambda one: one.documents)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the plan: what, how much of it, and dollars a month (once: dollars in all)."""

    what: str
    amount: str
    dollars: float
    once: bool = False


def plan(costs: UnitCosts, documents: int, analysts: int) -> list[Line]:
    """Return what a library of so many documents takes for so many analysts."""
    passages = documents * costs.passages
    peak = analysts * _ASKS_A_DAY * _BUSIEST_HOUR / 3600
    asks = analysts * _ASKS_A_DAY * _DAYS
    cores = math.ceil(peak * costs.asked / _BUSY)
    replicas = max(2, math.ceil(cores / 4))
    daily = documents * _SHARE_A_DAY * costs.passages
    filling = math.ceil(passages * costs.embedded / (_FILL_DAYS * 86_400 * 0.9))
    following = max(1, math.ceil(daily * costs.embedded / (8 * 3600 * 0.9)))
    vector_gib = passages * (384 * 4 + 100) / 2**30
    scanned = asks * 2 * vector_gib / 1024
    record = passages * costs.record
    return [
        Line(
            f"page replicas, 4 cores and 16 GB each ({peak:.1f} questions a second at the busiest)",
            str(replicas),
            replicas * 4 * _CORE_HOUR * _HOURS,
        ),
        Line(
            f"cores that fill the library in {_FILL_DAYS} days",
            str(filling),
            filling * _CORE_HOUR * _FILL_DAYS * 24,
            once=True,
        ),
        Line(
            f"cores for {documents * _SHARE_A_DAY:,.0f} new documents a day",
            str(following),
            following * _CORE_HOUR * _DAYS * 8,
        ),
        Line(
            "PostgreSQL, 16 cores and 64 GB, and its second copy",
            f"{record / _TB:.1f} TB each",
            2 * (16 * _CORE_HOUR * _HOURS + record / _GB * _BLOCK),
        ),
        Line(
            "originals in object storage",
            f"{documents * costs.original / _TB:.1f} TB",
            documents * costs.original / _GB * _OBJECTS,
        ),
        Line(
            "Chroma Cloud: written",
            f"{vector_gib:,.0f} GiB",
            vector_gib * _CHROMA_WRITTEN,
            once=True,
        ),
        Line("Chroma Cloud: stored", f"{vector_gib:,.0f} GiB", vector_gib * _CHROMA_STORED),
        Line(
            f"Chroma Cloud: two searches a question, {asks:,} questions, each over everything",
            f"{scanned:,.0f} TiB scanned",
            scanned * _CHROMA_SCANNED,
        ),
    ]


def main() -> None:
    """Measure, and print unit costs, limits and the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=10_000_000)
    parser.add_argument("--analysts", type=int, default=1_000)
    parser.add_argument("--questions", type=int, default=20)
    options = parser.parse_args()
    with Workspace(Settings(options.home, engine="extractive")) as workspace:
        costs = unit_costs(workspace, options.questions)
    print(f"""
| unit | measured |
|---|---|
| passages a document | {costs.passages:.1f} |
| original, bytes a document | {costs.original:,.0f} |
| record, bytes a passage | {costs.record:,.0f} |
| of these texts, vectors, token codes | {costs.texts:,.0f}, {costs.halves:,.0f}, {costs.tokens:,.0f} |
| forward index, vector store, word index, bytes a passage | {costs.forward:,.0f}, {costs.vectors:,.0f}, {costs.words:,.0f} |
| disk, bytes a passage, originals apart | {costs.disk:,.0f} |
| listing a document: time, memory | {costs.entries * 1e6:.0f} µs, {costs.listed:,.0f} bytes |
| embedding a passage | {costs.embedded * 1e3:.1f} core-ms |
| a question | {costs.asked:.2f} core-s |

| at so many documents | breaks on one machine | what takes its place |
|---|---|---|""")  # noqa: E501  # reason: a table
    for one in limits(costs):
        print(f"| {one.documents:,.0f} | {one.part} | {one.instead} |")
    lines = plan(costs, options.documents, options.analysts)
    print(f"""
| {options.documents:,} documents, {options.analysts:,} analysts | how much | dollars a month |
|---|---|---|""")
    for line in lines:
        money = f"{line.dollars:,.0f}{' once' if line.once else ''}"
        print(f"| {line.what} | {line.amount} | {money} |")
    print(f"| together | | {sum(one.dollars for one in lines if not one.once):,.0f} |")


if __name__ == "__main__":
    main()
