"""Vectors on a real Chroma server (`chroma run`): shared, lost, restarted, behind nginx."""

from __future__ import annotations

import http.server
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from assistant.diagnostics import diagnostics
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import SearchIndexError, UsageError
from corpus.library import Library
from index import shared_vectors
from index.chroma_server import ChromaServer, CollectionGone, ServerCollection
from index.server_address import ServerAddress
from index.shared_vectors import Note
from index.vector_store import store_named
from tests.real_servers import answers, chroma_server, free_port, program, running

pytestmark = [pytest.mark.process, pytest.mark.slow]
PLACES = ("Lund", "Vik", "Ros", "Harrow", "Eyke", "Pell")
QUESTION = "How many ships did the harbour of Vik handle?"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Chroma server that every test here uses."""
    with chroma_server(tmp_path_factory.mktemp("server")) as address:
        yield address


@contextmanager
def killed_at_the_end(folder: Path, port: int) -> Iterator[str]:
    """Run a Chroma server that does not get to finish what it is doing."""
    url = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder / "chroma"),
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    ready, log = answers(f"{url}/api/v2/heartbeat"), folder / "killed.log"
    with running(command, ready=ready, log=log, stop=signal.SIGKILL):
        yield url


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches look at the record, and ask a server that failed, again at once."""
    monkeypatch.setattr(shared_vectors, "_LOOK_AGAIN", 0.0)
    monkeypatch.setattr(shared_vectors, "_PAUSE", 0.0)


def files_in(folder: Path, *places: str, ships: int = 100) -> list[Path]:
    """Write a document about each harbour, and return them."""
    folder.mkdir(exist_ok=True)
    made = []
    for place in places:
        file = folder / f"{place}.md"
        file.write_text(
            f"---\ntitle: The harbour of {place}\n---\n\n"
            f"The harbour of {place} handled {ships} ships in 2023.\n",
            encoding="utf-8",
        )
        made.append(file)
    return made


def opened(home: Path, store: str) -> Workspace:
    return Workspace(Settings(home, "extractive", "hash", vector_store=store))


def replica(home: Path, other: Path) -> Path:
    """Make a second data folder that has the record of `home`, and indexes of its own."""
    other.mkdir()
    for name in ("library.sqlite3", "originals"):
        (other / name).symlink_to(home / name)
    # No lock is taken through a symbolic link.
    (other / "writer.lock").hardlink_to(home / "writer.lock")
    return other


def found(workspace: Workspace, question: str = QUESTION) -> list[str]:
    return [one.passage.text for one in workspace.retriever.search(question)]


def note_of(workspace: Workspace) -> Note:
    note = Note.read(workspace.library)
    assert note is not None
    return note


