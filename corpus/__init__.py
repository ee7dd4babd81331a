"""What we read: documents, passages, readers, and the library that records them."""

import os

from corpus.telemetry import silence

# Every other folder imports this one, so no dependency of theirs can be imported before.
silence()
# Searches multiply small matrices, while other threads read and embed: on two busy cores a thread
# of OpenBLAS that waits for the other one takes longer than both parts of the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
