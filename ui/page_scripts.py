"""The scripts of the page: of single components here, of all of it the files of `scripts/`."""

from __future__ import annotations

from pathlib import Path

# In the page's head: what belongs to no single component.
PAGE_SCRIPT = "\n".join(
    one.read_text(encoding="utf-8")
    for one in sorted((Path(__file__).parent / "scripts").glob("*.js"))
)

# Every click on an element with `data-act` inside an HTML component becomes its `select` event,
# whose data is the element's dataset: Gradio has no event for a button inside HTML.
SEND_CLICKS = """
element.addEventListener('click', event => {
  const pressed = event.target.closest('[data-act]');
  if (!pressed || !element.contains(pressed)) return;
  event.preventDefault();
  trigger('select', {...pressed.dataset});
});
"""

# The panel of who answers. A field is read when its button is pressed (or Enter in it); a key is
# taken out of the page at once. A row that is redrawn keeps what was unfolded, and the focus: asked
# whether it is meant, a reader stands on "no". What answers is looked for when the panel opens.
ENGINE_ROWS = """
let last = '', doubted = false, open = false;
const folds = new Map();
element.addEventListener('click', event => {
  const jump = event.target.closest('[data-jump]');
  if (jump) {
    event.preventDefault();
    document.getElementById(jump.dataset.jump).scrollIntoView({block: 'start'});
  }
  const fold = event.target.closest('summary');
  if (fold) folds.set(fold.parentNode.dataset.fold, !fold.parentNode.open);
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const sent = {...button.dataset};
  if (sent.reads) {
    const field = button.parentNode.querySelector(`[data-field="${sent.reads}"]`);
    sent.value = field.value;
    if (field.type === 'password') field.value = '';
  }
  last = sent.name;
  doubted = sent.act === 'remove' || sent.act === 'unkey';
  button.setAttribute('aria-busy', 'true');
  trigger('select', sent);
});
element.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !event.target.matches('[data-field]')) return;
  event.preventDefault();
  event.target.closest('.key, .typed').querySelector('[data-reads]').click();
});
new MutationObserver(() => {
  for (const busy of element.querySelectorAll('[aria-busy]')) busy.removeAttribute('aria-busy');
  for (const fold of element.querySelectorAll('[data-fold]')) {
    const wanted = folds.get(fold.dataset.fold);
    if (wanted !== undefined && fold.open !== wanted) fold.open = wanted;
  }
  const row = [...element.querySelectorAll('[data-row]')].find(one => one.dataset.row === last);
  if (!row) return;
  const at = document.activeElement, keep = row.querySelector('[data-act="keep"]');
  if (doubted && keep && (at === document.body || row.contains(at))) {
    doubted = false;
    keep.focus({preventScroll: true});
  } else if (at === document.body) {
    (row.querySelector('[data-field="key"], [data-act]') || row).focus({preventScroll: true});
  }
}).observe(element, {childList: true, subtree: true, attributeFilter: ['data-drawn']});
const panel = document.getElementById('engines-panel');
new MutationObserver(() => {
  const now = panel.classList.contains('open');
  if (now && !open) trigger('select', {act: 'shown'});
  open = now;
}).observe(panel, {attributes: true, attributeFilter: ['class']});
"""
# A line that says what went wrong is brought into sight.
SHOW_WHEN_FILLED = """
new MutationObserver(() => {
  if (element.textContent.trim()) element.scrollIntoView({block: 'nearest'});
}).observe(element, {childList: true, subtree: true, characterData: true});
"""
# Around what changes: a region that is there before its words are is read out.
ANNOUNCE = "element.setAttribute('aria-live', 'polite');"

# Its first line makes each copy another value.
COPY_TEXT = (
    "text => { if (text) navigator.clipboard.writeText(text.slice(text.indexOf('\\n') + 1)); }"
)
HIDE_UNSUPPORTED = (
    "hidden => { document.querySelector('#columns').classList.toggle('hide-unsupported', hidden); }"
)
FOCUS_QUESTION = (
    "() => { const box = document.querySelector('#question textarea'); if (box) box.focus(); }"
)

