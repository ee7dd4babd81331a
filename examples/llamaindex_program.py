"""A LlamaIndex program that asks a library: search as a retriever, checked answers as an engine.

Load the starter library once (`briefing add --starter`), then run it; a data folder may be named:
`python examples/llamaindex_program.py [HOME]`. It needs no key and no network. With a model of
yours `RetrieverQueryEngine.from_args(retriever, llm=…)` writes from the same passages, unchecked.
"""

from __future__ import annotations

import sys

from llama_index.core.base.base_selector import BaseSelector, SelectorResult, SingleSelection
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RouterQueryEngine
from llama_index.core.tools import QueryEngineTool

from assistant import Briefing
from assistant.llamaindex import BriefingQueryEngine, BriefingRetriever


class ByWords(BaseSelector):
    """Chooses a tool without a model: for a date the one that is named for dates."""

    def _get_prompts(self):
        return {}

    def _update_prompts(self, prompts):
        return None

    def _select(self, choices, query):
        dated = query.query_str.lower().startswith("when")
        return SelectorResult(selections=[SingleSelection(index=int(dated), reason="its words")])

    async def _aselect(self, choices, query):
        return self._select(choices, query)


def main(home: str | None = None) -> None:
    """Search, ask, and let a router choose between two engines."""
    with Briefing(home, engine="extractive") as briefing:
        retriever = BriefingRetriever(briefing, limit=3)
        for node in retriever.retrieve("What did training DeepSeek-V3 cost?"):
            print(f"{node.score:.2f}", node.metadata["title"], "|", node.metadata["publisher"])

        engine = BriefingQueryEngine(briefing)
        response = engine.query("What did training DeepSeek-V3 cost?")
        print(response.metadata["outcome"], "|", response)
        for node in response.source_nodes:
            print(f"[{node.metadata['number']}] “{node.text}”")

        until_2024 = BriefingQueryEngine(briefing, as_of="2024")
        tools = [
            QueryEngineTool.from_defaults(engine, name="now", description="As things are now."),
            QueryEngineTool.from_defaults(until_2024, name="dated", description="As of 2024."),
        ]
        router = RouterQueryEngine(
            selector=ByWords(),
            query_engine_tools=tools,
            # Joins answers where several tools are chosen; here one is, and no model is asked.
            llm=MockLLM(),
        )
        response = router.query("Who is the mayor of Atlantis?")
        print(response.metadata["outcome"], "|", response)


if __name__ == "__main__":
    main(*sys.argv[1:])
