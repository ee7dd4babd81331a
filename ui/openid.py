"""Signing in by OpenID Connect: code flow with PKCE, a signed session cookie, bearer tokens."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from corpus.errors import UsageError
from corpus.i18n import tr
from ui.rendering import rendered
from ui.sign_in import Admins, Person, Told, checked_public_url, is_name, respond, values_of
from ui.signed_cookies import SignedCookies, cookies_of
from ui.wording import language_of, word

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_LOG = logging.getLogger(__name__)
SIGN_IN, CALLBACK, SIGN_OUT = "/sign-in", "/sign-in/callback", "/sign-out"
# Seconds: a working day until one signs in again, which is also how long a right that the provider
# takes back may hold; ten minutes to type a password.
_SESSION_SECONDS, _FLOW_SECONDS = 8 * 3600, 600
_SESSION, _FLOW = "session", "sign-in"
# Seconds for one request to the provider, for which its metadata and keys are kept, and between two
# looks for a key that is not among them.
_TIMEOUT, _KEPT, _KEYS_AGAIN = 10.0, 3600.0, 30.0
# Signatures by a public key alone: with another a client's secret would make tokens.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_SHORTEST_KEY = 32
_NO_ANSWER = "the provider of sign-ins does not answer; try again later"
# Seconds for which a provider that did not answer is not asked again: who waits would wait in line.
_AWAY = 5.0
# Why a provider sends a browser back without a code (RFC 6749, OpenID Connect). Anything else that
# a browser says is not written down.
_KNOWN_ERRORS = frozenset(
    ("invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type",
     "invalid_scope", "server_error", "temporarily_unavailable", "interaction_required",
     "login_required", "account_selection_required", "consent_required")
)  # fmt: skip
# Seconds by which clocks may differ.
_LEEWAY = 60


class _Refused(Exception):
    """A sign-in that is refused, and why."""


class OpenIDSignIn:
    """Signs people in with one issuer. What a browser keeps is a signed cookie, the server nothing.

    Any replica with the same key reads it.
    """

    paths: Mapping[str, frozenset[str]] = {
        "GET": frozenset((SIGN_IN, CALLBACK)),
        "POST": frozenset((SIGN_OUT,)),
    }

    def __init__(
        self,
        issuer: str,
        *,
        client: str,
        secret: str,
        key: str,
        admins: Admins,
        public_url: str,
        name_claim: str = "sub",
        groups_claim: str = "groups",
        audience: str = "",
        scopes: str = "openid profile email",
    ) -> None:
        """Take what the provider knows of this application; nothing is fetched yet.

        `audience` is what access tokens of API clients must be for; "" lets none in.
        """
        self._provider = _Provider(issuer, client, secret, scopes)
        self._admins, self._client, self._audience = admins, client, audience
        self._name_claim, self._groups_claim = name_claim, groups_claim
        self._public_url = public_url
        self._cookies = SignedCookies(key, secure=public_url.startswith("https://"))

    async def admit(
        self, scope: Scope, receive: Receive, send: Send, refused: Told
    ) -> Person | None:
        """Return who signed in; a page that is opened otherwise leads to the provider."""
        client = scope.get("client")
        address = client[0] if client else ""
        path, cookies = scope["path"], cookies_of(values_of(scope, "cookie"))
        try:
            if path == SIGN_IN:
                await self._begin(scope, send)
                return None
            if path == CALLBACK:
                await self._finish(scope, send, cookies)
                return None
            if path == SIGN_OUT:
                await self._leave(scope, send)
                return None
            if tokens := values_of(scope, "authorization"):
                return await self._bearer(tokens)
        except _Refused as error:
            refused(address, str(error))
            if path == CALLBACK:
                await self._page(scope, send, 401, word("sign_in.refused", _language(scope)))
            else:
                await respond(send, 401, str(error), [(b"www-authenticate", b"Bearer")])
            return None
        if (found := self._cookies.read(_SESSION, cookies)) is not None:
            asker = self._admins.asker(found["name"], found["groups"])
            return Person(asker, found["shown"], leave=True)
        if scope["method"] == "GET" and path == "/":
            await respond(send, 303, "", [(b"location", SIGN_IN.encode())])
        else:
            await respond(send, 401, "sign in first: load the page again")
        return None

    async def _begin(self, scope: Scope, send: Send) -> None:
        """Lead the browser to the provider."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        url = await self._provider.address(self._redirect(scope), state, nonce, verifier)
        kept = {"state": state, "nonce": nonce, "verifier": verifier}
        cookie = self._cookies.header(_FLOW, kept, _FLOW_SECONDS)
        await respond(send, 303, "", [(b"location", url.encode()), cookie])

    async def _finish(self, scope: Scope, send: Send, cookies: Mapping[str, str]) -> None:
        """Take what the provider sent the browser back with, and begin the session."""
        given = {
            name: values[0]
            for name, values in parse_qs(scope.get("query_string", b"").decode("latin-1")).items()
        }
        kept = self._cookies.read(_FLOW, cookies)
        if kept is None or not secrets.compare_digest(
            given.get("state", "").encode(), str(kept["state"]).encode()
        ):
            raise _Refused("this sign-in was not begun in this browser, or too long ago")
        if "code" not in given:
            error = given.get("error", "")
            told = error if error in _KNOWN_ERRORS else "no known reason"
            raise _Refused(f"the provider refused the sign-in ({told})")
        claims = await self._provider.claims(
            given["code"], str(kept["verifier"]), str(kept["nonce"]), self._redirect(scope),
            also=self._groups_claim,
        )  # fmt: skip
        name, groups = self._identity(claims)
        shown = next(
            (
                one
                for key in ("name", "preferred_username", "email")
                if isinstance(one := claims.get(key), str) and is_name(one)
            ),
            name,
        )
        values = {"name": name, "groups": groups, "shown": shown}
        try:
            cookie = self._cookies.header(_SESSION, values, _SESSION_SECONDS)
        except ValueError as error:
            raise _Refused(
                "this account is in too many groups for a session; have the provider send fewer"
            ) from error
        await respond(send, 303, "", [(b"location", b"/"), cookie, self._cookies.gone(_FLOW)])

    async def _leave(self, scope: Scope, send: Send) -> None:
        """End the session in this browser."""
        said = word("sign_in.left", _language(scope))
        await self._page(scope, send, 200, said, [self._cookies.gone(_SESSION)])

    async def _page(
        self, scope: Scope, send: Send, status: int, said: str,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:  # fmt: skip
        html = rendered("sign_in.html", "sheet", _language(scope), said, SIGN_IN)
        await respond(send, status, html, headers, kind="text/html")

    async def _bearer(self, values: Sequence[str]) -> Person:
        """Return whom an access token is of."""
        scheme, _, token = values[0].partition(" ")
        if len(values) != 1 or scheme.lower() != "bearer" or not self._audience:
            raise _Refused("this server takes no such authorization")
        claims = await self._provider.checked(token.strip(), self._audience)
        name, groups = self._identity(claims)
        return Person(self._admins.asker(name, groups), name)

    def _identity(self, claims: Mapping[str, Any]) -> tuple[str, list[str]]:
        """Return the name and groups that claims give."""
        name, groups = claims.get(self._name_claim), claims.get(self._groups_claim, [])
        if not isinstance(name, str) or not is_name(name):
            raise _Refused(f"the provider gives no {self._name_claim}")
        if self._name_claim == "email" and claims.get("email_verified") is False:
            raise _Refused("the provider has not verified this e-mail address")
        listed = [groups] if isinstance(groups, str) else groups
        if not isinstance(listed, list) or not all(
            isinstance(one, str) and is_name(one) for one in listed
        ):
            raise _Refused(f"the provider gives no list of names as {self._groups_claim}")
        return name, listed

    def _redirect(self, scope: Scope) -> str:
        host = values_of(scope, "host")[0]
        return f"{self._public_url or f'http://{host}'}{CALLBACK}"


class _Provider:
    """The issuer: its metadata and keys, kept for an hour, and what is asked of it."""

    def __init__(self, issuer: str, client: str, secret: str, scopes: str) -> None:
        self._issuer = issuer
        self._client, self._secret, self._scopes = client, secret, scopes
        self._metadata: tuple[float, dict[str, Any]] = (-_KEPT, {})
        self._keys: tuple[float, Any] = (-_KEPT, None)
        self._away_until = 0.0
        self._looking = asyncio.Lock()

    def _session(self) -> Any:
        from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
            AsyncOAuth2Client,
        )

        return AsyncOAuth2Client(
            self._client, self._secret, scope=self._scopes, timeout=_TIMEOUT,
            code_challenge_method="S256", follow_redirects=False,
        )  # fmt: skip

    async def _fetched(self, url: str, token: str = "") -> dict[str, Any]:
        import httpx2

        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if time.monotonic() < self._away_until:
            raise _Refused(_NO_ANSWER)
        try:
            async with self._session() as session:
                found = await session.request("GET", url, withhold_token=True, headers=headers)
                values = found.raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            if isinstance(error, httpx2.TransportError):
                self._away_until = time.monotonic() + _AWAY
            _LOG.error("the provider of sign-ins does not answer at %s", url, exc_info=error)
            raise _Refused(_NO_ANSWER) from error
        if not isinstance(values, dict):
            raise _Refused("the provider of sign-ins answers with nonsense")
        return values

    async def metadata(self) -> dict[str, Any]:
        """Return what the issuer says of itself; raises _Refused."""
        async with self._looking:
            at, found = self._metadata
            if time.monotonic() - at > _KEPT:
                url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                found = await self._fetched(url)
                if found.get("issuer") != self._issuer:
                    raise _Refused("the provider of sign-ins says it is another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not is_safe(str(found.get(name, ""))):
                        raise _Refused(f"the provider of sign-ins has no safe {name}")
                self._metadata = time.monotonic(), found
            return found

    async def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser signs in."""
        endpoint = (await self.metadata())["authorization_endpoint"]
        async with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint, state, verifier, redirect_uri=redirect, nonce=nonce
            )
        return str(url)

    async def claims(
        self, code: str, verifier: str, nonce: str, redirect: str, *, also: str
    ) -> dict[str, Any]:
        """Return the claims of the person that a code is of; raises _Refused.

        A claim `also` that the ID token lacks is asked of the provider's user information.
        """
        import httpx2
        from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]

        found = await self.metadata()
        try:
            async with self._session() as session:
                tokens = await session.fetch_token(
                    found["token_endpoint"], code=code, code_verifier=verifier,
                    redirect_uri=redirect, grant_type="authorization_code",
                )  # fmt: skip
        except (httpx2.HTTPError, OAuthError, ValueError) as error:
            _LOG.error("the provider of sign-ins gives no token", exc_info=error)
            raise _Refused("the provider of sign-ins did not take the code") from error
        claims = await self.checked(str(tokens.get("id_token") or ""), self._client)
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _Refused("the provider answered another sign-in")
        about = str(found.get("userinfo_endpoint") or "")
        if also not in claims and is_safe(about):
            more = await self._fetched(about, str(tokens.get("access_token") or ""))
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return claims

    async def checked(self, token: str, audience: str) -> dict[str, Any]:
        """Return the claims of a signed token of the issuer for an audience; raises _Refused."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        try:
            try:
                found = jwt.decode(token, await self._key_set(), algorithms=_ALGORITHMS)
            except InvalidKeyIdError:
                # The provider has new keys.
                found = jwt.decode(token, await self._key_set(anew=True), algorithms=_ALGORITHMS)
            needed: dict[str, Any] = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": audience},
                "exp": {"essential": True},
                "sub": {"essential": True},
            }
            jwt.JWTClaimsRegistry(leeway=_LEEWAY, **needed).validate(found.claims)
        except (JoseError, ValueError) as error:
            raise _Refused("this token is not valid here, or not any more") from error
        return dict(found.claims)

    async def _key_set(self, *, anew: bool = False) -> Any:
        from joserfc.jwk import KeySet

        metadata = await self.metadata()
        async with self._looking:
            at, found = self._keys
            age = time.monotonic() - at
            if age > _KEPT or (anew and age > _KEYS_AGAIN):
                keys: Any = await self._fetched(metadata["jwks_uri"])
                found = KeySet.import_key_set(keys)
                self._keys = time.monotonic(), found
            return found


