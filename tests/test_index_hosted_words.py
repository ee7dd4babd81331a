"""Words found by a distributed Chroma: the client is the real one, the server a stub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.diagnostics import diagnostics
from assistant.settings import Settings
from assistant.workspace import Workspace
from index import shared_vectors, word_weights
from index.chroma_server import ChromaServer
from index.filters import Filters
from index.hosted_words import HostedWords
from index.keyword_index import AROUND
from index.query import Query
from index.server_address import ServerAddress
from index.shared_vectors import Note
from index.word_search import Wanted, passages_by_document
from tests.chroma_stub import Stub, distributed_chroma

SHIPS = {"Lund": 101, "Vik": 102, "Ros": 103, "Harrow": 104, "Eyke": 105, "Pell": 106}
QUESTIONS = (
    "How many ships did the harbour of Vik handle?",
    "Which port deepened its northern channel?",
    "港口的吞吐量是多少？",
)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(shared_vectors, "_LOOK_AGAIN", 0.0)
    monkeypatch.setattr(shared_vectors, "_PAUSE", 0.0)
    with distributed_chroma() as running:
        yield running


def opened(home: Path, store: str) -> Workspace:
    return Workspace(Settings(home, "extractive", "hash", vector_store=store))


def files_in(folder: Path) -> list[Path]:
    """Write a document about each harbour, one with a channel and one in Chinese."""
    folder.mkdir(exist_ok=True)
    for place, ships in SHIPS.items():
        text = f"---\ntitle: The harbour of {place}\n---\n\nIt handled {ships} ships in 2023.\n"
        if place == "Ros":
            text += "\nThe port authority deepened the northern channel for larger ships.\n"
        (folder / f"{place}.md").write_text(text, encoding="utf-8")
    (folder / "chinese.md").write_text(
        "---\ntitle: 港口报告\n---\n\n港口的吞吐量为五百万吨。\n", encoding="utf-8"
    )
    return sorted(folder.iterdir())


def found(workspace: Workspace, question: str) -> list[str]:
    return [one.passage.text for one in workspace.retriever.search(question)]


def words_of(workspace: Workspace) -> HostedWords:
    words = workspace.indexes.snapshot().words
    assert isinstance(words, HostedWords)
    return words


def test_a_host_keeps_no_word_index_and_finds_the_same_first(stub: Stub, tmp_path: Path) -> None:
    """Both kinds of candidates come by one request; what is first is what Tantivy finds first."""
    files = files_in(tmp_path / "files")
    with opened(tmp_path / "here", "chroma") as here, opened(tmp_path / "there", stub.url) as there:
        for workspace in (here, there):
            list(workspace.add(files))
        index = tmp_path / "there" / "index"
        assert sorted(one.name for one in index.iterdir()) == ["forward", "manifest.json"]
        note = Note.read(there.library)
        assert note is not None and note.words and len(stub.collections) == 1
        stored = stub.collections[note.collection]
        assert stored.sparse("words")["bm25"] is True
        assert len(stored.records) == len(words_of(there)) == len(here.indexes.snapshot().words)
        for question in QUESTIONS:
            asked = stub.count("/search"), stub.count("/query")
            first = found(there, question)
            assert (stub.count("/search"), stub.count("/query")) == (asked[0] + 1, asked[1])
            assert first[0] == found(here, question)[0] and len(first) == len(found(here, question))
        # Filtered, from the forward index alone.
        vik = next(one.id for one in there.library.entries() if "Vik" in one.source.title)
        asked = stub.count("/search"), stub.count("/query")
        only = there.retriever.search(QUESTIONS[0], filters=Filters(documents=(vik,)))
        assert [one.passage.document for one in only] == [vik] and only[0].match.bm25 > 0
        assert (stub.count("/search"), stub.count("/query")) == asked
        assert there.indexes.fault() == "" and not there.indexes.is_behind()
        assert next(one for one in diagnostics(there) if one.name == "indexes").ok
        there.remove(vik)
        assert not any("102" in text for text in found(there, QUESTIONS[0]))
        assert len(stored.records) == len(words_of(there)) == len(here.indexes.snapshot().words) - 1
    # Opened again, and by another machine, there is nothing to write.
    with opened(tmp_path / "there", stub.url) as there:
        wrote = stub.count("/upsert")
        there.maintain()
        assert stub.count("/upsert") == wrote and found(there, QUESTIONS[1])


def test_scores_are_those_of_bm25(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's scores are Tantivy's, for passages of the length that is taken for usual."""
    monkeypatch.setattr(word_weights, "_AVERAGE_LENGTH", 13.0)
    files = files_in(tmp_path / "files")
    with opened(tmp_path / "here", "chroma") as here, opened(tmp_path / "there", stub.url) as there:
        for workspace in (here, there):
            list(workspace.add(files))
        ours, theirs = here.indexes.snapshot().words, words_of(there)
        for question in QUESTIONS:
            terms = Query.of(question).terms
            wanted = dict(ours.search(terms, 50))
            assert wanted
            for scores in (
                dict(theirs.search(terms, 50)),
                dict(theirs.search(terms, 50, among=list(wanted))),
                dict(theirs.search(terms, 50, documents=[one.split(":")[0] for one in wanted])),
            ):
                assert scores.keys() == wanted.keys()
                assert max(scores, key=scores.__getitem__) == max(wanted, key=wanted.__getitem__)
                for one, score in wanted.items():
                    assert scores[one] == pytest.approx(score, rel=0.45)
            beside = dict(ours.search(terms, 50, field=AROUND, among=list(wanted)))
            assert (
                dict(theirs.search(terms, 50, field=AROUND, among=list(wanted))).keys()
                == beside.keys()
            )
        stems = ["harbour", "ship", "channel", "吞吐", "nowher"]
        assert theirs.frequencies(stems) == ours.frequencies(stems)


