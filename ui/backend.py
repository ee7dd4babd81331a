"""The backend behind the page: it opens the library, answers, and keeps long work going."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Question
from assistant.memo.grades import Grades
from assistant.related import Related, related_passages
from corpus.addresses import Policy
from corpus.document import Source
from corpus.errors import BriefingError, FormatError, SearchIndexError, StorageError, UsageError
from corpus.i18n import tr
from corpus.page_images import PageRenderer
from corpus.vocabulary import using_aliases
from ui.comparing import Comparisons
from ui.engine_names import QUOTES, engine_title
from ui.jobs import Jobs
from ui.notices import error_html, opening_html, troubles_html
from ui.picture_cache import PictureCache
from ui.source import SelectedCitation, Sources
from ui.wording import word

if TYPE_CHECKING:
    from assistant.engine import Engine
    from assistant.models.model_store import ModelStore
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
# Two questions at once, one for each core of a small machine; the page of a question that finds
# more than this waiting says so at once. Writing to the library and to a memo is one at a time.
_QUESTIONS_AT_ONCE, _QUESTIONS_WAITING = 2, 32
# Models come one at a time.
_MEMOS_WAITING, _ADDITIONS_WAITING, _DOWNLOADS_WAITING = 8, 16, 8


class Backend:
    """Opens the workspace in a thread, so that the page is there before the models are."""

    def __init__(self, settings: Settings, *, addresses: Policy | None = None) -> None:
        """Make a backend for a data folder; `addresses` is what may be fetched from the web."""
        self._address_policy = addresses
        self._settings = settings
        self._workspace: Workspace | None = None
        # The one that was opened, and is to be closed: another engine takes a copy of it.
        self._to_close: Workspace | None = None
        # A key of the words for what is being done, and the values in it.
        self._status_key = "backend.opening"
        self._progress: dict[str, int] = {}
        self._failure = ""
        # What failed behind the page and has not gone well since: a key of the words, the reason.
        self._troubles: dict[str, str] = {}
        # Open, or failed to; and everything that follows the opening done as well.
        self._ready = threading.Event()
        self._finished = threading.Event()
        self._examples_generation = -1
        # Held while examples are tried: a library must not be closed under a thread that reads it.
        self._examples_lock = threading.Lock()
        self._closing = threading.Event()
        self._opening_thread = threading.Thread()
        self._renderer = PageRenderer()
        self._pictures = PictureCache()
        self._comparisons = Comparisons()
        self._engines: dict[str, Engine] = {}
        self._afterwards: list[Callable[[], object]] = []
        self._other_engines: list[str] = []
        self._examples: dict[str, list[str]] = {}
        self.questions: Jobs[Any] = Jobs(
            "questions", at_once=_QUESTIONS_AT_ONCE, waiting=_QUESTIONS_WAITING
        )
        self.memos: Jobs[Any] = Jobs("memos", at_once=1, waiting=_MEMOS_WAITING)
        # The sample keeps nobody's memo waiting.
        self.samples: Jobs[Any] = Jobs("memos", at_once=1, waiting=_MEMOS_WAITING)
        self.additions: Jobs[Any] = Jobs(
            "additions",
            at_once=1,
            waiting=_ADDITIONS_WAITING,
            give_way=self._wait_for_questions,
        )
        self.downloads: Jobs[Any] = Jobs("models", at_once=1, waiting=_DOWNLOADS_WAITING)
        self.queues: dict[str, Jobs[Any]] = {
            "questions": self.questions, "memos": self.memos, "samples": self.samples,
            "additions": self.additions, "models": self.downloads,
        }  # fmt: skip

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
                    self._status_key = "backend.reading"
                if self._closing.is_set():
                    break
            if self._closing.is_set():
                workspace.close()
                return
            self._status_key = "backend.loading"
            workspace.indexes.hold_vectors_back()
            threading.Thread(
                target=self._try_vectors, args=(workspace,), name="probe", daemon=True
            ).start()
            try:
                workspace.indexes.maintain()
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
            # 0.7 ms a document, once: the library page need not wait for it.
            workspace.with_themes(workspace.library.entries())
            self._other_engines = self._reachable(workspace)
            self._try_examples(workspace)
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
        while self.questions.unfinished() and time.monotonic() < until and not cancelled():
            if self._closing.wait(_POLL / 5):
                break

    def _reachable(self, workspace: Workspace) -> list[str]:
        """Return the engines that answer now, but for the models that may come and go."""
        from assistant.engine_selection import reachable

        found = [one for one in reachable(workspace.settings.home) if one.ready and not one.is_form]
        return [one.name for one in found if not one.name.startswith("local:")]

    def status(self, language: str = "en") -> str:
        """Return the line below the bar as HTML: how it opens, what failed; "" if all is well."""
        troubles = troubles_html(list(self._troubles.items()), language)
        if self._failure:
            return error_html(self._failure, language) + troubles
        if self._workspace is None:
            return opening_html(word(self._status_key, language, **self._progress)) + troubles
        return troubles

    def default_engine(self) -> str:
        """Return the name of the engine that answers where none was chosen; "" while it opens."""
        return self._workspace.engine.name if self._workspace else ""

    def engine_of_start(self) -> str:
        """Return the engine that the command line or the environment named, "" for none."""
        return "" if self._settings.engine == "auto" else self._settings.engine

    def chosen_engine(self) -> str:
        """Return the engine that was chosen for good, "" for none."""
        try:
            return self.models().chosen_engine
        except FormatError:
            # Choosing writes the file anew.
            return ""

    def choose_engine(self, name: str) -> str:
        """Have an engine answer from the next question on, in every window and after a restart.

        One that was named at the start answers on until the next; returns who answers. Raises
        UsageError, StorageError.
        """
        from assistant.engine_selection import engine_named

        self.require_open()
        if name not in {one for _, one in self.engines()}:
            self._check_hosted(name)
        # What it lacks, a key perhaps, is said before it is kept.
        engine_named(name, self._settings.home)
        self.models().choose_engine(name)
        return self.renew_engine()

    def _check_hosted(self, name: str) -> None:
        """Raise UsageError for what is no engine of a provider that the page offers."""
        from assistant.models.engine_config_file import engine_config_in
        from assistant.models.hosted import named_model, provider_of

        provider = provider_of(name, engine_config_in(self._settings.home))
        if provider is None:
            raise UsageError(_not_in_list(name))
        named_model(provider, provider.model(name))

    def require_open(self) -> None:
        """Raise UsageError while the library opens, and takes the engine that was named before."""
        if not self.opening_finished():
            raise UsageError(tr("the library is still opening; try again in a moment"))

    def engines(self) -> Sequence[tuple[str, str]]:
        """Return (title, name) of the engines that may be asked, the present one first.

        None while the library opens; of the models of this machine those that are here now. A
        hosted one is among them only while it is the present one.
        """
        workspace = self._workspace
        if workspace is None or not self._other_engines:
            return ()
        here = [f"local:{one.name}" for one in self.models().installed()]
        names = dict.fromkeys([workspace.engine.name, *here, *self._other_engines])
        return [(engine_title(one), one) for one in names]

    def servers(self) -> Sequence[str]:
        """Return the engines on servers of this machine, and of other packages, as last found."""
        return [one for one in self._other_engines if one != QUOTES]

    def find_servers(self) -> None:
        """Look again for the servers of this machine that answer."""
        if self._workspace is not None and self.opening_finished():
            self._other_engines = self._reachable(self._workspace)

    def home(self) -> Path:
        """Return the data folder, where keys are kept."""
        return self._settings.home

    def models(self) -> ModelStore:
        """Return what looks after the models of this machine."""
        from assistant.models.model_store import ModelStore

        return ModelStore(self._settings.home)

    def renew_engine(self, *, anew: bool = False) -> str:
        """Take who `auto` names now, where no other was named at the start; return who answers.

        What is being written goes on with the engine that began it. With `anew` it is made again
        though its name is the same: its key is another. Raises UsageError.
        """
        from assistant.engine_selection import engine_named

        workspace = self._workspace
        if anew:
            self._engines.clear()
        if workspace is not None and (anew or not self.engine_of_start()):
            try:
                engine = engine_named(self._settings.engine, workspace.settings.home)
            except UsageError:
                # What was made with a key that is gone must not be asked any more.
                self._workspace = workspace.with_engine(engine_named(QUOTES, self.home()))
                raise
            if anew or engine.name != workspace.engine.name:
                self._workspace = workspace = workspace.with_engine(engine)
        return workspace.engine.name if workspace is not None else ""

    def host_of(self, engine: str) -> str:
        """Return the host that an engine sends text to; "" for none or one that is unknown."""
        workspace = self._workspace
        if workspace is None:
            return ""
        try:
            return self._engine(workspace, engine).host
        except UsageError:
            return ""

    def _engine(self, workspace: Workspace, name: str) -> Engine:
        """Return an engine of the list by its name, made once; raises UsageError.

        A name may be an address, to which passages and a key would go: only the owner gives those.
        """
        from assistant.engine_selection import engine_named

        if name in {"", workspace.engine.name}:
            return workspace.engine
        if name not in {one for _, one in self.engines()}:
            raise UsageError(_not_in_list(name))
        found = self._engines.get(name)
        if found is None:
            found = self._engines[name] = engine_named(name, workspace.settings.home)
        return found

    def _with_engine(self, workspace: Workspace, name: str) -> Workspace:
        chosen = self._engine(workspace, name)
        return workspace if chosen is workspace.engine else workspace.with_engine(chosen)

    def examples(self, language: str = "en") -> Sequence[str]:
        """Return questions in a language that the library answers; none until they were tried.

        After the library changed, the next page to open sees those made anew.
        """
        workspace = self._workspace
        if workspace is not None and self._finished.is_set():
            if workspace.library.generation != self._examples_generation:
                threading.Thread(
                    target=self._try_examples, args=(workspace,), name="examples", daemon=True
                ).start()
            if not workspace.library.entries():
                return ()
        return self._examples.get(language, [])

    def _try_examples(self, workspace: Workspace) -> None:
        from assistant.examples import examples

        with self._examples_lock:
            if self._closing.is_set():
                return
            self._examples_generation = workspace.library.generation
            try:
                self._examples = {one: examples(workspace, one) for one in ("en", "zh")}
            except Exception as error:  # noqa: BLE001  # reason: the page works without examples
                self._log_failure("backend.examples", error)
            else:
                self._troubles.pop("backend.examples", None)

    def opening_finished(self) -> bool:
        """Say whether the library is open, or will not open, and the page has all it shows."""
        return self._finished.is_set()

    def entries(self) -> Sequence[Entry]:
        """Return the documents of the library; none while it opens."""
        return self._workspace.library.entries() if self._workspace else ()

    def answers(self, question: Question, engine: str = "") -> Iterator[Answer | str]:
        """Yield snapshots of the answer; while the library opens, what is being waited for."""
        from assistant.pipeline import ask

        deadline = time.monotonic() + _OPENING_TIMEOUT
        while not self._ready.wait(_POLL):
            if time.monotonic() > deadline:
                raise BriefingError(tr("the library is still opening; ask again in a while"))
            yield "backend.asked_early"
        if self._workspace is None:
            raise BriefingError(self._failure)
        yield from ask(self._with_engine(self._workspace, engine), question)

    def with_follow_ups(self, answer: Answer) -> Answer:
        """Return a complete answer with questions that lead on from it; takes up to 0.6 s."""
        from assistant.follow_up_questions import with_follow_ups

        workspace = self._workspace
        if workspace is None or answer.follow_ups or answer.outcome in {"", "failed"}:
            return answer
        return with_follow_ups(workspace, answer)

    def pictures(
        self, answer: Answer, language: str = "en", *, wait: bool = True
    ) -> Sequence[Picture]:
        """Return the pictures of a complete answer; without `wait` those that are drawn already."""
        workspace = self._workspace
        return self._pictures.of(workspace, answer, language, wait=wait) if workspace else ()

    def page_renderer(self) -> PageRenderer:
        """Return what draws pages of PDFs."""
        return self._renderer

    def sources(self) -> Sources | None:
        """Return what writes the source panel; None while the library opens."""
        workspace = self._workspace
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
        return self._workspace.library.conversations if self._workspace else None

    def workspace(self, engine: str = "") -> Workspace | None:
        """Return the workspace, with an engine of the list by its name; None while it opens."""
        return self._workspace and self._with_engine(self._workspace, engine)

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
        with self._examples_lock:
            if self._to_close is not None:
                self._to_close.close()


def _not_in_list(name: str) -> str:
    return tr("the engine {name} is not in the list; choose one that is", name=repr(name))


Say = Callable[[str], None]
