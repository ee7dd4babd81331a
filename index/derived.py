"""Keeping the indexes in step with the library, and rebuilding them without embedding anything.

Chroma, Tantivy and the forward index are derived. A manifest beside them says which generation of
the library they show; it is marked unclean before anything is written and clean after, so that a
process killed in between (`kill -9` during writes broke Chroma's vector search for good in 2 of 139
kills) leaves indexes that are rebuilt and not believed. Until then the library itself answers.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.codes import TokenCodes
from corpus.document import Passage
from corpus.errors import SearchIndexError
from corpus.library import Library
from index.embedding import Vectors
from index.forward import ForwardIndex, ordered
from index.vectors import VectorIndex
from index.words import WordIndex, stems

# Grows when what is stored in an index changes meaning: older indexes are then rebuilt.
_FORMAT = 3
_REBUILD = "run: briefing doctor --rebuild"
# Seconds for which files that were found whole are not looked at again: one answer opens the
# indexes a dozen times, at 1.2 ms each.
_BELIEVED = 1.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the indexes on disk show; `inventory` maps the files of vectors to their sizes."""

    format: int
    generation: int
    embedder: str
    passages: int
    clean: bool
    inventory: dict[str, int]


@dataclass(frozen=True, slots=True)
class Indexes:
    """The indexes that are in step with the library; None for one that is not."""

    vectors: VectorIndex | None
    words: WordIndex | None
    forward: ForwardIndex | None


