"""A library moves to another record and back, whole, and nothing is embedded again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.memo.memo_repository import MemoRepository
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import moving
from corpus.errors import LibraryDamaged, UsageError
from corpus.library import Library
from corpus.moving import Contents, move
from corpus.schema import keys_of_tables
from tests.commands import briefing_here
from tests.memos import MEMO

# A row of each table that the tests below fill in no other way.
ROWS = (
    "INSERT INTO collections VALUES ('team', '2026-01-01')",
    "INSERT INTO collection_documents SELECT 'team', id FROM documents",
    "INSERT INTO collection_members VALUES ('team', 'user:ada', 'editor')",
    "INSERT INTO audit (at, who, action, subject, detail) VALUES ('2026', 'ada', 'ask', 'x', '{}')",
    "INSERT INTO feeds VALUES ('https://example.org/feed', 'A feed', '', '', '', '', '')",
    "INSERT INTO feed_entries VALUES ('https://example.org/feed', '1', 'a', 't', '2026', 'new')",
    "INSERT INTO bibliography (location, record, at) VALUES ('a.md', '{}', '2026')",
    "INSERT INTO passage_tokens SELECT id, 0, x'01000000', x'ff00' FROM documents",
    "INSERT INTO looks VALUES ('ada', 3, '2026')",
    "INSERT INTO synced_files VALUES ('/f', 'a.md', 4294967296, 1790000000000000000, 7, 'd', '')",
)


def settings(home: Path, record: str = "") -> Settings:
    return Settings(home=home, engine="extractive", embedder="hash", record=record)


def fill(home: Path, files: Path) -> None:
    """Make a library with something of everything in it: versions, edits, talks, memos."""
    with Workspace(settings(home)) as workspace:
        note = files / "note.md"
        for number in range(12):
            (files / f"{number}.md").write_text(f"# N{number}\n\nTarn has {number} ships.\n")
        note.write_text("# Note\n\nThe breakwater will cost 14 million crowns.\n")
        list(workspace.add(sorted(files.glob("*.md"))))
        note.write_text("# Note\n\nThe breakwater will cost 15 million crowns.\n")
        list(workspace.add([note]))
        entries = workspace.library.entries()
        workspace.update_source(entries[0].id, title="Another title")
        workspace.remove(entries[1].id)
        kept = workspace.library.conversations_of("ada")
        talk = kept.append("", "How much? \0", "{}", "15 million.")
        kept.rate(talk, 1, good=True)
        MemoRepository(workspace.library, "ada").save(MEMO, "port")

        def more(connection) -> None:  # type: ignore[no-untyped-def]
            for statement in ROWS:
                connection.execute(statement)

        workspace.library.connections.write(more)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a library in SQLite, which is only read."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "files").mkdir()
    fill(folder / "home", folder / "files")
    return folder / "home"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    """Return a data folder with a library in SQLite."""
    return shutil.copytree(filled, tmp_path / "home")


@pytest.fixture
def source(home: Path) -> Iterator[Library]:
    with closing(Library(home)) as opened:
        yield opened


def target(home: Path, record: str = "") -> closing[Library]:
    return closing(Library(home, record=record, arriving=True))


@pytest.mark.process
def test_a_library_moves_to_postgresql_and_back(
    home: Path, source: Library, database: str, tmp_path: Path
) -> None:
    """Every table and original is the same by its hash; its indexes show what came back."""
    steps: list[tuple[str, int, int]] = []
    with target(home, database) as there:
        report = move(source, there, say=lambda *step: steps.append(step))
        assert (there.identity, there.generation) == (source.identity, source.generation)
        assert (report.identity, report.generation) == (source.identity, source.generation)
    assert report.tables.keys() == keys_of_tables().keys()
    assert all(one.rows for one in report.tables.values()), report.tables
    assert ("documents", 14, 14) in steps and ("originals", 14, 14) in steps
    for _, done, total in steps:
        assert 0 < done <= total
    assert source.fact("arriving") == "" and len(source.entries()) == 12
    with Workspace(settings(home, database)) as workspace:
        # The indexes of the data folder were made from the same library.
        assert not workspace.indexes.is_behind()
        assert workspace.retriever.search("breakwater cost")[0].source.title == "Note"
        assert all(one.ok for one in workspace.library.check() if one.name != "passages")
    with target(tmp_path / "back") as back, closing(Library(home, record=database)) as there:
        assert move(there, back) == report
    with Workspace(settings(tmp_path / "back")) as workspace:
        assert [one.id for one in workspace.library.entries()] == [
            one.id for one in source.entries()
        ]
        new = tmp_path / "new.md"
        new.write_text("# New\n\nA lighthouse was built.\n")
        list(workspace.add([new]))
        assert workspace.retriever.search("lighthouse")[0].source.title == "New"


@pytest.mark.process
def test_new_rows_are_numbered_after_those_that_came(
    home: Path, source: Library, database: str, tmp_path: Path
) -> None:
    """Documents can be added where the library is now."""
    with target(home, database) as there:
        move(source, there)
    with Workspace(settings(home, database)) as workspace:
        new = tmp_path / "new.md"
        new.write_text("# New\n\nA lighthouse was built.\n")
        list(workspace.add([new]))
        assert workspace.library.generation > source.generation
        assert workspace.retriever.search("lighthouse")[0].source.title == "New"
        workspace.library.connections.write(lambda connection: connection.execute(ROWS[3]))
        rows = workspace.library.connections.rows("SELECT id FROM audit ORDER BY id")
        assert [row[0] for row in rows] == [1, 2]


def test_a_move_that_was_broken_off_goes_on(
    home: Path, source: Library, record: str, tmp_path: Path
) -> None:
    """Until then it opens for nothing else; what changed meanwhile is as it is now."""
    away = tmp_path / "away"

    def broken(what: str, done: int, total: int) -> None:
        if what == "conversations":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), target(away, record) as there:
        move(source, there, say=broken)
    with pytest.raises(LibraryDamaged, match="run the same briefing move again"):
        Library(away, record=record)
    gone = source.entries()[0]
    source.remove(gone.id)
    for talk in source.conversations_of("ada").all():
        source.conversations_of("ada").delete(talk.id)
    sent: list[str] = []
    put = moving._put
    with pytest.MonkeyPatch.context() as patch, target(away, record) as there:
        patch.setattr(
            moving, "_put", lambda connection, *, table, rows: sent.extend([table] * len(rows))
            or put(connection, table=table, rows=rows)
        )  # fmt: skip
        report = move(source, there)
    # Of the documents only the one that was changed is sent again.
    assert sent.count("documents") == 1
    assert report.tables["conversations"].rows == report.tables["turns"].rows == 0
    with closing(Library(away, record=record)) as there:
        assert [one.id for one in there.entries()] == [one.id for one in source.entries()]


def test_what_holds_something_else_is_left_alone(
    home: Path, source: Library, record: str, tmp_path: Path
) -> None:
    """A library that is in use, and another one's move."""
    other = tmp_path / "other"
    with target(other, record) as there:
        there.conversations.append("", "How much?", "{}", "Five.")
        with pytest.raises(UsageError, match="holds a library already"):
            move(source, there)
        (talk,) = there.conversations.all()
        there.conversations.delete(talk.id)
        there.note_fact("arriving", "of another")
        with pytest.raises(UsageError, match="another library's move"):
            move(source, there)
        assert there.entries() == []


