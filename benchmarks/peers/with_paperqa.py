"""PaperQA's reader and chunker, which need no model: files read and cut into chunks.

https://github.com/Future-House/paper-qa, `paperqa.readers.read_doc` with the sizes of its default
settings. What it does beyond that asks a language model. See this package for the job.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from paperqa.readers import read_doc
from paperqa.settings import Settings
from paperqa.types import Doc


async def _read(job: dict[str, Any]) -> dict[str, Any]:
    sizes = Settings().parsing
    options = sizes.reader_config | {"parse_pdf": sizes.parse_pdf, "parse_media": False}
    chunks = 0
    started = time.perf_counter()
    for number, file in enumerate(job["files"]):
        doc = Doc(docname=str(number), citation=file, dockey=str(number))
        chunks += len(await read_doc(file, doc, **options))
    taken = time.perf_counter() - started
    return {"passages": chunks, "stages": {"reading and splitting": taken}}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_read(json.load(sys.stdin)))))
