"""Titles, publishers and dates that a file or web page states about itself, beside its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import dropwhile, islice
from typing import Any

from corpus.readers.blocks import clean
from corpus.readers.date_labels import LABELS, OTHER
from corpus.readers.dates import find_dates

_PROGRAM = (
    r"(?:saved by )?(?:windows )?(?:microsoft|ms)?[ ®™]*(?:office )?(?:word|excel|powerpoint|"
    r"outlook|internet explorer|publisher|onenote|edge|office|office user)|"
    r"saved by .*|(?:mozilla )?firefox|(?:google )?chrome|(?:apple )?safari|blink|"
    r"libre ?office(?: \w+)?|open ?office(?:\.org)?(?: \w+)?|wordpress(?:\.com|\.org)?|joomla!?|"
    r"drupal|hugo|jekyll|gatsby|wix(?:\.com)?|squarespace|webflow|ghost|typo3|"
    r"mediawiki|notion|google docs|"
    r"(?:adobe )?(?:indesign|acrobat(?: \w+)?|illustrator|photoshop|framemaker)(?: \w+)?|"
    r"quarkxpress|(?:pdf|xe|lua)?(?:la)?tex|dvips|ghostscript|prince|wkhtmltopdf|pandoc|typst|"
    r"python-docx|openpyxl|reportlab|apache poi|evernote|canva|keynote|pages|numbers|root|admin|"
    r"administrator|user|unknown|author|owner|guest|editor"
)
_PROGRAM_NAME = re.compile(rf"(?:{_PROGRAM})(?:[ /-]?v?\d[\w.]*)*", re.IGNORECASE)
# What programs write where nobody gave a title.
_TEMPLATE = re.compile(
    r"[(\[{<%]*(?:untitled|unnamed|anonymous|unspecified|no title|title|none|null|undefined|n/?a|"
    r"new (?:document|page|post|presentation|spreadsheet)|document|presentation|workbook|book|"
    r"sheet|slide|page|home(?: ?page)?|index|welcome|default|main|sample page|article|"
    r"hello world!?|"
    r"powerpoint[ -](?:presentation|präsentation)|présentation(?: powerpoint)?|"
    r"presentación(?: de powerpoint)?|dokument|documento|diapositive|diapositiva|folie|"
    r"just another wordpress site|insert title here|your title(?: here)?|(?:document|page) title|"
    r"title of (?:the )?(?:document|paper|report)|click to (?:add|edit).*|lorem ipsum.*|"
    r"ohne titel|unbenannt|sans titre|sin título|senza titolo|sem título|naamloos|"
    r"startseite|accueil|inicio|首页|主页|无标题(?:文档)?|未命名|文档|演示文稿|"
    r"新建 ?microsoft \w+ ?(?:文档|演示文稿|工作表)?|無題|名称未設定)[ _-]*\d*[)\]}>%]*"
    r"(?:[ _-]\(?\d+\)?)?",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?:microsoft \w+ - .*|[^\s/]+(?: [^\s/]+){0,5})"
    r"\.(?:docx?|odt|rtf|pdf|indd|tex|dvi|qxd|pptx?|xlsx?|html?|xml|xhtml|md|txt|aspx?|php|"
    r"p65|pub)|"
    r"microsoft (?:word|powerpoint|excel) - .*|[\W\d_]*",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s+(?:[|·•–—:-]|::|»|«)\s+|\s*\|\s*")
_BYLINE = re.compile(r"(?:by|von|par|por|di|door)\s+(?=[A-ZÀ-Þ])", re.IGNORECASE)


def real_title(title: str, publisher: str = "") -> str:
    """Return a title without its site's name, "" where it is a program's, a template's, a file's.

    "Pier opens | Harbour Post" of the Harbour Post is "Pier opens".
    """
    parts = [(one.start(), one.end()) for one in _PARTS.finditer(title)]
    while parts and publisher and _same(title[parts[-1][1] :], publisher):
        title = title[: parts.pop()[0]]
    if parts and publisher and _same(title[: parts[0][0]], publisher):
        title = title[parts[0][1] :]
    title = title.strip()
    nameless = any(one.fullmatch(title) for one in (_TEMPLATE, _FILE, _PROGRAM_NAME))
    return "" if nameless or (publisher and _same(title, publisher)) else title


def real_publisher(name: str) -> str:
    """Return a publisher's name, "" where it is that of a program, of a template or of an author.

    "By Ann Smith" names an author.
    """
    name = name.strip().strip("<>\"'").strip()
    for one in (_PROGRAM_NAME, _TEMPLATE, _FILE):
        if one.fullmatch(name):
            return ""
    return "" if _BYLINE.match(name) else name


def _same(part: str, publisher: str) -> bool:
    """Say whether a part of a title is the publisher's name, or that of its host."""
    one, other = _letters(part), _letters(publisher)
    if not one:
        return False
    host = re.fullmatch(r"(?:[\w-]+\.)*?([\w-]+)\.\w{2,}(?:\.\w{2})?", publisher.lower())
    names = {other, other.removeprefix("the"), _letters(host[1]) if host else other}
    return one in names or one.removeprefix("the") in names


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


