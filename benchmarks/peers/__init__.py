"""Programs of others at the work of ours, each run by .venv-peers and importing nothing of ours.

Each takes a job as one JSON object on standard input and ends with a line of JSON: `passages`, the
seconds of each stage in `stages`, the seconds of each question in `questions`. A job has `do`
("read", "ingest" or "search"), `files`, `weights` (folder of the embedding model), `store` (where
the index is or goes), `chunk` (tokens, null for the peer's default), `passages` (a file of texts to
embed instead of the peer's own, a line of JSON each, or null), `asked`, `limit` and `rerank`.
"""
