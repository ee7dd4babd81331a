"""A memo to JSON and back, nothing lost: what the shelf keeps, what `check` and `diff` read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from assistant.answer import Citation, Claim, citation_json
from assistant.memo.values import (
    Dispute,
    Event,
    Figure,
    Finding,
    GradedSource,
    Line,
    Memo,
    Section,
    Side,
)
from corpus.document import Source
from corpus.errors import UsageError
from index.evidence import Newer


def to_json(memo: Memo) -> str:
    """Return a memo as JSON text; fields are added by later versions, never renamed."""
    values: dict[str, Any] = {
        "topic": memo.topic,
        "template": memo.template,
        "created": memo.created,
        "as_of": memo.as_of,
        "engine": memo.engine,
        "scale": memo.scale,
        "audience": memo.audience,
        "library": dict(memo.library),
        "settings": dict(memo.settings),
        "notice": memo.notice,
        "complete": memo.complete,
        "sections": [
            {
                "key": one.key,
                "heading": one.heading,
                "shows": one.shows,
                "claims": [_line_json(line) for line in one.lines],
            }
            for one in memo.sections
        ],
        "citations": [
            {
                **citation_json(one),
                "kind": one.source.kind,
                "theme": one.source.theme,
                "newer": _newer_json(one.newer),
            }
            for one in memo.citations
        ],
        "sources": [asdict(one) for one in memo.sources],
        "events": [asdict(one) for one in memo.events],
        "figures": [asdict(one) for one in memo.figures],
        "disputes": [asdict(one) for one in memo.disputes],
        "findings": [asdict(one) for one in memo.findings],
    }
    return json.dumps(values, ensure_ascii=False, indent=1)


def _line_json(line: Line) -> dict[str, Any]:
    claim = line.claim
    return {
        "text": claim.text,
        "citations": list(claim.citations),
        "verdict": claim.verdict,
        "problems": list(claim.problems),
        "offered": list(claim.offered),
        "speaker": line.speaker,
        "kind": line.kind,
        "role": line.role,
    }


def _newer_json(newer: Newer | None) -> dict[str, Any] | None:
    return asdict(newer) if newer else None


def from_json(text: str) -> Memo:
    """Return the memo that `to_json` wrote; raises UsageError for anything else.

    Fields that this version does not know are left out.
    """
    try:
        return _memo(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"this is no memo of this assistant ({reason})") from error


def _memo(values: dict[str, Any]) -> Memo:
    return Memo(
        topic=values["topic"],
        template=values["template"],
        created=values["created"],
        as_of=values["as_of"],
        engine=values["engine"],
        scale=values["scale"],
        audience=values.get("audience", ""),
        library=values.get("library", {}),
        settings=values.get("settings", {}),
        notice=values.get("notice", ""),
        complete=values.get("complete", True),
        sections=tuple(
            Section(
                one["key"],
                one["heading"],
                tuple(_line(line) for line in one["claims"]),
                one.get("shows", ""),
            )
            for one in values["sections"]
        ),
        citations=tuple(_citation(one) for one in values["citations"]),
        sources=tuple(_source(one) for one in values["sources"]),
        events=tuple(
            Event(
                one["date"],
                one["text"],
                tuple(one["citations"]),
                tuple((other, number) for other, number in one["others"]),
            )
            for one in values["events"]
        ),
        figures=tuple(Figure(**one) for one in values["figures"]),
        disputes=tuple(
            Dispute(
                one["about"],
                one["kind"],
                tuple(Side(**side) for side in one["sides"]),
                one["update"],
            )
            for one in values["disputes"]
        ),
        findings=tuple(Finding(**one) for one in values["findings"]),
    )


def _line(values: dict[str, Any]) -> Line:
    claim = Claim(
        values["text"],
        tuple(values["citations"]),
        values["verdict"],
        tuple(values["problems"]),
        tuple(values.get("offered", ())),
    )
    return Line(claim, values.get("speaker", ""), values.get("kind", ""), values["role"])


def _citation(values: dict[str, Any]) -> Citation:
    newer = values.get("newer")
    return Citation(
        number=values["number"],
        document=values["document"],
        source=Source(
            values["title"],
            values["location"],
            values["publisher"],
            values["published"],
            values.get("kind", "text"),
            values.get("theme", ""),
        ),
        page=values["page"],
        heading=values["heading"],
        quote=values["quote"],
        start=values["start"],
        end=values["end"],
        why=values.get("why", ""),
        newer=Newer(newer["document"], Source(**newer["source"])) if newer else None,
    )


def _source(values: dict[str, Any]) -> GradedSource:
    lists = {name: tuple(values[name]) for name in ("citations", "speakers")}
    return GradedSource(**values | lists | {"source": Source(**values["source"])})
