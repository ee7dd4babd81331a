"""The workspace: the one object that opens everything a question needs, and decides nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from pathlib import Path

from assistant.checking.checker import Checker
from assistant.checking.entailment import judge_if_any
from assistant.engine import Engine
from assistant.engine_selection import engine_named
from assistant.planning.question_language import is_foreign
from assistant.retrieval.chinese_reader import ReaderByScript
from assistant.retrieval.sentence_ranking import SentenceRanker
from assistant.settings import Settings
from corpus.addresses import Policy
from corpus.catalogue import Entry
from corpus.counting import Counting
from corpus.errors import NotInLibrary, SearchIndexError, StorageError
from corpus.feeds import Feed
from corpus.library import Library
from corpus.public_documents import PublicDocument
from corpus.references import ReferenceFile
from corpus.themes import BEGINNING, Themes
from corpus.vocabulary import groups_of
from index.cosine_scale import DEFAULT_SCALE, CosineScale, noted_scale, scale_of
from index.embedders import (
    HASHING,
    CountingEmbedder,
    counting_of,
    document_embedder,
    question_embedder,
)
from index.feed_ingest import FIRST, FeedFetching, FeedReport, Followed, follow
from index.index_manager import IndexManager
from index.ingest import MetadataOverride, Progress, Report, add
from index.reader import WORDS, ReaderModel, reader_named
from index.reference_import import ReferenceImport, ReferenceReport
from index.rerankers import Reranked, reranker_named
from index.retriever import Retriever, embedder_mismatch
from index.url_ingest import add_addresses
from index.vector_store import store_named

_LOG = logging.getLogger(__name__)
# Seconds between two pages of one host: what sites that say so ask for most (Crawl-delay).
_PACE = 1.0


class Workspace:
    """Library, indexes, models and engine of one data folder; a context manager.

    Opening is cheap: models load when they are first needed, once, from whatever thread.
    """

    def __init__(self, settings: Settings, *, addresses: Policy | None = None) -> None:
        """Open the library in `settings.home`; raises LibraryError, UsageError.

        `addresses` is what may be fetched from the web, the public internet unless given.
        """
        self.settings = settings
        self.addresses = addresses or Policy(pace=_PACE)
        self.aliases = groups_of(settings.home)
        self.engine: Engine = engine_named(settings.engine, settings.home)
        # Before the library is opened, which would have to be closed again.
        store_named(settings.vector_store)
        self.library = Library(settings.home)
        self.themes = Themes(settings.home)
        # The theme by the words of a document, by its id and title.
        self._themes_by_words: dict[tuple[str, str], str] = {}
        self._models = _Models(settings)
        self.indexes = IndexManager(
            self.library, store=settings.vector_store, scale=self._models.scale_named
        )
        self._retriever: Retriever | None = None
        self._borrowed = False

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
    ) -> Iterator[Progress | Report]:
        """Add files to the library: see `index.ingest.add`; `ocr` may be set for all of them."""
        return add(
            files,
            library=self.library,
            embedder=self.document_embedder,
            counting=self._counting,
            indexes=self.indexes,
            described=described,
            places=places,
            starter=starter,
            ocr=ocr or self.settings.ocr,
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
    ) -> Iterator[Progress | Report]:
        """Add what is at web addresses: see `index.url_ingest.add_addresses`."""

        def fetched(
            files: Sequence[Path],
            places: Mapping[Path, str],
            overrides: Mapping[Path, MetadataOverride],
        ) -> Iterator[Progress | Report]:
            return self.add(files, described=overrides, places=places, ocr=ocr)

        return add_addresses(addresses, fetched, described=described, policy=self.addresses)

    def add_public(self, documents: Sequence[PublicDocument]) -> Iterator[Progress | Report]:
        """Fetch and add documents of the curated list, with what the list says of them."""
        return self.add_addresses(
            [one.url for one in documents],
            described={
                one.url: MetadataOverride(one.title, one.publisher, one.published, one.theme)
                for one in documents
            },
        )

    def follow(self, address: str) -> Followed:
        """Follow a feed: see `index.feed_ingest.follow`."""
        return follow(self.library, address, self.addresses)

    def add_feeds(
        self, feeds: Sequence[Feed], *, first: int | None = FIRST
    ) -> Iterator[Progress | FeedReport]:
        """Fetch and add what is new of feeds: see `index.feed_ingest.FeedFetching`."""
        fetching = FeedFetching(self.library, self.add, self.add_addresses, self.addresses, first)
        return fetching.bring(feeds)

    def add_references(
        self, file: ReferenceFile, folders: Sequence[Path], *, fetch: bool = False
    ) -> Iterator[Progress | ReferenceReport]:
        """Import a file of references: see `index.reference_import.ReferenceImport.bring`."""

        def added(
            files: Sequence[Path],
            places: Mapping[Path, str],
            described: Mapping[Path, MetadataOverride],
        ) -> Iterator[Progress | Report]:
            return self.add(files, described=described, places=places)

        importing = ReferenceImport(self.library, added, self.indexes, self.addresses)
        return importing.bring(file, folders, fetch=fetch)

    def maintain(self) -> None:
        """Update the indexes that an interrupted process left behind; raises LibraryError.

        If the disk refuses, the search reads the library itself.
        """
        with suppress(SearchIndexError, StorageError):
            self.indexes.maintain()

    def close(self) -> None:
        """Release the data folder, unless it belongs to another workspace (`with_engine`)."""
        if not self._borrowed:
            self.indexes.close()
            self.library.close()


class _Models:
    """The models of a workspace, each loaded when it is first asked for. Thread-safe.

    Each has a lock of its own, so that loading one does not block the use of another.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = {
            name: threading.Lock()
            for name in ("documents", "questions", "scale", "reader", "others")
        }
        self._documents: CountingEmbedder | None = None
        self._questions: CountingEmbedder | None = None
        self._reader: ReaderModel | None = None
        self._checker: Checker | None = None
        self._scale: CosineScale | None = None

    @property
    def documents(self) -> CountingEmbedder:
        with self._loading["documents"]:
            if self._documents is None:
                name, cache = self._settings.embedder, self._settings.models
                self._documents = document_embedder(name, cache=cache)
                scale_of(self._documents, folder=cache, anew=True)
            return self._documents

    @property
    def questions(self) -> CountingEmbedder:
        with self._loading["questions"]:
            if self._questions is None:
                name, cache = self._settings.embedder, self._settings.models
                self._questions = question_embedder(name, cache=cache)
            return self._questions

    @property
    def scale(self) -> CosineScale:
        questions = self.questions
        with self._loading["scale"]:
            if self._scale is None:
                self._scale = scale_of(questions, folder=self._settings.models)
            return self._scale

    def scale_named(self, embedder: str) -> CosineScale:
        """Return the scale of an embedder by its name; the default one if it cannot be measured.

        It never raises: a search reports what is wrong with the embedder.
        """
        noted = noted_scale(embedder, folder=self._settings.models)
        if noted is not None or not embedder:
            return noted or DEFAULT_SCALE
        try:
            return self.scale if self.questions.name == embedder else DEFAULT_SCALE
        except Exception as error:  # noqa: BLE001  # reason: an embedder of others may raise anything
            _LOG.warning("the embedder cannot be measured: %s", type(error).__name__)
            return DEFAULT_SCALE

    @property
    def reader_model(self) -> ReaderModel:
        with self._loading["reader"]:
            if self._reader is None:
                # The embedder without a model goes with the reader without one.
                by_words = self._settings.embedder == HASHING
                name = self._settings.reader or (WORDS if by_words else "")
                model: ReaderModel = ReaderByScript(reader_named(name, cache=self._settings.models))
                if self._settings.reranker:
                    reranker = reranker_named(self._settings.reranker, cache=self._settings.models)
                    model = Reranked(model, reranker, is_foreign)
                self._reader = model
            return self._reader

    @property
    def checker(self) -> Checker:
        questions, scale = self.questions, self.scale
        with self._loading["others"]:
            if self._checker is None:
                judge = judge_if_any(self._settings.judge, cache=self._settings.models)
                self._checker = Checker(questions, judge, scale)
            return self._checker
