"""Which way people sign in: what BRIEFING_USERS says, and the settings that each way needs."""

from __future__ import annotations

import os

from corpus.errors import UsageError
from corpus.i18n import tr
from ui.openid import openid_from_environment
from ui.sign_in import Admins, HeaderSignIn, SignIn

_DEFAULT_HEADERS = "X-Remote-User,X-Remote-Groups"
_LOOPBACK = "127.0.0.1,::1"


def sign_in_named(users: str, *, public_url: str = "") -> SignIn | None:
    """Return the way to sign in that BRIEFING_USERS names; None for "": one person on a laptop.

    "headers" or "headers:USER,GROUPS" (names of headers), or the address of an OpenID Connect
    issuer. Raises UsageError for anything else and for settings that it lacks.
    """
    if not users:
        return None
    admins = Admins.named(os.environ.get("BRIEFING_ADMINS", ""))
    kind, _, names = users.partition(":")
    if kind == "headers":
        user, _, groups = (names or _DEFAULT_HEADERS).partition(",")
        return HeaderSignIn(
            user.strip(),
            groups.strip(),
            proxies=os.environ.get("BRIEFING_PROXIES") or _LOOPBACK,
            secret=os.environ.get("BRIEFING_PROXY_SECRET", ""),
            admins=admins,
        )
    if kind in {"http", "https"}:
        return openid_from_environment(users, public_url=public_url, admins=admins)
    raise UsageError(
        tr(
            "BRIEFING_USERS is {value}; give headers, or the https address of an OpenID Connect "
            "issuer",
            value=repr(users),
        )
    )


__all__ = ["sign_in_named"]
