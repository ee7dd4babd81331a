"""Reports of the starter library: their text, the builder and the rendered PDFs."""
