"""What Chroma's own client asks a distributed Chroma, answered by computing: none can run here.

It takes the calls that `chromadb` 1.5.9 makes for what we use, refuses what the real one refuses as
far as its sources tell (rust/types, rust/worker: a sparse score is 1 - the product of weights, with
`bm25` the query is weighed by ln(1 + (n - df + 0.5) / (df + 0.5))), and records each call.
"""

from __future__ import annotations

import base64
import http.server
import json
import math
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Stored:
    """A collection: its schema and metadata, and vector and metadata of each record by id."""

    name: str
    schema: dict[str, Any] | None
    metadata: dict[str, Any] | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    records: dict[str, tuple[list[float], dict[str, Any]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "name": self.name, "metadata": self.metadata, "dimension": None,
            "configuration_json": {"spann": {"space": "cosine"}, "embedding_function": None},
            "schema": self.schema, "tenant": "team", "database": "briefings", "version": 0,
            "log_position": 0,
        }  # fmt: skip

    def sparse(self, key: str) -> dict[str, Any]:
        """Return the settings of the sparse index of a key."""
        assert self.schema is not None
        index = self.schema["keys"][key]["sparse_vector"]["sparse_vector_index"]
        assert index["enabled"]
        return dict(index["config"])

    def where(self, clause: dict[str, Any] | None, ids: list[str] | None) -> list[str]:
        """Return the ids of records that a filter lets through."""
        some = [one for one in self.records if ids is None or one in ids]
        for key, test in (clause or {}).items():
            some = [one for one in some if self.records[one][1].get(key) in test["$in"]]
        return some

    def ranked(self, knn: dict[str, Any]) -> list[tuple[float, str]]:
        """Return the (distance, id) of the best records, best first."""
        query, key = knn["query"], knn["key"]
        if key == "#embedding":
            vector = np.array(query)
            pairs = [(1.0 - _cosine(np.array(one), vector), name)
                     for name, (one, _) in self.records.items()]  # fmt: skip
        else:
            assert query["#type"] == "sparse_vector" and query["indices"] == sorted(
                query["indices"]
            )
            held = {name: dict(zip(meta[key]["indices"], meta[key]["values"], strict=True))
                    for name, (_, meta) in self.records.items()}  # fmt: skip
            weights = dict(zip(query["indices"], query["values"], strict=True))
            if self.sparse(key).get("bm25"):
                count = len(held)
                for index in weights:
                    with_it = sum(index in one for one in held.values())
                    weights[index] *= math.log1p((count - with_it + 0.5) / (with_it + 0.5))
            products = {name: sum(weight * one.get(index, 0.0) for index, weight in weights.items())
                        for name, one in held.items()}  # fmt: skip
            pairs = [(1.0 - product, name) for name, product in products.items() if product > 0]
        return sorted(pairs)[: knn["limit"]]


def _cosine(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) or 1.0))


@dataclass
class Stub:
    """The server: its address, its collections by name, and the calls that it got."""

    url: str
    collections: dict[str, Stored] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    databases: tuple[str, ...] = ("briefings",)
    down: bool = False

    def count(self, ending: str) -> int:
        """Return how many calls went to paths with that ending."""
        return sum(path.endswith(ending) for _, path in self.calls)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Return the status and the answer to a call."""
        plain = {
            "/version": "1.0.0",
            "/auth/identity": {"user_id": "u", "tenant": "team", "databases": self.databases},
            "/healthcheck": {"is_executor_ready": True, "is_log_client_ready": True},
            "/pre-flight-checks": {"max_batch_size": 1000, "supports_base64_encoding": True},
        }
        if path in plain:
            return 200, plain[path]
        if found := re.fullmatch(r"/tenants/([^/]+)(?:/databases/([^/]+))?", path):
            name = found[2] or found[1]
            return 200, {"id": str(uuid.uuid4()), "name": name, "tenant": found[1]}
        found = re.fullmatch(
            r"/tenants/[^/]+/databases/[^/]+/collections(?:/([^/]+))?(?:/(\w+))?", path
        )
        if not found:
            return 404, {"error": "NotFoundError", "message": path}
        name, call = found[1], found[2] or ""
        if name is None:
            return self._created(body)
        stored = next(
            (one for one in self.collections.values() if name in (one.name, one.id)), None
        )
        if stored is None:
            return 404, {"error": "NotFoundError", "message": f"Collection [{name}] does not exist"}
        if call:
            return 200, getattr(self, f"_{call}")(stored, body)
        if method == "DELETE":
            del self.collections[stored.name]
        elif method == "PUT":
            stored.metadata = body["new_metadata"]
        return 200, stored.as_json()

    def _created(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body["name"] in self.collections:
            return 409, {"error": "UniqueConstraintError", "message": "it exists"}
        made = Stored(body["name"], body["schema"], body["metadata"])
        self.collections[made.name] = made
        return 200, made.as_json()

    def _count(self, stored: Stored, body: dict[str, Any]) -> int:
        return len(stored.records)

    def _upsert(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        for one, coded, metadata in zip(
            body["ids"], body["embeddings"], body["metadatas"], strict=True
        ):
            vector = np.frombuffer(base64.b64decode(coded), "<f4").tolist()
            for key, value in metadata.items():
                if isinstance(value, dict):
                    assert value["#type"] == "sparse_vector" and stored.sparse(key)
                    assert value["indices"] == sorted(set(value["indices"]))
            stored.records[one] = (vector, metadata)
        return {}

    def _delete(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        gone = stored.where(body["where"], body["ids"])
        for one in gone:
            del stored.records[one]
        return {"deleted": len(gone)}

    def _get(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        ids = stored.where(body["where"], body["ids"])
        ids = ids[body["offset"] or 0 :][: body["limit"] or len(ids)]
        wanted = "embeddings" in body["include"]
        return {
            "ids": ids,
            "embeddings": [stored.records[one][0] for one in ids] if wanted else None,
        }

    def _query(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        (query,), limit = body["query_embeddings"], body["n_results"]
        pairs = stored.ranked({"query": query, "key": "#embedding", "limit": limit})
        return {"ids": [[one for _, one in pairs]], "distances": [[score for score, _ in pairs]]}

    def _search(self, stored: Stored, body: dict[str, Any]) -> dict[str, Any]:
        found = []
        for search in body["searches"]:
            assert search["select"]["keys"] == ["#score"] and search["limit"]["limit"] <= 300
            found.append(stored.ranked(search["rank"]["$knn"])[: search["limit"]["limit"]])
        empty = [None] * len(found)
        return {
            "ids": [[one for _, one in pairs] for pairs in found],
            "scores": [[score for score, _ in pairs] for pairs in found],
            "documents": empty, "embeddings": empty, "metadatas": empty,
            "select": [["#score"]] * len(found),
        }  # fmt: skip


@contextmanager
def distributed_chroma() -> Iterator[Stub]:
    """Run the stub on loopback until the end of the block."""
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            path = self.path.removeprefix("/api/v2").partition("?")[0]
            with lock:
                stub.calls.append((self.command, path))
                stub.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, said = (503, "") if stub.down else stub.answer(self.command, path, body)
            sent = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    stub = Stub(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
