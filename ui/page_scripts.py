"""The scripts of the chat page: Gradio has no event for a link in a message, nor a clipboard."""

# What is put away or hidden is a class of #columns: the style sheet reaches no further up.
# Links inside messages are the buttons of a turn. What had the focus gets it back when the message
# is redrawn; Space works as on a button; Escape closes the explanation of a verdict.
TURN_ACTIONS = """
let last = '';
const columns = document.querySelector('#columns');
document.addEventListener('click', event => {
  const link = event.target.closest && event.target.closest('#chat a.do');
  if (!link) return;
  event.preventDefault();
  last = link.getAttribute('href');
  const parts = last.split('-');
  trigger('select', {act: parts[1], turn: parts[2]});
});
document.addEventListener('keydown', event => {
  const at = document.activeElement;
  if (event.key === ' ' && at && at.matches('#chat a.do, #talks a.talk')) {
    event.preventDefault();
    at.click();
  }
  if (event.key === 'Escape' && at && at.matches('#chat .verdict')) at.classList.add('shut');
  if (event.key === 'Escape') columns.classList.remove('show-talks');
});
document.addEventListener('focusout', event => {
  if (event.target.matches && event.target.matches('#chat .verdict')) {
    event.target.classList.remove('shut');
  }
});
const thread = document.querySelector('#chat');
if (thread) new MutationObserver(() => {
  if (!last || document.activeElement !== document.body) return;
  const again = thread.querySelector(`a.do[href="${last}"]`);
  if (again) again.focus({preventScroll: true});
}).observe(thread, {childList: true, subtree: true});
"""

OPEN_CONVERSATION = """
element.addEventListener('click', event => {
  const link = event.target.closest('a.talk');
  if (!link) return;
  event.preventDefault();
  document.querySelector('#columns').classList.remove('show-talks');
  trigger('select', {talk: (link.getAttribute('href') || '').slice(6)});
});
"""

CHIPS = """
element.addEventListener('click', event => {
  const chip = event.target.closest('[data-drop]');
  if (chip) trigger('select', {drop: chip.dataset.drop, which: chip.dataset.which});
});
"""

# A button that was pressed is another one when its row is redrawn, or gone: what stands in its
# place has the focus then. Asked whether it is meant, a reader stands on "no".
MODEL_BUTTONS = """
let last = '', doubted = false;
element.addEventListener('click', event => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  last = button.dataset.name;
  doubted = button.dataset.act === 'remove';
  trigger('select', {act: button.dataset.act, name: last});
});
new MutationObserver(() => {
  const row = [...element.querySelectorAll('li')].find(one => one.dataset.name === last);
  if (!row) return;
  const at = document.activeElement, keep = row.querySelector('[data-act="keep"]');
  if (doubted && keep && (at === document.body || row.contains(at))) {
    doubted = false;
    keep.focus({preventScroll: true});
  } else if (at === document.body) {
    (row.querySelector('[data-act]') || row).focus({preventScroll: true});
  }
}).observe(element, {childList: true, subtree: true, attributes: true});
"""
# Around what changes: a region that is there before its words are is read out.
ANNOUNCE = "element.setAttribute('aria-live', 'polite');"

COPY_TEXT = "text => { if (text) navigator.clipboard.writeText(text); }"
HIDE_UNSUPPORTED = (
    "hidden => { document.querySelector('#columns').classList.toggle('hide-unsupported', hidden); }"
)
# Narrow: a sheet over the page; wide: the column is put away.
TOGGLE_CONVERSATIONS = """
() => {
  const narrow = window.innerWidth <= 1000;
  const columns = document.querySelector('#columns');
  columns.classList.toggle(narrow ? 'show-talks' : 'hide-talks');
  if (narrow && columns.classList.contains('show-talks')) {
    const box = document.querySelector('#talks input, #talks textarea');
    if (box) box.focus();
  }
}
"""
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

# Questions begin at the top of the thread, with room below for the answer.
SCROLL_TO_QUESTION = """
() => setTimeout(() => {
  const asked = [...document.querySelectorAll('#chat .asked')].pop();
  const frame = asked && asked.closest('.bubble-wrap');
  if (!frame) return;
  const above = asked.getBoundingClientRect().top - frame.getBoundingClientRect().top;
  if (window.innerWidth <= 760) asked.scrollIntoView({block: 'start'});
  else frame.scrollTop += above - 8;
}, 60)
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


# The memo is redrawn after a change of a line: the button that was pressed has the focus again,
# on the line where its sentence stands now.
REFOCUS = """
() => setTimeout(() => {
  const offers = document.querySelector('#memo-offers .offers');
  if (offers) { offers.scrollIntoView({block: 'nearest'}); offers.querySelector('button').focus(); }
  const words = document.querySelector('#memo-wording textarea');
  if (words) words.focus();
  const pressed = window.briefingPressed;
  if (offers || words || !pressed) return;
  const [section, number] = pressed.at.split(':');
  const line = Number(number) + ({up: -1, down: 1}[pressed.act] || 0);
  for (const at of [line, Number(number), line - 1]) {
    const button = document.querySelector(
      `#memo [data-act="${pressed.act}"][data-at="${section}:${at}"]`);
    if (button && pressed.act !== 'adopt') { button.focus({preventScroll: true}); return; }
  }
  // A draft that was taken over has no such button any more, and the next one is another's.
  const beside = document.querySelector(`#memo [data-act="word"][data-at="${pressed.at}"]`);
  if (beside) beside.focus({preventScroll: true});
}, 60)
"""

__all__ = [
    "ANNOUNCE",
    "CHIPS",
    "COPY_TEXT",
    "FOCUS_QUESTION",
    "HIDE_UNSUPPORTED",
    "MODEL_BUTTONS",
    "OPEN_CONVERSATION",
    "REFOCUS",
    "SAVE_CONVERSATION",
    "SCROLL_TO_QUESTION",
    "TOGGLE_CONVERSATIONS",
    "TURN_ACTIONS",
    "scroll_to",
]  # fmt: skip
