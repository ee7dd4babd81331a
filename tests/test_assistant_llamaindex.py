"""Our search and our answers work as parts of a LlamaIndex program."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core import Settings as GlobalSettings
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_selector import BaseSelector, SelectorResult, SingleSelection
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import MetadataMode
from llama_index.core.tools import QueryEngineTool, ToolMetadata

from assistant import Briefing, EngineError, NotInLibrary
from assistant.answer import Answer
from assistant.llamaindex import BriefingQueryEngine, BriefingRetriever

ROOT = Path(__file__).parent.parent
NORDEN = """---
title: The harbour of Norden
publisher: Norden Gazette
date: 2025-03-01
---

The harbour of Norden cost 41 million crowns. The lighthouse of Norden was built in 1902.
"""
TARN = """---
title: The harbour of Tarn
publisher: Tarn Post
date: 2024-05-10
---

The harbour of Tarn cost 12 million crowns. The pilots of Tarn are from Pell.
"""
COST = "What did the harbour of Norden cost?"


@pytest.fixture(scope="module")
def briefing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Briefing]:
    folder = tmp_path_factory.mktemp("llamaindex")
    (folder / "norden.md").write_text(NORDEN, encoding="utf-8")
    (folder / "tarn.md").write_text(TARN, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFING_EMBEDDER", "hash")
        opened = Briefing(folder / "home", engine="extractive")
    with opened:
        opened.add(folder / "norden.md", folder / "tarn.md")
        yield opened


@pytest.fixture(autouse=True)
def no_global_model() -> Iterator[None]:
    """Nothing here may build the models of LlamaIndex's global settings: they are hosted."""
    assert GlobalSettings._llm is None and GlobalSettings._embed_model is None
    yield
    assert GlobalSettings._llm is None and GlobalSettings._embed_model is None


class Always(BaseSelector):
    """Chooses the tool of a number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def _get_prompts(self) -> dict[str, object]:
        return {}

    def _update_prompts(self, prompts: object) -> None:
        return None

    def _select(self, choices: object, query: object) -> SelectorResult:
        return SelectorResult(selections=[SingleSelection(index=self.number, reason="told to")])

    async def _aselect(self, choices: object, query: object) -> SelectorResult:
        return self._select(choices, query)


def test_a_node_is_a_passage_with_its_place(briefing: Briefing) -> None:
    """Text, offsets, source and score; and a model is shown who says so, not how it was found."""
    retriever = BriefingRetriever(briefing, limit=1)
    assert isinstance(retriever, BaseRetriever)
    (found,) = retriever.retrieve(COST)
    node = found.node
    assert node.metadata["title"] == "The harbour of Norden" and node.metadata["why"]
    assert 0 < found.score <= 1
    assert node.get_content() == NORDEN.split("---\n\n")[1].strip()
    assert (node.start_char_idx, node.end_char_idx) == (0, len(node.get_content()))
    shown = node.get_content(MetadataMode.LLM)
    assert "Norden Gazette" in shown and node.metadata["document"] not in shown


def test_a_retriever_keeps_its_bounds(briefing: Briefing) -> None:
    """A publisher, a date, a document; an unknown document is an error and not an empty list."""
    for bounds in ({"publishers": "Tarn Post"}, {"as_of": "2024"}):
        titles = {
            one.metadata["title"] for one in BriefingRetriever(briefing, **bounds).retrieve(COST)
        }
        assert titles == {"The harbour of Tarn"}
    with pytest.raises(NotInLibrary):
        BriefingRetriever(briefing, documents="zzz").retrieve(COST)


def test_an_answer_has_its_words_and_its_verdicts(briefing: Briefing) -> None:
    """The source nodes are the cited words at their offsets, the metadata the whole answer."""
    engine = BriefingQueryEngine(briefing)
    assert isinstance(engine, BaseQueryEngine)
    response = engine.query(COST)
    assert str(response) == "The harbour of Norden cost 41 million crowns. [1]"
    assert response.metadata["outcome"] == "answered"
    assert [one["verdict"] for one in response.metadata["claims"]] == ["supported"]
    (source,) = response.source_nodes
    cited = response.metadata["citations"][0]
    assert source.text == cited["quote"] and source.node.start_char_idx == cited["start"]
    assert source.metadata["number"] == cited["number"] == 1


def test_a_decline_is_told_as_one(briefing: Briefing) -> None:
    """No claim, no invented sentence, and the line that says so."""
    response = BriefingQueryEngine(briefing).query("Who is the mayor of Atlantis?")
    assert response.metadata["outcome"] == "declined" and not response.metadata["claims"]
    assert "library" in str(response) and "Atlantis" not in str(response)


def test_a_failure_is_raised(briefing: Briefing, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never looks like a response."""
    failed = Answer(COST, outcome="failed", notice="it broke")
    monkeypatch.setattr(briefing, "ask", lambda *_, **__: failed)
    with pytest.raises(EngineError, match="it broke"):
        BriefingQueryEngine(briefing).query(COST)


