"""The parent's side of the child that runs a model: started once, kept warm, ended with us.

One model at a time is held in memory: where another is asked, those that nobody asks are ended, and
those that somebody does once they have answered. A child answers one question at a time.
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
    """Where a child answers, and the key that it wants."""

    address: str
    key: str = field(repr=False)


class LlamaServer:
    """One child with one model. Thread-safe."""

    def __init__(self, file: Path, context: int, needed: int) -> None:
        """Start the child, and do not wait for it; raises ModelFailure where that is impossible."""
        self.file, self.context = file, context
        self.content = _fingerprint(file)
        # Who asks, in the order in which they came; the first one's turn it is.
        self.queue: list[Slot] = []
        # It ends when the line is empty.
        self.retiring = False
        self._told: dict[str, Any] | None = None
        self._begun = time.monotonic()
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
        self._listener = threading.Thread(target=self._listen, name="model-told", daemon=True)
        self._listener.start()

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self.process.poll() is None

    @property
    def idle(self) -> bool:
        """Whether nobody asks it just now."""
        return not self.queue

    def server_address(self) -> ServerAddress | None:
        """Return where it answers, None while it loads; raises ModelFailure where it never will."""
        ended = not self.alive and not self._listener.is_alive()
        told = self._told
        if told is not None:
            if "port" in told:
                return ServerAddress(f"http://127.0.0.1:{told['port']}", str(told["key"]))
            raise _failure(told)
        if ended:
            raise ModelFailure(self.exit_reason())
        if time.monotonic() - self._begun > START_SECONDS:
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
        """End the child: at once where it heeds the end of its input, else by force."""
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
        # Closed under our hands by the end of the program.
        with suppress(OSError, ValueError):
            line = self.process.stdout.readline()
        with suppress(ValueError):
            told = json.loads(line)
            self._told = told if isinstance(told, dict) else None
            seconds = time.monotonic() - self._begun
            found = "up" if "port" in told else f"not up ({told.get('failed')})"
            _LOG.info("the model in %s is %s after %.1f s", self.file.name, found, seconds)


class Slot:
    """A place in the line before a child, which is not ended while somebody stands there."""

    def __init__(self, child: LlamaServer) -> None:
        self.child = child

    @property
    def is_next(self) -> bool:
        """Whether all those who came before have been answered."""
        return self.child.queue[0] is self


@contextmanager
def serve(file: Path, *, context: int, needed: int = 0) -> Iterator[Slot]:
    """Stand in line before the child that runs a model, started unless it runs; it may still load.

    `context` is in tokens; `needed` is how many bytes of memory must be free, 0 for any. Raises
    ModelFailure.
    """
    with _LOCK:
        turn = Slot(_child(file, context, needed))
        turn.child.queue.append(turn)
    try:
        yield turn
    finally:
        with _LOCK:
            turn.child.queue.remove(turn)
            if turn.child.idle and turn.child.retiring:
                _end(turn.child)


def _child(file: Path, context: int, needed: int) -> LlamaServer:
    """Return the child for a file as it is now; all others are ended, or will be."""
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
    """End the children that run a file, once they have answered who asks them now."""
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
    """Return what is another once a file is another; raises ModelFailure."""
    try:
        status = file.stat()
    except OSError as error:
        raise ModelFailure(
            tr("{path} cannot be opened ({reason})", path=file, reason=error.strerror)
        ) from error
    return status.st_dev, status.st_ino, status.st_mtime_ns


# A forked process that never became another program has no children here.
_OWNER = os.getpid()
atexit.register(lambda: close() if os.getpid() == _OWNER else None)


def _start_process(command: list[str]) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH", "")])]
    # Threads that wait for one another busily crawl where others want the cores too: 30 tokens of a
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


def _failure(told: dict[str, Any]) -> ModelFailure:
    """Return what a child that did not start said, in words."""
    if told.get("failed") == "memory":
        return ModelFailure(
            tr(
                "it needs {needed} GB of memory and {free} GB are free; close other programs or "
                "choose a smaller model (briefing models)",
                needed=f"{told['needed'] / 1e9:.1f}",
                free=f"{told['free'] / 1e9:.1f}",
            )
        )
    if told.get("failed") == "missing":
        return ModelFailure(tr("xllamacpp is missing here; run: pip install xllamacpp"))
    if told.get("failed") == "load":
        return ModelFailure(
            tr(
                "its file cannot be loaded ({reason}); get it anew or choose another model",
                reason=told.get("reason") or "?",
            )
        )
    return ModelFailure(tr("it was loaded and does not answer; ask again"))
