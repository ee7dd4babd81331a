// The memo page: lines edited where they stand, questions collected, focus kept when it is redrawn.

// What a press on the paper sends: the element's dataset, and what was typed beside it.
let memoPressed = null;
// Called when what was sent is drawn, or failed.
let memoAnswered = () => {};

function memoPaper(element, trigger) {
  let words = null, before = '';

  // One change after the other: what the second does rests on what the first drew. A line is known
  // by its words, since the change before may have moved it. That an answer never comes is waited
  // for half a minute.
  let busy = 0, sent = null, waiting = [];
  const alike = (one, other) => one && one.act === other.act && one.at === other.at && one.text === other.text;
  const send = data => {
    // A memo that goes on is followed for minutes: nothing waits for that.
    if (data.act === 'resume' || data.act === 'keep') return trigger('select', data);
    if (busy) {
      if (!alike(sent, data) && !waiting.some(one => alike(one, data))) waiting.push(data);
      return;
    }
    sent = memoPressed = data;
    busy = setTimeout(memoAnswered, 30000);
    trigger('select', data);
  };
  memoAnswered = () => {
    clearTimeout(busy);
    busy = 0;
    sent = null;
    if (waiting.length) send(waiting.shift());
  };
  const wordsOf = at => {
    const found = element.querySelector(`[data-line="${at}"] .words`);
    return found ? (found === words ? before : found.textContent) : undefined;
  };

  // Another memo is read from its beginning.
  let shown = '';
  new MutationObserver(() => {
    const key = element.querySelector('article')?.dataset.memo || '';
    if (key === shown) return;
    shown = key;
    waiting = [];
    const pane = element.closest('.pane');
    if (pane) pane.scrollTop = 0;
  }).observe(element, {childList: true, subtree: true, attributes: true, attributeFilter: ['data-memo']});

  const begin = target => {
    if (words === target) return;
    end(true);
    words = target;
    before = words.textContent;
    words.setAttribute('contenteditable', 'plaintext-only');
    words.setAttribute('role', 'textbox');
    words.setAttribute('aria-label', words.dataset.label);
    words.focus();
    const range = document.createRange();
    range.selectNodeContents(words);
    range.collapse(false);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };

  // One text node is left, as the server draws it: what it draws next is compared with that.
  const end = keep => {
    if (!words) return;
    const done = words, text = done.textContent.replace(/\s+/g, ' ').trim();
    words = null;
    for (const name of ['contenteditable', 'role', 'aria-label']) done.removeAttribute(name);
    const changed = keep && text && text !== before.trim();
    done.textContent = changed ? text : before;
    if (changed) send({act: 'put', at: done.dataset.at, text: text, was: before});
  };

  const editable = at => at.closest('[data-editable] .words') || null;

  element.addEventListener('click', event => {
    const at = event.target;
    const pressed = at.closest('[data-act]');
    if (pressed) {
      event.preventDefault();
      const data = {...pressed.dataset};
      const beside = pressed.closest('.accept');
      if (beside) data.text = beside.querySelector('input').value;
      const was = data.at && wordsOf(data.at);
      if (was !== undefined && was !== '') data.was = was;
      pressed.classList.add('busy');
      send(data);
      return;
    }
    const line = at.closest('[data-line]');
    if (!line || at.closest('a, details, .tools')) return;
    if (String(window.getSelection())) return;
    const target = editable(at) || line.querySelector('[data-editable] .words');
    if (target) begin(target);
  });
  element.addEventListener('keydown', event => {
    if (event.isComposing) return;
    const at = event.target;
    if (words && (event.key === 'Enter' || event.key === 'Escape')) {
      event.preventDefault();
      event.stopPropagation();
      const line = words.closest('.line');
      end(event.key === 'Enter');
      line.focus({preventScroll: true});
    } else if (!words && event.key === 'Enter' && at.matches('[data-line]')) {
      const target = at.querySelector('[data-editable] .words');
      if (target) {
        event.preventDefault();
        begin(target);
      }
    } else if (event.key === 'Enter' && at.matches('.accept input')) {
      event.preventDefault();
      at.nextElementSibling.click();
    } else if (event.key === 'Escape') {
      const open = at.closest('.accept[open]');
      if (open) {
        open.open = false;
        open.querySelector('summary').focus();
      } else if (at.closest('.offers')) {
        at.closest('.offers').querySelector('[data-act="leave"]').click();
      }
    }
  });
  element.addEventListener('focusout', event => { if (event.target === words) end(true); });
  element.addEventListener('paste', event => {
    if (!words) return;
    event.preventDefault();
    document.execCommand('insertText', false, event.clipboardData.getData('text/plain').replace(/\s+/g, ' '));
  });
}

