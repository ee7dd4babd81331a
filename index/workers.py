"""Reading and embedding on other machines: a task of a Ray cluster for each file.

What comes back is published here as it comes, each file once. A task whose worker or machine dies
is given to another; a file that ends its worker again and again is refused, and the rest go on.
`llama-index-ingestion-ray` is not used: docs/decisions.md.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import pickle
import re
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from corpus.errors import EmbedderError, ReadError, UsageError, WorkersError
from corpus.files import open_file, read_bytes
from corpus.i18n import tr
from corpus.limits import DEFAULT_LIMITS
from index.change_detection import file_state
from index.file_reading import CallerMetadata, Progress, ReadFile
from index.ray_task import Prepared, Unable, program_mark

_LOG = logging.getLogger(__name__)
_ADDRESS = re.compile(r"auto|ray://[^/\s]+:\d+|[^/\s]+:\d+")
# A file whose worker dies this often is refused: one death in a thousand by chance is one in 10¹².
MOST_TRIES = 4
# Files out at a time for each worker: the next one lies there when one is done. Their bytes, too,
# lie in Ray's memory, which spills to the disk when it is full.
_AHEAD, _MOST_OUT, _MOST_BYTES = 2, 256, 256_000_000
# Seconds: until Ray answers, until some worker is there again, and without any result.
_CONNECTING, PATIENCE, _SILENCE = 120.0, 120.0, 3600.0
_TICK = 0.5


@dataclass(frozen=True, slots=True)
class _Sent:
    """A file that is with a worker."""

    file: Path
    state: tuple[int, ...]
    digest: str
    size: int


@dataclass
class Workers:
    """The workers of a Ray cluster, as `index.ingest.add` takes them for its `reading`.

    `address` is "ray://HOST:10001", "HOST:6379" or "auto" on a machine of the cluster; `embedder`
    the name by which the workers load it. `patience` is how many seconds it is waited for workers
    where there are none. `done_by` counts the files by the worker that did them, `retried` is how
    many were given to another; `reading` and `embedding` are the workers' seconds.
    """

    address: str
    embedder: str
    patience: float = PATIENCE
    done_by: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    reading: float = 0.0
    embedding: float = 0.0

    def __post_init__(self) -> None:
        """Raise UsageError for what is no address of a Ray cluster."""
        if not _ADDRESS.fullmatch(self.address):
            raise UsageError(
                tr(
                    "{address} is no address of a Ray cluster; give ray://HOST:10001, HOST:6379, "
                    "or auto on one of its machines",
                    address=repr(self.address),
                )
            )

    def __call__(
        self, files: Sequence[Path], given: CallerMetadata, *, ocr: bool
    ) -> Generator[Progress | ReadFile, None, None]:
        """Yield each file as a worker gives it back, and what is told meanwhile.

        The generator goes on when the file before is published. Raises WorkersError and
        EmbedderError.
        """
        if not files:
            return
        with _Link(self.address) as link:
            yield Progress("embedding", 0, 0, tr("waiting for the workers"))
            work = _Work(self, link, given, ocr, deque(files))
            while work.unfinished:
                yield from work.send()
                yield from work.receive()
        done = ", ".join(f"{name}: {count}" for name, count in sorted(self.done_by.items()))
        _LOG.info("read by workers, %d given to another: %s", self.retried, done)


@dataclass
class _Work:
    """The files of one addition: those that wait, those that are out, and how often each was."""

    workers: Workers
    link: _Link
    given: CallerMetadata
    ocr: bool
    waiting: deque[Path]
    out: dict[int, _Sent] = field(default_factory=dict)
    # Files with the bytes of one that is out: sent when that is published, so that the first of
    # them is the one that is added, as it is here.
    held: dict[str, deque[Path]] = field(default_factory=dict)
    tries: Counter[Path] = field(default_factory=Counter)
    count: int = 0
    keys: int = 0
    # When there were workers, and a result, the last time; counted once the cluster has answered.
    seen: float = math.inf
    heard: float = math.inf

    @property
    def unfinished(self) -> bool:
        return bool(self.waiting or self.out)

    def send(self) -> Generator[ReadFile, None, None]:
        """Send as many files as the workers take; yield those that cannot be opened here."""
        most = min(_AHEAD * self.count, _MOST_OUT)
        while self.waiting and len(self.out) < most:
            if self.out and sum(one.size for one in self.out.values()) > _MOST_BYTES:
                return
            file = self.waiting.popleft()
            state = file_state(file)
            try:
                with open_file(file) as descriptor:
                    data = read_bytes(descriptor, DEFAULT_LIMITS)
            except ReadError as error:
                yield ReadFile(file, state, iter(()), error)
                continue
            digest = hashlib.sha256(data).hexdigest()
            if any(one.digest == digest for one in self.out.values()):
                self.held.setdefault(digest, deque()).append(file)
                continue
            self.keys += 1
            self.out[self.keys] = _Sent(file, state, digest, len(data))
            self.tries[file] += 1
            self.link.send((self.keys, self._request(file), data))

    def _request(self, file: Path) -> dict[str, Any]:
        return {
            "mark": program_mark(),
            "name": file.name,
            "place": self.given.place(file),
            # Whatever kind it is: an entry of a feed fills in what a page does not say itself.
            "described": pickle.dumps(self.given.override(file)),
            "ocr": self.ocr,
            "embedder": self.workers.embedder,
        }

    def receive(self) -> Generator[Progress | ReadFile, None, None]:
        """Wait a moment for a message and yield what it is about."""
        message = self.link.received(_TICK)
        now = time.monotonic()
        if message is None:
            self._bounded(now)
        elif message[0] == "workers":
            self.seen, self.heard = min(self.seen, now), min(self.heard, now)
            self.count = message[1]
            self._bounded(now)
            note = tr("{count} files are with {workers} workers", count=len(self.out),
                      workers=self.count)  # fmt: skip
            yield Progress("embedding", 0, 0, note)
        elif message[0] == "lost":
            yield from self._lost(self.out.pop(message[1]), message[2])
        else:
            self.heard = now
            sent, result = self.out.pop(message[1]), message[2]
            yield self._read(sent, result)
            self._release(sent)

    def _bounded(self, now: float) -> None:
        """Raise WorkersError where there are no workers, or nothing comes back, for too long."""
        if self.count:
            self.seen = now
        elif now - self.seen > self.workers.patience:
            raise WorkersError(
                tr(
                    "no worker is left at {address} after {seconds} seconds; what was added stays: "
                    "start workers and add the rest again",
                    address=self.workers.address,
                    seconds=round(self.workers.patience),
                )
            )
        if now - self.heard > _SILENCE:
            raise WorkersError(
                tr(
                    "the workers at {address} gave nothing back for an hour; what was added stays: "
                    "look at the cluster and add the rest again",
                    address=self.workers.address,
                )
            )

    def _lost(self, sent: _Sent, reason: str) -> Generator[ReadFile, None, None]:
        """Have a file done again whose worker died; yield one that was tried too often."""
        tries = self.tries[sent.file]
        _LOG.warning("a worker was lost (%s), try %d of a file", reason, tries)
        if tries < MOST_TRIES:
            self.workers.retried += 1
            # Ahead of those of its bytes, which wait for it again, or not if it was changed.
            self._release(sent)
            self.waiting.appendleft(sent.file)
            return
        if reason == "memory":
            refused = ReadError(
                "too_much_memory",
                tr("reading this file took too much memory; split it and add that"),
            )
        else:
            refused = ReadError(
                "crashed",
                tr(
                    "{tries} workers ended over this file; save it anew and add it again",
                    tries=tries,
                ),
            )
        yield ReadFile(sent.file, sent.state, iter(()), refused)
        self._release(sent)

    def _read(self, sent: _Sent, result: Prepared | Unable) -> ReadFile:
        """Return a file as a worker read it; raises WorkersError, EmbedderError."""
        if isinstance(result, Unable):
            raise _unable(result)
        workers = self.workers
        workers.done_by[result.worker] += 1
        workers.reading += result.reading
        workers.embedding += result.embedding
        parts = iter(result.parts)
        return ReadFile(sent.file, sent.state, parts, result.refused, result.embedder)

    def _release(self, sent: _Sent) -> None:
        """Let the files of the same bytes go, of which one is done."""
        self.waiting.extendleft(reversed(self.held.pop(sent.digest, deque())))


class _Link:
    """The process that speaks with Ray (index.ray_driver), started and ended; a context manager."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> _Link:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "index.ray_driver", str(theirs.fileno()), self._address],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ray has its workers look for modules where its driver runs.
                cwd="/",
                env=_environment(),
                pass_fds=[theirs.fileno()],
                # Ctrl-C is for this process, which then ends that one.
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        self._until = time.monotonic() + _CONNECTING
        self._connected = False
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        # A moment to take leave of the cluster, which otherwise finds out by itself.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()

    def send(self, message: tuple[int, dict[str, Any], bytes]) -> None:
        """Send a task; raises WorkersError."""
        try:
            self._connection.send(message)
        except OSError as error:
            raise _failed("lost", self._address) from error

    def received(self, seconds: float) -> tuple[Any, ...] | None:
        """Return the next message, None where there is none in that time; raises WorkersError."""
        try:
            if not self._connection.poll(seconds):
                if not self._connected and time.monotonic() > self._until:
                    raise _failed("unreachable", self._address)
                return None
            message: tuple[Any, ...] = self._connection.recv()
        except (EOFError, OSError) as error:
            raise _failed("lost" if self._connected else "unreachable", self._address) from error
        self._connected = True
        if message[0] == "failed":
            raise _failed(message[1], self._address, message[2])
        return message


