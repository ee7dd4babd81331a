"""The evidence pack: one zip with a memo, its evidence, and what is needed to verify it later."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from assistant.checking.problems import problems_json
from assistant.memo.export import exported, timeline_csv
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.values import Memo
from assistant.source_references import memo_sources
from assistant.workspace import Workspace
from corpus.errors import UsageError
from corpus.references import WRITTEN
from corpus.validation import from_json_text, stored

_MEMO, _MANIFEST, _VERSIONS = "memo.json", "manifest.json", "versions.json"
# The version of the pack's layout, in versions.json; the first packs had none.
_FORMAT = 1
_ADVICE = "make the pack again: briefing memos NAME -o FILE.zip"
_FORMS = ("md", "html", "docx", "pdf")
# Packages whose versions affect a memo's text: ours, and those that read, embed and search.
_PACKAGES = (
    "briefing-assistant", "chromadb", "tantivy", "sentence-transformers", "torch", "onnxruntime",
    "pypdfium2", "trafilatura", "pypandoc-binary", "typst",
)  # fmt: skip
# The earliest time of the zip format; a fixed one makes equal packs equal byte for byte.
_TIME = (1980, 1, 1, 0, 0, 0)
# A pack has a dozen files of some MB; anything larger is not one.
_MOST_FILES, _MOST_BYTES = 64, 200_000_000


def packed(workspace: Workspace, memo: Memo) -> bytes:
    """Return the zip: the memo in each format, passages, hashes, settings, versions, findings.

    Raises NotInLibrary where a document of the memo is no longer known.
    """
    documents, passages = [], []
    for source in memo.sources:
        document = workspace.library.document(source.document)
        digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
        documents.append({**asdict(source), "sha256": digest, "characters": len(document.text)})
    for one in memo.citations:
        text = workspace.library.document(one.document).text
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
         "verdict": line.claim.verdict, **problems_json(line.claim.problems)}
        for section in memo.sections
        for number, line in enumerate(section.lines, start=1)
    ]  # fmt: skip
    about = {
        "settings": memo.settings, "engine": memo.engine, "embedder": workspace.library.embedder,
        "library": memo.library, "as_of": memo.as_of, "scale": memo.scale,
    }  # fmt: skip
    files: dict[str, bytes] = {f"memo.{form}": exported(memo, form) for form in _FORMS}
    files[_MEMO] = to_json(memo).encode()
    files["timeline.csv"] = timeline_csv(memo).encode()
    known = workspace.library.bibliography.all()
    files |= {f"sources.{form}": memo_sources(memo, form, known) for form in WRITTEN}
    for name, value in (
        ("documents", documents),
        ("passages", passages),
        ("settings", about),
        ("versions", {"format": _FORMAT, **_versions()}),
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
    """Return the memo of a pack, and the names of files that were altered since.

    Raises UsageError for a file that is not an evidence pack.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_FILES or sum(one.file_size for one in infos) > _MOST_BYTES:
                raise UsageError(f"{file} is no evidence pack: it is too large")
            contents = {one.filename: archive.read(one) for one in infos}
        found = _hashes({name: one for name, one in contents.items() if name != _MANIFEST})
        name = f"{file}, {_MANIFEST}"
        stated = from_json_text(contents[_MANIFEST].decode("utf-8"), name, advice=_ADVICE)
        hashes = stored(dict[str, str], stated, name, newest=0, advice=_ADVICE)
        altered = {one for one in {*hashes, *found} if hashes.get(one) != found.get(one)}
        if _VERSIONS in found and _VERSIONS not in altered:
            # A later layout may have what this version cannot verify.
            stored(dict[str, object], json.loads(contents[_VERSIONS]), str(file), newest=_FORMAT)
        memo = from_json(contents[_MEMO].decode("utf-8"), f"{file}, {_MEMO}")
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError) as error:
        raise UsageError(f"{file} is no evidence pack of this assistant ({error})") from error
    return memo, tuple(sorted(altered))


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
