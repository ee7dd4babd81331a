"""Misspelt words of a question, put right from the library's own words."""

from __future__ import annotations

import difflib
import re

from corpus.library import Library
from index.keyword_index import KeywordSearcher, stems
from index.query_terms import QueryTerms
from index.term_rarity import rarity

# A question's word that stands nowhere in the library is taken for the word there that is most
# like it, if it is this like it (difflib's ratio): "ownershp" for "ownership".
_LIKE = 0.8
_SHORTEST = 5


def repaired(question: str, words: KeywordSearcher, library: Library) -> str:
    """Return `question` with misspelt words as the library spells them.

    A word of five letters or more that is no common English word and stands nowhere in the
    library, not even as a stem, is replaced by the most like word of the passages that hold one a
    letter or two away. Names ("Irish") and words of English at large are spelt as meant.
    """
    for word in QueryTerms.from_question(question).words:
        own = stems(word)
        if len(word) < _SHORTEST or not word.islower() or rarity(word) < 1:
            continue
        if any(words.frequencies(own).values()):
            continue
        near = library.passages(words.resembling(own[0]))
        there = {one.lower() for p in near for one in re.findall(r"\w+", p.text)}
        like = difflib.get_close_matches(word.lower(), there, n=1, cutoff=_LIKE)
        if like:
            question = re.sub(rf"\b{re.escape(word)}\b", like[0], question)
    return question
