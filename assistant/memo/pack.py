"""The evidence pack: one zip with a memo, all that it rests on, and the means to check it later."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from assistant.desk import Desk
from assistant.memo.export import exported, timeline_csv
from assistant.memo.stored import from_json, to_json
from assistant.memo.values import Memo
from corpus.errors import UsageError

_MEMO, _MANIFEST = "memo.json", "manifest.json"
_FORMS = ("md", "html", "docx", "pdf")
# What decides the words of a memo: ourselves, and the libraries that read, embed and search.
_PACKAGES = (
    "briefing-assistant", "chromadb", "tantivy", "sentence-transformers", "torch", "onnxruntime",
    "pypdfium2", "trafilatura", "pypandoc-binary", "typst",
)  # fmt: skip
# Zip files know no time before 1980; a fixed one makes equal packs equal byte for byte.
_TIME = (1980, 1, 1, 0, 0, 0)
# A pack of ours holds a dozen files of some MB; anything beyond is none of ours.
_MOST_FILES, _MOST_BYTES = 64, 200_000_000


def packed(desk: Desk, memo: Memo) -> bytes:
    """Return the zip: the memo in each format, passages, hashes, settings, versions, findings.

    Raises NotInLibrary where a document of the memo is not known any more.
    """
    documents, passages = [], []
    for source in memo.sources:
        document = desk.library.document(source.document)
        digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
        documents.append({**asdict(source), "sha256": digest, "characters": len(document.text)})
    for one in memo.citations:
        text = desk.library.document(one.document).text
        passages.append(
            {
                "number": one.number,
                "document": one.document,
                "start": one.start,
                "end": one.end,
                "quote": one.quote,
                "stands": text[one.start : one.end] == one.quote,
                "around": text[max(0, one.start - 300) : one.end + 300],
            }
        )
    log = [
        {"where": f"{section.key}:{number}", "text": line.claim.text,
         "verdict": line.claim.verdict, "problems": line.claim.problems}
        for section in memo.sections
        for number, line in enumerate(section.lines, start=1)
    ]  # fmt: skip
    about = {
        "settings": memo.settings, "engine": memo.engine, "embedder": desk.library.embedder,
        "library": memo.library, "as_of": memo.as_of, "scale": memo.scale,
    }  # fmt: skip
    files: dict[str, bytes] = {f"memo.{form}": exported(memo, form) for form in _FORMS}
    files[_MEMO] = to_json(memo).encode()
    files["timeline.csv"] = timeline_csv(memo).encode()
    for name, value in (
        ("documents", documents),
        ("passages", passages),
        ("settings", about),
        ("versions", _versions()),
        ("findings", [asdict(one) for one in memo.findings]),
        ("verification", log),
    ):
        files[f"{name}.json"] = json.dumps(value, ensure_ascii=False, indent=1).encode()
    files[_MANIFEST] = json.dumps(_hashes(files), indent=1).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(
                zipfile.ZipInfo(name, _TIME), content, compress_type=zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def opened_pack(file: Path) -> tuple[Memo, tuple[str, ...]]:
    """Return the memo of a pack, and the names of files that are not as they were packed.

    Raises UsageError for a file that is no pack of ours.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_FILES or sum(one.file_size for one in infos) > _MOST_BYTES:
                raise UsageError(f"{file} is no evidence pack: it is too large")
            contents = {one.filename: archive.read(one) for one in infos}
        stated = json.loads(contents[_MANIFEST])
        memo = from_json(contents[_MEMO].decode("utf-8"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UsageError(f"{file} is no evidence pack of this assistant ({error})") from error
    found = _hashes({name: one for name, one in contents.items() if name != _MANIFEST})
    if not isinstance(stated, dict):
        raise UsageError(f"{file} is no evidence pack: its manifest is no list of hashes")
    names = {*stated, *found}
    return memo, tuple(sorted(one for one in names if stated.get(one) != found.get(one)))


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
