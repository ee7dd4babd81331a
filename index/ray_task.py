"""What a worker of a Ray cluster does with a file: it reads, splits and embeds it.

The library is not touched here: the process that adds publishes what comes back.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import socket
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from corpus.document import LeftOut
from corpus.errors import EmbedderError, ReadError
from corpus.sandbox import Sandbox
from index.embedders import CountingEmbedder, counting_of, passage_embedder
from index.file_reading import (
    CallerMetadata,
    MetadataOverride,
    Part,
    ReadFile,
    embed_in_steps,
    read_files,
    titled,
)

# What decides how a file is read and embedded; two machines must agree on every line of it.
_DECIDING = ("corpus", "index")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that a worker read and embedded, or refused: see `index.file_reading.ReadFile`.

    `worker` is the machine; `reading` and `embedding` are the seconds that each took.
    """

    parts: tuple[Part | LeftOut, ...]
    refused: ReadError | None
    embedder: str
    worker: str
    reading: float
    embedding: float


@dataclass(frozen=True, slots=True)
class Unable:
    """Why a worker cannot do what it was asked, whatever the file: another program, no model."""

    reason: str
    worker: str
    detail: str = ""


@cache
def program_mark() -> str:
    """Return the version of this program with a hash of what decides how files are read."""
    mark = hashlib.sha256()
    root = Path(__file__).parent.parent
    for package in _DECIDING:
        for file in sorted((root / package).rglob("*.py")):
            mark.update(f"{file.relative_to(root)} ".encode() + file.read_bytes())
    try:
        number = version("briefing-assistant")
    except PackageNotFoundError:
        number = "unreleased"
    return f"{number} ({mark.hexdigest()[:8]})"


def prepare(request: Mapping[str, Any], data: bytes) -> Prepared | Unable:
    """Return what becomes of a file, whose bytes are `data`.

    `request` is made of plain values, so that another version of this program understands it well
    enough to say so: "mark" (`program_mark`), "name" and "place" of the file, "described" (its
    MetadataOverride, pickled), "ocr", and "embedder" (its name).
    """
    worker = _this_worker()
    if request["mark"] != program_mark():
        return Unable("program", worker, program_mark())
    try:
        embedder, sandbox = _opened(request["embedder"])
    except EmbedderError as error:
        return Unable("embedder", worker, str(error))
    override: MetadataOverride = pickle.loads(request["described"])
    parts: list[Part | LeftOut] = []
    refused, embedding, started = None, 0.0, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="briefing-worker-") as folder:
        # Under its own name, which may become its title.
        file = Path(folder) / request["name"]
        try:
            file.write_bytes(data)
        except OSError as error:
            return Unable("disk", worker, error.strerror or str(error))
        given = CallerMetadata(override, {file: request["place"]})
        for read in read_files([file], given, sandbox, ocr=request["ocr"]):
            if not isinstance(read, ReadFile):
                continue
            refused = read.refused
            for part in read.parts:
                before = time.perf_counter()
                parts.append(_embedded(part, override, embedder))
                embedding += time.perf_counter() - before
    reading = time.perf_counter() - started - embedding
    return Prepared(tuple(parts), refused, embedder.name, worker, reading, embedding)


def _embedded(
    part: Part | LeftOut, override: MetadataOverride, embedder: CountingEmbedder
) -> Part | LeftOut:
    if isinstance(part, LeftOut):
        return part
    document = titled(part.document, {} if part.within else override.edits)
    embedded = tuple(embed_in_steps(document, part.passages, embedder))
    return Part(part.document, part.passages, part.within, embedded)


@cache
def _opened(name: str) -> tuple[CountingEmbedder, Sandbox]:
    """Return the embedder of that name and a sandbox, kept as long as this process lives."""
    folder = Path(tempfile.mkdtemp(prefix="briefing-worker-"))
    embedder = passage_embedder(name, cache=folder)
    counting = counting_of(name, cache=folder) or embedder.counting
    return embedder, Sandbox(counting=lambda: counting)


def _this_worker() -> str:
    """Return this machine as shown to a person: its address in the cluster, and its name."""
    import ray

    address = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    return f"{address} ({socket.gethostname()}, process {os.getpid()})"


__all__ = ["Prepared", "Unable", "prepare", "program_mark"]
