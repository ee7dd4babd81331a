"""Which way of computing a model is the fastest on this machine, found out by trying.

What a processor calls itself does not tell: there are machines that compute in bfloat16 at a
fiftieth of their speed in float32.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from index.embedding import Vectors, normalised

_LOG = logging.getLogger(__name__)
# Of a passage as long as the model reads: other lengths rank the ways alike.
PROBE = (
    "The rule of 7 October 2022 set a threshold of 4,800 for total processing performance. " * 12
)
# The best of so many: one alone may meet another program's work.
_TIMES = 3
# The least cosine between the vectors of two ways that may stand for each other.
AGREEMENT = 0.999


def fastest(ways: Mapping[str, Callable[[], Vectors]]) -> str:
    """Return the name of the way that embeds PROBE in the least time.

    Each way returns its vectors [texts, dimension]. The first is the exact one: another whose
    vectors disagree with it is not taken. A single way is not tried.
    """
    exact, *others = ways
    if not others:
        return exact
    # Once each, which warms it up too.
    vectors = {name: normalised(way()) for name, way in ways.items()}
    seconds = {
        name: min(_timed(ways[name]) for _ in range(_TIMES))
        for name, found in vectors.items()
        if float((found * vectors[exact]).sum(axis=1).min()) >= AGREEMENT
    }
    best = min(seconds, key=lambda name: seconds[name])
    told = ", ".join(f"{name} {1000 * taken:.0f} ms" for name, taken in seconds.items())
    _LOG.info("passages are embedded in %s (%s)", best, told)
    return best


def _timed(way: Callable[[], Vectors]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started