def collections(url: str) -> set[str]:
    """Return the names of what the server holds."""
    answer = httpx.get(
        f"{url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    )
    return {one["name"] for one in answer.json()}


def held(url: str, workspace: Workspace) -> int:
    """Return how many vectors the collection that the record names has."""
    with closing(ChromaServer(ServerAddress.of(url), timeout=30)) as server:
        return len(server.collection(note_of(workspace).collection, words=False))


def by_server(workspace: Workspace) -> int:
    """Return how many passages the server finds for a search; -1 where it is not asked."""
    vectors = workspace.indexes.snapshot().vectors
    pairs = None if vectors is None else vectors.nearest(np.ones(256, np.float32) / 16, 50)
    return -1 if pairs is None else len(pairs)


def test_a_collection_is_added_to_searched_removed_from_and_gone(url: str) -> None:
    """Ids, vectors and cosines are those that were given."""
    random = np.random.default_rng(7)
    vectors = random.normal(size=(900, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"d{row % 9}:{row}-{row + 5}" for row in range(900)]
    with closing(ChromaServer(ServerAddress.of(url), timeout=60)) as server:
        store = server.create("harbours", "mine")
        assert not store.words and store.mark == "mine"
        store.add(ids, vectors)
        store.add(ids[:10], vectors[:10])
        assert len(store) == 900 and sorted(store.ids()) == sorted(ids)
        near = store.nearest(vectors[3], 20)
        assert near[0][0] == ids[3] and near[0][1] == pytest.approx(1.0, abs=1e-5)
        exact = np.argsort(-(vectors @ vectors[3]))[:20]
        assert len({ids[one] for one in exact} & {one for one, _ in near}) >= 18
        assert np.allclose(store.stored(ids[:2])[ids[1]], vectors[1], atol=1e-6)
        store.remove_documents(["d3", "unknown"])
        assert len(store) == 800 and not any(one.startswith("d3:") for one in store.ids())
        store.set_mark("yours")
        assert server.collection("harbours", words=False).mark == "yours"
        server.delete("harbours")
        server.delete("harbours")
        with pytest.raises(CollectionGone, match="lacks what was noted"):
            server.collection("harbours", words=False)
        with pytest.raises(CollectionGone):
            store.nearest(vectors[3], 5)


def test_a_library_is_searched_on_the_server_as_in_its_folder(url: str, tmp_path: Path) -> None:
    """Added, filtered, removed, restored, rebuilt: the same is found as with the embedded store."""
    files = files_in(tmp_path / "files", *PLACES)
    with opened(tmp_path / "here", "chroma") as here, opened(tmp_path / "there", url) as there:
        for workspace in (here, there):
            list(workspace.add(files))
        assert found(there) == found(here) and "Vik" in found(there)[0]
        assert by_server(there) == held(url, there) == 6
        assert not (tmp_path / "there" / "index" / "vectors").exists()
        assert not there.indexes.is_behind() and there.indexes.fault() == ""
        vik = next(one for one in there.library.entries() if "Vik" in one.source.title)
        for workspace in (here, there):
            workspace.remove(vik.id)
        assert found(there) == found(here) and held(url, there) == 5
        for workspace in (here, there):
            workspace.restore(vik.id)
        before = note_of(there).collection
        assert there.indexes.update(rebuild=True)
        assert note_of(there).collection != before and held(url, there) == 6
        # What another machine may still search is deleted later.
        assert before in collections(url) and before in note_of(there).aside
        assert found(there) == found(here)
        checks = {one.name: one for one in diagnostics(there)}
        assert checks["indexes"].ok, checks["indexes"].detail


def test_two_machines_share_one_collection(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to update writes; the second finds it done, and searches what it has itself."""
    puts: list[int] = []
    put = ServerCollection.put

    def counted(self: ServerCollection, ids: list[str], *rest: object) -> None:
        puts.append(len(ids))
        put(self, ids, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ServerCollection, "put", counted)
    with opened(tmp_path / "one", url) as one:
        list(one.add(files_in(tmp_path / "files", *PLACES)))
        with opened(replica(tmp_path / "one", tmp_path / "two"), url) as two:
            written = sum(puts)
            two.maintain()
            assert sum(puts) == written == 6, "the second machine wrote nothing"
            assert found(two) == found(one) and by_server(two) == 6
            # Ahead: the server has what the second machine does not show yet.
            list(one.add(files_in(tmp_path / "files", "Cray")))
            assert "Cray" in found(one, "the harbour of Cray")[0]
            assert by_server(two) == 7 and len(found(two)) == 6
            assert two.indexes.snapshot().vectors is not None
            two.maintain()
            assert "Cray" in found(two, "the harbour of Cray")[0] and sum(puts) == 7
            # A rebuild by one takes nothing from the other, then or later.
            old = note_of(one).collection
            one.indexes.update(rebuild=True)
            assert by_server(two) == 7 and old in collections(url)
            monkeypatch.setattr(shared_vectors, "_KEPT", -1.0)
            one.indexes.update()
            assert old not in collections(url) and not note_of(one).aside
            assert by_server(two) == 7 and found(two) == found(one)


def test_a_collection_deleted_under_a_search_is_looked_for_anew(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that was idle while another one rebuilt asks the record again."""
    monkeypatch.setattr(shared_vectors, "_LOOK_AGAIN", 3600.0)
    monkeypatch.setattr(shared_vectors, "_KEPT", -1.0)
    with opened(tmp_path / "one", url) as one:
        list(one.add(files_in(tmp_path / "files", *PLACES)))
        with opened(replica(tmp_path / "one", tmp_path / "two"), url) as two:
            two.maintain()
            assert by_server(two) == 6
            one.indexes.update(rebuild=True)
            one.indexes.update()
            assert len([it for it in collections(url) if it == note_of(one).collection]) == 1
            assert by_server(two) == 6


def test_what_is_lost_or_altered_on_the_server_is_made_anew(url: str, tmp_path: Path) -> None:
    """A deleted collection, and one with passages missing; meanwhile the same is found."""
    with opened(tmp_path / "home", url) as workspace:
        list(workspace.add(files_in(tmp_path / "files", *PLACES)))
        wanted = found(workspace)
        address = ServerAddress.of(url)
        with closing(ChromaServer(address, timeout=30)) as server:
            server.delete(note_of(workspace).collection)
        assert found(workspace) == wanted and by_server(workspace) == -1
        workspace.maintain()
        assert by_server(workspace) == 6 and found(workspace) == wanted
        with closing(ChromaServer(address, timeout=30)) as server:
            store = server.collection(note_of(workspace).collection, words=False)
            store.remove_documents([one.id for one in workspace.library.entries()[:4]])
        details = [one.detail for one in diagnostics(workspace) if one.name == "indexes"]
        assert details == [
            "the vector store holds 2 passages, not 6; run: briefing doctor --rebuild"
        ]
        # Two of six found are too few: searches compare every vector from here on.
        assert found(workspace) == wanted and by_server(workspace) == -1
        assert workspace.indexes.is_behind() and workspace.indexes.maintain() in (True, False)
        assert by_server(workspace) == 6 and found(workspace) == wanted


def test_a_copy_of_the_library_gets_a_collection_of_its_own(url: str, tmp_path: Path) -> None:
    """A restored backup, opened with the same settings, takes nothing out of the first's."""
    import shutil

    with opened(tmp_path / "one", url) as one:
        list(one.add(files_in(tmp_path / "files", *PLACES)))
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    with opened(tmp_path / "copy", url) as copy, opened(tmp_path / "one", url) as one:
        assert by_server(copy) == by_server(one) == 6
        copy.remove(next(it.id for it in copy.library.entries() if "Vik" in it.source.title))
        # Whoever comes second finds the other's mark, and begins a collection of its own.
        list(one.add(files_in(tmp_path / "files", "Cray")))
        assert note_of(one).collection != note_of(copy).collection
        assert by_server(one) == 7 and by_server(copy) == 5
        assert "Vik" in found(one)[0] and not any("Vik" in text for text in found(copy))


def test_another_embedder_has_the_vectors_written_anew(url: str, tmp_path: Path) -> None:
    """The old collection is not asked for vectors of another model."""
    from index.embedding import HashEmbedder
    from index.ingest import embed_again

    with opened(tmp_path / "home", url) as workspace:
        list(workspace.add(files_in(tmp_path / "files", *PLACES)))
        old = note_of(workspace).collection
        list(embed_again(workspace.library, HashEmbedder(64), workspace.indexes))
        assert note_of(workspace).collection != old
        vectors = workspace.indexes.snapshot().vectors
        assert vectors is not None and len(vectors.nearest(np.ones(64, np.float32), 9) or []) == 6


def test_a_server_that_is_off_costs_nothing_but_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Documents go in and are found; the log and the doctor say it; once it runs all is written."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with opened(tmp_path / "home", address) as workspace:
        list(workspace.add(files_in(tmp_path / "files", *PLACES)))
        with caplog.at_level(logging.ERROR):
            wanted = found(workspace)
        assert "Vik" in wanted[0] and by_server(workspace) == -1
        detail = next(one for one in diagnostics(workspace) if one.name == "indexes").detail
        assert detail.startswith(f"the vector store at {address} does not answer (")
        with pytest.raises(SearchIndexError, match="does not answer"):
            workspace.indexes.update(rebuild=True)
        with chroma_server(tmp_path, port=port):
            workspace.maintain()
            assert by_server(workspace) == 6 and found(workspace) == wanted
            assert next(one for one in diagnostics(workspace) if one.name == "indexes").ok
        with caplog.at_level(logging.ERROR):
            assert found(workspace) == wanted and by_server(workspace) == -1
        assert any("until then searches compare every vector" in one for one in caplog.messages)
        # Restarted between searches: asked again, without anything being written.
        with chroma_server(tmp_path, port=port):
            before = note_of(workspace)
            assert found(workspace) == wanted and by_server(workspace) == 6
            assert note_of(workspace) == before


def test_a_server_killed_in_the_middle_of_an_update_is_caught_up_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the documents are written when it dies: the next update writes what is missing."""
    port = free_port()
    monkeypatch.setattr(shared_vectors, "_AT_ONCE", 1)
    put = ServerCollection.put
    done: list[str] = []
    with opened(tmp_path / "home", f"http://127.0.0.1:{port}") as workspace:
        with chroma_server(tmp_path, port=port):
            list(workspace.add(files_in(tmp_path / "files", *PLACES[:2])))
            assert by_server(workspace) == 2
        collection = note_of(workspace).collection
        server = killed_at_the_end(tmp_path, port)
        server.__enter__()

        def dying(self: ServerCollection, ids: list[str], *rest: object) -> None:
            if len(done) == 2:
                server.__exit__(None, None, None)
            done.extend(ids)
            put(self, ids, *rest)  # type: ignore[arg-type]

        with monkeypatch.context() as patched:
            patched.setattr(ServerCollection, "put", dying)
            list(workspace.add(files_in(tmp_path / "files", *PLACES[2:])))
        assert len(done) == 3, "it died before the third of four was written"
        assert note_of(workspace).generation < 6 and note_of(workspace).next_mark
        assert len(found(workspace)) == 6 and by_server(workspace) == -1
        with chroma_server(tmp_path, port=port) as address:
            # What it has is searched meanwhile, and nothing that is wrong.
            assert by_server(workspace) in (3, 4) and len(found(workspace)) == 6
            assert workspace.indexes.is_behind()
            workspace.maintain()
            assert by_server(workspace) == held(address, workspace) == 6
            assert note_of(workspace).collection == collection, "nothing was made anew"


def test_a_filling_that_breaks_off_leaves_the_old_and_is_swept(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild that fails half-way: searches go on with what was there, the half goes later."""
    with opened(tmp_path / "home", url) as workspace:
        list(workspace.add(files_in(tmp_path / "files", *PLACES)))
        before = note_of(workspace)

        def failing(*_: object) -> None:
            raise SearchIndexError("the disk of the server is full")

        with monkeypatch.context() as patched:
            patched.setattr(ServerCollection, "put", failing)
            with pytest.raises(SearchIndexError, match="disk of the server"):
                workspace.indexes.update(rebuild=True)
        assert note_of(workspace).collection == before.collection and by_server(workspace) == 6
        (half,) = note_of(workspace).aside
        assert half in collections(url)
        monkeypatch.setattr(shared_vectors, "_KEPT", -1.0)
        workspace.indexes.update()
        assert half not in collections(url) and by_server(workspace) == 6


@contextmanager
def nginx(folder: Path, url: str, token: str) -> Iterator[str]:
    """Run nginx in front of a server, letting through who has the token."""
    port = free_port()
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"""
        {user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
        http {{
          access_log {folder}/access.log;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
          scgi_temp_path {folder}/scgi;
          map $http_authorization $known {{ default 0; "Bearer {token}" 1; }}
          server {{
            listen 127.0.0.1:{port};
            location / {{
              if ($known = 0) {{ return 403; }}
              proxy_pass {url};
            }}
          }}
        }}
        """,
        encoding="utf-8",
    )
    address = f"http://127.0.0.1:{port}"
    command = [program("nginx", "/usr/sbin"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, ready=answers(address), log=folder / "printed"):
        yield address


def test_a_token_opens_the_way_through_nginx(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without it, or with another, searches go on without the server; it is in no message."""
    token = "sesame-3f9a27c1"
    with nginx(tmp_path / "nginx", url, token) as address:
        monkeypatch.setenv("BRIEFING_VECTOR_STORE_TOKEN", token)
        with opened(tmp_path / "home", address) as workspace:
            list(workspace.add(files_in(tmp_path / "files", *PLACES)))
            assert by_server(workspace) == 6
            # A request of a megabyte is what nginx takes unless it is told otherwise.
            ids, vectors = [f"d:{n}-{n + 1}" for n in range(2_000)], np.ones((2_000, 384), "f4")
            with closing(ChromaServer(ServerAddress.of(address), timeout=60)) as server:
                store = server.create("large", "")
                store.add(ids, vectors)
                assert len(store) == 2_000
                server.delete("large")
        for wrong in ("", "open-3f9a27c1-sesame"):
            monkeypatch.setenv("BRIEFING_VECTOR_STORE_TOKEN", wrong)
            with opened(tmp_path / "home", address) as workspace, caplog.at_level(logging.DEBUG):
                assert "Vik" in found(workspace)[0] and by_server(workspace) == -1
                detail = next(one for one in diagnostics(workspace) if one.name == "indexes").detail
            assert "refuses the token (HTTP 403); set BRIEFING_VECTOR_STORE_TOKEN" in detail
            assert not wrong or wrong not in caplog.text + detail


@contextmanager
def pretending(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Run a web server that answers every request in one way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_the_server_in_python_is_refused_and_others_are_told() -> None:
    """FastAPI's own words give it away; what is no Chroma server, or hangs, is said in one line."""

    def python(handler: http.server.BaseHTTPRequestHandler) -> None:
        known = not handler.path.endswith("/healthcheck")
        body = json.dumps("1.5.9" if known else {"detail": "Not Found"}).encode()
        handler.send_response(200 if known else 404)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def missing(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_error(404)

    def hanging(handler: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(3)

    told = {"server in Python": python, "HTTP 404": missing, "in time": hanging}
    for line, answer in told.items():
        with pretending(answer) as address, pytest.raises(SearchIndexError, match=line):
            ChromaServer(ServerAddress.of(address), timeout=1.0)


def test_addresses_that_are_no_use_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by one line that says what to write; no key is told for Chroma Cloud."""
    for wrong, line in {
        "http://": "is no address",
        "http://host:port": "is no address",
        "https://somebody:secret@host:8000": "leave user and password out",
        "http://chroma.example.org": "must be encrypted",
        "http://203.0.114.7:8000": "must be encrypted",
    }.items():
        with pytest.raises(UsageError, match=line) as raised:
            store_named(wrong)
        assert "secret" not in str(raised.value)
    for right in ("http://127.0.0.1:8000", "http://chroma:8000/", "http://10.0.0.3", "http://[::1]:1",
                  "http://vectors.office.internal", "https://chroma.example.org/team"):  # fmt: skip
        assert store_named(right).packages == ("chromadb",)
    assert ServerAddress.of("https://chroma.example.org/team/").url.endswith("org/team")
    assert ServerAddress.of("chroma-cloud") == ServerAddress.of("https://api.trychroma.com")
    monkeypatch.delenv("CHROMA_API_KEY", raising=False)
    with pytest.raises(SearchIndexError, match="set CHROMA_API_KEY"):
        ChromaServer(ServerAddress.of("chroma-cloud"), timeout=1.0)


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """Whatever stands in the record under that name."""
    library = Library(tmp_path)
    for text in ("", "[]", "{", '{"unknown": 1}'):
        library.note_fact(shared_vectors.FACT, text)
        assert Note.read(library) is None
    library.close()
