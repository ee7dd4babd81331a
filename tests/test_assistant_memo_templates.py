"""Templates: ours are sound, a user's own goes before them, and a wrong one is named in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.memo.templates import (
    SHIPPED,
    TABLES,
    filled,
    template_named,
    template_names,
)
from assistant.memo.topic import Kind, Topic
from corpus.errors import UsageError

OWN = """
heading = "A note"
words = 300

[[section]]
key = "bluf"
heading = "Bottom line"
kind = "evidence"
questions = ["{question}"]
"""


@pytest.mark.parametrize("name", ["bluf", "judgments", "crs"])
def test_our_templates_have_what_the_standards_ask_for(name: str, tmp_path: Path) -> None:
    """Each has evidence, disagreements, gaps, sources and a log; crs has options, the others say
    what else may be true and what is assumed."""
    template = template_named(name, tmp_path)
    keys = {one.key for one in template.sections}
    kinds = [one.kind for one in template.sections]
    assert {"evidence", "disputes", "missing", "sources", "log"} <= set(kinds)
    assert all(one.questions or one.judge or one.kind in (*TABLES, "missing")
               for one in template.sections)  # fmt: skip
    if name == "crs":
        assert {"background", "law", "issues", "options"} <= keys
    else:
        assert "alternatives" in keys and any(key.startswith("assumptions") for key in keys)
    leading = {one.key for one in template.sections if one.leading}
    assert leading == {"bluf": {"bluf"}, "judgments": {"bluf", "key-judgments"},
                       "crs": {"summary"}}[name]  # fmt: skip


def test_a_template_of_the_user_goes_before_ours(tmp_path: Path) -> None:
    """A copy in the data folder is used instead, under the same name or a new one."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "bluf.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "templates" / "weekly.toml").write_text(OWN, encoding="utf-8")
    assert template_named("bluf", tmp_path).words == 300
    assert [one.key for one in template_named("weekly", tmp_path).sections] == ["bluf"]
    assert set(template_names(tmp_path)) == {"bluf", "weekly", "crs", "judgments"}


def test_a_copy_from_before_templates_stated_their_rules_has_those_of_ours(tmp_path: Path) -> None:
    """They went by our names and keys then; one that states something is as it states."""
    (tmp_path / "templates").mkdir()
    ours = template_named("bluf", None)
    lines = (SHIPPED / "bluf.toml").read_text(encoding="utf-8").splitlines()
    before = [one for one in lines if not one.startswith(("rules", "leading", "layout"))]
    assert len(before) < len(lines)
    for name in ("bluf", "mine"):
        (tmp_path / "templates" / f"{name}.toml").write_text("\n".join(before), encoding="utf-8")
    same, renamed = template_named("bluf", tmp_path), template_named("mine", tmp_path)
    assert same == ours and renamed.sections == ours.sections and renamed.rules == ()
    stated = tmp_path / "templates" / "stated.toml"
    stated.write_text(f"rules = []\n{OWN}", encoding="utf-8")
    (section,) = template_named("stated", tmp_path).sections
    assert not section.leading


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml [", "cannot read"),
        ("words = 500", "no [[section]]"),
        (OWN.replace("evidence", "poem"), "needs a kind"),
        (OWN.replace('["{question}"]', "[]"), "asks no question"),
        (OWN.replace("300", "3"), "words must be"),
        (OWN + OWN.partition("300\n")[2], "same key"),
        (OWN.replace('heading = "Bottom line"', 'heading = ""'), "needs a heading"),
        (OWN + 'layout = "columns"', "no such layout; there are: paragraphs, list"),
        (
            OWN.replace("words =", 'rules = ["missing-gaps", "missing-poem"]\nwords ='),
            "no rule 'missing-poem' for a template; there are: missing-alternatives, missing-",
        ),
        (OWN.replace("words =", 'rules = "missing-gaps"\nwords ='), "“rules” must be a list"),
    ],
)
def test_a_wrong_template_is_named_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    """The line names the file and what to mend."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.toml") as caught:
        template_named("own", tmp_path)
    assert said in str(caught.value) and "\n" not in said


@pytest.mark.parametrize("name", ["../etc", "none", ""])
def test_an_unknown_template_lists_those_there_are(name: str, tmp_path: Path) -> None:
    """No name leads out of the folder."""
    with pytest.raises(UsageError):
        template_named(name, tmp_path)


@pytest.mark.parametrize(
    ("topic", "thing"),
    [
        ("What do export controls do to DeepSeek?", "export controls and DeepSeek"),
        ("What should Europe learn from DeepSeek?", "Europe and DeepSeek"),
        ("Huawei Ascend production", "Huawei Ascend production"),
        ("the 50 percent rule.", "the 50 percent rule"),
        ("AI diffusion rule and its rescission", "the AI diffusion rule"),
        ("H20 export licences and China", "H20 export licences for China"),
        ("Open-weight models compared", "open-weight models"),
        ("欧洲应该从DeepSeek学到什么？", "欧洲应该从DeepSeek学到什么"),
    ],
)
def test_a_topic_becomes_the_thing_that_sections_ask_about(topic: str, thing: str) -> None:
    """As it reads within a question; a topic that asks is asked as it is, if it has a verb."""
    found = Topic.of(topic, ["few are open, an open model"])
    assert filled("Who is affected by {topic}?", found) == f"Who is affected by {thing}?"
    if " do to " in topic:
        assert filled("{question}", found) == "How do export controls affect DeepSeek?"
    elif topic.endswith("?"):
        assert filled("{question}", found) == topic
    assert topic.rstrip("?.？") in filled("{quoted}", found, topic)


def test_a_rule_a_figure_and_a_claim_are_asked_their_own_questions(tmp_path: Path) -> None:
    """A reader asks what a rule forbids, how much a cost is, who makes a claim."""
    knows = next(
        one for one in template_named("bluf", tmp_path).sections if one.key == "what-we-know"
    )
    kinds = {
        "H20 export licences": Kind.RULE,
        "DeepSeek-V3 training cost": Kind.FIGURE,
        "Distillation claims": Kind.CLAIM,
        "What do export controls do to DeepSeek?": Kind.OTHER,
        "出口管制": Kind.RULE,
    }
    assert {topic: Topic.of(topic).kind for topic in kinds} == kinds
    asked = {kind: " ".join(knows.asked(kind)) for kind in Kind}
    assert "forbidden" in asked[Kind.RULE] and "estimates" in asked[Kind.FIGURE]
    assert "accused" in asked[Kind.CLAIM] and len(set(asked.values())) == 4


def test_our_templates_say_how_long_the_body_is(tmp_path: Path) -> None:
    """Two pages, four, five: the figure stands in the file."""
    words = {name: template_named(name, tmp_path).words for name in ("bluf", "judgments", "crs")}
    assert words == {"bluf": 700, "judgments": 1500, "crs": 2000}
