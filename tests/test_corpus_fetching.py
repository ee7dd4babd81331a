"""Only public addresses are fetched, whatever they are wrapped in, and only so much of them."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from corpus.addresses import Policy, resolve_host, target_of
from corpus.errors import ReadError
from corpus.fetching import fetch
from corpus.public_documents import public_documents, themes

LOCAL = Policy(loopback=True, seconds=30.0)
Answer = Callable[[str, socket.socket], None]


class Site:
    """A server on loopback that answers by path and notes what it was asked."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client:
            request = client.recv(65_536).decode("latin-1")
            path = request.split(" ")[1] if " " in request else ""
            self.asked.append(path)
            try:
                self.answers.get(path, page(b"", status="404 Not Found"))(path, client)
            except OSError:
                return


def page(body: bytes, kind: str = "text/html", *, status: str = "200 OK", more: str = "") -> Answer:
    def answer(_: str, client: socket.socket) -> None:
        head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}"
        client.sendall(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)

    return answer


def redirect(to: str) -> Answer:
    return page(b"", status="302 Found", more=f"location: {to}\r\n")


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


PUBLIC = ("https://example.org/report", "http://example.org", "https://例子.example/a?b=c#d")
WRAPPED = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001",
    "0177.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:0a00:0001::]", "[2001:0:53aa:64c::7f00:1]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]",
    "[ff02::1]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "192.0.0.9",
    "192.0.0.170", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "[fec0::1]",
    "[feff::1]", "[3fff::1]", "[3fff:fff::1]", "[5f00::1]", "[100::1]", "[100:0:0:1::1]",
    "[2001:1::1]", "[2001:20::1]", "[2001:db8::1]", "[2002:5db8:d70e::1]", "[2620:4f:8000::1]",
    "[::127.0.0.1]", "[::93.184.215.14]", "[64:ff9b:1::5db8:d70e]", "[4000::1]",
    "[::ffff:192.88.99.1]",
)  # fmt: skip
SPELT = (
    "http://user@127.0.0.1/", "http://user:word@example.org/", "http://example.org@127.0.0.1/",
    "http://127.0.0.1#@example.org/", "http://127.0.0.1\\@example.org/", "http://example.org\\.evil/",
    "http:\\\\127.0.0.1/", "http://exa mple.org/", "http://example.org/\nhost: x", "http://[::1/",
    "file:///etc/passwd", "ftp://example.org/a", "gopher://127.0.0.1/", "data:text/html,x",
    "javascript:alert(1)", "dict://127.0.0.1:11211/", "jar:http://127.0.0.1!/", "//127.0.0.1/",
    "http:///a", "http://", "", "   ", "example.org", "http://example.org:22/",
    "http://example.org:6379/", "https://example.org:8443/", "http://127.0.0.1:80/",
    "http://example.org:99999/", "http://example.org/%0d%0ahost:x", "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/", "http://ⓛocalhost/", "HTTP://127.0.0.1/", "http://0x7f.0x0.0x0.0x1/",
    "http://[::ffff:0a00:1]/", "http://example.org/<b>", "unix:/run/x.sock", "about:blank",
    "http://example.org:0/", "https://example.org:00/",
    "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/latest",
)  # fmt: skip


def named(host: str, _: int) -> list[str]:
    """Resolve numbers as the system does and every name to a public address."""
    try:
        return resolve_host(host, 80)
    except OSError:
        return ["93.184.215.14"]


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_address_is_connected_to_where_it_was_looked_up(url: str) -> None:
    """The name is resolved once; the connection goes to that address."""
    calls: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        calls.append(host)
        return ["93.184.215.14"]

    assert target_of(url, Policy(resolve=resolve)).address == "93.184.215.14"
    assert len(calls) == 1 and calls[0].isascii()


@pytest.mark.parametrize("url", [f"http://{host}/" for host in WRAPPED] + list(SPELT))
def test_no_spelling_of_another_address_is_fetched(url: str, site: Site) -> None:
    """Numbers in every base, wrapped in IPv6, names of this machine, odd schemes and ports."""
    with pytest.raises(ReadError) as refused:
        fetch(url.replace(":80/", f":{site.port}/"), Policy(resolve=named))
    assert refused.value.reason in {"refused", "unreachable"} and site.asked == []
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:4700::1111]", "[64:ff9b::5db8:d70e]"])
def test_a_public_number_is_fetched_from(host: str) -> None:
    """The list of special addresses leaves the public ones, one behind a translator too."""
    assert target_of(f"https://{host}/", Policy()).address == host.strip("[]")


