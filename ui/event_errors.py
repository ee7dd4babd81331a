"""What an event that cannot be done says: the program's own line; the page stays as it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from corpus.errors import BriefingError
from ui.translation import translated
from ui.wording import language_of

Handler = TypeVar("Handler", bound=Callable[..., Any])


def with_errors_shown(handler: Handler) -> Handler:
    """Return a handler whose BriefingError is shown as a line above the page, in its language."""

    @functools.wraps(handler)
    def tells(*given: Any) -> Any:
        try:
            return handler(*given)
        except BriefingError as error:
            request = next((one for one in given if isinstance(one, gr.Request)), None)
            line = translated(str(error), language_of(request.headers if request else None))
            raise gr.Error(line, print_exception=False) from error

    return tells  # type: ignore[return-value]


__all__ = ["with_errors_shown"]