# The text goes from the server into the page and from there into a file: nothing is written to
# the server's cache, where any session could fetch it.
SAVE_CONVERSATION = """
text => {
  if (!text) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'text/markdown'}));
  link.download = 'conversation.md';
  link.click();
  URL.revokeObjectURL(link.href);
}
"""

# A question begins at the top of the thread; the style sheet keeps room below it for the answer.
SCROLL_TO_QUESTION = """
() => setTimeout(() => {
  const asked = document.querySelector('#latest .turn');
  if (!asked) return;
  const key = `${asked.dataset.turn} ${asked.querySelector('.asked').textContent}`;
  if (key !== window.briefingAsked) asked.scrollIntoView({block: 'start'});
  window.briefingAsked = key;
}, 60)
"""

# Opens a conversation (select), or does what a row's menu says (click): two events, since opening
# cancels what draws the one that was open.
CONVERSATION_CLICKS = """
element.addEventListener('click', event => {
  const pressed = event.target.closest('[data-act]');
  if (!pressed) return;
  event.preventDefault();
  trigger(pressed.dataset.act === 'open' ? 'select' : 'click', {...pressed.dataset});
});
"""

# A conversation that a search found opens where the words are.
SCROLL_TO_HIT = """
() => setTimeout(() => {
  const box = document.querySelector('#find input, #find textarea');
  const words = box ? box.value.toLowerCase().split(/\\s+/).filter(Boolean) : [];
  const holds = turn => words.every(one => turn.textContent.toLowerCase().includes(one));
  const hit = words.length && [...document.querySelectorAll('#chat .turn')].find(holds);
  if (hit) hit.scrollIntoView({block: 'start'});
}, 120)
"""
# A button that opened a form below the thread, or put a question into the box, leads there.
FOCUS_WHAT_OPENED = """
() => setTimeout(() => {
  const form = [...document.querySelectorAll('#into, #why')].find(one => one.offsetParent);
  const edit = document.querySelector('#unedit');
  if (form && !form.contains(document.activeElement)) {
    (form.querySelector('input, textarea, button') || form).focus();
  } else if (edit && edit.offsetParent) {
    document.querySelector('#question textarea').focus();
  }
}, 120)
"""
FOCUS_TITLE = """
() => setTimeout(() => {
  const box = [...document.querySelectorAll('#talks .asking input, #talks .asking textarea')]
    .find(one => one.offsetParent);
  if (box) { box.focus(); box.select(); }
}, 80)
"""

# The id of the conversation that this window had open before it was loaded again: another window
# begins a conversation of its own.
OPENED_BEFORE = """
(watcher, before, current, restored) => [
  watcher, sessionStorage.getItem('briefing-conversation') || '', current, restored]
"""


def scroll_to(selector: str) -> str:
    """Return what scrolls to an element where it is out of sight, once it is drawn."""
    return (
        "() => setTimeout(() => {"
        f"const at = document.querySelector('{selector}'); if (!at) return;"
        "const box = at.getBoundingClientRect();"
        "if (box.top < 0 || box.top > window.innerHeight - 80) at.scrollIntoView();"
        "}, 60)"
    )


__all__ = [
    "ANNOUNCE",
    "CONVERSATION_CLICKS",
    "COPY_TEXT",
    "ENGINE_ROWS",
    "FOCUS_QUESTION",
    "FOCUS_TITLE",
    "FOCUS_WHAT_OPENED",
    "HIDE_UNSUPPORTED",
    "OPENED_BEFORE",
    "PAGE_SCRIPT",
    "SAVE_CONVERSATION",
    "SCROLL_TO_HIT",
    "SCROLL_TO_QUESTION",
    "SEND_CLICKS",
    "SHOW_WHEN_FILLED",
    "scroll_to",
]
