"""Signed cookies: what a browser keeps of a sign-in, that it can show and not change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import zlib
from collections.abc import Mapping
from typing import Any

# Characters of a cookie; browsers keep 4,096 with name and attributes.
_MOST = 3_800
# Bytes that are unpacked of one.
_MOST_UNPACKED = 65_536


class SignedCookies:
    """Makes and reads cookies with a key that all replicas have; what they hold can be read."""

    def __init__(self, key: str, *, secure: bool) -> None:
        """`secure` cookies go over https alone, and to this host alone ("__Host-")."""
        self._key = key.encode()
        self._secure = secure

    def name(self, purpose: str) -> str:
        """Return the name of the cookie for a purpose."""
        return f"__Host-briefing-{purpose}" if self._secure else f"briefing-{purpose}"

    def header(self, purpose: str, values: Mapping[str, Any], seconds: int) -> tuple[bytes, bytes]:
        """Return the header that sets a cookie for so many seconds; ValueError for a long one."""
        content = json.dumps({**values, "until": int(time.time()) + seconds}).encode()
        body = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
        value = f"{body}.{self._mark(purpose, body)}"
        if len(value) > _MOST:
            raise ValueError(f"a cookie of {len(value)} characters")
        return self._set(purpose, value, seconds)

    def gone(self, purpose: str) -> tuple[bytes, bytes]:
        """Return the header that has a browser forget a cookie."""
        return self._set(purpose, "", 0)

    def _set(self, purpose: str, value: str, seconds: int) -> tuple[bytes, bytes]:
        secure = "; Secure" if self._secure else ""
        line = (
            f"{self.name(purpose)}={value}; Path=/; Max-Age={seconds}; HttpOnly; "
            f"SameSite=Lax{secure}"
        )
        return b"set-cookie", line.encode()

    def read(self, purpose: str, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        """Return what a cookie holds; None for none, a forged one and one that is out of date."""
        body, _, mark = cookies.get(self.name(purpose), "").partition(".")
        if not body or not hmac.compare_digest(mark.encode(), self._mark(purpose, body).encode()):
            return None
        # It is ours: whoever has no key cannot have made it.
        packed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        values = json.loads(zlib.decompressobj().decompress(packed, _MOST_UNPACKED))
        return values if values["until"] > time.time() else None

    def _mark(self, purpose: str, body: str) -> str:
        mark = hmac.new(self._key, f"{purpose}\0{body}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mark.digest()).decode().rstrip("=")


def cookies_of(lines: list[str]) -> dict[str, str]:
    """Return the cookies of a request by name; of two with one name the first."""
    found: dict[str, str] = {}
    for line in lines:
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
    return found


__all__ = ["SignedCookies", "cookies_of"]
