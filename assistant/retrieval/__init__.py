"""Evidence for a plan: passages retrieved, sentences ranked and dated, and whether they answer."""