def test_port_0_is_none_even_on_this_machine() -> None:
    """Whoever allows loopback allows its ports, and 0 is no port."""
    with pytest.raises(ReadError, match="port 0"):
        target_of("http://127.0.0.1:0/", LOCAL)


def test_a_slow_look_up_ends_within_the_limit() -> None:
    """Also the second one of a redirect; the thread that looks up is waited for by nobody."""
    asked, answered = threading.Event(), threading.Event()

    def resolve(*_: object) -> list[str]:
        asked.set()
        answered.wait(60)
        return ["93.184.215.14"]

    begun = time.monotonic()
    try:
        with pytest.raises(ReadError) as slow:
            fetch("https://example.org/", Policy(resolve=resolve, seconds=0.5))
        assert slow.value.reason == "too_slow" and asked.is_set()
        assert time.monotonic() - begun < 20
    finally:
        answered.set()


@pytest.mark.parametrize("cuts", [1, 7, 10_000])
def test_every_member_of_a_gzip_body_is_unpacked(site: Site, cuts: int) -> None:
    """However it is cut on its way, with zeros after it, and within the limit of size."""
    members = [b"<p>The harbour.</p>", b"<p>The bridge.</p>", b"<p>The mill.</p>"]
    body = b"".join(gzip.compress(one) for one in members) + b"\0" * 9

    def answer(_: str, client: socket.socket) -> None:
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-encoding: gzip\r\n"
        client.sendall(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode())
        for start in range(0, len(body), cuts):
            client.sendall(body[start : start + cuts])

    site.answers["/a"] = answer
    assert fetch(site.url("/a"), LOCAL).content == b"".join(members)
    with pytest.raises(ReadError) as large:
        fetch(site.url("/a"), replace(LOCAL, size=30))
    assert large.value.reason == "too_large"


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"<p>The harbour.</p>" * 40)[:-9], gzip.compress(b"<p>a</p>") + b"rest",
     gzip.compress(b"<p>a</p>") + gzip.compress(b"<p>b</p>")[:-5]],
    ids=["broken off", "rubbish after it", "the second broken off"],
)  # fmt: skip
def test_a_packed_body_that_is_not_whole_is_no_page(site: Site, body: bytes) -> None:
    """Half a page would be read as all there is."""
    site.answers["/a"] = page(body, more="content-encoding: gzip\r\n")
    with pytest.raises(ReadError) as damaged:
        fetch(site.url("/a"), LOCAL)
    assert damaged.value.reason == "damaged"


def test_one_private_address_among_public_ones_is_enough() -> None:
    """A host must be public whole."""
    both = Policy(resolve=lambda *_: ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(ReadError, match="not on the public internet"):
        target_of("https://example.org/", both)


def test_a_name_that_changes_is_looked_up_once_a_hop(site: Site) -> None:
    """What it resolves to next time is never connected to."""
    answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])
    site.answers["/a"] = page(b"<p>The harbour.</p>")
    policy = replace(LOCAL, resolve=lambda *_: [next(answers)], robots=False)
    assert b"harbour" in fetch(f"http://harbour.example:{site.port}/a", policy).content
    with pytest.raises(ReadError, match="not on the public internet"):
        fetch(f"http://harbour.example:{site.port}/a", policy)


@pytest.mark.parametrize("hops", [1, 2, 3, 4, 5, 6])
def test_a_redirect_inwards_is_refused_wherever_it_comes(site: Site, hops: int) -> None:
    """Each hop is looked at like the first address; more than five are not followed."""
    for hop in range(1, hops):
        site.answers[f"/{hop}"] = redirect(f"/{hop + 1}")
    site.answers[f"/{hops}"] = redirect("http://10.0.0.1/inside")
    with pytest.raises(ReadError) as refused:
        fetch(site.url("/1"), replace(LOCAL, robots=False))
    assert refused.value.reason == "refused"


def test_a_page_is_fetched_through_redirects_and_unpacked(site: Site) -> None:
    """The place is where it was found in the end."""
    body = gzip.compress(b"<h1>Lund</h1><p>The harbour handled 4,800 ships.</p>")
    site.answers["/a"] = redirect("/b")
    site.answers["/b"] = page(body, "text/html; charset=utf-8", more="content-encoding: gzip\r\n")
    got = fetch(site.url("/a"), LOCAL)
    assert got.url == site.url("/b") and b"4,800" in got.content and got.suffix == ".html"


