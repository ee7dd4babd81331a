"""A window's panel of who answers, without a browser: the events that its buttons cause."""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace
from typing import Any

from ui.page_engines import EngineEvents, EngineParts

PARTS = EngineParts(*(object() for _ in EngineParts.__dataclass_fields__))  # type: ignore[arg-type]


class Window:
    """What one window shows, by the handlers of the panel."""

    def __init__(self, place: Any, language: str = "en") -> None:
        self._events = EngineEvents(place, PARTS)
        self._request: Any = SimpleNamespace(headers={"accept-language": language})
        self._shown: dict[Any, Any] = {}

    def open(self) -> None:
        self._shown |= self._events.load(self._request)
        self.press("shown")

    def press(self, action: str, name: str = "tiny", **more: str) -> None:
        event: Any = SimpleNamespace(_data={"act": action, "name": name, **more})
        self._shown |= self._events.action(self._shown[PARTS.seen], self._request, event)

    def use(self, engine: str) -> None:
        self.press("use", engine=engine)

    def tick(self) -> None:
        given = (getattr(PARTS, one) for one in ("seen", "asked", "followed", "engine"))
        self._shown |= self._events.tick(*(self._shown[one] for one in given), self._request)

    def row(self, name: str = "tiny") -> str:
        """Return a row as HTML, with its buttons."""
        html = self._shown[PARTS.rows]
        rows = re.split(r"(?=<li data-row=)|</section>", html)
        return next(one for one in rows if one.startswith(f'<li data-row="{name}"'))

    def buttons(self, name: str = "tiny") -> list[str]:
        return re.findall(r'data-act="([\w-]+)"', self.row(name))

    def text(self, part: str) -> str:
        return unescape(str(self._shown[getattr(PARTS, part)]))

    @property
    def everything(self) -> str:
        """All that the window was given, as one text."""
        return repr(self._shown)