// After a redraw the button that was pressed has the focus again, on the line where its sentence
// stands now; what was offered has it first.
function memoRefocus() {
  setTimeout(() => {
    for (const one of document.querySelectorAll('#memo .busy')) one.classList.remove('busy');
    const pressed = memoPressed;
    memoPressed = null;
    memoAnswered();
    if (!pressed || !pressed.at) return;
    const offered = document.querySelector('#memo .offers button');
    if (offered && (pressed.act === 'cite' || pressed.act === 'second')) {
      offered.scrollIntoView({block: 'nearest'});
      offered.focus({preventScroll: true});
      return;
    }
    const at = document.activeElement;
    // Whoever went elsewhere meanwhile stays there; a pressed button is another line's by now.
    const held = at && at !== document.body && at.isConnected;
    if (held && (pressed.act === 'put' || !at.closest('#memo :is(.tools, .offers, .margin)'))) return;
    const [section, number] = pressed.at.split(':');
    const line = Number(number) + ({up: -1, down: 1}[pressed.act] || 0);
    for (const place of [line, Number(number), line - 1]) {
      const row = document.querySelector(`#memo [data-line="${section}:${place}"]`);
      if (!row) continue;
      const button = row.querySelector(`[data-act="${pressed.act}"]`);
      if (document.activeElement !== row) (button || row).focus({preventScroll: true});
      return;
    }
  }, 60);
}

// The questions as they stand in the form, where they belong to the topic that is asked about.
function memoQuestions() {
  const asked = document.querySelector('#memo-questions .asked');
  const topic = document.querySelector('#topic textarea, #topic input');
  if (!asked || !topic || asked.dataset.topic !== topic.value.trim()) return '';
  const found = {};
  for (const section of asked.querySelectorAll('[data-section]')) {
    found[section.dataset.section] = [...section.querySelectorAll('input')].map(one => one.value.trim()).filter(Boolean);
  }
  return JSON.stringify(found);
}

// A section that is chosen in the list is brought to the top of the paper.
document.addEventListener('click', event => {
  const link = event.target.closest && event.target.closest('[data-goto]');
  if (!link) return;
  event.preventDefault();
  const section = document.querySelector(`#memo [data-section="${link.dataset.goto}"]`);
  if (section) section.scrollIntoView({block: 'start', behavior: 'smooth'});
});

// A memo that something was added to is opened: in the list, once its tab has brought that up to date.
document.addEventListener('click', event => {
  const link = event.target.closest && event.target.closest('[data-opens-memo]');
  if (!link) return;
  event.preventDefault();
  openTab('memo');
  const row = `#memo-list a[data-id="${link.dataset.opensMemo}"]`;
  setTimeout(() => whenThere(row, one => one.click()), 300);
});

// The list of files opens below its button.
document.addEventListener('click', event => {
  const button = event.target.closest && event.target.closest('[data-opens="memo-export-panel"]');
  const panel = document.getElementById('memo-export-panel');
  if (!button || !panel) return;
  const box = button.getBoundingClientRect();
  panel.style.top = `${box.bottom + 4}px`;
  panel.style.right = `${Math.max(8, window.innerWidth - box.right)}px`;
});

// In a group of cards the arrows go from one to the next.
document.addEventListener('keydown', event => {
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
  const at = event.target;
  if (!step || !at.matches || !at.matches('#memo-forms [role="radio"]')) return;
  event.preventDefault();
  const all = [...document.querySelectorAll('#memo-forms [role="radio"]')];
  const next = all[(all.indexOf(at) + step + all.length) % all.length];
  next.focus();
  next.click();
});

// From the server into the page and from there into a file: nothing lies in a cache that another
// session could fetch from.
function memoSave(given) {
  if (!given) return;
  const file = JSON.parse(given);
  const bytes = Uint8Array.from(atob(file.data), sign => sign.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], {type: file.type}));
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(link.href);
}
