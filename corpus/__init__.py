"""What we read: documents, passages, readers, and the library that records them."""