class DerivedIndexes:
    """The three indexes of one library folder, opened when first needed."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._folder = library.home / "index"
        self._lock = threading.RLock()
        self._shown: Manifest | None = None
        self._whole: tuple[Manifest | None, float] = (None, 0.0)
        self._vectors: VectorIndex | None = None
        self._words: WordIndex | None = None
        self._forward: ForwardIndex | None = None

    @contextmanager
    def reading(self) -> Iterator[Indexes]:
        """Hand out the indexes that are in step with the library; None for one that is not.

        The caller searches the library itself for what is None. Reopens what another process has
        brought up to date since. Never raises: an index that cannot be opened is None.
        """
        with self._lock:
            try:
                self._open_current()
            except SearchIndexError:
                self._let_go()
            yield Indexes(self._vectors, self._words, self._forward)

    def update(self, *, rebuild: bool = False) -> bool:
        """Bring the indexes to the library's generation; return whether they were rebuilt.

        Takes the library's writer lock (LibraryLocked when another process writes). Embeds nothing:
        vectors come from the library. Raises SearchIndexError when an index refuses.
        """
        with self._lock, self._library.writing():
            manifest = self._manifest()
            target = self._library.generation
            rebuild = rebuild or not self._sound(manifest)
            if manifest is not None and manifest.generation == target and not rebuild:
                return False
            self._let_go()
            if rebuild or manifest is None:
                self._discard()
                manifest = Manifest(_FORMAT, 0, self._library.embedder, 0, False, {})
            self._write(manifest, clean=False)
            self._apply(manifest.generation, rebuild=rebuild)
            self._write(
                Manifest(
                    _FORMAT,
                    target,
                    self._library.embedder,
                    len(self._words) if self._words else 0,
                    True,
                    _inventory(self._folder),
                ),
                clean=True,
            )
            self._shown = self._manifest()
            return rebuild

    def behind(self) -> bool:
        """Say whether the indexes on disk show less than the library, or cannot be believed."""
        manifest = self._manifest()
        return not self._sound(manifest) or (
            manifest is not None and manifest.generation != self._library.generation
        )

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock:
            self._let_go()

    def _apply(self, since: int, *, rebuild: bool) -> None:
        """Write what changed after generation `since`, or everything, into the indexes."""
        before = None if rebuild else self._stored_forward()
        vectors = self._vectors = VectorIndex(self._folder / "vectors")
        words = self._words = WordIndex(self._folder / "words")
        if rebuild:
            present = {entry.id for entry in self._library.entries()}
            gone: set[str] = set()
        else:
            changes = {one.document: one.visible for one in self._library.changes_since(since)}
            present = {document for document, published in changes.items() if published}
            gone = set(changes) - present
        titles = {entry.id: entry.source.title for entry in self._library.entries()}
        with words.writing() as writer:
            for document in [*gone, *present]:
                writer.remove_document(document)
            for document in present:
                writer.add(titles[document], self._library.passages_of(document))
        if not rebuild:
            vectors.remove_documents([*gone, *present])
        if present:
            vectors.add(*self._library.vectors(sorted(present)))
        forward = forward_of(self._library, before=before, changed={*gone, *present})
        forward.save(self._folder / "forward")
        self._forward = forward

    def _stored_forward(self) -> ForwardIndex | None:
        try:
            return ForwardIndex.load(self._folder / "forward")
        except SearchIndexError:
            return None

    def _open_current(self) -> None:
        manifest = self._manifest()
        if not self._sound(manifest) or manifest is None:
            self._let_go()
            return
        if manifest != self._shown:
            self._let_go()
            self._shown = manifest
        if manifest.generation != self._library.generation:
            # Words still find what they know; the search joins on what is published.
            self._close_vectors()
            self._forward = None
        elif self._vectors is None:
            self._vectors = VectorIndex(self._folder / "vectors")
            forward = self._stored_forward()
            self._forward = forward if forward is not None and ordered(forward) else None
        if self._words is None:
            self._words = WordIndex(self._folder / "words")

    def _sound(self, manifest: Manifest | None) -> bool:
        """Say whether what is on disk is what was written there last."""
        if manifest is None or not manifest.clean or manifest.format != _FORMAT:
            return False
        if manifest.embedder != self._library.embedder:
            return False
        seen, at = self._whole
        if manifest == seen and time.monotonic() - at < _BELIEVED:
            return True
        on_disk = _inventory(self._folder)
        whole = all(on_disk.get(name, -1) >= size for name, size in manifest.inventory.items())
        self._whole = (manifest if whole else None, time.monotonic())
        return whole

    def _manifest(self) -> Manifest | None:
        try:
            return Manifest(**json.loads((self._folder / "manifest.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _write(self, manifest: Manifest, *, clean: bool) -> None:
        target = self._folder / "manifest.json"
        values = asdict(manifest) | {"clean": clean}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary = target.with_suffix(".new")
            temporary.write_text(json.dumps(values))
            temporary.replace(target)
        except OSError as error:
            raise SearchIndexError(
                f"cannot write {target} ({error.strerror}); {_REBUILD}"
            ) from error

    def _discard(self) -> None:
        """Delete the indexes. The manifest goes first, so that a kill leaves nothing believed."""
        (self._folder / "manifest.json").unlink(missing_ok=True)
        for name in ("vectors", "words", "forward"):
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def _close_vectors(self) -> None:
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    def _let_go(self) -> None:
        self._close_vectors()
        self._words = None
        self._forward = None
        self._shown = None


def _inventory(folder: Path) -> dict[str, int]:
    """Return the sizes of Chroma's graph files and our arrays, by path in the index folder."""
    return {
        str(file.relative_to(folder)): file.stat().st_size
        for pattern in ("vectors/*/*.bin", "forward/*.npy")
        for file in sorted(folder.glob(pattern))
    }


def forward_of(
    library: Library, *, before: ForwardIndex | None = None, changed: Collection[str] = ()
) -> ForwardIndex:
    """Return the forward index of the library as it is, taking over from `before` what stands."""
    titles = {entry.id: entry.source.title for entry in library.entries() if entry.passages}

    def read(document: str) -> tuple[str, list[Passage], Vectors, TokenCodes]:
        vectors = library.vectors([document])[1]
        tokens = library.token_codes(document)
        return titles[document], library.passages_of(document), vectors, tokens

    return ForwardIndex.made(sorted(titles), read, stems, before=before, changed=changed)
