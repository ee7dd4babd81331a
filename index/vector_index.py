"""The vector store that comes with the program: Chroma, embedded, in files of its folder.

What holds of any collection of Chroma is here too; that of a server is in `chroma_server`. Chroma
is derived from the library and can be deleted at any time. Documents are never handed to it: half
the add time and a third of the disk. Its `embedding_function` is None everywhere, since the default
one downloads a model.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding import Vectors
from index.vector_store import VectorStoreKind

_COLLECTION = "passages"
# ef_search 200: recall@10 of 0.994 against exact search on 6,000 real passages (0.988 at the
# default 100), at 1.6 ms.
HNSW: Any = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 16}
# SQLite, below Chroma, takes some 32,000 variables a statement.
_IDS_PER_DELETE = 5_000
# Ids read at once.
_PAGE = 10_000
# Chroma writes this file when it writes a graph, every 1,000 vectors; the files of a smaller one
# hold nothing and are made anew by each query.
_DATABASE, _GRAPH = "chroma.sqlite3", "index_metadata.pickle"


class ChromaCollection:
    """Ids and vectors in one collection of Chroma; its methods raise whatever Chroma raises."""

    def __init__(self, collection: Any, *, batch: int) -> None:
        """Read and write `collection`, at most `batch` passages at once."""
        self._collection = collection
        self._batch = batch

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write ids with their vectors; an id that is there already gets the new vector."""
        for first in range(0, len(ids), self._batch):
            part = slice(first, first + self._batch)
            self._collection.upsert(
                ids=list(ids[part]),
                embeddings=vectors[part],
                metadatas=[{"document": one.partition(":")[0]} for one in ids[part]],
            )

    def remove_documents(self, documents: Sequence[str]) -> None:
        """Forget every passage of those documents; unknown ones are passed over."""
        for first in range(0, len(documents), _IDS_PER_DELETE):
            batch = list(documents[first : first + _IDS_PER_DELETE])
            self._collection.delete(where={"document": {"$in": batch}})

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """Return up to `count` (id, cosine) pairs nearest to `vector` [dimension], best first."""
        found = self._collection.query(
            query_embeddings=[vector.tolist()],
            n_results=count,
            include=["distances"],
        )
        # Chroma's cosine distance is 1 - cosine.
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(str(one), 1.0 - float(distance)) for one, distance in pairs]

    def ids(self) -> list[str]:
        """Return the ids of all that is stored, in no order."""
        found: list[str] = []
        for first in range(0, len(self), _PAGE):
            page = self._collection.get(limit=_PAGE, offset=first, include=[])
            found.extend(map(str, page["ids"]))
        return found

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are stored under those ids; those that are not are left out."""
        found = self._collection.get(ids=list(ids), include=["embeddings"])
        rows = [np.asarray(one, dtype=np.float32) for one in found["embeddings"]]
        return dict(zip(map(str, found["ids"]), rows, strict=True))

    def __len__(self) -> int:
        return int(self._collection.count())


class VectorIndex(ChromaCollection):
    """A collection in files of a folder; one process writes, under the library's lock."""

    def __init__(self, folder: Path) -> None:
        """Open or create the collection in `folder`; raises whatever Chroma raises."""
        import chromadb
        from chromadb.config import Settings

        self._client: Any = chromadb.PersistentClient(
            path=str(folder),
            settings=Settings(anonymized_telemetry=False, allow_reset=False),
        )
        collection = self._client.get_or_create_collection(
            _COLLECTION, embedding_function=None, configuration={"hnsw": HNSW}
        )
        super().__init__(collection, batch=int(self._client.get_max_batch_size()))
        self._folder = folder

    def close(self) -> None:
        """Let go of the folder, so that another process or a reopening sees it whole."""
        self._client.close()
        del self._collection, self._client
        gc.collect()
        _shrunk(self._folder / _DATABASE)


def _shrunk(file: Path) -> None:
    """Give back the room of a database of which much is free: vectors that went into the graph.

    Where another process has it open, or it is damaged or gone, it stays as it is: a search that
    closes a broken store goes on without.
    """
    present = f"{file.absolute().as_uri()}?mode=rw"
    with (
        suppress(sqlite3.DatabaseError),
        closing(sqlite3.connect(present, uri=True, timeout=0)) as database,
    ):
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        if free * 4 > pages:
            database.execute("VACUUM")


def _graphs(folder: Path) -> Iterator[Path]:
    """Yield the files of graphs, which stay as they were written.

    Chroma's SQLite file does not: that is written again whenever it is opened. That it is whole
    shows when it opens and counts right.
    """
    for file in sorted(folder.glob("*/*")):
        if file.is_file() and (file.parent / _GRAPH).exists():
            yield file


CHROMA = VectorStoreKind(
    VectorIndex,
    files=_graphs,
    present=(_DATABASE,),
    may_crash=True,
    packages=("chromadb",),
)
