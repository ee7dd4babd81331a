"""Signing in: by a reverse proxy's headers, by OpenID Connect against a real provider, or not."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn

from benchmarks.serving import chromium_running
from corpus.errors import UsageError
from tests.browser import browser_test
from tests.real_servers import free_port
from ui.guard import Guard
from ui.own_sessions import own_session
from ui.rendering import rendered
from ui.server import refuse_open_listener
from ui.sign_in import Admins, HeaderSignIn, SignIn, asker_of, checked_public_url
from ui.sign_in_choice import sign_in_named
from ui.signed_cookies import SignedCookies

# The provider is built on what its own library has renamed since.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

KEY = "0123456789abcdef0123456789abcdef"


async def who(scope: Any, receive: Any, send: Any) -> None:
    """Answer with who asks, and what reached the application of the request."""
    if scope["type"] != "http":
        return
    asker, body = asker_of(scope), b""
    while scope["method"] == "POST":
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    told = {
        "name": asker.name, "groups": asker.groups, "admin": asker.admin,
        "path": scope["path"], "query": scope["query_string"].decode(), "body": body.decode(),
    }  # fmt: skip
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


@contextmanager
def served(
    sign_in: SignIn, port: int, *, app: Any = who, **options: Any
) -> Iterator[list[tuple[str, str]]]:
    """Serve an application (`who` says who asks) behind the guard; yield what was refused."""
    told: list[tuple[str, str]] = []
    guard = Guard(app, sign_in=sign_in, refused=lambda *one: told.append(one), **options)
    config = uvicorn.Config(guard, port=port, log_level="warning", proxy_headers=False,
                            lifespan="off")  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield told
    finally:
        server.should_exit = True
        thread.join(20)


def headers_sign_in(**options: Any) -> HeaderSignIn:
    given = {"proxies": "127.0.0.1", "secret": "", "admins": Admins.named("group:it")} | options
    return HeaderSignIn("X-Remote-User", "X-Remote-Groups", **given)


def test_a_proxy_names_the_user_and_the_groups() -> None:
    """What it sends is who asks; a group that BRIEFING_ADMINS names makes an admin."""
    port = free_port()
    with served(headers_sign_in(), port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as one:
        sent = {"X-Remote-User": "Zoë", "X-Remote-Groups": "china, it"}
        found = one.get("/", headers={key: value.encode() for key, value in sent.items()}).json()
        assert (found["name"], found["groups"], found["admin"]) == ("Zoë", ["china", "it"], True)
        found = one.get("/", headers={"X-Remote-User": "bob"}).json()
        assert (found["name"], found["groups"], found["admin"]) == ("bob", [], False)


def test_headers_count_from_the_proxy_alone() -> None:
    """From another address, twice, empty, or without the proxy's secret they are refused."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    user = [("X-Remote-User", "ann")]
    with served(headers_sign_in(proxies="10.0.0.0/8"), port) as told:
        # X-Forwarded-For is a client's own word.
        claimed = [*user, ("X-Forwarded-For", "10.0.0.1")]
        assert httpx.get(address, headers=claimed).status_code == 401
        assert httpx.get(address, headers=claimed).status_code == 401
        assert told == [("127.0.0.1", "requests come through the reverse proxy only")]
    with served(headers_sign_in(secret="s3cret"), port):
        assert httpx.get(address, headers=user).status_code == 401
        wrong = [*user, ("X-Briefing-Proxy-Secret", "other")]
        assert httpx.get(address, headers=wrong).status_code == 401
        right = ("X-Briefing-Proxy-Secret", "s3cret")
        assert httpx.get(address, headers=[*user, right]).status_code == 200
        assert httpx.get(address, headers=[*user, right, right]).status_code == 401
        for named in ([], [*user, *user], [("X-Remote-User", "")], [("X-Remote-User", "a\tb")]):
            assert httpx.get(address, headers=[*named, right]).status_code == 401
        # "José" in another encoding than UTF-8 would be the same name as "Josè".
        latin = [(b"X-Remote-User", b"Jos\xe9"), (b"X-Briefing-Proxy-Secret", b"s3cret")]
        assert httpx.get(address, headers=latin).status_code == 401
        groups = ("X-Remote-Groups", "one")
        assert httpx.get(address, headers=[*user, right, groups, groups]).status_code == 401


