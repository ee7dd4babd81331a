"""Later versions: documents that repeat much of an earlier one of the same publisher and title."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping

from corpus.catalogue import Entry
from corpus.months import MONTHS
from corpus.partial_dates import is_later
from index.cosine_scale import CosineScale
from index.forward_index import ForwardIndex

# Titles are alike if this many of their first words are, figures and months left out. Over 127
# reports and filings these and the share below linked the rules, corrections and quarterly reports
# that continue each other, and nothing else.
_TITLE_WORDS = 6
# This share of the earlier one's passages stands in the later one, or something like it.
_REPEATED = 0.3
_ALIKE = 0.9
# A series (weekly digests) can be long: only so many of the latest are compared.
_MOST_COMPARED = 3


def later_versions(
    entries: Iterable[Entry],
    forward: ForwardIndex,
    scale: CosineScale,
    shares: MutableMapping[tuple[str, str], float] | None = None,
) -> Mapping[str, list[Entry]]:
    """Return for each document the later versions of it, the latest first; without any, no key.

    A later version has the same publisher, a like title, a later date of publication, and repeats
    0.3 or more of the passages (cosine 0.9; `scale` is that of the embedder). `shares` keeps what
    was compared for the next time: what two documents share does not change.
    """
    known = {} if shares is None else shares

    def share(earlier: str, later: str) -> float:
        if (earlier, later) not in known:
            known[earlier, later] = _repeated_share(earlier, later, forward, scale)
        return known[earlier, later]

    series: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        title = _title_key(entry.source.title)
        if entry.source.published and title:
            series[entry.source.publisher.casefold(), title].append(entry)
    found: dict[str, list[Entry]] = {}
    for group in series.values():
        latest = sorted(group, key=lambda entry: entry.source.published, reverse=True)
        for earlier in latest[1:]:
            later = [
                entry
                for entry in latest[:_MOST_COMPARED]
                if is_later(entry.source.published, earlier.source.published)
                and share(earlier.id, entry.id) >= _REPEATED
            ]
            if later:
                found[earlier.id] = later
    return found


def _title_key(title: str) -> str:
    """Return the first words of a title; "" for one that is too short to tell documents apart."""
    words = [word for word in re.findall(r"[^\W\d_]+", title.casefold()) if word not in MONTHS]
    return " ".join(words[:_TITLE_WORDS]) if len(words) > 1 else ""


def _repeated_share(earlier: str, later: str, forward: ForwardIndex, scale: CosineScale) -> float:
    one, other = forward.rows_of([earlier]), forward.rows_of([later])
    if not len(one) or not len(other):
        return 0.0
    cosines = scale(forward.vectors_of(one) @ forward.vectors_of(other).T)
    return float((cosines.max(axis=1) >= _ALIKE).mean())
