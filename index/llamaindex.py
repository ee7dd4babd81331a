"""Our search as a LlamaIndex retriever, so that it plugs into other people's programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.filters import Filters
from index.retriever import Retriever

if TYPE_CHECKING:
    from llama_index.core.retrievers import BaseRetriever


def retriever(
    retriever: Retriever, *, limit: int = 10, filters: Filters | None = None
) -> BaseRetriever:
    """Return a LlamaIndex retriever over `retriever`.

    Its nodes carry the passage's text and id, its offsets in the document (`start_char_idx`,
    `end_char_idx`), and as metadata title, publisher, published, location, page, heading, document
    and why it ranked. Nothing of LlamaIndex's global `Settings` is touched: its "default" models
    are hosted ones.
    """
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    class LibraryRetriever(BaseRetriever):
        """Answers a query with the passages that the library's search finds."""

        def __init__(self) -> None:
            super().__init__(callback_manager=CallbackManager())

        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [
                NodeWithScore(
                    node=TextNode(
                        id_=one.passage.id,
                        text=one.passage.text,
                        start_char_idx=one.passage.start,
                        end_char_idx=one.passage.end,
                        metadata={
                            "title": one.source.title,
                            "publisher": one.source.publisher,
                            "published": one.source.published,
                            "location": one.source.location,
                            "page": one.passage.page or 0,
                            "heading": one.passage.heading,
                            "document": one.passage.document,
                            "why": one.why,
                        },
                    ),
                    score=one.score,
                )
                for one in retriever.search(query_bundle.query_str, limit=limit, filters=filters)
            ]

    return LibraryRetriever()
