"""Nothing phones home: the telemetry of every dependency is off before it is imported.

What each would do otherwise, as measured: gradio looks up api.gradio.app and huggingface.co at
launch; ONNX Runtime from 1.29 on reports sessions and machine facts to mobile.events.data.microsoft
.com on Linux too and keeps a device id under ~/.cache/Microsoft; the hub and Chroma report usage.
"""

from __future__ import annotations

import os

_OFF = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "ORT_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # Forked tokenizers warn; one thread is enough for questions.
    "TOKENIZERS_PARALLELISM": "false",
}


def silence() -> None:
    """Set the switches in this process's environment, whatever stands there now."""
    os.environ.update(_OFF)
