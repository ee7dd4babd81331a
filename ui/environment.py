"""Which variables of the environment may speak to Gradio: hardly any, and known before it loads.

Gradio takes some forty settings from variables that begin with GRADIO_: shared links, folders whose
files are served, code that is read again when it changes, a listener that other machines reach.
"""

from __future__ import annotations

import os

from corpus.errors import UsageError
from corpus.i18n import tr

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
