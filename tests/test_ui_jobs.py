"""Long work belongs to the program: windows come and go, the line has an end, Stop stops."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from corpus.errors import BriefingError, UsageError
from tests.servers import until
from ui.jobs import Job, Jobs


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


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def held(line: Jobs[int], gate: threading.Event) -> Job[int]:
    """Start a job that is worked on until the gate opens, and wait until it is."""
    begun = threading.Event()

    def work() -> Iterator[int]:
        begun.set()
        gate.wait(60)
        yield 0

    job = line.start("held", work, reader="first")
    assert begun.wait(60)
    return job


def test_readers_take_turns_however_much_one_asks() -> None:
    """The only question of a second reader is the next but one, before the rest of a flood."""
    gate, order = threading.Event(), []
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=20)
    held(line, gate)

    def asked(name: str) -> Iterator[int]:
        order.append(name)
        yield 1

    flood = [
        line.start(f"a{one}", lambda one=one: asked(f"a{one}"), reader="a") for one in range(5)
    ]
    late = line.start("b", lambda: asked("b"), reader="b")
    assert [line.place_of(one) for one in (*flood, late)] == [1, 3, 4, 5, 6, 2]
    gate.set()
    assert all(one.wait(60) for one in (*flood, late))
    assert order == ["a0", "b", "a1", "a2", "a3", "a4"]


def test_one_reader_cannot_fill_the_line() -> None:
    """Beyond their share they are refused, and another is still taken."""
    gate = threading.Event()
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=10, each=2)
    first = held(line, gate)
    mine = [line.start(f"a{one}", lambda: iter([1]), reader="a") for one in range(2)]
    with pytest.raises(UsageError, match="try again in a moment"):
        line.start("a2", lambda: iter([1]), reader="a")
    other = line.start("b", lambda: iter([1]), reader="b")
    gate.set()
    assert all(one.wait(60) for one in (first, *mine, other))


def test_a_job_that_is_stopped_while_it_waits_gives_its_place_up_at_once() -> None:
    """Those behind it move up, its end is done, and nobody worked on it."""
    gate, worked, ended = threading.Event(), threading.Event(), threading.Event()
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=2)
    held(line, gate)
    leaving = line.start("a", lambda: iter([worked.set() or 1]), after=ended.set)
    staying = line.start("b", lambda: iter([1]))
    assert [line.place_of(one) for one in (leaving, staying)] == [1, 2]
    leaving.cancel()
    assert line.place_of(staying) == 1 and leaving.wait(60) and ended.is_set()
    # And there is room for another.
    last = line.start("c", lambda: iter([1]))
    gate.set()
    assert staying.wait(60) and last.wait(60) and not worked.is_set()


def test_whoever_stops_what_waits_does_not_wait_for_its_end() -> None:
    """It may be an event loop, and the end a write to a record far away; none is done twice."""
    gate, record, ends = threading.Event(), threading.Event(), []
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=99)
    first = held(line, gate)

    def end() -> None:
        record.wait(60)
        ends.append(threading.current_thread())

    waiting = [line.start(f"a{one}", lambda: iter([1]), after=end) for one in range(50)]
    line.cancel_all(0.0)
    assert not ends and all(one.cancelled and not one.ended for one in waiting)
    assert line.place_of(waiting[0]) == 0
    record.set()
    gate.set()
    assert all(one.wait(60) for one in (first, *waiting))
    assert len(ends) == 50 and len(set(ends)) == 1 and ends[0] is not threading.current_thread()
    # And again after the last of these was done.
    later = held(line, threading.Event())
    last = line.start("b", lambda: iter([1]), after=end)
    last.cancel()
    assert last.wait(60) and len(ends) == 51
    later.cancel()


def test_the_question_of_a_closed_window_is_given_up_unless_somebody_looks_again() -> None:
    """Not at once: a page that is loaded again is gone for a moment too."""
    gate, clock = threading.Event(), Watch()
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=9, clock=clock)
    held(line, gate)
    gone = line.start("a", lambda: iter([1]), reader="a", window="a")
    back = line.start("b", lambda: iter([1]), reader="b", window="b")
    last = line.start("c", lambda: iter([1]), reader="c", window="c")
    line.left("a")
    line.left("b")
    clock.now += 10
    assert [line.place_of(one) for one in (back, last)] == [2, 3] and not gone.cancelled
    clock.now += 10
    assert line.place_of(last) == 2 and gone.cancelled and not back.cancelled
    gate.set()
    assert back.wait(60) and last.wait(60)


def test_an_answer_that_has_begun_goes_on_when_its_window_is_closed() -> None:
    """Only what waits is given up, and what was started from no window waits for none."""
    gate, go, begun, clock = threading.Event(), threading.Event(), threading.Event(), Watch()
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=9, clock=clock)
    held(line, gate)

    def work() -> Iterator[int]:
        yield 1
        begun.set()
        go.wait(60)
        yield 2

    answer = line.start("a", work, reader="a", window="a")
    program = line.start("b", lambda: iter([3]), reader="b")
    last = line.start("c", lambda: iter([4]), reader="c", window="c")
    line.left("a")
    line.left("")
    gate.set()
    assert begun.wait(60)
    clock.now += 60
    assert [line.place_of(one) for one in (program, last)] == [1, 2]
    go.set()
    assert all(one.wait(60) for one in (answer, program, last))
    assert not answer.cancelled and not program.cancelled
    assert [one.latest for one in (answer, program, last)] == [2, 3, 4]


def test_a_job_that_was_given_up_is_forgotten() -> None:
    """Its end is done once, however often others look at their places, and nothing holds it."""
    gate, ends, clock = threading.Event(), [], Watch()
    line: Jobs[int] = Jobs("counts", at_once=1, waiting=9, clock=clock)
    held(line, gate)
    gone = line.start("a", lambda: iter([1]), after=lambda: ends.append(1), window="a")
    last = line.start("c", lambda: iter([4]), reader="c", window="c")
    line.left("a")
    clock.now += 20
    assert [line.place_of(last) for _ in range(3)] == [1, 1, 1]
    assert gone.wait(60) and ends == [1] and not line._away
    # The newest of its key is another one now: nothing else knows of it.
    line.start("a", lambda: iter([2]))
    known = weakref.ref(gone)
    del gone
    # The thread that did its end lets go of it a moment later.
    assert until(lambda: gc.collect() is not None and known() is None)
    gate.set()
    assert last.wait(60)


def test_how_long_one_waits_is_told_by_what_the_jobs_before_took() -> None:
    """Nothing before the first has ended; then the place times what one takes."""
    clock = Watch()
    line: Jobs[int] = Jobs("counts", at_once=2, waiting=9, clock=clock)
    assert line.seconds_until(4) == 0

    def work() -> Iterator[int]:
        clock.now += 3
        yield 1

    assert line.start("a", work).wait(60)
    # The thread accounts for a job after its end.
    assert until(lambda: line.seconds_until(4) == 6.0)