def is_safe(url: str) -> bool:
    """Say whether an address of a provider is https, or on this machine."""
    parts = urlsplit(url)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return parts.scheme == "https" or (parts.scheme == "http" and local)


def _language(scope: Scope) -> str:
    return language_of(
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    )


def openid_from_environment(issuer: str, *, public_url: str, admins: Admins) -> OpenIDSignIn:
    """Return the sign-in with an issuer, by the variables BRIEFING_OIDC_…; raises UsageError."""
    import importlib.util

    if importlib.util.find_spec("authlib") is None:
        raise UsageError(
            tr('signing in by OpenID Connect needs: pip install "briefing-assistant[server]"')
        )
    if not is_safe(issuer):
        raise UsageError(tr("BRIEFING_USERS is {value}; an issuer is https", value=repr(issuer)))
    client = os.environ.get("BRIEFING_OIDC_CLIENT_ID", "")
    key = os.environ.get("BRIEFING_SESSION_KEY", "")
    if not client:
        raise UsageError(tr("set BRIEFING_OIDC_CLIENT_ID, by which the provider knows this server"))
    if len(key) < _SHORTEST_KEY:
        raise UsageError(
            tr(
                "set BRIEFING_SESSION_KEY to {count} random characters or more, the same for all "
                "replicas; make one by: openssl rand -hex 32",
                count=_SHORTEST_KEY,
            )
        )
    return OpenIDSignIn(
        issuer,
        client=client,
        secret=os.environ.get("BRIEFING_OIDC_CLIENT_SECRET", ""),
        key=key,
        admins=admins,
        public_url=checked_public_url(public_url) if public_url else "",
        name_claim=os.environ.get("BRIEFING_OIDC_NAME") or "sub",
        groups_claim=os.environ.get("BRIEFING_OIDC_GROUPS") or "groups",
        audience=os.environ.get("BRIEFING_OIDC_AUDIENCE", ""),
        scopes=os.environ.get("BRIEFING_OIDC_SCOPES") or "openid profile email",
    )


__all__ = ["OpenIDSignIn", "is_safe", "openid_from_environment"]