_WORK = re.compile(r"Article|Posting|Report|WebPage|Page|CreativeWork|Legislation|Dataset|Book")
# These elements are about other things: comments, other articles, events.
_OTHERS = (
    "ancestor-or-self::aside or ancestor-or-self::footer or ancestor-or-self::nav or "
    "ancestor::table or ancestor-or-self::*[contains(@class, 'comment') or "
    "contains(@class, 'related') or contains(@class, 'sidebar') or contains(@class, 'widget') or "
    "contains(@class, 'event') or contains(@id, 'comment') or contains(@id, 'related')]"
)
_UNSEEN = "ancestor::script or ancestor::style or ancestor::noscript or ancestor::form"
# What SingleFile writes ahead of a page that it saved.
_SAVED = re.compile(r"^\s*saved date:\s*(\S.{8,80})", re.IGNORECASE | re.MULTILINE)
_MOST = 200
_LONGEST_LINE, _BLOCK = 160, 1_500
_FEET = 5
# Elements after the first heading that are looked at: a hostile page has a million.
_NEAR = 150
_LINES = frozenset("p div span time li small h2 dd".split())


def page_metadata(root: Any) -> dict[str, str]:
    """Return the metadata of a page by key, reduced to letters ("articlepublishedtime").

    <meta> goes before JSON-LD, that before elements marked as dates; the first value of a key wins.
    """
    said: dict[str, str] = {}

    def say(key: str, value: object) -> None:
        folded = re.sub(r"[^a-z]", "", key.lower())
        if folded and isinstance(value, str) and value.strip():
            said.setdefault(folded, value.strip())

    for meta in root.xpath("//meta[@content]")[:_MOST]:
        say(meta.get("property") or meta.get("name") or meta.get("itemprop") or "",
            meta.get("content"))  # fmt: skip
        if (meta.get("http-equiv") or "").lower() == "last-modified":
            say("lastmodified", meta.get("content"))
    for key, value in _linked_data(root):
        say(key, value)
    say("savedat", _saved_at(root))
    for one in root.xpath(
        f"//*[@itemprop='datePublished' or @itemprop='dateModified'][not({_OTHERS})]"
    )[:_MOST]:
        say(one.get("itemprop"), one.get("content") or one.get("datetime") or one.text_content())
    for one in root.xpath(f"//time[@datetime][not({_OTHERS})]")[:_MOST]:
        if key := _key_of_time(one):
            say(key, one.get("datetime"))
    for foot in root.xpath("//footer")[:_FEET]:
        lines = [clean(text) for text in foot.itertext()]
        say("updated", find_dates("\n".join(lines)[:_BLOCK], language=language_of(root)).updated)
    return said


def _saved_at(root: Any) -> str:
    comments = root.xpath("/comment() | /html/comment()")[:_FEET]
    found = (_SAVED.search(one.text or "") for one in comments)
    return next((one[1] for one in found if one), "")


