"""Questions about the library itself, answered from its catalogue: what there is, about what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answer import Answer, Citation, Claim, Question
from assistant.library_intent import LibraryIntent, library_intent, publishers_named
from assistant.planning.phrases import capitalised_phrases
from assistant.planning.query_rewriting import Turn
from assistant.workspace import Workspace
from corpus.catalogue import Entry
from corpus.citation_line import citation_line
from corpus.document import Source
from corpus.i18n import tr
from corpus.partial_dates import within
from corpus.sentences import sentences
from index.filters import Filters
from index.keyword_index import stems
from index.query import STOP_WORDS, Concept, content_words

# Passages searched for the documents on a topic, and documents that are listed at most.
_PASSAGES_SEARCHED = 100
_MOST_LISTED = 10
# The engine name of answers from the catalogue.
CATALOGUE = "catalogue"
_HAN = re.compile(r"[一-鿿]")
# As a topic these refer to the previous question.
_PRONOUNS = frozenset("it this that them these those him her".split())
# Chinese function characters: a question made of them names nothing.
_CHINESE_STOPS = frozenset(
    "的了是吗呢吧啊呀么什怎谁哪几多少这那它他她们你我您请和与及或也都就还在有没不为何样个之其"
)


def names_nothing(text: str) -> bool:
    """Say whether a text has no word that could be searched for: "and the?", "???", "的"."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower().replace("’", "'"))
    return all(word in STOP_WORDS or set(word) <= _CHINESE_STOPS for word in words)


def ask_for_more(question: Question) -> Answer:
    """Return the answer to a question that names nothing to look for."""
    notice = tr("Say more: name a person, a thing or an event that the answer should be about.")
    return Answer(question.text, "declined", engine=CATALOGUE, notice=notice)


def library_answer(workspace: Workspace, question: Question) -> Answer | None:
    """Return the answer from the catalogue; None where the question is not about the library.

    Raises what `Workspace.retriever` and `Retriever.search` raise.
    """
    entries = admitted_documents(workspace, question)
    publishers = list(
        dict.fromkeys(one.source.publisher for one in entries if one.source.publisher)
    )
    intent = library_intent(question.text, publishers)
    if intent is None:
        return None
    if question.history and intent.topic.lower() in _PRONOUNS:
        intent = replace(intent, topic=_earlier_topic(question.history[-1], publishers))
    answers = _CatalogueAnswers(workspace, question, "zh" if _HAN.search(question.text) else "en")
    if intent.kind == "abilities":
        return answers.abilities(len(entries))
    if not entries:
        return answers.declined(tr("The library holds no document within these bounds."))
    if intent.kind == "publishers":
        return answers.publishers(entries)
    if intent.kind == "contents" or intent == LibraryIntent("list"):
        return answers.contents(entries)
    return _document_list(answers, intent, entries, publishers)


def admitted_documents(workspace: Workspace, question: Question) -> list[Entry]:
    """Return the documents within the bounds of a question, newest first."""
    filters = Filters(question.publishers, question.documents, question.since, question.as_of)
    found = [
        replace(one, source=source)
        for one in workspace.library.entries()
        if (source := filters.admitted(one)) is not None
    ]
    return sorted(found, key=lambda one: one.source.dated, reverse=True)


def _document_list(
    answers: _CatalogueAnswers,
    intent: LibraryIntent,
    entries: Sequence[Entry],
    publishers: Sequence[str],
) -> Answer | None:
    """Return an answer that lists the documents of a publisher, of a time or on a topic."""
    named = publishers_named(intent.publisher, publishers)
    kept = [
        one
        for one in entries
        if (not intent.publisher or one.source.publisher in named)
        and (not intent.format or one.source.kind == intent.format)
        and within(one.source.dated, intent.since, intent.until)
    ]
    topic = intent.topic
    if intent.publisher and not named:
        # "From Brookings": no publisher, but a title may name it.
        kept, topic = list(entries), intent.publisher
    first, more = _on_topic(answers.workspace, topic, kept) if topic else (kept, [])
    unknown_publisher = bool(intent.publisher and not named)
    if unknown_publisher:
        more = []
    if not first and not more:
        if intent.loose:
            return None
        if unknown_publisher:
            listing = ", ".join(publishers[:_MOST_LISTED]) or "–"
            notice = tr(
                "The library has no document from {publisher}. Its publishers: {publishers}.",
                publisher=intent.publisher,
                publishers=listing,
            )
            return answers.declined(notice)
        newest = entries[0].source.title
        return answers.declined(
            tr("The library has no such document. Its newest is “{title}”.", title=newest)
        )
    if intent.kind in ("newest", "oldest"):
        return answers.newest_or_oldest(first or more, intent.kind)
    return answers.listing(first, more, topic, unknown_publisher=unknown_publisher)


