"""The parent's side of the child process that runs a model: started once, kept warm, ended with us.

One model at a time is held in memory: when another is asked for, idle children are ended at once
and busy ones after their queue is answered. A child answers one question at a time.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.models.hardware import physical_cores
from assistant.models.model import ModelFailure
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)
# A model of 5 GB from a slow disk takes a minute.
START_SECONDS = 120.0
_END_SECONDS = 2.0
_LOCK = threading.Lock()
_SERVERS: list[LlamaServer] = []
# The kernel ends a child with the *thread* that started it: this one lives as long as we do.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model-starter")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of a child's server, and its API key."""

    address: str
    key: str = field(repr=False)


class LlamaServer:
    """One child with one model. Thread-safe."""

    def __init__(self, file: Path, context: int, needed: int) -> None:
        """Start the child, and do not wait for it; raises ModelFailure where that is impossible."""
        self.file, self.context = file, context
        self.content = _fingerprint(file)
        # Requests in order of arrival; the first is the one being answered.
        self.queue: list[Slot] = []
        # It is ended when the queue is empty.
        self.retiring = False
        self._report: dict[str, Any] | None = None
        self._started_at = time.monotonic()
        command = [
            *(sys.executable, "-m", "assistant.models.llama_child", str(file)),
            *("--context", str(context), "--threads", str(physical_cores())),
            *("--needed", str(needed)),
        ]
        try:
            self.process = _STARTER.submit(_start_process, command).result()
        except OSError as error:
            raise ModelFailure(
                tr("its process cannot be started ({reason})", reason=error.strerror)
            ) from error
        self._listener = threading.Thread(target=self._listen, name="model-report", daemon=True)
        self._listener.start()

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self.process.poll() is None

    @property
    def idle(self) -> bool:
        """Whether no request waits or is being answered."""
        return not self.queue

    def server_address(self) -> ServerAddress | None:
        """Return where it answers, None while it loads; raises ModelFailure where it never will."""
        ended = not self.alive and not self._listener.is_alive()
        report = self._report
        if report is not None:
            if "port" in report:
                return ServerAddress(f"http://127.0.0.1:{report['port']}", str(report["key"]))
            raise _failure(report)
        if ended:
            raise ModelFailure(self.exit_reason())
        if time.monotonic() - self._started_at > START_SECONDS:
            self.close()
            raise ModelFailure(
                tr(
                    "it was not loaded after {seconds} s; choose a smaller model",
                    seconds=f"{START_SECONDS:.0f}",
                )
            )
        return None

    def exit_reason(self) -> str:
        """Return how the child ended, as one reads it after "NAME failed:"."""
        code = self.process.returncode
        if code is not None and code < 0:
            return tr(
                "its process was ended by the system (signal {signal}); it may need more memory "
                "than there is",
                signal=-code,
            )
        return tr("its process ended ({code}); ask again", code=code)

    def close(self) -> None:
        """End the child: by closing its input, or by force where that has no effect."""
        process = self.process
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._listener.join(_END_SECONDS)
        if process.stdout is not None and not self._listener.is_alive():
            process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        line = b""
        # The end of the program may close it meanwhile.
        with suppress(OSError, ValueError):
            line = self.process.stdout.readline()
        with suppress(ValueError):
            report = json.loads(line)
            self._report = report if isinstance(report, dict) else None
            seconds = time.monotonic() - self._started_at
            found = "up" if "port" in report else f"not up ({report.get('failed')})"
            _LOG.info("the model in %s is %s after %.1f s", self.file.name, found, seconds)


class Slot:
    """A request's place in the queue of a child, which is not ended while its queue holds any."""

    def __init__(self, child: LlamaServer) -> None:
        self.child = child

    @property
    def is_next(self) -> bool:
        """Whether all earlier requests have been answered."""
        return self.child.queue[0] is self


@contextmanager
def serve(file: Path, *, context: int, needed: int = 0) -> Iterator[Slot]:
    """Queue for the child that runs a model, started unless it runs; it may still be loading.

    `context` is in tokens; `needed` is how many bytes of memory must be free, 0 for any. Raises
    ModelFailure.
    """
    with _LOCK:
        slot = Slot(_child(file, context, needed))
        slot.child.queue.append(slot)
    try:
        yield slot
    finally:
        with _LOCK:
            slot.child.queue.remove(slot)
            if slot.child.idle and slot.child.retiring:
                _end(slot.child)


def _child(file: Path, context: int, needed: int) -> LlamaServer:
    """Return the child for a file as it is now; all others are ended, or will be when idle."""
    wanted = (file, context, _fingerprint(file))
    found = None
    for one in list(_SERVERS):
        if one.alive and (one.file, one.context, one.content) == wanted:
            found, one.retiring = one, False
        else:
            _retire(one)
    if found is None:
        found = LlamaServer(file, context, needed)
        _SERVERS.append(found)
    return found


def _retire(child: LlamaServer) -> None:
    child.retiring = True
    if child.idle or not child.alive:
        _end(child)


def _end(child: LlamaServer) -> None:
    if child in _SERVERS:
        _SERVERS.remove(child)
        child.close()


def end(file: Path) -> None:
    """End the children that run a file, once they have answered what is queued."""
    with _LOCK:
        for one in list(_SERVERS):
            if one.file == file:
                _retire(one)


def close() -> None:
    """End every child; the next question starts one again."""
    with _LOCK:
        for one in list(_SERVERS):
            _end(one)


def _fingerprint(file: Path) -> tuple[int, int, int]:
    """Return what changes when a file is replaced; raises ModelFailure."""
    try:
        status = file.stat()
    except OSError as error:
        raise ModelFailure(
            tr("{path} cannot be opened ({reason})", path=file, reason=error.strerror)
        ) from error
    return status.st_dev, status.st_ino, status.st_mtime_ns


# A fork of this process must not end the children of its parent.
_OWNER = os.getpid()
atexit.register(lambda: close() if os.getpid() == _OWNER else None)


def _start_process(command: list[str]) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH", "")])]
    # Threads that spin while they wait are slow where other programs use the cores: 30 tokens of a
    # small model took 31 and 5 s beside a program that computes, 0.4 s with this.
    waiting = {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE")}
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=os.environ | waiting | {"PYTHONPATH": os.pathsep.join(paths)},
        # Ctrl-C is for the parent, which then ends its children.
        start_new_session=True,
    )


def _failure(report: dict[str, Any]) -> ModelFailure:
    """Return the report of a child that did not start as a failure."""
    if report.get("failed") == "memory":
        return ModelFailure(
            tr(
                "it needs {needed} GB of memory and {free} GB are free; close other programs or "
                "choose a smaller model (briefing models)",
                needed=f"{report['needed'] / 1e9:.1f}",
                free=f"{report['free'] / 1e9:.1f}",
            )
        )
    if report.get("failed") == "missing":
        return ModelFailure(tr("xllamacpp is missing here; run: pip install xllamacpp"))
    if report.get("failed") == "load":
        return ModelFailure(
            tr(
                "its file cannot be loaded ({reason}); get it anew or choose another model",
                reason=report.get("reason") or "?",
            )
        )
    return ModelFailure(tr("it was loaded and does not answer; ask again"))