@pytest.mark.parametrize("table", ["document_vectors", "originals"])
def test_what_arrives_altered_is_told(
    home: Path, source: Library, tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The move is not finished, and the same command mends it."""
    compared = moving._compared

    def altered(source: Library, there: Library, say: moving.Say) -> dict[str, Contents]:
        if table == "document_vectors":
            statement = (
                "UPDATE document_vectors SET vectors = ?"
                " WHERE document = (SELECT min(id) FROM documents)"
            )
            there.connections.write(lambda connection: connection.execute(statement, (b"1234",)))
        else:
            digest = there.originals.digests()[0]
            there.originals.path(digest).write_bytes(b"another")
        return compared(source, there, say)

    monkeypatch.setattr(moving, "_compared", altered)
    with target(tmp_path / "away") as there:
        with pytest.raises(LibraryDamaged, match=f"differs \\({table}\\)"):
            move(source, there)
        assert there.fact("arriving") == source.identity
    monkeypatch.undo()
    with target(tmp_path / "away") as there:
        assert move(source, there).tables["documents"].rows == 14
    with closing(Library(tmp_path / "away")) as moved:
        assert moved.identity == source.identity


@pytest.mark.process
def test_the_command_moves_and_says_what_comes_next(
    home: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what was moved, by table; twice is refused in a line."""
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")
    environment = {"BRIEFING_HOME": str(home), "BRIEFING_EMBEDDER": "hash"}
    done = briefing_here("move", "--to", database, cwd=tmp_path, environment=environment)
    assert done.returncode == 0, done.stderr
    assert "14  documents" in done.stdout and "set BRIEFING_RECORD" in done.stdout
    again = briefing_here("move", "--to", database, cwd=tmp_path, environment=environment)
    assert again.returncode == 2 and "holds a library already" in again.stderr
    there = {**environment, "BRIEFING_RECORD": database}
    same = briefing_here("move", "--to", database, cwd=tmp_path, environment=there)
    assert same.returncode == 2 and "already" in same.stderr
    listed = briefing_here("sources", cwd=tmp_path, environment=there)
    assert listed.returncode == 0 and "Note" in listed.stdout
    back = str(tmp_path / "back")
    done = briefing_here("move", "--to", back, cwd=tmp_path, environment=there)
    assert done.returncode == 0 and "unset BRIEFING_RECORD" in done.stdout
    doctor = briefing_here("doctor", cwd=tmp_path, environment=there)
    assert "PostgreSQL" in doctor.stdout and "ok    database" in doctor.stdout
