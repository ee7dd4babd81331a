"""Ingestion: read, split, embed and publish files, and update the indexes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from corpus.counting import Counter, Counting
from corpus.document import Document, LeftOut, Passage
from corpus.errors import LibraryLocked, NotInLibrary, ReadError
from corpus.extraction_report import ExtractionReport, extraction_report_of
from corpus.files import NO_FILE
from corpus.i18n import tr
from corpus.language import language_of
from corpus.library import Library
from corpus.log import log_name
from corpus.metadata import EDITABLE
from corpus.sandbox import ReadDocument, Sandbox
from corpus.splitting import context_of
from corpus.token_codes import TokenCodes
from index.attachments import attachments
from index.change_detection import if_same_state, is_published, with_noted_states
from index.embedders import CountingEmbedder
from index.embedding import Vectors
from index.index_manager import IndexManager
from index.late_interaction import embed_with_codes
from index.ocr_ingest import has_scans, read_by_ocr, with_advice

_LOG = logging.getLogger(__name__)
_OUTCOMES = ("added", "replaced", "updated", "unchanged")
# Passages embedded between two steps: half a second to two of work; then a question may go first.
_PASSAGES_PER_STEP = 16
# Rounds in which documents that are added while a library is embedded again are embedded too.
_ROUNDS = 5
# The prefix of the location of an uploaded document: its name follows, not its temporary path.
UPLOADED = "upload:"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of progress: `done` of `total` files, and in words what is being done.

    `share` is how much of the current file is done, in 0…1, `made` how many of its `parts`; `place`
    is its location, "" for none; `reason` is why it was refused, or the title that it duplicates.
    """

    stage: str
    done: int
    total: int
    note: str = ""
    share: float = 0.0
    reason: str = ""
    place: str = ""
    made: int = 0
    parts: int = 0

    def recognising(self, page: int, share: float) -> Progress:
        """Return the step in which a page of the file is read by OCR."""
        return replace(self, stage="recognising", note=f"{self.note}: page {page}", share=share)


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


@dataclass(frozen=True, slots=True)
class MetadataOverride:
    """Metadata given for a document, which override what it states itself; "" overrides nothing.

    `edit`: a person gave them for this document, and they hold for its later versions too.
    `fetched` is when it was taken from the web (ISO date), which no person needs to say.
    """

    title: str = ""
    publisher: str = ""
    published: str = ""
    theme: str = ""
    edit: bool = False
    fetched: str = ""

    @property
    def edits(self) -> dict[str, str]:
        """The fields that a person gave."""
        given = {name: getattr(self, name) for name in EDITABLE}
        return {name: value for name, value in given.items() if value} if self.edit else {}

    def applied(self, document: Document) -> Document:
        """Return the document with what was said of it in place; a person's edit is kept apart."""
        source = replace(document.source, fetched=self.fetched or document.source.fetched)
        if self.edit:
            return replace(document, source=source)
        stated = replace(
            source,
            title=self.title or source.title,
            publisher=self.publisher or source.publisher,
            published=self.published or source.published,
            theme=self.theme or source.theme,
        )
        return replace(document, source=stated)


