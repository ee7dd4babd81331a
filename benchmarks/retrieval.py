"""Measure retrieval on public sets and question files, beside the figures to compare with.

    make bench-retrieval SETS=folder [KEEP=folder] [ASK="questions.jsonl home ..."]

SETS holds `scifact/` (BEIR's form: corpus.jsonl, queries.jsonl, qrels/test.tsv) and `chunking/`
(the chunking-evaluation set of Chroma's technical report: corpora/*.md, questions_df.csv).
Libraries made of them are kept in KEEP and used again, since embedding them takes minutes. ASK
names pairs of a question file and the data folder of a library. The starter library with our own
questions (tests/questions.jsonl), and the time of a search over 100,000 passages, are always
measured.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from assistant.evaluation import evaluate, metrics, questions_from
from assistant.settings import Settings
from assistant.starter import add_starter
from assistant.workspace import Workspace
from corpus.document import Document, Source
from corpus.splitting import split
from corpus.token_codes import TokenCodes
from index.ingest import embedding_texts
from index.late_interaction import embed_with_codes
from training.examples import lines_of

# Our own questions over the starter library.
OWN = Path(__file__).parent.parent / "tests" / "questions.jsonl"
_BATCH = 256
# The library of the time measure: so many reports, each of so many texts, which splitting joins
# into somewhat more than a thousand passages.
_REPORTS, _TEXTS = 100, 1800


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what was measured, on what, and what it is compared with."""

    name: str
    measure: str
    value: float
    anchors: str
    reach: str = ""

    def __str__(self) -> str:
        return f"{self.name:<11}{self.measure:<34}{self.value:>8.4f}  {self.reach:<9}{self.anchors}"


def opened(home: Path) -> Workspace:
    """Return a workspace on `home` with the default embedder."""
    return Workspace(Settings.from_environment(home=home, engine="extractive"))


def library_of(workspace: Workspace, documents: Iterable[Document]) -> None:
    """Publish `documents` unless the library holds something: split, embedded and indexed."""
    if workspace.library.entries():
        return
    embedder = workspace.document_embedder()
    # Equal content is one document: SciFact repeats none, but the rule is the library's.
    whole = list({one.id: one for one in documents}.values())
    with workspace.library.writing():
        for first in range(0, len(whole), _BATCH):
            some = [(one, split(one, embedder.count)) for one in whole[first : first + _BATCH]]
            texts = [
                text
                for one, passages in some
                for text in embedding_texts(one.source.title, passages, embedder.count)
            ]
            vectors, tokens = embed_with_codes(embedder, texts)
            done = 0
            ends = np.cumsum([0, *tokens.counts])
            for one, passages in some:
                rows = slice(done, done + len(passages))
                codes = tokens.codes[ends[rows.start] : ends[rows.stop]]
                own = TokenCodes(codes, tokens.counts[rows])
                workspace.library.publish(
                    one, passages, vectors[rows], tokens=own, embedder=embedder.name
                )
                done += len(passages)
        workspace.indexes.update()


