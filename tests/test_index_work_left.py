"""How much of an addition is left: one big file must not mislead."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.file_reading import Progress
from index.work_left import WorkLeft

STEP = Progress("embedding", 0, 3)


def sized(folder: Path, **sizes: int) -> list[Path]:
    """Write files of so many bytes each; "a_pdf" is "a.pdf"."""
    files = [folder / name.replace("_", ".") for name in sizes]
    for one, size in zip(files, sizes.values(), strict=True):
        one.write_bytes(b"x" * size)
    return files


def embedding(made: int, parts: int) -> Progress:
    return Progress("embedding", 0, 3, made=made, parts=parts)


def test_a_file_counts_by_its_bytes_until_it_is_read_and_then_by_its_passages(
    tmp_path: Path,
) -> None:
    """A PDF of pictures was nearly all of the work, and is little of it once it is read."""
    big, small = sized(tmp_path, big_pdf=4_000_000, small_md=40_000)
    work = WorkLeft([big, small])
    before = work.told(STEP)
    assert before.worked == 0 and before.work == pytest.approx(1_010)
    read = work.weighed(big, embedding(10, 20))
    assert read.worked == 10 and read.work == pytest.approx(20 + 10)


def test_what_was_read_tells_how_many_passages_its_kind_has(tmp_path: Path) -> None:
    """And what no file of another kind was read of is guessed by all that were."""
    first, second, other = sized(tmp_path, a_pdf=10_000, b_pdf=20_000, c_md=10_000)
    work = WorkLeft([first, second, other])
    work.weighed(first, embedding(5, 10))
    work.weighed(first, embedding(10, 10))
    work.weighed(first, Progress("added", 1, 3))
    work.finished(first)
    told = work.told(STEP)
    assert told.worked == 10 and told.work == pytest.approx(10 + 20 + 10)


def test_documents_within_a_file_add_up(tmp_path: Path) -> None:
    """Each begins to count anew, and none is counted twice."""
    (mail,) = sized(tmp_path, m_eml=5_000)
    work = WorkLeft([mail])
    for made, parts in ((4, 8), (8, 8), (2, 2), (3, 6)):
        told = work.weighed(mail, embedding(made, parts))
        if made == parts:
            work.weighed(mail, Progress("added", 0, 3))
    assert (told.worked, told.work) == (13, 16)


def test_what_is_in_the_library_already_tells_nothing_of_the_rest(tmp_path: Path) -> None:
    """A duplicate is done without a passage, and the guess for the others stays."""
    first, second = sized(tmp_path, a_md=8_000, b_md=8_000)
    work = WorkLeft([first, second])
    work.weighed(first, Progress("duplicate", 1, 2))
    work.finished(first)
    assert work.told(STEP).work == pytest.approx(2)
    work.finished(second)
    assert work.told(STEP).work == 0


def test_a_file_that_is_gone_counts_nothing(tmp_path: Path) -> None:
    """Why it cannot be read is for reading to say."""
    gone = tmp_path / "gone.md"
    work = WorkLeft([gone])
    assert work.told(STEP).work == 0
    work.finished(gone)
