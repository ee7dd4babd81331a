"""Retrieval: embeddings, vector store, keyword index, and the hybrid search over them."""
