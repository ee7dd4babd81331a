"""Ingestion: read, split, embed and publish files, and update the indexes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from corpus.counting import Counting
from corpus.document import Document, LeftOut
from corpus.errors import LibraryLocked, NotAllowed, NotInLibrary, ReadError
from corpus.extraction_report import ExtractionReport, extraction_report_of
from corpus.files import NO_FILE
from corpus.i18n import tr
from corpus.library import Library
from corpus.log import log_name
from corpus.sandbox import Sandbox
from corpus.token_codes import TokenCodes
from index.change_detection import if_same_state, is_published
from index.embedders import CountingEmbedder
from index.embedding import Vectors
from index.file_reading import (
    UPLOADED,
    CallerMetadata,
    MetadataOverride,
    Part,
    Progress,
    ReadFile,
    Reading,
    embed_in_steps,
    embedding_texts,
    read_files,
    titled,
)
from index.index_manager import IndexManager
from index.work_left import WorkLeft

_LOG = logging.getLogger(__name__)
_OUTCOMES = ("added", "replaced", "updated", "unchanged")
# Rounds in which documents that are added while a library is embedded again are embedded too.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not added: the reason as a code, and as a line that says what would help."""

    path: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file whose content is already in the library: the title and location of that document."""

    path: str
    title: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an ingestion: paths by outcome, refusals, passages written, seconds taken.

    `updated` are documents whose text is unchanged and whose metadata has changed. `left_out` is
    what a folder holds besides documents (pipes, devices, links that lead out of it); `accounts`
    are the extraction reports of the documents that were added.
    """

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    refused: tuple[Refusal, ...] = ()
    left_out: tuple[Refusal, ...] = ()
    accounts: tuple[ExtractionReport, ...] = ()
    passages: int = 0
    seconds: float = 0.0


def add(
    files: Sequence[Path],
    *,
    library: Library,
    embedder: Callable[[], CountingEmbedder],
    indexes: IndexManager,
    counting: Callable[[], Counting] | None = None,
    described: MetadataOverride | Mapping[Path, MetadataOverride] | None = None,
    places: Mapping[Path, str] | None = None,
    starter: bool = False,
    ocr: bool = False,
    reading: Reading | None = None,
) -> Iterator[Progress | Report]:
    """Add files to the library, yielding progress and, last, the report.

    Each document becomes visible in one transaction of its own: an interruption leaves whole ones.
    A file that cannot be read is reported and the rest are added; documents within a document
    (attachments of a mail) become documents of their own. `embedder` is called when the first text
    must be embedded, or tokens counted without `counting`. `described` holds for all files, or maps
    each to its own; `places` are locations that are not paths: an address, the name of an upload.
    `starter` marks the documents as ours. `reading` reads and embeds elsewhere than here, and may
    give the files back in another order. Raises LibraryLocked when another process writes,
    StorageError when the disk refuses, EmbedderError when the model cannot be loaded, and what
    `reading` raises.
    """
    started = time.perf_counter()
    given = CallerMetadata(described or {}, places or {})
    ingestion = _Ingestion(library, embedder, starter)
    total = len(files)
    with library.writing():
        changed = []
        for file in files:
            known = is_published(library, file, given.place(file), in_full=ocr)
            if known and not given.override(file).edits:
                ingestion.outcomes["unchanged"].append(given.place(file))
            else:
                changed.append(file)
        done = total - len(changed)
        if done:
            note = tr("{count} files are already in the library", count=done)
            yield Progress("compared", done, total, note)
        work = WorkLeft(changed)
        with (
            Sandbox(counting=counting or (lambda: embedder().counting)) as sandbox,
            _IndexedBeside(indexes) as beside,
        ):
            read_all = reading or partial(read_files, sandbox=sandbox)
            with closing(read_all(changed, given, ocr=ocr)) as reads:
                for read in reads:
                    if isinstance(read, Progress):
                        yield work.told(replace(read, done=done, total=total))
                        continue
                    step = Progress("", done, total, given.name(read.file))
                    done += 1
                    for told in ingestion.take(read, given, step):
                        yield work.weighed(read.file, told)
                    work.finished(read.file)
                    beside.update_if_due()
        yield Progress("indexing", total, total, tr("updating the search indexes"))
        indexes.update()
    report = ingestion.report(time.perf_counter() - started)
    _log_report(report)
    yield report


