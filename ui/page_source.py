"""The source panel on the page: it follows markers, turns pages, zooms, and gives focus back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.backend import Backend
from ui.source import SelectedCitation, View, empty_html
from ui.wording import language_of

# Gradio has no event for a link inside a chat message, nor for a button inside HTML: the panel
# listens for markers that are followed, by mouse or keyboard, and for its own buttons.
_FOLLOW = """
let origin = null;
const leave = () => {
  element.classList.remove('open');
  if (origin && origin.isConnected) origin.focus();
};
document.addEventListener('click', event => {
  const link = event.target.closest && event.target.closest('%s');
  if (!link) return;
  event.preventDefault();
  origin = link;
  element.classList.add('open', 'fresh');
  const parts = (link.getAttribute('href') || '').split('-');
  trigger('select', {act: 'cite', turn: parts[1], number: parts[2]});
});
element.addEventListener('click', event => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const act = button.dataset.act;
  if (act === 'close' || act === 'return') return leave();
  element.dataset.last = act;
  trigger('select', {act: act});
});
element.addEventListener('keydown', event => { if (event.key === 'Escape') leave(); });
new MutationObserver(() => {
  const box = element.querySelector('.box');
  const sheet = element.querySelector('.sheet');
  if (box && sheet && !sheet.dataset.seen) {
    sheet.dataset.seen = '1';
    const place = () => {
      sheet.scrollTop = box.offsetTop - sheet.clientHeight / 3;
      const boxes = [...sheet.querySelectorAll('.box')];
      const left = Math.min(...boxes.map(one => one.offsetLeft));
      const right = Math.max(...boxes.map(one => one.offsetLeft + one.offsetWidth));
      const room = sheet.clientWidth - (right - left);
      sheet.scrollLeft = room > 0 ? left - room / 2 : box.offsetLeft - 8;
    };
    const image = sheet.querySelector('img');
    if (image && !image.complete) image.addEventListener('load', place); else place();
  }
  const grid = element.querySelector('.grid');
  const cell = grid && (grid.querySelector('.cited mark') || grid.querySelector('.cited'));
  if (cell && !grid.dataset.seen) {
    grid.dataset.seen = '1';
    const at = cell.getBoundingClientRect(), box = grid.getBoundingClientRect();
    grid.scrollTop += at.top - box.top - grid.clientHeight / 2;
    if (at.right > box.right) grid.scrollLeft += at.left - box.left - grid.clientWidth / 2;
  }
  if (element.classList.contains('fresh')) {
    const head = element.querySelector('article h3');
    if (head) { element.classList.remove('fresh'); head.focus({preventScroll: true}); }
    if (head && window.innerWidth >= 760) head.scrollIntoView({block: 'nearest'});
  } else if (element.dataset.last) {
    const again = element.querySelector(`[data-act="${element.dataset.last}"]:not([disabled])`);
    delete element.dataset.last;
    if (again) again.focus({preventScroll: true});
  }
}).observe(element, {childList: true, subtree: true});
"""


def build(
    page: gr.Blocks,
    backend: Backend,
    *,
    elem_id: str,
    state: gr.State,
    find: Callable[[Any, Any, Any], SelectedCitation | None],
    links: str,
) -> gr.HTML:
    """Build the panel inside `page` and return it, so that it can be emptied.

    `find(state, turn, number)` returns what a marker points to; `links` is the CSS selector of
    markers, whose address is "#<name>-<turn>-<number>" ("#<name>-<number>" leaves number None).
    """

    def act(
        value: Any,
        kept: tuple[SelectedCitation, View] | None,
        request: gr.Request,
        event: gr.EventData,
    ) -> tuple[Any, Any]:
        data = event._data or {}
        language = language_of(request.headers)
        sources = backend.sources()
        if data.get("act") == "cite":
            selected = find(value, data.get("turn"), data.get("number"))
            view = View()
        elif kept is not None:
            selected, view = kept
        else:
            selected, view = None, View()
        if selected is None or sources is None:
            return empty_html(language), None
        if data.get("act") != "cite":
            view = view.after(str(data.get("act")), *sources.pages(selected))
        return sources.html(selected, view, language), (selected, view)

    def first(request: gr.Request) -> str:
        return empty_html(language_of(request.headers))

    kept = gr.State(None)
    panel = gr.HTML(empty_html("en"), elem_id=elem_id, elem_classes="panel",
                    js_on_load=_FOLLOW % links)  # fmt: skip
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    panel.select(act, [state, kept], [panel, kept], **quiet)
    page.load(first, None, panel, **quiet)
    return panel


__all__ = ["build"]
