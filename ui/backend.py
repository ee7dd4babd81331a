"""The backend behind the page: it opens the library, answers, and keeps long work going."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Question
from assistant.memo.grades import Grades
from assistant.related import Related, related_passages
from corpus.access import ANYONE, Asker
from corpus.addresses import Policy
from corpus.document import Source
from corpus.errors import (
    BriefingError,
    LibraryError,
    SearchIndexError,
    StorageError,
    UsageError,
)
from corpus.i18n import tr
from corpus.pace import Pace
from corpus.page_images import PageRenderer
from corpus.vocabulary import using_aliases
from ui.comparing import Comparisons
from ui.engine_choice import EngineChoice
from ui.examples_cache import Examples
from ui.jobs import Jobs
from ui.notices import error_html, opening_html, troubles_html
from ui.picture_cache import PictureCache
from ui.source import SelectedCitation, Sources
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.pictures.picture import Picture
    from assistant.settings import Settings
    from assistant.workspace import Workspace
    from corpus.catalogue import Entry
    from corpus.conversations import Conversations

_LOG = logging.getLogger(__name__)
# How often a waiting question looks again, and how long it waits before it says so and stops.
_POLL = 0.25
_OPENING_TIMEOUT = 600.0
# Seconds between two looks whether the indexes are behind; after a failure twice as long each
# time, up to so long.
_INDEX_POLL, _INDEX_POLL_AT_MOST = 3.0, 300.0
# Seconds for which an addition waits, after each step of its work, for questions to be answered.
_WAIT_FOR_QUESTIONS = 10.0
# Seconds that work which is under way has to end when the program leaves.
_CLOSE_TIMEOUT = 5.0
# Two questions at once, one for each core of a small machine. The others wait, each told its place;
# beyond so many the page says at once that it is too much, and a third of them is what one reader
# may have waiting. Writing to the library and to a memo is one at a time.
_QUESTIONS_AT_ONCE, _QUESTIONS_WAITING, _QUESTIONS_EACH = 2, 1_200, 400
# Models come one at a time.
_MEMOS_WAITING, _ADDITIONS_WAITING, _DOWNLOADS_WAITING = 8, 16, 8


class Backend(EngineChoice):
    """Opens the workspace in a thread, so that the page is there before the models are.

    What it returns is bounded to what whoever asks may read, where people sign in.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        addresses: Policy | None = None,
        asker: Callable[[], Asker] | None = None,
    ) -> None:
        """Make a backend for a data folder; `addresses` is what may be fetched from the web.

        `asker` returns who asks in the event that is being answered (`ui.sign_in`), None where
        nobody signs in.
        """
        super().__init__(settings, asker or (lambda: ANYONE))
        self.signs_in = asker is not None
        self._address_policy = addresses
        # The one that was opened, and is to be closed: another engine takes a copy of it.
        self._to_close: Workspace | None = None
        # A key of the words for what is being done, and the values in it.
        self._status_key = "backend.opening"
        self._progress: dict[str, int] = {}
        self._pace = Pace()
        self._failure = ""
        # What failed behind the page and has not gone well since: a key of the words, the reason.
        self._troubles: dict[str, str] = {}
        self._closing = threading.Event()
        self._opening_thread = threading.Thread()
        self._renderer = PageRenderer()
        self._pictures = PictureCache()
        self._comparisons = Comparisons()
        self._afterwards: list[Callable[[], object]] = []
        self._examples = Examples(self._closing, self._log_failure, self._log_success)
        self._questions: Jobs[Any] = Jobs(
            "questions",
            at_once=_QUESTIONS_AT_ONCE,
            waiting=_QUESTIONS_WAITING,
            each=_QUESTIONS_EACH,
        )
        self._memos: Jobs[Any] = Jobs("memos", at_once=1, waiting=_MEMOS_WAITING)
        # The sample keeps nobody's memo waiting.
        self._samples: Jobs[Any] = Jobs("memos", at_once=1, waiting=_MEMOS_WAITING)
        self._additions: Jobs[Any] = Jobs(
            "additions",
            at_once=1,
            waiting=_ADDITIONS_WAITING,
            give_way=self._wait_for_questions,
        )
        self.downloads: Jobs[Any] = Jobs("models", at_once=1, waiting=_DOWNLOADS_WAITING)
        self.queues: dict[str, Jobs[Any]] = {
            "questions": self._questions, "memos": self._memos, "samples": self._samples,
            "additions": self._additions, "models": self.downloads,
        }  # fmt: skip

    @property
    def questions(self) -> Jobs[Any]:
        """The questions of whoever asks; all are worked on in one line."""
        return self._questions.of(self._asker().name)

    @property
    def memos(self) -> Jobs[Any]:
        """The memos that are being written for whoever asks."""
        return self._memos.of(self._asker().name)

    @property
    def samples(self) -> Jobs[Any]:
        """The samples of memos that are being written for whoever asks."""
        return self._samples.of(self._asker().name)

    @property
    def additions(self) -> Jobs[Any]:
        """What whoever asks adds to the library."""
        return self._additions.of(self._asker().name)

    def can_ask(self) -> bool:
        """Reserve a place for a question, anyone's; False where the line is full."""
        return self._questions.reserve()

    def window_closed(self, window: str) -> None:
        """Have the questions that wait for a window give their places up, unless it comes back."""
        self._questions.left(window)

    def is_adding(self) -> bool:
        """Say whether anyone's documents are being added, or wait to be."""
        return bool(self._additions.unfinished())

    def asker(self) -> Asker:
        """Return who asks; `ANYONE` where nobody signs in."""
        return self._asker()

    def note_refusal(self, who: str, reason: str) -> None:
        """Add a refused sign-in to the audit trail, as far as the library is open."""
        _LOG.warning("a sign-in was refused: %s", reason)
        workspace = self._workspace
        if workspace is not None:
            # It was refused already, whether this can be written or not.
            with suppress(LibraryError):
                workspace.library.audit.note(who, "refused", reason)

    def whole_workspace(self) -> Workspace | None:
        """Return the workspace with all there is, for what is told of nobody's documents."""
        return self._workspace

    def _seen(self) -> Workspace | None:
        """Return the workspace as whoever asks may see it; None while it opens."""
        return self._workspace and self._workspace.seen_by(self._asker())

    def open(self, after: float = 0.0) -> None:
        """Begin to open after so many seconds, and return at once."""
        self._opening_thread = threading.Thread(target=self._open, args=(after,), daemon=True)
        self._opening_thread.start()

    def _open(self, after: float) -> None:
        self._closing.wait(after)
        self._load()
        if self._workspace is not None:
            self._maintain_indexes(self._workspace)

    def _maintain_indexes(self, workspace: Workspace) -> None:
        """Bring the indexes up whenever the library has changed."""
        doing, pause = "backend.indexes", _INDEX_POLL
        while not self._closing.wait(pause):
            try:
                workspace.indexes.maintain()
                if "backend.vectors" in self._troubles and not workspace.indexes.is_behind():
                    del self._troubles["backend.vectors"]
            except Exception as error:  # noqa: BLE001  # reason: it must not end for good
                pause = min(2 * pause, _INDEX_POLL_AT_MOST)
                self._log_failure(doing, error)
            else:
                pause = _INDEX_POLL
                self._troubles.pop(doing, None)

    def _try_vectors(self, workspace: Workspace) -> None:
        """Try the vector index in another process: a broken one could end this one."""
        try:
            if reason := workspace.indexes.try_vectors():
                self._troubles["backend.vectors"] = reason
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the page
            if not self._closing.is_set():
                self._log_failure("backend.vectors", error)

    def _log_failure(self, doing: str, error: BaseException) -> None:
        """Log what failed behind the page and say it under the title; `doing` is a key of words."""
        _LOG.error("%s failed", doing, exc_info=error)
        self._troubles[doing] = (
            str(error) if isinstance(error, BriefingError) else type(error).__name__
        )

    def _load(self) -> None:
        from assistant.starter import ensure_starter
        from assistant.workspace import Workspace
        from index.ingest import Progress

        started = time.monotonic()
        try:
            workspace = Workspace(self._settings, addresses=self._address_policy)
            for step in ensure_starter(workspace):
                if isinstance(step, Progress):
                    self._progress = {"done": step.done, "total": step.total}
                    self._pace.tell(step.worked, step.work)
                    self._status_key = "backend.reading"
                if self._closing.is_set():
                    break
            if self._closing.is_set():
                workspace.close()
                return
            self._status_key = "backend.loading"
            workspace.indexes.hold_vectors_back()
            self._pace = Pace()
            try:
                workspace.indexes.maintain(self._pace.tell)
            except (SearchIndexError, StorageError) as error:
                # Where the disk refuses, the search reads the library itself.
                self._log_failure("backend.indexes", error)
            if workspace.library.entries():
                # The first search loads everything that later ones need.
                list(workspace.retriever.search("warm up", limit=1))
            self._workspace = self._to_close = workspace
            self._status_key = ""
            self._ready.set()
            seconds = time.monotonic() - started
            _LOG.info(
                "the library is open after %.1f s, %s answers", seconds, workspace.engine.name
            )
            # After the first answer can be asked for: until then searches compare vectors.
            threading.Thread(
                target=self._try_vectors, args=(workspace,), name="probe", daemon=True
            ).start()
            # 0.7 ms a document, once: the library page need not wait for it.
            workspace.with_themes(workspace.library.entries())
            self._other_engines = self._reachable(workspace)
            self._examples.try_now(workspace)
            self._do_afterwards()
        except BriefingError as error:
            _LOG.error("the library does not open", exc_info=error)
            self._failure = str(error)
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the page
            _LOG.error("the library does not open", exc_info=error)
            self._failure = tr(
                "unexpected failure while opening ({kind}: {reason})",
                kind=type(error).__name__,
                reason=error,
            )
        finally:
            self._ready.set()
            self._finished.set()

    def after_opening(self, do: Callable[[], object]) -> None:
        """Have something done once the library is open; it is not done where it does not open."""
        self._afterwards.append(do)

    def _do_afterwards(self) -> None:
        for do in self._afterwards:
            try:
                do()
            except Exception as error:  # noqa: BLE001  # reason: the page works without it
                _LOG.error("what follows the opening failed", exc_info=error)

    def _wait_for_questions(self, cancelled: Callable[[], bool]) -> None:
        """Wait while questions are being answered, since both want every core; not for ever."""
        until = time.monotonic() + _WAIT_FOR_QUESTIONS
        while self._questions.unfinished() and time.monotonic() < until and not cancelled():
            if self._closing.wait(_POLL / 5):
                break

    def _log_success(self, doing: str) -> None:
        """Take back what was said of a failure: it went well."""
        self._troubles.pop(doing, None)

    def status(self, language: str = "en") -> str:
        """Return the line below the bar as HTML: how it opens, what failed; "" if all is well."""
        troubles = troubles_html(list(self._troubles.items()), language)
        if self._failure:
            return error_html(self._failure, language) + troubles
        if self._workspace is None:
            said = [word(self._status_key, language, **self._progress)]
            if self._status_key in {"backend.reading", "backend.loading"}:
                said.append(translated(self._pace.words("passages"), language))
            return opening_html(" · ".join(filter(None, said))) + troubles
        return troubles

    def examples(self, language: str = "en") -> Sequence[str]:
        """Return questions in a language that the library answers; none until they were tried.

        After the library changed, the next page to open sees those made anew.
        """
        workspace = self._seen()
        if workspace is None or not self._finished.is_set() or not workspace.library.entries():
            return ()
        return self._examples.of(workspace, language)

    def entries(self) -> Sequence[Entry]:
        """Return the documents of the library; none while it opens."""
        workspace = self._seen()
        return workspace.library.entries() if workspace else ()

    def answers(self, question: Question, engine: str = "") -> Iterator[Answer | str]:
        """Yield snapshots of the answer; while the library opens, what is being waited for."""
        from assistant.pipeline import ask_shared

        deadline = time.monotonic() + _OPENING_TIMEOUT
        while not self._ready.wait(_POLL):
            if time.monotonic() > deadline:
                raise BriefingError(tr("the library is still opening; ask again in a while"))
            yield "backend.asked_early"
        workspace = self._seen()
        if workspace is None:
            raise BriefingError(self._failure)
        yield from ask_shared(self._with_engine(workspace, engine), question)

    def with_follow_ups(self, answer: Answer) -> Answer:
        """Return a complete answer with questions that lead on from it; takes up to 0.6 s."""
        from assistant.follow_up_questions import with_follow_ups

        workspace = self._seen()
        if workspace is None or answer.follow_ups or answer.outcome in {"", "failed"}:
            return answer
        return with_follow_ups(workspace, answer)

    def pictures(
        self, answer: Answer, language: str = "en", *, wait: bool = True
    ) -> Sequence[Picture]:
        """Return the pictures of a complete answer; without `wait` those that are drawn already."""
        workspace = self._seen()
        return self._pictures.of(workspace, answer, language, wait=wait) if workspace else ()

    def page_renderer(self) -> PageRenderer:
        """Return what draws pages of PDFs."""
        return self._renderer

    def sources(self) -> Sources | None:
        """Return what writes the source panel; None while the library opens."""
        workspace = self._seen()
        if workspace is None:
            return None

        def compare(selected: SelectedCitation) -> Related:
            with using_aliases(workspace.aliases):
                return related_passages(
                    workspace.checker, selected.citation, selected.claim, selected.evidence
                )

        return Sources(
            workspace.library, self._renderer, grade=lambda source: self.grading()(source),
            beside=lambda selected: self._comparisons.of(selected, compare),
        )  # fmt: skip

    def grading(self) -> Callable[[Source], str]:
        """Return what grades a source ("C3"), by the file of grades as it is now."""
        workspace = self._workspace
        try:
            grades = Grades.load(workspace.settings.home) if workspace else None
        except UsageError:
            # A file of grades that cannot be read is told of where memos use it.
            grades = None

        def grade(source: Source) -> str:
            found = grades.of(source, "") if grades else None
            return f"{found.reliability}{found.credibility}" if found else ""

        return grade

    def conversations(self) -> Conversations | None:
        """Return the kept conversations; None while the library opens."""
        workspace = self._seen()
        return workspace.library.conversations if workspace else None

    def workspace(self, engine: str = "") -> Workspace | None:
        """Return the workspace, with an engine of the list by its name; None while it opens."""
        workspace = self._seen()
        return workspace and self._with_engine(workspace, engine)

    def close(self) -> None:
        """Let go of the library, once nothing reads it; opening it is broken off."""
        self._closing.set()
        self._comparisons.close()
        self._renderer.close()
        if self._opening_thread.ident is None:
            # It was never begun.
            return
        self._ready.wait()
        for line in self.queues.values():
            line.cancel_all(_CLOSE_TIMEOUT)
        self._opening_thread.join()
        with self._examples.idle():
            if self._to_close is not None:
                self._to_close.close()


Say = Callable[[str], None]
