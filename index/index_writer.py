"""Writing the index folder of one library: what changed since the manifest, or all of it anew.

`IndexManager` decides when, and holds the locks. A manifest that is clean is written last of all.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import replace

from corpus import tracing
from corpus.catalogue import Entry
from corpus.library import Library
from index import forward_files
from index.forward_index import ForwardIndex, forward_index_of
from index.keyword_index import KeywordIndex
from index.manifest import FORMAT, VECTORS, IndexPart, Manifest, parts_of
from index.vector_store import VECTOR_STORES, store_named

_LOG = logging.getLogger(__name__)
# Is given how much is done, and of how much.
Told = Callable[[int, int], None]
# From so many passages on the vector store is written only when it lacks, or has too much, more
# than this share of them, or this many. Chroma reads all of its graph before it changes anything:
# 0.7 s of one core for 10,000 passages. Comparing 2,000 exactly takes a millisecond.
_LARGE, _SHARE_LATE, _MOST_LATE = 5_000, 0.05, 2_000


class IndexWriter:
    """Writes the indexes of one library; the caller holds its writer lock."""

    def __init__(
        self,
        library: Library,
        store: str,
        *,
        withdraw: Callable[[], None],
        on_server: bool,
        hosted_words: Callable[[], bool],
    ) -> None:
        """Write the indexes of `library`, the vectors into the store of that name.

        `withdraw` has searches leave the vector store alone before it is written. With `on_server`
        somebody else writes the vectors, and no keyword index is kept while `hosted_words` says
        that the server finds by words.
        """
        self._library = library
        self._store_name, self._store = store, store_named(store)
        self._folder = library.home / "index"
        self._withdraw = withdraw
        self._on_server = on_server
        self._hosted_words = hosted_words

    def apply(self, manifest: Manifest, target: int) -> Manifest:
        """Write what changed after the manifest's generation; return what the indexes then show.

        Raises SearchIndexError where an index refuses.
        """
        entries = {one.id: one for one in self._library.entries() if one.passages}
        changed = {
            one.document
            for one in self._library.changes_since(manifest.generation)
            if one.generation <= target
        }
        present = sorted(changed & entries.keys())
        before = forward_files.load(self._folder / "forward")
        fresh = forward_index_of(self._library, {one: entries[one] for one in present})
        # The vector store, which takes seconds to write to, is left alone while it lacks little.
        left = not self._on_server and _may_wait(before, changed, fresh)
        if not left:
            self._withdraw()
        unclean = replace(manifest, clean=False, stored=manifest.stored if left else 0)
        unclean.write(self._folder)
        if not manifest.hosted_words:
            with (
                tracing.span("index words"),
                KeywordIndex(self._folder / "words").writing() as writer,
            ):
                for document in changed:
                    writer.remove_document(document)
                for document in present:
                    writer.add(entries[document].source.title, self._library.passages_of(document))
        if not left and not self._on_server:
            late = {before.number(row)[0] for row in before.late_rows.tolist()} - changed
            with (
                tracing.span("index vectors"),
                closing(self._store.open(self._folder / VECTORS)) as vectors,
            ):
                vectors.remove_documents(sorted(changed | {one for one, *_ in before.gone}))
                if present or late:
                    vectors.add(*self._library.vectors(sorted(late.union(present))))
        with tracing.span("index forward"):
            forward, grown = forward_files.update(
                self._folder / "forward", before, changed, fresh, stored=not left
            )
        with tracing.span("index manifest"):
            parts = parts_of(self._folder, self._store, before=manifest.parts, grown=grown)
            made = self._manifest_of(target, len(forward), parts, clean=True)
            if left:
                made = replace(made, stored=manifest.stored, stored_mark=manifest.stored_mark)
            return self._finished(made, store_written=not left)

    def rebuild(self, target: int, told: Told | None = None) -> Manifest:
        """Build new indexes beside the old ones, and replace those; return what they show.

        Searches use the old ones, if there are any, until then. `told` is given the passages that
        are in, and how many there are.
        """
        entries = {one.id: one for one in self._library.entries() if one.passages}
        total, done = sum(one.passages for one in entries.values()), 0
        fresh = self._folder / "new"
        self._store.delete(fresh / VECTORS)
        shutil.rmtree(fresh, ignore_errors=True)
        folders = ["forward"]
        if not self._hosted_words():
            write_words(KeywordIndex(fresh / "words"), self._library, entries)
            folders.append("words")
        if not self._on_server:
            with closing(self._store.open(fresh / VECTORS)) as vectors:
                for document, entry in entries.items():
                    vectors.add(*self._library.vectors([document]))
                    done += entry.passages
                    if told is not None:
                        told(done, total)
            folders.append(VECTORS)
        forward = forward_index_of(self._library, entries)
        forward_files.save(forward, fresh / "forward")
        self._withdraw()
        before = Manifest.read(self._folder)
        old = VECTOR_STORES.get(before.store) if before is not None else None
        if before is not None and old is None and before.store != self._store_name:
            _LOG.warning("no package has the vector store %s: what it keeps stays", before.store)
        # Marked unclean before the old ones go, so that nothing is trusted after a crash in
        # between; still as those of the old store, which then deletes what it keeps elsewhere.
        unclean = self._manifest_of(target, 0, {}, clean=False)
        replace(unclean, store=before.store if before else unclean.store).write(self._folder)
        (old or self._store).delete(self._folder / VECTORS)
        for name in (VECTORS, "words", "forward"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
            if name in folders:
                (fresh / name).rename(self._folder / name)
        shutil.rmtree(fresh, ignore_errors=True)
        parts = parts_of(self._folder, self._store)
        made = self._manifest_of(target, len(forward), parts, clean=True)
        return self._finished(made, store_written=True)

    def _finished(self, manifest: Manifest, *, store_written: bool) -> Manifest:
        """Write a clean manifest, and return it with what it says of a store just written."""
        if store_written:
            mark = uuid.uuid4().hex
            manifest = replace(manifest, stored=manifest.generation, stored_mark=mark)
        manifest.write(self._folder)
        return manifest

    def _manifest_of(
        self, generation: int, passages: int, parts: dict[str, IndexPart], *, clean: bool
    ) -> Manifest:
        return Manifest(
            FORMAT,
            generation,
            self._library.identity,
            self._library.last_change(generation),
            self._library.embedder,
            passages,
            clean,
            parts,
            self._store_name,
            # What is there, whatever another machine has the server do meanwhile.
            hosted_words=self._on_server and not (self._folder / "words").is_dir(),
        )


def _may_wait(before: ForwardIndex, changed: Collection[str], fresh: ForwardIndex) -> bool:
    """Say whether a change is so small, beside what is there, that the vector store may wait.

    What it lacks is compared exactly meanwhile, what it has too much is passed over.
    """
    leaving = sum(after - first for _, first, after in before.leaving(changed))
    behind = len(before.late_rows) + fresh.extent + before.gone_passages + leaving
    return behind <= min(before.stored * _SHARE_LATE, _MOST_LATE) and before.stored >= _LARGE


def write_words(words: KeywordIndex, library: Library, entries: Mapping[str, Entry]) -> None:
    """Write every passage of those documents into an empty keyword index."""
    with words.writing() as writer:
        for document, entry in entries.items():
            writer.add(entry.source.title, library.passages_of(document))
