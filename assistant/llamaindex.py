"""Our search and our checked answers as parts of a LlamaIndex program: a retriever, a query engine.

Both work on a `Briefing`, which stays the caller's to close. Nothing of LlamaIndex's global
`Settings` is touched: its "default" models are hosted ones. Importing this module imports
LlamaIndex; `import assistant` does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.answer import Answer, Citation, answer_json
from assistant.briefing import Briefing
from corpus.document import Source
from corpus.errors import EngineError
from index.evidence import Evidence

# What a model needs of a node beside its text: who says so, and when. The rest is for the program.
_NOT_FOR_MODELS = ["document", "location", "heading", "page", "why", "number"]


class BriefingRetriever(BaseRetriever):
    """Finds passages by the search of a library: by words, by meaning, and read by a model.

    A node carries the passage's text and id, its offsets in the document (`start_char_idx`,
    `end_char_idx`), and as metadata title, publisher, published, location, page (0 for none),
    heading, document and why it ranked. Scores are in 0…1 and comparable within one query.
    """

    def __init__(
        self,
        briefing: Briefing,
        *,
        limit: int = 10,
        as_of: str = "",
        since: str = "",
        publishers: str | Sequence[str] = (),
        documents: str | Sequence[str] = (),
    ) -> None:
        """Search `briefing` for up to `limit` passages, within the bounds of `Briefing.search`."""
        super().__init__(callback_manager=CallbackManager())
        self._briefing = briefing
        self._limit = limit
        self._bounds: dict[str, Any] = {
            "as_of": as_of, "since": since, "publishers": publishers, "documents": documents,
        }  # fmt: skip

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return the passages for a query, best first; raises what `Briefing.search` raises."""
        found = self._briefing.search(query_bundle.query_str, limit=self._limit, **self._bounds)
        return [_passage_node(one) for one in found]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class BriefingQueryEngine(BaseQueryEngine):
    """Answers by a library: each sentence with its citation and what the check of it found.

    The response is the answer with [n] markers, or where the library does not answer the line that
    says so. `source_nodes` are the words that are cited, one for each citation, with `number` in
    their metadata. `metadata` is the whole answer as `briefing ask --json` prints it: `outcome`
    ("answered", "partly", "declined"), `claims` with their `verdict`, `citations`, `not_found` …
    """

    def __init__(
        self,
        briefing: Briefing,
        *,
        as_of: str = "",
        since: str = "",
        publishers: str | Sequence[str] = (),
        documents: str | Sequence[str] = (),
    ) -> None:
        """Ask `briefing`, within the bounds of `Briefing.ask`."""
        super().__init__(callback_manager=CallbackManager())
        self._briefing = briefing
        self._bounds: dict[str, Any] = {
            "as_of": as_of, "since": since, "publishers": publishers, "documents": documents,
        }  # fmt: skip

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return the passages that a question is answered from."""
        return BriefingRetriever(self._briefing, limit=8, **self._bounds).retrieve(query_bundle)

    def _query(self, query_bundle: QueryBundle) -> Response:
        """Return the answer; raises EngineError where it failed, and what `Briefing.ask` raises."""
        answer = self._briefing.ask(query_bundle.query_str, **self._bounds)
        if answer.outcome == "failed":
            raise EngineError(str(answer.notice))
        return Response(
            _said(answer),
            source_nodes=[_cited_node(one) for one in answer.cited],
            metadata=answer_json(answer),
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def _said(answer: Answer) -> str:
    """Return an answer as one text: what is answered, and what is not."""
    if answer.outcome == "declined":
        return str(answer.notice)
    missing = "".join(f"\nNot found in the library: {one}" for one in answer.not_found)
    return answer.text + missing


def _passage_node(found: Evidence) -> NodeWithScore:
    passage = found.passage
    metadata = _metadata(found.source, passage.document, passage.page, passage.heading)
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata | {"why": str(found.why)},
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
    )
    return NodeWithScore(node=node, score=found.score)


def _cited_node(citation: Citation) -> NodeWithScore:
    metadata = _metadata(citation.source, citation.document, citation.page, citation.heading)
    node = TextNode(
        id_=f"{citation.document}:{citation.start}-{citation.end}",
        text=citation.quote,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
        metadata=metadata | {"number": citation.number, "why": str(citation.why)},
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
    )
    return NodeWithScore(node=node)


def _metadata(source: Source, document: str, page: int | None, heading: str) -> dict[str, Any]:
    return {
        "title": source.title,
        "publisher": source.publisher,
        "published": source.published,
        "location": source.location,
        "page": page or 0,
        "heading": heading,
        "document": document,
    }


__all__ = ["BriefingQueryEngine", "BriefingRetriever"]