def test_a_public_address_is_the_only_host_and_the_only_origin() -> None:
    """Forged hosts, other sites, WebSockets and what is shut stay refused for who signed in."""
    port = free_port()
    address, user = f"http://127.0.0.1:{port}", {"X-Remote-User": "ann"}
    host = {**user, "Host": "briefing.example"}
    public = "https://briefing.example"
    with served(headers_sign_in(), port, public_url=public):
        assert httpx.get(address, headers=host).status_code == 200
        assert httpx.get(address, headers=user).status_code == 403
        assert httpx.get(address, headers={**user, "Host": "evil.example"}).status_code == 403
        assert httpx.get(f"{address}/gradio_api/file=x", headers=host).status_code == 403
        event = f"{address}/gradio_api/cancel"
        for origin, status in ((public, 200), ("http://briefing.example", 403),
                               ("https://evil.example", 403), ("null", 403)):  # fmt: skip
            found = httpx.post(event, headers={**host, "Origin": origin}, json={})
            assert found.status_code == status, origin
        for site in ("cross-site", "same-site"):
            cross = {**host, "Sec-Fetch-Site": site}
            for origin in (public, "null"):
                found = httpx.post(event, headers={**cross, "Origin": origin}, json={})
                assert found.status_code == 403

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    guard = Guard(who, sign_in=headers_sign_in())
    asyncio.run(guard({"type": "websocket", "headers": [], "path": "/"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_session_of_the_page_belongs_to_who_signed_in() -> None:
    """Another who learns its name gets a session of their own under it, in every request."""
    port = free_port()
    address, ann, bob = f"http://127.0.0.1:{port}", {"X-Remote-User": "ann"}, "bob"
    with served(headers_sign_in(), port):
        for user in ("ann", bob):
            mine = own_session("abc123", headers_sign_in()._admins.asker(user, []))
            named = {"X-Remote-User": user}
            stream = httpx.get(f"{address}/gradio_api/queue/data?session_hash=abc123&x=1",
                               headers=named).json()  # fmt: skip
            assert stream["query"] == f"session_hash={mine}&x=1"
            beat = httpx.get(f"{address}/gradio_api/heartbeat/abc123", headers=named).json()
            assert beat["path"] == f"/gradio_api/heartbeat/{mine}"
            body = {"session_hash": "abc123", "event_id": "e"}
            left = httpx.post(f"{address}/gradio_api/cancel", headers=named, json=body).json()
            assert json.loads(left["body"]) == {"session_hash": mine, "event_id": "e"}
        assert httpx.get(f"{address}/gradio_api/heartbeat/x", headers=ann).status_code == 200


@dataclass
class Provider:
    """A real provider on loopback: its address, and how one signs in with it."""

    issuer: str

    def code_for(self, address: str, sub: str) -> str:
        """Sign in as a browser would at the provider's form, and return where it leads back."""
        form = httpx.post(address, data={"sub": sub})
        assert form.status_code == 302, form.text
        return str(form.headers["location"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Run oidc-provider-mock, a small provider built on Authlib."""
    mock = pytest.importorskip("oidc_provider_mock")
    before = os.environ.get("AUTHLIB_INSECURE_TRANSPORT")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    users = [
        mock.User(sub="ann", claims={"groups": ["china", "it"], "name": "Ann Example"}),
        mock.User(sub="bob", claims={"groups": []}),
        mock.User(sub="many", claims={"groups": [os.urandom(16).hex() for _ in range(400)]}),
    ]
    with mock.run_server_in_thread(user_claims=users) as server:
        yield Provider(f"http://localhost:{server.server_port}")
    if before is None:
        del os.environ["AUTHLIB_INSECURE_TRANSPORT"]
    else:
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = before


def openid(
    provider: Provider, patch: pytest.MonkeyPatch, public_url: str = "", **values: str
) -> SignIn:
    given = {
        "BRIEFING_OIDC_CLIENT_ID": "briefing", "BRIEFING_OIDC_CLIENT_SECRET": "secret",
        "BRIEFING_SESSION_KEY": KEY, "BRIEFING_ADMINS": "group:it", **values,
    }  # fmt: skip
    for name, value in given.items():
        patch.setenv(name, value)
    found = sign_in_named(provider.issuer, public_url=public_url)
    assert found is not None
    return found


def test_the_code_flow_begins_a_session_and_sign_out_ends_it(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State, nonce and PKCE go along; the cookie says who asks, on every replica with the key."""
    port, second = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        served(openid(provider, monkeypatch), port),
        served(openid(provider, monkeypatch), second),
        httpx.Client(base_url=address) as browser,
    ):
        assert browser.get("/").headers["location"] == "/sign-in"
        assert browser.get("/config").status_code == 401
        begun = browser.get("/sign-in")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"] and asked["code_challenge"]
        assert asked["nonce"] and asked["state"] and asked["response_type"] == ["code"]
        assert asked["redirect_uri"] == [f"{address}/sign-in/callback"]
        back = provider.code_for(begun.headers["location"], "ann")
        ended = browser.get(back)
        assert (ended.status_code, ended.headers["location"]) == (303, "/")
        cookie = next(one for one in ended.headers.get_list("set-cookie") if "-session=" in one)
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=28800" in cookie
        found = browser.get("/").json()
        assert (found["name"], found["groups"], found["admin"]) == ("ann", ["china", "it"], True)
        elsewhere = httpx.get(f"http://127.0.0.1:{second}/", cookies=dict(browser.cookies))
        assert elsewhere.json()["name"] == "ann"
        # The code is used up, and the cookie of the flow gone.
        assert browser.get(back).status_code == 401
        left = browser.post("/sign-out")
        assert left.status_code == 200 and "signed out" in left.text
        assert browser.get("/").headers["location"] == "/sign-in"
        assert browser.get("/sign-out").status_code == 403


def test_a_sign_in_that_another_browser_began_is_refused(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A victim who is led to an attacker's callback stays who they are: signed in as nobody."""
    port = free_port()
    with served(openid(provider, monkeypatch), port) as told:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address) as attacker, httpx.Client(base_url=address) as victim:
            back = provider.code_for(attacker.get("/sign-in").headers["location"], "bob")
            victim.get("/sign-in")
            refused = victim.get(back)
            assert refused.status_code == 401 and "could not be signed in" in refused.text
            assert victim.get("/").headers["location"] == "/sign-in"
            assert "not begun in this browser" in told[-1][1]
            denied = attacker.get(f"/sign-in/callback?{urlsplit(back).query}&error=x")
            assert denied.status_code == 303
            attacker.get("/sign-in")
            assert attacker.get("/sign-in/callback?error=access_denied").status_code == 401


async def _page_with_a_way_out(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the button by which the page signs out."""
    form = rendered("bar.html", "signed_in", "en", "Ann", True)
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": form.encode()})


@browser_test
def test_the_button_signs_out_in_a_browser(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that is told to send no referrer calls the origin of the form "null"."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    person = {"name": "ann", "groups": [], "shown": "Ann"}
    line = SignedCookies(KEY, secure=False).header("session", person, 60)[1].decode()
    name, _, value = line.partition(";")[0].partition("=")
    with (
        served(openid(provider, monkeypatch), port, app=_page_with_a_way_out),
        chromium_running() as browser,
    ):
        tab = browser.new_page()
        tab.context.add_cookies([{"name": name, "value": value, "url": address}])
        tab.goto(address)
        tab.get_by_role("button").click()
        tab.get_by_text("signed out").wait_for(timeout=20_000)
        assert not [one for one in tab.context.cookies() if one["name"] == name]


def test_what_a_browser_says_of_a_refusal_is_not_written_down(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reasons of the standard are; any other text is told once, however often it is another."""
    port = free_port()
    with served(openid(provider, monkeypatch), port) as told:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
            for error in ("access_denied", "x" * 5_000, "y" * 5_000):
                begun = urlsplit(browser.get("/sign-in").headers["location"]).query
                back = f"/sign-in/callback?state={parse_qs(begun)['state'][0]}&error={error}"
                assert browser.get(back).status_code == 401
        assert [reason.partition("(")[2] for _, reason in told] == [
            "access_denied)", "no known reason)",
        ]  # fmt: skip


def test_a_provider_that_is_away_is_not_waited_for_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first waits for as long as a request may take; the others are told at once."""
    monkeypatch.setattr("ui.openid._TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        away = openid(Provider(issuer), monkeypatch)
        port = free_port()
        with served(away, port), ThreadPoolExecutor(6) as pool:
            began = time.monotonic()
            asked = [
                pool.submit(httpx.get, f"http://127.0.0.1:{port}/sign-in", timeout=20)
                for _ in range(6)
            ]
            for one in asked:
                answer = one.result()
                assert answer.status_code == 401 and "does not answer" in answer.text
            assert time.monotonic() - began < 4


def test_a_forged_or_old_cookie_is_no_session(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed, made with another key or for another purpose, or out of date: one signs in anew."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    person = {"name": "ann", "groups": [], "shown": "Ann"}

    def made(key: str = KEY, purpose: str = "session", seconds: int = 60) -> str:
        line = SignedCookies(key, secure=False).header(purpose, person, seconds)[1].decode()
        return line.partition(";")[0].partition("=")[2]

    with served(openid(provider, monkeypatch), port):
        tried = [made(KEY[::-1]), made(purpose="sign-in"), made(seconds=-1), made()[:-2],
                 f"A{made()[1:]}", "", "x.y", "."]  # fmt: skip
        for cookie in tried:
            found = httpx.get(address, headers={"Cookie": f"briefing-session={cookie}"})
            assert found.status_code == 303, cookie
        found = httpx.get(address, headers={"Cookie": f"briefing-session={made()}"})
        assert found.json()["name"] == "ann"


def test_a_cookie_of_a_public_page_is_secure(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over https it is bound to this very host; the way back is the public address."""
    port, public = free_port(), "https://briefing.example"
    with served(openid(provider, monkeypatch, public), port, public_url=public):
        begun = httpx.get(f"http://127.0.0.1:{port}/sign-in", headers={"Host": "briefing.example"})
        cookie = begun.headers["set-cookie"]
        assert cookie.startswith("__Host-briefing-sign-in=") and cookie.endswith("; Secure")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["redirect_uri"] == [f"{public}/sign-in/callback"]


def test_too_many_groups_for_a_cookie_are_said(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser would drop the cookie without a word."""
    port = free_port()
    with served(openid(provider, monkeypatch), port) as told:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
            back = provider.code_for(browser.get("/sign-in").headers["location"], "many")
            assert browser.get(back).status_code == 401
        assert "too many groups" in told[-1][1]


def id_token(provider: Provider, client: str, sub: str) -> str:
    """Return a token that the provider signed for a client."""
    address = (
        f"{provider.issuer}/oauth2/authorize?response_type=code&client_id={client}"
        "&redirect_uri=http://localhost/&scope=openid&state=s&nonce=n"
    )
    code = parse_qs(urlsplit(provider.code_for(address, sub)).query)["code"][0]
    found = httpx.post(
        f"{provider.issuer}/oauth2/token",
        data={"grant_type": "authorization_code", "code": code,
              "redirect_uri": "http://localhost/"},
        auth=(client, "secret"),
    )  # fmt: skip
    return str(found.json()["id_token"])


def test_api_clients_come_with_a_token_for_this_audience(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signature, issuer, audience and expiry count; without an audience no token is taken."""
    from joserfc import jwk, jwt

    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def asked(token: str) -> httpx.Response:
        return httpx.get(address, headers={"Authorization": f"Bearer {token}"})

    good, other = id_token(provider, "briefing-api", "ann"), id_token(provider, "other", "ann")
    with served(openid(provider, monkeypatch, BRIEFING_OIDC_AUDIENCE="briefing-api"), port):
        assert asked(good).json() | {"path": ""} == {
            "name": "ann", "groups": ["china", "it"], "admin": True, "path": "", "query": "",
            "body": "",
        }  # fmt: skip
        assert asked(other).status_code == 401
        assert asked(good[:-4] + "AAAA").status_code == 401
        claims = {"iss": provider.issuer, "aud": "briefing-api", "sub": "ann",
                  "exp": int(time.time()) + 60}  # fmt: skip
        own = jwk.RSAKey.generate_key(2048)
        assert asked(jwt.encode({"alg": "RS256", "kid": "x"}, claims, own)).status_code == 401
        plain = jwt.encode({"alg": "HS256"}, claims, jwk.OctKey.import_key(b"secret" * 8))
        assert asked(plain).status_code == 401
        assert asked("nonsense").headers["www-authenticate"] == "Bearer"
        basic = httpx.get(address, auth=("ann", "x"))
        assert basic.status_code == 401
    with served(openid(provider, monkeypatch, BRIEFING_OIDC_AUDIENCE=""), port):
        assert asked(good).status_code == 401


def test_settings_that_would_let_strangers_in_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each line says what to set."""
    for name in ("BRIEFING_OIDC_CLIENT_ID", "BRIEFING_SESSION_KEY", "BRIEFING_ADMINS"):
        monkeypatch.delenv(name, raising=False)
    assert sign_in_named("") is None
    with pytest.raises(UsageError, match="BRIEFING_USERS is 'everyone'"):
        sign_in_named("everyone")
    with pytest.raises(UsageError, match="an issuer is https"):
        sign_in_named("http://id.example")
    with pytest.raises(UsageError, match="BRIEFING_OIDC_CLIENT_ID"):
        sign_in_named("https://id.example")
    monkeypatch.setenv("BRIEFING_OIDC_CLIENT_ID", "x")
    monkeypatch.setenv("BRIEFING_SESSION_KEY", "short")
    with pytest.raises(UsageError, match="openssl rand"):
        sign_in_named("https://id.example")
    with pytest.raises(UsageError, match="BRIEFING_PROXIES"):
        headers_sign_in(proxies="everywhere")
    monkeypatch.setenv("BRIEFING_ADMINS", "group:*")
    with pytest.raises(UsageError, match="BRIEFING_ADMINS"):
        sign_in_named("headers")
    for listen, public in (("0.0.0.0", ""), ("127.0.0.1", "https://a.example")):
        with pytest.raises(UsageError, match="set BRIEFING_USERS"):
            refuse_open_listener(listen, public, signs_in=False)
    with pytest.raises(UsageError, match="--public-url"):
        refuse_open_listener("0.0.0.0", "", signs_in=True)
    refuse_open_listener("0.0.0.0", "https://a.example", signs_in=True)
    for url in ("http://a.example", "https://a.example/path", "a.example", "ftp://a"):
        with pytest.raises(UsageError, match="--public-url"):
            checked_public_url(url)
    assert checked_public_url("https://A.example:8443/") == "https://a.example:8443"
