"""What holds a library's record, as the rest of the program asks it: SQLite, or PostgreSQL.

Both run the same statements, with `?` for each value: `corpus.sqlite` as they are, and
`corpus.postgresql` as its server wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Row(Protocol):
    """A row that was found: its values by position, by slice and by the column's name."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def keys(self) -> Sequence[str]:
        """Return the names of the columns, in order."""
        ...


class Cursor(Protocol):
    """What a statement yielded."""

    @property
    def rowcount(self) -> int:
        """Return how many rows a statement changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """One connection, in a transaction or without."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Cursor:
        """Run one statement."""
        ...


class Connections(Protocol):
    """The connections of a record, errors translated (corpus.errors). Thread-safe."""

    @property
    def shared(self) -> bool:
        """Whether several machines may write to the record."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether the record can only be read."""
        ...

    @property
    def name(self) -> str:
        """What the record is and where, without any password."""
        ...

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows (`Row`) that a statement yields."""
        ...

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` makes of several statements that read; it may be called again."""
        ...

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one write transaction: all of it or nothing.

        It is called again where the connection broke and nothing was written.
        """
        ...

    def unchanging(self) -> AbstractContextManager[None]:
        """Have this thread see the record as it is now for the block, whoever writes."""
        ...

    def exclusively(self, name: str, /, *, wait: bool = True) -> AbstractContextManager[None]:
        """Keep every other process, on all machines, from what goes by a name for a block."""
        ...

    def number_on(self) -> None:
        """Have new rows numbered after those that were copied in with their numbers."""
        ...

    def fault(self) -> str:
        """Check the database itself, and return what is wrong with it; "" for nothing."""
        ...

    def size(self) -> int:
        """Return how many bytes the record takes."""
        ...

    def close(self) -> None:
        """Close every connection; none is opened afterwards."""
        ...
