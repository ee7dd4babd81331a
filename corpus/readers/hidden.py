"""Hidden elements of a web page, removed from the tree before it is read.

Text that nobody sees is where instructions and false figures are hidden from the person who would
notice them (OWASP, LLM01:2025, indirect prompt injection). Styles are read from the page itself:
attributes and `<style>` elements, by selectors that can be told without running the page. What
cannot be told is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from corpus.readers.markup import selected

# More rules than this are a site's whole style sheet; the first ones are looked at.
_RULES = 400
# Two colours as near as this (each of red, green and blue in 0…255) look the same.
_ALIKE = 24
_WHITE = (255, 255, 255)
_NONE = re.compile(r"^-?0*\.?0*(?:px|pt|em|rem|%)?$")
_FAR = re.compile(r"^-\d{3,}(?:\.\d+)?(?:px|pt|em|rem|vw|vh|%)$")
_TINY = re.compile(r"^0*[01](?:\.\d+)?(?:px|pt)$")
_CUT = re.compile(
    r"rect\(\s*(?:0|1)(?:px)?[,\s]+(?:0|1)(?:px)?[,\s]+(?:0|1)(?:px)?[,\s]+(?:0|1)(?:px)?\s*\)|"
    r"inset\(\s*(?:50|100)%|circle\(\s*0",
)
_MOVED = re.compile(r"translate[xy]?\(\s*-\d{4,}|scale\(\s*0(?:\.0+)?\s*\)")
# What shows only when somebody acts, or never: a closed dialog, templates, fields.
_TAGS = "//template|//noscript|//textarea|//dialog[not(@open)]|//input[@type='hidden']"
_NOT_SEEN = frozenset("script style head title meta link".split())


def remove_hidden(root: Any) -> int:
    """Remove from a page, in place, what it does not show; return how many places held text.

    `root` is the lxml element of the whole page.
    """
    styles = _Styles(root)
    for element in _opened(root):
        styles.show(element)
    gone = [one for one in root.xpath(_TAGS) if isinstance(one.tag, str)]
    gone += [one for one in root.iter() if isinstance(one.tag, str) and styles.hides(one)]
    # A page may hide a hundred thousand elements, one within the other.
    all_gone = set(gone)
    places = 0
    for element in gone:
        parent = element.getparent()
        # Inline XBRL keeps its ledger in hidden elements, which its own reader passes over.
        if parent is None or element.tag in _NOT_SEEN or ":" in element.tag:
            continue
        if not any(above in all_gone for above in element.iterancestors()):
            places += bool(_text_of(element))
        remove(element)
    return places


def _opened(root: Any) -> list[Any]:
    """Return the elements that a tab or a collapsible heading shows when it is clicked.

    A person can reach them. Hidden elements without such a visible control stay hidden.
    """
    wanted: dict[str, Any] = {}
    for one in root.xpath("//*[@aria-controls or @data-bs-target or @data-target]"):
        said = f"{one.get('role')} {one.get('class')} {one.getparent().tag}"
        if re.search(r"\b(?:tab|accordion|collaps\w*|h[1-6])\b", said) and _text_of(one):
            target = one.get("aria-controls") or one.get("data-bs-target") or one.get("data-target")
            wanted[target.lstrip("#")] = one
    if not wanted:
        return []
    return [
        one
        for one in root.xpath("//*[@id]")
        if (by := wanted.get(one.get("id"))) is not None and one not in by.iterancestors()
    ]


def _text_of(element: Any) -> str:
    words = " ".join(element.itertext()).split()
    if element.tag == "input":
        words += str(element.get("value") or "").split()
    # A spacer or a mark is no text.
    return " ".join(word for word in words if any(letter.isalnum() for letter in word))


def remove(element: Any) -> None:
    """Remove an element and keep the text that follows it (its tail)."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