def _environment() -> dict[str, str]:
    """Return the environment of the process that speaks with Ray: ours, and where its code is."""
    given = os.environ.get("PYTHONPATH", "")
    places = [one for one in (str(Path(__file__).parent.parent), given) if one]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


def _failed(reason: str, address: str, said: str = "") -> WorkersError:
    """Return why the cluster cannot be used, as a line that says what to do."""
    _LOG.warning("the workers cannot be used (%s): %s", reason, said)
    if reason == "missing":
        return WorkersError(
            tr(
                "reading on other machines needs Ray; run: "
                'pip install "briefing-assistant[workers]"'
            )
        )
    if reason == "version":
        return WorkersError(
            tr(
                "the Ray cluster at {address} has another version of Ray or Python; install the "
                "same on all machines",
                address=address,
            )
        )
    if reason == "no_program":
        return WorkersError(
            tr(
                "a worker of {address} lacks this program; on each machine run: "
                'pip install "briefing-assistant[workers]"',
                address=address,
            )
        )
    if reason == "task":
        return WorkersError(
            tr(
                "a worker of {address} failed ({reason}); what was added stays",
                address=address,
                reason=said,
            )
        )
    if reason == "unreachable":
        return WorkersError(
            tr(
                "no Ray cluster answers at {address}; check the address and the token in "
                "RAY_AUTH_TOKEN, or start one with: ray start --head",
                address=address,
            )
        )
    return WorkersError(
        tr(
            "the connection to the Ray cluster at {address} was lost; what was added stays: add "
            "the rest again",
            address=address,
        )
    )


def _unable(result: Unable) -> WorkersError | EmbedderError:
    """Return why a worker does nothing at all, as a line that says what to do."""
    if result.reason == "program":
        return WorkersError(
            tr(
                "the worker at {worker} has version {theirs} of this program, and here is {ours}; "
                "install the same on all machines",
                worker=result.worker,
                theirs=result.detail,
                ours=program_mark(),
            )
        )
    if result.reason == "disk":
        return WorkersError(
            tr(
                "the worker at {worker} cannot write temporary files ({reason})",
                worker=result.worker,
                reason=result.detail,
            )
        )
    return EmbedderError(
        tr("the worker at {worker}: {reason}", worker=result.worker, reason=result.detail)
    )


__all__ = ["MOST_TRIES", "PATIENCE", "Workers"]
