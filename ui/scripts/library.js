// The library: rows that are selected, files that are dropped on any page, what follows an event.

// ------------------------------------------------------------------ the table

// A row opens its document; which rows are selected is kept here, so that a check shows at once and
// outlasts a table that is drawn again, and told to the server.
function followTable(element, trigger) {
  let chosen = new Set(), last = null, ticked = 0;
  const boxes = () => [...element.querySelectorAll('tbody input[data-id]')];

  // What is out of sight, filtered or removed, is not selected any more.
  function drawn() {
    const there = new Set(boxes().map(one => one.dataset.id));
    const left = [...chosen].filter(one => there.has(one));
    if (left.length === chosen.size) return show();
    chosen = new Set(left);
    tell();
  }

  function show() {
    const all = boxes();
    for (const box of all) {
      box.checked = chosen.has(box.dataset.id);
      box.closest('tr').classList.toggle('chosen', box.checked);
    }
    const head = element.querySelector('input[data-all]');
    if (!head) return;
    const count = all.filter(box => box.checked).length;
    head.checked = count > 0 && count === all.length;
    head.indeterminate = count > 0 && count < all.length;
  }

  function tell() {
    show();
    ticked += 1;
    trigger('select', {act: 'chosen', ids: [...chosen].join(' '), ticked: String(ticked)});
  }

  element.clearChosen = () => { chosen = new Set(); last = null; show(); };

  element.addEventListener('click', event => {
    const cell = event.target.closest('.pick');
    if (cell) {
      const box = event.target.closest('input');
      if (!box) return;
      if (box.dataset.all) {
        for (const one of boxes()) box.checked ? chosen.add(one.dataset.id) : chosen.delete(one.dataset.id);
      } else {
        const all = boxes(), at = all.indexOf(box);
        const from = event.shiftKey && last ? all.findIndex(one => one.dataset.id === last) : at;
        const range = all.slice(Math.min(from < 0 ? at : from, at), Math.max(from, at) + 1);
        for (const one of range) box.checked ? chosen.add(one.dataset.id) : chosen.delete(one.dataset.id);
        last = box.dataset.id;
      }
      return tell();
    }
    const pressed = event.target.closest('[data-act]');
    if (!pressed) return;
    // Words that are being marked with the mouse are not a click.
    if (pressed.tagName === 'TR' && String(getSelection())) return;
    if (pressed.dataset.act === 'open') {
      for (const row of element.querySelectorAll('tr[aria-current]')) row.removeAttribute('aria-current');
      pressed.closest('tr').setAttribute('aria-current', 'true');
      document.querySelector('#library-beside')?.classList.add('fresh');
    }
    trigger('select', {...pressed.dataset});
  });
  // Shift marks a range of rows, and not of words.
  element.addEventListener('mousedown', event => {
    if (event.shiftKey && event.target.closest('.pick')) event.preventDefault();
  });
  new MutationObserver(drawn).observe(element, {childList: true, subtree: true, attributes: true,
    attributeFilter: ['data-id']});
  show();
}

// What is opened begins at the top of its pane, on a narrow screen in sight.
function openAtTop(element) {
  new MutationObserver(() => {
    const pane = element.closest('#library-beside.fresh'), head = element.querySelector('h2');
    if (!pane || !head) return;
    pane.classList.remove('fresh');
    pane.scrollTop = 0;
    if (window.innerWidth <= 760) head.scrollIntoView({block: 'start'});
  }).observe(element, {childList: true, subtree: true, characterData: true});
}

// ------------------------------------------------------------------ what follows an event

let libraryPressed = {};
document.addEventListener('click', event => {
  const pressed = event.target.closest && event.target.closest('#library-columns [data-act]');
  if (pressed) libraryPressed = {...pressed.dataset};
  if (event.target.closest && event.target.closest('#bar-adding [data-act="show"]')) {
    openTab('library');
    whenThere('#library-adding .adding', rows => rows.scrollIntoView({block: 'nearest'}));
  }
}, true);

// Asking about documents goes on in the question box, the scope being set.
function askThere(text, tries = 80) {
  openTab('ask');
  const box = document.querySelector('#question textarea');
  // A field of a tab that is still being opened takes no focus.
  if (!box || !box.offsetParent) {
    if (tries) setTimeout(() => askThere(text, tries - 1), 50);
    return;
  }
  if (text) {
    write(box, text);
    setTimeout(() => document.querySelector('#asking button')?.click(), 80);
  }
  box.focus({preventScroll: true});
}

