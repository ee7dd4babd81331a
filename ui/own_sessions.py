"""Sessions of the page belong to who signed in: another cannot name them.

Gradio keeps what a window shows under a name that the window chooses. Whoever learnt such a name
could watch its events and read its state; so the guard adds the person to it, in every place where
a request names a session.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from corpus.access import Asker

_HEARTBEAT = "/gradio_api/heartbeat/"
_PARAMETER = "session_hash"


def own_session(name: str, asker: Asker) -> str:
    """Return the name of a person's session; each person has their own under the same name."""
    return f"{name}-{hashlib.sha256(asker.name.encode()).hexdigest()[:32]}"


def with_own_session(scope: Mapping[str, Any], asker: Asker) -> dict[str, Any]:
    """Return the scope of a request whose address names a session, with that of the person."""
    changed = dict(scope)
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if any(name == _PARAMETER for name, _ in pairs):
        owned = [(name, own_session(value, asker) if name == _PARAMETER else value)
                 for name, value in pairs]  # fmt: skip
        changed["query_string"] = urlencode(owned).encode()
    if scope["path"].startswith(_HEARTBEAT):
        changed["path"] = own_session(scope["path"], asker)
        changed["raw_path"] = changed["path"].encode()
    return changed


def with_own_body(content: bytes, asker: Asker) -> bytes:
    """Return the JSON body of a request with the person's session; as it is where it names none."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return content
    if not isinstance(values, dict) or _PARAMETER not in values:
        return content
    return json.dumps(values | {_PARAMETER: own_session(str(values[_PARAMETER]), asker)}).encode()


__all__ = ["own_session", "with_own_body", "with_own_session"]
