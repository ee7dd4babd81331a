"""Reading files in child processes with limits, so that a hostile file ends there.

A thread cannot be killed and a parser can run for ever, eat the memory or crash the process
(Tika's published lesson). A child has no network, no environment, starts no program, writes no
file, and is replaced after it fails or has read fifty files. It is handed each file open and can
open no other (corpus.confinement). It answers in JSON, not pickle: a parser that was
taken over must not choose what is unpickled here.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from corpus import tracing
from corpus.counting import Counting
from corpus.document import Document, Passage, Source
from corpus.errors import ReadError
from corpus.files import open_file
from corpus.formats import READERS
from corpus.i18n import tr, translatable_from
from corpus.limits import MOST_PARTS
from corpus.ocr import Row, Scan
from corpus.rows import DOCUMENT, document_of
from corpus.splitting import MOST_PASSAGES

if TYPE_CHECKING:
    from resource import struct_rusage

# Seconds by the clock and of the processor for one file; address space of a child, of which 0.7 GB
# was enough for each of 127 real files (144-page PDFs and 1.9 MB of inline XBRL among them).
WALL_SECONDS = 45.0
CPU_SECONDS = 30
MEMORY = 1_000_000_000
_RECYCLE = 50
# A child imports all that it may need before it shuts itself in: 1.5 s, more on a busy machine.
_START_SECONDS = 60.0
# Characters of a child's note on a plug-in that are kept.
_LONGEST_NOTE = 1_000
# Twenty million characters, six bytes each where JSON escapes them, and their headings.
_LONGEST_ANSWER = 150_000_000


# Ahead of each request: how long it is.
_HEAD = struct.Struct("<Q")

ReadDocument = tuple[Document, list[Passage]]


class Sandbox:
    """A few child processes that read one file after the other; a context manager."""

    def __init__(
        self,
        *,
        workers: int = 1,
        counting: Callable[[], Counting] | None = None,
        wall: float = WALL_SECONDS,
        cpu: int = CPU_SECONDS,
        memory: int = MEMORY,
    ) -> None:
        """Start nothing yet; `counting`, asked when the first file is split, says how to count."""
        self._children = [_Child(wall, cpu, memory) for _ in range(workers)]
        self._counting = counting
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        for child in self._children:
            self._idle.put(child)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children; a file that one is reading counts as crashed."""
        for child in self._children:
            child.kill()
        # Each is reaped by the thread that uses it: no pipe may be closed while one waits on it.
        idle = [self._idle.get() for _ in self._children]
        for child in idle:
            child.end()
            self._idle.put(child)

    def read(self, path: Path) -> Document:
        """Return the document of one file; raises ReadError."""
        answer = self._answer(path, None)
        if isinstance(answer, ReadError):
            raise answer
        return answer[0]

    def read_part(self, path: Path, part: Sequence[str], heading: str) -> ReadDocument | ReadError:
        """Return a document within the one at `path`, with its passages, or why it has none.

        `part` are the names that lead to it (corpus.readers.read_open). `heading` goes above all of
        its own, so that each passage says what it was found in.
        """
        request = {"read": str(path.absolute()), "part": list(part), "heading": heading}
        return self._document(path, request | {"title": ""})

    def draw_page(
        self, path: Path, request: dict[str, Any], part: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return what `pdf_drawing.draw_page` makes of its arguments; raises ReadError.

        "image" comes back as base64. `part` names the document within the one at `path`.
        """
        answer = self._asked(path, {"read": str(path), "draw": request, "part": list(part)})
        if isinstance(answer, ReadError):
            raise answer
        return answer

    def scanned_pages(self, path: Path, part: Sequence[str] = ()) -> list[int]:
        """Return the pages (from 1) of a PDF that hold no text but are not blank; none if refused.

        `part` names the document within the one at `path`.
        """
        answer = self._asked(path, {"read": str(path), "scans": True, "part": list(part)})
        try:
            return [] if isinstance(answer, ReadError) else [int(one) for one in answer["pages"]]
        except (ValueError, KeyError, TypeError):
            return []

    def scan(self, path: Path, page: int, part: Sequence[str] = ()) -> Scan | None:
        """Return a page (from 1) of a PDF as pixels for OCR, or None where it cannot be drawn."""
        answer = self._asked(path, {"read": str(path), "scan": page, "part": list(part)})
        try:
            if isinstance(answer, ReadError):
                return None
            width, height, scale = int(answer["width"]), int(answer["height"]), answer["scale"]
            return Scan(width, height, float(scale), base64.b64decode(answer["pixels"]))
        except (ValueError, KeyError, TypeError):
            return None

    def read_recognised(
        self,
        path: Path,
        rows: Mapping[int, Sequence[Row]],
        title: str,
        part: Sequence[str] = (),
        heading: str = "",
    ) -> ReadDocument | ReadError:
        """Return the document at `path` with the lines that OCR read on pages of it (from 1).

        `title`, `part` and `heading` are as in `read_many` and `read_part`.
        """
        lines = {str(page): [astuple(one) for one in found] for page, found in rows.items()}
        request = {"read": str(path.absolute()), "recognised": lines, "title": title}
        return self._document(path, request | {"part": list(part), "heading": heading})

    def confinement(self) -> tuple[bool, int]:
        """Return whether a child's system calls are filtered, and its version of Landlock (or 0).

        Raises ReadError where no child can be started.
        """
        answer = self._asked(None, {"confinement": True})
        if isinstance(answer, ReadError):
            raise answer
        return bool(answer["filtered"]), int(answer["landlock"])

    def read_many(
        self, paths: Iterable[Path], titled: Callable[[Path], str] | None = None
    ) -> Iterator[tuple[Path, ReadDocument | ReadError]]:
        """Yield each path with its document or the reason it has none, in the order given.

        While the caller works on one document, the children read the next ones. With `titled`, the
        passages come too, split for a document of that title ("" is the one it states).
        """
        waiting: deque[tuple[Path, Future[ReadDocument | ReadError]]] = deque()
        pool = ThreadPoolExecutor(len(self._children), thread_name_prefix="reading")
        try:
            for path in paths:
                title = titled(path) if titled else None
                given = tracing.carried()
                waiting.append((path, pool.submit(self._answer, path, title, given)))
                if len(waiting) > len(self._children):
                    first, answer = waiting.popleft()
                    yield first, answer.result()
            while waiting:
                first, answer = waiting.popleft()
                yield first, answer.result()
        finally:
            # The caller may have stopped early: what is still being read is no longer wanted.
            unwanted = [answer for _, answer in waiting if not answer.cancel()]
            while wait(unwanted, timeout=0.05).not_done:
                for child in self._children:
                    child.kill()
            pool.shutdown()

    def _answer(
        self, path: Path, title: str | None, given: tracing.Carried | None = None
    ) -> ReadDocument | ReadError:
        request = {"read": str(path.absolute())}
        with tracing.within(given or tracing.carried()):
            return self._document(path, request if title is None else request | {"title": title})

    @tracing.spanned("read file")
    def _document(self, path: Path, request: dict[str, Any]) -> ReadDocument | ReadError:
        answer = self._asked(path, request)
        if isinstance(answer, ReadError):
            return answer
        try:
            document = _from_json(answer)
            passages = _passages(document, answer)
            tracing.ended("split", float(answer.get("split_seconds", 0.0)), passages=len(passages))
            return document, passages
        except (ValueError, KeyError, IndexError, TypeError):
            return _crashed()

    def _asked(self, path: Path | None, request: dict[str, Any]) -> dict[str, Any] | ReadError:
        """Return the answer to a request about a file, which goes along open."""
        counting = self._counting if "title" in request else None
        child = self._idle.get()
        try:
            if path is None:
                return child.asked(request, -1, counting)
            with open_file(path) as descriptor:
                return child.asked(request, descriptor, counting)
        except ReadError as error:
            return error
        finally:
            self._idle.put(child)


class _Child:
    """One child process, started when it is first needed and again after it failed."""

    def __init__(self, wall: float, cpu: int, memory: int) -> None:
        self._wall, self._cpu, self._memory = wall, cpu, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._counts = False
        self._count = 0
        self._inherited = 0

    def asked(
        self, request: dict[str, Any], descriptor: int, counting: Callable[[], Counting] | None
    ) -> dict[str, Any] | ReadError:
        """Return what the child answers within the time it has.

        It is told once how to count.
        """
        if not hasattr(socket, "send_fds"):
            # Windows: no open file can be handed over, and nothing would confine the child.
            return ReadError(
                "unsupported",
                tr("documents are read on Linux and macOS; on Windows run this program in WSL"),
            )
        process = self._ready()
        assert self._requests is not None and process.stdout is not None
        if counting is not None and not self._counts:
            request = request | {"counting": counting().tokenizer}
            self._counts = True
        try:
            if self._count == 1:
                _note_left_out(_line_within(process.stdout, time.monotonic() + _START_SECONDS))
            body = json.dumps(request).encode()
            self._requests.settimeout(self._wall)
            head = _HEAD.pack(len(body))
            socket.send_fds(self._requests, [head], [descriptor] if descriptor >= 0 else [])
            self._requests.sendall(body)
            line = _line_within(process.stdout, time.monotonic() + self._wall)
        except TimeoutError:
            self.end()
            return _too_slow(f"{self._wall:.0f} seconds")
        except (OSError, ValueError):
            # It died while idle, was killed while reading, or its answer does not end.
            line = None
        if line is None:
            return self._post_mortem(process)
        try:
            answer = dict(json.loads(line))
            refused = "reason" in answer and ReadError(
                answer["reason"], translatable_from(answer["message"])
            )
        except (ValueError, KeyError, TypeError):
            self.end()
            return _crashed()
        if refused and refused.reason == "too_much_memory":
            self.end()
        return refused or answer

    def kill(self) -> None:
        """Kill the process, if there is one; whoever reads its answer then sees the end of it."""
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill the process, if there is one, and clear up after it."""
        process, self._process = self._process, None
        self._hang_up()
        if process is not None:
            process.kill()
            _reap(process)

    def _hang_up(self) -> None:
        requests, self._requests = self._requests, None
        if requests is not None:
            requests.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._count >= _RECYCLE:
            self.end()
        if self._process is None or self._process.poll() is not None:
            # Not at the top: Windows has no such module.
            import resource

            self.end()
            # Until it is another program, a child counts its parent's memory as its own peak: with
            # an embedding model loaded here, 0.6 GB before it has read anything.
            self._inherited = _peak(resource.getrusage(resource.RUSAGE_SELF))
            self._process, self._requests = _spawn(self._memory, self._cpu)
            self._count, self._counts = 0, False
        self._count += 1
        return self._process

    def _post_mortem(self, process: subprocess.Popen[bytes]) -> ReadError:
        """Return the error for a child that ended without an answer."""
        # It may have closed its output and still run; a signal that ended it before is still known.
        self.kill()
        self._process = None
        self._hang_up()
        killed, peak = _reap(process)
        if killed == signal.SIGXCPU:
            return _too_slow(f"{self._cpu} seconds of the processor")
        # Native code that is refused memory mostly aborts, with what it had by then.
        if peak > max(0.5 * self._memory, self._inherited):
            return ReadError(
                "too_much_memory",
                tr("reading this file took too much memory; split it and add that"),
            )
        return _crashed()


def _too_slow(limit: str) -> ReadError:
    return ReadError(
        "too_slow",
        tr("reading this file took over {limit}; split it or save it anew", limit=limit),
    )


def _crashed() -> ReadError:
    return ReadError("crashed", tr("this file crashed the reader; save it anew and add it again"))


def _reap(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Wait for a process that ends; return the signal that ended it (0 if none) and peak bytes."""
    killed = peak = 0
    if process.returncode is None:
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            peak = _peak(usage)
        except ChildProcessError:
            process.returncode = 0
    killed = max(0, -process.returncode)
    if process.stdout is not None:
        process.stdout.close()
    return killed, peak


def _peak(usage: struct_rusage) -> int:
    """Return the most memory that was in use, in bytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _spawn(memory: int, cpu: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a child with no environment but what it needs to find its modules.

    Its standard input is the other end of the socket returned, which open files can cross.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        return _process(memory, cpu, theirs), ours


def _process(memory: int, cpu: int, requests: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "corpus.sandbox_child", str(memory), str(cpu), *READERS.folders],
        stdin=requests.fileno(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={
            "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": "/nonexistent",
            # One thread counts tokens: the other cores belong to whoever asks meanwhile.
            "TOKENIZERS_PARALLELISM": "false",
            "OPENBLAS_NUM_THREADS": "1",
        },
        close_fds=True,
        # Ctrl-C is for the parent, which then ends its children.
        start_new_session=True,
    )


def _note_left_out(line: bytes | None) -> None:
    """Log which plug-ins a child that is ready could not load, and why."""
    with suppress(ValueError, TypeError, AttributeError):
        for one in json.loads(line or b"{}").get("left_out", ()):
            READERS.note(str(one)[:_LONGEST_NOTE])


def _line_within(stream: IO[bytes], deadline: float) -> bytes | None:
    """Return a line without its end, or None at the end; raises TimeoutError, ValueError."""
    parts: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            part = os.read(stream.fileno(), 1 << 20)
            if not part:
                return None
            parts.append(part)
            size += len(part)
            if size > _LONGEST_ANSWER:
                raise ValueError("the answer is too long")
            if part.endswith(b"\n"):
                return b"".join(parts)[:-1]


def _from_json(values: dict[str, Any]) -> Document:
    source = Source(**{name: str(value) for name, value in values["source"].items()})
    document = document_of(source, {name: str(values[name]) for name in DOCUMENT})
    whole = len(document.text)
    for table in document.tables:
        if any(not 0 <= start <= end <= whole for row in table.cells for start, end in row):
            raise ValueError("a table outside its text")
    if len(document.attachments) > MOST_PARTS:
        raise ValueError("too many attachments")
    return document


def _passages(document: Document, answer: dict[str, Any]) -> list[Passage]:
    """Return the passages that a child found; raises ValueError, IndexError for what is outside."""
    places = [(int(start), int(end), int(path)) for start, end, path in answer.get("spans", ())]
    headings = [str(path) for path in answer.get("paths", ())]
    if len(places) > MOST_PASSAGES:
        raise ValueError("too many passages")
    whole = len(document.text)
    if any(not 0 <= start < end <= whole for start, end, _ in places):
        raise ValueError("a passage outside its text")
    return [document.passage(start, end, headings[path]) for start, end, path in places]
