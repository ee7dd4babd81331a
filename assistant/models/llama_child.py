"""The child process that runs a model: llama.cpp's server on loopback; owns xllamacpp.

`python -m assistant.models.llama_child FILE --context N --threads N --needed BYTES` writes one line
of JSON to its standard output, {"port", "key"} once it is ready or {"failed"} with the reason, and
ends when its standard input is closed: with the program that started it, however that ends.
"""

from __future__ import annotations

import argparse
import ctypes
import http.client
import json
import os
import re
import secrets
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from assistant.models.hardware import free_memory

_HEALTH_SECONDS = 60.0
_BATCH = 256
# linux/prctl.h
_PR_SET_PDEATHSIG = 1
# "0.00.021.269 E cmn  common_init_: failed to load model": time, level, component.
_LOGGED = re.compile(r"^[\d.]+ E \S+\s+(?:\S+: )?(.*)")
_TELLING = ("error loading model", "unknown", "unsupported", "out of memory", "failed to allocate")


def main() -> None:
    """Run the server until standard input ends; exits with 1 where it cannot be started."""
    arguments = _arguments()
    _end_with_parent()
    # The report goes to the parent; llama.cpp logs to standard output and error.
    parent = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            server, key = _start_server(arguments)
        except _Refused as refused:
            _report(parent, {"failed": refused.code, **refused.values})
            sys.exit(1)
        except RuntimeError:
            _report(parent, {"failed": "load", "reason": _load_error(log)})
            sys.exit(1)
        # Its log of requests may quote them.
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
    port = urlsplit(server.listening_address).port or 0
    if not _healthy(port):
        _report(parent, {"failed": "health"})
        sys.exit(1)
    _report(parent, {"port": port, "key": key})
    threading.Event().wait()


class _Refused(Exception):
    """The model cannot be loaded: a code of the reason, and its values."""

    def __init__(self, code: str, **values: int) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="llama.cpp's server for one model.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--needed", type=int, default=0)
    return parser.parse_args()


def _start_server(arguments: argparse.Namespace) -> tuple[Any, str]:
    """Return the server, its model loaded, and its key; raises _Refused, RuntimeError."""
    try:
        import xllamacpp
    except ImportError as error:
        raise _Refused("missing") from error
    free = free_memory()
    # A graphics card has its own memory, and llama.cpp splits a model between the two.
    cpu = xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    cards = [one for one in xllamacpp.get_device_info() if one["type"] != cpu]
    if free is not None and not cards and arguments.needed > free:
        raise _Refused("memory", needed=arguments.needed, free=free)
    options = xllamacpp.CommonParams()
    options.model.path = str(arguments.file)
    options.n_ctx = arguments.context
    options.hostnames = ["127.0.0.1"]
    options.port = 0
    options.api_keys = [key := secrets.token_hex(32)]
    options.cpuparams.n_threads = options.cpuparams_batch.n_threads = arguments.threads
    # One answer at a time has the whole context; a second request waits.
    options.n_parallel = 1
    if not cards:
        # It reports progress after each batch: one of 2,048 takes minutes on two cores.
        options.n_batch = options.n_ubatch = _BATCH
    # Else it caches up to 8 GB of earlier prompts; the latest is kept in any case.
    options.cache_ram_mib = 0
    options.warmup = False
    options.ui = False
    options.endpoint_slots = False
    options.offline = True
    return xllamacpp.Server(options), key


def _report(stream: IO[str], values: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):
        stream.write(json.dumps(values) + "\n")
        stream.flush()


def _load_error(log: IO[bytes]) -> str:
    """Return the line of llama.cpp's log that says best why a model was not loaded."""
    log.seek(0)
    lines = log.read(1_000_000).decode("utf-8", "replace").splitlines()
    errors = [found[1].strip() for line in lines if (found := _LOGGED.match(line))]
    telling = [one for one in errors if any(word in one.lower() for word in _TELLING)]
    return (telling or errors or [""])[0][:200]


def _healthy(port: int) -> bool:
    until = time.monotonic() + _HEALTH_SECONDS
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health")
            if connection.getresponse().status == http.client.OK:
                return True
        connection.close()
        time.sleep(0.05)
    return False


def _end_with_parent() -> None:
    """Have this process end with its parent, and be the first that is killed when memory is out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        # Nothing is ever sent: it ends when the other side is closed.
        with suppress(OSError):
            while os.read(0, 4096):
                continue
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()
    if sys.platform == "linux":
        # While a model loads no thread of ours runs; the kernel's signal comes even then.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


if __name__ == "__main__":
    main()
