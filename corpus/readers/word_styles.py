"""Formatting of Word runs and paragraphs, styles resolved, and the numbering of lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from corpus.readers.office_package import Element, attribute, child, descendants, name

_OFF = {"0", "false", "off", "none"}
_HEADING = re.compile(r"heading (\d)$")
# A style is based on another, and that on a third; Word follows ten or so.
_DEPTH = 20

Settings = dict[str, str]


def settings_of(properties: Element | None) -> Settings:
    """Return what run properties (w:rPr) set: each by its name, with its value or "1"."""
    found: Settings = {}
    for one in properties if properties is not None else ():
        if name(one) == "w:rFonts":
            font = attribute(one, "w:ascii") or attribute(one, "w:hAnsi")
            if font:
                found["w:rFonts"] = font
        else:
            found[name(one)] = attribute(one, "w:val") or "1"
    return found


def is_on(settings: Settings, short: str) -> bool:
    """Say whether a property that is on or off is on."""
    return settings.get(short, "off") not in _OFF


@dataclass(frozen=True)
class ParagraphStyle:
    """A paragraph's style: its English name, heading level (0 none), list, runs, shading."""

    name: str = ""
    level: int = 0
    number: str = ""
    depth: int = 0
    shaded: bool = False
    runs: Settings = field(default_factory=dict)


class Styles:
    """The styles of a document by their ids."""

    def __init__(self, root: Element | None) -> None:
        self._defaults: Settings = {}
        self._all: dict[str, Element] = {}
        self._default = ""
        self._paragraphs: dict[str, ParagraphStyle] = {}
        self._characters: dict[str, Settings] = {}
        if root is None:
            return
        self._defaults = settings_of(child(root, "w:docDefaults", "w:rPrDefault", "w:rPr"))
        for one in descendants(root, "w:style"):
            key = attribute(one, "w:styleId") or ""
            self._all[key] = one
            on = attribute(one, "w:default") or "0"
            if on not in _OFF and attribute(one, "w:type") == "paragraph":
                self._default = key

    def _chain(self, key: str) -> list[Element]:
        """Return a style and those that it is based on, nearest first."""
        found: list[Element] = []
        while key in self._all and len(found) < _DEPTH:
            found.append(self._all[key])
            based = child(found[-1], "w:basedOn")
            key = "" if based is None else attribute(based, "w:val") or ""
        return found

    def characters(self, key: str) -> Settings:
        """Return what a character style sets."""
        if key not in self._characters:
            found: Settings = {}
            for style in reversed(self._chain(key)):
                found |= settings_of(child(style, "w:rPr"))
            self._characters[key] = found
        return self._characters[key]

    def paragraph(self, key: str) -> ParagraphStyle:
        """Return a paragraph style; "" is the document's own for what has none."""
        if key not in self._paragraphs:
            self._paragraphs[key] = self._paragraph(key if key in self._all else self._default)
        return self._paragraphs[key]

    def is_shaded(self, key: str) -> bool:
        """Say whether a style of tables colours cells."""
        return any(True for style in self._chain(key) for _ in descendants(style, "w:shd"))

    def _paragraph(self, key: str) -> ParagraphStyle:
        chain = self._chain(key)
        names = [
            attribute(one, "w:val") or "" for style in chain for one in descendants(style, "w:name")
        ]
        level, number, depth, shaded = -1, "", 0, False
        runs = dict(self._defaults)
        for style in reversed(chain):
            runs |= settings_of(child(style, "w:rPr"))
            outline = child(style, "w:pPr", "w:outlineLvl")
            if outline is not None:
                level = int(attribute(outline, "w:val") or "9")
            listed = child(style, "w:pPr", "w:numPr")
            if listed is not None:
                number, depth = numbering_of(listed, number, depth)
            shaded = shaded or child(style, "w:pPr", "w:shd") is not None
        heading = next((_HEADING.match(one.lower()) for one in names[:1]), None)
        if heading is not None:
            level = int(heading.group(1)) - 1
        own = names[0] if names else key
        return ParagraphStyle(own, level + 1 if level < 9 else 0, number, depth, shaded, runs)


def numbering_of(listed: Element, number: str = "", depth: int = 0) -> tuple[str, int]:
    """Return the list and the depth in it that a paragraph (w:numPr) names, "" for none."""
    key, level = child(listed, "w:numId"), child(listed, "w:ilvl")
    if key is not None:
        number = attribute(key, "w:val") or ""
    if level is not None:
        depth = int(attribute(level, "w:val") or "0")
    return ("" if number == "0" else number), depth


@dataclass
class _Level:
    form: str
    text: str
    start: int
    restart: int | None
    legal: bool


