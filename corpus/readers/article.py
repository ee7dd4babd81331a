"""The article of a web page: the element with its text, without the navigation around it.

An extractor (trafilatura) says which texts are the article's, but flattens its tables and drops
what it does not know. So it only locates the article: the element that holds what it found is
read by our own code, without navigation, related links and the like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corpus.readers.hidden import remove
from corpus.readers.html_tables import is_table, name_of

# The part of the article is the innermost that holds so much of what the extractor found.
_HOLDS = 0.95
# Shorter texts occur in many places of a page.
_TELLING = 25
_ROLES = frozenset("navigation search banner contentinfo menu menubar toolbar dialog".split())
_ALWAYS = frozenset("nav menu dialog".split())
_CLASSES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navbox|navigation|menu|breadcrumbs?|sidebar|shar(?:e|ing)|social|"
    r"related|recommend(?:ed|ations?)|newsletter|subscri(?:be|ption)|sign-?up|cookies?|consent|gdpr|"
    r"comments?|promo|advert(?:isement)?s?|ads?|banner|sponsored|pagination|pager|popular|trending|"
    r"most-read|read-?(?:more|next)|more-(?:stories|news|articles)|skip-link|popup|modal|toolbar|"
    r"catlinks|mw-editsection|mw-jump-link|toc|footer|teasers?|tags?|author-bio|widget)(?:$|[\s_-])",
    re.IGNORECASE,
)
# Removed however long it is: it is not part of the article.
_NEVER_ITS_OWN = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|newsletter|comments?|comment-list|disqus|advert\w*|"
    r"mw-editsection|catlinks|skip-link)(?:$|[\s_-])",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"^\W*(?:related\b.*|read (?:more|next|also)|more (?:from|on|stories|news|articles)\b.*|"
    r"you may also (?:like|be interested in)|most (?:read|popular)|popular|trending|"
    r"latest(?: news)?|"
    r"recommended(?: for you)?|share(?: this\b.*)?|follow us|tags?|topics|categories|"
    r"also in\b.*|next article|previous article|mehr zum thema|lesen sie auch|à lire aussi|"
    r"相关阅读|相关文章|推荐阅读|延伸阅读)\W*$",
    re.IGNORECASE,
)
_FACTS = re.compile(
    r"infobox|fact|key-?(?:data|figures)|summary|at-a-glance|steckbrief|profile", re.I
)
_NOTES = re.compile(r"footnote|endnote|references?\b|notes?\b|sources?\b|reflist", re.IGNORECASE)
_SENTENCE = re.compile(r"\w[.!?]['”\"]?(?:\s|$)|。")


class _Sums:
    """The characters of text, of link text and of found text below each element of a page."""

    def __init__(self, body: Any, found: str) -> None:
        found = _letters(found)
        self._sums: dict[Any, list[int]] = {}
        self._place: dict[Any, int] = {}
        self._first, self._last = 0, -1
        elements = [*body.iter()]
        for place in range(len(elements) - 1, -1, -1):
            element = elements[place]
            name = name_of(element)
            if name in {"script", "style"} or not isinstance(element.tag, str):
                continue
            mine = self._sums.setdefault(element, [0, 0, 0])
            mine[0] += len((element.text or "").strip())
            self._place[element] = place
            if own := _found(element.text, found):
                mine[2] += own
                self._first, self._last = place, max(place, self._last)
            if name == "a":
                mine[1] = mine[0]
            parent = element.getparent()
            if parent is None or element is body:
                continue
            above = self._sums.setdefault(parent, [0, 0, 0])
            for kind in range(3):
                above[kind] += mine[kind]
            above[0] += len((element.tail or "").strip())
            above[2] += _found(element.tail, found)

    def text(self, element: Any) -> int:
        return self._sums.get(element, (0, 0, 0))[0]

    def linked(self, element: Any) -> float:
        """Return the share of an element's text that is of links."""
        text, links, _ = self._sums.get(element, (0, 0, 0))
        return links / text if text else 0.0

    def found(self, element: Any) -> int:
        return self._sums.get(element, (0, 0, 0))[2]

    def within(self, element: Any) -> bool:
        """Say whether an element stands between texts that were found, or nothing was."""
        return self._last < 0 or self._first < self._place.get(element, 0) < self._last


def _letters(text: str) -> str:
    return "".join(text.split()).lower()


def _found(text: str | None, found: str) -> int:
    if not text or len(text) < _TELLING:
        return 0
    letters = _letters(text)
    return len(letters) if len(letters) >= _TELLING and letters in found else 0


def article_of(root: Any, found: str, *, whole: bool = False) -> Any:
    """Return the element that holds the article, after what is none of it was taken out of it.

    `root` is the page's, which is changed; `found` is the text that the extractor took for the
    article, by which the part that holds it is told. With `whole` all of the page is that part.
    """
    body = root.find(".//body")
    body = root if body is None else body
    sums = _Sums(body, found)
    part = body if whole else _article_element(body, sums)
    heading = _heading_ahead(root, body, part)
    for element in list(_furniture(part, sums)):
        remove(element)
    if heading is not None:
        remove(heading)
        heading.tail, part.text = part.text, None
        part.insert(0, heading)
    return part


