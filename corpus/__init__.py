"""What we read: documents, passages, readers, and the library that records them."""

from corpus.telemetry import silence

# Every other folder imports this one, so no dependency of theirs can be imported before.
silence()
