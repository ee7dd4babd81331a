"""txtai with the same weights: passages embedded into its index, and searched.

https://neuml.github.io/txtai/embeddings/. Its reader of PDFs (Textractor) needs Java or Docling, so
that it is always given passages. See this package for the job.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from txtai import Embeddings


def _ingest(job: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    embeddings = Embeddings({"path": job["weights"], "content": True, "gpu": False})
    stages = {"loading": time.perf_counter() - started}
    lines = Path(job["passages"]).read_text(encoding="utf-8").splitlines()
    texts = [json.loads(one) for one in lines]
    started = time.perf_counter()
    embeddings.index(texts)
    embeddings.save(job["store"])
    stages["embedding and indexing"] = time.perf_counter() - started
    return {"passages": len(texts), "stages": stages}


def _search(job: dict[str, Any]) -> dict[str, Any]:
    embeddings = Embeddings()
    embeddings.load(job["store"])
    taken = []
    for question in job["asked"]:
        started = time.perf_counter()
        found = embeddings.search(question, job["limit"])
        taken.append(time.perf_counter() - started)
        assert found
    # The first one warms up.
    return {"questions": taken[1:]}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(_search(given) if given["do"] == "search" else _ingest(given)))
