"""Make the constants of late interaction: mean and spread of the embedder's token vectors.

    python -m benchmarks.fit_tokens

Taken over the content tokens of the passages of the starter library, each at length 1, and written
to index/tokens.npz (3 KB). Other text gives other constants; what they are worth is measured by
`make bench-retrieval` on text that is not in the starter library.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from assistant.settings import Settings
from assistant.starter import add_starter
from assistant.workspace import Workspace
from index.ingest import embedding_texts
from index.onnx_embedder import OnnxEmbedder

TARGET = Path(__file__).parent.parent / "index" / "tokens.npz"


def main() -> None:
    """Embed the starter library's passages one by one and write the constants."""
    rows = []
    with tempfile.TemporaryDirectory() as home, Workspace(Settings(home=Path(home))) as workspace:
        list(add_starter(workspace))
        embedder = workspace.question_embedder
        assert isinstance(embedder, OnnxEmbedder)
        for entry in workspace.library.entries():
            passages = workspace.library.passages_of(entry.id)
            texts = embedding_texts(entry.source.title, passages, embedder.count)
            rows.extend(embedder.with_states(text)[1] for text in texts)
    whole = np.concatenate(rows)
    np.savez(TARGET, mean=whole.mean(axis=0), spread=whole.std(axis=0))
    print(f"{TARGET.name}: {len(whole):,} tokens of {len(rows)} passages")


if __name__ == "__main__":
    main()
