"""Memos written behind the page: from a form, from where one stopped, and the sample."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

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


def write_memo(
    backend: Backend, wanted: MemoForm, language: str = "en", engine: str = ""
) -> Iterator[MemoEditor]:
    """Return the steps of the editor as a memo grows; its first finished section is stored at once.

    `engine` writes it, whoever answers when its turn comes. Closing the iterator stops the work;
    what was finished stays in the repository. Raises UsageError for an engine that is not there.
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
    return _written(backend.workspace(engine), request, language)


def _written(
    workspace: Workspace | None, request: Request, language: str, begun: MemoEditor | None = None
) -> Iterator[MemoEditor]:
    """Yield the editor's state as a memo is written, from its beginning or where it stopped.

    The workspace has the engine that was named when it was begun: text goes to no other.
    """
    from assistant.extractive_engine import ExtractiveEngine
    from assistant.memo.writing import write

    if workspace is None:
        yield MemoEditor(message=error_html(word("memo.opening", language), language))
        return
    if request.sample:
        workspace = workspace.with_engine(ExtractiveEngine())
    editor = begun or MemoEditor()
    try:
        if not request.topic.strip():
            raise UsageError(word("memo.no_topic", language))
        repository = workspace.memos
        steps = write(workspace, request, begun.memo if begun else None)
        planned = _planned(workspace, request)
        for memo, name in repository.saved_steps(steps, begun.name if begun else ""):
            editor = MemoEditor(memo, name, planned=planned)
            yield editor
    except NothingFound as error:
        yield replace(begun or MemoEditor(), message=error_html(str(error), language))
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


def start_memo(
    backend: Backend, wanted: MemoForm, language: str = "en", engine: str = ""
) -> Job[MemoEditor]:
    """Begin to write a memo with an engine, in the background.

    What is asked for while the very same is being written is that. Raises UsageError where too many
    wait, or for an engine that is not there.
    """
    key = f"new-{language}-{engine}-{wanted}"
    running = backend.memos.find(key)
    if running is not None and not (running.ended or running.cancelled):
        return running
    steps = write_memo(backend, wanted, language, engine)
    return backend.memos.start(key, lambda: steps)


def resume_memo(
    backend: Backend, name: str, language: str = "en", engine: str = "", *, shorter: bool = False
) -> Job[MemoEditor]:
    """Go on with a memo that was stopped; `shorter` ends it with the sections that it has.

    One that is being written, or waits to be, is not begun twice. Raises UsageError where it cannot
    be read, its template or the engine is gone, or too many wait.
    """
    from assistant.memo.contents import finished_sections
    from assistant.memo.request import Request, resumed

    workspace = backend.workspace(engine)
    if workspace is None:
        raise UsageError(word("memo.opening", language))
    if (running := _writing(backend, name)) is not None:
        return running
    memo = workspace.memos.load(name)
    request = resumed(Request(memo.topic, language=memo.language), memo)
    if shorter:
        has = {one.key for one in finished_sections(memo)}
        ends = [key for key, _ in _planned(workspace, request) if key in has or key == "sources"]
        request = replace(request, sections=tuple(ends))
    begun = MemoEditor(memo, name)
    # While it waits its snapshot is what is kept: it counts as being written.
    return backend.memos.start(
        f"resume-{name}",
        lambda: _written(workspace, request, language, begun),
        alone=True,
        first=begun,
    )


def _writing(backend: Backend, name: str) -> Job[MemoEditor] | None:
    """Return the work that writes a memo or waits to; None where there is none."""
    found = (
        job
        for job in (*backend.memos.unfinished(), *backend.samples.unfinished())
        if not job.cancelled and job.latest is not None and job.latest.name == name
    )
    return next(found, None)


def running_memo(backend: Backend) -> Job[MemoEditor] | None:
    """Return the memo that is being written for somebody; None where there is none."""
    return next(iter(backend.memos.unfinished()), None)


def job_named(backend: Backend, key: str) -> Job[MemoEditor] | None:
    """Return the work that a window watches, by its key; None where it is forgotten."""
    return backend.memos.find(key) or backend.samples.find(key)


# What the sample is on, and how long it waits for questions at most: so many pauses of seconds.
_SAMPLE_TOPIC = "Training cost of DeepSeek's models"
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

    Returns the work, or that which is under way; None where there is nothing to write. It has a
    line of its own and waits for whoever writes a memo; `patient` waits while questions are being
    answered, too.
    """
    from assistant.memo.request import Request

    workspace = backend.workspace()
    if workspace is None or stored_sample(backend, language):
        return None
    library = workspace.library
    if library.ever_added or not library.starter_loaded:
        return None
    key = f"sample-{language}"
    running = backend.samples.find(key)
    if running is not None and not running.ended:
        return running
    request = Request(_SAMPLE_TOPIC, language=language, sample=True)

    def steps() -> Iterator[MemoEditor]:
        for editor in _written(workspace, request, language):
            yield editor
            left = _SAMPLE_PATIENCE if patient else 0
            while backend.memos.unfinished() or (left and backend.questions.unfinished()):
                left = max(0, left - 1)
                time.sleep(_SAMPLE_PAUSE)
                yield editor

    return backend.samples.start(key, steps)
