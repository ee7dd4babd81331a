"""What tests of the page share: their mark, and warnings that are Gradio's own."""

from __future__ import annotations

import os

import pytest

# tests/conftest.py skips these where there is no Chromium.
browser_test = pytest.mark.browser
# Milliseconds for which a browser waits for what is to appear: long, since nothing waits it out but
# a test that fails, and a busy machine draws late. Shorter while the page itself is worked on.
PATIENCE = int(os.environ.get("BRIEFING_PATIENCE", 90_000))
# Gradio and its dependencies warn of their own deprecations while a page is built and served.
GRADIO_WARNS = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:gradio"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
