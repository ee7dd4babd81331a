"""Which language a document is written in, by py3langid's model (97 languages, 5 MB)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import Any

# Three looks into the text of this many characters each: at a beginning that may be a title page in
# another language, into the middle and near the end.
_LOOK = 1_500
# The model's own share of certainty, 0…1. Below it stand figures, names and lists of codes; a
# sentence of five words of German has 0.37, rows of figures 0.06.
_SURE = 0.3
_LETTERS = re.compile(r"[^\W\d_]")
# Fewer letters say nothing.
_LEAST = 12
# Written Chinese in all its regional kinds is read alike.
_SAME = {"yue": "zh", "wuu": "zh"}


def language_of(text: str) -> str:
    """Return the ISO 639 code of the language of most of a text, or "" where that cannot be told.

    The first call loads the model, which takes under a second.
    """
    places = sorted({0, max(0, len(text) // 2 - _LOOK // 2), max(0, len(text) - 2 * _LOOK)})
    looks = [text[place : place + _LOOK] for place in places]
    if len(looks) > 2:
        # Two looks that agree: an appendix in Chinese outweighs two English looks if all are one.
        told = Counter(code for look in looks if (code := _identify(look)))
        code, agreeing = told.most_common(1)[0] if told else ("", 0)
        if agreeing > 1:
            return code
    return _identify(" ".join(looks))


def likeliest_language(text: str, codes: Collection[str]) -> tuple[str, float]:
    """Return the likeliest of these ISO 639-1 codes, and its share of certainty in 0…1."""
    code, share = next(one for one in _identifier().rank(text) if one[0] in codes)
    return str(code), float(share)


def _identify(text: str) -> str:
    if len(_LETTERS.findall(text)) < _LEAST:
        return ""
    code, share = _identifier().classify(text)
    return _SAME.get(code, str(code)) if share >= _SURE else ""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
