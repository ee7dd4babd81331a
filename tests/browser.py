"""What tests of the page share: whether there is a browser, and warnings that are Gradio's own."""

from __future__ import annotations

import pytest

from benchmarks.serving import CHROMIUM

browser_test = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
# Gradio and its dependencies warn of their own deprecations while a page is built and served.
GRADIO_WARNS = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:gradio"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
