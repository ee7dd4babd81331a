"""Adding web pages and files by address: downloaded one by one, then added like files."""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

import httpx

from corpus.addresses import Policy
from corpus.errors import Busy, ReadError
from corpus.fetching import Fetched, fetch
from corpus.log import log_name
from index.ingest import MetadataOverride, Progress, Refusal, Report

_LOG = logging.getLogger(__name__)
# `Workspace.add`: adds files with their locations and metadata.
Add = Callable[
    [Sequence[Path], Mapping[Path, str], Mapping[Path, MetadataOverride]],
    Iterator[Progress | Report],
]


def add_addresses(
    addresses: Sequence[str],
    add: Add,
    *,
    described: Mapping[str, MetadataOverride] | None = None,
    policy: Policy | None = None,
) -> Iterator[Progress | Report]:
    """Fetch addresses and add what they gave, yielding progress and, last, one report.

    An address that cannot be fetched is reported with the reason and the rest go in. A document's
    location is the address it was found at in the end, so that a redirect and its target are one
    place, and fetching again replaces it. `described` is by address as given.
    """
    refused: list[Refusal] = []
    places: dict[Path, str] = {}
    overrides: dict[Path, MetadataOverride] = {}
    # The address that was given for each that something was found at.
    given: dict[str, str] = {}
    pacing = _Pacing(policy or Policy())
    wanted = list(dict.fromkeys(one.strip() for one in addresses if one.strip()))
    with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
        for number, address in enumerate(wanted, start=1):
            yield Progress("fetching", number - 1, len(wanted), address, place=address)
            try:
                fetched = pacing.fetched(address)
            except ReadError as error:
                _LOG.warning("refused an address of %s: %s", log_name(address), error.reason)
                refused.append(Refusal(address, error.reason, str(error)))
                why = str(error)
                yield Progress("refused", number, len(wanted), address, reason=why, place=address)
                continue
            file = Path(folder) / f"{number:03}" / f"{_name(fetched.url)}{fetched.suffix}"
            file.parent.mkdir()
            file.write_bytes(fetched.content)
            if fetched.url not in places.values():
                places[file] = fetched.url
                given[fetched.url] = address
                overrides[file] = replace(
                    (described or {}).get(address, MetadataOverride()),
                    fetched=date.today().isoformat(),
                )
        if not places:
            yield Report(refused=tuple(refused))
            return
        for step in add(list(places), places, overrides):
            yield (
                replace(step, refused=(*refused, *step.refused))
                if isinstance(step, Report)
                else replace(step, place=given.get(step.place, step.place))
            )


class _Pacing:
    """Fetches one page after another, and leaves each host the time that it needs."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        # By host: when it may be asked again, and what a busy one said.
        self._next: dict[str, float] = {}
        self._busy: dict[str, Busy] = {}

    def fetched(self, address: str) -> Fetched:
        """Return what lies at an address; raises ReadError, without asking a host that is busy."""
        try:
            host = httpx.URL(address).host
        except httpx.InvalidURL:
            host = ""
        if host in self._busy:
            raise self._busy[host]
        time.sleep(max(0.0, self._next.get(host, 0.0) - time.monotonic()))
        try:
            return fetch(address, self._policy)
        except Busy as error:
            self._busy[host] = error
            raise
        finally:
            self._next[host] = time.monotonic() + self._policy.pace


def is_address(text: str) -> bool:
    """Say whether what was given is meant as a web address and not as a path."""
    return bool(re.match(r"https?:/", text.strip(), re.IGNORECASE))


def _name(url: str) -> str:
    """Return a file name for an address: where a page states no title, it is shown as one."""
    parsed = httpx.URL(url)
    stem = PurePosixPath(parsed.path).stem or parsed.host
    return re.sub(r"[^\w.-]+", "-", stem)[:80].strip("-.") or "page"


__all__ = ["Add", "add_addresses", "is_address"]
