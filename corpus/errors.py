"""The errors of the whole program. Each message is one line that says what to do next.

BriefingError
├── UsageError           the user asked for something that cannot be asked (exit code 2)
│   └── FormatError      a stored or configured file is of a newer format, or says nonsense
├── NotAllowed           whoever signed in has no right to do this
├── ReadError            a file cannot be read; carries a reason code
│   └── Busy             a server asks to come back later
├── LibraryError         the library cannot do what was asked
│   ├── LibraryLocked    another process is writing
│   ├── LibraryTooNew    made by a newer version of this program
│   ├── LibraryDamaged   SQLite or an original does not pass its check
│   ├── LibraryClosed    it was closed while something still asked it
│   ├── StorageError     the disk is full or refuses a write
│   │   └── RecordUnreachable  the database server does not answer
│   ├── NotInLibrary     no document has that id
│   ├── NothingFound     nothing on a topic (exit code 3)
│   └── NoConversation   no conversation has that id
├── EmbedderError        the embedding model cannot be loaded
│   └── EmbedderMismatch the library was embedded by another model
├── ReaderError          the model that reads passages cannot be loaded
├── JudgeError           the model that checks sentences cannot be loaded
├── WorkersError         the machines that read and embed cannot be used
├── SearchIndexError     a derived index failed; it can be rebuilt
└── EngineError          the engine that writes answers failed
"""

from __future__ import annotations

from typing import Any


class BriefingError(Exception):
    """Any failure that a command turns into one clear line; exit code 1 unless said otherwise."""

    exit_code = 1


class UsageError(BriefingError):
    """The request itself is wrong: an empty question, an unknown option value (exit code 2)."""

    exit_code = 2


class FormatError(UsageError):
    """A stored or configured file is of a newer format, or holds a field that means nothing."""


class NotAllowed(BriefingError):
    """Whoever signed in may not do this; the message says who may."""


class ReadError(BriefingError):
    """A file cannot be read.

    `reason` is a stable code for reports and tests: missing, empty, unsupported, encrypted,
    needs_ocr, encoding, damaged, too_large, too_slow, too_much_memory, crashed; of a path also
    link, not_a_file, name; of an address also refused, unreachable, busy, gone; not_allowed where
    who signed in may not add it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type[ReadError], tuple[str, str]]:
        """Keep the reason when the error crosses from a child process."""
        return (ReadError, (self.reason, str(self)))


class Busy(ReadError):
    """A server asks to be left alone for some seconds; the reason is "busy"."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__("busy", message)
        self.seconds = seconds

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the seconds when the error crosses from another process."""
        return (Busy, (str(self), self.seconds))


class LibraryError(BriefingError):
    """The library cannot do what was asked."""


class LibraryLocked(LibraryError):
    """Another process is writing; the message names its process id."""


class LibraryTooNew(LibraryError):
    """The data folder was made by a newer version of this program."""


class LibraryDamaged(LibraryError):
    """The library's database or an original file does not pass its check."""


class LibraryClosed(LibraryError):
    """The library was closed, by the end of the program or of its owner."""


class StorageError(LibraryError):
    """The disk is full, read-only or failing; nothing was changed."""


class RecordUnreachable(StorageError):
    """The server that holds the library does not answer; nothing was changed."""


class NotInLibrary(LibraryError):
    """No document in the library has the id that was asked for."""


class NothingFound(LibraryError):
    """The library holds nothing on a topic: a refusal, and no failure."""

    exit_code = 3


class NoConversation(LibraryError):
    """No conversation in the library has the id that was asked for."""


class EmbedderError(BriefingError):
    """The embedding model is missing, altered or cannot be loaded."""


class EmbedderMismatch(EmbedderError):
    """The library's vectors were made by another embedder; the message says how to rebuild."""


class ReaderError(BriefingError):
    """The model that reads passages, or a reranker, is missing, altered or cannot be loaded."""


class JudgeError(BriefingError):
    """The model that checks sentences is missing, altered or cannot be loaded."""


class WorkersError(BriefingError):
    """The machines that read and embed cannot be reached or went away; what was added stays."""


class SearchIndexError(BriefingError):
    """A derived index (Chroma or Tantivy) failed; `briefing doctor --rebuild` makes it anew."""


class EngineError(BriefingError):
    """The engine that writes answers failed; the reader is told why."""
