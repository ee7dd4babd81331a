"""A Chroma server by its address: `chroma run`, distributed Chroma, or Chroma Cloud.

Whatever goes wrong is one SearchIndexError that says what to do; a token is in none of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import SearchIndexError
from corpus.i18n import tr
from corpus.redaction import hide
from index.embedding import Vectors
from index.server_address import ServerAddress
from index.vector_index import HNSW, ChromaCollection

# Seconds to connect; whoever searches has more to do than wait for a server that is off.
_CONNECT_TIMEOUT = 3.0
# Bytes of vectors in one request: nginx refuses more than a megabyte unless it is told otherwise,
# and the rate of adding is the same as with five times as many.
_REQUEST_BYTES = 500_000
# What Chroma Cloud takes and returns at once.
_CLOUD_BATCH = 300
# The metadata field of a passage that has its words, where the server indexes sparse vectors.
_WORDS = "words"
# The metadata field of a collection that says who wrote to it last.
_MARK = "mark"

Weights = Mapping[int, float]


class CollectionGone(SearchIndexError):
    """The server has no collection of that name (any more)."""


class ChromaServer:
    """A connection to a Chroma server. Thread-safe."""

    def __init__(self, address: ServerAddress, *, timeout: float) -> None:
        """Connect; an answer may take `timeout` seconds. Raises SearchIndexError.

        The server written in Python is refused: it runs code that anybody sends it, before it looks
        at a token (CVE-2026-45829), and no version of it is known to be mended.
        """
        self._address = address
        key = "CHROMA_API_KEY" if address.cloud else "BRIEFING_VECTOR_STORE_TOKEN"
        token = os.environ.get(key, "").strip()
        if address.cloud and not token:
            raise SearchIndexError(tr("Chroma Cloud wants a key: set CHROMA_API_KEY"))
        hide(token)
        # Chroma reads the second; a proxy in front of it, the first.
        headers = {"Authorization": f"Bearer {token}", "x-chroma-token": token} if token else {}
        with _explained(address):
            self._greet(headers, timeout)
            self._client = self._connected(headers)
            # Chroma's clients wait for ever, have no setting for it, and leave connections open.
            self._sessions: list[Any] = [
                one._server._session for one in (self._client, self._client._admin_client)
            ]
            for session in self._sessions:
                session.timeout = self._timeout(timeout)
            most = int(self._client.get_max_batch_size())
        limit = _CLOUD_BATCH if address.cloud else most
        self._batch = min(most, limit) if most > 0 else max(limit, 1)

    @staticmethod
    def _timeout(seconds: float) -> Any:
        import httpx

        return httpx.Timeout(seconds, connect=_CONNECT_TIMEOUT)

    def _greet(self, headers: Mapping[str, str], timeout: float) -> None:
        """Find out what answers there, within the time that Chroma's client does not keep."""
        import httpx

        with httpx.Client(headers=dict(headers), timeout=self._timeout(timeout)) as client:
            client.get(f"{self._address.url}/api/v2/version").raise_for_status()
            client.get(f"{self._address.url}/api/v2/auth/identity").raise_for_status()
            if self._address.cloud:
                return
            # The server in Rust says here how it is; FastAPI knows no such path.
            health = client.get(f"{self._address.url}/api/v2/healthcheck")
        if health.headers.get("server") == "uvicorn" or (
            health.status_code == 404 and "detail" in health.text
        ):
            raise SearchIndexError(
                tr(
                    "the vector store at {address} is Chroma's server in Python, which anybody can"
                    " take over (CVE-2026-45829): replace it by `chroma run`",
                    address=self._address.url,
                )
            )

    def _connected(self, headers: Mapping[str, str]) -> Any:
        import chromadb
        from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings

        settings = Settings(anonymized_telemetry=False)
        tenant, database = (os.environ.get(f"CHROMA_{one}") or "" for one in ("TENANT", "DATABASE"))
        if not self._address.cloud:
            return chromadb.HttpClient(
                host=self._address.url,
                headers=dict(headers),
                settings=settings,
                tenant=tenant or DEFAULT_TENANT,
                database=database or DEFAULT_DATABASE,
            )
        parts = urlsplit(self._address.url)
        return chromadb.CloudClient(
            # A key may stand for one tenant and one database, which the server then names.
            tenant=tenant or None,
            database=database or None,
            api_key=headers["x-chroma-token"],
            settings=settings,
            cloud_host=parts.hostname or "",
            cloud_port=parts.port or 443,
            enable_ssl=parts.scheme == "https",
        )

    def collection(self, name: str, *, words: bool) -> ServerCollection:
        """Return a collection; `words` says whether its words are indexed. CollectionGone."""
        with _explained(self._address):
            found = self._client.get_collection(name, embedding_function=None)
        return ServerCollection(self._address, found, batch=self._batch, words=words)

    def create(self, name: str, mark: str) -> ServerCollection:
        """Make a collection; its words are indexed too if the server has sparse indexes."""
        with _explained(self._address):
            made = self._created_with_words(name, mark)
            words = made is not None
            if made is None:
                made = self._client.create_collection(
                    name,
                    embedding_function=None,
                    configuration={"hnsw": HNSW},
                    metadata={_MARK: mark},
                )
        return ServerCollection(self._address, made, batch=self._batch, words=words)

    def _created_with_words(self, name: str, mark: str) -> Any:
        """Make a collection with a sparse index; None from a server that has none of them.

        `chroma run` says: "Sparse vector indexing is not enabled in local".
        """
        from chromadb import Schema, SparseVectorIndexConfig, VectorIndexConfig
        from chromadb.errors import InvalidArgumentError

        schema = Schema()
        schema.create_index(config=VectorIndexConfig(space="cosine", embedding_function=None))
        # With `bm25` the server weighs each word of a query by how rare it is in the collection.
        schema.create_index(config=SparseVectorIndexConfig(bm25=True), key=_WORDS)
        try:
            return self._client.create_collection(
                name, embedding_function=None, schema=schema, metadata={_MARK: mark}
            )
        except InvalidArgumentError as error:
            if "sparse" not in str(error).lower():
                raise
            return None

    def delete(self, name: str) -> None:
        """Delete a collection, if it is there."""
        with suppress(CollectionGone), _explained(self._address):
            self._client.delete_collection(name)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
        for session in self._sessions:
            session.close()


