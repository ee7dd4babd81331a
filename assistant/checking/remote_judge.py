"""The judge of an inference server; where that does not answer, the one of this program judges."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.checking.entailment import COMMITTED, Entailment, Judge, OnnxJudge, judge_if_any
from index.inference_client import Connection
from index.inference_protocol import JUDGE, MOST_PAIRS, is_address, mark_of
from index.pair_cache import PairCache
from index.pair_encoding import Pair

_LOG = logging.getLogger(__name__)
# Size of the cache: an answer's sentences are checked again with each other passage.
_CACHED = 4096


class RemoteJudge:
    """The judge of an inference server, of the same weights as the one of this program."""

    name = "judge"

    def __init__(self, connection: Connection, own: Callable[[], Judge], weights: str) -> None:
        """Ask over `connection`; `own` loads the judge that computes where that fails."""
        self._connection, self._own, self._weights = connection, own, weights
        self._loading = threading.Lock()
        self._here: Judge | None = None
        self._known: PairCache[Entailment] = PairCache(_CACHED)

    def judge(self, claim: str, evidence: Sequence[tuple[str, str]]) -> list[Entailment]:
        """Return the entailment of `claim` by each premise; see Judge."""
        pairs = [Pair(claim, context, (text,)) for context, text in evidence]
        # Looked up once: another thread may evict entries in the meantime.
        known = self._known.known(pairs)
        new = [one for one in dict.fromkeys(pairs) if one not in known]
        if new:
            found = self._asked(new)
            if found is None:
                return self._judge().judge(claim, evidence)
            fresh = dict(zip(new, found, strict=True))
            self._known.keep(fresh)
            known |= fresh
        return [known[one] for one in pairs]

    def _asked(self, pairs: Sequence[Pair]) -> list[Entailment] | None:
        if len(pairs) > MOST_PAIRS:
            return None
        body = {"pairs": [[one.question, one.context, one.sentences[0]] for one in pairs]}
        answer = self._connection.ask(JUDGE, body, weights=self._weights)
        if answer is None:
            return None
        try:
            found = entailments_of(answer)
        except ValueError:
            found = []
        if len(found) != len(pairs):
            _LOG.error("the inference server at %s gives no verdicts", self._connection.host)
            return None
        return found

    def _judge(self) -> Judge:
        with self._loading:
            if self._here is None:
                self._here = self._own()
            return self._here


def entailments_json(found: Sequence[Entailment]) -> dict[str, Any]:
    """Return entailments as they are sent."""
    return {"entailments": [[one.supported, one.contradicted, one.not_stated] for one in found]}


def entailments_of(body: Any) -> list[Entailment]:
    """Return the entailments of an answer; raises ValueError for what is none."""
    try:
        return [
            Entailment(float(supported), float(contradicted), float(not_stated))
            for supported, contradicted, not_stated in body["entailments"]
        ]
    except (TypeError, KeyError) as error:
        raise ValueError from error


def judge_of(name: str, *, cache: Path) -> Judge | None:
    """Return the judge of an inference server for its address, else what `judge_if_any` returns.

    Raises UsageError for an address that is none.
    """
    if not is_address(name):
        return judge_if_any(name, cache=cache)
    try:
        weights = mark_of(COMMITTED / "judge.json")
    except OSError as error:
        # As `judge_if_any` does: each sentence says that its meaning was not read.
        _LOG.error("sentences are checked without the judge", exc_info=error)
        return None
    return RemoteJudge(Connection(name), lambda: OnnxJudge(COMMITTED, cache=cache), weights)
