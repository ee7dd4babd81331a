"""What becomes of a request: its id, and how long each step of answering it took.

A step is a span: `with span("embed"):`. Where nobody asked for traces or metrics that does nothing,
and nothing of OpenTelemetry is imported. No word of a question or a document goes into a span: its
attributes are counts, names of engines and outcomes.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

Step = TypeVar("Step")
_P = ParamSpec("_P")
_R = TypeVar("_R")
Attribute = str | int | float | bool
REQUEST_ID, TRACE_PARENT = "x-request-id", "traceparent"
# What is taken for the id of a request from outside: it goes into the log and back as a header.
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(slots=True)
class Request:
    """A request or a question of the command line: its id, and who asks, "" for nobody.

    `parent` is the trace that it belongs to, as its `traceparent` header says.
    """

    id: str
    asker: str = ""
    parent: str = ""


class Tracer(Protocol):
    """Keeps spans; `corpus.trace_export` has one that sends them to a collector."""

    def begin(
        self, name: str, within: Any, attributes: Mapping[str, Attribute], ago: float = 0.0
    ) -> Any:
        """Return a span within another, a `traceparent` or None; it began so many seconds ago."""

    def end(self, kept: Any, attributes: Mapping[str, Attribute], failure: str) -> None:
        """End a span; `failure` is the kind of what ended it early, "" for nothing."""

    def parent_of(self, kept: Any) -> str:
        """Return the `traceparent` header of what is asked of others during a span."""


_request: ContextVar[Request | None] = ContextVar("request", default=None)
_current: ContextVar[Any] = ContextVar("span", default=None)
_tracer: Tracer | None = None
_timed: Callable[[str, float], None] | None = None
_elsewhere: Callable[[], Request | None] | None = None


class Span:
    """A step that is under way."""

    __slots__ = ("_attributes", "_began", "_failure", "_kept", "_name", "busy")

    def __init__(self, name: str, attributes: Mapping[str, Attribute], ago: float = 0.0) -> None:
        request = _request.get()
        within = _current.get() or (request.parent if request else "") or None
        self._name = name
        self._attributes: dict[str, Attribute] = dict(attributes)
        self._failure = ""
        self._began = time.perf_counter() - ago
        self._kept = _tracer.begin(name, within, attributes, ago) if _tracer else None
        # Seconds worked on it, where its work is done in several goes.
        self.busy: float | None = None

    def note(self, **attributes: Attribute) -> None:
        """Add what is known by now: counts and names, no text."""
        self._attributes |= attributes

    def fail(self, error: BaseException) -> None:
        """Say what ended it early; what merely was not wanted any more is no failure."""
        self._failure = "" if isinstance(error, GeneratorExit) else type(error).__name__

    @contextmanager
    def during(self) -> Iterator[None]:
        """Make it the span that other steps are part of."""
        token = _current.set(self._kept)
        try:
            yield
        finally:
            _current.reset(token)

    def end(self) -> None:
        """End it."""
        seconds = time.perf_counter() - self._began if self.busy is None else self.busy
        if _timed is not None:
            _timed(self._name, seconds)
        if _tracer is not None and self._kept is not None:
            if self.busy is not None:
                self._attributes["busy_seconds"] = round(self.busy, 6)
            _tracer.end(self._kept, self._attributes, self._failure)


class _Nothing(Span):
    """The span where nobody looks at spans."""

    def __init__(self) -> None:
        self.busy = None

    def note(self, **attributes: Attribute) -> None:
        """Forget it."""

    def fail(self, error: BaseException) -> None:
        """Forget it."""


_NOTHING = _Nothing()


def is_on() -> bool:
    """Say whether anybody looks at spans."""
    return _tracer is not None or _timed is not None


def keep_spans(tracer: Tracer | None) -> None:
    """Hand spans to `tracer` from now on; None for nobody."""
    global _tracer
    _tracer = tracer


def time_steps(timed: Callable[[str, float], None] | None) -> None:
    """Have `timed` told the name and the seconds of each step from now on; None for nobody."""
    global _timed
    _timed = timed


@contextmanager
def span(name: str, **attributes: Attribute) -> Iterator[Span]:
    """Do one step of a request. Not for a generator, which others interrupt: see `stepwise`."""
    if _tracer is None and _timed is None:
        yield _NOTHING
        return
    one = Span(name, attributes)
    try:
        with one.during():
            yield one
    except BaseException as error:
        one.fail(error)
        raise
    finally:
        one.end()


def spanned(name: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Wrap a function so that each call of it is a span."""

    def wrap(work: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(work)
        def done(*args: _P.args, **named: _P.kwargs) -> _R:
            with span(name):
                return work(*args, **named)

        return done

    return wrap


def ended(name: str, seconds: float, **attributes: Attribute) -> None:
    """Tell of a step that took so long and ended just now: one that another process did."""
    if is_on():
        Span(name, attributes, seconds).end()


def stepwise(
    name: str,
    make: Callable[[], Iterator[Step]],
    note: Callable[[Span, Step], None] = lambda *_: None,
    **attributes: Attribute,
) -> Generator[Step, None, None]:
    """Yield what `make()` yields, all of it one span; `note` sees each step before it is handed on.

    The span is the current one only while the generator works: between two steps its reader may do
    something else, in another thread.
    """
    if _tracer is None and _timed is None:
        yield from make()
        return
    one = Span(name, attributes)
    one.busy = 0.0
    try:
        with one.during():
            steps = make()
        try:
            while True:
                began = time.perf_counter()
                try:
                    with one.during():
                        step = next(steps)
                except StopIteration:
                    return
                finally:
                    one.busy += time.perf_counter() - began
                note(one, step)
                yield step
        finally:
            close = getattr(steps, "close", None)
            if close is not None:
                close()
    except BaseException as error:
        one.fail(error)
        raise
    finally:
        one.end()


def request() -> Request | None:
    """Return the request that is being served; None outside of any."""
    return _request.get() or (_elsewhere() if _elsewhere is not None else None)


def request_id() -> str:
    """Return the id of the request that is being served, "" outside of any."""
    present = request()
    return present.id if present else ""


def note_asker(name: str) -> None:
    """Say who makes the request that is being served, for the log."""
    present = request()
    if present is not None:
        present.asker = name


def requests_from(elsewhere: Callable[[], Request | None] | None) -> None:
    """Ask `elsewhere` too which request is served; None for nobody.

    It is for a framework that answers apart from the request, and keeps that one itself.
    """
    global _elsewhere
    _elsewhere = elsewhere


def request_of(headers: Mapping[str, str]) -> Request:
    """Return the request of some headers, names in small letters: with its id or a new one."""
    given = headers.get(REQUEST_ID, "")
    known = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
    return Request(known, parent=headers.get(TRACE_PARENT, ""))


@contextmanager
def serving(one: Request | None) -> Iterator[None]:
    """Serve a request during the block."""
    token = _request.set(one)
    try:
        yield
    finally:
        _request.reset(token)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a thread takes over from the one that gave it work."""

    request: Request | None
    span: Any


def carried() -> Carried:
    """Return what work that is done in another thread is to be done `within`."""
    return Carried(request(), _current.get())


@contextmanager
def within(given: Carried) -> Iterator[None]:
    """Do work for the request, and as part of the span, that another thread had."""
    token = _current.set(given.span)
    try:
        with serving(given.request):
            yield
    finally:
        _current.reset(token)


def outgoing_headers() -> dict[str, str]:
    """Return the headers by which another server of ours knows the request and the span."""
    headers = {}
    if known := request_id():
        headers[REQUEST_ID] = known
    present = _current.get()
    if _tracer is not None and present is not None:
        headers[TRACE_PARENT] = _tracer.parent_of(present)
    return headers
