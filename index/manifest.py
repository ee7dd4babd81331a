"""The manifest beside the indexes: the library state that they show, and their files."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.errors import SearchIndexError
from corpus.i18n import tr
from corpus.library import Library
from corpus.private_files import close_to_others, private_folder
from index.forward_files import GROWING
from index.vector_store import DEFAULT_STORE, VectorStoreKind

# Raised when the contents of an index change meaning: older indexes are then rebuilt.
FORMAT = 7
FILE_NAME = "manifest.json"
VECTORS = "vectors"
# The index files besides those of the vector store: Tantivy's segments, and our arrays.
_PARTS = ("words/*", "forward/*")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A file of an index: its size in bytes, the time it was written (ns) and its CRC-32."""

    size: int
    written: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the indexes on disk show.

    `library` and `change` are the library's identity and its change at `generation`; `passages` is
    how many each index holds, `parts` the files by their path in the index folder. `clean` is False
    while they are being written. `store` is the name or address of what keeps the vectors; with
    `hosted_words` passages are found by words there too, and there is no keyword index. `stored` is
    the generation that the vector store shows, which may be behind (ForwardIndex.stored); 0 while
    it is being written; `stored_mark` is drawn anew each time it is written, since a rebuild shows
    the same generation by other files.
    """

    format: int
    generation: int
    library: str
    change: str
    embedder: str
    passages: int
    clean: bool
    parts: dict[str, IndexPart]
    store: str = DEFAULT_STORE
    hosted_words: bool = False
    stored: int = 0
    stored_mark: str = ""

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Return the manifest in `folder`; None where there is none that can be read."""
        try:
            values = json.loads((folder / FILE_NAME).read_text())
            parts = {name: IndexPart(**part) for name, part in values.pop("parts").items()}
            return cls(**values, parts=parts)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, folder: Path) -> None:
        """Replace the manifest atomically; raises SearchIndexError."""
        target = folder / FILE_NAME
        try:
            private_folder(folder)
            temporary = target.with_suffix(".new")
            temporary.write_text(json.dumps(asdict(self)))
            # Written last of all: whatever the libraries below made is closed with it.
            close_to_others(folder)
            temporary.replace(target)
        except OSError as error:
            raise SearchIndexError(
                tr(
                    "cannot write {file} ({reason}); run: briefing doctor --rebuild",
                    file=target,
                    reason=error.strerror,
                )
            ) from error

    def belongs_to(self, library: Library, store: str, *, hosted_words: bool = False) -> bool:
        """Say whether the indexes were made from this library, at a state that it went through.

        And with the vector store of that name, and its words if it has them. A restored backup, or
        the folder of another library, has another change.
        """
        return (
            self.format == FORMAT
            and self.store == store
            and self.hosted_words == hosted_words
            and self.library == library.identity
            and self.embedder == library.embedder
            and self.change == library.last_change(self.generation)
        )

    @property
    def vectors_in_files(self) -> bool:
        """Whether the vectors' store has files that stay as they were written."""
        return any(name.startswith(f"{VECTORS}/") for name in self.parts)

    def damaged(self, folder: Path, store: VectorStoreKind, *, thorough: bool = False) -> str:
        """Return the first file that is missing or altered; "" where all are as they were written.

        `store` keeps the vectors. A file whose size and time are unchanged is trusted, since
        reading all takes a second a gigabyte; with `thorough` every file is read.
        """
        for name, part in self.parts.items():
            file = folder / name
            try:
                status = file.stat()
                if status.st_size != part.size:
                    return name
                if (thorough or status.st_mtime_ns != part.written) and (
                    _checksum(file) != part.checksum
                ):
                    return name
            except OSError:
                return name
        present = [f"{VECTORS}/{name}" for name in store.present] if self.passages else []
        return next((name for name in present if not (folder / name).is_file()), "")


def parts_of(
    folder: Path,
    store: VectorStoreKind,
    *,
    before: Mapping[str, IndexPart] | None = None,
    grown: bool = False,
) -> dict[str, IndexPart]:
    """Return the files that the indexes in `folder` consist of; raises SearchIndexError.

    Those that are as they were in `before` are not read again, and of the arrays of the forward
    index, which have `grown` at their ends, no more than that.
    """
    try:
        return dict(_parts(folder, store, before or {}, grown=grown))
    except OSError as error:
        raise SearchIndexError(
            tr(
                "cannot read {folder} ({reason}); run: briefing doctor --rebuild",
                folder=folder,
                reason=error.strerror,
            )
        ) from error


def _parts(
    folder: Path, store: VectorStoreKind, before: Mapping[str, IndexPart], *, grown: bool
) -> Iterator[tuple[str, IndexPart]]:
    ours = (file for pattern in _PARTS for file in sorted(folder.glob(pattern)))
    for file in (*store.lasting(folder / VECTORS), *ours):
        # Lock files do not stay as they were written.
        if file.is_file() and not file.name.startswith(".tantivy"):
            name = str(file.relative_to(folder))
            status = file.stat()
            size, written = status.st_size, status.st_mtime_ns
            part = before.get(name)
            if part is None or (part.size, part.written) != (size, written):
                longer = grown and part is not None and file.suffix == GROWING
                known = part if longer else None
                part = IndexPart(size, written, _checksum(file, known))
            yield name, part


def _checksum(file: Path, known: IndexPart | None = None) -> int:
    """Return the CRC-32 of a file, of which the beginning may be known."""
    checksum = known.checksum if known else 0
    with file.open("rb") as stream:
        stream.seek(known.size if known else 0)
        while block := stream.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum
