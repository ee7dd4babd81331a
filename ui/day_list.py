"""A list of what is kept, conversations or memos, below the days on which it was last changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ui.rendering import rendered
from ui.wording import word


@dataclass(frozen=True, slots=True)
class Row:
    """One of the list: its id and title, its day (ISO 8601) and time of day.

    `remarks` stand after the time; `hit` are the words that a search found in it, with those before
    and after them, () for none.
    """

    id: str
    title: str
    day: str
    time: str
    remarks: Sequence[str] = ()
    hit: Sequence[str] = ()


def day_list_html(
    label: str, rows: Iterable[Row], current: str, acts: Sequence[str], language: str
) -> str:
    """Return the list, in the order of the rows, with the open one marked.

    `label` is the key of its name. A row sends data-id with data-act: "open", or one of `acts`,
    which stand in its menu.
    """
    days: dict[str, list[Row]] = {}
    for one in rows:
        days.setdefault(one.day, []).append(one)
    today = datetime.now().astimezone().date()
    named = {
        today.isoformat(): word("chat.today", language),
        (today - timedelta(days=1)).isoformat(): word("chat.yesterday", language),
    }
    shown = [(named.get(day, day), below) for day, below in days.items()]
    return rendered("page.html", "day_list", language, label, shown, current, acts)


__all__ = ["Row", "day_list_html"]
