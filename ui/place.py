"""What the page needs of the room behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from assistant.answer import Answer, Question
from ui.jobs import Jobs
from ui.source import Drawing, Sources

if TYPE_CHECKING:
    from assistant.desk import Desk
    from assistant.models.store import Store
    from corpus.catalogue import Entry
    from corpus.conversations import Conversations


class Place(Protocol):
    """What the page needs to be given: a room, or in tests something that behaves like one.

    Long work (answers by conversation, memos, additions to the library and models that are fetched
    by name) is started in the lines `questions`, `memos`, `additions` and `writers`, so that it
    goes on when a window is closed.
    """

    questions: Jobs[Any]
    memos: Jobs[Any]
    additions: Jobs[Any]
    writers: Jobs[Any]

    def status(self, language: str = "en") -> str:
        """Return the line under the title, as HTML."""

    def settled(self) -> bool:
        """Say whether the library is open, or will not open, and nothing changes by itself."""

    def entries(self) -> Sequence[Entry]:
        """Return the documents of the library."""

    def answers(self, question: Question, engine: str = "") -> Iterator[Answer | str]:
        """Yield snapshots of the answer, and lines that say what is being waited for.

        `engine` is the name of another engine than the one the program was started with.
        """

    def engines(self) -> Sequence[tuple[str, str]]:
        """Return (what is shown, name) of the engines to choose from, the present one first."""

    def goes_to(self, engine: str) -> str:
        """Return the host that an engine ("" for the present one) sends text to; "" for none."""

    def models(self) -> Store:
        """Return what looks after the models of this machine; cheap, and there at once."""

    def renew_engine(self) -> str:
        """Take who `auto` names now, where no other was named at the start; return who answers."""

    def examples(self) -> Sequence[str]:
        """Return questions that the library answers."""

    def sources(self) -> Sources | None:
        """Return what writes the source panel; None while the library opens."""

    def drawing(self) -> Drawing:
        """Return what draws pages of PDFs."""

    def conversations(self) -> Conversations | None:
        """Return the kept conversations; None while the library opens."""

    def desk(self) -> Desk | None:
        """Return the desk, for memos; None while the library opens."""
