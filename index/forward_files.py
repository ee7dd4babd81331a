"""The files of a forward index: arrays that grow at their ends, and a list of the documents.

The list says how long each array is, so that what a crash left beyond that is never read, and is
written over. Whoever has an array mapped at its old length goes on with that. Documents that are
gone leave holes; where a quarter of the rows are holes, the files are made anew without them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SearchIndexError
from corpus.i18n import tr
from index.forward_index import ForwardIndex

# The list of the documents, in JSON; rewritten at each update.
LIST = "documents.json"
# The arrays, each in a file of its name, as the processor keeps them.
_ARRAYS: Mapping[str, Any] = {
    "vectors": np.float16,
    "stems": np.uint32,
    "starts": np.int64,
    "spans": np.uint32,
}
# How the names of their files end.
GROWING = ".array"
# Holes that are not worth making the files anew for: a share of the rows, or so many of them.
_HOLES, _FEW = 0.25, 1_000


def save(index: ForwardIndex, folder: Path) -> None:
    """Write an index into `folder`, in place of what is there; raises SearchIndexError.

    It is written beside it first: the index may be a view of the files that are replaced.
    """
    fresh = folder.with_name(f"{folder.name}.new")
    with _writing(folder):
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name in _ARRAYS:
            np.ascontiguousarray(getattr(index, name)).tofile(fresh / f"{name}{GROWING}")
        _write_list(_listed(index), fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def load(folder: Path) -> ForwardIndex:
    """Map the arrays of `folder` into memory; raises SearchIndexError where they are not."""
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        rows, dimension = int(listed["rows"]), int(listed["dimension"])
        shapes = {
            "vectors": (rows, dimension),
            "stems": (int(listed["stems"]),),
            "starts": (rows + 1,),
            "spans": (rows, 2),
        }
        names, firsts, ends = (listed[one] for one in ("documents", "firsts", "ends"))
        return ForwardIndex(
            **{name: _mapped(folder, name, shape) for name, shape in shapes.items()},
            documents=tuple(map(str, names)),
            runs=np.array([firsts, ends], dtype=np.int64).T,
            stored=int(listed["stored"]),
            gone=tuple((str(one), int(a), int(b)) for one, a, b in listed["gone"]),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SearchIndexError(
            tr("cannot read {file}; run: briefing doctor --rebuild", file=folder)
        ) from error


def update(
    folder: Path,
    before: ForwardIndex,
    changed: Collection[str],
    fresh: ForwardIndex,
    *,
    stored: bool = True,
) -> tuple[ForwardIndex, bool]:
    """Take the documents that `changed` out of `before`, and put those of `fresh` behind it.

    `before` is what `folder` holds; with `stored` the vector store was brought up too. Returns the
    index as it is now, and whether the files went on as they were, or were made anew. Raises
    SearchIndexError.
    """
    kept = [place for place, one in enumerate(before.documents) if one not in changed]
    runs = np.concatenate([before.runs[kept], fresh.runs + before.extent])
    extent = before.extent + fresh.extent
    holes = extent - int((runs[:, 1] - runs[:, 0]).sum())
    # Arrays without rows have no dimension yet. What the store has of holes is told by their rows.
    if stored and (holes > max(_FEW, _HOLES * extent) or not before.extent):
        save(before.joined(fresh, without=changed), folder)
        return load(folder), False
    grown = {
        "vectors": fresh.vectors,
        "stems": fresh.stems,
        "starts": fresh.starts[1:] + len(before.stems),
        "spans": fresh.spans,
    }
    with _writing(folder):
        for name, array in grown.items():
            present = getattr(before, name)
            with (folder / f"{name}{GROWING}").open("r+b") as stream:
                stream.seek(present.nbytes)
                stream.write(np.ascontiguousarray(array, dtype=present.dtype).tobytes())
                stream.truncate()
        listed = _listed(before) | {
            "rows": extent,
            "stems": len(before.stems) + len(fresh.stems),
            "documents": [*(before.documents[place] for place in kept), *fresh.documents],
            "firsts": runs[:, 0].tolist(),
            "ends": runs[:, 1].tolist(),
            "stored": extent if stored else before.stored,
            "gone": () if stored else (*before.gone, *before.leaving(changed)),
        }
        _write_list(listed, folder)
    return load(folder), True


def _listed(index: ForwardIndex) -> dict[str, Any]:
    """Return what the list of an index says."""
    return {
        "rows": index.extent,
        "dimension": index.vectors.shape[1],
        "stems": len(index.stems),
        "documents": index.documents,
        "firsts": index.runs[:, 0].tolist(),
        "ends": index.runs[:, 1].tolist(),
        "stored": index.stored,
        "gone": index.gone,
    }


def _write_list(listed: Mapping[str, Any], folder: Path) -> None:
    """Replace the list of the documents, all of it or nothing."""
    temporary = folder / f"{LIST}.new"
    temporary.write_text(json.dumps(listed), encoding="utf-8")
    temporary.replace(folder / LIST)


def _mapped(folder: Path, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Map an array of that shape; raises ValueError for a file that is shorter."""
    file, kind = folder / f"{name}{GROWING}", np.dtype(_ARRAYS[name])
    count = int(np.prod(shape))
    if file.stat().st_size < count * kind.itemsize:
        raise ValueError(f"{file} is cut")
    if not count:
        return np.zeros(shape, dtype=kind)
    # A plain view of the mapping: a slice of a memmap is another one, 4 us each.
    return np.asarray(np.memmap(file, dtype=kind, mode="r", shape=shape))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a SearchIndexError that says what to do."""
    try:
        yield
    except OSError as error:
        raise SearchIndexError(
            tr(
                "cannot write {file} ({reason}); run: briefing doctor --rebuild",
                file=folder,
                reason=error.strerror,
            )
        ) from error
