"""Templates: ours are sound, a user's own goes before them, and a wrong one is named in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.memo.templates import TABLES, filled, template_named, template_names
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


def test_a_template_of_the_user_goes_before_ours(tmp_path: Path) -> None:
    """A copy in the data folder is used instead, under the same name or a new one."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "bluf.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "templates" / "weekly.toml").write_text(OWN, encoding="utf-8")
    assert template_named("bluf", tmp_path).words == 300
    assert [one.key for one in template_named("weekly", tmp_path).sections] == ["bluf"]
    assert set(template_names(tmp_path)) == {"bluf", "weekly", "crs", "judgments"}


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
        ("What do export controls do to DeepSeek?", "export controls DeepSeek"),
        ("Huawei Ascend production", "Huawei Ascend production"),
        ("the 50 percent rule.", "the 50 percent rule"),
    ],
)
def test_a_topic_that_is_a_question_becomes_its_thing(topic: str, thing: str) -> None:
    """Sections ask about the thing, not about the question."""
    assert filled("Who is affected by {topic}?", topic) == f"Who is affected by {thing}?"
    assert filled("{question}", topic) == topic
