"""How fast work goes and how long it will take, by a clock that is set by hand."""

from __future__ import annotations

import pytest

from corpus.pace import Pace, about, rate_in_words
from ui.translation import translated


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_said_before_it_is_known() -> None:
    """Neither at the first step nor in the first moment."""
    clock = Watch()
    pace = Pace(clock)
    pace.tell(0, 100)
    assert pace.rate == 0 and pace.seconds_left is None and pace.words() == ""
    clock.now += 0.5
    pace.tell(5, 100)
    assert pace.seconds_left is None


def test_even_work_is_told_as_it_is() -> None:
    """Ten a second, ninety left: nine seconds."""
    clock = Watch()
    pace = Pace(clock)
    for done in range(0, 101, 10):
        pace.tell(done, 190)
        clock.now += 1
    clock.now -= 1
    assert pace.rate == pytest.approx(10) and pace.seconds_left == pytest.approx(9)
    assert pace.words("passages") == "10 passages/s, about 9 s left"


def test_what_was_done_before_it_began_is_no_part_of_the_rate() -> None:
    """A download that goes on at nine tenths is no faster for that."""
    clock = Watch()
    pace = Pace(clock)
    pace.tell(900, 1_000)
    clock.now += 10
    pace.tell(910, 1_000)
    assert pace.rate == pytest.approx(1) and pace.seconds_left == pytest.approx(90)


def test_a_stall_makes_the_time_left_grow_and_what_is_long_ago_fades() -> None:
    """While nothing comes the rate falls; a new rate is believed within a minute."""
    clock = Watch()
    pace = Pace(clock)
    for done in range(0, 100, 10):
        pace.tell(done, 1_000)
        clock.now += 1
    before = pace.seconds_left
    clock.now += 20
    assert before is not None and pace.seconds_left is not None and pace.seconds_left > 2 * before
    for done in range(90, 300, 2):
        pace.tell(done, 1_000)
        clock.now += 1
    assert pace.rate == pytest.approx(2, rel=0.1)


def test_work_that_is_begun_again_is_measured_again() -> None:
    """A download that was refused at its end, for one."""
    clock = Watch()
    pace = Pace(clock)
    pace.tell(0, 100)
    clock.now += 10
    pace.tell(100, 100)
    pace.tell(0, 100)
    assert pace.seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "said", "in_chinese"),
    [
        (0.2, "about 1 s", "约 1 秒"),
        (8.1, "about 9 s", "约 9 秒"),
        (22, "about 25 s", "约 25 秒"),
        (95, "about 2 min", "约 2 分钟"),
        (9_000, "about 2.5 h", "约 2.5 小时"),
    ],
    ids=["at once", "seconds", "half a minute", "minutes", "hours"],
)
def test_times_are_said_no_more_exactly_than_they_are_known(
    seconds: float, said: str, in_chinese: str
) -> None:
    """In steps that grow, and in the language of the page."""
    assert about(seconds) == said and translated(about(seconds), "zh") == in_chinese


def test_a_rate_is_said_in_what_is_counted() -> None:
    """Megabytes, or a minute's worth where a second has less than one."""
    assert rate_in_words(2_500_000, "bytes") == "2.5 MB/s"
    assert rate_in_words(0.1, "files") == "6.0 files/min"
    assert rate_in_words(0.0) == ""
