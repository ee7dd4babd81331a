"""The linter: each rule has a memo that breaks it and one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.checking.problems import Code, problem
from assistant.memo.lint import accepted, lint, relinted
from assistant.memo.lint_rules import OF_TEMPLATES, RULES
from assistant.memo.templates import shipped_templates
from assistant.memo.values import GAP, JUDGMENT, NOTE, Memo, Section
from corpus.errors import UsageError
from tests.memos import CLEAN, MEMO, line


def with_line(text: str, *numbers: int, key: str = "what-we-know", **more: object) -> Memo:
    """Return the clean memo with one more line in a section."""
    sections = tuple(
        replace(one, lines=(*one.lines, line(text, *numbers, **more))) if one.key == key else one
        for one in CLEAN.sections
    )
    return replace(CLEAN, sections=sections)


def without(*keys: str) -> Memo:
    """Return the clean memo without some sections."""
    return replace(CLEAN, sections=tuple(one for one in CLEAN.sections if one.key not in keys))


def as_crs(memo: Memo) -> Memo:
    """Return a memo as a report for a legislature."""
    gaps = Section("gaps", "Gaps", (line("Who owns it?", role=GAP),))
    options = Section("options", "Options", (line("Which options are open?", role=GAP),))
    rules = shipped_templates()["crs"].rules
    return replace(memo, template="crs", sections=(*memo.sections, gaps, options), rules=rules)


def as_draft(memo: Memo) -> Memo:
    """Return a memo whose judgments are a model's draft."""
    sections = list(memo.sections)
    for at, section in enumerate(sections):
        lines = [replace(one, draft=one.role == JUDGMENT) for one in section.lines]
        sections[at] = replace(section, lines=tuple(lines))
    return replace(memo, sections=tuple(sections))


OLD = replace(CLEAN.sources[0], source=replace(CLEAN.sources[0].source, published="2020-01-01"))
NEWER = replace(CLEAN.sources[0], newer="The harbour, 2026 edition")
NOT_CITED = replace(CLEAN.sources[0], citations=())
ONE_ORIGIN = tuple(replace(one, origin="aaa") for one in CLEAN.sources)
# For each rule: a memo that breaks it, and a look-alike that does not.
_LACKS = (problem(Code.WORDS_MISSING, "bridge"),)
CASES: dict[str, tuple[Memo, Memo]] = {
    "likelihood-scale": (
        with_line("The harbour may well close.", 1, role=JUDGMENT),
        with_line("The harbour is very likely to close, as it said in May.", 1, role=JUDGMENT),
    ),
    "likelihood-and-confidence": (
        with_line("We judge with high confidence that closure is likely.", 1, role=JUDGMENT),
        with_line("Confidence in this evidence is high.", role=NOTE),
    ),
    "draft-judgment": (
        as_draft(with_line("Closure is likely.", 1, role=JUDGMENT)),
        with_line("Closure is likely.", 1, role=JUDGMENT),
    ),
    "uncited-fact": (
        with_line("The bridge at Vik is open."),
        with_line("Who pays for the bridge at Vik?", role=GAP),
    ),
    "unsupported-claim": (
        with_line("The bridge fell.", 2, verdict="unsupported", problems=_LACKS),
        with_line("The bridge is open.", 2),
    ),
    "weak-claim": (
        with_line("The bridge shone.", 2, verdict="weak", problems=_LACKS),
        with_line("The bridge is open.", 2),
    ),
    "quotation-not-found": (
        with_line("It “never opened to any of them”, it said.", 2),
        with_line("Huawei said “the *bridge* at #set” is the “open” one.", 2),
    ),
    "number-without-unit": (
        with_line("The index is likely to reach 95.", 1, role=JUDGMENT),
        with_line("Traffic is likely to reach 95 percent by 2027, as under Section 744.", 1,
                  role=JUDGMENT),
    ),
    "figure-without-date": (
        replace(CLEAN, figures=(replace(CLEAN.figures[0], as_of=""),)),
        CLEAN,
    ),
    "missing-alternatives": (without("alternatives"), CLEAN),
    "missing-assumptions": (without("assumptions-gaps"), CLEAN),
    "missing-gaps": (without("assumptions-gaps"), CLEAN),
    "missing-options": (
        replace(as_crs(CLEAN), sections=as_crs(CLEAN).sections[:-1]),
        as_crs(CLEAN),
    ),
    "recommendation": (
        as_crs(with_line("Congress should close the harbour.", 1, role=JUDGMENT)),
        as_crs(with_line("The Gazette says that Congress should act.", 1)),
    ),
    "single-source-judgment": (
        replace(CLEAN, sources=ONE_ORIGIN),
        with_line("The bridge is open to cars.", 2),
    ),
    "old-source": (replace(CLEAN, sources=(OLD, CLEAN.sources[1])), CLEAN),
    "superseded-source": (replace(CLEAN, sources=(NEWER, CLEAN.sources[1])), CLEAN),
    "uncited-source": (replace(CLEAN, sources=(NOT_CITED, CLEAN.sources[1])), CLEAN),
    "undefined-acronym": (
        with_line("The HVK inspects the bridge.", 2),
        with_line("The Harbour Office of Vik (HVK) inspects it; the EU and H20 chips do not.", 2),
    ),
    "long-sentence": (
        with_line(" ".join(["word"] * 41) + ".", 2),
        with_line(" ".join(["word"] * 40) + ".", 2),
    ),
    "passive-hedge": (
        with_line("It is believed that the bridge is open.", 2),
        with_line("The Gazette believes that the bridge is open.", 2),
    ),
    "duplicate-claim": (
        with_line(CLEAN.sections[0].lines[0].claim.text, 1, 2),
        with_line("The bridge is open.", 2),
    ),
    "unknown-citation": (with_line("The bridge is open.", 9), with_line("It is open.", 2)),
}  # fmt: skip