function afterDocument() {
  const {act, text} = libraryPressed;
  if (act === 'ask' || act === 'question') askThere(act === 'question' ? text : '');
  if (act === 'edit') whenThere('#library-edit textarea, #library-edit input', box => box.focus());
}

function afterSelection() {
  if (libraryPressed.act === 'ask') askThere('');
  // What is removed leaves the table, and with it what is selected.
  if (libraryPressed.act === 'none') document.querySelector('#library-table')?.clearChosen?.();
}

// What was told wrong is there to be read, also of files that were dropped; else the dialog is done.
function closeAdding() {
  setTimeout(() => {
    const open = document.querySelector('#add-panel.open');
    if (!document.querySelector('#add-panel .wrong')) open && closePanels(true);
    else if (!open) openAdding();
  }, 60);
}

// ------------------------------------------------------------------ files dropped on any page

(() => {
  const MOST = 1000;
  let depth = 0;
  const holdsFiles = event => [...(event.dataTransfer?.types || [])].includes('Files');

  function overlay(shown) {
    document.documentElement.classList.toggle('dropping', shown);
    const label = document.querySelector('#drop-label');
    document.documentElement.style.setProperty('--drop-label', JSON.stringify(label?.textContent || ''));
  }

  const listed = reader => new Promise((found, failed) => reader.readEntries(found, failed));
  const opened = entry => new Promise((found, failed) => entry.file(found, failed));

  // A folder that is dropped is gone through, a thousand files of it; what cannot be read is named.
  async function gather(entry, files, missed) {
    if (entry.isFile && entry.name.startsWith('.')) return;
    if (files.length >= MOST) { missed.more = true; return; }
    try {
      if (entry.isFile) { files.push(await opened(entry)); return; }
      const reader = entry.createReader();
      for (let some = await listed(reader); some.length; some = await listed(reader)) {
        for (const one of some) {
          await gather(one, files, missed);
          if (missed.more) return;
        }
      }
    } catch { missed.unread.push(entry.name); }
  }

  // A line in the dialog: what of a drop is not taken in.
  function say(missed) {
    const dialog = document.querySelector('#add-panel'), told = document.querySelector('#drop-label').dataset;
    const line = dialog.querySelector('#drop-said') || dialog.insertBefore(
      Object.assign(document.createElement('p'), {id: 'drop-said', role: 'status'}),
      dialog.querySelector('#add-said')?.nextSibling || null);
    const names = missed.unread.slice(0, 5).join(', ') + (missed.unread.length > 5 ? ' …' : '');
    line.textContent = [
      missed.unread.length ? told.unread.replace('COUNT', missed.unread.length).replace('NAMES', names) : '',
      missed.more ? told.more.replace('COUNT', MOST.toLocaleString('en')) : '',
    ].join(' ').trim();
    line.hidden = !line.textContent;
    line.classList.toggle('wrong', !line.hidden);
  }

  async function give(transfer) {
    const entries = [...transfer.items].map(one => one.webkitGetAsEntry?.()).filter(Boolean);
    const files = [], missed = {unread: [], more: false};
    if (entries.some(one => one.isDirectory)) for (const one of entries) await gather(one, files, missed);
    else files.push(...transfer.files);
    const given = new DataTransfer();
    for (const one of files) given.items.add(one);
    whenThere('#add-panel', () => say(missed));
    if (!files.length) {
      if (missed.unread.length) openAdding();
      return;
    }
    // While files before these are being taken in there is no such field.
    whenThere('#library-files input[type="file"]', input => {
      input.files = given.files;
      input.dispatchEvent(new Event('change', {bubbles: true}));
    }, 400);
  }

  document.addEventListener('click', event => {
    if (event.target.closest?.('#add-panel button') && document.querySelector('#drop-said')) say({unread: [], more: false});
  });
  addEventListener('dragenter', event => {
    if (!holdsFiles(event)) return;
    depth += 1;
    overlay(true);
  });
  addEventListener('dragover', event => { if (holdsFiles(event)) event.preventDefault(); });
  addEventListener('dragleave', event => {
    if (!holdsFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) overlay(false);
  });
  addEventListener('drop', event => {
    if (!holdsFiles(event)) return;
    depth = 0;
    overlay(false);
    event.preventDefault();
    event.stopPropagation();
    give(event.dataTransfer);
  }, true);
})();
