"""A model hub for the tests: on loopback, in a thread, well-behaved or misbehaving on purpose."""

from __future__ import annotations

import hashlib
import re
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from assistant.models.model_catalogue import ModelEntry

MEGABYTE = 1 << 20
_PIECE, _PAUSE = 1 << 16, 0.03


def content(size: int, seed: int = 1) -> bytes:
    """Return bytes that begin like a model and are random otherwise."""
    return b"GGUF" + np.random.default_rng(seed).bytes(size - 4)


def entry_of(data: bytes, *, name: str = "tiny", **values: object) -> ModelEntry:
    """Return a model of the catalogue whose file has this content; `hub` may be without TLS."""
    hub = str(values.pop("hub", ""))
    made = ModelEntry(
        name=name,
        title=name.title(),
        file=f"{name}.gguf",
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="Apache-2.0",
        parameters=0.001,
        context=8192,
        token_bytes=1024,
        languages=("en",),
        template="ChatML",
    )
    made = replace(made, **values)  # type: ignore[arg-type]
    # The program's own catalogue takes https alone; the server here has none.
    object.__setattr__(made, "hub", hub)
    return made


def wheel(folder: Path, name: str, version: str, members: dict[str, bytes]) -> Path:
    """Write a wheel that holds files, and code that must never run."""
    plain = name.replace("-", "_")
    about = f"{plain}-{version}.dist-info"
    file = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{plain}/__init__.py", "raise SystemExit('code of a package ran')\n")
        for place, data in members.items():
            archive.writestr(f"{plain}/{place}", data)
        archive.writestr(
            f"{about}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            "Requires-Dist: a-package-that-nobody-has\n",
        )
        archive.writestr(
            f"{about}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{about}/RECORD", "")
    return file


class Hub:
    """Serves `data` at every path but those below.

    Faults: "" (none), "norange" (ignores Range), "cut:N" (ends a response after N bytes; `times`
    says how often), "anew:N:M" (ignores Range, and ends after N and M bytes in turn), "status:N",
    "short" (another length), "html" (a page, without a length), "crumbs" (one byte, then nothing),
    "elsewhere" (another part than was asked for), "slow" (in small pieces, with pauses). "/moved"
    leads to the file, "/round" to itself, "/away" to an address without encryption.
    """

    def __init__(self, data: bytes, *, fault: str = "", times: int = 1_000) -> None:
        self.data, self.fault, self.times = data, fault, times
        # Of each request: its path and its Range.
        self.asked: list[tuple[str, str]] = []
        self.url = ""
        self._over = threading.Event()

    def __enter__(self) -> Hub:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers.get("Range", "")
                hub.asked.append((self.path, wanted))
                hub.answer(self, wanted)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def answer(self, request: BaseHTTPRequestHandler, wanted: str) -> None:
        path = request.path
        places = {"/moved": f"{self.url}/file", "/round": "/round", "/away": "http://192.0.2.1/x"}
        if path in places:
            request.send_response(302)
            request.send_header("Location", places[path])
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        fault = self.fault if self.times > 0 else ""
        self.times -= bool(fault)
        kind, _, number = fault.partition(":")
        if kind == "status":
            request.send_error(int(number))
            return
        data = self.data[:-7] if kind == "short" else self.data
        if kind == "html":
            request.send_response(200)
            request.end_headers()
            request.wfile.write(b"<html>Log in first</html>")
            return
        start = re.fullmatch(r"bytes=(\d+)-", wanted)
        begin = int(start[1]) if start and kind not in ("norange", "anew") else 0
        if begin > len(data):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(data)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if begin:
            told = begin + 100 if kind == "elsewhere" else begin
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {told}-{len(data) - 1}/{len(data)}")
        else:
            request.send_response(200)
        request.send_header("Content-Length", str(len(data) - begin))
        request.end_headers()
        sent = data[begin:]
        # Whoever asked may have stopped.
        with suppress(OSError):
            if kind == "slow":
                for at in range(0, len(sent), _PIECE):
                    request.wfile.write(sent[at : at + _PIECE])
                    time.sleep(_PAUSE)
            elif kind == "crumbs":
                request.wfile.write(sent[:1])
                self._over.wait(60)
            elif kind in ("cut", "anew"):
                ends = [int(one) for one in number.split(":")]
                request.wfile.write(sent[: ends[(len(self.asked) - 1) % len(ends)]])
            else:
                request.wfile.write(sent)
        request.close_connection = True
