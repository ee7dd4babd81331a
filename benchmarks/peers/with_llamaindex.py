"""LlamaIndex as its documentation teaches it: read, split, embed into Chroma; retrieve and rerank.

https://developers.llamaindex.ai/python/framework: "Loading", "Vector Stores: Chroma" and "Node
Postprocessors". Only the model is ours: the same weights. See this package for the job.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import chromadb
from llama_index.core import Settings, SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore

# What a cross-encoder reads of question and passage together: that of ms-marco-MiniLM-L-6-v2.
_PAIR_TOKENS = 512


def _store(folder: str) -> ChromaVectorStore:
    client = chromadb.PersistentClient(path=folder)
    return ChromaVectorStore(chroma_collection=client.get_or_create_collection("documents"))


def _split(job: dict[str, Any], stages: dict[str, float]) -> list[Any]:
    """Return the nodes: of the files by LlamaIndex's own splitter, or the passages given."""
    started = time.perf_counter()
    documents = SimpleDirectoryReader(input_files=job["files"]).load_data()
    for one in documents:
        # It ends at half a character, of which pypdf leaves some where a formula stands.
        whole = one.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        one.set_content(whole)
    stages["reading"] = time.perf_counter() - started
    if job["passages"]:
        lines = Path(job["passages"]).read_text(encoding="utf-8").splitlines()
        return [TextNode(text=json.loads(one)) for one in lines]
    if job["chunk"]:
        Settings.node_parser = SentenceSplitter(
            chunk_size=job["chunk"], chunk_overlap=job["chunk"] // 8
        )
    started = time.perf_counter()
    nodes = Settings.node_parser.get_nodes_from_documents(documents)
    stages["splitting"] = time.perf_counter() - started
    return nodes


def _ingest(job: dict[str, Any]) -> dict[str, Any]:
    stages: dict[str, float] = {}
    if job["do"] == "read":
        return {"passages": len(_split(job, stages)), "stages": stages}
    started = time.perf_counter()
    Settings.embed_model = HuggingFaceEmbedding(model_name=job["weights"], device="cpu")
    stages["loading"] = time.perf_counter() - started
    nodes = _split(job, stages)
    started = time.perf_counter()
    context = StorageContext.from_defaults(vector_store=_store(job["store"]))
    VectorStoreIndex(nodes, storage_context=context)
    stages["embedding and indexing"] = time.perf_counter() - started
    return {"passages": len(nodes), "stages": stages}


def _cross_encoder(weights: str, folder: Path) -> str:
    """Make a cross-encoder of the shape of ms-marco-MiniLM-L-6-v2 out of MiniLM; return its folder.

    There is no hub to take the real one from. The head is random: only its time means anything.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    if not folder.exists():
        model = AutoModelForSequenceClassification.from_pretrained(weights, num_labels=1)
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(weights, model_max_length=_PAIR_TOKENS).save_pretrained(
            folder
        )
    return str(folder)


def _search(job: dict[str, Any]) -> dict[str, Any]:
    Settings.embed_model = HuggingFaceEmbedding(model_name=job["weights"], device="cpu")
    index = VectorStoreIndex.from_vector_store(_store(job["store"]))
    retriever = index.as_retriever(similarity_top_k=job["rerank"] or job["limit"])
    reranker = None
    if job["rerank"]:
        from llama_index.core.postprocessor import SentenceTransformerRerank

        made = _cross_encoder(job["weights"], Path(job["store"]).parent / "cross-encoder")
        reranker = SentenceTransformerRerank(model=made, top_n=job["limit"], device="cpu")
    taken = []
    for question in job["asked"]:
        started = time.perf_counter()
        found = retriever.retrieve(question)
        if reranker is not None:
            found = reranker.postprocess_nodes(found, query_str=question)
        taken.append(time.perf_counter() - started)
        assert found
    # The first one warms up.
    return {"questions": taken[1:]}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(_search(given) if given["do"] == "search" else _ingest(given)))