class Numbering:
    """Counts the paragraphs of a document's lists as Word does."""

    def __init__(self, root: Element | None) -> None:
        self._root = root
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()

    @cached_property
    def _abstract(self) -> dict[str, Element]:
        found = {}
        for one in self._root if self._root is not None else ():
            if name(one) == "w:abstractNum":
                found[attribute(one, "w:abstractNumId") or ""] = one
        return found

    @cached_property
    def _lists(self) -> dict[str, tuple[str, dict[int, _Level], dict[int, int]]]:
        """The lists by their ids: what counts them, their levels, the starts of their own."""
        found = {}
        for one in self._root if self._root is not None else ():
            if name(one) != "w:num":
                continue
            base = child(one, "w:abstractNumId")
            key = "" if base is None else attribute(base, "w:val") or ""
            levels = _levels(self._styled(key))
            starts = {}
            for override in one:
                if name(override) == "w:lvlOverride":
                    depth = int(attribute(override, "w:ilvl") or "0")
                    start = child(override, "w:startOverride")
                    if start is not None:
                        starts[depth] = int(attribute(start, "w:val") or "1")
                    levels |= _levels(override)
            found[attribute(one, "w:numId") or ""] = (key, levels, starts)
        return found

    def _styled(self, key: str) -> Element | None:
        """Return the levels of a list, which may be those of a style of lists."""
        base = self._abstract.get(key)
        link = child(base, "w:numStyleLink") if base is not None else None
        if link is None:
            return base
        wanted = attribute(link, "w:val")
        for one in self._abstract.values():
            style = child(one, "w:styleLink")
            if style is not None and attribute(style, "w:val") == wanted:
                return one
        return base

    def label(self, number: str, depth: int) -> str:
        """Count a paragraph of a list at a depth; return its number, "-" for a bullet."""
        if number not in self._lists or not 0 <= depth < 9:
            return ""
        key, levels, starts = self._lists[number]
        level = levels.get(depth)
        if level is None:
            return ""
        counters = self._counters.setdefault(key, [None] * 9)
        if depth in starts and (number, depth) not in self._started:
            self._started.add((number, depth))
            counters[depth] = starts[depth] - 1
        count = counters[depth]
        counters[depth] = level.start if count is None else count + 1
        for deeper in range(depth + 1, 9):
            below = levels.get(deeper)
            if below is None or below.restart is None or depth < below.restart:
                counters[deeper] = None
        if level.form == "bullet":
            return "-"
        return re.sub(
            r"%([1-9])",
            lambda match: self._number(levels, counters, int(match.group(1)) - 1, level.legal),
            level.text,
        ).strip()

    def _number(
        self, levels: dict[int, _Level], counters: list[int | None], depth: int, legal: bool
    ) -> str:
        level = levels.get(depth)
        count = counters[depth]
        if level is None:
            return ""
        if count is None:
            # A deeper paragraph without one above it counts as its first.
            count = counters[depth] = level.start
        return written_number(count, "decimal" if legal else level.form)


def _levels(holder: Element | None) -> dict[int, _Level]:
    found = {}
    for one in holder if holder is not None else ():
        if name(one) != "w:lvl":
            continue
        said = {name(part): attribute(part, "w:val") for part in one}
        # Newer forms ("001") come beside a plain one, within alternatives.
        form = next((attribute(part, "w:val") for part in descendants(one, "w:numFmt")), None)
        restart = said.get("w:lvlRestart")
        found[int(attribute(one, "w:ilvl") or "0")] = _Level(
            form or "decimal",
            said.get("w:lvlText") or "",
            int(said.get("w:start") or "1"),
            None if restart is None else int(restart),
            "w:isLgl" in said and said["w:isLgl"] not in _OFF,
        )
    return found


_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_CHINESE = "零一二三四五六七八九"


def written_number(count: int, form: str) -> str:
    """Return a count in one of Word's forms ("lowerLetter"), plain figures for one unknown."""
    if form == "none":
        return ""
    if form in {"lowerLetter", "upperLetter"} and 0 < count <= 780:
        # After "z" comes "aa", then "bb".
        text = chr(97 + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return text.upper() if form == "upperLetter" else text
    if form in {"lowerRoman", "upperRoman"} and 0 < count < 4000:
        text, rest = "", count
        for value, letters in _ROMAN:
            text += letters * (rest // value)
            rest %= value
        return text.upper() if form == "upperRoman" else text
    if form == "decimalZero":
        return f"{count:02d}"
    if form == "ordinal":
        ending = {1: "st", 2: "nd", 3: "rd"}.get(count % 10 * (count // 10 % 10 != 1), "th")
        return f"{count}{ending}"
    if form.startswith(("chinese", "japaneseCounting", "taiwanese", "ideographDigital")):
        tens, ones = divmod(count, 10)
        if 0 < count < 100:
            head = ("" if tens == 1 else _CHINESE[tens]) + "十" if tens else ""
            return head + (_CHINESE[ones] if ones or not tens else "")
    return str(count)
