"""The quicker import of Gradio: everything there, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LOOK = """
import inspect
from ui.gradio_startup import without_stubs
before = inspect.getfile
with without_stubs():
    import gradio
assert inspect.getfile is before, "inspect was left changed"
assert inspect.getfile(gradio.Textbox).endswith("textbox.py")
print(callable(gradio.Textbox.submit), len(gradio.Textbox(label="x").get_config()) > 5)
"""


@pytest.mark.process
def test_gradio_is_whole_and_inspect_is_itself_again() -> None:
    """Components have their events, and where they were written can be asked as before."""
    done = subprocess.run(
        [sys.executable, "-c", _LOOK], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["True", "True"], done.stderr