def discounted(found: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Return nDCG at `depth` of a ranking, as trec_eval has it (gain: the judgement)."""
    gains = [relevant.get(one, 0) for one in found[:depth]]
    best = sorted(relevant.values(), reverse=True)[:depth]
    ideal = sum(gain / np.log2(rank + 2) for rank, gain in enumerate(best))
    return float(sum(gain / np.log2(rank + 2) for rank, gain in enumerate(gains)) / ideal)


def scifact_claims(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Return the text of each judged claim, and its judgements: document to relevance."""
    judged: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        claim, document, relevance = line.split("\t")
        judged.setdefault(claim, {})[document] = int(relevance)
    rows = lines_of(folder / "queries.jsonl")
    return {row["_id"]: row["text"] for row in rows if row["_id"] in judged}, judged


def scifact(folder: Path, home: Path) -> Iterator[Line]:
    """Yield nDCG@10 of the embedder alone, over whole abstracts, and of the search."""
    rows = list(lines_of(folder / "corpus.jsonl"))
    claims, judged = scifact_claims(folder)
    with opened(home) as workspace:
        named = ((Source(row["title"], f"scifact/{row['_id']}"), row["text"]) for row in rows)
        library_of(workspace, (Document(source, text) for source, text in named))
        kept = home / "whole.npy"
        if not kept.exists():
            texts = [f"{row['title']} {row['text']}" for row in rows]
            np.save(kept, workspace.document_embedder().embed(texts))
        whole, ids = np.load(kept), [row["_id"] for row in rows]
        alone, ours = [], []
        for claim, text in claims.items():
            order = np.argsort(
                -(whole @ workspace.question_embedder.embed([text])[0]), kind="stable"
            )
            alone.append(discounted([ids[place] for place in order[:10]], judged[claim]))
            found = workspace.retriever.search(text, limit=50)
            names = dict.fromkeys(one.source.location.rpartition("/")[2] for one in found)
            ours.append(discounted(list(names), judged[claim]))
    yield Line("scifact", "nDCG@10, embedder alone", float(np.mean(alone)),
               "MiniLM 0.645", "0.64-0.65")  # fmt: skip
    yield Line("scifact", "nDCG@10, search", float(np.mean(ours)),
               "BM25 0.679, bge-base 0.743, Anserini's fusion 0.747", ">= 0.750")  # fmt: skip


def chunking(folder: Path, home: Path) -> Iterator[Line]:
    """Yield token recall and precision of five passages, all corpora in one library.

    A near-duplicate that was folded into a passage counts as found beside it, in both measures:
    the gold spans mark one copy of a text, whichever that is.
    """
    csv.field_size_limit(10**9)
    corpora = sorted((folder / "corpora").glob("*.md"))
    recall, precision = [], []
    with opened(home) as workspace:
        named = ((Source(one.stem, f"chunking/{one.stem}"), one.read_text()) for one in corpora)
        library_of(workspace, (Document(source, text) for source, text in named))
        documents = {entry.source.title: entry.id for entry in workspace.library.entries()}
        with (folder / "questions_df.csv").open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                gold = json.loads(row["references"])
                spans = [(one["start_index"], one["end_index"]) for one in gold]
                found = workspace.retriever.search(row["question"], limit=5)
                copies = [one for item in found if item.match for one in item.match.folded]
                passages = [item.passage for item in found] + workspace.library.passages(copies)
                inside = [
                    max(0, min(one.end, end) - max(one.start, start))
                    for one in passages
                    if one.document == documents[row["corpus_id"]]
                    for start, end in spans
                ]
                recall.append(sum(inside) / sum(end - start for start, end in spans))
                precision.append(sum(inside) / sum(len(one.text) for one in passages))
    yield Line("chunking", "token recall of 5 passages", float(np.mean(recall)),
               "MiniLM best 0.824, text-embedding-3-large best 0.919", ">= 0.92")  # fmt: skip
    yield Line("chunking", "token precision of 5 passages", float(np.mean(precision)),
               "text-embedding-3-large under 0.08", ">= 0.06")  # fmt: skip


def asked(name: str, file: Path, home: Path) -> Iterator[Line]:
    """Yield hits, answers and refusals of a question file over a library."""
    with opened(home) as workspace:
        if not workspace.library.entries():
            list(add_starter(workspace))
        whole = metrics(list(evaluate(workspace, questions_from(file))))
    for measure, value in (
        ("hit@1", whole.hit_1), ("hit@5", whole.hit_5), ("MRR@10", whole.mrr),
        ("wanted words in the answer", whole.answered_right),
        ("first sentence right", whole.first),
        ("answered", whole.answered), ("declined, of the unanswerable", whole.declined),
    ):  # fmt: skip
        yield Line(name, measure, value, f"{whole.questions} questions")


def seconds(home: Path) -> Iterator[Line]:
    """Yield the 95th percentile of a search over 100,000 passages, question embedded included.

    The texts are the starter library's, shuffled by sentence, each with the vector of the passage
    it was made of, moved a little: real words and a real spread of meaning without hours of
    embedding. The cache of texts is warm, as it is after some questions.
    """
    chance = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as place, opened(Path(place)) as source:
        list(add_starter(source))
        entries = source.library.entries()
        texts = [p.text for entry in entries for p in source.library.passages_of(entry.id)]
        ids, vectors = source.library.vectors([entry.id for entry in entries])
        codes = [source.library.token_codes(entry.id) for entry in entries]
        parts = [
            one.codes[first:last]
            for one in codes
            for first, last in pairwise(np.cumsum([0, *one.counts]).tolist())
        ]
        name = source.library.embedder
    with opened(home) as workspace:
        if not workspace.library.entries():
            with workspace.library.writing():
                for number in range(_REPORTS):
                    picked = chance.integers(len(texts), size=_TEXTS)
                    document = Document(
                        Source(f"Report {number}", f"report/{number}"),
                        "\n\n".join(f"{number} {texts[one]}" for one in picked),
                    )
                    passages = split(document, lambda some: [len(one) // 5 for one in some])
                    of = chance.integers(len(ids), size=len(passages))
                    near = vectors[of]
                    tokens = TokenCodes.of([parts[one] for one in of])
                    moved = near + chance.normal(scale=0.02, size=near.shape).astype(np.float32)
                    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
                    workspace.library.publish(
                        document, passages, moved, tokens=tokens, embedder=name
                    )
                workspace.indexes.update()
        retriever = workspace.retriever
        count = retriever.passages
        questions = [one.text for one in questions_from(OWN)][:120]
        taken = []
        for question in [*questions[:20], *questions]:
            started = time.perf_counter()
            retriever.search(question)
            taken.append(time.perf_counter() - started)
    yield Line("time", f"p95 seconds, {count:,} passages", float(np.quantile(taken[20:], 0.95)),
               f"median {np.median(taken[20:]):.3f}", "< 0.150")  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path, nargs="?")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--ask", nargs="*", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        keep = given.keep or Path(temporary)
        keep.mkdir(parents=True, exist_ok=True)
        print(f"{'set':<11}{'measure':<34}{'value':>8}  {'to reach':<9}to compare with")
        for make, name in ((scifact, "scifact"), (chunking, "chunking")):
            if given.sets and (given.sets / name).is_dir():
                for line in make(given.sets / name, keep / name):
                    print(line, flush=True)
        pairs = [("starter", OWN, keep / "starter")] + [
            (Path(file).stem, Path(file), Path(home))
            for file, home in zip(given.ask[::2], given.ask[1::2], strict=True)
        ]
        for name, file, home in pairs:
            for line in asked(name, file, home):
                print(line, flush=True)
        for line in seconds(keep / "large"):
            print(line, flush=True)


if __name__ == "__main__":
    main()
