"""Reading files in a child process with limits, so that a hostile file ends there.

A thread cannot be killed and a parser can run for ever, eat the memory or crash the process
(Tika's published lesson). The child has no network, no environment, no core dumps, may write
nothing, and is replaced after it fails or has read fifty files. What it says is JSON: a parser that
was taken over must not choose what is unpickled here.
"""

from __future__ import annotations

import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn

from corpus.document import Document, Heading, Source
from corpus.errors import ReadError

# Seconds by the clock and of the processor for one file; address space of the child. The libraries
# themselves map 0.6 GB; the largest of 127 real files (a 144-page PDF, 1.9 MB of inline XBRL) took
# 1.1 GB.
WALL_SECONDS = 45.0
CPU_SECONDS = 30
MEMORY = 2_000_000_000
_RECYCLE = 50


class Sandbox:
    """A child process that reads one file after the other; a context manager."""

    def __init__(self, *, wall: float = WALL_SECONDS, memory: int = MEMORY) -> None:
        self._wall = wall
        self._memory = memory
        self._child: subprocess.Popen[bytes] | None = None
        self._read = 0

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read_many(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Document | ReadError]]:
        """Yield each path with its document or the reason it has none, in the order given.

        While the caller works on one document, the child reads the next.
        """
        waiting: Path | None = None
        for path in paths:
            if waiting is not None:
                answer = self._receive()
                self._send(path)
                yield waiting, answer
            else:
                self._send(path)
            waiting = path
        if waiting is not None:
            yield waiting, self._receive()

    def read(self, path: Path) -> Document:
        """Return the document of one file; raises ReadError."""
        ((_, answer),) = self.read_many([path])
        if isinstance(answer, ReadError):
            raise answer
        return answer

    def _send(self, path: Path) -> None:
        if self._child is None or self._child.poll() is not None or self._read >= _RECYCLE:
            self._stop()
            self._child = _start(self._memory)
            self._read = 0
        self._read += 1
        stdin = self._child.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(str(path.absolute())).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            # It died while idle; what it says next, nothing, is taken as a crash.
            return

    def _receive(self) -> Document | ReadError:
        assert self._child is not None and self._child.stdout is not None
        try:
            line = _line_within(self._child.stdout, time.monotonic() + self._wall)
        except TimeoutError:
            self._stop()
            return ReadError("too_slow", f"reading this file took over {self._wall:.0f} seconds")
        if line is None:
            code = self._child.wait()
            self._stop()
            if -code in {24, 9}:  # SIGXCPU, or SIGKILL by the kernel's hard limit
                return ReadError("too_slow", f"reading this file took over {CPU_SECONDS} seconds")
            return ReadError("crashed", "reading this file crashed the reader; save it anew")
        return _from_json(json.loads(line))

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue


def _start(memory: int) -> subprocess.Popen[bytes]:
    """Start a child with no environment but what it needs to find its modules."""
    root = str(Path(__file__).resolve().parent.parent)
    return subprocess.Popen(
        [sys.executable, "-m", "corpus.sandbox", str(memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={
            "PYTHONPATH": root,
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": "/nonexistent",
        },
        close_fds=True,
    )


def _line_within(stream: IO[bytes], deadline: float) -> bytes | None:
    """Return a line without its end, or None at the end of the stream; raises TimeoutError."""
    parts: list[bytes] = []
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
            if part.endswith(b"\n"):
                return b"".join(parts)[:-1]


def _to_json(answer: Document | ReadError) -> dict[str, Any]:
    if isinstance(answer, ReadError):
        return {"reason": answer.reason, "message": str(answer)}
    return {
        "source": asdict(answer.source),
        "text": answer.text,
        "page_starts": answer.page_starts,
        "page_labels": answer.page_labels,
        "headings": [(one.start, one.level, one.title) for one in answer.headings],
    }


def _from_json(values: dict[str, Any]) -> Document | ReadError:
    if "reason" in values:
        return ReadError(str(values["reason"]), str(values["message"]))
    return Document(
        Source(**{name: str(value) for name, value in values["source"].items()}),
        str(values["text"]),
        tuple(int(start) for start in values["page_starts"]),
        tuple(str(label) for label in values["page_labels"]),
        tuple(Heading(int(a), int(b), str(title)) for a, b, title in values["headings"]),
    )


def _confine(memory: int) -> None:
    """Give up, in the child, what reading a file does not need."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refused(*_: object, **__: object) -> NoReturn:
        raise OSError("the reader has no network")

    socket.socket.connect = refused  # type: ignore[method-assign]
    socket.getaddrinfo = refused
    socket.create_connection = refused


def _read_confined(path: Path) -> Document | ReadError:
    """Read one file within its share of processor time; every failure has a reason."""
    from corpus.readers import read

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, resource.RLIM_INFINITY))
    try:
        return read(path)
    except ReadError as error:
        return error
    except MemoryError:
        return ReadError("too_much_memory", "reading this file took too much memory")
    except RecursionError:
        return ReadError("damaged", "this file is nested too deeply to be read")
    except Exception as error:  # noqa: BLE001  # reason: parsers raise anything on hostile files
        return ReadError("damaged", f"this file cannot be read ({type(error).__name__})")


def _serve() -> None:
    """Answer each path on standard input by a line of JSON, until there are no more."""
    _confine(int(sys.argv[1]))
    out = os.fdopen(os.dup(1), "wb")
    # A library that prints would otherwise speak into the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin.buffer:
        answer = _read_confined(Path(json.loads(line)))
        out.write(json.dumps(_to_json(answer)).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    _serve()
