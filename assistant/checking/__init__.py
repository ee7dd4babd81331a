"""Checking a sentence against the texts it cites: facts, names, quotations, and entailment."""
