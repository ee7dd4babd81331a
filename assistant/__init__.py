"""Answering from what was found: engines, claims, citations and answers."""
