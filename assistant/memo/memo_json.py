"""A memo to JSON and back, nothing lost: as the repository keeps it, `check` and `diff` read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from assistant.answer import citation_json
from assistant.checking.problems import problems_json, with_problems
from assistant.memo.templates import shipped_plan, shipped_rules
from assistant.memo.values import Line, Memo
from corpus.i18n import tr, translatable_json
from corpus.validation import from_json_text, stored
from index.evidence import Newer

# Grows when a field changes its meaning; a new field with a default leaves it as it is. Memos that
# state none are of the time before formats were counted. From 2 on a line of the program's may keep
# what it was made of.
_FORMAT = 2
_ADVICE = tr("write the memo again or restore it from a backup")


def to_json(memo: Memo, *, templates: bool = False) -> str:
    """Return a memo as JSON text; fields are added by later versions, never renamed.

    With `templates` a line of the program's keeps what it was made of, so that a page in another
    language can show it; else it is the English text.
    """
    values: dict[str, Any] = {
        "format": _FORMAT,
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
        "language": memo.language,
        "rules": list(memo.rules),
        "sections": [
            {
                "key": one.key,
                "heading": one.heading,
                "shows": one.shows,
                "leading": one.leading,
                "layout": one.layout,
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
    kept = translatable_json(values) if templates else values
    return json.dumps(kept, ensure_ascii=False, indent=1)


def _line_json(line: Line) -> dict[str, Any]:
    claim = line.claim
    return {
        "text": claim.text,
        "citations": list(claim.citations),
        "verdict": claim.verdict,
        **problems_json(claim.problems),
        "offered": list(claim.offered),
        "speaker": line.speaker,
        "kind": line.kind,
        "role": line.role,
        **({"later": line.later} if line.later else {}),
        **({"draft": True} if line.draft else {}),
    }


def _newer_json(newer: Newer | None) -> dict[str, Any] | None:
    return asdict(newer) if newer else None


def from_json(text: str, name: str = "this memo") -> Memo:
    """Return the memo that `to_json` wrote, now or earlier; raises FormatError.

    `name` says in a message which one it is.
    """
    values = from_json_text(text, name, advice=_ADVICE)
    return stored(Memo, _nested(values), name, newest=_FORMAT, advice=_ADVICE)


def _nested(values: object) -> object:
    """Return what was written with lines and citations flat as the values have it, inner ones too.

    What is not of that shape stays as it is, to be refused by its name.
    """
    if not isinstance(values, dict):
        return values
    sections = _each(
        values.get("sections", []),
        lambda one: {
            **one,
            "lines": _each(
                one.get("claims", []), lambda line: {**line, "claim": with_problems(line)}
            ),
        },
    )
    citations = _each(values.get("citations", []), lambda one: {**one, "source": one})
    return _as_its_template_has_it({**values, "sections": sections, "citations": citations})


def _as_its_template_has_it(values: dict[str, Any]) -> dict[str, Any]:
    """Return a memo with its rules, and its sections with their layout and whether they lead.

    Until memos kept these they were told by the names of our templates and the keys of our
    sections, of whichever template a section was.
    """
    if "rules" in values:
        return values

    def told(section: dict[str, Any]) -> dict[str, Any]:
        plan = shipped_plan(str(section.get("key")))
        return {"leading": plan.leading, "layout": plan.layout, **section} if plan else section

    sections = _each(values["sections"], told)
    return {
        **values,
        "sections": sections,
        "rules": list(shipped_rules(str(values.get("template")))),
    }


def _each(rows: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if not isinstance(rows, list):
        return rows
    return [change(one) if isinstance(one, dict) else one for one in rows]
