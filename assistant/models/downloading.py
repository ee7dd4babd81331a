"""Resumable download of a file from an address or a folder; owns the HTTP client here.

The caller verifies the content. Guarded here: a server may not redirect to an address without
encryption, nor send without end, nor be slower than a limit.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from assistant.models.clients import is_loopback
from assistant.models.gguf_head import MAGIC
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.lock import Locked, ProcessLock

_HEADERS = {"user-agent": "briefing-assistant", "accept-encoding": "identity"}
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_CHUNK = 1 << 20
_HOPS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
# Hubs break off long downloads now and then: one that has begun is retried with a back-off of 1, 2,
# 4 and 8 seconds; progress resets the count.
_TRIES = 5
_POLL_SECONDS = 0.25
# Bytes a second below which the smallest model would take a day, over a window of seconds. A retry
# counts as progress if it adds what one such window would.
_SLOWEST, _WINDOW = 1_000, 60.0
_RANGE, _WHOLE = re.compile(r"bytes (\d+)-\d+/(\d+)"), re.compile(r"bytes \*/(\d+)")


def append_from_url(address: str, part: PartialFile) -> Iterator[None]:
    """Download an address until the file is complete; yields after each chunk.

    Resumes where `part` ends, or restarts where the server cannot. Raises SourceFailed, and OSError
    where the disk cannot be written.
    """
    tries, begun, furthest = 0, False, part.size
    while part.size < part.total:
        before = part.size
        try:
            # A proxy of the environment must not see what goes to this machine.
            with httpx.Client(trust_env=not is_loopback(address), timeout=_TIMEOUT) as client:
                yield from _append_response(client, address, part)
            if part.size < part.total:
                raise SourceFailed(tr("it broke off"), retryable=True)
        except (httpx.HTTPError, httpx.InvalidURL, SourceFailed) as error:
            failed = error if isinstance(error, SourceFailed) else _failure_of(error)
            tries = 1 if part.size - furthest >= _SLOWEST * _WINDOW else tries + 1
            furthest = max(furthest, part.size)
            # Where nothing was sent, another source is tried at once.
            begun = begun or part.size > before
            if not (failed.retryable and begun) or tries >= _TRIES:
                raise failed from error
            yield from _pause(2.0 ** (tries - 1))


def append_from_file(file: Path, part: PartialFile) -> Iterator[None]:
    """Copy a local file from where `part` ends; yields after each chunk.

    Raises SourceFailed, and OSError where the disk cannot be written.
    """
    try:
        size = file.stat().st_size
    except OSError as error:
        raise SourceFailed(tr("there is no file {path}", path=file)) from error
    if size != part.total:
        raise SourceFailed(_wrong_size(size, part.total))
    with file.open("rb") as stream:
        stream.seek(part.size)
        while data := stream.read(_CHUNK):
            part.add(data)
            yield


def _failure_of(error: Exception) -> SourceFailed:
    if isinstance(error, httpx.TimeoutException):
        return SourceFailed(tr("it timed out"), retryable=True)
    if isinstance(error, httpx.ConnectError):
        return SourceFailed(tr("it cannot be reached"), retryable=True)
    if isinstance(error, httpx.TransportError):
        return SourceFailed(tr("it broke off"), retryable=True)
    return SourceFailed(tr("the address cannot be read"))


def _pause(seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(_POLL_SECONDS)


def _append_response(client: httpx.Client, address: str, part: PartialFile) -> Iterator[None]:
    """Append one response; where the server cannot resume, from the beginning."""
    response = _follow_redirects(client, address, part.size)
    if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        response.close()
        found = _WHOLE.fullmatch(response.headers.get("content-range", "").strip())
        if found is not None and int(found[1]) != part.total:
            raise SourceFailed(_wrong_size(int(found[1]), part.total))
        part.clear()
        response = _follow_redirects(client, address, 0)
    with closing(response):
        _cut_to_start(response, part)
        yield from _append_body(response, part)


def _follow_redirects(client: httpx.Client, address: str, start: int) -> httpx.Response:
    """Return the response after redirects, its body not yet read; raises SourceFailed."""
    here = httpx.URL(address)
    for _ in range(_HOPS + 1):
        headers = _HEADERS | ({"range": f"bytes={start}-"} if start else {})
        response = client.send(client.build_request("GET", here, headers=headers), stream=True)
        place = response.headers.get("location", "")
        if response.status_code not in _REDIRECTS or not place:
            return response
        response.close()
        there = here.join(place)
        # A mirror without encryption, or a server on this machine, may redirect to itself.
        same = (there.scheme, there.host) == (here.scheme, here.host)
        if there.scheme != "https" and not (same and there.scheme == "http"):
            raise SourceFailed(tr("it redirects to an address without encryption"))
        here = there
    raise SourceFailed(tr("it redirects too many times"))


def _cut_to_start(response: httpx.Response, part: PartialFile) -> None:
    """Cut `part` to where the response begins; raises SourceFailed where it is another file."""
    status = response.status_code
    if status not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        busy = status >= 500 or status == httpx.codes.TOO_MANY_REQUESTS
        raise SourceFailed(tr("it answered with status {status}", status=status), retryable=busy)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise SourceFailed(tr("it sends the file compressed"))
    if status == httpx.codes.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if found is None or int(found[1]) > part.size:
            raise SourceFailed(tr("it sends another part of the file than was asked for"))
        if int(found[2]) != part.total:
            raise SourceFailed(_wrong_size(int(found[2]), part.total))
        part.cut(int(found[1]))
        return
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) != part.total:
        raise SourceFailed(_wrong_size(int(length), part.total))
    part.clear()


def _wrong_size(size: int, wanted: int) -> str:
    return tr(
        "it has another file ({size} bytes, not {wanted})",
        size=f"{size:,}",
        wanted=f"{wanted:,}",
    )


def _append_body(response: httpx.Response, part: PartialFile) -> Iterator[None]:
    since, counted = time.monotonic(), part.size
    # Chunks as they arrive: for a fixed size the loop would block however slow the server is.
    for data in response.iter_raw():
        at = part.size
        if data[: max(0, len(MAGIC) - at)] != MAGIC[at : at + len(data)]:
            raise SourceFailed(tr("what it sends is not a model"))
        part.add(data)
        yield
        now = time.monotonic()
        if now - since > _WINDOW:
            if part.size - counted < _SLOWEST * (now - since):
                raise SourceFailed(tr("it sends too slowly"), retryable=True)
            since, counted = now, part.size


SUFFIX = ".part"


class SourceFailed(Exception):
    """A source does not give the file; the message says why, and another may be tried.

    `retryable` says that the same source may give more of it later.
    """

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class PartialFile:
    """The beginning of `whole`, in a file beside it that is kept for a resume.

    It is renamed to `whole` only when complete and verified. Methods raise OSError.
    """

    def __init__(self, whole: Path, total: int) -> None:
        self.whole, self.total = whole, total
        self.file = whole.with_name(whole.name + SUFFIX)
        # Longer than the whole file: it is not its beginning.
        if self.size > total:
            self.clear()

    @property
    def size(self) -> int:
        """How many bytes are there."""
        try:
            return self.file.stat().st_size
        except FileNotFoundError:
            return 0

    def cut(self, size: int) -> None:
        """Truncate to `size` bytes."""
        if size < self.size:
            os.truncate(self.file, size)

    def clear(self) -> None:
        """Delete it."""
        self.file.unlink(missing_ok=True)

    def add(self, data: bytes) -> None:
        """Append bytes; raises SourceFailed for more than the whole file has."""
        if self.size + len(data) > self.total:
            raise SourceFailed(tr("it sends more than the file has"))
        with self.file.open("ab") as stream:
            stream.write(data)

    def finish(self) -> None:
        """Sync the complete file to disk and give it its final name."""
        with self.file.open("rb") as stream:
            os.fsync(stream.fileno())
        self.file.chmod(0o600)
        self.file.replace(self.whole)


@contextmanager
def exclusive(file: Path, name: str) -> Iterator[None]:
    """Hold the lock of a file, so that no other process downloads or removes it meanwhile.

    Raises UsageError where another process holds it, and OSError.
    """
    try:
        taken = ProcessLock(file.with_name(f".{file.name}.lock"), patience=0).taken()
    except Locked as error:
        raise UsageError(
            tr("another process is getting {name}; wait for it to end", name=name)
        ) from error
    with taken:
        yield
