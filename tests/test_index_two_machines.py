"""Two machines: one PostgreSQL record, one Chroma server, a data folder each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from index import shared_vectors
from tests.real_servers import chroma_server, postgresql
from tests.test_index_chroma_server import PLACES, by_server, files_in, found, note_of

pytestmark = [pytest.mark.process, pytest.mark.slow]


def test_two_machines_on_postgresql_share_one_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one adds, removes and rebuilds the other finds, and writes no vector again."""
    monkeypatch.setattr(shared_vectors, "_LOOK_AGAIN", 0.0)
    with postgresql(tmp_path) as server, chroma_server(tmp_path) as url:

        def opened(name: str) -> Workspace:
            home = tmp_path / name
            return Workspace(
                Settings(home, "extractive", "hash", vector_store=url, record=server.url)
            )

        with opened("one") as one, opened("two") as two:
            list(one.add(files_in(tmp_path / "files", *PLACES)))
            collection = note_of(one).collection
            two.maintain()
            assert note_of(two) == note_of(one) and note_of(two).passages == 6
            assert found(two) == found(one) and by_server(two) == by_server(one) == 6
            # The second machine adds; the first shows it once it has looked.
            list(two.add(files_in(tmp_path / "files", "Cray")))
            assert by_server(one) == 7 and not any("Cray" in it for it in found(one))
            one.maintain()
            assert "Cray" in found(one, "the harbour of Cray")[0]
            vik = next(it.id for it in one.library.entries() if "Vik" in it.source.title)
            one.remove(vik)
            assert not any("Vik" in it for it in found(two)), "gone at once"
            two.maintain()
            assert by_server(two) == 6 and note_of(two).collection == collection
            two.indexes.update(rebuild=True)
            assert note_of(one).collection != collection and by_server(one) == 6
            server.restart()
            assert found(one) == found(two)
            # Neither a page nor whoever opens the library waits for a machine that writes there.
            cray = next(it.id for it in one.library.entries() if "Cray" in it.source.title)
            one.maintain()
            started = time.monotonic()
            with one.library.exclusively(shared_vectors.LOCK):
                two.remove(cray)
                two.maintain()
            assert time.monotonic() - started < 30 and two.indexes.is_behind()
            two.maintain()
            assert not two.indexes.is_behind() and by_server(one) == 5
