"""Keeping the indexes up to date with the library, and rebuilding them without embedding.

The vector store, Tantivy and the forward index are derived. Searches read a snapshot: indexes
opened together for one generation of the library, which nobody changes. Whoever writes brings the
indexes up to date and publishes the next snapshot; readers never wait for that. A manifest beside
the indexes says what they show, and is clean only between writes: what a killed process left (2 of
139 kills broke Chroma for good) is not trusted. Searches read the library itself until a rebuild.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from corpus import tracing
from corpus.errors import (
    BriefingError,
    LibraryLocked,
    SearchIndexError,
    StorageError,
)
from corpus.i18n import tr
from corpus.library import Library
from corpus.record import from_the_beginning
from index import forward_files
from index.cosine_scale import DEFAULT_SCALE, CosineScale
from index.forward_index import is_consistent
from index.hosted_words import HostedWords
from index.index_writer import IndexWriter, Told
from index.keyword_index import KeywordIndex, WordSearch
from index.manifest import FILE_NAME, VECTORS, Manifest
from index.probe import probe_vectors, stored_of
from index.server_address import is_address
from index.shared_vectors import SharedReader, SharedVectors
from index.snapshot import Snapshot, VectorReader, snapshot_in_memory
from index.vector_store import DEFAULT_STORE, store_named
from index.versions import later_versions

_LOG = logging.getLogger(__name__)
# Seconds for which intact files are not checked again: one answer opens the indexes a dozen times.
_TRUSTED_SECONDS = 1.0
# How often a reader tries to open indexes that another process is replacing.
_TRIES = 3
# Seconds that a writer waits for another thread that is updating the indexes: a rebuild of
# 100,000 passages takes about one minute.
_WRITER_TIMEOUT = 600.0
# While documents are added the indexes are updated at most this often (seconds), and updates take
# at most this share of the time.
_UPDATE_INTERVAL, _UPDATE_SHARE = 5.0, 0.1

# Fewer passages than any index has.
_NONE = -1

# The manifest's inode, time and size: one that is the same has not been written since.
_Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Published:
    """A snapshot with the manifest it was opened from, None for one made from the library.

    `mark` identifies the manifest file as it was last seen.
    """

    snapshot: Snapshot
    manifest: Manifest | None
    mark: _Mark | None

    def has_store_of(self, manifest: Manifest) -> bool:
        """Say whether the vector store was not written between this state and that one."""
        return self.manifest is not None and (
            (self.manifest.stored, self.manifest.stored_mark)
            == (manifest.stored, manifest.stored_mark)
        )


class IndexManager:
    """The three indexes of one library folder, opened when first needed. Thread-safe.

    Locks, outermost first: the library's writer lock, then `_write_lock`, for whoever updates the
    indexes; `_open_lock` for whoever opens a snapshot. Neither is held while the writer lock is
    waited for.
    """

    def __init__(
        self,
        library: Library,
        *,
        store: str = DEFAULT_STORE,
        scale: Callable[[str], CosineScale] = lambda _: DEFAULT_SCALE,
    ) -> None:
        """Open nothing yet; raises UsageError for a `store` (index.vector_store) that nobody adds.

        `store` may be the address of a server, which several machines search (shared_vectors).
        `scale` returns that of an embedder by its name, and never raises.
        """
        self._library = library
        self._store_name, self._store = store, store_named(store)
        self._server = SharedVectors(library, store) if is_address(store) else None
        self._scale = scale
        self._folder = library.home / "index"
        self._writer = IndexWriter(
            library,
            store,
            withdraw=self._withdraw_vectors,
            on_server=self._server is not None,
            hosted_words=lambda: self._hosted_words,
        )
        self._published: _Published | None = None
        # The published state whose files were last found intact, and when.
        self._last_checked: tuple[_Published | None, float] = (None, 0.0)
        # The manifest of indexes that did not open, or whose vector store failed a query.
        self._broken: _Mark | None = None
        # Of up to so many passages the store is not opened here, since it was not tried yet.
        self._held_back: float = _NONE
        # How much of one document another repeats, by the embedder that says so (index.versions).
        self._shares: defaultdict[str, dict[tuple[str, str], float]] = defaultdict(dict)
        self._open_lock = threading.Lock()
        self._write_lock = threading.Lock()
        # The generation wanted by a thread that found another one updating.
        self._wanted = 0
        self._wanted_lock = threading.Lock()
        self._last_update = (0.0, 0.0)

    def snapshot(self) -> Snapshot:
        """Return the newest state that can be searched; never waits for a writer.

        Where the indexes are damaged or another library's, the library is read (once, in seconds).
        Raises LibraryError.
        """
        present = self._published
        if present is not None and self._is_current(present):
            return present.snapshot
        # One thread opens the new state; the others go on with the old one.
        if not self._open_lock.acquire(blocking=present is None):
            assert present is not None
            return present.snapshot
        try:
            present = self._published
            if present is None or not self._is_current(present):
                present = self._published = self._open_newest(present)
            return present.snapshot
        finally:
            self._open_lock.release()

    @tracing.spanned("index")
    def update(self, *, rebuild: bool = False, wait: bool = True, told: Told | None = None) -> bool:
        """Update the indexes to the library's generation; return whether they were rebuilt.

        Takes the library's writer lock (LibraryLocked when another process writes). Embeds nothing:
        vectors come from the library. If another thread is updating them, or another machine the
        server that has the vectors, this waits for it, or with `wait` false leaves the rest to it.
        `told` is called while they are made anew, with passages done and of how many. Raises
        SearchIndexError when an index refuses.
        """
        rebuilt = False
        with self._library.writing():
            with self._wanted_lock:
                self._wanted = max(self._wanted, self._library.generation)
            while True:
                if not self._write_lock.acquire(timeout=_WRITER_TIMEOUT if wait else 0):
                    if not wait:
                        return rebuilt
                    raise LibraryLocked(tr("the search indexes are being rebuilt; try again later"))
                try:
                    started = time.monotonic()
                    failed = from_the_beginning(partial(self._bring_server_up, rebuild, wait))
                    shown, again = from_the_beginning(partial(self._update_once, rebuild, told))
                    # Waiting for another machine counts too: adding must not do mostly that.
                    self._last_update = (time.monotonic(), time.monotonic() - started)
                finally:
                    self._write_lock.release()
                if failed is not None and rebuild:
                    raise failed
                rebuilt, rebuild = rebuilt or again, False
                # Something may have been left to this thread just before it released the lock.
                if shown >= min(self._wanted, self._library.generation):
                    return rebuilt

    def _bring_server_up(self, rebuild: bool, wait: bool) -> BriefingError | None:
        """Write what changed to the server, if there is one; return why that did not succeed.

        The other indexes do not wait for it: searches compare vectors until it is done.
        """
        try:
            if self._server is not None:
                self._server.bring_up(rebuild=rebuild, wait=wait)
        except LibraryLocked as error:
            _LOG.info("another machine writes to the vector store: %s", error)
        except SearchIndexError as error:
            return error
        return None

    def update_if_due(self) -> None:
        """Update the indexes from time to time while documents are added; see `update`."""
        at, took = self._last_update
        if time.monotonic() - at > max(_UPDATE_INTERVAL, took / _UPDATE_SHARE):
            self.update()

    def maintain(self, told: Told | None = None) -> bool:
        """Update or rebuild what an interrupted process left; return whether that was needed.

        Does nothing while another writer is at work, which will do it. `told`: see `update`. Raises
        SearchIndexError, StorageError.
        """
        if self._library.read_only or self._library.written_here:
            return False
        # Only opening them shows whether they open at all, and agree with each other.
        self.snapshot()
        if not self.is_behind():
            return False
        try:
            self.update(wait=False, told=told)
        except LibraryLocked:
            return False
        return True

    def distrust(self, vectors: VectorReader | SharedReader) -> None:
        """Stop using the vector store, which failed a query; `maintain` then rebuilds it."""
        if self._server is not None:
            self._server.distrust()
            return
        with self._open_lock:
            present = self._published
            if present is not None and present.snapshot.vectors is vectors:
                self._broken = present.mark
                self._close_vectors()
                self._published = replace(present, snapshot=replace(present.snapshot, vectors=None))

    def hold_vectors_back(self, up_to: float = math.inf) -> None:
        """Have searches of up to so many passages compare vectors, until `try_vectors` tries them.

        Only for a store that, if damaged, may crash the process that opens it.
        """
        self._held_back = up_to if self._store.may_crash else _NONE

    def try_vectors(self) -> str:
        """Try the store in another process, then let searches use it; return what is wrong, or "".

        A broken one is not used, and `maintain` rebuilds it. Takes seconds. An index that is
        written meanwhile cannot be one that crashes, and one so small that Chroma has written no
        graph is read from its database, whose faults are ordinary errors. Raises LibraryError.
        """
        reason = ""
        try:
            forward, present = self.snapshot().forward, self._published
            # A store whose files are none yet has nothing that could crash.
            empty = self._store.has_files and not (
                present and present.manifest and present.manifest.vectors_in_files
            )
            if present is not None and not empty and self._store.may_crash:
                ids, stored = stored_of(forward)
                found = probe_vectors(self._folder / VECTORS, ids, stored, store=self._store_name)
                if self._published is not None and self._manifest_mark() == present.mark:
                    reason = found.reason
        finally:
            with self._open_lock:
                self._held_back = _NONE
                if reason:
                    self._broken = self._manifest_mark()
                elif self._published is not None and self._published.snapshot.vectors is None:
                    # The next search opens the indexes again, with the store.
                    self._published = replace(self._published, mark=None)
        if reason:
            _LOG.error("the vector index is broken and made anew: %s", reason)
        return reason

    def is_behind(self) -> bool:
        """Say whether the indexes on disk are older than the library, or cannot be trusted."""
        manifest = self._trusted_manifest()
        if manifest is None or manifest.generation != self._library.generation:
            return True
        return self._server is not None and self._server.is_behind()

    def generation_shown(self) -> int:
        """Return the generation of the library that the indexes on disk show; 0 without any."""
        manifest = Manifest.read(self._folder)
        return manifest.generation if manifest else 0

    def fault(self) -> str:
        """Read every file and return what is wrong with the indexes on disk, or ""."""
        mark, manifest = self._manifest_mark(), Manifest.read(self._folder)
        if manifest is None:
            return "there are none" if self._library.generation else ""
        if not manifest.clean:
            return "being written, or broken off while they were"
        if not self._belongs_here(manifest):
            return "made from another library or state of it, or with another vector store"
        if damaged := manifest.damaged(self._folder, self._store, thorough=True):
            return f"{damaged} is missing or altered"
        if mark == self._broken:
            return "they do not open, or differ in what they hold"
        return "" if manifest.generation == self._library.generation else "behind the library"

    def server_fault(self) -> str:
        """Ask the server that keeps the vectors, and return what is wrong; "" if there is none."""
        return "" if self._server is None else self._server.fault()

    def close(self) -> None:
        """Close the indexes and release their folder."""
        with self._open_lock:
            self._close_vectors()
            self._published = None
        if self._server is not None:
            self._server.close()

    def _is_current(self, present: _Published) -> bool:
        """Say whether a published snapshot still shows the state on disk, or of the library."""
        if self._manifest_mark() != present.mark:
            return False
        seen, at = self._last_checked
        if seen is present and time.monotonic() - at < _TRUSTED_SECONDS:
            return True
        if present.manifest is None:
            # Made from the library, since the indexes are unusable: it must match the library.
            return present.snapshot.generation == self._library.generation
        if present.manifest.damaged(self._folder, self._store):
            return False
        self._last_checked = (present, time.monotonic())
        return True

    def _manifest_mark(self) -> _Mark | None:
        try:
            status = (self._folder / FILE_NAME).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _trusted_manifest(self) -> Manifest | None:
        """Return the manifest of indexes that can be trusted, None for those that cannot."""
        mark, manifest = self._manifest_mark(), Manifest.read(self._folder)
        if manifest is None or not (manifest.clean and self._belongs_here(manifest)):
            return None
        if self._broken is not None and self._broken == mark:
            return None
        return None if manifest.damaged(self._folder, self._store) else manifest

    @property
    def _hosted_words(self) -> bool:
        """Whether the server finds by words too, so that there is no keyword index here."""
        return self._server is not None and self._server.has_words

    def _belongs_here(self, manifest: Manifest) -> bool:
        return manifest.belongs_to(self._library, self._store_name, hosted_words=self._hosted_words)

    def _open_newest(self, present: _Published | None) -> _Published:
        """Open the state on disk, or make one; the caller holds `_open_lock`."""
        for _ in range(_TRIES):
            mark = self._manifest_mark()
            manifest = Manifest.read(self._folder)
            if present is not None and manifest is not None and not manifest.clean:
                # A writer is at work: what is open stays usable, except for a vector store that
                # is written.
                kept = present.snapshot.vectors
                if not (manifest.stored and present.has_store_of(manifest)):
                    self._close_vectors()
                    kept = kept if self._server is not None else None
                snapshot = replace(present.snapshot, vectors=kept)
                return _Published(snapshot, present.manifest, mark)
            manifest = self._trusted_manifest()
            if manifest is None:
                break
            try:
                snapshot = self._open(manifest)
            except SearchIndexError as error:
                _LOG.error("the indexes do not open", exc_info=error)
                self._broken = mark
                break
            if self._manifest_mark() == mark:
                return _Published(snapshot, manifest, mark)
            if snapshot.vectors is not None:
                snapshot.vectors.close()
        mark = self._manifest_mark()
        self._close_vectors()
        if (
            present is not None
            and present.manifest is None
            and present.snapshot.generation == self._library.generation
        ):
            return replace(present, mark=mark)
        return _Published(self._snapshot_of_library(), None, mark)

    @tracing.spanned("open indexes")
    def _open(self, manifest: Manifest) -> Snapshot:
        """Open the indexes that a manifest describes; raises SearchIndexError."""
        present = self._published
        kept = present.snapshot.vectors if present and present.has_store_of(manifest) else None
        # A store that was not written since stays open, with what it has read of its graph.
        if not (isinstance(kept, VectorReader) and kept.is_open):
            self._close_vectors()
            kept = None
        forward = forward_files.load(self._folder / "forward")
        server = None if self._server is None else self._server.reader(manifest.embedder)
        words: WordSearch = (
            HostedWords(forward, server)
            if manifest.hosted_words
            else KeywordIndex(self._folder / "words").searcher()
        )
        if not is_consistent(forward) or len({len(forward), len(words), manifest.passages}) > 1:
            raise SearchIndexError(tr("the indexes differ in what they hold"))
        vectors = kept.beside(forward) if isinstance(kept, VectorReader) else None
        if vectors is None and server is None and manifest.passages > self._held_back:
            store = self._store.open(self._folder / VECTORS)
            held = len(forward) - len(forward.late_rows) + forward.gone_passages
            if len(store) != held:
                store.close()
                raise SearchIndexError(tr("the indexes differ in what they hold"))
            vectors = VectorReader(store, forward)
        entries = {one.id: one for one in self._library.entries() if forward.holds(one.id)}
        scale = self._scale(manifest.embedder)
        return Snapshot(
            manifest.generation,
            manifest.embedder,
            entries,
            forward,
            words,
            server if vectors is None else vectors,
            later_versions(entries.values(), forward, scale, self._shares[manifest.embedder]),
            scale,
        )

    def _snapshot_of_library(self) -> Snapshot:
        """Return a snapshot made in memory, used while the indexes cannot be trusted."""
        made = partial(snapshot_in_memory, self._library, self._scale, words=not self._hosted_words)
        return from_the_beginning(made)

    def _update_once(self, rebuild: bool, told: Told | None) -> tuple[int, bool]:
        """Update the indexes; return the generation they show and whether they were rebuilt.

        The caller holds the writer lock and `_write_lock`.
        """
        started = time.monotonic()
        manifest = self._trusted_manifest()
        with self._library.unchanging():
            target = self._library.generation
            if manifest is not None and manifest.generation == target and not rebuild:
                return target, False
            try:
                if manifest is None or rebuild or not self._try_apply(manifest, target):
                    rebuild = True
                    self._publish(self._writer.rebuild(target, told))
            except OSError as error:
                raise StorageError(
                    tr("cannot write {file} ({reason})", file=self._folder, reason=error.strerror)
                ) from error
        seconds = time.monotonic() - started
        how = "rebuilt" if rebuild else "brought up"
        _LOG.info("indexes %s: generation %d in %.1f s", how, target, seconds)
        return target, rebuild

    def _try_apply(self, manifest: Manifest, target: int) -> bool:
        """Write what changed since the manifest; False if an index fails and must be rebuilt."""
        try:
            self._publish(self._writer.apply(manifest, target))
        except SearchIndexError as error:
            _LOG.error("an index refuses an update and is made anew", exc_info=error)
            return False
        return True

    def _publish(self, manifest: Manifest) -> None:
        """Have searches use indexes that are clean from here on."""
        with self._open_lock:
            # Nobody has searched yet in a process that only adds: whoever does opens them.
            if self._published is not None:
                self._published = _Published(self._open(manifest), manifest, self._manifest_mark())

    def _withdraw_vectors(self) -> None:
        """Have searches compare vectors exactly from here on, since the store will be written.

        A server is searched while it is written.
        """
        if self._server is not None:
            return
        with self._open_lock:
            self._close_vectors()
            if self._published is not None:
                self._published = replace(
                    self._published, snapshot=replace(self._published.snapshot, vectors=None)
                )

    def _close_vectors(self) -> None:
        """Close the store, once no query is under way; the caller holds `_open_lock`."""
        if self._published is not None and self._published.snapshot.vectors is not None:
            self._published.snapshot.vectors.close()
