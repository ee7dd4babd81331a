"""Importing references: their files are added, and documents that are here take what they state."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from corpus.addresses import Policy
from corpus.document import Document
from corpus.errors import ReadError
from corpus.files import digest_of, open_file
from corpus.i18n import Translatable, tr
from corpus.library import Library
from corpus.limits import DEFAULT_LIMITS
from corpus.references import Broken, Reference, ReferenceFile
from corpus.references.attached import attached_file
from corpus.references.reference import doi_in
from index.index_manager import IndexManager
from index.ingest import MetadataOverride, Progress, Report
from index.url_ingest import Add, add_addresses

# How far into a text its own DOI stands; further on are those of the works that it cites.
_BEGINNING = 4_000
_LETTERS = re.compile(r"[\W_]+")
# A title of fewer letters ("Annual report") is no proof that two documents are one.
_TELLING = 16
_WENT_IN = {"added", "replaced", "updated", "unchanged", "duplicate"}


@dataclass(frozen=True, slots=True)
class Matched:
    """A reference to a document that was here: by what it was told, whether that changed it."""

    reference: Reference
    document: str
    title: str
    by: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A reference that may be that of a document here, and why a person must decide."""

    reference: Reference
    why: Translatable | str


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """What became of the references of a file.

    `added` are those whose file or page went in; `reports` say what of it was not read. Those
    `without_file` have no file here: of one that has an address it can be fetched. `lost` name
    files that are not below the folders in which files may be read.
    """

    file: Path
    matched: tuple[Matched, ...] = ()
    added: tuple[Reference, ...] = ()
    without_file: tuple[Reference, ...] = ()
    lost: tuple[Reference, ...] = ()
    doubtful: tuple[Doubtful, ...] = ()
    broken: tuple[Broken, ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def count(self) -> int:
        """How many references could be read, whatever became of them."""
        told = (self.matched, self.added, self.without_file, self.lost, self.doubtful)
        return sum(map(len, told))


@dataclass(frozen=True, slots=True)
class _Stated(MetadataOverride):
    """What a reference states of a file; a date that the file says more exactly is kept."""

    reference: Reference = field(default_factory=Reference)

    def applied(self, document: Document) -> Document:
        """Return the document with what the reference states in place."""
        there = document.source.published
        exact = there if self.published and there.startswith(self.published) else self.published
        return MetadataOverride(self.title, self.publisher, exact, fetched=self.fetched).applied(
            document
        )


def _stated(one: Reference) -> _Stated:
    return _Stated(one.title, one.issuer, one.issued, reference=one)


@dataclass
class ReferenceImport:
    """Imports files of references into a library; `add` is `Workspace.add`."""

    library: Library
    add: Add
    indexes: IndexManager
    policy: Policy

    def bring(
        self, file: ReferenceFile, folders: Sequence[Path], *, fetch: bool = False
    ) -> Iterator[Progress | ReferenceReport]:
        """Yield progress and, last, the report.

        Files are read below `folders` alone. With `fetch`, what has an address and no file is
        fetched. A person's edits stand before what a reference states.
        """
        here = _Library(self.library)
        matched: list[Matched] = []
        doubtful: list[Doubtful] = []
        lost: list[Reference] = []
        without: list[Reference] = []
        files: dict[Path, _Stated] = {}
        taken: dict[str, Reference] = {}
        for one in file.references:
            path = attached_file(one.files, folders)
            found = here.with_bytes(path) if path else here.of(one)
            if isinstance(found, Doubtful):
                doubtful.append(found)
            elif found is not None:
                document, place, by = found
                if document in taken:
                    twin = tr("it is the document of {name} too", name=taken[document].name)
                    doubtful.append(Doubtful(one, twin))
                    continue
                taken[document] = one
                matched.append(self._described(one, document, place, by))
            elif path is not None:
                files.setdefault(path, _stated(one))
            else:
                (lost if one.files else without).append(one)
        added: list[Reference] = []
        reports: list[Report] = []
        for step in self._added(files, [*lost, *without] if fetch else [], added):
            if isinstance(step, Report):
                reports.append(step)
            else:
                yield step
        self.indexes.update()
        yield ReferenceReport(
            file.path,
            tuple(matched),
            tuple(added),
            tuple(one for one in without if one not in added),
            tuple(one for one in lost if one not in added),
            tuple(doubtful),
            file.broken,
            tuple(reports),
        )

    def _described(self, one: Reference, document: str, place: str, by: str) -> Matched:
        """State what a reference says of a document, and keep the rest of it."""
        entry = self.library.entry(document)
        there = next((it for it in entry.sources if it.location == place), entry.source)
        known = there.published.startswith(one.issued)
        changed = self.library.describe(
            document,
            place,
            title=one.title,
            publisher=one.issuer,
            published="" if known else one.issued,
        )
        self.library.bibliography.note({place: one})
        return Matched(one, document, self.library.entry(document).source.title, by, changed)

    def _added(
        self, files: Mapping[Path, _Stated], wanted: Sequence[Reference], added: list[Reference]
    ) -> Iterator[Progress | Report]:
        """Add files and fetch addresses; the references of what went in are put into `added`."""
        if files:
            yield from self._noted(list(files), {}, files, added)
        by_url = {one.url: _stated(one) for one in wanted if one.url}
        if by_url:

            def fetched(
                paths: Sequence[Path],
                places: Mapping[Path, str],
                said: Mapping[Path, MetadataOverride],
            ) -> Iterator[Progress | Report]:
                return self._noted(paths, places, said, added)

            yield from add_addresses(list(by_url), fetched, described=by_url, policy=self.policy)

    def _noted(
        self,
        paths: Sequence[Path],
        places: Mapping[Path, str],
        said: Mapping[Path, MetadataOverride],
        added: list[Reference],
    ) -> Iterator[Progress | Report]:
        """Add files, and keep the reference of each that went in."""
        by_place = {places.get(path, str(path)): said[path] for path in paths}
        for step in self.add(paths, places, said):
            stated = by_place.get(step.place) if isinstance(step, Progress) else None
            if (
                isinstance(step, Progress)
                and step.stage in _WENT_IN
                and isinstance(stated, _Stated)
            ):
                self.library.bibliography.note({step.place: stated.reference})
                added.append(stated.reference)
            yield step


@dataclass
class _Library:
    """A library as references are looked for in it."""

    library: Library

    def with_bytes(self, path: Path) -> tuple[str, str, str] | None:
        """Return (document, place, "file") of the document with the bytes of a file."""
        try:
            with open_file(path) as descriptor:
                digest = digest_of(descriptor, limit=DEFAULT_LIMITS.bytes)
        except (ReadError, OSError):
            # Adding it says why it cannot be read.
            return None
        found = self.library.places_with_bytes(digest) if digest else []
        # Its own place first: another place with these bytes may be another publisher's.
        found.sort(key=lambda one: one[1] != str(path))
        return (*found[0], "file") if found else None

    def of(self, one: Reference) -> tuple[str, str, str] | Doubtful | None:
        """Return (document, place, by what) that a reference without a file describes."""
        if one.url and (there := self._by_url.get(_bare_address(one.url))):
            return (*there, "address")
        if one.doi and (there := self._by_doi.get(one.doi)):
            return (*there, "DOI")
        letters = _letters(one.title)
        titled = self._by_title.get(letters, []) if letters else []
        year = one.issued[:4]
        same = [it for it in titled if not year or not it[2] or it[2] == year]
        if len(same) == 1 and len(letters) >= _TELLING and year and same[0][2]:
            return (same[0][0], same[0][1], "title and year")
        if not titled:
            return None
        if len(same) > 1:
            why = tr("{count} documents have this title", count=len(same))
        elif not same:
            why = tr("a document has this title and another year ({year})", year=titled[0][2])
        elif len(letters) < _TELLING:
            why = tr("a document has this title, which is short")
        else:
            why = tr("a document has this title, and one of them states no year")
        return Doubtful(one, why)

    @cached_property
    def _places(self) -> list[tuple[str, str, str, str]]:
        """(document, place, title, year) of every statement."""
        return [
            (entry.id, source.location, source.title, source.published[:4])
            for entry in self.library.entries()
            for source in entry.sources
        ]

    @cached_property
    def _by_url(self) -> dict[str, tuple[str, str]]:
        documents = {place: document for document, place, _, _ in self._places}
        found = {
            _bare_address(one.url): (documents[place], place)
            for place, one in self.library.bibliography.all().items()
            if one.url and place in documents
        }
        return found | {
            _bare_address(place): (document, place)
            for document, place, _, _ in self._places
            if "://" in place
        }

    @cached_property
    def _by_doi(self) -> dict[str, tuple[str, str]]:
        places = {document: place for document, place, _, _ in reversed(self._places)}
        found = {
            doi: (document, place)
            for document, place in places.items()
            if (doi := doi_in(f"{place} {self.library.beginning(document, _BEGINNING)}"))
        }
        documents = {place: document for document, place, _, _ in self._places}
        return found | {
            one.doi: (documents[place], place)
            for place, one in self.library.bibliography.all().items()
            if one.doi and place in documents
        }

    @cached_property
    def _by_title(self) -> dict[str, list[tuple[str, str, str]]]:
        found: dict[str, dict[str, tuple[str, str, str]]] = defaultdict(dict)
        for document, place, title, year in self._places:
            found[_letters(title)].setdefault(document, (document, place, year))
        return {letters: list(ones.values()) for letters, ones in found.items()}


def _letters(title: str) -> str:
    return _LETTERS.sub("", title).casefold()


def _bare_address(url: str) -> str:
    """Return an address as it is compared: without scheme, "www.", fragment and last slash."""
    bare = re.sub(r"^https?://(www\.)?", "", url.strip(), flags=re.IGNORECASE)
    host, slash, path = bare.partition("#")[0].partition("/")
    # Versions of one paper of arXiv are one address there.
    path = re.sub(r"^(?:pdf|abs)/(.+?)(?:v\d+)?(?:\.pdf)?$", r"abs/\1", path) if (
        host.casefold() == "arxiv.org"
    ) else path  # fmt: skip
    return f"{host.casefold()}{slash}{path}".rstrip("/")


__all__ = ["Doubtful", "Matched", "ReferenceImport", "ReferenceReport"]
