"""The room behind the page: it opens the library, answers, and keeps long work going."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Question
from assistant.beside import Beside, beside
from assistant.memo.grades import Grades
from corpus.addresses import Policy
from corpus.document import Source
from corpus.drawing import Drawer
from corpus.errors import BriefingError, SearchIndexError, StorageError, UsageError
from corpus.said import said
from corpus.vocabulary import using
from ui import markup
from ui.jobs import Jobs
from ui.source import Drawing, Pinned, Sources
from ui.wording import word

if TYPE_CHECKING:
    from assistant.desk import Desk
    from assistant.engine import Engine
    from assistant.models.store import Store
    from assistant.settings import Settings
    from corpus.catalogue import Entry
    from corpus.conversations import Conversations

_LOG = logging.getLogger(__name__)
# How often a waiting question looks again, and how long it waits before it says so and stops.
_TICK = 0.25
_PATIENCE = 600.0
# Seconds between two looks whether the indexes are behind; after a failure twice as long each
# time, up to so long.
_LOOKED, _LOOKED_AT_MOST = 3.0, 300.0
# Seconds for which an addition waits, after each step of its work, for questions to be answered.
_WAY_GIVEN = 10.0
# Seconds that work which is under way has to end when the program leaves.
_LEAVING = 5.0
# Two questions at once, one for each core of a small machine; the page of a question that finds
# more than this waiting says so at once. Writing to the library and to a memo is one at a time.
_QUESTIONS, _QUESTIONS_WAITING = 2, 32
# Models come one at a time.
_MEMOS_WAITING, _ADDITIONS_WAITING, _WRITERS_WAITING = 8, 16, 8


class Room:
    """Opens the desk in a thread of its own, so that the page is there before the models are."""

    def __init__(self, settings: Settings, *, addresses: Policy | None = None) -> None:
        """Make a room for a data folder; `addresses` is what may be fetched from the web."""
        self._addresses = addresses
        self._settings = settings
        self._desk: Desk | None = None
        # The one that was opened, and is to be closed: another engine takes a copy of it.
        self._opened: Desk | None = None
        # A key of the words for what is being done, and the values in it.
        self._note = "room.opening"
        self._progress: dict[str, int] = {}
        self._failure = ""
        # What failed behind the page and has not gone well since: a key of the words, the reason.
        self._troubles: dict[str, str] = {}
        # Open, or failed to; and everything that follows the opening done as well.
        self._ready = threading.Event()
        self._finished = threading.Event()
        self._examined = -1
        # Held while examples are tried: a library must not be closed under a thread that reads it.
        self._trying = threading.Lock()
        self._leaving = threading.Event()
        self._opening = threading.Thread()
        self._drawer = Drawer()
        self._engines: dict[str, Engine] = {}
        self._offered: list[str] = []
        self._examples: list[str] = []
        self.questions: Jobs[Any] = Jobs(
            "questions", at_once=_QUESTIONS, waiting=_QUESTIONS_WAITING
        )
        self.memos: Jobs[Any] = Jobs("memos", at_once=1, waiting=_MEMOS_WAITING)
        self.additions: Jobs[Any] = Jobs(
            "additions",
            at_once=1,
            waiting=_ADDITIONS_WAITING,
            give_way=self._questions_first,
        )
        self.writers: Jobs[Any] = Jobs("models", at_once=1, waiting=_WRITERS_WAITING)

    def open(self, after: float = 0.0) -> None:
        """Begin to open after so many seconds, and return at once."""
        self._opening = threading.Thread(target=self._open, args=(after,), daemon=True)
        self._opening.start()

    def _open(self, after: float) -> None:
        self._leaving.wait(after)
        self._load()
        if self._desk is not None:
            self._keep_indexes(self._desk)

    def _keep_indexes(self, desk: Desk) -> None:
        """Bring the indexes up whenever the library has changed."""
        doing, pause = "room.indexes", _LOOKED
        while not self._leaving.wait(pause):
            try:
                desk.indexes.maintain()
                if "room.vectors" in self._troubles and not desk.indexes.behind():
                    del self._troubles["room.vectors"]
            except Exception as error:  # noqa: BLE001  # reason: it must not end for good
                pause = min(2 * pause, _LOOKED_AT_MOST)
                self._failed(doing, error)
            else:
                pause = _LOOKED
                self._troubles.pop(doing, None)

    def _try_vectors(self, desk: Desk) -> None:
        """Try the vector index in another process: a broken one could end this one."""
        try:
            if reason := desk.indexes.try_vectors():
                self._troubles["room.vectors"] = reason
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the page
            if not self._leaving.is_set():
                self._failed("room.vectors", error)

    def _failed(self, doing: str, error: BaseException) -> None:
        """Log what failed behind the page and say it under the title; `doing` is a key of words."""
        _LOG.error("%s failed", doing, exc_info=error)
        self._troubles[doing] = (
            str(error) if isinstance(error, BriefingError) else type(error).__name__
        )

    def _load(self) -> None:
        from assistant.desk import Desk
        from assistant.starter import ensure_starter
        from index.ingest import Progress

        started = time.monotonic()
        try:
            desk = Desk(self._settings, addresses=self._addresses)
            for step in ensure_starter(desk):
                if isinstance(step, Progress):
                    self._progress = {"done": step.done, "total": step.total}
                    self._note = "room.reading"
                if self._leaving.is_set():
                    break
            if self._leaving.is_set():
                desk.close()
                return
            self._note = "room.loading"
            desk.indexes.hold_vectors_back()
            threading.Thread(
                target=self._try_vectors, args=(desk,), name="probe", daemon=True
            ).start()
            try:
                desk.indexes.maintain()
            except (SearchIndexError, StorageError) as error:
                # Where the disk refuses, the search reads the library itself.
                self._failed("room.indexes", error)
            if desk.library.entries():
                # The first search loads everything that later ones need.
                list(desk.searcher.search("warm up", limit=1))
            self._desk = self._opened = desk
            self._note = ""
            self._ready.set()
            seconds = time.monotonic() - started
            _LOG.info("the library is open after %.1f s, %s answers", seconds, desk.engine.name)
            # 0.7 ms a document, once: the library page need not wait for it.
            desk.themed(desk.library.entries())
            self._offered = self._reachable(desk)
            self._examine(desk)
        except BriefingError as error:
            _LOG.error("the library does not open", exc_info=error)
            self._failure = str(error)
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the page
            _LOG.error("the library does not open", exc_info=error)
            self._failure = said(
                "unexpected failure while opening ({kind}: {reason})",
                kind=type(error).__name__,
                reason=error,
            )
        finally:
            self._ready.set()
            self._finished.set()

    def _questions_first(self) -> None:
        """Wait while questions are being answered, since both want every core; not for ever."""
        until = time.monotonic() + _WAY_GIVEN
        while self.questions.open() and time.monotonic() < until:
            if self._leaving.wait(_TICK / 5):
                break

    def _reachable(self, desk: Desk) -> list[str]:
        """Return the engines that answer now, but for the models that may come and go."""
        from assistant.engines import reachable

        found = [one for one in reachable(desk.settings.home) if one.ready and not one.is_form]
        return [one.name for one in found if not one.name.startswith("local:")]

    def status(self, language: str = "en") -> str:
        """Return the line under the title, as HTML."""
        troubles = markup.troubles_html(list(self._troubles.items()), language)
        if self._failure:
            return markup.error_html(self._failure, language) + troubles
        desk = self._desk
        if desk is None:
            note = word(self._note, language, **self._progress)
            return markup.status_html((), "", note) + troubles
        engine = desk.engine
        entries = desk.library.entries()
        return markup.status_html(entries, engine.name, "", engine.place, language) + troubles

    def engines(self) -> Sequence[tuple[str, str]]:
        """Return (what is shown, name) of the engines to choose from, the present one first.

        Empty while the library opens; of the models of this machine those that are here now.
        """
        desk = self._desk
        if desk is None or not self._offered:
            return ()
        here = [f"local:{one.name}" for one in self.models().installed()]
        names = dict.fromkeys([desk.engine.name, *here, *self._offered])
        return [(one, one) for one in names]

    def models(self) -> Store:
        """Return what looks after the models of this machine."""
        from assistant.models.store import Store

        return Store(self._settings.home)

    def renew_engine(self) -> str:
        """Take who `auto` names now, where no other was named at the start; return who answers.

        What is being written goes on with the engine that began it. Raises UsageError.
        """
        from assistant.engines import engine_named

        desk = self._desk
        if desk is not None and self._settings.engine == "auto":
            engine = engine_named("auto", desk.settings.home)
            if engine.name != desk.engine.name:
                self._desk = desk = desk.answering_with(engine)
        return desk.engine.name if desk is not None else ""

    def goes_to(self, engine: str) -> str:
        """Return the host that an engine sends text to; "" for none or one that is unknown."""
        desk = self._desk
        if desk is None:
            return ""
        try:
            return self._engine(desk, engine).place
        except UsageError:
            return ""

    def _engine(self, desk: Desk, name: str) -> Engine:
        """Return an engine of the list by its name, made once; raises UsageError.

        A name may be an address, to which passages and a key would go: only the owner gives those.
        """
        from assistant.engines import engine_named

        if name in {"", desk.engine.name}:
            return desk.engine
        if name not in {one for _, one in self.engines()}:
            raise UsageError(
                said("the engine {name} is not in the list; choose one that is", name=repr(name))
            )
        if name not in self._engines:
            self._engines[name] = engine_named(name, desk.settings.home)
        return self._engines[name]

    def examples(self) -> Sequence[str]:
        """Return questions that the library answers; none until they were tried.

        After the library changed, the next page to open sees those made anew.
        """
        desk = self._desk
        if desk is not None and self._finished.is_set():
            if desk.library.generation != self._examined:
                threading.Thread(
                    target=self._examine, args=(desk,), name="examples", daemon=True
                ).start()
            if not desk.library.entries():
                return ()
        return self._examples

    def _examine(self, desk: Desk) -> None:
        from assistant.examples import examples

        with self._trying:
            if self._leaving.is_set():
                return
            self._examined = desk.library.generation
            try:
                self._examples = examples(desk)
            except Exception as error:  # noqa: BLE001  # reason: the page works without examples
                self._failed("room.examples", error)
            else:
                self._troubles.pop("room.examples", None)

    def settled(self) -> bool:
        """Say whether the library is open, or will not open, and the page has all it shows."""
        return self._finished.is_set()

    def entries(self) -> Sequence[Entry]:
        """Return the documents of the library; none while it opens."""
        return self._desk.library.entries() if self._desk else ()

    def answers(self, question: Question, engine: str = "") -> Iterator[Answer | str]:
        """Yield snapshots of the answer; while the library opens, what is being waited for."""
        from assistant.answering import ask

        deadline = time.monotonic() + _PATIENCE
        while not self._ready.wait(_TICK):
            if time.monotonic() > deadline:
                raise BriefingError(said("the library is still opening; ask again in a while"))
            yield "room.asked_early"
        if self._desk is None:
            raise BriefingError(self._failure)
        desk = self._desk
        chosen = self._engine(desk, engine)
        yield from ask(desk if chosen is desk.engine else desk.answering_with(chosen), question)

    def drawing(self) -> Drawing:
        """Return what draws pages of PDFs."""
        return self._drawer

    def sources(self) -> Sources | None:
        """Return what writes the source panel; None while the library opens."""
        desk = self._desk
        if desk is None:
            return None

        def grade(source: Source) -> str:
            try:
                found = Grades.load(desk.settings.home).of(source, "")
            except UsageError:
                # A file of grades that cannot be read is told of where memos use it.
                return ""
            return f"{found.reliability}{found.credibility}"

        def found(pinned: Pinned) -> Beside:
            with using(desk.aliases):
                return beside(desk.checker, pinned.citation, pinned.claim, pinned.evidence)

        return Sources(desk.library, self._drawer, grade=grade, beside=found)

    def conversations(self) -> Conversations | None:
        """Return the kept conversations; None while the library opens."""
        return self._desk.library.conversations if self._desk else None

    def desk(self) -> Desk | None:
        """Return the desk, for memos; None while the library opens."""
        return self._desk

    def close(self) -> None:
        """Let go of the library, once nothing reads it; opening it is broken off."""
        self._leaving.set()
        self._drawer.close()
        if self._opening.ident is None:
            # It was never begun.
            return
        self._ready.wait()
        lines: tuple[Jobs[Any], ...] = (
            self.questions, self.memos, self.additions, self.writers,
        )  # fmt: skip
        for line in lines:
            line.end(_LEAVING)
        self._opening.join()
        with self._trying:
            if self._opened is not None:
                self._opened.close()


Say = Callable[[str], None]