def test_words_are_looked_up_without_the_server(stub: Stub, tmp_path: Path) -> None:
    """All words at once, a misspelt word, a word of the library's page: from the forward index."""
    with opened(tmp_path / "home", stub.url) as workspace:
        list(workspace.add(files_in(tmp_path / "files")))
        words, asked = words_of(workspace), len(stub.calls)
        assert len(words.holding(["northern", "channel"], 9)) == 1
        assert words.holding(["northern", "nowher"], 9) == [] == words.holding([], 9)
        assert words.holding([], 9, begun="chan") == [] != words.holding([], 9, begun="channel")
        (near,) = words.resembling("chanel")
        assert "channel" in workspace.library.passages([near])[0].text
        assert len(words.resembling("habrour")) == 6
        query = workspace.retriever.query("Which port deepened its nothern channel?")
        assert "northern" in query.text
        assert (
            len(passages_by_document(workspace.indexes.snapshot(), Wanted.of("deepened channel")))
            == 1
        )
        assert len(stub.calls) == asked


def test_the_same_is_found_while_the_server_fails(stub: Stub, tmp_path: Path) -> None:
    """Every passage is looked at then, by vectors and by words."""
    with opened(tmp_path / "home", stub.url) as workspace:
        list(workspace.add(files_in(tmp_path / "files")))
        wanted = [found(workspace, one)[0] for one in QUESTIONS]
        stub.down = True
        assert [found(workspace, one)[0] for one in QUESTIONS] == wanted
        detail = next(one for one in diagnostics(workspace) if one.name == "indexes").detail
        assert "answers with HTTP 503" in detail
        stub.down = False
        asked = stub.count("/search")
        assert [found(workspace, one)[0] for one in QUESTIONS] == wanted
        assert stub.count("/search") > asked


def test_a_server_first_reached_later_takes_the_words_over(stub: Stub, tmp_path: Path) -> None:
    """Until then words are in Tantivy; a server without sparse indexes leaves them there."""
    stub.down = True
    index = tmp_path / "home" / "index"
    with opened(tmp_path / "home", stub.url) as workspace:
        list(workspace.add(files_in(tmp_path / "files")))
        assert (index / "words").is_dir() and len(found(workspace, QUESTIONS[1])) > 3
        stub.down = False
        workspace.maintain()
        assert not (index / "words").exists() and words_of(workspace)
        assert "channel" in found(workspace, QUESTIONS[1])[0]
    with opened(tmp_path / "home", "chroma") as workspace:
        workspace.maintain()
        assert (index / "words").is_dir() and "channel" in found(workspace, QUESTIONS[1])[0]


def test_chroma_cloud_is_asked_with_its_key(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the header that it reads; tenant and database are those of the key."""
    for name in ("CHROMA_TENANT", "CHROMA_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHROMA_API_KEY", "ck-3f9a27c1-sesame")
    vectors = np.eye(8, dtype=np.float32)
    ids = [f"d:{row}-{row + 1}" for row in range(8)]
    with closing(ChromaServer(ServerAddress(stub.url, cloud=True), timeout=30)) as server:
        store = server.create("cloud", "mark")
        store.put(ids, vectors, [{row + 1: 1.0} for row in range(8)])
        near, worded = store.hybrid(vectors[2], {4: 1.0}, 3)
        assert near[0] == (ids[2], pytest.approx(1.0)) and [one for one, _ in worded] == [ids[3]]
    assert all(one["x-chroma-token"] == "ck-3f9a27c1-sesame" for one in stub.headers)
    assert ("POST", "/tenants/team/databases/briefings/collections") in stub.calls
    # A key for several databases, of which one is chosen.
    stub.databases = ("briefings", "others")
    monkeypatch.setenv("CHROMA_DATABASE", "others")
    monkeypatch.setenv("CHROMA_TENANT", "team")
    with closing(ChromaServer(ServerAddress(stub.url, cloud=True), timeout=30)) as server:
        server.create("other", "mark")
    assert ("POST", "/tenants/team/databases/others/collections") in stub.calls