class _Styles:
    """The declarations of a page that can hide text, by element."""

    def __init__(self, root: Any) -> None:
        self._declared: dict[Any, dict[str, str]] = {}
        # A style sheet that is not here may set any background behind any text.
        self._whole = not root.xpath("//link[contains(@rel, 'stylesheet')]")
        for selector, values in _rules(root):
            for element in _matching(root, selector):
                self._declared.setdefault(element, {}).update(values)
        for element in root.xpath("//*[@style]"):
            self._declared.setdefault(element, {}).update(_inline(element.get("style")))

    def show(self, element: Any) -> None:
        """Take from an element what hides it until somebody opens it, and nothing else."""
        for name in ("hidden", "aria-hidden"):
            element.attrib.pop(name, None)
        values = self._declared.get(element, {})
        if values.get("display") == "none":
            del values["display"]
            element.attrib.pop("style", None)

    def hides(self, element: Any) -> bool:
        """Say whether an element is not shown, or not readable, by its own declarations."""
        if element.get("hidden") is not None or element.get("aria-hidden") == "true":
            return True
        values = self._declared.get(element)
        if not values:
            return False
        return _out_of_sight(values) or self._like_its_ground(element, values)

    def _like_its_ground(self, element: Any, values: dict[str, str]) -> bool:
        colour = _colour(values.get("color", ""))
        if values.get("color") == "transparent":
            return "background" not in values and "background-clip" not in values
        ground = self._ground(element) if colour else None
        return (
            colour is not None
            and ground is not None
            and all(abs(one - other) <= _ALIKE for one, other in zip(colour, ground, strict=True))
        )

    def _ground(self, element: Any) -> tuple[int, int, int] | None:
        """Return the colour behind an element; None where it cannot be told."""
        for one in (element, *element.iterancestors()):
            values = self._declared.get(one, {})
            said = values.get("background-color") or values.get("background") or one.get("bgcolor")
            if "background-image" in values or (said and re.search(r"url|gradient|var\(", said)):
                return None
            if said and said not in {"transparent", "none", "inherit", "initial", "unset"}:
                return _colour(said.split()[0])
        return _WHITE if self._whole else None


def _out_of_sight(values: dict[str, str]) -> bool:
    if values.get("display") == "none" or values.get("visibility") in {"hidden", "collapse"}:
        return True
    if _NONE.match(values.get("opacity", "1")) or _TINY.match(values.get("font-size", "1em")):
        return True
    if _NONE.match(values.get("font-size", "1em")):
        return True
    moved = (values.get(name, "") for name in ("left", "top", "right", "text-indent"))
    if any(_FAR.match(one) for one in moved) or _MOVED.search(values.get("transform", "")):
        return True
    if _CUT.search(values.get("clip", "") + values.get("clip-path", "")):
        return True
    sides = (values.get(name, "") for name in ("width", "height", "max-width", "max-height"))
    return values.get("overflow") in {"hidden", "clip"} and any(
        side and (_NONE.match(side) or _TINY.match(side)) for side in sides
    )


# A filing says the same few styles at thousands of places: told each time, half of reading it.
@lru_cache(maxsize=2_048)
def _inline(style: str) -> dict[str, str]:
    import tinycss2

    return _values(tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True))


def _values(declarations: Any) -> dict[str, str]:
    import tinycss2

    return {
        one.lower_name: tinycss2.serialize(one.value).strip().lower()
        for one in declarations
        if one.type == "declaration"
    }


def _rules(root: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield selectors of the page's own style elements with what they declare, in order."""
    import tinycss2

    left = _RULES
    for element in root.xpath("//style"):
        for one in tinycss2.parse_stylesheet(
            element.text or "", skip_comments=True, skip_whitespace=True
        ):
            # What holds for print or a narrow window only is not what a reader sees.
            if one.type != "qualified-rule" or not left:
                continue
            left -= 1
            content = tinycss2.parse_blocks_contents(
                one.content, skip_comments=True, skip_whitespace=True
            )
            if values := _values(content):
                yield tinycss2.serialize(one.prelude), values


def _matching(root: Any, selector: str) -> list[Any]:
    """Return the elements of a selector; none for one that depends on what somebody does."""
    if ":" in selector and not re.search(r":(?:first|last|nth|not|only|root|empty)", selector):
        return []
    return selected(root, selector)


_NAMED = {
    "white": _WHITE,
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
}
_HEX = re.compile(r"^#([0-9a-f]{3}|[0-9a-f]{6})(?:[0-9a-f]{1,2})?$")
_RGB = re.compile(r"^rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)")


def _colour(said: str) -> tuple[int, int, int] | None:
    """Return red, green and blue of a colour; None for one that is not known here."""
    said = said.removesuffix("!important").strip().lower()
    if said in _NAMED:
        return _NAMED[said]
    if found := _HEX.match(said):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
        return red, green, blue
    if found := _RGB.match(said):
        red, green, blue = (min(255, int(found[place])) for place in (1, 2, 3))
        return red, green, blue
    return None
