"""The reader of an inference server, and the connection that the judge of one uses as well.

A server that is away, full, slow or of other weights costs time and no answer: the model of this
program then computes here, which the log says once. So an answer never depends on the server, and
its numbers are the same with it and without.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corpus import metrics, tracing
from corpus.errors import ReaderError, UsageError
from corpus.i18n import tr
from index.inference_protocol import (
    MOST_PAIRS,
    READ,
    SECONDS,
    WEIGHTS,
    is_address,
    mark_of,
    readings_of,
    to_read_json,
    token,
)
from index.pair_cache import PairCache
from index.pair_encoding import Pair
from index.reader import COMMITTED, OnnxReader, ReaderModel, Reading, reader_named

_LOG = logging.getLogger(__name__)
# Seconds to reach the server, for which a result is waited for, and for which one that failed is
# not asked again.
_CONNECT, _PATIENCE, _AVOID = 1.0, 10.0, 10.0
# Seconds before the second try where the server was full, and that at most again at random.
_PAUSE = 0.05
# Readings in the cache: a conversation and a memo read the same pairs again.
_CACHED = 2048


class Connection:
    """A connection to an inference server. Thread-safe."""

    def __init__(self, address: str, *, patience: float = _PATIENCE, avoid: float = _AVOID) -> None:
        """Take the server's address; nothing is sent yet. Raises UsageError for no address."""
        import httpx

        parts = urlsplit(address)
        if not parts.hostname or parts.query or parts.path.strip("/"):
            raise UsageError(
                tr("{address} is no address of an inference server; give http://HOST:PORT",
                   address=address)
            )  # fmt: skip
        self.host = parts.netloc.rpartition("@")[2]
        self._patience, self._avoid = patience, avoid
        secret = token()
        self._client = httpx.Client(
            base_url=address.rstrip("/"),
            headers={"Authorization": f"Bearer {secret}"} if secret else {},
            timeout=httpx.Timeout(patience + 1.0, connect=_CONNECT),
            trust_env=False,
            follow_redirects=False,
        )
        # Whoever has it may let go of it without a word.
        self.close = weakref.finalize(self, self._client.close)
        self._lock = threading.Lock()
        self._avoided_until = 0.0
        self._trouble = ""

    def ask(self, path: str, body: Mapping[str, Any], *, weights: str) -> Any:
        """Return what the server answers; None where it does not: compute here."""
        if time.monotonic() < self._avoided_until:
            return None
        headers = {WEIGHTS: weights, SECONDS: f"{self._patience:g}"}
        with tracing.span("inference", path=path) as span:
            headers |= tracing.outgoing_headers()
            trouble, answer = self._tried(path, body, headers)
            span.note(trouble=trouble)
        self._tell(trouble)
        return answer

    def health(self) -> tuple[str, dict[str, Any]]:
        """Return why the server does not answer ("" where it does), and what it says of itself."""
        import httpx

        try:
            answer = self._client.get("/health")
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            return f"it does not answer ({type(error).__name__}); see that it runs", {}
        if answer.status_code != 200 or not isinstance(said, dict):
            return f"status {answer.status_code}", {}
        return "", said

    def _tried(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[str, Any]:
        """Return what went wrong, "" for nothing, and the answer; a second try where that helps."""
        import httpx

        trouble = ""
        for last in (False, True):
            try:
                answer = self._client.post(path, json=body, headers=headers)
            except (
                httpx.ConnectError,
                httpx.RemoteProtocolError,
                httpx.WriteError,
                httpx.ReadError,
            ):
                # A server that was restarted has closed the connection that was kept.
                trouble = "it cannot be reached"
                continue
            except httpx.HTTPError as error:
                return f"it does not answer ({type(error).__name__})", None
            if answer.status_code == 200:
                try:
                    return "", answer.json()
                except ValueError:
                    return "it answers no JSON", None
            trouble = {
                401: "it refuses the token (BRIEFING_INFERENCE_TOKEN)",
                409: "it has other weights: run the same version of the program on both",
                503: "it is full",
                504: "it is too slow",
            }.get(answer.status_code, f"status {answer.status_code}")
            if answer.status_code != 503 or last:
                break
            time.sleep(_PAUSE * (1 + random.random()))
        return trouble, None

    def _tell(self, trouble: str) -> None:
        """Log that it fails, or does again what it should: once each. Avoid one that is away."""
        with self._lock:
            before, self._trouble = self._trouble, trouble
            full = trouble == "it is full"
            self._avoided_until = time.monotonic() + self._avoid if trouble and not full else 0.0
        if trouble:
            metrics.count("briefing_model_errors", "inference")
        if trouble and trouble != before:
            _LOG.error("the inference server at %s: %s; computing here", self.host, trouble)
        elif before and not trouble:
            _LOG.info("the inference server at %s answers again", self.host)


class RemoteReader:
    """The reader of an inference server, of the same weights as the one of this program."""

    name = OnnxReader.name

    def __init__(
        self, connection: Connection, own: Callable[[], ReaderModel], weights: str
    ) -> None:
        """Ask over `connection`; `own` loads the reader that computes where that fails."""
        self._connection, self._own, self._weights = connection, own, weights
        self._loading = threading.Lock()
        self._here: ReaderModel | None = None
        self._readings: PairCache[Reading] = PairCache(_CACHED)

    def read(
        self, pairs: Sequence[Pair], *, prior: Sequence[float] = (), keep: int | None = None
    ) -> list[Reading]:
        """Return a reading of each pair, in the order given; see ReaderModel."""
        if not pairs:
            return []
        if keep is None or keep >= len(set(pairs)):
            known = self._readings.known(pairs)
            if len(known) == len(set(pairs)):
                return [known[one] for one in pairs]
        found = self._asked(pairs, prior, keep)
        if found is None:
            return self._reader().read(pairs, prior=prior, keep=keep)
        read = zip(pairs, found, strict=True)
        self._readings.keep({pair: one for pair, one in read if one.sentences})
        return found

    def _asked(
        self, pairs: Sequence[Pair], prior: Sequence[float], keep: int | None
    ) -> list[Reading] | None:
        if len(pairs) > MOST_PAIRS:
            return None
        body = to_read_json(pairs, prior, keep)
        answer = self._connection.ask(READ, body, weights=self._weights)
        try:
            return None if answer is None else readings_of(answer, pairs)
        except ValueError:
            _LOG.error("the inference server at %s gives no readings", self._connection.host)
            return None

    def _reader(self) -> ReaderModel:
        with self._loading:
            if self._here is None:
                self._here = self._own()
            return self._here


def reader_of(name: str, *, cache: Path) -> ReaderModel:
    """Return the reader of an inference server for its address, else what `reader_named` returns.

    Raises ReaderError, UsageError.
    """
    if not is_address(name):
        return reader_named(name, cache=cache)
    try:
        weights = mark_of(COMMITTED / "reader.json")
    except OSError as error:
        raise ReaderError(
            tr(
                "the reader's weights are missing or damaged ({folder}); install the program again",
                folder=COMMITTED,
            )
        ) from error
    return RemoteReader(Connection(name), lambda: reader_named("", cache=cache), weights)