def test_both_work_without_blocking_a_loop(briefing: Briefing) -> None:
    """While an answer is made, the loop goes on; four at once are all answered."""

    async def several() -> tuple[list[str], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0)
                ticks += 1

        ticking = asyncio.create_task(tick())
        engine, retriever = BriefingQueryEngine(briefing), BriefingRetriever(briefing, limit=1)
        answers = await asyncio.gather(*(engine.aquery(COST) for _ in range(4)))
        (node,) = await retriever.aretrieve(COST)
        ticking.cancel()
        return [str(one) for one in answers] + [node.metadata["title"]], ticks

    said, ticks = asyncio.run(several())
    assert said == ["The harbour of Norden cost 41 million crowns. [1]"] * 4 + [
        "The harbour of Norden"
    ]
    assert ticks > 5


def test_llama_index_writes_from_our_passages(briefing: Briefing) -> None:
    """`RetrieverQueryEngine` with a model of its own is shown the passages that we found."""
    engine = RetrieverQueryEngine(
        BriefingRetriever(briefing, limit=1), get_response_synthesizer(llm=MockLLM())
    )
    response = engine.query(COST)
    assert "41 million crowns" in str(response)
    assert response.source_nodes[0].metadata["publisher"] == "Norden Gazette"


def test_an_engine_is_routed_to_and_is_a_tool(briefing: Briefing) -> None:
    """The router returns what the engine it chose says; a tool returns our answer."""
    now = BriefingQueryEngine(briefing)
    dated = BriefingQueryEngine(briefing, as_of="2024")
    tools = [
        QueryEngineTool(one, ToolMetadata("a description", name))
        for name, one in (("now", now), ("dated", dated))
    ]
    for number, title in ((0, "The harbour of Norden"), (1, "The harbour of Tarn")):
        response = RouterQueryEngine(Always(number), tools, llm=MockLLM()).query(COST)
        assert {one.metadata["title"] for one in response.source_nodes} <= {title}
        assert ("41 million" in str(response)) == (number == 0)
    assert "41 million" in str(tools[0].call(COST).content)


@pytest.mark.slow
@pytest.mark.process
def test_the_example_runs(starter_home: Path) -> None:
    """`examples/llamaindex_program.py` over the starter library, offline and without a key."""
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "llamaindex_program.py", starter_home],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "DeepSeek" in lines[0]
    assert any(line.startswith("answered | ") and "[1]" in line for line in lines)
    assert lines[-1].startswith("declined | ")


def test_llama_index_is_loaded_by_its_module_alone() -> None:
    """`import assistant` and a question through it do not import LlamaIndex."""
    code = (
        "import sys, assistant; from assistant import Briefing\n"
        "assert 'llama_index' not in sys.modules\n"
        "import assistant.llamaindex\nassert 'llama_index.core' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
