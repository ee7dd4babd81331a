"""Whatever is done to a library, in any order, the search shows what a plain list would hold."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assistant.settings import Settings
from assistant.workspace import Workspace
from index.ingest import embed_again

PLACES = ("Lund", "Vik", "Ros", "Pell")


class LibraryStates(RuleBasedStateMachine):
    """A library beside a model of it: which file shows which number of ships."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.workspace = self.opened()
        # What is visible, and what was removed and can come back: ships by file.
        self.visible: dict[str, int] = {}
        self.removed: dict[str, int] = {}

    def opened(self) -> Workspace:
        return Workspace(Settings(home=self.folder / "home", embedder="hash", engine="extractive"))

    def file(self, place: str) -> Path:
        return self.folder / f"{place}.md"

    def document(self, place: str) -> str:
        return next(
            one.id
            for one in self.workspace.library.entries()
            if one.source.title == f"Harbour {place}"
        )

    @rule(place=st.sampled_from(PLACES), ships=st.integers(1, 3))
    def add(self, place: str, ships: int) -> None:
        self.file(place).write_text(
            f"---\ntitle: Harbour {place}\n---\n\nThe harbour of {place} handled {ships} ships.\n",
            encoding="utf-8",
        )
        for _ in self.workspace.add([self.file(place)]):
            continue
        self.visible[place] = ships
        self.removed.pop(place, None)

    @precondition(lambda self: self.visible)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self.visible)))
        self.workspace.remove(self.document(place))
        self.removed[place] = self.visible.pop(place)

    @precondition(lambda self: self.removed)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self.removed)))
        text = f"The harbour of {place} handled {self.removed[place]} ships."
        library = self.workspace.library
        self.workspace.restore(
            next(one for one in library.every_document() if text in library.document(one).text)
        )
        self.visible[place] = self.removed.pop(place)

    @rule()
    def rebuild(self) -> None:
        self.workspace.indexes.update(rebuild=True)

    @rule()
    def embed(self) -> None:
        embedder = self.workspace.document_embedder()
        for _ in embed_again(self.workspace.library, embedder, self.workspace.indexes):
            continue

    @rule(lost=st.sampled_from(["", "words", "vectors", "forward", "manifest.json"]))
    def reopen(self, lost: str) -> None:
        """Close the library, lose a part of its indexes, and open it again."""
        self.workspace.close()
        index = self.folder / "home" / "index"
        if lost.endswith(".json"):
            (index / lost).unlink(missing_ok=True)
        elif lost:
            shutil.rmtree(index / lost, ignore_errors=True)
        self.workspace = self.opened()
        self.workspace.indexes.maintain()

    @invariant()
    def the_search_shows_what_is_visible(self) -> None:
        found = {
            one.passage.text.removeprefix("The harbour of ")
            for one in self.workspace.retriever.search("harbour handled ships", limit=20)
        }
        assert found == {f"{place} handled {n} ships." for place, n in self.visible.items()}
        assert self.workspace.indexes.fault() == ""

    def teardown(self) -> None:
        self.workspace.close()
        shutil.rmtree(self.folder)


@pytest.mark.slow
class TestLibraryStates(LibraryStates.TestCase):  # type: ignore[name-defined,misc]
    """Run by hypothesis, four histories of up to ten steps."""

    settings = settings(
        max_examples=4,
        stateful_step_count=10,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
