"""The log: `briefing.log` in the data folder says what the program did and why something failed.

Modules write through `logging.getLogger(__name__)`; whoever starts the program hands out the file
(`recorded`). At the default level no question and no text of a document stands in it: of an
exception its kind, its place and its stack are written and not its words, which may quote either;
of another library's messages only where they came from. Keys stand in it at no level.

Its lines are text, or one JSON object each, which has the request that was served as well; then a
server writes them to standard error too, where a container's log is taken from.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import stat
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from filelock import lock_descriptor

from corpus import tracing
from corpus.errors import BriefingError, NoConversation, NotInLibrary
from corpus.redaction import hide_environment, redacted

FILE = "briefing.log"
LEVELS = ("error", "warning", "info", "debug")
DEFAULT = "info"
TEXT, JSON = FORMATS = ("text", "json")
# A question leaves about 300 bytes, an added document 150, a stack 2,000: a megabyte holds weeks
# of use, and four files are little beside any library and small enough to be sent to someone.
_SIZE, _KEPT = 1_000_000, 3
# One record: a stack of a deep recursion must not push everything else out of the file.
_LONGEST, _LONGEST_LINE = 20_000, 2_000
# Records held while there is no data folder yet: a command that makes none leaves none behind.
_BUFFERED = 200
# Seconds to wait for another process that writes: it needs microseconds, unless it was stopped. One
# that was is not waited for again for a minute.
_PATIENCE, _IMPATIENT = 0.5, 60.0
# Of the newest file, what is looked through for errors.
_TAIL = 300_000
# Where a flag is unknown (Windows) nothing is lost: its pipes and devices are no paths.
_SAFELY = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
_OURS = ("corpus", "index", "assistant", "ui", "benchmarks")
_HEADER = re.compile(r"(?P<time>\S+Z) (?P<level>ERROR|CRITICAL) +\d+ (?P<where>\S+): (?P<line>.*)")


@dataclass(frozen=True, slots=True)
class Failure:
    """One error of the log: when (UTC, ISO 8601), the module that met it, and one line."""

    time: str
    where: str
    line: str


@contextmanager
def logging_to(home: Path, level: str = DEFAULT, form: str = TEXT) -> Iterator[None]:
    """Write the log of the data folder `home` during the block, at one of LEVELS.

    Its lines are of one of FORMATS. An exception that ends a thread or the program is logged too,
    and still shown on the terminal. A log that cannot be written stops nothing: `trouble` says why.
    """
    hide_environment()
    number = logging.getLevelNamesMapping()[level.upper()]
    handler = _SharedFile(home / FILE)
    handler.setLevel(number)
    lines = _Objects if form == JSON else _Lines
    handler.setFormatter(lines(words=number <= logging.DEBUG))
    ours = [logging.getLogger(name) for name in _OURS]
    before = [one.level for one in ours]
    hooks = sys.excepthook, threading.excepthook
    for one in ours:
        one.setLevel(number)
    logging.getLogger().addHandler(handler)
    sys.excepthook, threading.excepthook = _exit_hook(hooks[0]), _thread_exit_hook(hooks[1])
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hooks
        logging.getLogger().removeHandler(handler)
        for one, was in zip(ours, before, strict=True):
            one.setLevel(was)
        handler.close()


@contextmanager
def shown_on(stream: TextIO) -> Iterator[None]:
    """Write the log to a stream too during the block, if its lines are JSON; servers do."""
    shared = [one for one in logging.getLogger().handlers if isinstance(one, _SharedFile)]
    objects = [one for one in shared if isinstance(one.formatter, _Objects)]
    if not objects:
        yield
        return
    handler = logging.StreamHandler(stream)
    handler.setLevel(objects[0].level)
    handler.setFormatter(objects[0].formatter)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def write_problem(home: Path) -> str:
    """Return why the log of a data folder cannot be written, as one line; "" where it can."""
    file = home / FILE
    try:
        os.close(_open_private(str(file), os.O_WRONLY | os.O_APPEND))
    except OSError as error:
        return f"{file} cannot be written ({os.strerror(error.errno or 0)})"
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _SharedFile) and handler.file == file and handler.trouble:
            return f"{file} could not be written ({handler.trouble})"
    return ""


def last_failures(home: Path, most: int = 5) -> list[Failure]:
    """Return the newest errors in the log of a data folder, oldest first; none without a log."""
    found: deque[Failure] = deque(maxlen=most)
    for name in (f"{FILE}.1", FILE):
        for line in _end_of(home / name).splitlines():
            if match := _HEADER.fullmatch(line):
                found.append(Failure(match["time"], match["where"], match["line"]))
            elif line.startswith("{") and (failure := _failure_of(line)) is not None:
                found.append(failure)
    return list(found)


def _failure_of(line: str) -> Failure | None:
    """Return the error that a line of JSON tells of; None for one that tells of none."""
    try:
        said = json.loads(line)
        if said["level"] not in {"ERROR", "CRITICAL"}:
            return None
        return Failure(str(said["time"]), str(said["module"]), str(said["message"]))
    except (ValueError, KeyError, TypeError):
        # The end of a file may begin within a line.
        return None


def level_of(error: BaseException) -> int:
    """Return the level of a failure: that of an error, less for a request that was itself wrong.

    A wrong option, an unknown id and a topic without documents are no failures of the program.
    """
    if isinstance(error, NotInLibrary | NoConversation):
        return logging.INFO
    asked_wrong = isinstance(error, BriefingError) and error.exit_code != 1
    return logging.INFO if asked_wrong else logging.ERROR


def log_name(place: str) -> str:
    """Return a document's place as the log names it: a file's name, or the host of an address.

    The rest of an address may hold what somebody searched for.
    """
    if "://" in place:
        return place.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return place.rpartition("/")[2].rpartition("upload:")[2]


def _end_of(file: Path) -> str:
    """Return the end of a regular file as text; "" for one that is missing or cannot be read."""
    try:
        descriptor = _open_private(str(file), os.O_RDONLY)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as stream:
        stream.seek(max(0, os.fstat(descriptor).st_size - _TAIL))
        return stream.read(_TAIL).decode("utf-8", errors="replace")


def _open_private(path: str, flags: int) -> int:
    """Open a regular file, made for its owner alone; a link or a pipe in its place is refused."""
    flags |= os.O_CREAT if flags & os.O_WRONLY else 0
    descriptor = os.open(path, flags | _SAFELY, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", path)
    if flags & os.O_WRONLY and hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return descriptor


class _SharedFile(RotatingFileHandler):
    """A rotating file that several processes write: each record whole, under a lock.

    Without it two processes rotate at once and one writes on in a file that was renamed.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8", delay=True)
        self.file = file
        self.trouble = ""
        self._before: deque[logging.LogRecord] = deque(maxlen=_BUFFERED)
        self._is_alone = False
        self._impatient_until = 0.0

    def _open(self) -> Any:
        return open(
            self.baseFilename,
            "a",
            encoding="utf-8",
            errors="backslashreplace",
            opener=_open_private,
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; whatever refuses it is remembered in `trouble`, and nothing stops."""
        try:
            if not self.file.parent.is_dir():
                self._before.append(record)
                return
            with self._alone():
                self._follow()
                while self._before:
                    super().emit(self._before.popleft())
                super().emit(record)
        except OSError as error:
            self.trouble = os.strerror(error.errno or 0)

    def handleError(self, record: logging.LogRecord) -> None:
        """Remember why a record was not written: it must neither stop the work nor be printed."""
        error = sys.exc_info()[1]
        number = error.errno if isinstance(error, OSError) else None
        self.trouble = os.strerror(number) if number else type(error).__name__
        # What the stream could not get rid of would fail again when it is closed.
        stream, self.stream = self.stream, None
        _close_quietly(stream)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock that all processes share; after a time-out, or without file locks, go on.

        Without the lock a line is still appended, as a rule in one piece, but the file is not
        rotated.
        """
        lock = _open_private(f"{self.baseFilename}.lock", os.O_WRONLY)
        try:
            deadline = time.monotonic() + _PATIENCE
            self._is_alone = _locked(lock)
            while not self._is_alone and self._impatient_until < time.monotonic() < deadline:
                time.sleep(0.002)
                self._is_alone = _locked(lock)
            if not self._is_alone:
                self._impatient_until = time.monotonic() + _IMPATIENT
            yield
        finally:
            os.close(lock)

    def shouldRollover(self, record: logging.LogRecord) -> int:
        """Say whether the file is full; only the holder of the lock may rename it."""
        return int(self._is_alone and bool(super().shouldRollover(record)))

    def _follow(self) -> None:
        """Reopen the file if another process has rotated it, or somebody deleted it."""
        if self.stream is None:
            return
        ours = os.fstat(self.stream.fileno())
        try:
            there = os.stat(self.baseFilename)  # noqa: PTH116  # reason: a str, as its base has it
        except FileNotFoundError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (ours.st_ino, ours.st_dev):
            stream, self.stream = self.stream, None
            _close_quietly(stream)


def _locked(descriptor: int) -> bool:
    try:
        return lock_descriptor(descriptor, blocking=False)
    except OSError:
        # A disk without locks.
        return False


def _close_quietly(stream: TextIO | None) -> None:
    if stream is not None:
        try:
            stream.close()
        except OSError:
            # What it held could not be written: that was noted when it was tried.
            return


class _Lines(logging.Formatter):
    """One line per record, its stack trace indented below, so that no text can forge a record."""

    def __init__(self, *, words: bool) -> None:
        """With `words` the messages of exceptions and of other libraries are written as well."""
        super().__init__()
        self._words = words

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as lines without keys."""
        said, lines = self._said(record)
        level, where = f"{record.levelname:<7}", f"{record.process} {record.name}"
        header = f"{_moment(record)} {level} {where}: {_printable(said)}"
        return redacted("\n".join([header, *map(_indented, lines)]))

    def _said(self, record: logging.LogRecord) -> tuple[str, list[str]]:
        """Return what a record says in one line, and the stack of its exception."""
        said = self._message(record)
        error = record.exc_info[1] if record.exc_info else None
        lines = []
        if error is not None:
            said = f"{said}: {summary(error, words=self._words)}"
            lines = list(_stack(error, words=self._words))
        if len("".join(lines)) > _LONGEST:
            # The end says what went wrong, the beginning who asked for it.
            lines = [
                *_first_lines(lines, _LONGEST // 2),
                "[…]",
                *_first_lines(lines[::-1], _LONGEST // 2)[::-1],
            ]
        return said, lines

    def _message(self, record: logging.LogRecord) -> str:
        if self._words or record.name.partition(".")[0] in _OURS:
            return record.getMessage()
        return f"a message from {Path(record.pathname).name}:{record.lineno} (--verbose writes it)"


class _Objects(_Lines):
    """One JSON object per record: time, level, module, process, message, request, asker, stack."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of JSON without keys."""
        said, stack = self._said(record)
        # Redacted as text: what JSON writes between keys and values would look like a secret's.
        told: dict[str, object] = {
            "time": _moment(record),
            "level": record.levelname,
            "module": record.name,
            "process": record.process,
            "message": redacted(_printable(said)),
        }
        if (served := tracing.request()) is not None:
            told["request"] = served.id
            if served.asker:
                told["asker"] = redacted(_printable(served.asker))
        if stack:
            told["stack"] = [redacted(_printable(one)) for one in stack]
        return json.dumps(told, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{moment}.{int(record.msecs):03}Z"


def _first_lines(lines: list[str], characters: int) -> list[str]:
    taken: list[str] = []
    for line in lines:
        characters -= len(line)
        if characters < 0:
            break
        taken.append(line)
    return taken


def _indented(line: str) -> str:
    return f"    {_printable(line)}"


def _printable(text: str) -> str:
    """Return a text on one line: line breaks and control characters as escapes."""
    cut = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in cut
    )


def summary(error: BaseException, *, words: bool = False) -> str:
    """Return an exception in one line without its words: its kind, what is known, where it arose.

    An exception may say in `logged` what of its words quotes nobody.
    """
    known = ""
    if words:
        known = str(error)
    elif isinstance(said := getattr(error, "logged", None), str):
        known = said
    elif isinstance(reason := getattr(error, "reason", None), str) and reason.isidentifier():
        known = reason
    elif isinstance(error, OSError) and error.errno:
        known = os.strerror(error.errno)
    elif isinstance(code := getattr(error, "sqlite_errorname", None), str):
        known = code
    elif isinstance(status := getattr(error, "status_code", None), int):
        known = f"status {status}"
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{f' ({known})' if known else ''}{at}"


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


def _stack(
    error: BaseException, *, words: bool, seen: frozenset[int] = frozenset()
) -> Iterator[str]:
    """Yield the lines of an exception's stack, causes first, as Python prints them."""
    seen |= {id(error)}
    cause = error.__cause__
    context = None if cause or error.__suppress_context__ else error.__context__
    for before, how in ((cause, "which led to"), (context, "while it was handled")):
        if before is not None and id(before) not in seen:
            yield from _stack(before, words=words, seen=seen)
            yield f"{how}:"
    for entry in traceback.StackSummary.extract(
        traceback.walk_tb(error.__traceback__), limit=-40
    ).format():
        yield from entry.rstrip("\n").split("\n")
    yield from summary(error, words=words).split("\n")
    if isinstance(error, BaseExceptionGroup):
        for number, one in enumerate(error.exceptions, start=1):
            if id(one) not in seen:
                yield f"{number} of {len(error.exceptions)}:"
                yield from _stack(one, words=words, seen=seen)


def _exit_hook(shown: Any) -> Any:
    """Return a hook that logs what ends the program, then does what `shown` did."""

    def hook(kind: Any, error: Any, trace: Any) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            logging.getLogger(__name__).critical(
                "the program ended by an exception", exc_info=(kind, error, trace)
            )
        shown(kind, error, trace)

    return hook


def _thread_exit_hook(shown: Any) -> Any:
    """Return a hook that logs what ends a thread, then does what `shown` did."""

    def hook(args: Any) -> None:
        if args.exc_type is not SystemExit:
            name = args.thread.name if args.thread else "?"
            logging.getLogger(__name__).error(
                "the thread %s ended by an exception",
                name,
                exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            )
        shown(args)

    return hook
