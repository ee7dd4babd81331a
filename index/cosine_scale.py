"""Cosines of any embedder on the scale of the default one, for which the thresholds are set.

Models differ in what a cosine means: texts on different subjects have 0.0 with one, 0.7 with
another. Before a cosine is compared with a constant it is rescaled linearly, so that unrelated and
nearly equal texts have on average the cosines that the default model gives them. These are measured
once for each embedder, on the texts below.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.private_files import private_folder
from index.embedder_weights import DEFAULT_MODEL
from index.embedding import Embedder
from index.onnx_embedder import write_atomically

_LOG = logging.getLogger(__name__)
# Each text, and a reprint with a word or a comma changed; no two pairs on the same subject.
TEXTS = (
    ("The city council approved a budget of 48 million euros for the new tram line on Tuesday.",
     "On Tuesday the city council approved a budget of 48 million euros for the new tram line."),
    ("Volcanic ash closed the northern airports for six days, and farmers moved sheep indoors.",
     "Volcanic ash closed the northern airports for six days and farmers moved their sheep "
     "indoors."),
    ("The court ruled that the tenant may keep a dog unless the neighbours are disturbed by it.",
     "The court ruled that a tenant may keep a dog unless its neighbours are disturbed by it."),
    ("Rye bread needs a sour dough that has stood overnight in a warm kitchen.",
     "Rye bread needs a sour dough which has stood overnight in a warm kitchen."),
    ("The chip maker shipped 200,000 accelerators in the third quarter, twice as many as a year "
     "ago.",
     "The chip maker shipped 200,000 accelerators in the third quarter, twice as many as a year "
     "before."),
    ("Her second novel follows three sisters through a winter on a lighthouse island.",
     "Her second novel follows three sisters through one winter on a lighthouse island."),
    ("Patients who walked for thirty minutes a day needed fewer drugs against high blood pressure.",
     "Patients who walked thirty minutes a day needed fewer drugs against high blood pressure."),
    ("The goalkeeper saved two penalties before the visitors scored in the last minute.",
     "The goalkeeper saved two penalties, before the visitors scored in the very last minute."),
    ("Exporters must hold a licence for machine tools that are sold to companies on the list.",
     "Exporters must hold a licence for machine tools which are sold to companies on the list."),
    ("The comet will be brightest in October, low above the western horizon after sunset.",
     "The comet will be brightest in October, low above the western horizon just after sunset."),
    ("Unpaid invoices are passed to a collection agency after ninety days.",
     "Unpaid invoices are passed on to a collection agency after ninety days."),
    ("The bridge was built of granite in 1874 and carries two lanes and a footpath.",
     "The bridge was built of granite in 1874 and carries two lanes and one footpath."),
)  # fmt: skip
# What the default model gives them (a test measures it again): the mean cosine of two texts on
# different subjects, and of a text and its reprint.
UNRELATED, SAME = 0.028, 0.996
# An embedder with a smaller difference does not tell texts apart: there is nothing to rescale.
_LEAST_DIFFERENCE = 0.02
# The number is raised when the texts change.
_NOTE = "cosines-1.json"


@dataclass(frozen=True, slots=True)
class CosineScale:
    """The mean cosines that an embedder gives to unrelated texts and to nearly equal ones."""

    unrelated: float = UNRELATED
    same: float = SAME

    def __call__(self, cosines: NDArray[Any]) -> NDArray[Any]:
        """Return cosines on the default model's scale, 1 at most; its own as they are."""
        if self == DEFAULT_SCALE:
            return cosines
        slope = (SAME - UNRELATED) / (self.same - self.unrelated)
        return np.minimum(UNRELATED + slope * (cosines - self.unrelated), 1.0)


DEFAULT_SCALE = CosineScale()


def scale_of(embedder: Embedder, *, folder: Path, anew: bool = False) -> CosineScale:
    """Return the scale of an embedder's cosines, measured once and noted in `folder`.

    It embeds two dozen sentences. With `anew` it does so although there is a note: the model of a
    name may have been replaced. Raises what embedding raises.
    """
    noted = None if anew else noted_scale(embedder.name, folder=folder)
    if noted is not None or embedder.name == DEFAULT_MODEL:
        return noted or DEFAULT_SCALE
    scale = measured_scale(embedder)
    with suppress(OSError):
        private_folder(folder)
        notes = _notes(folder) | {embedder.name: [scale.unrelated, scale.same]}
        with write_atomically(folder / _NOTE) as fresh:
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(notes))
    return scale


def noted_scale(name: str, *, folder: Path) -> CosineScale | None:
    """Return what was measured of the embedder of that name; None for nothing yet."""
    if name == DEFAULT_MODEL:
        return DEFAULT_SCALE
    try:
        unrelated, same = _notes(folder)[name]
        return CosineScale(float(unrelated), float(same))
    except (KeyError, ValueError, TypeError):
        return None


def measured_scale(embedder: Embedder) -> CosineScale:
    """Return the scale that the texts show; the default one where they cannot be told apart."""
    vectors = np.asarray(embedder.embed([text for pair in TEXTS for text in pair]), np.float64)
    firsts, reprints = vectors[::2], vectors[1::2]
    pairs = np.triu_indices(len(firsts), 1)
    unrelated = float((firsts @ firsts.T)[pairs].mean())
    same = float((firsts * reprints).sum(axis=1).mean())
    if not same - unrelated >= _LEAST_DIFFERENCE:
        _LOG.warning("%s does not tell texts apart: %.3f, %.3f", embedder.name, unrelated, same)
        return DEFAULT_SCALE
    return CosineScale(round(unrelated, 4), round(same, 4))


def _notes(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / _NOTE).read_text())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