@dataclass(frozen=True, slots=True)
class _CallerMetadata:
    """The metadata that the caller of `add` gives for its files."""

    described: MetadataOverride | Mapping[Path, MetadataOverride]
    places: Mapping[Path, str]

    def place(self, file: Path) -> str:
        # A name that is no UTF-8 can be shown, if not kept: its file is refused.
        return self.places.get(file, str(file)).encode("utf-8", "replace").decode()

    def name(self, file: Path) -> str:
        """Return the name of a file as shown in progress."""
        return Path(self.place(file)).name.removeprefix(UPLOADED)

    def title(self, file: Path) -> str:
        """Return the title given for a file, "" for its own; a person's edit is kept apart."""
        override = self.override(file)
        return "" if override.edit else override.title

    def override(self, file: Path) -> MetadataOverride:
        if isinstance(self.described, MetadataOverride):
            return self.described
        return self.described.get(file, MetadataOverride())


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
) -> Iterator[Progress | Report]:
    """Add files to the library, yielding progress and, last, the report.

    Each document becomes visible in one transaction of its own: an interruption leaves whole ones.
    A file that cannot be read is reported and the rest are added; documents within a document
    (attachments of a mail) become documents of their own. `embedder` is called when the first text
    must be embedded, or tokens counted without `counting`. `described` holds for all files, or maps
    each to its own; `places` are locations that are not paths: an address, the name of an upload.
    `starter` marks the documents as ours. Raises LibraryLocked when another process writes,
    StorageError when the disk refuses, EmbedderError when the model cannot be loaded.
    """
    started = time.perf_counter()
    given = _CallerMetadata(described or {}, places or {})
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
        with Sandbox(counting=counting or (lambda: embedder().counting)) as sandbox:
            states: dict[Path, tuple[int, ...]] = {}
            for file, read in sandbox.read_many(with_noted_states(changed, states), given.title):
                step = Progress("", done, total, given.name(file))
                if ocr and has_scans(read):
                    again = yield from read_by_ocr(
                        sandbox, file, given.title(file), step.recognising
                    )
                    read = again or read
                done += 1
                if isinstance(read, ReadError):
                    yield ingestion.refuse(given.place(file), with_advice(read, tried=ocr), step)
                    continue
                text, passages = read
                placed = replace(text, source=replace(text.source, location=given.place(file)))
                document = given.override(file).applied(placed)
                edits = given.override(file).edits
                original = partial(if_same_state, file, states[file])
                # Attachments are added before their carrier: once that is in, all of them are.
                within: list[str] = []
                unread: list[LeftOut] = []
                named = replace(document, source=replace(document.source, **edits))
                for part in attachments(sandbox, file, named, ocr=ocr):
                    if isinstance(part, LeftOut):
                        unread.append(part)
                        continue
                    place = part[0].source.location
                    within.append(place)
                    inner = replace(step, note=place.rpartition("/")[2].removeprefix(UPLOADED))
                    yield from ingestion.ingest(part, {}, original, inner)
                document = replace(document, left_out=(*document.left_out, *unread))
                yield from ingestion.ingest((document, passages), edits, original, step, within)
                indexes.update_if_due()
        yield Progress("indexing", total, total, tr("updating the search indexes"))
        indexes.update()
    report = ingestion.report(time.perf_counter() - started)
    _log_report(report)
    yield report


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

    def ingest(
        self,
        read: ReadDocument,
        edits: Mapping[str, str],
        original: Callable[[], Path | None],
        step: Progress,
        within: Sequence[str] | None = None,
    ) -> Iterator[Progress]:
        """Embed and publish a document, yielding steps made of `step`.

        `original` is called for the file when its text is published, since embedding took a while.
        `within` are the locations of the attachments; None for an attachment itself.
        """
        document = replace(read[0], language=language_of(read[0].text))
        passages = read[1]
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
            titled = replace(document, source=replace(document.source, **edits))
            for part in _embed_in_steps(titled, passages, self.embedder()):
                parts.append(part)
                made += len(part[0])
                note = tr(
                    "{name}: {done} of {count} passages", name=step.note, done=made, count=count
                )
                step = replace(step, share=made / count, made=made, parts=count)
                yield replace(step, stage="embedding", note=note)
            vectors = np.concatenate([one for one, _ in parts])
            tokens = TokenCodes.joined([one for _, one in parts])
        self.library.publish(
            document,
            passages,
            vectors,
            tokens=tokens,
            edits=edits,
            embedder=self.embedder().name if vectors is not None else "",
            original=original(),
            within=within,
            starter=self.starter,
        )
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


def embedding_texts(title: str, passages: Sequence[Passage], count: Counter) -> list[str]:
    """Return what is embedded for each passage: title, headings, head of a table, then its text."""
    contexts: dict[tuple[str, str], str] = {}
    for one in passages:
        if (one.heading, one.head) not in contexts:
            context = context_of(title, one.heading, count, head=one.head)
            contexts[one.heading, one.head] = context
    return [f"{contexts[one.heading, one.head]}\n{one.text}" for one in passages]


def _embed_in_steps(
    document: Document, passages: Sequence[Passage], embedder: CountingEmbedder
) -> Iterator[tuple[Vectors, TokenCodes]]:
    """Yield the vectors and tokens of passages step by step."""
    texts = embedding_texts(document.source.title, passages, embedder.count)
    for first in range(0, len(texts), _PASSAGES_PER_STEP):
        yield embed_with_codes(embedder, texts[first : first + _PASSAGES_PER_STEP])


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
        for _ in range(_ROUNDS):
            for document in left:
                passages = library.passages_of(document)
                if passages:
                    parts = list(_embed_in_steps(library.document(document), passages, embedder))
                    vectors = np.concatenate([one for one, _ in parts])
                    renewed[document] = vectors, TokenCodes.joined([one for _, one in parts])
                title = library.document(document).source.title
                yield Progress("embedding", len(renewed), max(len(renewed), len(left)), title)
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
