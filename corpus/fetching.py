"""Downloading a page or a report: guarded, with a limit on everything, as its site allows.

Where an address leads is decided by corpus.addresses, anew at each redirect. The body is unpacked
here, under the limit; time is limited over all, so that a server that drips a byte a second ends
too. robots.txt is honoured.
"""

from __future__ import annotations

import asyncio
import re
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.robotparser import RobotFileParser

import httpx

from corpus.addresses import Policy, Target, target_of
from corpus.errors import Busy, ReadError
from corpus.formats import suffix_of, suffixes, words
from corpus.i18n import tr

AGENT = "briefing-assistant"
_HEADERS = {
    "user-agent": f"{AGENT} (reads what its user names)",
    "accept": "text/html,application/pdf,text/plain,*/*;q=0.5",
    "accept-encoding": "gzip, deflate",
}
# What servers call everything: then the name tells, if it ends like one of a format that is read.
_VAGUE = {"", "text/plain", "application/octet-stream", "binary/octet-stream"}
_ROBOTS_SIZE = 500_000
_REDIRECTS = {301, 302, 303, 307, 308}
_FOR_EVER = {301, 308}
# Answers that may say when to come back (RFC 9110, 10.2.3); what is longer than a day is a day.
_BUSY = {429, 503}
_LONGEST_WAIT = 86_400
_FEEDS = (
    "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,"
    "text/xml;q=0.9,application/json;q=0.8,text/html;q=0.7,*/*;q=0.5"
)
# A longer mark of a state is no mark: it is sent back with every request.
_LONGEST_MARK = 500


@dataclass(frozen=True, slots=True)
class Fetched:
    """A download: the address after redirects, the bytes, and the suffix for their format."""

    url: str
    content: bytes
    suffix: str


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """What was found at the address of a feed.

    `url` is where it lies now: where redirects that are meant for ever led, up to the first that is
    not. `kind` is its media type. `etag` and `modified` are what its server calls this state of it;
    where that is the one that was known, `unchanged` is set and there is no content.
    """

    url: str
    content: bytes
    kind: str
    etag: str
    modified: str
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """The last answer to a request: its own address and the one that redirects for ever lead to."""

    target: Target
    lasting: str
    status: int
    headers: httpx.Headers
    content: bytes


def fetch(address: str, policy: Policy | None = None) -> Fetched:
    """Return what lies at an address.

    Raises ReadError, in one line that says what to do: "refused" (not a public web address, or the
    site's robots.txt asks not to), "unreachable", "busy" (`Busy`), "missing" (the server says so),
    "too_large", "too_slow", "unsupported" (nothing that can be read).
    """
    answer = _answer(address, policy or Policy(), _HEADERS)
    url = answer.target.url
    if not answer.content.strip():
        raise ReadError("empty", tr("{address} gave an empty page", address=url))
    return Fetched(str(url), answer.content, _suffix(url, answer.headers))


def fetch_feed(
    address: str, policy: Policy | None = None, *, etag: str = "", modified: str = ""
) -> FetchedFeed:
    """Return the feed at an address, without its content where the server calls it unchanged.

    `etag` and `modified` are those of the last time. Raises what `fetch` raises; "gone" where the
    server says that it will not come back.
    """
    headers = _HEADERS | {"accept": _FEEDS}
    headers |= {"if-none-match": etag} if etag else {}
    headers |= {"if-modified-since": modified} if modified else {}
    answer = _answer(address, policy or Policy(), headers)
    return FetchedFeed(
        answer.lasting,
        answer.content,
        answer.headers.get("content-type", "").partition(";")[0].strip().lower(),
        answer.headers.get("etag", etag if answer.status == 304 else "")[:_LONGEST_MARK],
        answer.headers.get("last-modified", modified if answer.status == 304 else "")[
            :_LONGEST_MARK
        ],
        unchanged=answer.status == 304,
    )


