"""A library in PostgreSQL: shared by machines, whole whatever happens to the server."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.memo.memo_repository import MemoRepository
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import postgresql
from corpus.catalogue import Entry
from corpus.connections import Connection
from corpus.document import Document, Heading, Source
from corpus.errors import (
    LibraryClosed,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    LibraryTooNew,
    NoConversation,
    RecordUnreachable,
    StorageError,
    UsageError,
)
from corpus.library import Library
from corpus.postgresql_statements import Session, _for_server
from corpus.splitting import split
from corpus.token_codes import TokenCodes
from index import index_writer
from index.embedding import HashEmbedder
from index.forward_index import ForwardIndex
from index.ingest import Report
from index.shared_vectors import SharedVectors
from tests.memos import MEMO
from tests.older import step_with, vectors_taken_back
from tests.real_servers import Postgres, chroma_server, free_port

pytestmark = pytest.mark.process
ROOT = Path(__file__).parent.parent
EMBEDDER = HashEmbedder(32)


def publish(library: Library, text: str, location: str = "/a.md", **options: object) -> str:
    whole = Document(Source("A title", location, "A publisher", "2025-01-28"), text)
    passages = split(whole, EMBEDDER.count)
    vectors = EMBEDDER.embed([passage.text for passage in passages])
    return library.publish(whole, passages, vectors, embedder=EMBEDDER.name, **options).outcome  # type: ignore[arg-type]


def run(address: str, *statements: str) -> list[Any]:
    """Run statements as whoever keeps the server would, and return what the last one yields."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        for one in statements:
            cursor = connection.execute(one)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def machines(tmp_path: Path, database: str) -> Iterator[tuple[Library, Library]]:
    """Return one library, opened by two machines: each has a data folder of its own."""
    with (
        closing(Library(tmp_path / "one", record=database)) as one,
        closing(Library(tmp_path / "two", record=database)) as two,
    ):
        yield one, two


