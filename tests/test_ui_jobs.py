"""Long work belongs to the program: windows come and go, the line has an end, Stop stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from corpus.errors import BriefingError, UsageError
from ui.jobs import Jobs


def counting(upto: int, gate: threading.Event, closed: threading.Event) -> Iterator[int]:
    try:
        for number in range(upto):
            yield number
            gate.wait(60)
    finally:
        closed.set()


def test_two_windows_watch_one_job_and_a_third_comes_later() -> None:
    """Each sees the last snapshot, also after the end."""
    gate, closed = threading.Event(), threading.Event()
    jobs: Jobs[int] = Jobs("counts", at_once=1, waiting=1)
    job = jobs.start("one", lambda: counting(3, gate, closed))
    seen: list[list[int]] = [[], []]
    windows = [threading.Thread(target=lambda mine=mine: mine.extend(job.watch())) for mine in seen]
    for window in windows:
        window.start()
    gate.set()
    for window in windows:
        window.join(60)
    assert [one[-1] for one in seen] == [2, 2]
    assert list(job.watch()) == [2] and jobs.find("one") is job and jobs.unfinished() == []


def test_a_full_line_refuses_and_the_next_is_served() -> None:
    """Beyond those that run and wait one is told to try again; later it is taken."""
    gate, closed = threading.Event(), threading.Event()
    jobs: Jobs[int] = Jobs("counts", at_once=1, waiting=1)
    first = jobs.start("one", lambda: counting(2, gate, closed))
    second = jobs.start("two", lambda: iter([7]))
    with pytest.raises(UsageError, match="2 counts are being worked on"):
        jobs.start("three", lambda: iter([8]))
    gate.set()
    assert list(first.watch())[-1] == 1 and list(second.watch()) == [7]
    assert closed.wait(60)
    assert list(jobs.start("three", lambda: iter([8])).watch()) == [8]


def test_a_cancelled_job_lets_go_of_what_it_holds() -> None:
    """Its generator is closed after the snapshot it was working on."""
    gate, closed = threading.Event(), threading.Event()
    jobs: Jobs[int] = Jobs("counts", at_once=1, waiting=1)
    job = jobs.start("one", lambda: counting(1000, gate, closed))
    assert next(job.watch()) == 0
    job.cancel()
    gate.set()
    assert closed.wait(60) and list(job.watch())[-1] < 999 and job.cancelled


def test_a_failure_reaches_every_window() -> None:
    """What was raised in the thread is raised for whoever watches, with its words."""

    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("the disk is on fire")

    jobs: Jobs[int] = Jobs("counts", at_once=1, waiting=1)
    job = jobs.start("one", failing)
    with pytest.raises(BriefingError, match="the disk is on fire"):
        list(job.watch())
    with pytest.raises(BriefingError, match="the disk is on fire"):
        list(job.watch())
    assert list(jobs.start("two", lambda: iter([2])).watch()) == [2]


def test_work_lets_others_go_first_after_each_step() -> None:
    """An addition stands still between two steps while questions are being answered."""
    asked, answered = threading.Event(), threading.Event()

    def give_way(cancelled: Callable[[], bool]) -> None:
        asked.set()
        assert answered.wait(60)

    line: Jobs[int] = Jobs("additions", at_once=1, waiting=1, give_way=give_way)
    job = line.start("a", lambda: iter([1, 2]))
    assert asked.wait(60)
    assert job.latest == 1 and not job.ended
    answered.set()
    assert list(job.watch())[-1] == 2


def test_a_cancelled_job_waits_for_nobody() -> None:
    """It ends while others still go first, and shows what it was started with before its turn."""
    line: Jobs[int] = Jobs(
        "additions", at_once=1, waiting=1,
        give_way=_until,
    )  # fmt: skip
    job = line.start("a", lambda: iter(range(1000)), first=-1)
    waiting = line.start("b", lambda: iter([1]), first=-2)
    assert waiting.latest == -2
    job.cancel()
    assert job.wait(60)
    waiting.cancel()
    assert waiting.wait(60)


def _until(true: Callable[[], bool]) -> None:
    while not true():
        threading.Event().wait(0.01)
