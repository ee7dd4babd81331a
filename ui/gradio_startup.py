"""Before Gradio loads: which variables may speak to it, and a start without what is not used.

Gradio takes some forty settings from variables that begin with GRADIO_: shared links, folders whose
files are served, code that is read again when it changes, a listener that other machines reach.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from corpus.errors import UsageError
from corpus.i18n import tr


@contextmanager
def without_stubs() -> Iterator[None]:
    """Import Gradio inside this block: 1.6 s instead of 2.9 s (medians of four, by turns).

    Nor does it import the protocol of tools (`mcp`), a quarter of what is left where a server's
    packages are installed: Gradio does without where that is not, and we serve no tools by Gradio.

    Gradio 6.31 reads, parses and compares the source and the .pyi file of each component as its
    class is made. It leaves that out for a class that has no file, which `inspect.getfile` says by
    an OSError; here it says so of every component, and is itself again afterwards.
    """
    real = inspect.getfile

    def getfile(of: Any) -> str:
        if type(of).__name__ == "ComponentMeta":
            raise OSError("no file, as for a component that was typed in")
        return real(of)

    inspect.getfile = getfile  # type: ignore[assignment]
    # What stands as None among the modules cannot be imported.
    hidden = "mcp" not in sys.modules
    if hidden:
        sys.modules["mcp"] = None  # type: ignore[assignment]
    # Nothing of what is imported is garbage; looking for some takes 6 % of it.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        inspect.getfile = real
        if hidden:
            del sys.modules["mcp"]


# The first is what this program itself sets, so that nothing phones home (corpus/telemetry.py); the
# second is put in the data folder, whatever stands here (ui/uploads.py).
_ALLOWED = frozenset(("GRADIO_ANALYTICS_ENABLED", "GRADIO_TEMP_DIR"))
_OFF = frozenset(("", "0", "false"))


def refuse_openings() -> None:
    """Raise UsageError when the environment would change what the page opens to others.

    Variables that are switched off are taken away: some count for Gradio as soon as they are there.
    """
    for name in sorted(os.environ):
        if not name.upper().startswith("GRADIO_") or name in _ALLOWED:
            continue
        if os.environ[name].strip().lower() not in _OFF:
            raise UsageError(
                tr("{name} is set, which would open the page to others; unset it", name=name)
            )
        del os.environ[name]


__all__ = ["refuse_openings"]