def test_a_sound_memo_has_no_finding() -> None:
    """Neither an error nor a warning."""
    assert lint(CLEAN) == ()


def test_every_rule_has_its_cases() -> None:
    """No rule is left untried."""
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_breaks_it_and_nothing_else(rule: str) -> None:
    """The finding says where and what to do; the look-alike passes."""
    broken, sound = CASES[rule]
    found = [one for one in lint(broken) if one.rule == rule]
    assert found and all(one.where and one.advice and "\n" not in one.advice for one in found)
    assert {one.severity for one in found} == {RULES[rule][0]}
    assert not [one for one in lint(sound) if one.rule == rule]


@pytest.mark.parametrize("rule", OF_TEMPLATES)
def test_a_rule_of_templates_holds_where_the_template_has_it(rule: str) -> None:
    """Whatever the template is called; without it the same memo passes."""
    broken = replace(CASES[rule][0], template="weekly")
    assert rule in {one.rule for one in lint(replace(broken, rules=(rule,)))}
    assert rule not in {one.rule for one in lint(replace(broken, rules=()))}


def test_quoted_evidence_may_say_likely() -> None:
    """What a source says is its own affair; the rules of wording are for our judgments."""
    said = "The Gazette says that closure may well be likely, with high confidence."
    rules = {one.rule for one in lint(with_line(said, 1))}
    assert not rules & {"likelihood-scale", "likelihood-and-confidence"}


def test_the_scale_can_be_chosen() -> None:
    """What one yardstick has is foreign to the other."""
    judged = with_line("Closure is a realistic possibility.", 1, role=JUDGMENT)
    assert "likelihood-scale" in {one.rule for one in lint(judged)}
    assert "likelihood-scale" not in {one.rule for one in lint(replace(judged, scale="phia"))}


def test_an_accepted_finding_stays_accepted() -> None:
    """With its reason, as long as the finding is the same; an unknown one is refused."""
    linted = replace(MEMO, findings=lint(MEMO))
    weak = next(one for one in linted.findings if one.rule == "weak-claim")
    kept = accepted(linted, weak.rule, weak.where, " the analyst  asked ")
    again = relinted(kept)
    assert [one.accepted for one in again.findings if one.rule == "weak-claim"] == [
        "the analyst asked"
    ]
    assert len(again.findings) == len(linted.findings)
    unexplained = accepted(linted, weak.rule, weak.where, " ")
    assert all(one.accepted for one in unexplained.findings if one.rule == "weak-claim")
    with pytest.raises(UsageError):
        accepted(linted, "no-such-rule", weak.where, "why")


def test_what_is_the_analysts_or_the_programs_own_is_not_scolded() -> None:
    """A judgment needs no source, a note may be long, a publisher's short name is no acronym."""
    rules = {"uncited-fact", "long-sentence", "undefined-acronym"}
    named = replace(CLEAN.sources[0], speakers=("ODSC",))
    for memo in (
        with_line("The harbour is likely to close by May 2027.", role=JUDGMENT),
        with_line("word " * 49, role=NOTE),
        replace(with_line("Ships wait, according to ODSC.", 1), sources=(named, CLEAN.sources[1])),
    ):
        assert not rules & {one.rule for one in lint(memo, today="2026-06-01")}