class ServerCollection(ChromaCollection):
    """One collection of a server; its methods raise SearchIndexError."""

    def __init__(self, address: ServerAddress, collection: Any, *, batch: int, words: bool) -> None:
        """Read and write `collection`; `words` says whether it has a sparse index of words."""
        super().__init__(collection, batch=batch)
        self._address = address
        self.words = words

    @property
    def mark(self) -> str:
        """The mark that whoever wrote last left there, as it was when this was opened."""
        return str((self._collection.metadata or {}).get(_MARK, ""))

    def set_mark(self, mark: str) -> None:
        """Leave a mark for whoever writes next."""
        with _explained(self._address):
            self._collection.modify(metadata={_MARK: mark})

    def put(
        self, ids: Sequence[str], vectors: Vectors, words: Sequence[Weights] | None = None
    ) -> None:
        """Write ids with vectors, and the weights of their words; what is there is replaced."""
        if words is None:
            self.add(ids, vectors)
            return
        from chromadb import SparseVector

        step = self._step(vectors) // 2 or 1
        with _explained(self._address):
            for first in range(0, len(ids), step):
                part = slice(first, first + step)
                self._collection.upsert(
                    ids=list(ids[part]),
                    embeddings=vectors[part],
                    metadatas=[
                        {
                            "document": one.partition(":")[0],
                            _WORDS: SparseVector(*_columns(weights)),
                        }
                        for one, weights in zip(ids[part], words[part], strict=True)
                    ],
                )

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write ids with their vectors; an id that is there already gets the new vector."""
        step = self._step(vectors)
        with _explained(self._address):
            for first in range(0, len(ids), step):
                super().add(ids[first : first + step], vectors[first : first + step])

    def _step(self, vectors: Vectors) -> int:
        """Return how many passages go into one request."""
        return max(1, min(self._batch, _REQUEST_BYTES // max(1, vectors[:1].nbytes)))

    def remove_documents(self, documents: Sequence[str]) -> None:
        """Forget every passage of those documents; unknown ones are passed over."""
        with _explained(self._address):
            super().remove_documents(documents)

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """Return up to `count` (id, cosine) pairs nearest to `vector` [dimension], best first."""
        with _explained(self._address):
            return super().nearest(vector, count)

    def hybrid(
        self, vector: Vectors, weights: Weights, count: int
    ) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """Return the (id, cosine) nearest to a vector, and the (id, BM25 score) best by words.

        One request; up to `count` of each, best first.
        """
        from chromadb import K, Knn, Search, SparseVector

        queries: list[tuple[Any, Any]] = [
            (vector.tolist(), K.EMBEDDING),
            (SparseVector(*_columns(weights)), _WORDS),
        ]
        searches = [
            Search(rank=Knn(query=query, key=key, limit=count)).limit(count).select(K.SCORE)
            for query, key in queries
        ]
        with _explained(self._address):
            found = self._collection.search(searches)
            # Both scores are distances: 1 - cosine, and 1 - the product of the weights.
            near, worded = (
                [(str(one), 1.0 - float(score)) for one, score in zip(ids, scores, strict=True)]
                for ids, scores in zip(found["ids"], found["scores"], strict=True)
            )
        return near, worded

    def by_words(self, weights: Weights, count: int) -> list[tuple[str, float]]:
        """Return up to `count` (id, BM25 score) pairs best by words, best first."""
        from chromadb import K, Knn, Search, SparseVector

        rank = Knn(query=SparseVector(*_columns(weights)), key=_WORDS, limit=count)
        with _explained(self._address):
            found = self._collection.search(Search(rank=rank).limit(count).select(K.SCORE))
            pairs = zip(found["ids"][0], found["scores"][0], strict=True)
            return [(str(one), 1.0 - float(score)) for one, score in pairs]

    def ids(self) -> list[str]:
        """Return the ids of all that is stored, in no order."""
        with _explained(self._address):
            return super().ids()

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are stored under those ids; those that are not are left out."""
        with _explained(self._address):
            return super().stored(ids)

    def __len__(self) -> int:
        with _explained(self._address):
            return super().__len__()

    def close(self) -> None:
        """Do nothing: every write is durable, and the connection is the server's."""


