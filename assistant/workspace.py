"""The workspace: the one object that opens everything a question needs, and decides nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.checking.checker import Checker
from assistant.engine import Engine
from assistant.engine_selection import engine_named
from assistant.loaded_models import LoadedModels
from assistant.retrieval.sentence_ranking import SentenceRanker
from assistant.settings import Settings
from assistant.shared_answers import SharedAnswers
from corpus import metrics, tracing
from corpus.access import ANYONE, Asker
from corpus.addresses import Policy
from corpus.bounded_library import BoundedLibrary
from corpus.catalogue import Entry
from corpus.counting import Counting
from corpus.errors import NotInLibrary, SearchIndexError, StorageError
from corpus.feeds import FIRST, Feed
from corpus.library import Library
from corpus.public_documents import PublicDocument
from corpus.references import ReferenceFile
from corpus.themes import BEGINNING, Themes
from corpus.vocabulary import groups_of
from index.bounded_indexes import BoundedIndexes
from index.cosine_scale import CosineScale
from index.embedders import (
    CountingEmbedder,
    counting_of,
)
from index.index_manager import IndexManager
from index.retriever import Retriever, embedder_mismatch
from index.vector_store import store_named

if TYPE_CHECKING:
    # What adds documents is imported where some are added: it takes 0.05 s of a first question.
    from assistant.memo.memo_repository import MemoRepository
    from index.feed_ingest import FeedReport, Followed
    from index.folder_plan import Ready
    from index.folder_sync import SyncReport
    from index.index_writer import Told
    from index.ingest import MetadataOverride, Progress, Report
    from index.reference_import import ReferenceReport

_LOG = logging.getLogger(__name__)
# How many people's views are kept between their questions, and how many different ones of these.
_MOST_VIEWS = 256
# Seconds between two pages of one host: what sites that say so ask for most (Crawl-delay).
_PACE = 1.0


class Workspace:
    """Library, indexes, models and engine of one data folder; a context manager.

    Opening is cheap: models load when they are first needed, once, from whatever thread.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        addresses: Policy | None = None,
        models: LoadedModels | None = None,
    ) -> None:
        """Open the library in `settings.home`; raises LibraryError, UsageError.

        `addresses` is what may be fetched from the web, the public internet unless given; `models`
        are those of the same settings, where they are being loaded already.
        """
        self.settings = settings
        self.addresses = addresses or Policy(pace=_PACE)
        self.aliases = groups_of(settings.home)
        self.engine: Engine = engine_named(settings.engine, settings.home)
        # Before the library is opened, which would have to be closed again.
        store_named(settings.vector_store)
        self.library = Library(settings.home, record=settings.record)
        self.themes = Themes(settings.home)
        # The theme by the words of a document, by its id and title.
        self._themes_by_words: dict[tuple[str, str], str] = {}
        self._models = models or LoadedModels(settings)
        self.indexes = IndexManager(
            self.library, store=settings.vector_store, scale=self._models.scale_named
        )
        # Of every view of this library: what may be read is part of what they go by.
        self.shared_answers = SharedAnswers()
        self._retriever: Retriever | None = None
        self._borrowed = False
        # The library with all there is in it, also where people sign in.
        self._whole_library = self.library
        # Who asks; everything below is bounded to what they may read.
        self.asker = ANYONE
        self._views = _Views()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def retriever(self) -> Retriever:
        """The search over the library's newest snapshot; raises EmbedderMismatch, EmbedderError."""
        embedder, present = self.question_embedder, self.library.embedder
        if present and present != embedder.name:
            raise embedder_mismatch(present, embedder.name)
        if self._retriever is None:
            model = self._models.reader_model
            self._retriever = Retriever(self.library, embedder, self.indexes, self.aliases, model)
        return self._retriever

    @property
    def sentence_ranker(self) -> SentenceRanker:
        """The ranker of sentences, with the reader that the search uses; raises ReaderError."""
        return SentenceRanker(self._models.reader_model)

    @property
    def question_embedder(self) -> CountingEmbedder:
        """The light embedder, loaded once; raises EmbedderError."""
        return self._models.questions

    @property
    def cosine_scale(self) -> CosineScale:
        """The scale of the embedder's cosines; raises EmbedderError."""
        return self._models.scale

    @property
    def checker(self) -> Checker:
        """The checker of sentences against passages; kept, since it caches what it read."""
        return self._models.checker

    def document_embedder(self) -> CountingEmbedder:
        """Return the embedder for passages, loaded once; raises EmbedderError."""
        return self._models.documents

    def with_themes(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the documents with the key of their theme in `source.theme`.

        It is the theme that the document states or a user gave, or else the one that its words
        suggest (`corpus.themes`); "" for neither.
        """
        themes = [
            self.themes.key_of(one.source.theme) or self.theme_told_by_words(one) for one in entries
        ]
        return [
            replace(one, source=replace(one.source, theme=theme))
            for one, theme in zip(entries, themes, strict=True)
        ]

    def theme_told_by_words(self, entry: Entry) -> str:
        """Return the key of the theme that the words of a document suggest; "" for none."""
        key = entry.id, entry.source.title
        if key not in self._themes_by_words:
            beginning = self.library.beginning(entry.id, BEGINNING)
            self._themes_by_words[key] = self.themes.told(entry.source.title, beginning)
        return self._themes_by_words[key]

    def with_engine(self, engine: Engine) -> Workspace:
        """Return this workspace with another engine; everything else is shared, and stays open."""
        other = copy(self)
        other.engine = engine
        other._borrowed = True
        return other

    def seen_by(self, asker: Asker) -> Workspace:
        """Return this workspace as a person sees it: with the documents that they may read alone.

        It is itself for `ANYONE`. Rights are looked up now: take it anew for each question. Raises
        LibraryError.
        """
        if asker == self.asker:
            return self
        if self.asker != ANYONE:
            raise ValueError("a workspace that is bounded to one person is not another's")
        readable, indexes = self._views.of(asker, self.library, self.indexes)
        other = copy(self)
        other.asker = asker
        other.library = BoundedLibrary(self.library, asker, readable)
        other.indexes = indexes
        other._retriever = None
        other._borrowed = True
        return other

    @property
    def readable(self) -> Collection[str] | None:
        """The ids of what whoever asks may read, None for all; equal for equal rights."""
        return self.library.readable

    def note(self, action: str, subject: str, **detail: object) -> None:
        """Add a line to the audit trail, where people sign in; raises StorageError.

        It comes before what it records: what cannot be recorded is not done.
        """
        if self.asker != ANYONE:
            self.library.audit.note(self.asker.name, action, subject, **detail)

    @property
    def memos(self) -> MemoRepository:
        """The memos of whoever asks; lines that rest on what they may not read are withheld."""
        # Memos need the workspace's own modules.
        from assistant.memo.memo_repository import MemoRepository
        from assistant.memo.withholding import OwnMemos

        if self.asker == ANYONE:
            return MemoRepository(self._whole_library)
        return OwnMemos(self._whole_library, self.asker.name, self.library)

    def remove(self, document: str) -> Entry:
        """Take a document out of the library and the search; raises NotInLibrary."""
        with self.library.writing():
            entry = self.library.remove(document)
            self._update_indexes()
        return entry

    def remove_all(self, documents: Sequence[str]) -> list[Entry]:
        """Take several out; those that are gone, or went with another one's file, are left out."""
        return self._all(documents, self.library.remove)

    def restore(self, document: str) -> Entry:
        """Bring a removed document back; raises NotInLibrary."""
        with self.library.writing():
            entry = self.library.restore(document)
            self._update_indexes()
        return entry

    def restore_all(self, documents: Sequence[str]) -> list[Entry]:
        """Bring several removed documents back; those that were never there are left out."""
        return self._all(documents, self.library.restore)

    def update_source(self, document: str, **values: str | None) -> Entry:
        """Change what the library says of a document: see `Library.update_source`."""
        with self.library.writing():
            entry = self.library.update_source(document, **values)
            self._update_indexes()
        return entry

    def update_all(self, documents: Sequence[str], **values: str | None) -> list[Entry]:
        """Change what the library says of several; those that are gone are left out."""
        return self._all(documents, lambda one: self.library.update_source(one, **values))

    def _all(self, documents: Sequence[str], change: Callable[[str], Entry]) -> list[Entry]:
        """Change documents one by one, and the indexes once; return those that were changed."""
        changed = []
        with self.library.writing():
            for one in documents:
                with suppress(NotInLibrary):
                    changed.append(change(one))
            if changed:
                self._update_indexes()
        return changed

    def _update_indexes(self) -> None:
        """Update the indexes with what was just written; the library itself is safe already."""
        try:
            self.indexes.update(wait=False)
        except (SearchIndexError, StorageError) as error:
            # `IndexManager.maintain` repairs them; what was written to the library stands.
            _LOG.error("the indexes do not show a change yet", exc_info=error)

    def add(
        self,
        files: Sequence[Path],
        *,
        described: MetadataOverride | Mapping[Path, MetadataOverride] | None = None,
        places: Mapping[Path, str] | None = None,
        starter: bool = False,
        ocr: bool = False,
        workers: str = "",
        collection: str = "",
    ) -> Iterator[Progress | Report]:
        """Add files to the library: see `index.ingest.add`; `ocr` may be set for all of them.

        `workers` is the address of a Ray cluster that reads and embeds them, the one of the
        settings unless given; what comes with the program is read here. With a `collection` its
        readers alone find them. Raises UsageError for what is no address, or for a collection that
        is not there, NotAllowed where people sign in and this one is no editor of it.
        """
        from index.ingest import add
        from index.workers import Workers

        address = "" if starter else workers or self.settings.workers
        whole = self.asker == ANYONE and not collection
        adding = partial(
            add,
            files,
            library=self.library if whole else self.library.into(collection),
            embedder=self.document_embedder,
            counting=self._counting,
            indexes=self.indexes,
            described=described,
            places=places,
            starter=starter,
            ocr=ocr or self.settings.ocr,
            reading=Workers(address, self.settings.embedder) if address else None,
        )
        return tracing.stepwise("ingest", adding, _count_ingested, files=len(files))

    def sync(
        self,
        folder: Path,
        *,
        allow_empty: bool = False,
        trial: bool = False,
        refused_again: bool = True,
        ready: Ready | None = None,
        ocr: bool = False,
        collection: str = "",
    ) -> Iterator[Progress | SyncReport]:
        """Bring the library in step with a folder: see `index.folder_sync.sync`, and `add` here.

        Raises UsageError for a collection that is not there.
        """
        from index.folder_plan import always
        from index.folder_sync import sync

        if collection:
            self.library.collections.require(collection)
        return sync(
            folder.expanduser().resolve(),
            lambda files: self.add(files, ocr=ocr, collection=collection),
            library=self.library,
            indexes=self.indexes,
            allow_empty=allow_empty,
            trial=trial,
            refused_again=refused_again,
            ready=ready or always,
        )

    def _counting(self) -> Counting:
        """Return how the embedder counts tokens, without loading it where a file says so."""
        known = counting_of(self.settings.embedder, cache=self.settings.models)
        return known or self.document_embedder().counting

    def add_addresses(
        self,
        addresses: Sequence[str],
        *,
        described: Mapping[str, MetadataOverride] | None = None,
        ocr: bool = False,
        workers: str = "",
        collection: str = "",
    ) -> Iterator[Progress | Report]:
        """Add what is at web addresses: see `index.url_ingest.add_addresses`, and `add` here."""
        from index.url_ingest import add_addresses

        def fetched(
            files: Sequence[Path],
            places: Mapping[Path, str],
            overrides: Mapping[Path, MetadataOverride],
        ) -> Iterator[Progress | Report]:
            return self.add(
                files,
                described=overrides,
                places=places,
                ocr=ocr,
                workers=workers,
                collection=collection,
            )

        return add_addresses(addresses, fetched, described=described, policy=self.addresses)

    def add_public(
        self, documents: Sequence[PublicDocument], *, collection: str = ""
    ) -> Iterator[Progress | Report]:
        """Fetch and add documents of the curated list, with what the list says of them."""
        from index.ingest import MetadataOverride

        return self.add_addresses(
            [one.url for one in documents],
            described={
                one.url: MetadataOverride(one.title, one.publisher, one.published, one.theme)
                for one in documents
            },
            collection=collection,
        )

    def follow(self, address: str) -> Followed:
        """Follow a feed: see `index.feed_ingest.follow`."""
        from index.feed_ingest import follow

        return follow(self.library, address, self.addresses)

    def add_feeds(
        self, feeds: Sequence[Feed], *, first: int | None = FIRST
    ) -> Iterator[Progress | FeedReport]:
        """Fetch and add what is new of feeds: see `index.feed_ingest.FeedFetching`."""
        from index.feed_ingest import FeedFetching

        fetching = FeedFetching(self.library, self.add, self.add_addresses, self.addresses, first)
        return fetching.bring(feeds)

    def add_references(
        self,
        file: ReferenceFile,
        folders: Sequence[Path],
        *,
        fetch: bool = False,
        ocr: bool = False,
        workers: str = "",
        collection: str = "",
    ) -> Iterator[Progress | ReferenceReport]:
        """Import references: see `index.reference_import.ReferenceImport.bring`, and `add` here.

        Raises UsageError for a collection that is not there.
        """
        from index.reference_import import ReferenceImport

        if collection:
            self.library.collections.require(collection)

        def added(
            files: Sequence[Path],
            places: Mapping[Path, str],
            described: Mapping[Path, MetadataOverride],
        ) -> Iterator[Progress | Report]:
            return self.add(
                files,
                described=described,
                places=places,
                ocr=ocr,
                workers=workers,
                collection=collection,
            )

        importing = ReferenceImport(self.library, added, self.indexes, self.addresses)
        return importing.bring(file, folders, fetch=fetch)

    def maintain(self, told: Told | None = None) -> None:
        """Update the indexes that an interrupted process left behind; raises LibraryError.

        If the disk refuses, the search reads the library itself. `told`: see `IndexManager.update`.
        """
        with suppress(SearchIndexError, StorageError):
            self.indexes.maintain(told)

    def close(self) -> None:
        """Release the data folder, unless it belongs to another workspace (`with_engine`)."""
        if not self._borrowed:
            self.indexes.close()
            self.library.close()


def _count_ingested(span: tracing.Span, step: Progress | Report) -> None:
    """Tell what became of the files, once that is known."""
    from index.ingest import Report

    if isinstance(step, Report):
        became = {
            "added": len(step.added),
            "replaced": len(step.replaced),
            "unchanged": len(step.unchanged),
            "duplicate": len(step.duplicates),
            "refused": len(step.refused),
        }
        span.note(passages=step.passages, **became)
        for outcome, files in became.items():
            metrics.count("briefing_documents_read", outcome, times=files)


class _Views:
    """What people may read, as last looked up, and the indexes bounded to it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By person: the state of the library and of the rights that it was looked up in.
        self._readable: dict[Asker, tuple[tuple[int, int], frozenset[str]]] = {}
        self._indexes: dict[frozenset[str], BoundedIndexes] = {}

    def of(
        self, asker: Asker, library: Library, indexes: IndexManager
    ) -> tuple[frozenset[str], BoundedIndexes]:
        """Return what a person may read by the rights as they are now, and indexes of that."""
        # Before what may be read: what changes in between is looked up again.
        state = library.generation, library.collections.changes
        with self._lock:
            known = self._readable.pop(asker, None)
            if known is None or known[0] != state:
                known = state, library.collections.readable(asker)
            bounded = self._indexes.pop(known[1], None) or BoundedIndexes(indexes, known[1])
            self._readable[asker], self._indexes[known[1]] = known, bounded
            for kept in (self._readable, self._indexes):
                if len(kept) > _MOST_VIEWS:
                    del kept[next(iter(kept))]  # type: ignore[arg-type]
            return known[1], bounded
