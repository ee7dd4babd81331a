"""Where Matplotlib keeps its list of fonts: a folder of this process, gone when it ends.

It would otherwise write into the home folder of whoever runs the program. Gradio, too, imports it
where it is installed, so the folder is set before either does.
"""

from __future__ import annotations

import os
import tempfile

_NAME = "MPLCONFIGDIR"
_FOLDER: list[tempfile.TemporaryDirectory[str]] = []


def set_matplotlib_folder() -> None:
    """Set the folder, once, unless the user has set one."""
    if _NAME not in os.environ:
        _FOLDER.append(tempfile.TemporaryDirectory(prefix="briefing-matplotlib-"))
        os.environ[_NAME] = _FOLDER[0].name
