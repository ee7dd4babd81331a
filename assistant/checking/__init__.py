"""The check of a sentence against the texts it rests on: facts, names, direction, words."""
