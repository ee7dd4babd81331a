"""What every other program is served by: bounded work over one workspace, for whoever asks.

Questions and searches stand in the page's own line of work (`ui.jobs`), so that both together are
bounded. Work that nobody waits for any more is stopped.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from corpus.access import ANYONE, Asker
from corpus.errors import NotAllowed, NotInLibrary, UsageError
from corpus.i18n import tr
from ui.api.errors import Busy, StillOpening, UnknownEngine, UnknownName
from ui.api.watching import InLine, begun, snapshots
from ui.jobs import Job, Jobs

if TYPE_CHECKING:
    from assistant.answer import Answer, Question
    from assistant.memo.request import Request
    from assistant.memo.values import Memo
    from assistant.workspace import Workspace
    from corpus.catalogue import Entry
    from corpus.document import Document
    from index.evidence import Evidence
    from index.ingest import Progress, Report
    from ui.backend import Backend

_Step = TypeVar("_Step")
AUTO = "auto"
# Seconds between two looks whether the library is open.
_POLL = 0.03
# Seconds for which an answer and a memo may take with their waiting; a model on a processor alone
# needs minutes for a long one. And for which the opening is waited for.
_ANSWER_TIMEOUT, _MEMO_TIMEOUT, _OPENING_TIMEOUT = 600.0, 3_600.0, 120.0
# Memos that wait at most, and seconds that one which is being written has to end.
_MEMOS_WAITING, _CLOSE_TIMEOUT = 8, 5.0
# Characters around a passage that are given beside it.
_AROUND = 600


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A part of a document, `text[start:end]` of it, and what stands before and after."""

    document: str
    whole: Document
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words themselves."""
        return self.whole.text[self.start : self.end]

    @property
    def before(self) -> str:
        """Up to 600 characters that stand before it."""
        return self.whole.text[max(0, self.start - _AROUND) : self.start]

    @property
    def after(self) -> str:
        """Up to 600 characters that stand after it."""
        return self.whole.text[self.end : self.end + _AROUND]


class Service:
    """Answers, passages, documents and memos over a backend, each within its bounds."""

    def __init__(
        self,
        backend: Backend,
        *,
        signs_in: bool = False,
        public_url: str = "",
        answer_timeout: float = _ANSWER_TIMEOUT,
        opening_timeout: float = _OPENING_TIMEOUT,
    ) -> None:
        """Serve what `backend` opens; the times are seconds that are waited at most.

        Where people sign in (`signs_in`) nobody is answered who did not. `public_url` is where
        others reach it ("https://host"), "" on this machine alone.
        """
        self.public_url = public_url
        self._signs_in = signs_in
        self._backend = backend
        self._answer_timeout = answer_timeout
        self._opening_timeout = opening_timeout
        # A line of their own: those of the page are watched by its windows.
        self._memos: Jobs[Memo] = Jobs("memos", at_once=1, waiting=_MEMOS_WAITING)

    def close(self) -> None:
        """Stop the memos that are being written."""
        self._memos.cancel_all(_CLOSE_TIMEOUT)

    async def engines(self) -> list[str]:
        """Return the names of the engines that may be asked: "auto", then the present one first.

        A hosted one is among them only where the owner of this program chose it. Raises
        StillOpening.
        """
        await self._opened(lambda _: self._backend.opening_finished())
        return [AUTO, *(name for _, name in self._backend.engines())]

    async def workspace(self, asker: Asker = ANYONE, engine: str = "") -> Workspace:
        """Return the workspace as `asker` may see it, with an engine by its name.

        Waits while the library opens. Raises StillOpening where that takes too long or fails,
        UnknownEngine for an engine that may not be asked, and NotAllowed for who did not sign in.
        """
        if self._signs_in and asker == ANYONE:
            raise NotAllowed(tr("sign in first: load the page again"))
        name, backend = "" if engine == AUTO else engine, self._backend
        await self._opened(
            lambda opened: backend.opening_finished() or name in {"", opened.engine.name}
        )
        try:
            chosen = await asyncio.to_thread(backend.workspace, name)
        except UsageError as error:
            known = ", ".join(await self.engines())
            raise UnknownEngine(
                tr("there is no engine {name} here; give one of: {forms}", name=name, forms=known)
            ) from error
        assert chosen is not None
        return await asyncio.to_thread(chosen.seen_by, asker)

    async def _opened(self, enough: Callable[[Workspace], bool]) -> None:
        """Wait until the library is open, and until that is `enough`; raises StillOpening."""
        backend, until = self._backend, time.monotonic() + self._opening_timeout
        while True:
            finished, opened = backend.opening_finished(), backend.workspace()
            if opened is not None and enough(opened):
                return
            if finished and opened is None:
                raise StillOpening(tr("the library does not open; see: briefing doctor"))
            if time.monotonic() > until:
                raise StillOpening(tr("the library is still opening; ask again in a while"))
            await asyncio.sleep(_POLL)

    async def answers(
        self, question: Question, *, asker: Asker = ANYONE, engine: str = "", pulse: float = 1.0
    ) -> AsyncGenerator[Answer | InLine | None, None]:
        """Yield the answer as it grows; None each `pulse` seconds in which nothing is new.

        Before it begins, its places in the queue. The last one is complete. Closing stops the
        engine. Raises UsageError, NotInLibrary, Busy, TooSlow, EngineError for an answer that
        failed, and what a search raises.
        """
        from assistant.pipeline import ask_shared, validated
        from corpus.errors import EngineError

        workspace = await self.workspace(asker, engine)
        whole = await asyncio.to_thread(_with_ids, workspace, validated(question))
        line, most = self._backend.questions, self._answer_timeout
        job = begun(line, lambda: ask_shared(workspace, whole), most=most)
        answer = None
        steps = snapshots(job, most, pulse, line)
        async with aclosing(steps):
            async for step in steps:
                if step is not None and not isinstance(step, InLine):
                    answer = step
                    if step.outcome == "failed":
                        raise EngineError(str(step.notice))
                yield step
        if answer is None or not answer.outcome:
            raise Busy(tr("the question was stopped before it was answered; ask again"))

    async def found(
        self, question: Question, *, asker: Asker = ANYONE, pulse: float = 1.0
    ) -> AsyncGenerator[tuple[Evidence, ...] | InLine | None, None]:
        """Yield the passages found for a question, best first; None while they are searched for.

        Before the search begins, its places in the queue.

        Raises what `answers` raises.
        """
        from assistant.pipeline import validated
        from assistant.planning.query_plan import plan_of
        from assistant.planning.query_rewriting import standalone
        from assistant.retrieval.retrieve import retrieve

        workspace = await self.workspace(asker)
        whole = await asyncio.to_thread(_with_ids, workspace, validated(question))

        def search() -> Iterator[tuple[Evidence, ...]]:
            text = standalone(whole.text, whole.history)
            wanted = replace(whole, text=text, history=())
            yield tuple(retrieve(workspace, plan_of(workspace, wanted)))

        found = None
        line, most = self._backend.questions, self._answer_timeout
        job = begun(line, search, most=most)
        steps = snapshots(job, most, pulse, line)
        async with aclosing(steps):
            async for step in steps:
                if not isinstance(step, InLine):
                    found = found if step is None else step
                yield step
        if found is None:
            raise Busy(tr("the search was stopped; ask again"))

    async def documents(self, asker: Asker = ANYONE) -> list[dict[str, Any]]:
        """Return the documents that `asker` may read, as `briefing sources --json` lists them."""
        from ui.json_objects import entry_json

        workspace = await self.workspace(asker)
        entries = await asyncio.to_thread(workspace.library.entries)
        return [entry_json(one) for one in entries]

    async def passage(
        self, document: str, start: int = 0, end: int | None = None, *, asker: Asker = ANYONE
    ) -> FoundPassage:
        """Return a part of a document by its id or the beginning of it; `end` None is its end.

        Raises NotInLibrary for an unknown document and for offsets that lie outside of it.
        """
        workspace = await self.workspace(asker)

        def find() -> FoundPassage:
            whole_id = workspace.library.resolve(document)
            whole = workspace.library.document(whole_id)
            last = len(whole.text) if end is None else end
            if not 0 <= start < last <= len(whole.text):
                raise NotInLibrary(
                    tr(
                        "{start} to {end} is no part of that document; give offsets up to {length}",
                        start=start,
                        end=last,
                        length=len(whole.text),
                    )
                )
            return FoundPassage(whole_id, whole, start, last)

        return await asyncio.to_thread(find)

    async def begin_memo(
        self, request: Request, *, asker: Asker = ANYONE, engine: str = ""
    ) -> tuple[str, Job[Memo]]:
        """Begin to write a memo; return the id by which `memo` finds it, and the work.

        Raises UnknownName for its form, a section or the engine, NotInLibrary, Busy, and UsageError
        for a topic that cannot be asked about.
        """
        from assistant.memo.request import chosen
        from assistant.memo.templates import template_named
        from assistant.memo.writing import write
        from assistant.pipeline import validated

        workspace = await self.workspace(asker, engine)
        asked = validated(_question_of(request))

        def prepared() -> Request:
            try:
                chosen(template_named(request.template, workspace.settings.home), request)
            except UsageError as error:
                raise UnknownName(str(error)) from error
            ids = _with_ids(workspace, asked).documents
            return replace(request, topic=asked.text, documents=ids)

        whole = await asyncio.to_thread(prepared)
        name = uuid.uuid4().hex
        job = begun(self._memos, lambda: write(workspace, whole), _memo_key(asker, name))
        return name, job

    def memo(self, name: str, asker: Asker = ANYONE) -> Job[Memo]:
        """Return the work on a memo by its id; raises NotInLibrary where `asker` began none."""
        job = self._memos.find(_memo_key(asker, name))
        if job is None:
            raise NotInLibrary(tr("no memo {name} was begun here", name=name))
        return job

    async def readable(
        self, memo: Memo, *, asker: Asker = ANYONE, name: str = "", form: str = ""
    ) -> Memo:
        """Return a memo without what `asker` may not read any more.

        With a `form` it is about to be exported under a `name`, which the audit trail keeps.
        """
        from assistant.memo.withholding import readable_memo

        workspace = await self.workspace(asker)

        def look() -> Memo:
            left = readable_memo(workspace.library, memo)
            if form:
                cited = sorted({one.document for one in left.citations})
                workspace.note("export", name, what="memo", form=form, documents=cited)
            return left

        return await asyncio.to_thread(look)

    async def memo_steps(
        self, job: Job[Memo], pulse: float = 1.0
    ) -> AsyncGenerator[Memo | None, None]:
        """Yield a memo as it grows, the last one complete; closing stops it. Raises its failure."""
        steps = snapshots(job, _MEMO_TIMEOUT, pulse)
        async with aclosing(steps):
            async for step in steps:
                if not isinstance(step, InLine):
                    yield step

    async def added(
        self, paths: Sequence[str], publisher: str = "", published: str = "", *, pulse: float = 1.0
    ) -> AsyncGenerator[Progress | tuple[Report, ...] | None, None]:
        """Yield the steps of adding files, folders and web addresses, and last their reports.

        For the owner of the library alone. Raises UsageError for a path that is not there, and what
        `Workspace.add` raises.
        """
        from corpus.partial_dates import refuse_undated
        from index.folder_walk import files_below
        from index.ingest import MetadataOverride, Report
        from index.url_ingest import is_address

        workspace = await self.workspace()
        refuse_undated(published)
        described = MetadataOverride(publisher=publisher, published=published, edit=True)
        addresses = [one for one in paths if is_address(one)]
        local = [Path(one).expanduser() for one in paths if one not in addresses]
        if wrong := next((one for one in local if not one.is_absolute()), None):
            raise UsageError(tr("{path} is no whole path; give one that begins at /", path=wrong))
        files = await asyncio.to_thread(files_below, local)

        def add() -> Iterator[Progress | tuple[Report, ...]]:
            reports: list[Report] = []
            lines = [workspace.add(files, described=described)] if files else []
            if addresses:
                given = dict.fromkeys(addresses, described)
                lines.append(workspace.add_addresses(addresses, described=given))
            for line in lines:
                for step in line:
                    if isinstance(step, Report):
                        reports.append(step)
                    else:
                        yield step
            yield tuple(reports)

        job = begun(self._backend.additions, add)
        steps = snapshots(job, _MEMO_TIMEOUT, pulse)
        async with aclosing(steps):
            async for step in steps:
                if not isinstance(step, InLine):
                    yield step

    async def removed(self, document: str) -> Entry:
        """Take a document out of the library and return it; raises NotInLibrary."""
        workspace = await self.workspace()

        def remove() -> Entry:
            return workspace.remove(workspace.library.resolve(document))

        return await asyncio.to_thread(remove)

    async def kept(self, memo: Memo) -> str:
        """Keep a memo among those that `briefing memos` lists; return its id."""
        workspace = await self.workspace()

        def keep() -> str:
            repository = workspace.memos
            name = repository.new_id(memo)
            repository.save(memo, name)
            return name

        return await asyncio.to_thread(keep)


def _memo_key(asker: Asker, name: str) -> str:
    """Return the key of a memo: whoever did not begin it has another, whatever the names hold."""
    return json.dumps(["api", asker.name, name])


def _question_of(request: Request) -> Question:
    from assistant.answer import Question

    return Question(
        request.topic, as_of=request.as_of, since=request.since, documents=request.documents
    )


def _with_ids(workspace: Workspace, question: Question) -> Question:
    """Return the question with whole ids of the documents it is bounded to."""
    ids = tuple(workspace.library.resolve(one) for one in question.documents)
    return replace(question, documents=ids)


__all__ = ["AUTO", "FoundPassage", "Service"]