def _article_element(body: Any, sums: _Sums) -> Any:
    """Return the innermost element with nearly all of what was found, or the article around it."""
    part, all_found = body, sums.found(body)
    while all_found:
        inner = next((one for one in part if sums.found(one) >= _HOLDS * all_found), None)
        if inner is None or name_of(inner) in {
            "p",
            "ul",
            "ol",
            "table",
            "tbody",
            "blockquote",
            "dl",
        }:
            break
        part = inner
    for above in part.iterancestors():
        if name_of(above) in {"article", "main"} or above.get("role") in {"main", "article"}:
            return above
        if re.search(r"article-?body|mw-body|entry-content|post-content", _classes_of(above), re.I):
            return above
    return part


def _classes_of(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _heading_ahead(root: Any, body: Any, part: Any) -> Any:
    """Return the page's one main heading where it stands ahead of the part; None elsewhere."""
    headings = [one for one in body.iter("h1")]
    if len(headings) != 1 or any(above is part for above in headings[0].iterancestors()):
        return None
    # A site sets its own name so, too.
    said = _letters("".join(headings[0].itertext()))
    return headings[0] if said and said in _letters(root.findtext(".//title") or "") else None


def _furniture(part: Any, sums: _Sums) -> Iterator[Any]:
    """Yield the elements below the part that are none of its text, outermost ones only."""
    whole = sums.text(part)
    left = [*reversed(part)]
    while left:
        element = left.pop()
        if not isinstance(element.tag, str):
            continue
        if sums.text(element) > 0.5 * whole and not _NEVER_ITS_OWN.search(_classes_of(element)):
            if name_of(element) in {"form", "aside", "header", "nav", "footer"}:
                # It holds the page: a program wrapped all of it.
                element.tag = "div"
            left.extend(reversed(element))
        elif _is_furniture(element, sums, part):
            if (label := _label_of(element)) is not None:
                yield label
            yield element
        else:
            left.extend(reversed(element))


def _is_furniture(element: Any, sums: _Sums, part: Any) -> bool:
    name, said = name_of(element), _classes_of(element)
    found = sums.found(element) > 0.5 * sums.text(element)
    if name in _ALWAYS or element.get("role") in _ROLES:
        return True
    if is_table(element) and sums.linked(element) < 0.8:
        return False
    if name == "form":
        return not found
    if name == "aside":
        return not (found or _is_facts(element, sums))
    if name == "footer":
        return not (found or _NOTES.search(said) or _in(element, {"blockquote", "figure"}))
    if name == "header":
        return not (found or element.find(".//h1") is not None or _in(element, {"article", "main"}))
    if _CLASSES.search(said) and not _FACTS.search(said) and name not in {"body", "html"}:
        if _NEVER_ITS_OWN.search(said):
            return True
        return not found and (sums.linked(element) > 0.4 or not _has_sentence(element))
    return _links_elsewhere(element, sums, part)


def _is_facts(element: Any, sums: _Sums) -> bool:
    """Say whether an aside is a box of the article's own: facts, or text that is no links."""
    if any(is_table(one) or name_of(one) == "dl" for one in element.iter()):
        return sums.linked(element) < 0.8
    if _FACTS.search(_classes_of(element)):
        return True
    return (
        sums.linked(element) < 0.3
        and not _CLASSES.search(_classes_of(element))
        and sums.text(element) > 0
    )


def _has_sentence(element: Any) -> bool:
    text = " ".join("".join(element.itertext()).split())
    return len(text) > 80 and bool(_SENTENCE.search(text))


def _in(element: Any, names: set[str]) -> bool:
    return any(name_of(one) in names for one in element.iterancestors())


def _links_elsewhere(element: Any, sums: _Sums, part: Any) -> bool:
    """Say whether an element is a list of links to other pages: before, behind, or named so."""
    if name_of(element) not in {"ul", "ol", "div", "section"} or sums.found(element):
        return False
    if sums.linked(element) < 0.8 or sum(1 for _ in element.iter("a")) < 2:
        return False
    if _in(element, {"td", "th", "dd", "li", "aside"}) or _FACTS.search(
        _classes_around(element, part)
    ):
        return False
    label = element.getprevious()
    if label is not None and _RELATED.match("".join(label.itertext()).strip()):
        return True
    if label is not None and "".join(label.itertext()).rstrip().endswith((":", "：")):
        return False
    # Between texts of the article it is a list of the article.
    return not sums.within(element)


def _classes_around(element: Any, part: Any) -> str:
    said = [_classes_of(element)]
    for above in element.iterancestors():
        if above is part:
            break
        said.append(_classes_of(above))
    return " ".join(said)


def _label_of(element: Any) -> Any:
    """Return the heading right before an element that names related links; None without one."""
    label = element.getprevious()
    if label is None or name_of(label) not in {"h2", "h3", "h4", "h5", "h6", "p", "strong", "div"}:
        return None
    return label if _RELATED.match("".join(label.itertext()).strip()) else None