def _answer(address: str, policy: Policy, headers: Mapping[str, str]) -> _Answer:
    """Return the answer to a request, all of it within the time; errors are translated."""

    async def limited() -> _Answer:
        async with asyncio.timeout(policy.seconds):
            return await _follow_redirects(address, policy, headers)

    try:
        return asyncio.run(limited())
    except TimeoutError as error:
        raise ReadError(
            "too_slow",
            tr(
                "{address} took over {seconds} seconds; save the page and add the file",
                address=address,
                seconds=f"{policy.seconds:.0f}",
            ),
        ) from error
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise ReadError(
            "unreachable",
            tr(
                "{address} cannot be read ({reason}); try it in a browser",
                address=address,
                reason=type(error).__name__,
            ),
        ) from error


async def _follow_redirects(address: str, policy: Policy, headers: Mapping[str, str]) -> _Answer:
    """Fetch an address, following redirects; each is checked like the first address."""
    here, lasting, secure, for_ever = address, address, False, True
    for _ in range(policy.hops + 1):
        target = await _resolve_target(here, policy)
        if secure and target.url.scheme == "http":
            raise ReadError(
                "refused", tr("{address} leads to an address without encryption", address=address)
            )
        secure = secure or target.url.scheme == "https"
        if policy.robots and not await _robots_allow(target, policy):
            raise ReadError(
                "refused",
                tr(
                    "the site asks programs not to read {address}; save the page in a browser and "
                    "add the file",
                    address=here,
                ),
            )
        status, found, content = await _request(target, policy, policy.size, headers)
        if status in _REDIRECTS and found.get("location"):
            here = str(target.url.join(found["location"]))
            for_ever = for_ever and status in _FOR_EVER
            lasting = here if for_ever else lasting
            continue
        if status == 304 and ("if-none-match" in headers or "if-modified-since" in headers):
            return _Answer(target, lasting, status, found, b"")
        _refuse_status(here, status, found)
        return _Answer(target, lasting, status, found, content)
    raise ReadError(
        "refused",
        tr("{address} redirects more than {count} times", address=address, count=policy.hops),
    )


def _refuse_status(here: str, status: int, headers: httpx.Headers) -> None:
    """Raise ReadError for an answer that is no page."""
    if status in (404, 410):
        raise ReadError(
            "gone" if status == 410 else "missing",
            tr(
                "there is nothing at {address} (the server answered {status})",
                address=here,
                status=status,
            ),
        )
    seconds = _seconds_to_wait(headers.get("retry-after", "")) if status in _BUSY else 0
    if seconds:
        raise Busy(
            tr(
                "{address} is busy and asks to come back in {seconds} seconds",
                address=here,
                seconds=seconds,
            ),
            seconds,
        )
    if status != 200:
        raise ReadError(
            "unreachable",
            tr("{address} answered {status}; try it in a browser", address=here, status=status),
        )


