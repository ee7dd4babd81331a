"""Whatever is put into a template of the page is escaped, in every branch of every template."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from markupsafe import escape

from ui import rendering
from ui.rendering import OneLine, rendered

UI = Path(__file__).parent.parent / "ui"
TEMPLATES = sorted((UI / "templates").glob("*.html"))
# Everything that HTML or Markdown could read, between two signs to find it again.
SIGNS = "<b x='y'>\"&`*_[l](h)~$\n\n#"
HOSTILE = f"⟦{SIGNS}⟧"


class Hostile:
    """A value that is hostile whatever is asked of it: an attribute, an item, a call, a number."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # So that nobody takes it for HTML that was escaped already.
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Any:
        return self

    def __call__(self, *values: object, **named: object) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))

    def __len__(self) -> int:
        return 2

    def __add__(self, other: object) -> Any:
        return self

    __sub__ = __add__

    def __gt__(self, other: object) -> bool:
        return True

    __lt__ = __gt__

    def __float__(self) -> float:
        return 0.5

    def __format__(self, form: str) -> str:
        return HOSTILE

    def __str__(self) -> str:
        return HOSTILE


class Everything(Environment):
    """Reads a template so that each branch of it is taken, one after the other."""

    choice = True

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for parent in [tree, *tree.find_all(nodes.Node)]:
            for field, value in parent.iter_fields():
                if isinstance(value, list):
                    setattr(parent, field, [one for part in value for one in self.branches(part)])
                else:
                    setattr(parent, field, self.chosen(value))
        return tree

    def branches(self, part: Any) -> list[Any]:
        if isinstance(part, nodes.If):
            whole = [*part.body, *part.elif_, *part.else_]
            return [one for inner in whole for one in self.branches(inner)]
        if isinstance(part, nodes.For):
            part.test = None
            if isinstance(part.target, nodes.Tuple) and not isinstance(
                part.iter, nodes.List | nodes.Tuple
            ):
                part.iter = nodes.List([self.parts(part.iter, part.target)])
        if isinstance(part, nodes.Assign) and isinstance(part.target, nodes.Tuple):
            part.node = self.parts(part.node, part.target)
        return [self.chosen(part)]

    @staticmethod
    def parts(value: nodes.Expr, target: nodes.Tuple) -> nodes.Tuple:
        """Return as many of a value as names take it apart."""
        return nodes.Tuple([value] * len(target.items), "load")

    def chosen(self, part: Any) -> Any:
        while isinstance(part, nodes.CondExpr) and part.expr2 is not None:
            part = part.expr1 if self.choice else part.expr2
        # What is looked up by a value is whatever stands there.
        if isinstance(part, nodes.Getitem) and isinstance(part.node, nodes.Dict):
            return part.node.items[0].value
        return part


def environment(choice: bool) -> Environment:
    made = rendering.environment(of=Everything)
    assert isinstance(made, Everything)
    made.choice = choice
    made.globals["word"] = lambda key, **values: " ".join(map(str, (key, *values.values())))
    made.globals["range"] = lambda count: (count,)
    # What is declared to be HTML of ours is written by another template.
    made.filters |= {"translated": str, "base64": str, "safe": escape}
    return made


@pytest.mark.parametrize("choice", [True, False], ids=["first choices", "second choices"])
@pytest.mark.parametrize("template", [one.name for one in TEMPLATES])
def test_no_value_reaches_the_page_unescaped(template: str, choice: bool) -> None:
    """Each macro, with hostile values, through every branch; in attributes and between tags."""
    module = environment(choice).get_template(template).make_module(
        {"language": HOSTILE}
    )  # fmt: skip
    macros = {name: one for name, one in vars(module).items() if hasattr(one, "arguments")}
    assert macros
    found = 0
    for name, macro in macros.items():
        values = {one: Hostile() for one in macro.arguments}
        # A block that is called is written by a template, as HTML.
        called = {"caller": lambda *given: escape(HOSTILE)} if macro.caller else {}
        html = str(macro(**values, **called))
        # Lines are shown as lines.
        said = re.findall("⟦(.*?)⟧", html.replace("<br>", ""), re.DOTALL)
        assert html.count("⟦") == html.count("⟧") == len(said), name
        for one in said:
            assert not set(one) & set("<>\"'"), f"{name}: {one}"
        found += len(said)
    assert found >= len(macros) - 4


def test_the_test_sees_a_value_that_is_not_escaped() -> None:
    """In a branch that no value would take, and in what a condition chooses."""
    every = Everything(autoescape=True, extensions=[OneLine])
    source = "{% if x is none %}{{ x }}{% else %}{{ (x | safe) if x else 1 }}{% endif %}"
    html = every.from_string(source).render(x=HOSTILE)
    assert html.count("⟦") == 2 and html.count(HOSTILE) == 1


def test_html_of_ours_is_declared_with_a_reason() -> None:
    """`Markup(` and `| safe` stand only under or beside a comment; autoescape is never put off."""
    reasonless, seen = [], 0
    for file in (*UI.rglob("*.py"), *TEMPLATES):
        text = file.read_text(encoding="utf-8")
        lines = text.splitlines()
        for at, line in enumerate(lines):
            if re.search(r"\bMarkup\(|\|\s*safe\b|\bautoescape\s+false|__html__", line):
                seen += 1
                if not any(
                    re.search(r"# \w|\{# \w", one) for one in lines[max(0, at - 1) : at + 1]
                ):
                    reasonless.append(f"{file.name}:{at + 1}")
    assert seen and not reasonless, reasonless


def test_no_html_is_put_together_outside_the_templates() -> None:
    """A tag in a string of the program would be filled by hand; scripts and styles are no HTML."""
    tag = re.compile(
        r"</?(?:a|b|p|div|span|li|ul|ol|details|article|button|table|td|img|h\d)\b[^<]*>"
    )
    wrong = []
    for file in UI.rglob("*.py"):
        if file.name == "page_scripts.py":
            continue
        tokens = tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline)
        wrong += [
            f"{file.name}:{one.start[0]}"
            for one in tokens
            if one.type == tokenize.STRING and tag.search(one.string)
        ]
    assert not wrong, wrong


def test_a_template_is_one_line() -> None:
    """A line break is nothing beside a tag or a value, and a space between words."""
    lines = """
      <p class="a"
        title="{{ x }}"
        {%- if x %} hidden{% endif %}>
        {{ x }}
        one
        two <b>three</b>
        four
      </p>
    """
    made = Environment(extensions=[OneLine])
    html = made.from_string(lines).render(x="v")
    assert html == '<p class="a" title="v" hidden>vone two <b>three</b>four</p>'
    assert rendered("notices.html", "note", "en", "a\n\nb", True) == (
        '<div class="stood wrong" role="status">a\n\nb</div>'
    )
