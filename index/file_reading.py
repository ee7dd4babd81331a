"""What a file is made into before it is published: its documents, read, split and embedded.

Here, or on another machine (index.workers): both go through this module.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from corpus.counting import Counter
from corpus.document import Document, LeftOut, Passage
from corpus.errors import ReadError
from corpus.language import language_of
from corpus.metadata import EDITABLE
from corpus.sandbox import Sandbox
from corpus.splitting import context_of
from corpus.token_codes import TokenCodes
from index.attachments import attachments
from index.change_detection import with_noted_states
from index.embedders import CountingEmbedder
from index.embedding import Vectors
from index.late_interaction import embed_with_codes
from index.ocr_ingest import has_scans, read_by_ocr, with_advice

# Passages embedded between two steps: a third of a second to one of work; then a question may go
# first.
_PASSAGES_PER_STEP = 32
# The prefix of the location of an uploaded document: its name follows, not its temporary path.
UPLOADED = "upload:"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of progress: `done` of `total` files, and in words what is being done.

    `share` is how much of the current file is done, in 0…1, `made` how many of its `parts`; `place`
    is its location, "" for none; `reason` is why it was refused, or the title that it duplicates.
    `worked` of `work` is how much of all is done, as it takes time (`index.work_left`): passages,
    some of them guessed; 0.0 of 0.0 where only `done` and `total` tell.
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
    worked: float = 0.0
    work: float = 0.0

    def recognising(self, page: int, made: int, parts: int) -> Progress:
        """Return the step in which a page of the file is read by OCR, after `made` of `parts`."""
        note, share = f"{self.note}: page {page}", made / parts
        return replace(self, stage="recognising", note=note, share=share, made=made, parts=parts)


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
class CallerMetadata:
    """The metadata that the caller of `add` gives for its files."""

    described: MetadataOverride | Mapping[Path, MetadataOverride]
    places: Mapping[Path, str]

    def place(self, file: Path) -> str:
        """Return the location of a file."""
        # A name that is no UTF-8 can be shown, if not kept: its file is refused.
        return self.places.get(file, str(file)).encode("utf-8", "replace").decode()

    def name(self, file: Path) -> str:
        """Return the name of a file as shown in progress."""
        return Path(self.place(file)).name.removeprefix(UPLOADED)

    def title(self, file: Path) -> str:
        """Return the title given for a file, "" for its own; a person's edit is kept apart."""
        override = self.override(file)
        return "" if override.edit else override.title

    def edits(self, file: Path) -> dict[str, str]:
        """Return the fields of a file that a person gave."""
        return self.override(file).edits

    def override(self, file: Path) -> MetadataOverride:
        """Return what is given for a file."""
        if isinstance(self.described, MetadataOverride):
            return self.described
        return self.described.get(file, MetadataOverride())


@dataclass(frozen=True, slots=True)
class Part:
    """A document of a file with its passages; `within`: it lies within the file's own document.

    `embedded` has the vectors and token codes of the passages, run by run, where they are made.
    """

    document: Document
    passages: list[Passage]
    within: bool = False
    embedded: tuple[tuple[Vectors, TokenCodes], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read: `parts` are what lies within it, and last, unless refused, its own.

    `state` is what the file was like when it was read (index.change_detection); `embedder` made the
    vectors of the parts, "" where they have none yet.
    """

    file: Path
    state: tuple[int, ...]
    parts: Iterator[Part | LeftOut]
    refused: ReadError | None = None
    embedder: str = ""


class Reading(Protocol):
    """Reads files, here or elsewhere."""

    def __call__(
        self, files: Sequence[Path], given: CallerMetadata, *, ocr: bool
    ) -> Generator[Progress | ReadFile, None, None]:
        """Yield each file in whatever order, and what is told of the work meanwhile.

        `done` and `total` of the progress are left to the caller.
        """


def read_files(
    files: Sequence[Path], given: CallerMetadata, sandbox: Sandbox, *, ocr: bool
) -> Generator[Progress | ReadFile, None, None]:
    """Yield each file as it is read in the sandbox, in the order given.

    The documents within a file are read as `parts` is gone through.
    """
    states: dict[Path, tuple[int, ...]] = {}
    for file, read in sandbox.read_many(with_noted_states(files, states), given.title):
        if ocr and has_scans(read):
            step = Progress("", 0, 0, given.name(file))
            again = yield from read_by_ocr(sandbox, file, given.title(file), step.recognising)
            read = again or read
        if isinstance(read, ReadError):
            yield ReadFile(file, states[file], iter(()), with_advice(read, tried=ocr))
            continue
        document, passages = read
        placed = replace(document, source=replace(document.source, location=given.place(file)))
        whole = Part(given.override(file).applied(placed), passages)
        yield ReadFile(file, states[file], _parts(sandbox, file, whole, given.edits(file), ocr))


def _parts(
    sandbox: Sandbox, file: Path, whole: Part, edits: Mapping[str, str], ocr: bool
) -> Iterator[Part | LeftOut]:
    """Yield what lies within a file, then the file's own document."""
    for part in attachments(sandbox, file, titled(whole.document, edits), ocr=ocr):
        yield part if isinstance(part, LeftOut) else _in_its_language(Part(*part, within=True))
    yield _in_its_language(whole)


def _in_its_language(part: Part) -> Part:
    language = language_of(part.document.text)
    return replace(part, document=replace(part.document, language=language))


def titled(document: Document, edits: Mapping[str, str]) -> Document:
    """Return a document with what a person said of it in place: so it is embedded."""
    return replace(document, source=replace(document.source, **edits))


def embedding_texts(title: str, passages: Sequence[Passage], count: Counter) -> list[str]:
    """Return what is embedded for each passage: title, headings, head of a table, then its text."""
    contexts: dict[tuple[str, str], str] = {}
    for one in passages:
        if (one.heading, one.head) not in contexts:
            context = context_of(title, one.heading, count, head=one.head)
            contexts[one.heading, one.head] = context
    return [f"{contexts[one.heading, one.head]}\n{one.text}" for one in passages]


def embed_in_steps(
    document: Document, passages: Sequence[Passage], embedder: CountingEmbedder
) -> Iterator[tuple[Vectors, TokenCodes]]:
    """Yield the vectors and tokens of passages step by step."""
    texts = embedding_texts(document.source.title, passages, embedder.count)
    for first in range(0, len(texts), _PASSAGES_PER_STEP):
        yield embed_with_codes(embedder, texts[first : first + _PASSAGES_PER_STEP])


__all__ = [
    "UPLOADED",
    "CallerMetadata",
    "MetadataOverride",
    "Part",
    "Progress",
    "ReadFile",
    "Reading",
    "embed_in_steps",
    "embedding_texts",
    "read_files",
    "titled",
]
