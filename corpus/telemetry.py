"""The telemetry of every dependency, switched off before it is imported.

What each would do otherwise, as measured: gradio looks up api.gradio.app and huggingface.co at
launch; ONNX Runtime from 1.29 on reports sessions and machine facts to mobile.events.data.microsoft
.com on Linux too and keeps a device id under ~/.cache/Microsoft; the hub and Chroma report usage;
OpenVINO tells Google Analytics that it was imported, by a tool that converts models.
"""

from __future__ import annotations

import os
import sys

_OFF = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "ORT_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Forked tokenizers warn; one thread is enough for questions.
    "TOKENIZERS_PARALLELISM": "false",
}


# Not to be imported: OpenVINO does without its converter, which takes the other one away.
_SHUT_OUT = ("openvino.tools.ovc", "openvino_telemetry")

# With this set to 1 the user allows models to be downloaded from the Hugging Face hub.
ALLOW_HUB = "BRIEFING_HUB"
_HUB = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def silence() -> None:
    """Set the switches of this process, whatever stands there now.

    The hub stays shut unless the user opened it (BRIEFING_HUB=1).
    """
    allowed = _HUB if os.environ.get(ALLOW_HUB) == "1" else ()
    os.environ.update({name: value for name, value in _OFF.items() if name not in allowed})
    for name in allowed:
        os.environ.pop(name, None)
    for module in _SHUT_OUT:
        # To Python, a module that cannot be found.
        sys.modules[module] = None  # type: ignore[assignment]
