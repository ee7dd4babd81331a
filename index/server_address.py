"""The address of a Chroma server: what BRIEFING_VECTOR_STORE may be besides a name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from corpus.errors import UsageError
from corpus.i18n import tr

# Chroma's own service, by a name and by its address.
CLOUD = "chroma-cloud"
_CLOUD_HOST = "api.trychroma.com"
# Endings of names that no server of the public internet has.
_INNER = (".local", ".internal", ".lan", ".localhost", ".home.arpa")


def is_address(store: str) -> bool:
    """Say whether a setting is the address of a server, and not the name of a vector store."""
    return store == CLOUD or store.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a Chroma server is: `url` without a slash at its end; `cloud` for Chroma Cloud."""

    url: str
    cloud: bool = False

    @classmethod
    def of(cls, store: str) -> ServerAddress:
        """Return the address that a setting names; raises UsageError for one that is refused.

        A user and password in it would get into logs. Without encryption vectors, from which texts
        can be guessed, and the token may only go through a network of one's own.
        """
        if store == CLOUD:
            return cls(f"https://{_CLOUD_HOST}", cloud=True)
        try:
            parts = urlsplit(store)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host = ""
        if not host or parts.query or parts.fragment:
            raise UsageError(
                tr(
                    "BRIEFING_VECTOR_STORE is no address of a server; write for example: {example}",
                    example="http://127.0.0.1:8000",
                )
            )
        if "@" in parts.netloc:
            raise UsageError(
                tr(
                    "leave user and password out of BRIEFING_VECTOR_STORE: a token goes into"
                    " BRIEFING_VECTOR_STORE_TOKEN"
                )
            )
        if parts.scheme.lower() == "http" and not _is_near(host):
            raise UsageError(
                tr(
                    "{host} is outside of your network: what is sent there must be encrypted;"
                    " write https:// in BRIEFING_VECTOR_STORE",
                    host=host,
                )
            )
        path = parts.path.rstrip("/").removesuffix("/api/v2")
        return cls(f"{parts.scheme.lower()}://{parts.netloc}{path}", host == _CLOUD_HOST)


def _is_near(host: str) -> bool:
    """Say whether a host is this machine or one of a private network, as far as its name tells."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        # One word is the name of a machine, or of a service of a container network.
        return "." not in host or host.endswith(_INNER)