def _earlier_topic(turn: Turn, publishers: Sequence[str]) -> str:
    """Return the topic of an earlier question: as stated, its last name, or its words."""
    text = turn.whole or turn.question
    if (intent := library_intent(text, publishers)) is not None:
        return intent.topic
    named = capitalised_phrases(text)
    return named[-1].text if named else " ".join(content_words(text))


def _on_topic(
    workspace: Workspace, topic: str, entries: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """Return the documents whose title or headings name a topic, and others that mention it."""
    query = workspace.retriever.query(topic)
    wanted = query.concepts
    in_titles = {one.id for one in entries if _covers(wanted, one.source.title)}
    filters = Filters(documents=tuple(one.id for one in entries))
    in_texts: set[str] = set()
    found = (
        workspace.retriever.search(query, limit=_PASSAGES_SEARCHED, filters=filters)
        if entries
        else []
    )
    for one in found:
        headings = f"{one.source.title} {one.passage.heading}"
        if _covers(wanted, headings):
            in_titles.add(one.passage.document)
        elif _covers(wanted, f"{headings} {one.passage.text}"):
            in_texts.add(one.passage.document)
    first = [one for one in entries if one.id in in_titles]
    return first, [one for one in entries if one.id in in_texts - in_titles]


def _covers(wanted: Sequence[Concept], text: str) -> bool:
    present = frozenset(stems(text))
    return bool(wanted) and all(one.covered(present) >= one.weight for one in wanted)


class _CatalogueAnswers:
    """Writes answers from the catalogue, in the language of the question."""

    def __init__(self, workspace: Workspace, question: Question, language: str) -> None:
        self.workspace = workspace
        self._question = question
        self._chinese = language == "zh"

    def _answer(self, claims: Sequence[tuple[str, Entry | None]]) -> Answer:
        """Return an answer of sentences, each citing the document that is given with it."""
        citations: list[Citation] = []
        finished = []
        for text, entry in claims:
            if entry is not None:
                citations.append(beginning_cited(self.workspace, entry, len(citations) + 1))
            finished.append(Claim(text, (len(citations),) if entry else (), "supported"))
        return Answer(
            self._question.text, "answered", tuple(finished), tuple(citations), engine=CATALOGUE
        )

    def declined(self, notice: str) -> Answer:
        return Answer(self._question.text, "declined", engine=CATALOGUE, notice=notice)

    def _in_language(self, english: str, chinese: str) -> str:
        return chinese if self._chinese else english

    def _lines(self, entries: Sequence[Entry]) -> Iterator[tuple[str, Entry | None]]:
        titles = Counter(one.source.title for one in entries)
        for one in entries:
            form = one.source.kind if titles[one.source.title] > 1 else ""
            yield self._line(one.source, form), one

    def _line(self, source: Source, form: str = "") -> str:
        comma = "，" if self._chinese else ", "
        about = citation_line(source, form, fields=("publisher", "dated"), comma=comma)
        if self._chinese:
            return f"《{source.title}》" + (f"（{about}）" if about else "") + "。"
        return f"“{source.title}”" + (f", {about}" if about else "") + "."

    def listing(
        self,
        first: Sequence[Entry],
        more: Sequence[Entry],
        topic: str,
        *,
        unknown_publisher: bool = False,
    ) -> Answer:
        """Return a list of documents, those that name the topic first."""
        documents = _counted(len(first) + len(more))
        if unknown_publisher:
            lead = self._in_language(
                f"No publisher is called {topic}; {documents} with it in the title or a heading:",
                f"没有名为{topic}的发布者；标题或小标题中提到它的文档有 {len(first)} 篇：",
            )
        elif not topic:
            lead = self._in_language(f"The library has {documents}, newest first:",
                              f"资料库中有 {len(first)} 篇，最新的在前：")  # fmt: skip
        elif first and more:
            lead = self._in_language(
                f"The library has {_counted(len(first))} with “{topic}” in the title or a heading, "
                f"and the search finds it in {len(more)} more:",
                f"标题或小标题中有“{topic}”的文档有 {len(first)} 篇，另有 {len(more)} 篇提到它：",
            )
        elif first:
            lead = self._in_language(
                f"The library has {documents} with “{topic}” in the title or a heading:",
                f"标题或小标题中有“{topic}”的文档有 {len(first)} 篇：",
            )
        else:
            lead = self._in_language(
                f"No title names “{topic}”; the search finds it in {documents}:",
                f"没有标题提到“{topic}”；搜索发现有 {len(more)} 篇提到它：",
            )
        documents_found = [*first, *more]
        claims = [(lead, None), *self._lines(documents_found[:_MOST_LISTED])]
        if (rest := len(documents_found) - _MOST_LISTED) > 0:
            claims.append((self._in_language(f"And {rest} more.", f"另有 {rest} 篇。"), None))
        return self._answer(claims)

    def newest_or_oldest(self, entries: Sequence[Entry], kind: str) -> Answer:
        """Return the newest or the oldest document and the next two; undated ones last."""
        dated = [one for one in entries if one.source.dated]
        dated = dated[::-1] if kind == "oldest" else dated
        shown = list(self._lines((dated or list(entries))[:3]))
        word = self._in_language("newest" if kind == "newest" else "oldest",
                          "最新" if kind == "newest" else "最早")  # fmt: skip
        first = (
            self._in_language(f"The {word}: {shown[0][0]}", f"{word}的是{shown[0][0]}"),
            shown[0][1],
        )
        return self._answer([first, *shown[1:]])

    def publishers(self, entries: Sequence[Entry]) -> Answer:
        """Return the publishers with the number of documents, each with its newest."""
        newest: dict[str, Entry] = {}
        for one in entries:
            newest.setdefault(one.source.publisher, one)
        counts = Counter(one.source.publisher for one in entries)
        unnamed = counts.pop("", 0)
        claims: list[tuple[str, Entry | None]] = [
            (
                self._in_language(f"{name}: {_counted(count)}.", f"{name}：{count} 篇。"),
                newest[name],
            )
            for name, count in counts.most_common(_MOST_LISTED)
        ]
        if rest := max(0, len(counts) - _MOST_LISTED):
            claims.append((self._in_language(f"And {rest} more publishers.",
                                      f"另有 {rest} 个发布者。"), None))  # fmt: skip
        if unnamed:
            claims.append((self._in_language(f"{_counted(unnamed)} without a named publisher.",
                                      f"{unnamed} 篇未注明发布者。"), None))  # fmt: skip
        return self._answer(claims)

    def contents(self, entries: Sequence[Entry]) -> Answer:
        """Return the number of documents, their dates, publishers and themes, and the newest."""
        dates = sorted(one.source.dated for one in entries if one.source.dated)
        span = self._in_language(f", dated {dates[0]} to {dates[-1]}",
                          f"，日期从 {dates[0]} 到 {dates[-1]}") if dates else ""  # fmt: skip
        claims: list[tuple[str, Entry | None]] = [
            (self._in_language(f"The library has {_counted(len(entries))}{span}.",
                        f"资料库中有 {len(entries)} 篇文档{span}。"), None)
        ]  # fmt: skip
        language = "zh" if self._chinese else "en"
        themes = Counter(one.source.theme for one in self.workspace.with_themes(entries))
        kinds = [
            (self._in_language("Publishers", "发布者"),
             Counter(one.source.publisher for one in entries)),
            (self._in_language("Themes", "主题"), Counter(
                {self.workspace.themes.named(key, language): count for key, count in themes.items()
                 if key})),
        ]  # fmt: skip
        for name, counts in kinds:
            counts.pop("", None)
            if counts:
                listed = [f"{one} ({count})" for one, count in counts.most_common(_MOST_LISTED)]
                claims.append((self._in_language(f"{name}: {', '.join(listed)}.",
                                          f"{name}：{'，'.join(listed)}。"), None))  # fmt: skip
        lines = list(self._lines(entries[:3]))
        newest = self._in_language(f"The newest: {lines[0][0]}", f"最新的是{lines[0][0]}")
        return self._answer([*claims, (newest, lines[0][1]), *lines[1:]])

    def abilities(self, count: int) -> Answer:
        """Return what can be asked."""
        english = (
            f"I answer questions from the {_counted(count)} of this library, and show the words "
            "that each sentence rests on.",
            "I say so where the library does not answer.",
            "I list what there is on a topic, from a publisher or a time, summarise a document, "
            "and write a briefing memo.",
        )
        chinese = (
            f"我根据资料库中的 {count} 篇文档回答问题，并显示每句话所依据的原文。",
            "资料库没有答案时，我会说明。",
            "我可以列出某个主题、发布者或时期的文档，概括一篇文档，或撰写简报。",
        )
        return self._answer([(one, None) for one in (chinese if self._chinese else english)])


def _counted(count: int) -> str:
    return f"{count:,} document{'s' * (count != 1)}"


def beginning_cited(workspace: Workspace, entry: Entry, number: int) -> Citation:
    """Return a document cited by its title where its text has it, or by its first sentence."""
    document = workspace.library.document(entry.id)
    position = document.text.find(entry.source.title, 0, 2_000) if entry.source.title else -1
    spans = (
        [(position, position + len(entry.source.title))]
        if position >= 0
        else sentences(document.text[:4_000])
    )
    start, end = spans[0] if spans else (0, 0)
    page = document.page_at(start)
    return Citation(
        number=number,
        document=entry.id,
        source=entry.source,
        page=page,
        heading="",
        quote=document.text[start:end],
        start=start,
        end=end,
        folio=document.folio(page),
    )