def _seconds_to_wait(said: str) -> int:
    """Return the seconds of a Retry-After, given in seconds or as a date; 0 for neither."""
    text = said.strip()
    if re.fullmatch(r"\d{1,9}", text):
        return min(int(text), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return 0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0, min(int((until - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT))


async def _resolve_target(address: str, policy: Policy) -> Target:
    """Return `target_of`, run in a thread that is abandoned when the time is over.

    A DNS look-up cannot be cancelled (a resolver may take 20 s), and asyncio waits for threads of
    its own when its loop ends; a daemon thread is not waited for.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Target] = loop.create_future()

    def settle(target: Target | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if target is not None:
            done.set_result(target)
        elif error is not None:
            done.set_exception(error)

    def look() -> None:
        target, failure = None, None
        try:
            target = target_of(address, policy)
        except Exception as error:  # noqa: BLE001  # reason: it is raised where it is waited for
            failure = error
        # The loop may be closed by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, target, failure)

    threading.Thread(target=look, name="look-up", daemon=True).start()
    return await done


async def _robots_allow(target: Target, policy: Policy) -> bool:
    """Say whether robots.txt lets our agent read an address (RFC 9309).

    A site that has none allows everything; one whose robots.txt fails to be served allows nothing.
    """
    root = Target(target.url.copy_with(raw_path=b"/robots.txt"), target.address)
    status, headers, content = await _request(root, policy, _ROBOTS_SIZE, _HEADERS, cut=True)
    for _ in range(policy.hops):
        if status not in _REDIRECTS or not headers.get("location"):
            break
        there = str(root.url.join(headers["location"]))
        root = await _resolve_target(there, policy)
        status, headers, content = await _request(root, policy, _ROBOTS_SIZE, _HEADERS, cut=True)
    if status >= 500:
        return False
    if status != 200:
        return True
    rules = RobotFileParser()
    rules.parse(content.decode("utf-8", "replace").splitlines())
    return rules.can_fetch(AGENT, str(target.url))


async def _request(
    target: Target, policy: Policy, size: int, headers: Mapping[str, str], *, cut: bool = False
) -> tuple[int, httpx.Headers, bytes]:
    """Return status, headers and body of one request, sent to the address that was checked.

    `cut` ends the body at `size` instead of refusing it.
    """
    url = target.url
    host = url.netloc.decode("ascii")
    # A new client for each request: no cookies, no proxies of the environment, no redirects.
    async with httpx.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=policy.seconds
    ) as client:
        request = client.build_request(
            "GET",
            url.copy_with(host=target.address),
            headers={**headers, "host": host},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await client.send(request, stream=True)
        try:
            body = await _body(response, size, str(url), cut=cut)
        finally:
            await response.aclose()
    return response.status_code, response.headers, body


async def _body(response: httpx.Response, size: int, name: str, *, cut: bool) -> bytes:
    """Return the body unpacked; raises ReadError where it is larger than `size` bytes."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise ReadError(
            "unsupported",
            tr(
                "{name} is packed as {packing}; save it and add the file",
                name=name,
                packing=repr(packing),
            ),
        )
    unpack = _Unpacker() if packing not in ("", "identity") else None
    body = bytearray()
    async for part in response.aiter_raw():
        try:
            body += unpack.unpacked(part, size + 1 - len(body)) if unpack else part
        except zlib.error as error:
            raise ReadError(
                "damaged", tr("{name} is packed wrongly; try it in a browser", name=name)
            ) from error
        if len(body) > size:
            if cut:
                return bytes(body[:size])
            raise ReadError(
                "too_large",
                tr(
                    "{name} is larger than {size} MB; save what you need and add the file",
                    name=name,
                    size=f"{size / 1e6:.0f}",
                ),
            )
    if unpack and not unpack.whole:
        raise ReadError(
            "damaged",
            tr("{address} broke off half-way; try it again or in a browser", address=name),
        )
    return bytes(body)


class _Unpacker:
    """Unpacks gzip and zlib; of gzip every member, as a body may be several (RFC 1952)."""

    def __init__(self) -> None:
        # 32 more than the window: whichever of the two its head says.
        self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS + 32)
        self._begun = False

    @property
    def whole(self) -> bool:
        """Whether what came so far does not end within a member."""
        return self._member.eof or not self._begun

    def unpacked(self, part: bytes, most: int) -> bytes:
        """Return what `part` holds, `most` bytes at most; raises zlib.error."""
        body = bytearray()
        while part and len(body) < most:
            if self._member.eof:
                # Zeros fill a body up to the size of a block.
                part = part.lstrip(b"\0")
                if not part:
                    break
                self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16)
            self._begun = True
            body += self._member.decompress(part, most - len(body))
            part = self._member.unused_data
        return bytes(body)


def _suffix(url: httpx.URL, headers: httpx.Headers) -> str:
    """Return the suffix of what was fetched; raises ReadError for what cannot be read."""
    called = headers.get("content-type", "").partition(";")[0].strip().lower()
    name = PurePosixPath(url.path).suffix.lower()
    if called in _VAGUE and name in suffixes():
        return name
    if suffix := suffix_of(called):
        return suffix
    raise ReadError(
        "unsupported",
        tr(
            "{address} is {kind}; what is read: {formats}",
            address=url,
            kind=called or "of no stated kind",
            formats=words(),
        ),
    )