def _columns(weights: Weights) -> tuple[list[int], list[float]]:
    """Return the indices of weights in ascending order, and the weights in that order."""
    indices = sorted(weights)
    return indices, [float(weights[one]) for one in indices]


@contextmanager
def _explained(address: ServerAddress) -> Iterator[None]:
    """Turn whatever Chroma's client raises into a SearchIndexError that says what to do."""
    from chromadb.errors import NotFoundError

    try:
        yield
    except SearchIndexError:
        raise
    except NotFoundError as error:
        raise CollectionGone(
            tr("the vector store at {address} lacks what was noted of it", address=address.url)
        ) from error
    except Exception as error:  # reason: Chroma's, httpx's, and ValueErrors of odd answers
        raise SearchIndexError(_reason(address, error)) from error


def _reason(address: ServerAddress, error: Exception) -> str:
    """Return what an error of Chroma's client means, as one line."""
    import httpx

    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) and before not in chain:
        chain.append(before)
    for one in chain:
        if isinstance(one, httpx.HTTPStatusError):
            status = one.response.status_code
            if status in (401, 403):
                return tr(
                    "the vector store at {address} refuses the token (HTTP {status}); set {name}",
                    address=address.url,
                    status=status,
                    name="CHROMA_API_KEY" if address.cloud else "BRIEFING_VECTOR_STORE_TOKEN",
                )
            return tr(
                "the vector store at {address} answers with HTTP {status}; see its log, and that"
                " BRIEFING_VECTOR_STORE is the address of a Chroma server",
                address=address.url,
                status=status,
            )
        if isinstance(one, httpx.TimeoutException):
            return tr(
                "the vector store at {address} does not answer in time; see that it runs and"
                " is not overloaded",
                address=address.url,
            )
        if isinstance(one, httpx.TransportError):
            return tr(
                "the vector store at {address} does not answer ({reason}); see that it runs",
                address=address.url,
                reason=str(one).splitlines()[0] if str(one) else type(one).__name__,
            )
    first = str(error).strip().splitlines()[:1]
    return tr(
        "the vector store at {address} fails ({reason}); see its log",
        address=address.url,
        reason=first[0] if first else type(error).__name__,
    )
