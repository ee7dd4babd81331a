"""The main sentences of one document that a question asks to be summarised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from assistant.answer import Answer, Citation, Claim, Question
from assistant.extractive_engine import ExtractiveEngine
from assistant.library_intent import publishers_named
from assistant.library_questions import admitted_documents
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.document import Passage
from corpus.i18n import tr
from index.evidence import Evidence
from index.keyword_index import stems
from index.query import STOP_WORDS

_MOST_SENTENCES = 5
# Sentences that are embedded: a paper's abstract and introduction, and its core passages.
_MOST_EMBEDDED = 60
# These numbers are set by hand, on the documents of the starter library.
# Added to a sentence's cosine with the mean of the document's passages if it is in a section that
# sums up, or among the first of the document.
_SUMS_UP_BONUS = 0.15
_LEADING_BONUS = 0.1
# Added to the share of a title that is named if it has the kind of document asked for ("fact
# sheet"), and the difference up to which the user is asked which of two documents is meant.
_DOCUMENT_KIND_BONUS = 0.2
_TIE = 0.2
# What a sentence loses for repeating a chosen one, as a share of their cosine.
_REPETITION_PENALTY = 0.5
_SUMS_UP = re.compile(
    r"abstract|summary|introduction|overview|conclusions?|key (?:points|findings|takeaways)|"
    r"purpose|at a glance|bottom line|摘要|概述|结论|引言",
    re.IGNORECASE,
)
_BACK_MATTER = re.compile(
    r"references|bibliography|acknowledge?ments|appendix|contents|author|contact|about this|"
    r"footnotes|licen[cs]e|citation|sources|参考文献|附录",
    re.IGNORECASE,
)
# A sentence that begins so needs the one before it.
_NEEDS_PREVIOUS = re.compile(
    r"(?:it|its|this|that|these|those|they|their|he|she|his|her|such|however|moreover|furthermore|"
    r"also|but|and|so|then|thus|therefore|in addition|additionally|for example|for instance|"
    r"instead|meanwhile|(?:\w+ ){0,3}(?:this|these|those|such)"
    r"(?! (?:paper|report|work|article|document|rule|act))|here|there|as a result|similarly|"
    r"finally|second|third)\b|[它这那此其该]|因此|但是|此外",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"©|all rights reserved|copyright|https?://|www\.|\bdoi\b|@|click here|subscribe|"
    r"^(?:see|for (?:the )?purposes? of|figure|fig\.|table|box|source|note|agency|action|"
    r"for further information|dates|billing code|"
    r"topics|this (?:report|article|paper|section) "
    r"(?:compares|follows|describes|is organi[sz]ed))\b|"
    r"\[\d+\]$",
    re.IGNORECASE,
)
_NOUNS = (
    r"(?:document|doc|report|article|paper|file|publication|study|filing|fact sheet|pdf|memo|text|"
    r"executive order|order|notice|press release|readme|remarks|speech|briefing)"
)
_ASKS_FOR_SUMMARY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:summari[sz]e|sum up|condense|tl;?dr(?: of| for)?:?|(?:give me |write )?(?:an? |the )?"
        r"(?:\w+ )?(?:summary|abstract|gist|overview|tl;?dr) (?:of|for)|(?:what (?:are|were) |"
        r"give me |list )?(?:the )?(?:main|key) (?:points|findings|messages|takeaways|"
        r"arguments|conclusions) "
        r"(?:of|in|from)) (?P<what>.+)",
        r"(?P<what>.+?)[:,]? (?:summary|tl;?dr|in brief)",
        r"(?:请)?(?:总结|概括|概述|归纳)(?:一下)?(?P<what>.+)",
        r"(?P<what>.+?)(?:的)?(?:主要内容|要点|摘要|概要|大意)(?:是什么|有哪些)?",
    )
)
# Words that may also ask for an answer: they count only if one document is clearly named.
_MAY_ASK_FOR_SUMMARY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"what (?:does|do|did) (?P<what>.+?) (?:say|argue|conclude|find)",
        rf"what is (?P<what>.*\b{_NOUNS}\b.*) about",
        r"(?P<what>.+?)(?:说了|讲了|写了)(?:些)?什么",
    )
)
_NOUN = re.compile(rf"\b{_NOUNS}s?\b|文件|文档|报告|文章|论文", re.IGNORECASE)
_FILE = re.compile(r"\S+\.(?:md|pdf|html?|txt|docx|pptx|xlsx|csv|eml|mhtml|msg)\b", re.IGNORECASE)
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_LATEST = re.compile(r"\b(?:newest|latest|most recent)\b|最新", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A sentence of a document: `document.text[start:end] == text`, in the passage of a label."""

    label: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The main sentences of one document in its order, and the passages that they stand in."""

    entry: Entry
    evidence: tuple[Evidence, ...]
    sentences: tuple[SummarySentence, ...]


def summary_of(workspace: Workspace, question: Question) -> Answer | None:
    """Return the main sentences of the document that a question asks to be summarised.

    Declined where two documents are meant equally, or no file has the name that is given; None for
    any other question. Raises EmbedderError.
    """
    found = summary_evidence(workspace, question)
    if not isinstance(found, Summary):
        if not found:
            return None
        return Answer(question.text, "declined", engine=ExtractiveEngine.name, notice=found)
    claims, citations = [], []
    passages = {one.label: one.passage for one in found.evidence}
    for number, one in enumerate(found.sentences, start=1):
        passage = passages[one.label]
        citations.append(
            Citation(
                number=number,
                document=found.entry.id,
                source=found.entry.source,
                page=passage.page_at(one.start),
                heading=passage.heading,
                quote=one.text,
                start=one.start,
                end=one.end,
                folio=passage.folio_at(one.start),
            )
        )
        claims.append(Claim(one.text, (number,), "supported"))
    return Answer(
        question.text,
        "answered",
        tuple(claims),
        tuple(citations),
        found.evidence,
        engine=ExtractiveEngine.name,
        notice=tr("The main sentences of “{title}”.", title=found.entry.source.title),
    )


def summary_evidence(workspace: Workspace, question: Question) -> Summary | str:
    """Return the passages and main sentences of the document that is to be summarised.

    A text is the notice why there are none: two documents are meant equally, the file is not here.
    "" says that the question asks for no summary of one document.
    """
    asked = _summary_asked(question.text)
    if asked is None:
        return ""
    name, explicit = asked
    entries = _named_documents(name, admitted_documents(workspace, question), explicit=explicit)
    if not entries:
        file = _FILE.search(name)
        return tr("The library has no file called {name}.", name=file[0]) if file else ""
    if len(entries) > 1:
        first, second = entries[0].source, entries[1].source
        return tr(
            "Say which document: “{first}” or “{second}”.", first=first.title, second=second.title
        )
    sentences, passages = _main_sentences(workspace, entries[0])
    if not sentences:
        return ""
    labels = {passage.start: label for label, passage in enumerate(passages, start=1)}
    evidence = tuple(
        Evidence(labels[one.start], one, entries[0].source, 1.0, "") for one in passages
    )
    return Summary(
        entries[0],
        evidence,
        tuple(
            SummarySentence(
                labels[passage.start],
                start,
                end,
                passage.text[start - passage.start : end - passage.start],
            )
            for passage, start, end in sentences
        ),
    )


def _summary_asked(text: str) -> tuple[str, bool] | None:
    """Return what is to be summarised, and whether the words ask for a summary and no answer."""
    plain = " ".join(text.split()).strip(" ?!。？！").rstrip(".").replace("’", "'")
    plain = re.sub(r"^(?:please |(?:can|could|would) you (?:please )?)+", "", plain, flags=re.I)
    for explicit, patterns in ((True, _ASKS_FOR_SUMMARY), (False, _MAY_ASK_FOR_SUMMARY)):
        for pattern in patterns:
            if found := pattern.fullmatch(plain):
                return found["what"].strip(" \"“”'《》"), explicit
    return None


def _named_documents(words_given: str, entries: Sequence[Entry], *, explicit: bool) -> list[Entry]:
    """Return the document that some words name, several if they fit equally, or none."""
    if file := _FILE.search(words_given):
        name = file[0].strip("\"'“”").casefold()
        return [one for one in entries if _file_path(one).name.casefold() == name][:1]
    noun = _NOUN.search(words_given)
    if (
        len(entries) == 1
        and noun
        and re.match(r"(?:this|the|that|my) \w+$", words_given, re.IGNORECASE)
    ):
        return list(entries)
    rest = _LATEST.sub(" ", _NOUN.sub(" ", words_given))
    words = [one for one in re.findall(r"[\w.-]+", rest) if one.lower() not in STOP_WORDS]
    scored = []
    for one in entries:
        share = _title_share(words, one)
        if share is not None:
            called = noun and noun[0].casefold() in one.source.title.casefold()
            scored.append((share + _DOCUMENT_KIND_BONUS * bool(called), one))
    if not scored:
        return []
    if noun and _LATEST.search(words_given):
        return [max((one for _, one in scored), key=lambda one: one.source.dated)]
    best = max(share for share, _ in scored)
    titles = len({one.source.title.casefold() for _, one in scored})
    if not words or not _names_document(
        best, titles, len(words), noun=bool(noun), explicit=explicit
    ):
        return []
    top = [one for share, one in scored if share >= best - _TIE]
    newest: dict[str, Entry] = {}
    for one in sorted(top, key=lambda one: (one.source.dated, one.passages), reverse=True):
        # The same text in two forms, or a later version: the newest, then the fullest.
        newest.setdefault(one.source.title.casefold(), one)
    return list(newest.values())


def _names_document(best: float, titles: int, words: int, *, noun: bool, explicit: bool) -> bool:
    """Say whether words that stand in `titles` titles, in one with the share `best`, name it.

    "The export rules of 2025" is a topic. `noun` says that a document is spoken of, `explicit` that
    the words ask for a summary and for nothing else.
    """
    if not explicit:
        return best >= 0.6 or (noun and best >= 0.3)
    if noun:
        return best > 0 or titles == 1
    return best >= 0.5 or (titles == 1 and words >= 3 and best >= 0.3)


def _title_share(words: Sequence[str], entry: Entry) -> float | None:
    """Return the share of a title that some words say; None where one of them is not of it.

    A word may also be of the publisher, the date or the name of the file.
    """
    source = entry.source
    title = stems(source.title)
    dates = f"{source.dated} {_month_and_year(source.dated)}"
    other_stems = {*stems(f"{_file_path(entry).stem} {dates}"), *stems(source.publisher)}
    matched: set[str] = set()
    for word in words:
        parts = stems(word)
        # "DeepSeek-V2" is not "DeepSeek-Prover-V2".
        runs = [title[place : place + len(parts)] for place in range(len(title))]
        if parts in runs:
            matched |= set(parts)
        elif not (set(parts) <= other_stems or publishers_named(word, [source.publisher])):
            return None
    content = {stem for stem in title if stem not in STOP_WORDS}
    return len(matched & content) / max(1, len(content))


def _file_path(entry: Entry) -> PurePath:
    return PurePath(entry.source.location.rstrip("/"))


def _month_and_year(dated: str) -> str:
    """Return year and month of a date as a question writes them: "January 2025"."""
    year, _, rest = dated.partition("-")
    return f"{_MONTHS[int(rest[:2]) - 1]} {year}" if rest else year


def _main_sentences(
    workspace: Workspace, entry: Entry
) -> tuple[list[tuple[Passage, int, int]], list[Passage]]:
    """Return the main sentences of a document in its order, and the passages they stand in.

    A sentence is weighed by its cosine with the mean of the document's passages (a centroid) and
    by where it stands; those that repeat a chosen one lose (maximal marginal relevance, Carbonell
    and Goldstein 1998).
    """
    passages = workspace.library.passages_of(entry.id)
    ids, vectors = workspace.library.vectors([entry.id])
    if not ids:
        return [], []
    centre = vectors.mean(axis=0)
    centre /= float(np.linalg.norm(centre)) or 1.0
    scale = workspace.cosine_scale
    cosines = dict(zip(ids, scale(vectors @ centre).tolist(), strict=True))
    usable = [one for one in passages if not _BACK_MATTER.search(one.heading.rpartition(" › ")[2])]
    ranked = sorted(
        usable[1:],
        key=lambda one: (
            -cosines.get(one.id, 0.0) - _SUMS_UP_BONUS * bool(_SUMS_UP.search(one.heading))
        ),
    )
    spans: list[tuple[Passage, int, int, bool]] = []
    for place, passage in enumerate([*usable[:1], *ranked]):
        if len(spans) >= _MOST_EMBEDDED:
            break
        spans += [(passage, start, end, place == 0) for start, end in _standalone_spans(passage)]
    if not spans:
        return [], []
    texts = [one.text[start - one.start : end - one.start] for one, start, end, _ in spans]
    rows = np.asarray(workspace.question_embedder.embed(texts))
    gains = [
        _SUMS_UP_BONUS * bool(_SUMS_UP.search(passage.heading)) + _LEADING_BONUS * leading
        for passage, _, _, leading in spans
    ]
    scores = scale(rows @ centre) + np.array(gains)
    chosen: list[int] = []
    while len(chosen) < min(_MOST_SENTENCES, len(spans)):
        repeated = scale(rows @ rows[chosen].T).max(axis=1) if chosen else np.zeros(len(spans))
        remaining = scores - _REPETITION_PENALTY * np.maximum(repeated, 0.0)
        remaining[chosen] = -np.inf
        remaining[repeated > 0.9] = -np.inf
        best = int(np.argmax(remaining))
        if not np.isfinite(remaining[best]):
            break
        chosen.append(best)
    kept = sorted(((spans[one][:3]) for one in chosen), key=lambda one: one[1])
    by_start = {one.start: one for one, _, _ in kept}
    return kept, list(by_start.values())


def _standalone_spans(passage: Passage) -> list[tuple[int, int]]:
    """Return where in the document the sentences stand that can be read alone."""
    heading = passage.heading.rpartition(" › ")[2]
    found = []
    for start, end in passage.parts():
        text = passage.text[start:end]
        if passage.is_row(passage.start + start) or text == heading:
            continue
        chinese = len(re.findall(r"[一-鿿]", text))
        right_length = 8 <= len(text.split()) <= 60 or 12 <= chinese <= 150
        is_sentence = text.endswith((".", "。", "！", ".”", '."')) and (
            text[:1].isupper() or text[:1] in '“"' or chinese
        )
        if (
            right_length
            and is_sentence
            and not _NEEDS_PREVIOUS.match(text)
            and not _BOILERPLATE.search(text)
        ):
            found.append((passage.start + start, passage.start + end))
    return found
