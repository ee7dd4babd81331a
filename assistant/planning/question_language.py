"""Whether question and library are in one language, and what the user can do if not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from weakref import WeakKeyDictionary

from assistant.retrieval.chinese_reader import mostly_chinese
from corpus.i18n import tr
from corpus.language import likeliest_language
from corpus.library import Library
from index.embedder_weights import DEFAULT_MODEL
from index.pair_encoding import Pair
from index.query import STOP_WORDS

# One of those that read many languages, of the size of the default one.
MULTILINGUAL = "paraphrase-multilingual-MiniLM-L12-v2"
_NAMES = {
    "ar": tr("Arabic"), "cs": tr("Czech"), "da": tr("Danish"), "de": tr("German"),
    "el": tr("Greek"), "en": tr("English"), "es": tr("Spanish"), "fa": tr("Persian"),
    "fi": tr("Finnish"), "fr": tr("French"), "he": tr("Hebrew"), "hi": tr("Hindi"),
    "hu": tr("Hungarian"), "id": tr("Indonesian"), "it": tr("Italian"),
    "ja": tr("Japanese"), "ko": tr("Korean"), "nb": tr("Norwegian"), "nl": tr("Dutch"),
    "no": tr("Norwegian"), "pl": tr("Polish"), "pt": tr("Portuguese"), "ro": tr("Romanian"),
    "ru": tr("Russian"), "sv": tr("Swedish"), "th": tr("Thai"), "tr": tr("Turkish"),
    "uk": tr("Ukrainian"), "vi": tr("Vietnamese"), "zh": tr("Chinese"),
}  # fmt: skip
# Scripts that decide the language, and how many letters it takes, the more specific first: Japanese
# has Chinese characters too, Ukrainian and Persian have a few letters of their own.
_SCRIPTS = (
    ("ja", 1, re.compile(r"[぀-ヿ]")),
    ("zh", 2, re.compile(r"[㐀-䶿一-鿿]")),
    ("ko", 2, re.compile(r"[가-힣]")),
    ("uk", 1, re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", 2, re.compile(r"[\u0400-\u04ff]")),
    ("fa", 1, re.compile(r"[پچژگ]")),
    ("ar", 2, re.compile(r"[\u0600-\u06ff]")),
    ("el", 2, re.compile(r"[\u0370-\u03ff]")),
    ("he", 2, re.compile(r"[\u0590-\u05ff]")),
    ("th", 2, re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", 2, re.compile(r"[\u0900-\u097f]")),
)
_WORD = re.compile(r"[^\W\d_]+")
# Function words. Names and keywords have none; an English question has only those that English
# shares, and more of its own.
_FUNCTION_WORDS = {
    "de": "der die das den dem des ein eine einen wer wie was wann wo warum welche welcher welches "
    "wieviel viel viele hat haben ist sind wird werden wurde wurden nicht und oder für von vom zum "
    "zur mit über auf bei nach aus im am sich kann gibt es laut zwischen",
    "es": "el la los las un una qué quién quiénes cuál cuáles cuánto cuánta cuántos cuántas cómo "
    "cuánto cuándo dónde que es son fue está han ha para por con del al en de se según entre sobre",
    "fr": "le la les un une des du de est sont qui que quoi quel quelle quels quelles combien "
    "comment pourquoi quand où et ou pour par avec dans sur aux au en ce cette ces il elle elles "
    "ont été selon entre qu",
    "it": "il lo la gli le un una di del della dei delle che chi cosa quale quali quanto quanti "
    "quante come quando dove perché sono ha hanno stato per con nel nella da dal al sono tra",
    "nl": "de het een wie wat hoe waar wanneer waarom welke welk hoeveel is zijn heeft hebben werd "
    "worden niet en of voor van met op bij naar uit tussen volgens",
    "pt": "os as um uma quem qual quais quanto quantos quantas como quando onde que são foi "
    "não e ou para por com do da dos das no na nos nas em de segundo entre",
}
_FUNCTION_WORD_SETS = {code: frozenset(words.split()) for code, words in _FUNCTION_WORDS.items()}
# Words of one letter occur in too many languages, and in abbreviations.
_ENGLISH_FUNCTION_WORDS = frozenset(word for word in STOP_WORDS if len(word) > 1)
# Question words of one language each: as the first word they decide alone.
_QUESTION_WORDS = frozenset(
    "qui combien pourquoi quand quel quelle quels quelles wer wieviel warum wann welche welcher "
    "welches quién cuándo cuánto cuál quale quali dove quem quais waarom wanneer hoeveel".split()
)
_ENGLISH_QUESTION_WORDS = frozenset(
    "who whom whose what when where why which how is are was were did".split()
)
# Languages in Latin letters that have no function words here.
_OTHER_LATIN = tuple(
    sorted(_NAMES.keys() - _FUNCTION_WORD_SETS.keys() - {code for code, *_ in _SCRIPTS} - {"en"})
)
# The number of function words that makes a language certain; the least number of words after which
# a first question word decides, and the model of corpus.language is asked; its least probability.
_LEAST_FUNCTION_WORDS = 2
_LEAST_AFTER_QUESTION_WORD, _LEAST_FOR_MODEL = 3, 5
_SURE = 0.6
# The share of the documents from which a language counts as one of the library's.
_HOME_SHARE = 0.5


def language_note(
    question: str, languages: Mapping[str, int], *, embedder: str = DEFAULT_MODEL
) -> str:
    """Return one line that says how the languages of question and library differ, or "".

    `languages` counts the library's documents by ISO 639-1 code ("" for unknown). `embedder` is the
    one in use: one that is not the default was chosen, and may read the question's language. The
    line is "" too if the question is too short to tell, or half of the documents are in its
    language.
    """
    language = question_language(question)
    counts = Counter({code: number for code, number in languages.items() if code and number})
    if not language or not counts or counts[language] >= _HOME_SHARE * counts.total():
        return ""
    most = counts.most_common(1)[0][0]
    yours, theirs = _name(language), _name(most)
    line = tr(
        "Your question is in {yours} and the library is in {theirs}: ask in {theirs}",
        yours=yours,
        theirs=theirs,
    )
    if counts[language]:
        line = tr(
            "Your question is in {yours} and most of the library is in {theirs}: ask in both",
            yours=yours,
            theirs=theirs,
        )
    if embedder != DEFAULT_MODEL:
        return line
    return tr(
        "{line}, or set BRIEFING_EMBEDDER and BRIEFING_RERANKER to models that read "
        "both ({model} embeds many languages) and run: briefing doctor --reembed",
        line=line,
        model=MULTILINGUAL,
    )


def is_foreign(pair: Pair) -> bool:
    """Say whether a question is not in English, the reader's language, or a passage is Chinese.

    Other languages of a passage are not detected: an English question over a German one is read.
    """
    language = question_language(pair.question)
    return language not in ("", "en") or mostly_chinese(" ".join(pair.sentences))


def languages_of(library: Library) -> dict[str, int]:
    """Return how many documents of a library are in each language, "" for unknown.

    They are counted once for each generation of the library: 14,000 documents take a second.
    """
    generation = library.generation
    known = _COUNTED.get(library)
    if known is None or known[0] != generation:
        reports = library.extraction_reports([one.id for one in library.entries()])
        known = _COUNTED[library] = (
            generation,
            dict(Counter(one.language for one in reports.values())),
        )
    return dict(known[1])


# By library: a generation of it, and what `languages_of` counted then.
_COUNTED: WeakKeyDictionary[Library, tuple[int, dict[str, int]]] = WeakKeyDictionary()


@lru_cache(maxsize=256)
def question_language(question: str) -> str:
    """Return the ISO 639-1 code of the language of a question, "" if it cannot be told.

    A script other than Latin decides, unless English words surround a foreign name. In Latin
    letters two function words decide, and for languages without any here the model of
    corpus.language, from five words on.
    """
    words = _WORD.findall(question)
    # A capital within a question is a name's: "El Salvador Los Alamos".
    lower_case_words = {
        *(word for word in words if word.islower()),
        *(word.lower() for word in words[:1]),
    }
    english_count = len(_ENGLISH_FUNCTION_WORDS & lower_case_words)
    for code, letters, script in _SCRIPTS:
        if len(script.findall(question)) >= letters and english_count < _LEAST_FUNCTION_WORDS:
            return code
    if "¿" in question:
        return "es"
    counts = {
        code: len(function_words & lower_case_words)
        for code, function_words in _FUNCTION_WORD_SETS.items()
    }
    most = max(counts.values())
    if english_count and english_count >= most:
        asks = words[0].lower() in _ENGLISH_QUESTION_WORDS or question.rstrip().endswith("?")
        return (
            "en"
            if english_count >= _LEAST_FUNCTION_WORDS or (asks and english_count > most)
            else ""
        )
    if most >= _LEAST_FUNCTION_WORDS:
        closest = [
            code for code, count in counts.items() if count >= max(_LEAST_FUNCTION_WORDS, most - 1)
        ]
        # "que" and "de" occur in several languages: the model says which it is.
        return likeliest_language(question, closest)[0]
    if english_count:
        return ""
    if len(words) >= _LEAST_AFTER_QUESTION_WORD and words[0].lower() in _QUESTION_WORDS:
        return max(counts, key=lambda code: counts[code])
    if len(words) < _LEAST_FOR_MODEL:
        return ""
    code, share = likeliest_language(question, _OTHER_LATIN)
    return code if share >= _SURE else ""


def _name(code: str) -> str:
    return _NAMES.get(code, tr("the language {code}", code=code))
