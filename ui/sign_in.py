"""Who signed in: what every request tells of it, and what the events of the page are told."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from corpus.access import Asker
from corpus.errors import NotAllowed, UsageError
from corpus.i18n import tr

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# Where the scope of a request that was let through has who asks, and how the page calls them.
_ASKER, _SHOWN, _LEAVES = "briefing.asker", "briefing.shown_name", "briefing.leaves"
# It proves, where it is set, that a request comes from the proxy.
_SECRET_HEADER = "x-briefing-proxy-secret"
_LONGEST_NAME = 200
# The same refusal of the same address is told once in so many seconds, for so many addresses.
_TOLD_AGAIN, _MOST_TOLD = 60.0, 1_000


@dataclass(frozen=True, slots=True)
class Person:
    """Who a request is from: `shown` is the name on the page, `leave` whether one can sign out."""

    asker: Asker
    shown: str
    leave: bool = False


class Told(Protocol):
    """What is told of a refused sign-in: who or from where, and why."""

    def __call__(self, who: str, reason: str) -> None:
        """Take note of it; it never raises."""


class SignIn(Protocol):
    """A way to sign in."""

    # Paths of its own that the guard lets through, by method.
    paths: Mapping[str, frozenset[str]]

    async def admit(
        self, scope: Scope, receive: Receive, send: Send, refused: Told
    ) -> Person | None:
        """Return who a request is from; None once it was answered: a refusal, a redirection."""


def asker_of(scope: Mapping[str, Any]) -> Asker:
    """Return who a request is from, by the ASGI scope that the guard let through.

    Raises NotAllowed for one that no guard has seen, where people sign in.
    """
    found = scope.get(_ASKER)
    if not isinstance(found, Asker):
        raise NotAllowed(tr("sign in first: load the page again"))
    return found


def is_signed_in(scope: Mapping[str, Any]) -> bool:
    """Say whether a request is from someone who signed in."""
    return _ASKER in scope


def shown_name_of(scope: Mapping[str, Any]) -> str:
    """Return the name of who signed in as the page shows it; "" where nobody does."""
    return str(scope.get(_SHOWN) or "")


def can_leave(scope: Mapping[str, Any]) -> bool:
    """Say whether who signed in can sign out here."""
    return bool(scope.get(_LEAVES))


def let_through(scope: Scope, person: Person) -> Scope:
    """Return the scope of a request with who it is from."""
    return {**scope, _ASKER: person.asker, _SHOWN: person.shown, _LEAVES: person.leave}


# Who asks where that is known without Gradio: in a route, on the first screen.
_GIVEN: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def asking_as(asker: Asker) -> Iterator[None]:
    """Have the backend answer this person within the block."""
    token = _GIVEN.set(asker)
    try:
        yield
    finally:
        _GIVEN.reset(token)


def asker_of_event() -> Asker:
    """Return who asks in the event of the page that is being answered, or in a block of its own.

    Raises NotAllowed outside of both: nobody asks there, and nothing may be read.
    """
    given = _GIVEN.get()
    if given is not None:
        return given
    from gradio.context import LocalContext

    request: Any = LocalContext.request.get(None)
    if request is None:
        raise NotAllowed(tr("sign in first: load the page again"))
    return asker_of(request.request.scope)


@dataclass
class Throttled:
    """Tells of each refused sign-in once a minute, so that whoever tries on fills no disk."""

    tell: Callable[[str, str], None]
    _told: dict[tuple[str, str], float] = field(default_factory=dict)

    def __call__(self, who: str, reason: str) -> None:
        """Tell of it, unless it was told within the minute."""
        now = time.monotonic()
        if now - self._told.get((who, reason), -_TOLD_AGAIN) < _TOLD_AGAIN:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[who, reason] = now
        self.tell(who, reason)


@dataclass(frozen=True, slots=True)
class Admins:
    """The users and groups that BRIEFING_ADMINS names."""

    names: frozenset[str]

    @classmethod
    def named(cls, text: str) -> Admins:
        """Return those of a list "user:ann,group:it"; raises UsageError."""
        names = frozenset(one.strip() for one in text.split(",") if one.strip())
        for one in names:
            if not one.startswith(("user:", "group:")) or one in {"user:", "group:", "group:*"}:
                raise UsageError(
                    tr(
                        "BRIEFING_ADMINS names {name}, which is neither user:NAME nor group:NAME",
                        name=repr(one),
                    )
                )
        return cls(names)

    def asker(self, name: str, groups: Sequence[str]) -> Asker:
        """Return a person by name and groups, an admin where one of them is named."""
        plain = Asker(name, tuple(groups))
        return Asker(name, tuple(groups), bool(self.names & set(plain.principals)))


def is_name(text: str) -> bool:
    """Say whether a text can be the name of a user or of a group.

    One that was not sent in UTF-8 cannot: names that differ in such letters would be one.
    """
    return (
        0 < len(text) <= _LONGEST_NAME
        and text.isprintable()
        and text == text.strip()
        and "\ufffd" not in text
    )


class HeaderSignIn:
    """Users and groups from the headers of a reverse proxy, which has them sign in."""

    paths: Mapping[str, frozenset[str]] = {}

    def __init__(
        self, user: str, groups: str, *, proxies: str, secret: str, admins: Admins
    ) -> None:
        """Take the names of the headers, and from whom they count; raises UsageError."""
        self._user, self._groups = user.lower(), groups.lower()
        self._secret, self._admins = secret, admins
        try:
            self._proxies = [ipaddress.ip_network(one.strip()) for one in proxies.split(",")]
        except ValueError as error:
            raise UsageError(
                tr("BRIEFING_PROXIES names no address or network ({reason})", reason=error)
            ) from error

    async def admit(
        self, scope: Scope, receive: Receive, send: Send, refused: Told
    ) -> Person | None:
        """Return whom the proxy names; whatever does not come from it is refused."""
        client = scope.get("client")
        address = client[0] if client else ""
        reason, person = self._read(scope, address)
        if person is None:
            refused(address, reason)
            await respond(send, 401, reason)
        return person

    def _read(self, scope: Scope, address: str) -> tuple[str, Person | None]:
        """Return why a request is refused, or who it is from."""
        if not self._is_proxy(address):
            return "requests come through the reverse proxy only", None
        secrets = values_of(scope, _SECRET_HEADER)
        if self._secret and not (
            len(secrets) == 1 and hmac.compare_digest(secrets[0].encode(), self._secret.encode())
        ):
            return "the reverse proxy did not give its secret", None
        users, groups = values_of(scope, self._user), values_of(scope, self._groups)
        if len(users) != 1 or len(groups) > 1 or not is_name(users[0]):
            return "the reverse proxy must name one user", None
        listed = [one.strip() for one in groups[0].split(",")] if groups else []
        if not all(is_name(one) for one in listed if one):
            return "the reverse proxy names a group that cannot be one", None
        return "", Person(self._admins.asker(users[0], [one for one in listed if one]), users[0])

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in one for one in self._proxies)


def values_of(scope: Mapping[str, Any], name: str) -> list[str]:
    """Return every value of a header of a request."""
    wanted = name.encode()
    found = [value for key, value in scope["headers"] if key.lower() == wanted]
    return [one.decode("utf-8", "replace") for one in found]


async def respond(
    send: Send, status: int, text: str, headers: Sequence[tuple[bytes, bytes]] = (),
    *, kind: str = "text/plain",
) -> None:  # fmt: skip
    """Answer a request with a text."""
    told = (b"content-type", f"{kind}; charset=utf-8".encode())
    private = (b"cache-control", b"no-store")
    await send(
        {"type": "http.response.start", "status": status, "headers": [told, private, *headers]}
    )
    await send({"type": "http.response.body", "body": text.encode()})


def checked_public_url(url: str) -> str:
    """Return "scheme://host[:port]" of the address that people open; raises UsageError."""
    parts = urlsplit(url)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if (
        parts.scheme not in {"https", "http"} or not parts.hostname or parts.path not in {"", "/"}
        or parts.query or (parts.scheme == "http" and not local)
    ):  # fmt: skip
        raise UsageError(
            tr("--public-url is {url}; give https://HOST, without a path", url=repr(url))
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


__all__ = [
    "Admins",
    "HeaderSignIn",
    "Person",
    "SignIn",
    "Throttled",
    "Told",
    "asker_of",
    "asker_of_event",
    "asking_as",
    "can_leave",
    "checked_public_url",
    "is_name",
    "is_signed_in",
    "let_through",
    "respond",
    "shown_name_of",
    "values_of",
]