@pytest.mark.parametrize(
    ("path", "kind", "suffix"),
    [("/a", "application/pdf", ".pdf"), ("/README.md", "text/plain", ".md"),
     ("/t", "text/plain", ".txt"), ("/x.pdf", "application/octet-stream", ".pdf")],
)  # fmt: skip
def test_what_a_server_calls_it_tells_the_reader(
    site: Site, path: str, kind: str, suffix: str
) -> None:
    """And the name, where the server only says that it is text or bytes."""
    site.answers[path] = page(b"words", kind)
    assert fetch(site.url(path), LOCAL).suffix == suffix


def _endless(_: str, client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
    for _ in range(10_000):
        client.sendall(b"x" * 10_000)


def _drip(_: str, client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
    for _ in range(600):
        client.sendall(b"x")
        time.sleep(0.1)


def _drip_head(_: str, client: socket.socket) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 600:
        client.sendall(bytes([sign]))
        time.sleep(0.1)


def _long_head(_: str, client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 1_000_000 + b"\r\n\r\n")


BOMB = gzip.compress(b"0" * 50_000_000)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_endless, "too_large"),
        (page(BOMB, more="content-encoding: gzip\r\n"), "too_large"),
        (page(b"no gzip", more="content-encoding: gzip\r\n"), "damaged"),
        (page(b"x", more="content-encoding: br\r\n"), "unsupported"),
        (_drip, "too_slow"),
        (_drip_head, "too_slow"),
        (_long_head, "unreachable"),
        (page(b"MZ", "application/x-msdownload"), "unsupported"),
        (page(b"\x89PNG", "image/png"), "unsupported"),
        (page(b"", status="404 Not Found"), "missing"),
        (page(b"", status="503 Busy"), "unreachable"),
        (page(b"  "), "empty"),
        (lambda _, client: client.close(), "unreachable"),
    ],
    ids="endless bomb damaged packed drip head long program picture gone busy empty cut".split(),
)
def test_a_server_that_means_harm_ends_within_the_limits(
    site: Site, answer: Answer, reason: str
) -> None:
    """Each with a reason, soon."""
    site.answers["/a"] = answer
    started = time.monotonic()
    with pytest.raises(ReadError) as refused:
        seconds = 0.5 if reason == "too_slow" else 30.0
        fetch(site.url("/a"), replace(LOCAL, size=1_000_000, seconds=seconds, robots=False))
    assert refused.value.reason == reason and time.monotonic() - started < 30


def test_a_site_that_asks_programs_to_stay_away_is_left_alone(site: Site) -> None:
    """robots.txt is asked first; one that fails to be served allows nothing."""
    site.answers["/private/a"] = page(b"<p>words</p>")
    site.answers["/robots.txt"] = page(b"User-agent: *\nDisallow: /private/", "text/plain")
    with pytest.raises(ReadError, match="asks programs not to read"):
        fetch(site.url("/private/a"), LOCAL)
    site.answers["/robots.txt"] = page(b"", status="500 Oh")
    with pytest.raises(ReadError, match="asks programs not to read"):
        fetch(site.url("/private/a"), LOCAL)
    assert "/private/a" not in site.asked
    del site.answers["/robots.txt"]
    assert fetch(site.url("/private/a"), LOCAL).content == b"<p>words</p>"


def test_the_environment_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the environment is asked, and no variable allows this machine."""
    proxy = Site()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "BRIEFING_LOOPBACK", "ALLOW_ANY_HOST"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    site.answers["/a"] = page(b"<p>The harbour.</p>")
    with pytest.raises(ReadError, match="not on the public internet"):
        fetch("http://127.0.0.1/a", Policy())
    # Allowed by the policy alone, the page is fetched, and not through the proxy.
    assert b"harbour" in fetch(site.url("/a"), LOCAL).content
    assert "/a" in site.asked and proxy.asked == []
    proxy.close()


def test_the_curated_list_holds_public_addresses_of_three_themes() -> None:
    """Each once, with title, publisher and theme."""
    rows = public_documents()
    assert themes() == ["deepseek", "export-policy", "landscape"] and 40 <= len(rows) <= 60
    assert len({one.url for one in rows}) == len(rows)
    for one in rows:
        assert one.title and one.publisher
        assert target_of(one.url, Policy(resolve=lambda *_: ["93.184.215.14"])).url.host
    assert ipaddress.ip_address("93.184.215.14").is_global
