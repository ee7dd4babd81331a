"""The settings of a run, read once from arguments and environment and passed on as a value."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from index.embedder_weights import DEFAULT_MODEL
from index.vector_store import DEFAULT_STORE


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` holds the library; `engine` writes answers; `embedder` is a model's name or folder.

    `reranker` is the name or folder of a model that ranks the passages instead of the reader, ""
    for none. `reader` is a folder that `training.export` made, "" for the one of the program;
    `judge` one of `training.export_judge`, "" for the one that comes with the program, "none" for
    checking figures, dates, names and quotations alone. `vector_store` keeps vectors. It, embedder,
    reranker and reader may be the name of what another package adds (docs/extending.md). With `ocr`
    the pages of PDFs that are pictures are read by Tesseract, where it is installed.

    What a team sets, all of it empty on one machine (docs/deploy.md): `record` is the address of a
    PostgreSQL that holds the library in place of a file in `home`; `vector_store`, `reader` and
    `judge` may be addresses of servers; `workers` is the address of a Ray cluster that reads and
    embeds; `users` says who signs in, and how; `telemetry` where traces go, `metrics` whether there
    is a page of metrics.
    """

    home: Path
    engine: str = "auto"
    embedder: str = DEFAULT_MODEL
    ocr: bool = False
    reranker: str = ""
    reader: str = ""
    judge: str = ""
    vector_store: str = DEFAULT_STORE
    record: str = ""
    workers: str = ""
    users: str = ""
    telemetry: str = ""
    metrics: bool = False

    @classmethod
    def from_environment(
        cls, *, home: str | Path | None = None, engine: str | None = None
    ) -> Settings:
        """Return settings from arguments, then BRIEFING_HOME, BRIEFING_ENGINE, BRIEFING_EMBEDDER.

        BRIEFING_OCR is "1" for `ocr`; BRIEFING_RERANKER, BRIEFING_READER, BRIEFING_JUDGE and
        BRIEFING_VECTOR_STORE name those; BRIEFING_RECORD, BRIEFING_WORKERS, BRIEFING_USERS,
        BRIEFING_TELEMETRY and BRIEFING_METRICS ("1") what a team sets. Without a home, the
        platform's folder for user data is taken.
        """
        from platformdirs import user_data_dir

        folder = home or os.environ.get("BRIEFING_HOME") or user_data_dir("briefing-assistant")
        return cls(
            home=Path(folder).expanduser().absolute(),
            engine=engine or os.environ.get("BRIEFING_ENGINE") or "auto",
            embedder=os.environ.get("BRIEFING_EMBEDDER") or DEFAULT_MODEL,
            ocr=os.environ.get("BRIEFING_OCR") == "1",
            reranker=os.environ.get("BRIEFING_RERANKER") or "",
            reader=os.environ.get("BRIEFING_READER") or "",
            judge=os.environ.get("BRIEFING_JUDGE") or "",
            vector_store=os.environ.get("BRIEFING_VECTOR_STORE") or DEFAULT_STORE,
            record=os.environ.get("BRIEFING_RECORD") or "",
            workers=os.environ.get("BRIEFING_WORKERS") or "",
            users=os.environ.get("BRIEFING_USERS") or "",
            telemetry=os.environ.get("BRIEFING_TELEMETRY") or "",
            metrics=os.environ.get("BRIEFING_METRICS") == "1",
        )

    @property
    def models(self) -> Path:
        """The folder of what is made from models: exports, notes of verified weights."""
        return self.home / "models"