def language_of(root: Any) -> str:
    """Return the language that a page says it is in, as a tag ("de", "en-GB"), or ""."""
    html = root if root.tag == "html" else root.find(".//html")
    stated = html.get("lang") if html is not None else ""
    land = root.xpath("string(//meta[@property='og:locale']/@content)")
    header = root.xpath(
        "string(//meta[translate(@http-equiv, 'CL', 'cl')='content-language']/@content)"
    )
    tag = str(stated or land or header or "").replace("_", "-")
    # "en" with a locale of "en-GB" is British.
    return str(land).replace("_", "-") if land and str(land).startswith(f"{tag}_") else tag


def title_block(root: Any) -> str:
    """Return the short lines that follow the first heading of a page, each on a line of its own.

    With the line of the author and the date, which what looks for articles may leave out.
    """
    heads = root.xpath(f"//h1[not({_OTHERS})]")
    if not heads:
        return ""
    lines: list[str] = []
    size = 0
    after = dropwhile(lambda one: one is not heads[0], root.iter())
    for one in islice(after, 1, _NEAR):
        if one.tag not in _LINES or one.xpath(f"boolean({_OTHERS} or {_UNSEEN})"):
            continue
        if one.xpath("boolean(.//p or .//div or .//li or .//h2 or .//table)"):
            continue
        text = clean(one.text_content())
        size += len(text)
        if size > _BLOCK or len(text) > _LONGEST_LINE:
            break
        if text and not any(text in line for line in lines):
            lines.append(text)
    return "\n".join([clean(heads[0].text_content()), *lines]) + "\n\n" if lines else ""


def _key_of_time(one: Any) -> str:
    """Return what a <time> is of: "timepublished", "modified", "" for another thing."""
    marked = f"{one.get('class') or ''} {one.get('id') or ''}".lower()
    if re.search(r"updat|modif", marked):
        return "modified"
    before = clean("".join(one.xpath("preceding-sibling::text() | preceding-sibling::*//text()")))
    before = before or clean(one.getparent().text or "")
    if any(pattern.search(before[-40:]) for _, pattern in LABELS["updated"]):
        return "modified"
    if one.get("pubdate") is not None or re.search(r"publish|entry-date|posted|dt-pub", marked):
        return "timepublished"
    labelled = any(pattern.search(before[-40:]) for _, pattern in LABELS["published"])
    # In running text a <time> is that of whatever the sentence tells.
    alone = len(before) < 40 and len(clean(one.tail or "")) < 40 and not OTHER.search(before)
    return "timepublished" if labelled or (alone and _near_head(one)) else ""


def _near_head(one: Any) -> bool:
    return bool(
        one.xpath(
            "boolean(ancestor::header or ancestor::*[contains(@class, 'meta') or "
            "contains(@class, 'byline') or contains(@class, 'date')] or "
            "(ancestor::article or ancestor::main or preceding::h1) and count(preceding::p) < 2)"
        )
    )


def _linked_data(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield dates and publisher of the work that a page's JSON-LD describes."""
    for script in root.xpath("//script[contains(@type, 'ld+json')]")[:_MOST]:
        try:
            data = json.loads(script.text or "", strict=False)
        except ValueError:
            continue
        for one in _works(data):
            for key in ("datePublished", "dateModified"):
                yield key, one.get(key)
            publisher = one.get("publisher")
            if isinstance(publisher, dict):
                yield "publisher", publisher.get("name")
            if one.get("inLanguage") and isinstance(one["inLanguage"], str):
                yield "inlanguage", one["inLanguage"]


def _works(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the works that are described themselves, not what belongs to them: articles first."""
    found = data if isinstance(data, list) else [data]
    plain = [
        one
        for group in found
        if isinstance(group, dict)
        for one in (group["@graph"] if isinstance(group.get("@graph"), list) else [group])
        if isinstance(one, dict)
    ]
    works = [one for one in plain if _WORK.search(str(one.get("@type", "")))]
    yield from sorted(works, key=lambda one: "WebPage" in str(one.get("@type")))
