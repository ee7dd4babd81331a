"""Memos written behind the page: from a form, from where one stopped, and the sample."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from corpus.errors import BriefingError, NothingFound, UsageError
from ui.jobs import Job
from ui.memo_editor import MemoEditor
from ui.memos import stored_memos
from ui.notices import error_html
from ui.wording import word

if TYPE_CHECKING:
    from assistant.memo.request import PlannedSection, Request
    from assistant.memo.values import Memo
    from assistant.workspace import Workspace
    from ui.backend import Backend


@dataclass(frozen=True, slots=True)
class MemoForm:
    """What the form of the page asks for; every field as it was typed.

    `questions` are those that were changed before writing, by the key of their section.
    """

    topic: str
    template: str = "bluf"
    as_of: str = ""
    audience: str = ""
    length: float | None = None
    publishers: tuple[str, ...] = ()
    questions: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_memo(backend: Backend, wanted: MemoForm, language: str = "en") -> Iterator[MemoEditor]:
    """Yield the editor's state as the memo grows; its first finished section is stored at once.

    Closing the iterator stops the work; what was finished stays in the repository.
    """
    from assistant.memo.request import Request

    request = Request(
        topic=wanted.topic,
        template=wanted.template or "bluf",
        as_of=wanted.as_of.strip(),
        audience=wanted.audience.strip(),
        length=int(wanted.length or 0),
        publishers=wanted.publishers,
        language=language,
        questions=wanted.questions,
    )
    yield from _written(backend, request, language)


def _written(
    backend: Backend, request: Request, language: str, begun: MemoEditor | None = None
) -> Iterator[MemoEditor]:
    """Yield the editor's state as a memo is written, from its beginning or where it stopped."""
    from assistant.extractive_engine import ExtractiveEngine
    from assistant.memo.memo_repository import MemoRepository
    from assistant.memo.writing import write

    workspace = backend.workspace()
    if workspace is None:
        yield MemoEditor(message=error_html(word("memo.opening", language), language))
        return
    if request.sample:
        workspace = workspace.with_engine(ExtractiveEngine())
    editor = begun or MemoEditor()
    try:
        if not request.topic.strip():
            raise UsageError(word("memo.no_topic", language))
        repository = MemoRepository(workspace.settings.home)
        steps = write(workspace, request, begun.memo if begun else None)
        planned = _planned(workspace, request)
        for memo, name in repository.saved_steps(steps, begun.name if begun else ""):
            editor = MemoEditor(memo, name, planned=planned)
            yield editor
    except NothingFound as error:
        yield MemoEditor(message=error_html(str(error), language))
    except BriefingError as error:
        yield MemoEditor(editor.memo, editor.name, error_html(str(error), language))


def _planned(workspace: Workspace, request: Request) -> tuple[tuple[str, str], ...]:
    """Return (key, heading) of the sections that a memo is to have, in English."""
    from assistant.memo.request import chosen
    from assistant.memo.templates import template_named

    template = template_named(request.template, workspace.settings.home)
    return tuple((one.key, one.heading) for one in chosen(template, request) if one.kind != "log")


def planned_of(backend: Backend, memo: Memo) -> tuple[tuple[str, str], ...]:
    """Return (key, heading) of the sections that a stored memo was to have."""
    from assistant.memo.request import Request, resumed

    workspace = backend.workspace()
    if workspace is None:
        return ()
    try:
        return _planned(workspace, resumed(Request(memo.topic), memo))
    except UsageError:
        # Its template is gone, or has other sections now.
        return tuple((one.key, one.heading) for one in memo.sections)


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a memo may have: its name, what it is called and for, how long it comes to.

    `shape` has for each section how many lines a picture of it shows.
    """

    name: str
    heading: str
    about: str
    pages: str
    words: int
    shape: tuple[int, ...]


def forms(backend: Backend, language: str) -> list[Form]:
    """Return the forms that a memo may have, the user's own first; what cannot be read is not."""
    from assistant.memo.templates import template_named, template_names
    from assistant.memo.translation import worded

    workspace = backend.workspace()
    home = workspace.settings.home if workspace else None
    found = []
    for name in template_names(home):
        try:
            one = template_named(name, home)
        except UsageError:
            continue
        shape = tuple(min(3, len(plan.questions) + 1) for plan in one.sections[:6])
        heading, about = worded(one.heading, language), worded(one.about, language)
        found.append(Form(name, heading, about, one.pages, one.words, shape))
    often = Counter(one.heading for one in found)
    return [
        replace(one, heading=f"{one.heading} ({one.name})") if often[one.heading] > 1 else one
        for one in found
    ]


