"""Claims about exact search and about what is remembered of pairs."""

import numpy as np
import pytest

from index.exact_search import cosines_with, nearest_rows
from index.pair_cache import PairCache
from index.pair_encoding import Pair


def _vectors(count: int) -> np.ndarray:
    made = np.random.default_rng(3).standard_normal((count, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", [np.float32, np.float16], ids=["single", "half"])
@pytest.mark.parametrize("holes", [False, True], ids=["all rows", "rows missing"])
def test_the_nearest_rows_are_those_of_a_full_sort(kind: type, holes: bool) -> None:
    """Blocks, either precision and missing rows change nothing."""
    vectors = _vectors(9_000).astype(kind)
    rows = np.arange(9_000)
    if holes:
        rows = rows[(rows % 7 > 0) & ((rows < 2_000) | (rows > 3_000))]
    vector = _vectors(1)[0]
    cosines = vectors[rows].astype(np.float32) @ vector
    np.testing.assert_allclose(cosines_with(vectors, rows, vector), cosines, atol=1e-6)
    expected = rows[np.argsort(-cosines, kind="stable")[:200]].tolist()
    assert nearest_rows(vectors, rows, vector, 200) == expected


def test_of_equally_near_rows_the_earlier_come_first() -> None:
    """And no more than are there."""
    vectors = np.repeat(_vectors(1), 10, axis=0)
    assert nearest_rows(vectors, np.arange(10), vectors[0], 3) == [0, 1, 2]
    assert nearest_rows(vectors, np.array([4, 6]), vectors[0], 3) == [4, 6]
    assert nearest_rows(vectors, np.arange(0), vectors[0], 3) == []


def test_what_was_used_last_is_kept_longest() -> None:
    """A pair that is asked for again outlives those that came after it."""
    one, two, three = (Pair("Who?", "", (text,)) for text in ("Ann.", "Bob.", "Cid."))
    cache: PairCache[int] = PairCache(2)
    cache.keep({one: 1, two: 2})
    assert cache.known([one]) == {one: 1}
    cache.keep({three: 3})
    assert cache.known([one, two, three]) == {one: 1, three: 3}
    assert len(cache) == 2
