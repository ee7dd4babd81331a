"""What an event of the page may carry: text, numbers and lists of them; files only as uploads.

Gradio takes any object with a `path` and a `meta` for a file and copies it to where it is served,
in whatever field it stands (6.31). So what comes in is written anew from what may be in it, before
Gradio sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from corpus.errors import UsageError
from corpus.i18n import tr

_FILE_KEYS = frozenset(("path", "url", "meta", "_type", "is_stream", "orig_name"))
_FILES = 10_000
_DEPTH = 20


def rebuilt(
    body: bytes, uploads: Mapping[int, frozenset[int]], uploaded: Callable[[str], bool]
) -> tuple[int, bytes]:
    """Return the number of an event and its body, with nothing in it but what the page sends.

    `uploads` has each event of the page and which of its inputs take files; `uploaded` says whether
    a path is that of an upload. Raises UsageError for a body that the page does not send.
    """
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(tr("this is no event: it cannot be read")) from error
    values = values if isinstance(values, dict) else {}
    number, data = values.get("fn_index"), values.get("data")
    if type(number) is not int or number not in uploads or not isinstance(data, list):
        raise UsageError(tr("the page has no such event; load it again"))
    taking = uploads[number]
    now = {
        "fn_index": number,
        "data": [
            _files(one, uploaded) if place in taking else _plain(one)
            for place, one in enumerate(data)
        ],
        # What an upload tells beside its files nobody reads.
        "event_data": None if taking else _told(values.get("event_data"), _DEPTH),
        "session_hash": _plain(values.get("session_hash")),
        "trigger_id": _plain(values.get("trigger_id")),
    }
    return number, json.dumps(now).encode()


def _plain(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    if not all(one is None or isinstance(one, str | int | float) for one in items):
        raise UsageError(tr("an event carries text and numbers alone"))
    return value


def _files(value: Any, uploaded: Callable[[str], bool]) -> list[dict[str, Any]] | None:
    """Return files as Gradio takes them: their places, and nothing that it would fetch."""
    if value is None:
        return None
    found = value if isinstance(value, list) else [value]
    if len(found) > _FILES:
        raise UsageError(
            tr("more than {count} files at once; add them in parts", count=f"{_FILES:,}")
        )
    paths = [one.get("path") if isinstance(one, dict) else None for one in found]
    if not all(isinstance(one, str) and uploaded(one) for one in paths):
        raise UsageError(tr("this file was not uploaded here; choose it again"))
    return [{"path": one, "meta": {"_type": "gradio.FileData"}} for one in paths]


def _told(value: Any, depth: int) -> Any:
    """Return what an event tells beside its inputs, once it is sure that no file is in it."""
    if not depth:
        raise UsageError(tr("an event carries text and numbers alone"))
    if isinstance(value, dict):
        if _FILE_KEYS & value.keys():
            raise UsageError(tr("an event carries text and numbers alone"))
        return {key: _told(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_told(one, depth - 1) for one in value]
    return value


__all__ = ["rebuilt"]