class _IndexedBeside:
    """Brings indexes up in a thread of its own, so that embedding does not wait for it."""

    def __init__(self, indexes: IndexManager) -> None:
        self._indexes = indexes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="indexing")
        self._running: Future[None] | None = None

    def __enter__(self) -> _IndexedBeside:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def update_if_due(self) -> None:
        """Begin an update unless one is under way or none is due; raises what the last one did."""
        if self._running is not None:
            if not self._running.done():
                return
            self._running.result()
        context = copy_context()
        self._running = self._thread.submit(context.run, self._indexes.update_if_due)


@dataclass
class _Ingestion:
    """Adds documents to a library, and collects the outcome of each."""

    library: Library
    embedder: Callable[[], CountingEmbedder]
    starter: bool
    outcomes: dict[str, list[str]] = field(default_factory=lambda: {one: [] for one in _OUTCOMES})
    duplicates: list[Duplicate] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    left_out: list[Refusal] = field(default_factory=list)
    accounts: list[ExtractionReport] = field(default_factory=list)
    written: int = 0

    def refuse(self, place: str, error: ReadError, step: Progress) -> Progress:
        """Record a refusal or something left out, and return the step that says so."""
        outside = error.reason in NO_FILE
        kept_out = self.left_out if outside else self.refused
        kept_out.append(Refusal(place, error.reason, str(error)))
        stage = "left_out" if outside else "refused"
        return replace(step, stage=stage, done=step.done + 1, reason=str(error), place=place)

    def take(self, read: ReadFile, given: CallerMetadata, step: Progress) -> Iterator[Progress]:
        """Embed and publish the documents of a file, or record its refusal."""
        place = given.place(read.file)
        if read.refused is not None:
            yield self.refuse(place, read.refused, step)
            return
        original = partial(if_same_state, read.file, read.state)
        # Attachments are added before their carrier: once that is in, all of them are.
        within: list[str] = []
        unread: list[LeftOut] = []
        for part in read.parts:
            if isinstance(part, LeftOut):
                unread.append(part)
            elif part.within:
                inside = part.document.source.location
                within.append(inside)
                inner = replace(step, note=inside.rpartition("/")[2].removeprefix(UPLOADED))
                yield from self._ingest(part, read.embedder, {}, original, inner)
            else:
                known = (*part.document.left_out, *unread)
                whole = replace(part, document=replace(part.document, left_out=known))
                edits = given.edits(read.file)
                yield from self._ingest(whole, read.embedder, edits, original, step, within)

    def _ingest(
        self,
        part: Part,
        embedder: str,
        edits: Mapping[str, str],
        original: Callable[[], Path | None],
        step: Progress,
        within: Sequence[str] | None = None,
    ) -> Iterator[Progress]:
        """Embed a document, unless `embedder` did, and publish it, yielding steps made of `step`.

        `original` is called for the file when its text is published, since embedding took a while.
        `within` are the locations of the attachments; None for an attachment itself.
        """
        document, passages = part.document, part.passages
        place = document.source.location
        step = replace(step, place=place)
        outcome = self.library.known(document, edits)
        vectors: Vectors | None = None
        tokens: TokenCodes | None = None
        if outcome not in {"added", "replaced"}:
            passages = []
        elif not passages:
            empty = tr("{name} holds no text", name=step.note)
            yield self.refuse(place, ReadError("empty", empty), step)
            return
        else:
            parts, made, count = [], 0, len(passages)
            embedded = part.embedded or embed_in_steps(
                titled(document, edits), passages, self.embedder()
            )
            for one in embedded:
                parts.append(one)
                made += len(one[0])
                note = tr(
                    "{name}: {done} of {count} passages", name=step.note, done=made, count=count
                )
                step = replace(step, share=made / count, made=made, parts=count)
                yield replace(step, stage="embedding", note=note)
            vectors = np.concatenate([one for one, _ in parts])
            tokens = TokenCodes.joined([one for _, one in parts])
        try:
            self.library.publish(
                document,
                passages,
                vectors,
                tokens=tokens,
                edits=edits,
                embedder=(embedder or self.embedder().name) if vectors is not None else "",
                original=original(),
                within=within,
                starter=self.starter,
            )
        except NotAllowed as error:
            yield self.refuse(place, ReadError("not_allowed", str(error)), step)
            return
        self.written += len(passages)
        self.accounts.append(extraction_report_of(place, document))
        same = ""
        if outcome == "duplicate":
            self.duplicates.append(_duplicate_of(self.library, place, document))
            same = self.duplicates[-1].title
        else:
            self.outcomes[outcome].append(place)
        done = step.done + (within is not None)  # Attachments are not counted as files.
        yield replace(step, stage=outcome, done=done, reason=same, share=0.0)

    def report(self, seconds: float) -> Report:
        """Return the report of the whole ingestion."""
        return Report(
            added=tuple(self.outcomes["added"]),
            replaced=tuple(self.outcomes["replaced"]),
            updated=tuple(self.outcomes["updated"]),
            unchanged=tuple(self.outcomes["unchanged"]),
            duplicates=tuple(self.duplicates),
            refused=tuple(self.refused),
            left_out=tuple(self.left_out),
            accounts=tuple(self.accounts),
            passages=self.written,
            seconds=seconds,
        )


