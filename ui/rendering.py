"""HTML from the macros in ui/templates: whatever is put into one is escaped here.

Document text is material: it is never rendered as HTML or Markdown, so no image of it is fetched,
no link of it can be clicked and no script of it runs.

Templates ask for their own words: `word("chat.cite", number=1)` is `ui.wording.word`, and
`notice | translated` is `ui.translation.translated`, both in the language that is rendered.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.environment import TemplateModule
from jinja2.ext import Extension
from jinja2.lexer import Token
from jinja2.runtime import Context
from markupsafe import Markup

from ui.translation import translated
from ui.wording import word

_FOLDER = Path(__file__).parent / "templates"


class OneLine(Extension):
    """Makes one line of a template, so that its layout puts no space between the things in a line.

    As in JSX, a line break and the white space around it are nothing beside a tag or a value, and
    a space between words or attributes.
    """

    _between = re.compile(r"(?<=[^\s>])[ \t]*\n\s*(?=[^\s<])")
    _beside = re.compile(r"[ \t]*\n\s*")

    def filter_stream(self, stream: Iterable[Token]) -> Iterator[Token]:
        """Yield the tokens of a template with what it says in one line."""
        for token in stream:
            if token.type == "data":
                said = self._beside.sub("", self._between.sub(" ", token.value))
                token = Token(token.lineno, token.type, said)
            yield token


@pass_context
def _word(context: Context, key: str, **values: object) -> str:
    return word(key, context["language"], **values)


@pass_context
def _translated(context: Context, message: str) -> str:
    return translated(message, context["language"])


def _base64(image: bytes) -> str:
    return base64.b64encode(image).decode("ascii")


def environment(of: type[Environment] = Environment) -> Environment:
    """Return what the templates are read by: everything is escaped, nothing may be undefined."""
    made = of(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[OneLine],
        auto_reload=False,
    )
    made.globals["word"] = _word
    made.filters["translated"] = _translated
    made.filters["base64"] = _base64
    return made


_HTML = environment()


@cache
def _macros(template: str, language: str) -> TemplateModule:
    return _HTML.get_template(template).make_module({"language": language})


def inline_svg(drawing: bytes) -> Markup:
    """Return a drawing that `assistant.pictures.drawing` made, to stand in a template as it is."""
    # Safe: an XML library wrote it, which escapes every text and attribute, and it has no script.
    return Markup(drawing.decode())


def rendered(template: str, macro: str, language: str, /, *values: object, **named: object) -> str:
    """Return what a macro of a template makes of values, as HTML in one line."""
    return str(getattr(_macros(template, language), macro)(*values, **named))
