"""The child's side of the sandbox: confine itself, then answer each request by a line of JSON.

A request comes with an open file, the only one that the child can read by then.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import pkgutil
import socket
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from corpus.confinement import Confinement, confine
from corpus.counting import Counter, Counting
from corpus.document import Document, Heading
from corpus.errors import ReadError
from corpus.files import read_bytes
from corpus.formats import READERS, FileReader
from corpus.i18n import tr, translatable_json
from corpus.limits import DEFAULT_LIMITS
from corpus.ocr import Row
from corpus.readers import charsets
from corpus.rows import columns_of
from corpus.splitting import split

# Ahead of each request: how long it is.
_HEAD = struct.Struct("<Q")
# What is imported on the way whatever is read; each reader names what it needs beside.
_ALWAYS = ("chardet.*", "corpus.readers.*", "encodings.*", "tokenizers")


def _refusal(error: ReadError) -> dict[str, Any]:
    return {"reason": error.reason, "message": translatable_json(str(error))}


def _to_json(answer: Document) -> dict[str, Any]:
    return {"source": asdict(answer.source), **columns_of(answer)}


class _Child:
    """The state of the child between requests: how tokens are counted, processor time."""

    def __init__(self, cpu: int, confinement: Confinement) -> None:
        self._cpu = cpu
        self._confinement = confinement
        self._count: Counter | None = None

    def _answer(self, request: dict[str, Any], descriptor: int) -> dict[str, Any]:
        """Return a document, or a drawn page, as JSON; raises what the readers raise."""
        from corpus import readers
        from corpus.readers.pdf import pages_without_text
        from corpus.readers.pdf_drawing import draw_page, scan_page

        if "confinement" in request:
            return asdict(self._confinement)
        path, part = Path(request["read"]), request.get("part", ())
        if wanted := request.get("draw"):
            _, data = readers.part_in(read_bytes(descriptor, DEFAULT_LIMITS), path, part)
            found = draw_page(data, **wanted)
            return found | {"image": base64.b64encode(found["image"]).decode("ascii")}
        if request.get("scans"):
            _, data = readers.part_in(read_bytes(descriptor, DEFAULT_LIMITS), path, part)
            return {"pages": pages_without_text(data, DEFAULT_LIMITS)}
        if wanted := request.get("scan"):
            _, data = readers.part_in(read_bytes(descriptor, DEFAULT_LIMITS), path, part)
            found = scan_page(data, int(wanted))
            return found | {"pixels": base64.b64encode(found["pixels"]).decode("ascii")}
        # It is said once, with a file that may be refused.
        if "counting" in request:
            self._count = Counting(request["counting"]).counter()
        rows = {
            int(page): [Row(tuple(map(tuple, words)), *place) for words, *place in found]
            for page, found in request.get("recognised", {}).items()
        }
        document = readers.read_open(descriptor, path, part=part, recognised=rows)
        if heading := request.get("heading"):
            # Above all others, so that every passage names what it was found in.
            above = Heading(0, 0, heading)
            document = replace(document, headings=(above, *document.headings))
        return _to_json(document) | self._spans(document, request.get("title"))

    def _spans(self, document: Document, title: str | None) -> dict[str, Any]:
        """Return where the passages lie, where a title for them was given ("" for its own)."""
        if title is None or self._count is None:
            return {}
        named = replace(document.source, title=title or document.source.title)
        began = time.perf_counter()
        passages = split(replace(document, source=named), self._count)
        seconds = time.perf_counter() - began
        headings = {one.heading: 0 for one in passages}
        headings = {heading: number for number, heading in enumerate(headings)}
        spans = [(one.start, one.end, headings[one.heading]) for one in passages]
        return {"spans": spans, "paths": list(headings), "split_seconds": seconds}

    def answer(self, request: dict[str, Any], descriptor: int) -> dict[str, Any]:
        """Answer within a share of processor time; every failure has a reason."""
        # Not at the top: Windows has no such module. `confine` has imported it already; no file
        # can be opened any more.
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (spent + self._cpu, resource.RLIM_INFINITY))
        try:
            return self._answer(request, descriptor)
        except ReadError as error:
            return _refusal(error)
        except MemoryError:
            reason = tr("reading this file took too much memory; split it and add that")
            return _refusal(ReadError("too_much_memory", reason))
        except Exception as error:  # noqa: BLE001  # reason: parsers raise anything
            reason = tr("this file cannot be read ({reason})", reason=type(error).__name__)
            return _refusal(ReadError("damaged", reason))


def _preload() -> None:
    """Import all modules and load all data that reading may need: no file can be opened later.

    Takes 1.5 seconds, once for fifty files. A reader of another package that cannot be made ready
    is left out.
    """
    for name in _ALWAYS:
        _import(name)
    charsets.prepare()
    for reader in READERS.ours().values():
        _make_ready(reader)
    for name, reader in READERS.added().items():
        try:
            _make_ready(reader)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # reason: code of others may raise anything
            READERS.leave_out(name, error)


def _make_ready(reader: FileReader) -> None:
    for name in reader.imports:
        _import(name)
    if reader.prepare is not None:
        reader.prepare()


def _import(name: str) -> None:
    """Import a module; with ".*" at its end a package and all that is below it."""
    package = importlib.import_module(name.removesuffix(".*"))
    if name.endswith(".*"):
        below = pkgutil.walk_packages(
            package.__path__, f"{package.__name__}.", onerror=lambda _: None
        )
        for part in below:
            # Parts for other systems, or for libraries that are not there.
            with suppress(ImportError):
                importlib.import_module(part.name)


def _received(requests: socket.socket) -> tuple[dict[str, Any], int] | None:
    """Return the next request and the open file that came with it; None at the end."""
    head, descriptors, _, _ = socket.recv_fds(requests, _HEAD.size, 1)
    if len(head) < _HEAD.size:
        return None
    (size,) = _HEAD.unpack(head)
    body = bytearray()
    while len(body) < size:
        part = requests.recv(min(size - len(body), 1 << 20))
        if not part:
            return None
        body += part
    return json.loads(body), descriptors[0] if descriptors else -1


def _serve(memory: int, cpu: int, folders: Sequence[str] = ()) -> None:
    """Answer each request on standard input, a socket, by a line of JSON, until there are no more.

    With the lowest priority but a few: whoever asks a question meanwhile goes first. `folders` hold
    the packages that add readers; they come last, so that nothing in them hides a module of ours.
    """
    out = os.fdopen(os.dup(1), "wb")
    # A library that prints would otherwise corrupt the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    requests = socket.socket(fileno=0)
    sys.path.extend(one for one in folders if one not in sys.path)
    _preload()
    os.nice(10)
    child = _Child(cpu, confine(memory))
    # Ready: the clock of the first file starts here.
    out.write(json.dumps({"left_out": READERS.left_out}).encode() + b"\n")
    out.flush()
    while (received := _received(requests)) is not None:
        request, descriptor = received
        try:
            answer = child.answer(request, descriptor)
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        out.write(json.dumps(answer).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
