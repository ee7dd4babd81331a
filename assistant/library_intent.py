"""What a question asks about the library itself, by patterns in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.date_mentions import date_mentions

_DOCUMENTS = (
    r"(?:documents?|docs?|reports?|articles?|papers?|files?|sources?|publications?|stud(?:y|ies)|"
    r"filings?|fact sheets?|pdfs?|web ?pages?|spreadsheets?|emails?|slides|materials?)"
)
_FORMATS = {"pdf": "pdf", "web page": "html", "webpage": "html", "spreadsheet": "table",
            "email": "email", "slide": "slides"}  # fmt: skip
_LIBRARY = r"(?:the|this|my|your|our) (?:starter )?(?:library|collection|corpus|knowledge base)"
_HAVE = (
    rf"(?:do (?:you|we|i) (?:have|hold)|have (?:you|we|i) got|does {_LIBRARY} "
    r"(?:have|hold|contain|include))"
)
_IN_LIBRARY = (
    rf"(?:{_HAVE}|(?<!do )(?:you|we|i) have|(?:are|is) there|did (?:i|we) (?:add|upload)|"
    r"have (?:i|we) (?:added|uploaded)|"
    rf"can you (?:see|search|read)|(?:are|is) (?:held |available )?in {_LIBRARY})"
)
_NEWEST = r"(?:newest|latest|most recent|last added)"
_OLDEST = r"(?:oldest|earliest)"
_PATTERNS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("abilities", r"(?:what (?:can|do) you do|what (?:else )?are you able to do|help|"
         r"(?:who|what) are you|how can you help(?: me)?|what can (?:i|we) ask(?: you)?(?: about)?|"
         r"how (?:do|does) (?:you|this) work|how (?:do|can|should) i use (?:this|you)|"
         r"hi|hello|hey)(?: there)?"),
        ("contents", rf"(?:what(?:'s| is| are)? (?:there )?in(?:side)? (?:{_LIBRARY}|here)|"
         rf"what {_HAVE}(?: here| in {_LIBRARY})?|what is {_LIBRARY} about|"
         rf"(?:tell me about|describe) {_LIBRARY}|how (?:big|large) is {_LIBRARY}|"
         r"what (?:topics|themes|subjects)(?: do you (?:cover|have)| are (?:covered|there)| "
         rf"does {_LIBRARY} cover)?)"),
        ("publishers", r"(?:(?:what|which|how many|list|show)(?: me)?(?: all)?(?: the)? "
         r"(?:different )?publishers"
         rf"(?: {_IN_LIBRARY}| are represented)?(?: in {_LIBRARY})?|who (?:has )?"
         rf"(?:published|wrote) (?:these|your|my) {_DOCUMENTS}|"
         rf"where do (?:these|the|your|my) {_DOCUMENTS} come from|"
         rf"who are (?:the|your) publishers)"),
        ("oldest", rf"(?:(?:what|which)(?:'s| is| are)? )?(?:the|your|our)? ?{_OLDEST}"
         rf"(?P<before> [^,]*?)? (?P<noun>{_DOCUMENTS})(?P<tail>(?: .*)?)"),
        ("newest", rf"(?:(?:what|which)(?:'s| is| are)? |show me )?(?:the|your|our)? ?{_NEWEST}"
         rf"(?P<before> [^,]*?)? (?P<noun>{_DOCUMENTS})(?P<tail>(?: .*)?)"),
        ("newest", rf"(?:what|which) (?P<noun>{_DOCUMENTS})(?P<tail>(?: .*?)?) (?:is|are) "
         rf"(?:the )?{_NEWEST}"),
        ("oldest", rf"(?:what|which) (?P<noun>{_DOCUMENTS})(?P<tail>(?: .*?)?) (?:is|are) "
         rf"(?:the )?{_OLDEST}"),
        ("list", rf"(?P<amount>what|which|how many)(?: other)?(?P<before> .*?)? "
         rf"(?P<noun>{_DOCUMENTS})(?P<tail>(?: .*?)?) {_IN_LIBRARY}(?P<more>(?: .*)?)"),
        ("list", rf"what {_HAVE} (?P<tail>(?:about|on|from|by) .*)"),
        ("list", rf"{_HAVE} (?:any|some|an?|more|other)?(?P<before> .*?)? ?"
         rf"(?P<noun>\b{_DOCUMENTS}|\b(?:any|some)thing(?: else)?)(?P<tail>(?: .*)?)"),
        ("loose", rf"(?:is|are) there (?:any|some|an?)?(?P<before> .*?)? ?"
         rf"(?P<noun>\b{_DOCUMENTS})(?P<tail>(?: .*)?)"),
        ("list", rf"(?:list|show|name|give)(?: me)?(?: a list of)?(?: all)?(?: of)?"
         r"(?: the| your| my)?"
         rf"(?P<before> .*?)? (?P<noun>(?=[\w ]+s\b){_DOCUMENTS})(?P<tail>(?: .*)?)"),
        ("loose", rf"(?P<noun>{_DOCUMENTS})(?P<tail> .*)"),
        ("loose", rf"(?P<amount>what|which|how many)(?P<before> .*?)? (?P<noun>{_DOCUMENTS}) "
         r"(?P<tail>(?:mention|discuss|cover|talk about|deal with|concern|address|describe|"
         r"(?:are|is|were|was) (?:about|on|from|by|published))(?:e?s)? .*)"),
        # 关于……的文件有哪些；有哪些关于……的文件；有没有……的报告
        ("list", r"(?:请问)?(?:你|你们|资料库|库)?(?:里|中)?(?:现在)?(?:都)?(?:有|收录了)"
         r"(?P<amount>没有|哪些|什么|多少|几)(?:篇|份|个)?(?:(?:关于|有关|涉及)(?P<topic>.+?)的?)?"
         r"(?:文件|文档|报告|文章|论文|材料)(?:吗)?"),
        ("list", r"(?:请问)?(?:列出)?(?:所有)?(?:关于|有关|涉及)(?P<topic>.+?)的?"
         r"(?:文件|文档|报告|文章|论文|材料)(?:(?:你|你们|资料库里?)?有(?P<amount>哪些|什么|多少|几)"
         r"(?:篇|份|个)?)?"),
        ("list", r"(?:请问)?(?:你|你们|资料库|库)?(?:里|中)?有(?:没有|什么)?"
         r"来自(?P<publisher>.+?)的"
         r"(?:文件|文档|报告|文章|论文|材料|内容)(?:吗)?"),
        ("newest", r"最新的?(?:关于(?P<topic>.+?)的)?(?:文件|文档|报告|文章|论文)"
         r"(?:是(?:什么|哪一?[篇份个]))?"),
        ("oldest", r"最(?:早|旧)的?(?:关于(?P<topic>.+?)的)?(?:文件|文档|报告|文章|论文)"
         r"(?:是(?:什么|哪一?[篇份个]))?"),
        ("publishers", r"(?:资料库)?(?:里|中)?(?:都)?有(?:哪些|什么|多少)(?:个)?"
         r"(?:出版者|发布者|发布机构|"
         r"出版机构|发布方|来源机构)|(?:这些)?(?:文件|文档|资料)(?:都)?(?:是谁发布的|来自哪里)"),
        ("contents", r"(?:这个|你的)?(?:资料库|文库|库)(?:里面|里|中)?(?:都)?"
         r"有(?:些)?什么(?:内容)?|"
         r"你(?:都)?有(?:些)?什么|(?:有|包括)哪些(?:主题|专题)"),
        ("abilities", r"你(?:能|会|可以)(?:做|干|帮我做)(?:些)?什么|你是谁|"
         r"(?:怎么|如何)使?用(?:你|这个)?|帮助|你好"),
    )
)  # fmt: skip
_COURTESY = re.compile(
    r"^(?:(?:hi|hello|hey|ok|so|and|please)[,!]? +|(?:can|could|would) you (?:please )?"
    r"(?=tell|list|show|name)|(?:please )?tell me (?=what|which|how|who))+",
    re.IGNORECASE,
)
_FILLER = re.compile(
    rf"(?:^| )(?:in (?:{_LIBRARY}|total|all)|here|altogether|so far|available|right now|currently|"
    r"at the moment|that you have)(?= |$)",
    re.IGNORECASE,
)
_ABOUT = (
    r"about|on|regarding|concerning|covering|related to|relating to|dealing with|mentioning|"
    r"discussing|(?:that |which )?(?:mentions?|discuss(?:es)?|covers?|talks? about|deals? with|"
    r"concerns?|address(?:es)?|describes?|(?:are|is|were|was) (?:about|on))"
)
_BOUND = re.compile(
    rf"(?:^| )(?:(?P<about>{_ABOUT})|(?P<by>(?:(?:are|is|were|was) )?(?:published by|written by|"
    r"issued by|from|by))|(?P<since>(?:published )?(?:since|after))|(?P<until>(?:published )?"
    r"(?:before|until))|(?P<within>(?:(?:are|is|were|was) )?(?:published|dated)(?: in| on)?|in|"
    r"during))(?= )",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LibraryIntent:
    """What a question asks of the catalogue.

    `kind` is "list", "newest", "oldest", "publishers", "contents" or "abilities"; `format` is one
    of `Source.kind`. `loose` says that it may also be a question about the documents' content, so
    that it counts only if documents are found.
    """

    kind: str
    topic: str = ""
    publisher: str = ""
    since: str = ""
    until: str = ""
    format: str = ""
    loose: bool = False


def library_intent(text: str, publishers: Sequence[str] = ()) -> LibraryIntent | None:
    """Return what a question asks of the catalogue; None for a question about the content.

    `publishers` are those of the library; they distinguish "CRS reports" from "reports on chips".
    """
    plain = " ".join(text.split()).strip(' ?!.？！。"“”').replace("’", "'")
    plain = re.sub(r",? please$", "", _COURTESY.sub("", plain) or plain, flags=re.IGNORECASE)
    for kind, pattern in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found is None:
            continue
        groups = {name: (value or "").strip() for name, value in found.groupdict().items()}
        intent = LibraryIntent(
            "list" if kind == "loose" else kind,
            groups.get("topic", ""),
            groups.get("publisher", ""),
            format=_FORMATS.get(groups.get("noun", "").lower().rstrip("s"), ""),
            loose=kind == "loose",
        )
        return _with_bounds(intent, groups, publishers)
    return None


def _with_bounds(
    intent: LibraryIntent, groups: dict[str, str], publishers: Sequence[str]
) -> LibraryIntent | None:
    """Return the intent with the bounds given around the noun; None if the words do not fit."""
    before = re.sub(
        r"\b(?:of|the|your|new|different|all|me)\b", "", groups.get("before", "")
    ).strip()
    if groups.get("noun", "").lower().startswith("fact sheet"):
        before = f"{before} fact sheet".strip()
    file_format = _FORMATS.get(before.lower().rstrip("s"), "")
    if day := _iso_date(before):
        intent = replace(intent, since=day, until=day)
    elif publishers_named(before, publishers):
        intent = replace(intent, publisher=before)
    elif file_format:
        intent = replace(intent, format=file_format)
    elif before:
        intent = replace(intent, topic=before)
    tail = _FILLER.sub("", f"{groups.get('tail', '')} {groups.get('more', '')}".strip()).strip()
    if not tail:
        return intent
    marks = list(_BOUND.finditer(tail))
    if not marks or marks[0].start() > 0:
        return None
    ends = [one.start() for one in marks[1:]] + [len(tail)]
    for mark, end in zip(marks, ends, strict=True):
        bounded = _with_bound(intent, mark, tail[mark.end() : end].strip(" ,"), publishers)
        if bounded is None:
            return None
        intent = bounded
    return intent


def _with_bound(
    intent: LibraryIntent, mark: re.Match[str], value: str, publishers: Sequence[str]
) -> LibraryIntent | None:
    """Return the intent with the bound that a preposition begins; None if it does not fit."""
    day, preposition = _iso_date(value), mark.lastgroup
    if day and preposition != "about":
        since = intent.since if preposition == "until" else day
        return replace(intent, since=since, until=intent.until if preposition == "since" else day)
    if preposition == "about" and not intent.topic:
        return replace(intent, topic=value)
    if preposition == "by" and (publishers_named(value, publishers) or not intent.topic):
        return replace(intent, publisher=value)
    if intent.topic and not (intent.loose and preposition == "within"):
        # "About exports from China to Iran": these words belong to the topic.
        return replace(intent, topic=f"{intent.topic}{mark[0]} {value}")
    return None


def _iso_date(text: str) -> str:
    """Return the ISO date that a text states, "" if it is not a date."""
    found = date_mentions(f"in {text}")
    if len(found) != 1 or found[0].year is None or found[0].text.strip() != text:
        return ""
    one = found[0]
    parts = [f"{one.year}", *(f"{value:02}" for value in (one.month, one.day) if value)]
    return "-".join(parts)


def publishers_named(name: str, publishers: Sequence[str]) -> list[str]:
    """Return the publishers that a name means: all words of it, or its initials ("CRS")."""
    small = {"the", "of", "and", "for", "s", "us", "u"}
    wanted = [one for one in re.findall(r"\w+", name.casefold()) if one not in small]
    found = []
    for publisher in publishers:
        words = [one for one in re.findall(r"\w+", publisher.casefold()) if one not in small]
        initials = "".join(word[0] for word in words)
        short = len(wanted) == 1 and len(wanted[0]) > 2 and wanted[0] == initials
        if wanted and (set(wanted) <= set(words) or short):
            found.append(publisher)
    return found
