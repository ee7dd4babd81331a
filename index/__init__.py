"""Finding what was read: embedding, Chroma, Tantivy and the hybrid search over both."""
