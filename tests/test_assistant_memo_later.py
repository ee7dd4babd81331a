"""A memo later on: compared with another, kept, and packed with what it rests on."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Citation, Claim
from assistant.memo.memo_diff import memo_diff
from assistant.memo.memo_repository import MemoRepository
from assistant.memo.values import GAP, GradedSource, Line, Memo, Section
from corpus.document import Source
from corpus.errors import UsageError
from corpus.library import Library

GAZETTE = Source("The harbour", "/a.md", "Port Gazette", "2024-03-01", "markdown")
NEWS = Source("The bridge", "/b.md", "Road News", "2024-05-01", "markdown")


def cited(number: int, document: str, source: Source) -> Citation:
    return Citation(number, document, source, None, "", f"quote {number}", 0, 7)


def graded(document: str, source: Source, number: int, reliability: str = "B") -> GradedSource:
    return GradedSource(document, source, (number,), reliability, 3, "press", "", document)


def line(text: str, *numbers: int) -> Line:
    return Line(Claim(text, numbers, "supported"))


OLD = Memo(
    "Harbours", "bluf", "2026-01-01", "", "extractive",
    sections=(
        Section("bluf", "Bottom line", (
            line("The harbour handled 4,800 ships in 2023.", 1),
            line("The bridge is closed to lorries.", 2),
        )),
        Section("gaps", "Gaps", (Line(Claim("Who owns it?", (), "supported"), role=GAP),)),
    ),
    citations=(cited(1, "aaa", GAZETTE), cited(2, "bbb", NEWS)),
    sources=(graded("aaa", GAZETTE, 1), graded("bbb", NEWS, 2)),
)  # fmt: skip


def test_a_memo_does_not_differ_from_itself() -> None:
    """Nor does one whose lines stand in another order."""
    turned = replace(OLD.sections[0], lines=OLD.sections[0].lines[::-1])
    for other in (OLD, replace(OLD, sections=(turned, OLD.sections[1]))):
        found = memo_diff(OLD, other)
        assert not found.changes and not found.sources


def test_a_new_text_of_a_source_is_named_as_the_cause() -> None:
    """A reworded line, a new one and a lost one each name the source that caused them."""
    ships = replace(cited(1, "ccc", GAZETTE), quote="new")
    rail = Source("Rail", "/c.md", "Rail Times", "2025-01-01")
    new = replace(
        OLD,
        sections=(
            Section("bluf", "Bottom line", (
                line("The harbour handled 5,100 ships in 2024.", 1),
                line("A railway reaches Lund.", 2),
            )),
            OLD.sections[1],
        ),
        citations=(ships, cited(2, "ddd", rail)),
        sources=(graded("ccc", GAZETTE, 1), graded("ddd", rail, 2)),
    )  # fmt: skip
    found = {one.kind: one for one in memo_diff(OLD, new).changes}
    assert set(found) == {"reworded", "added", "removed"}
    assert found["reworded"].before.endswith("2023.") and found["reworded"].after.endswith("2024.")
    assert found["reworded"].causes == ("“The harbour” has a new text",)
    assert found["added"].causes == ("“Rail” is newly cited",)
    assert found["removed"].causes == ("“The bridge” is cited no more",)


def test_a_source_graded_anew_is_named() -> None:
    """Even where no line changed."""
    new = replace(OLD, sources=(graded("aaa", GAZETTE, 1, "D"), OLD.sources[1]))
    assert memo_diff(OLD, new).sources == ("“The harbour” was graded anew, B3 to D3",)


def test_memos_are_kept_listed_and_taken_off(tmp_path: Path, record: str) -> None:
    """The newest comes first; "last" is its name; one that cannot be read says why and stays."""
    older = tmp_path / "memos"
    older.mkdir()
    (older / "broken.json").write_text("{", encoding="utf-8")
    library = Library(tmp_path, record=record)
    repository = MemoRepository(library)
    assert not (older / "broken.json").exists()
    assert (older / "taken-over" / "broken.json").read_text(encoding="utf-8") == "{"
    first = repository.new_id(OLD)
    repository.save(OLD, first)
    second = repository.new_id(OLD)
    assert second != first
    repository.save(replace(OLD, complete=False), second)
    problems = {one.id: one.problem for one in repository.listed()}
    assert problems.keys() == {first, second, "broken"} and problems[first] == ""
    assert "broken: it is no JSON" in problems["broken"]
    assert repository.load(first) == OLD
    assert not repository.load(second).complete
    repository.delete(first)
    assert repository.latest() == second
    repository.delete("broken")
    assert [one.id for one in repository.listed()] == [second]
    for name in ("../library", "none", first):
        with pytest.raises(UsageError):
            repository.load(name)
    library.close()


def test_a_pack_that_was_altered_says_so(tmp_path: Path) -> None:
    """A file that is not as it was packed is named; a file that is no pack is refused in a line."""
    from assistant.memo.evidence_pack import opened_pack
    from assistant.memo.memo_json import to_json

    files = {"memo.json": to_json(OLD), "memo.md": "# Memo"}
    import hashlib

    manifest = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    for change, expected in ((None, ()), ("memo.md", ("memo.md",))):
        file = tmp_path / "pack.zip"
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, "changed" if name == change else text)
            archive.writestr("manifest.json", json.dumps(manifest))
        memo, altered = opened_pack(file)
        assert memo == OLD and altered == expected
    (tmp_path / "no.zip").write_bytes(b"no zip")
    with pytest.raises(UsageError, match="no evidence pack"):
        opened_pack(tmp_path / "no.zip")