def _log_report(report: Report) -> None:
    """Log how many files were added, and the name and reason of each that was not read in full."""
    for one in report.refused:
        _LOG.warning("refused %s: %s", log_name(one.path), one.reason)
    for one in report.left_out:
        _LOG.warning("left out at %s: %s", log_name(one.path), one.reason)
    for account in report.accounts:
        for unread in account.missed:
            _LOG.warning(
                "not read in full: %s: %d %s", log_name(account.path), unread.places, unread.kind
            )
    _LOG.info(
        "added %d, replaced %d, updated %d, unchanged %d, duplicates %d, refused %d, left out %d: "
        "%d passages in %.1f s",
        len(report.added),
        len(report.replaced),
        len(report.updated),
        len(report.unchanged),
        len(report.duplicates),
        len(report.refused),
        len(report.left_out),
        report.passages,
        report.seconds,
    )


def _duplicate_of(library: Library, place: str, document: Document) -> Duplicate:
    """Return the document of the library that the one at `place` duplicates."""
    try:
        entry = library.entry(document.id)
        sources, source = entry.sources, entry.source
    except NotInLibrary:
        # Removed meanwhile, by another thread.
        sources, source = (), document.source
    elsewhere = next((one.location for one in sources if one.location != place), "")
    return Duplicate(place, source.title or Path(source.location).name, elsewhere)


def embed_again(
    library: Library, embedder: CountingEmbedder, indexes: IndexManager
) -> Iterator[Progress | Report]:
    """Embed every passage anew with `embedder` and rebuild the indexes.

    The library changes in one transaction at the end; until then the old vectors stand. Documents
    that another thread adds meanwhile are embedded too, so that no two models are mixed; other
    processes cannot write. Replaced and removed versions stay: evidence packs cite them, and they
    can be brought back. Raises LibraryLocked if documents are added faster than they are embedded.
    """
    started = time.perf_counter()
    renewed: dict[str, tuple[Vectors, TokenCodes]] = {}
    with library.writing():
        left = library.every_document()
        made, many = 0, sum(len(library.passages_of(one)) for one in left)
        for _ in range(_ROUNDS):
            for document in left:
                passages = library.passages_of(document)
                whole, done, parts = library.document(document), len(renewed), []
                step = Progress("embedding", done, max(done, len(left)), whole.source.title)
                if passages:
                    for part in embed_in_steps(whole, passages, embedder):
                        parts.append(part)
                        made += len(part[0])
                        yield replace(step, worked=made, work=max(made, many))
                    vectors = np.concatenate([one for one, _ in parts])
                    renewed[document] = vectors, TokenCodes.joined([one for _, one in parts])
            left = library.replace_vectors(embedder.name, renewed)
            if not left:
                break
        else:
            raise LibraryLocked(
                tr(
                    "documents kept arriving while the library was embedded again; wait until "
                    "nothing is being added, and run: briefing doctor --reembed"
                )
            )
        indexes.update(rebuild=True)
    yield Report(
        passages=sum(len(vectors) for vectors, _ in renewed.values()),
        seconds=time.perf_counter() - started,
    )


__all__ = [
    "UPLOADED",
    "Duplicate",
    "MetadataOverride",
    "Progress",
    "Refusal",
    "Report",
    "add",
    "embed_again",
    "embedding_texts",
]
