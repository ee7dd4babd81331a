"""What the user sees: the terminal commands and the web page."""

from corpus.telemetry import silence

# Before gradio is imported anywhere below.
silence()