def planned_questions(
    backend: Backend, topic: str, template: str, language: str
) -> Sequence[PlannedSection]:
    """Return the sections of a memo that search, with their questions; none without a topic.

    Raises UsageError for a topic that cannot be asked about.
    """
    from assistant.memo.request import Request, planned_sections

    workspace = backend.workspace()
    if workspace is None or not topic.strip():
        return ()
    return planned_sections(workspace, Request(topic, template or "bluf", language=language))


def start_memo(backend: Backend, wanted: MemoForm, language: str = "en") -> Job[MemoEditor]:
    """Begin to write a memo, in the background; raises UsageError where too many wait."""
    return backend.memos.start(uuid4().hex, lambda: write_memo(backend, wanted, language))


def resume_memo(
    backend: Backend, name: str, language: str = "en", *, shorter: bool = False
) -> Job[MemoEditor]:
    """Go on with a memo that was stopped; `shorter` ends it with the sections that it has.

    Raises UsageError where it cannot be read, its template is gone, or too many wait.
    """
    from assistant.memo.contents import finished_sections
    from assistant.memo.memo_repository import MemoRepository
    from assistant.memo.request import Request, resumed

    workspace = backend.workspace()
    if workspace is None:
        raise UsageError(word("memo.opening", language))
    memo = MemoRepository(workspace.settings.home).load(name)
    request = resumed(Request(memo.topic, language=memo.language), memo)
    if shorter:
        has = {one.key for one in finished_sections(memo)}
        ends = [key for key, _ in _planned(workspace, request) if key in has or key == "sources"]
        request = replace(request, sections=tuple(ends))
    begun = MemoEditor(memo, name)
    return backend.memos.start(
        uuid4().hex, lambda: _written(backend, request, language, begun), alone=True
    )


def running_memo(backend: Backend) -> Job[MemoEditor] | None:
    """Return the memo that is being written for somebody; None where there is none."""
    running = (job for job in backend.memos.unfinished() if not job.name.startswith(_SAMPLE))
    return next(running, None)


# What the sample is on, what its work is called, and how long it waits for questions at most.
_SAMPLE_TOPIC, _SAMPLE = "Training cost of DeepSeek's models", "sample-"


_SAMPLE_PAUSE, _SAMPLE_PATIENCE = 0.1, 600


def stored_sample(backend: Backend, language: str) -> str:
    """Return the id of the finished sample memo in a language; "" where it is not written."""
    found = (
        one.id
        for one in stored_memos(backend)
        if one.sample and one.complete and one.language == language
    )
    return next(found, "")


def start_sample(
    backend: Backend, language: str = "en", *, patient: bool = False
) -> Job[MemoEditor] | None:
    """Begin to write the sample memo, where the library is the starter library and it is not there.

    Returns the work, or that which is under way; None where there is nothing to write. `patient`
    waits while questions are being answered.
    """
    from assistant.memo.request import Request

    workspace = backend.workspace()
    if workspace is None or stored_sample(backend, language):
        return None
    library = workspace.library
    if library.ever_added or not library.starter_loaded:
        return None
    key = f"{_SAMPLE}{language}"
    running = backend.memos.find(key)
    if running is not None and not running.ended:
        return running
    request = Request(_SAMPLE_TOPIC, language=language, sample=True)

    def steps() -> Iterator[MemoEditor]:
        for editor in _written(backend, request, language):
            yield editor
            for _ in range(_SAMPLE_PATIENCE if patient else 0):
                if not backend.questions.unfinished():
                    break
                time.sleep(_SAMPLE_PAUSE)
                yield editor

    return backend.memos.start(key, steps)
