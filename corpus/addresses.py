"""Which addresses may be fetched: http and https, of hosts that are on the public internet only.

A server that can be told to fetch can be told to fetch from the machine it runs on, from the
network behind it, or from a cloud's metadata service. So a name is resolved once, every address it
has must be public, and the connection goes to the address that was checked (DNS that changes
between the check and the connection is of no use). https://cheatsheetseries.owasp.org has the list
of tricks under "Server Side Request Forgery".
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.errors import ReadError
from corpus.i18n import tr

if TYPE_CHECKING:
    import httpx

Resolve = Callable[[str, int], Sequence[str]]
# What browsers and libraries read differently: no address that is meant holds any of these.
_ODD = re.compile(r"[\x00-\x20\x7f\\<>\"{}|^`]|%0[ad]", re.IGNORECASE)
# Not the public internet, by the IANA registries of special-purpose addresses (RFC 6890 and what
# came after it, to RFC 9780 of 2025), whatever is said there to be reachable from anywhere (an
# anycast service publishes nothing), and multicast. Python's `ipaddress` knows the table of its own
# release: 3.11 takes fec0::1, 3fff::1 and 192.88.99.1 for public.
# https://www.iana.org/assignments/iana-ipv4-special-registry
_SPECIAL_4 = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
# Of IPv6 only 2000::/3 is given out to hosts, without these: protocol assignments with Teredo,
# documentation, 6to4, AS112. https://www.iana.org/assignments/iana-ipv6-special-registry
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)))  # fmt: skip
# An IPv4 address behind a translator (RFC 6052): as public as that one is.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be fetched, and how much of it.

    `resolve` finds the addresses of a host. `loopback` lets this machine's own servers be fetched
    from, for whoever runs one on purpose; no setting and no environment variable does. `size` is in
    bytes after unpacking, `seconds` for everything, redirects included. `pace` are the seconds
    between two pages of one host.
    """

    resolve: Resolve = resolve_host
    loopback: bool = False
    ports: tuple[int, ...] = (80, 443)
    size: int = 20_000_000
    seconds: float = 30.0
    hops: int = 5
    robots: bool = True
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be fetched, and the one public address of its host to connect to."""

    url: httpx.URL
    address: str


def target_of(address: str, policy: Policy) -> Target:
    """Return where to connect for an address; raises ReadError ("refused", "unreachable")."""
    text = address.strip()
    if not text or _ODD.search(text):
        raise _refused(text, "it holds signs that no web address has")
    # 0.05 s, which a question need not wait for.
    import httpx

    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused(text, "it is no web address") from error
    if url.scheme not in ("http", "https"):
        raise _refused(text, "only http and https addresses are fetched")
    if url.userinfo:
        raise _refused(text, "it holds a user name")
    if not url.host:
        raise _refused(text, "it names no host")
    port = {"http": 80, "https": 443}[url.scheme] if url.port is None else url.port
    if port == 0 or (port not in policy.ports and not policy.loopback):
        raise _refused(text, f"port {port} is not one of {', '.join(map(str, policy.ports))}")
    # As bytes: the host as it goes on the wire, international names in ASCII.
    host = url.raw_host.decode("ascii").strip("[]").rstrip(".")
    try:
        found = [host] if _is_number(host) else list(policy.resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise ReadError(
            "unreachable",
            tr("{host} cannot be found; check the address, or your connection", host=url.host),
        ) from error
    if not found or not all(_allowed(one, policy) for one in found):
        raise _refused(text, "its host is not on the public internet")
    return Target(url, found[0])


def _refused(address: str, why: str) -> ReadError:
    return ReadError(
        "refused",
        tr("{address} is not fetched: {reason}", address=repr(address[:200]), reason=why),
    )


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _allowed(address: str, policy: Policy) -> bool:
    """Say whether an address is public, whatever it is wrapped in."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if policy.loopback and found.is_loopback:
        return True
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return _allowed(str(inner), policy)
        return found in _GLOBAL_6 and not any(found in network for network in _SPECIAL_6)
    return not any(found in network for network in _SPECIAL_4)
