"""Vector stores: the protocol, their registry, and errors translated into ours.

A vector store is derived from the library and can be rebuilt from it at any time.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from corpus.errors import SearchIndexError, UsageError
from corpus.i18n import tr
from corpus.registry import Registry
from index.server_address import ServerAddress, is_address

if TYPE_CHECKING:
    # Settings name the default store, and `briefing --help` loads no numpy.
    from index.embedding import Vectors

_LOG = logging.getLogger(__name__)
# The store that comes with the program, by name.
DEFAULT_STORE = "chroma"


class VectorStore(Protocol):
    """The ids and vectors of passages; one process writes, under the library's lock.

    An id is "document:start-end". Whatever a method raises is taken for a failure of the store.
    """

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write ids with their vectors; an id that is there already gets the new vector."""

    def remove_documents(self, documents: Sequence[str]) -> None:
        """Forget every passage of those documents; unknown ones are passed over."""

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """Return up to `count` (id, cosine) pairs nearest to `vector` [dimension], best first.

        Several threads may call it at once.
        """

    def ids(self) -> list[str]:
        """Return the ids of all that is stored, in no order."""

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are stored under those ids; those that are not are left out."""

    def __len__(self) -> int:
        """Return how many passages are stored."""

    def close(self) -> None:
        """Make all writes durable and close the store, so that other processes see it whole."""


def _no_files(folder: Path) -> Iterable[Path]:
    return ()


def _nothing(folder: Path) -> None:
    return None


@dataclass(frozen=True, slots=True)
class VectorStoreKind:
    """A vector store that goes by the name under which it is registered.

    `make` opens what a folder holds, or begins with nothing in it. The folder is the store's own;
    closed, it is renamed once it is written, and deleted when it is made anew. A store that lives
    elsewhere keeps a note in it of where, such as the name of a collection drawn at random, and
    `discard` deletes what the note tells of, before the folder goes.

    `files` are those below the folder that stay as they were written, byte for byte, until the
    store is written again: they are checked before it is opened. `present` are names of files
    without which the folder holds no store. With `may_crash` opening a damaged one may end the
    process: a child tries it first. `packages` are those whose version a report of a fault names.
    """

    make: Callable[[Path], VectorStore]
    files: Callable[[Path], Iterable[Path]] = _no_files
    present: tuple[str, ...] = ()
    discard: Callable[[Path], None] = _nothing
    may_crash: bool = False
    packages: tuple[str, ...] = ()

    @property
    def has_files(self) -> bool:
        """Whether it keeps files that stay as they were written."""
        return self.files is not _no_files

    def open(self, folder: Path) -> VectorStore:
        """Open or create the store in `folder`; it raises SearchIndexError and nothing else."""
        with _translated(f"open the vector index in {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
            return _ErrorTranslatingStore(self.make(folder))

    def lasting(self, folder: Path) -> list[Path]:
        """Return the files that stay as they were written; raises SearchIndexError."""
        with _translated(f"read the vector index in {folder}"):
            return list(self.files(folder))

    def delete(self, folder: Path) -> None:
        """Delete the store in `folder`, if there is one, and what it keeps elsewhere."""
        if folder.is_dir():
            try:
                with _translated(f"delete the vector index in {folder}"):
                    self.discard(folder)
            except SearchIndexError:
                # A server that does not answer must not prevent the use of another store.
                _LOG.warning("what a vector store keeps elsewhere stays there", exc_info=True)
            shutil.rmtree(folder, ignore_errors=True)


VECTOR_STORES = Registry(
    "briefing.vector_stores", VectorStoreKind, ((DEFAULT_STORE, "index.vector_index:CHROMA"),)
)


def _not_in_a_folder(folder: Path) -> VectorStore:
    raise NotImplementedError("what a server keeps is opened by index.shared_vectors")


def store_named(name: str) -> VectorStoreKind:
    """Return the vector store of that name; raises UsageError for one that nobody adds.

    That of a server's address has nothing in a folder: `index.shared_vectors` keeps it.
    """
    if is_address(name):
        ServerAddress.of(name)
        return VectorStoreKind(_not_in_a_folder, packages=("chromadb",))
    kind = VECTOR_STORES.get(name)
    if kind is None:
        there = ", ".join([*VECTOR_STORES.ours(), *VECTOR_STORES.added()])
        raise UsageError(
            tr(
                "there is no vector store {name}; BRIEFING_VECTOR_STORE is one of: {names},"
                " or the address of a Chroma server",
                name=repr(name),
                names=there,
            )
        )
    return kind


class _ErrorTranslatingStore:
    """A store whose errors are turned into SearchIndexErrors."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        with _translated("write to the vector index"):
            self._store.add(ids, vectors)

    def remove_documents(self, documents: Sequence[str]) -> None:
        with _translated("write to the vector index"):
            self._store.remove_documents(documents)

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        with _translated("search the vector index"):
            return self._store.nearest(vector, count)

    def ids(self) -> list[str]:
        with _translated("read the vector index"):
            return self._store.ids()

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        with _translated("read the vector index"):
            return self._store.stored(ids)

    def __len__(self) -> int:
        with _translated("read the vector index"):
            return len(self._store)

    def close(self) -> None:
        with _translated("close the vector index"):
            self._store.close()


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Turn whatever a store raises into a SearchIndexError that says what was being done."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # reason: its own, ValueError, OSError, a panic of Chroma's Rust
        first = str(error).strip().splitlines()[:1]
        raise SearchIndexError(
            tr(
                "could not {act} ({reason}); run: briefing doctor --rebuild",
                act=doing,
                reason=first[0] if first else type(error).__name__,
            )
        ) from error