def test_without_a_record_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    """A library in a file imports neither SQLAlchemy nor a driver."""
    code = (
        "import sys; from pathlib import Path; from corpus.library import Library\n"
        "Library(Path(sys.argv[1])).entries()\n"
        "assert 'corpus.schema' in sys.modules\n"
        "assert not {'sqlalchemy', 'psycopg', 'corpus.postgresql'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "home")], cwd=ROOT, check=True)


def test_statements_are_written_for_the_server() -> None:
    """Values are marked outside of quotes alone, and a percent sign means itself."""
    assert _for_server("SELECT '?', a FROM b WHERE c = ? AND d LIKE '%x''?' AND e = ?") == (
        "SELECT '?', a FROM b WHERE c = %s AND d LIKE '%%x''?' AND e = %s"
    )


@pytest.mark.parametrize(
    "text",
    [
        "A NUL \0 in it.", "A mark \ufdd0 and \ufdd0\ufdd1\ufdd2\0.", "100 % of '?' and \\.",
        "深度 🧀",
    ],
    ids=["NUL", "what stands for it", "signs of statements", "other scripts"],
)  # fmt: skip
def test_any_text_comes_back(machines: tuple[Library, Library], text: str) -> None:
    """Also where PostgreSQL itself could not hold it."""
    one, two = machines
    publish(one, text, "/odd.md")
    (entry,) = two.entries()
    assert two.document(entry.id).text == text
    kept = one.conversations
    number = kept.append("", text, text, text)
    assert [(turn.question, turn.answer) for turn in two.conversations.turns(number)] == [
        (text, text)
    ]
    assert [found.id for found in two.conversations.all(text.split()[0])] == [number]


def test_what_one_machine_adds_the_other_has(machines: tuple[Library, Library]) -> None:
    """Documents, changes, edits, facts; and a large number in a column of a small one."""
    one, two = machines
    assert publish(one, "It cost five.") == "added" and publish(two, "It cost five.") == "unchanged"
    assert publish(two, "It cost five.", "/b.md") == "duplicate"
    (entry,) = one.entries()
    two.update_source(entry.id, title="Another")
    assert one.entry(entry.id).source.title == one.document(entry.id).source.title == "Another"
    two.remove(entry.id)
    assert one.entries() == [] and one.generation == two.generation == 4
    one.note_fact("size", str(2**62))
    assert (two.fact("size"), two.fact("none"), two.shared) == (str(2**62), "", True)
    one.connections.write(
        lambda connection: connection.execute(
            "INSERT INTO synced_files VALUES ('f', 'p', ?, ?, ?, 'd', '')", (2**40, 2**62, 2**62)
        )
    )
    assert two.connections.rows("SELECT size FROM synced_files")[0]["size"] == 2**40


@pytest.fixture
def german(database: str) -> Iterator[str]:
    """Return the address of a database whose texts are ordered as Germans do."""
    name = f"{database.rpartition('/')[2]}_german"
    run(database, f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'")
    yield f"{database.rpartition('/')[0]}/{name}"
    run(database, f"DROP DATABASE {name} WITH (FORCE)")


def test_titles_are_in_one_order_on_every_record(tmp_path: Path, german: str) -> None:
    """By their characters, whatever language the database was made for."""
    assert run(german, "SELECT 'Ä' < 'b'") == [(True,)]
    here, there = Library(tmp_path / "file"), Library(tmp_path / "there", record=german)
    for library in (here, there):
        for number, title in enumerate(("b", "Ä", "a", "B", "_", "深", "É", "z")):
            text = Document(Source(title, f"/{number}.md", published="2025"), f"Text {number}.")
            passages = split(text, EMBEDDER.count)
            vectors = EMBEDDER.embed([one.text for one in passages])
            library.publish(text, passages, vectors, embedder=EMBEDDER.name)
    titles = [[one.source.title for one in library.entries()] for library in (here, there)]
    assert titles[0] == titles[1] == ["B", "_", "a", "b", "z", "Ä", "É", "深"]
    there.close()


def test_originals_are_brought_to_another_machine(
    machines: tuple[Library, Library], tmp_path: Path
) -> None:
    """In parts; what was altered in the record is told, and never handed out."""
    one, two = machines
    file = tmp_path / "large.md"
    file.write_bytes(bytes(range(256)) * 10_000)
    publish(one, "It cost five.", str(file), original=file)
    (entry,) = two.entries()
    kept = two.original(entry.id)
    assert kept is not None and kept.path.read_bytes() == file.read_bytes()
    assert kept.path.is_relative_to(two.home)
    assert one.connections.rows("SELECT count(*) FROM originals")[0][0] == 3
    assert all(found.ok for found in two.check())
    empty = tmp_path / "empty.md"
    empty.write_bytes(b"")
    digest = one.originals.keep(empty)
    brought = two.originals.fetched(digest)
    assert brought is not None and brought.read_bytes() == b"" and two.originals.whole(digest)
    statement = "UPDATE originals SET content = ? WHERE part = 1"
    one.connections.write(lambda connection: connection.execute(statement, (b"no",)))
    assert [found.name for found in two.check() if not found.ok] == ["originals"]
    with pytest.raises(LibraryDamaged, match="altered in the record"):
        one.original(entry.id)


def test_a_conversation_goes_on_at_another_machine(machines: tuple[Library, Library]) -> None:
    """Each owner sees and changes what is their own."""
    one, two = machines
    kept = one.conversations_of("ada")
    talk = kept.append("", "How much?", "{}", "Five.")
    assert two.conversations_of("ada").append(talk, "And then?", "{}", "Six.") == talk
    assert [turn.number for turn in kept.turns(talk)] == [1, 2]
    kept.rate(talk, 2, good=True)
    for other in (two.conversations_of("bob"), two.conversations):
        assert other.all() == [] and other.ratings() == []
        for wrong in (
            lambda other=other: other.turns(talk),
            lambda other=other: other.append(talk, "Mine?", "{}", ""),
            lambda other=other: other.begin(talk, "Mine?", instead_of=1),
            lambda other=other: other.finish(talk, 1, "{}", ""),
            lambda other=other: other.rate(talk, 1, good=False),
            lambda other=other: other.rename(talk, "Mine"),
            lambda other=other: other.delete(talk),
        ):
            with pytest.raises(NoConversation):
                wrong()
    assert len(kept.turns(talk)) == 2 and [one.good for one in kept.ratings()] == [True]


def test_a_memo_that_another_machine_changed_is_not_overwritten(
    machines: tuple[Library, Library],
) -> None:
    """It is returned as it is now; nobody but its owner has it."""
    here, there = (MemoRepository(one, owner="ada") for one in machines)
    first, second = here.new_id(MEMO), there.new_id(MEMO)
    assert first != second
    here.save(MEMO, first)
    now = replace(MEMO, audience="The board")
    assert there.change(first, MEMO, now) is now
    assert here.change(first, MEMO, replace(MEMO, audience="Nobody")) == now
    others = MemoRepository(machines[1], owner="bob")
    assert others.listed() == []
    for wrong in (
        lambda: others.load(first), lambda: others.save(MEMO, first), lambda: others.delete(first),
        lambda: others.change(first, MEMO, now),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            wrong()
    assert here.load("last") == now


def test_a_thread_may_see_one_state(machines: tuple[Library, Library]) -> None:
    """Until it has looked at all that it wanted, whoever writes."""
    one, two = machines
    publish(one, "It cost five.")
    with two.unchanging():
        before = two.generation
        publish(one, "It cost six.")
        assert two.generation == before and len(two.changes_since(0)) == before
        with two.unchanging():
            assert two.generation == before
    assert two.generation > before


def test_what_goes_by_a_name_is_done_by_one_machine(
    machines: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another waits for a while and is told; threads of one process share it."""
    one, two = machines
    started = time.monotonic()
    with (
        one.exclusively("fetching"),
        pytest.raises(LibraryLocked),
        two.exclusively("fetching", wait=False),
    ):
        raise AssertionError("two at once")
    assert time.monotonic() - started < postgresql._LOCK_PATIENCE / 2
    monkeypatch.setattr(postgresql, "_LOCK_PATIENCE", 0.3)
    with one.exclusively("fetching"), one.exclusively("fetching"), two.exclusively("another"):
        with pytest.raises(LibraryLocked, match="fetching"), two.exclusively("fetching"):
            raise AssertionError("two at once")
        assert publish(two, "It cost five.") == "added"
    with two.exclusively("fetching"):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from corpus.library import Library
with Library(Path(sys.argv[1]), record=sys.argv[2]).exclusively("fetching"):
    print("held", flush=True)
    time.sleep(100)
"""


def test_a_machine_that_died_holds_nothing_up(
    machines: tuple[Library, Library], database: str, tmp_path: Path
) -> None:
    """Its lock ends with its connection."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "three"), database],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stdout.readline() == b"held\n"
    child.kill()
    child.wait()
    child.stdout.close()
    with machines[0].exclusively("fetching"):
        pass


WRITER = """
import sys
from pathlib import Path
from corpus.document import Document, Heading, Source
from corpus.library import Library
from corpus.splitting import split
from index.embedding import HashEmbedder
e = HashEmbedder(32)
library = Library(Path(sys.argv[1]), record=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    for name in (f"own {sys.argv[3]}", "common"):
        whole = Document(Source("T", f"/{name}/{number}.md"), f"Text {number} of {name}.")
        passages = split(whole, e.count)
        library.publish(whole, passages, e.embed([p.text for p in passages]), embedder=e.name)
library.close()
"""


def test_two_processes_publish_at_once(
    machines: tuple[Library, Library], database: str, tmp_path: Path
) -> None:
    """Nothing is lost or doubled, and whoever follows the changes misses none."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / name), database, name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("three", "four")
    ]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    library, seen, before = machines[0], [], 0
    while len(seen) < 180 and any(child.poll() is None for child in children):
        changes = library.changes_since(before)
        seen += changes
        before = changes[-1].generation if changes else before
    for child in children:
        assert child.wait(60) == 0
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            pipe.close()
    seen += library.changes_since(before)
    assert len({one.source.location for one in library.entries()}) == len(library.entries()) == 180
    assert seen == library.changes_since(0) and len(seen) == 180


def test_a_change_whose_end_was_not_heard_is_done_once(
    machines: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark that it leaves says what became of it: done again only where it was not done."""
    kept, commit = machines[0].conversations, Session.commit
    for committed in (True, False):
        failed: list[bool] = []

        def broken(
            session: Session, committed: bool = committed, failed: list[bool] = failed
        ) -> None:
            if failed or committed:
                commit(session)
            if not failed:
                failed.append(True)
                raise RecordUnreachable("gone")

        monkeypatch.setattr(Session, "commit", broken)
        talk = kept.append("", "How much?", "{}", "Five.")
        assert failed and len(kept.turns(talk)) == 1
    assert len(kept.all()) == 2


def test_a_change_whose_end_a_crash_took_is_done_again(
    machines: tuple[Library, Library], postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another machine's change came first, which the server may give the same number."""
    one, two = machines
    talk = one.conversations.append("", "How much?", "{}", "Five.")
    commit = Session.commit

    def broken(session: Session) -> None:
        monkeypatch.setattr(Session, "commit", commit)
        postgres.restart()
        two.note_fact("between", "1")
        commit(session)

    monkeypatch.setattr(Session, "commit", broken)
    one.conversations.append(talk, "Since when?", "{}", "May.")
    assert [turn.number for turn in one.conversations.turns(talk)] == [1, 2]
    assert two.fact("between") == "1"


def test_a_lock_is_waited_for_while_the_server_restarts(
    machines: tuple[Library, Library], postgres: Postgres
) -> None:
    """A lock by name; a state of the library that was begun is lost, and said to be."""
    one, _ = machines
    with one.unchanging():
        assert one.entries() == []
        postgres.stop()
        back = threading.Thread(target=postgres.start)
        for _ in range(2):
            with pytest.raises(RecordUnreachable, match="does not answer"):
                one.entries()
        back.start()
    with one.exclusively("work"):
        assert one.entries() == []
    back.join()


def test_a_change_is_all_or_nothing(machines: tuple[Library, Library]) -> None:
    """What raises within it undoes it; another within it is refused at once."""
    one, two = machines

    def half(connection: Connection) -> None:
        connection.execute("INSERT INTO facts VALUES ('half', '1')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        one.connections.write(half)
    assert two.fact("half") == ""

    def whole(connection: Connection) -> None:
        connection.execute("INSERT INTO facts VALUES ('whole', '1')")
        assert two.fact("whole") == ""
        with pytest.raises(LibraryError, match="within another"):
            one.note_fact("other", "1")

    one.connections.write(whole)
    assert two.fact("whole") == "1"


def test_the_server_restarts_and_nobody_notices(
    machines: tuple[Library, Library], postgres: Postgres, database: str, tmp_path: Path
) -> None:
    """Connections that were open are found dead, and made anew."""
    one, two = machines
    publish(one, "It cost five.")
    assert two.entries()
    postgres.restart()
    assert len(two.entries()) == 1 and publish(one, "It cost six.", "/b.md") == "added"
    # One that begins just then waits too.
    postgres.stop()
    back = threading.Thread(target=postgres.start)
    back.start()
    with closing(Library(tmp_path / "three", record=database)) as three:
        assert len(three.entries()) == 2
    back.join()


def test_the_server_crashes_while_documents_are_added(
    database: str, tmp_path: Path, postgres: Postgres
) -> None:
    """Adding goes on when it is back: every document is there, once, with its original."""
    files = []
    for number in range(40):
        files.append(tmp_path / f"{number}.md")
        files[-1].write_text(
            f"# Note {number}\n\nThe harbour of Tarn took {number} ships in May.\n"
        )
    settings = Settings(
        home=tmp_path / "home", embedder="hash", engine="extractive", record=database
    )
    with Workspace(settings) as workspace:
        crashed = 0
        for step in workspace.add(files):
            if not isinstance(step, Report) and step.stage == "added" and step.done % 15 == 10:
                crashed += 1
                back = threading.Thread(target=postgres.start)
                postgres.stop()
                back.start()
        back.join()
        assert isinstance(step, Report) and crashed >= 2
        assert sorted(step.added) == sorted(map(str, files)) and not step.refused
        entries = workspace.library.entries()
        assert {one.source.location for one in entries} == set(map(str, files))
        assert len(entries) == len(workspace.library.changes_since(0)) == len(files)
        assert all(found.ok for found in workspace.library.check())
        assert "39" in workspace.retriever.search("39 ships")[0].passage.text


@pytest.mark.parametrize("where", ["folder", "server"])
def test_the_server_crashes_while_the_indexes_are_updated(
    database: str, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The state that is being read is lost with it, and read again: adding ends as it should."""
    files = [tmp_path / f"{name}.md" for name in ("first", "second")]
    for number, file in enumerate(files):
        file.write_text(f"# Note\n\nThe harbour of Tarn took 3{number} ships in May.\n")
    whole, changes = index_writer.forward_index_of, SharedVectors._entries
    starting: list[threading.Thread] = []

    def crash() -> None:
        if not starting:
            starting.append(threading.Thread(target=postgres.start))
            postgres.stop()
            starting[0].start()

    def crashing(library: Library, entries: Mapping[str, Entry]) -> ForwardIndex:
        crash()
        return whole(library, entries)

    def crashing_there(vectors: SharedVectors) -> dict[str, Entry]:
        crash()
        return changes(vectors)

    with ExitStack() as stack:
        store = "chroma"
        if where == "server":
            store = stack.enter_context(chroma_server(tmp_path))
        settings = Settings(
            home=tmp_path / "home", embedder="hash", engine="extractive", record=database,
            vector_store=store,
        )  # fmt: skip
        workspace = stack.enter_context(Workspace(settings))
        list(workspace.add(files[:1]))
        if where == "folder":
            monkeypatch.setattr(index_writer, "forward_index_of", crashing)
        else:
            monkeypatch.setattr(SharedVectors, "_entries", crashing_there)
        stack.callback(lambda: [one.join() for one in starting])
        report = list(workspace.add(files[1:]))[-1]
        assert starting and isinstance(report, Report) and report.added == (str(files[1]),)
        assert not workspace.indexes.is_behind() and not workspace.indexes.fault()
        assert "31" in workspace.retriever.search("31 ships")[0].passage.text


def test_a_server_that_stays_away_is_told(
    machines: tuple[Library, Library], postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading and writing end, each with one line; nothing of the change is there later."""
    monkeypatch.setattr(postgresql, "_READ_PATIENCE", 0.5)
    monkeypatch.setattr(postgresql, "_WRITE_PATIENCE", 0.5)
    one, _ = machines
    postgres.stop("fast")
    try:
        started = time.monotonic()
        for wrong in (one.entries, lambda: publish(one, "It cost five.")):
            with pytest.raises(RecordUnreachable, match=r"does not answer .*; check that it runs"):
                wrong()
        assert time.monotonic() - started < 60
    finally:
        postgres.start()
    assert one.entries() == []
    one.close()
    with pytest.raises(LibraryClosed):
        one.entries()


def test_an_address_that_is_wrong_gives_one_line(
    database: str, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to correct, and never shows the password."""
    monkeypatch.setattr(postgresql, "_CONNECTING", 2)
    monkeypatch.setattr(postgresql, "_OPENING_PATIENCE", 0.0)
    rules = postgres.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}")
    role = "CREATE ROLE guarded LOGIN PASSWORD 'open sesame'"
    run(database, role, "SELECT pg_reload_conf()")
    host, name = f"127.0.0.1:{postgres.port}", database.rpartition("/")[2]
    with ExitStack() as stack:
        stack.callback(run, database, "DROP OWNED BY guarded", "DROP ROLE guarded")
        stack.callback(rules.write_text, before)
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for address, error, line in (
            (f"postgresql://guarded:hunter22@{host}/{name}", StorageError, "user or password"),
            (f"postgresql://guarded@{host}/{name}", StorageError, "user or password"),
            (f"postgresql://nobody@{host}/{name}", StorageError, "user or password"),
            (f"postgresql://briefing@{host}/none", StorageError, "no such database"),
            (f"postgresql://guarded:open%20sesame@{host}/{name}", StorageError, "GRANT USAGE"),
            (f"postgresql://a:hunter22@127.0.0.1:{free_port()}/b", RecordUnreachable, "check that"),
            (
                f"postgresql://a:hunter22@127.0.0.1:{silent.getsockname()[1]}/b",
                RecordUnreachable,
                "does not answer",
            ),
            ("mysql://a:hunter22@localhost/b", UsageError, "postgresql://USER"),
            ("postgresql://a:hunter22@localhost:port/b", UsageError, "postgresql://USER"),
            ("library.sqlite3", UsageError, "postgresql://USER"),
        ):
            with pytest.raises(error, match=line) as caught:
                Library(tmp_path / "home", record=address)
            said = f"{caught.value}"
            assert "hunter22" not in said and "\n" not in said and "sesame" not in said, address


def test_what_is_no_library_of_this_version_is_left_alone(database: str, tmp_path: Path) -> None:
    """A newer one, tables of another program, a database that cannot hold every text."""
    Library(tmp_path, record=database).close()
    run(database, "UPDATE library_schema SET version = 99")
    with pytest.raises(LibraryTooNew, match="upgrade"):
        Library(tmp_path, record=database)
    run(database, "DROP TABLE library_schema")
    with pytest.raises(LibraryDamaged, match="another program"):
        Library(tmp_path, record=database)
    name = f"{database.rpartition('/')[2]}_ascii"
    run(database, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(LibraryDamaged, match="keeps texts as SQL_ASCII; make one with"):
        Library(tmp_path, record=f"{database}_ascii")
    run(database, f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_only_read_can_be_read(database: str, tmp_path: Path) -> None:
    """As on a standby; a change is refused with the reason."""
    with closing(Library(tmp_path, record=database)) as library:
        publish(library, "It cost five.")
    run(
        database,
        f"ALTER DATABASE {database.rpartition('/')[2]} SET default_transaction_read_only = on",
    )
    with closing(Library(tmp_path, record=database)) as library:
        assert library.read_only and len(library.entries()) == 1
        with pytest.raises(StorageError, match="can only be read"):
            publish(library, "It cost six.")


def test_an_older_library_is_brought_up(database: str, tmp_path: Path) -> None:
    """By the same steps as a file, whichever of two machines comes first."""
    with closing(Library(tmp_path, record=database)) as library:
        # Two passages: one with two tokens, one with one.
        tokens = TokenCodes(np.arange(6, dtype=np.uint8).reshape(3, 2), np.array([2, 1]))
        text = "# One\n\nIt cost five.\n\n# Two\n\nIt cost six.\n"
        headings = (Heading(0, 1, "One"), Heading(text.index("# Two"), 1, "Two"))
        whole = Document(Source("A title", "/a.md"), text, headings=headings)
        passages = split(whole, EMBEDDER.count)
        made = EMBEDDER.embed([one.text for one in passages])
        library.publish(whole, passages, made, tokens=tokens, embedder=EMBEDDER.name)
        vectors, identity = library.vectors()[1], library.identity

        def taken_back(connection: Connection) -> None:
            vectors_taken_back(connection, "BYTEA", "''")
            for name in ("content", "places"):
                connection.execute(f"ALTER TABLE documents DROP COLUMN {name}")
            for name in ("document_vectors", "passage_tokens"):
                connection.execute(f"DROP TABLE {name}")
            step = step_with("document_vectors")
            connection.execute("UPDATE library_schema SET version = ?", (step,))

        library.connections.write(taken_back)
    opened: list[str] = []

    def opening() -> None:
        with closing(Library(tmp_path, record=database)) as one:
            opened.append(one.identity)
            assert len(one.entries()) == 1 and one.conversations.all() == []
            assert np.array_equal(one.vectors()[1], vectors)
            kept = one.token_codes(whole.id)
            assert kept.codes.tolist() == tokens.codes.tolist()
            assert kept.counts.tolist() == tokens.counts.tolist() == [2, 1]
            some = one.token_codes_at([(whole.id, 1), ("none", 0), (whole.id, 0)])
            assert some.counts.tolist() == [1, 0, 2]
            assert some.codes.tolist() == tokens.codes[[2, 0, 1]].tolist()

    threads = [threading.Thread(target=opening) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [identity] * 3
