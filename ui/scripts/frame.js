// The frame of the page: panels that buttons open, tabs, keys, and what the server drew first.

// ------------------------------------------------------------------ panels that buttons open

function openPanel(name, from) {
  const panel = document.getElementById(name);
  if (!panel) return;
  closePanels(false);
  panel.classList.add('open');
  panel.openedBy = from || null;
  if (from) from.setAttribute('aria-expanded', 'true');
  panel.setAttribute('role', 'dialog');
  panel.tabIndex = -1;
  const heading = panel.querySelector('h1, h2, h3');
  if (heading) panel.setAttribute('aria-label', heading.textContent);
  // Not its first field: a list would open over what is to be read.
  panel.focus({preventScroll: true});
}

function closePanels(giveFocusBack) {
  for (const panel of document.querySelectorAll('.popover.open')) {
    panel.classList.remove('open');
    const from = panel.openedBy;
    if (!from) continue;
    from.setAttribute('aria-expanded', 'false');
    if (giveFocusBack && from.isConnected) from.focus();
  }
}

// Gradio draws the choices of a list outside the panel that the list is in.
const inPanel = at => at.closest('.popover, [data-opens], .options, [role="listbox"], .toast-wrap');

document.addEventListener('click', event => {
  const at = event.target;
  const button = at.closest && at.closest('[data-opens]');
  if (button) {
    const panel = document.getElementById(button.dataset.opens);
    if (panel && panel.classList.contains('open')) closePanels(true);
    else openPanel(button.dataset.opens, button);
  } else if (at.isConnected && !inPanel(at)) {
    closePanels(false);
  }
});

// ------------------------------------------------------------------ tabs

const TABS = ['ask', 'library', 'memo'];
const tabs = () => [...document.querySelectorAll('#tabs > .tab-wrapper [role="tablist"] [role="tab"]')];
const openTabIndex = () => tabs().findIndex(one => one.getAttribute('aria-selected') === 'true');

function openTab(name) {
  const tab = tabs()[TABS.indexOf(name)];
  if (tab && tab.getAttribute('aria-selected') !== 'true') tab.click();
}

// Does something once an element is there: the content of a tab is drawn when it is first opened.
function whenThere(selector, then, tries = 80) {
  const found = document.querySelector(selector);
  if (found) then(found);
  else if (tries) setTimeout(() => whenThere(selector, then, tries - 1), 50);
}

function openAdding() {
  whenThere('#add-panel', () => openPanel('add-panel', document.querySelector('#bar-add button')));
}

function openSample() {
  openTab('memo');
  whenThere('#memo-sample button, button#memo-sample', button => button.click());
}

function searchWords(words) {
  openTab('library');
  whenThere('#library-search input, #library-search textarea', box => { write(box, words); box.focus(); });
}

document.addEventListener('click', event => {
  const pressed = event.target.closest && event.target.closest('#chat [data-act]');
  if (!pressed) return;
  if (pressed.dataset.act === 'add') openAdding();
  if (pressed.dataset.act === 'words') searchWords(pressed.dataset.text);
  if (pressed.dataset.act === 'sample') openSample();
});

// ------------------------------------------------------------------ conversations

// A menu of a row closes once something of it was chosen, or elsewhere pressed.
document.addEventListener('click', event => {
  const within = event.target.closest && event.target.closest('details.menu');
  const chosen = event.target.closest && event.target.closest('details.menu button');
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (menu !== within || chosen) menu.open = false;
  }
});

// Narrow: a sheet over the page; wide: the column is put away.
function toggleConversations() {
  const narrow = window.innerWidth <= 1000;
  const columns = document.querySelector('#columns');
  columns.classList.toggle(narrow ? 'show-talks' : 'hide-talks');
  const shown = narrow ? columns.classList.contains('show-talks') : !columns.classList.contains('hide-talks');
  const box = document.querySelector('#find input, #find textarea');
  if (shown && box) box.focus();
}

document.addEventListener('click', event => {
  if (!event.target.closest || !event.target.closest('[data-toggle="talks"]')) return;
  openTab('ask');
  whenThere('#columns', toggleConversations);
});

const question = () => document.querySelector('#question textarea');

// This window's conversation and what is half typed, for when it is loaded again.
let knownBox = null;
function remember() {
  if (!window.briefingWhole) return;
  const turns = document.querySelector('#earlier .turns');
  if (turns) sessionStorage.setItem('briefing-conversation', turns.dataset.conversation || '');
  const box = question();
  const draft = sessionStorage.getItem('briefing-draft');
  // Drawn anew, as after the program came back: what was typed is put in again.
  if (box && box !== knownBox && draft && !box.value) write(box, draft);
  if (box) sessionStorage.setItem('briefing-draft', box.value);
  knownBox = box || knownBox;
}
setInterval(remember, 500);
window.addEventListener('pagehide', remember);

function write(box, text) {
  box.value = text;
  box.dispatchEvent(new Event('input', {bubbles: true}));
}

// Says so when the program behind the page is gone. What a window shows is in the memory of the
// program that it was loaded from: when another one answers in its place (it was started again, or
// another server took over), the page is loaded anew, with what was open and typed. So it is when
// the sign-in is over. Not twice within half a minute, whoever answers.
let loadedFrom = (window.gradio_config || {}).app_id;
const RELOADED = 'briefing-reloaded';

function loadAnew() {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) || 0) < 30000) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  remember();
  location.reload();
}

setInterval(async () => {
  if (document.hidden) return;
  const line = document.querySelector('#offline');
  const answer = await fetch('/gradio_api/app_id', {cache: 'no-store'}).catch(() => null);
  const there = answer !== null && answer.status < 500;
  if (line) line.hidden = there;
  if (!there) return;
  if (answer.status === 401) return loadAnew();
  const said = answer.ok ? (await answer.json().catch(() => ({}))).app_id : undefined;
  if (said === undefined) return;
  if (loadedFrom === undefined) loadedFrom = said;
  if (String(said) !== String(loadedFrom)) loadAnew();
}, 5000);

// ------------------------------------------------------------------ keys

const typing = at => at && (at.isContentEditable || at.matches('input, textarea, select'));
const marks = () => [...document.querySelectorAll('#chat a.mark')];
const sentences = () => [...document.querySelectorAll('#chat [data-sentence]')];

function step(list, by, selector) {
  const at = list.findIndex(one => one === document.activeElement || one.contains(document.activeElement)
    || (selector && one.matches(selector)));
  return list[Math.min(Math.max(at + by, 0), list.length - 1)];
}

// The button of the turn that has the focus, else of the last one.
function actionOf(act) {
  const turn = document.activeElement.closest('#chat .turn') || document;
  return [...turn.querySelectorAll(`#chat [data-act="${act}"][data-turn]`)].pop();
}

function press(button) {
  if (button) button.click();
  return Boolean(button);
}

// What explains itself on hover and focus; Escape puts that away until it is left.
const EXPLAINED = ':is(.verdict, a.mark)';
for (const left of ['focusout', 'mouseout']) {
  document.addEventListener(left, event => {
    const one = event.target.closest && event.target.closest(EXPLAINED);
    if (one && !one.contains(event.relatedTarget)) one.classList.remove('shut');
  });
}

const KEYS = {
  '/': () => { openTab('ask'); whenThere('#question textarea', box => box.focus()); return true; },
  '?': () => press(document.querySelector('#bar-keys button')),
  'j': () => { const next = step(sentences(), 1); if (next) next.focus(); return Boolean(next); },
  'k': () => { const next = step(sentences(), -1); if (next) next.focus(); return Boolean(next); },
  ']': () => press(step(marks(), 1, '.shown')),
  '[': () => press(step(marks(), -1, '.shown')),
  'e': () => press(actionOf('edit')),
  'r': () => press(actionOf('again')),
  'c': () => press(actionOf('cited')),
  'm': () => press(actionOf('memo')),
};

document.addEventListener('keydown', event => {
  const at = document.activeElement;
  if (event.isComposing || event.altKey) return;
  const control = event.ctrlKey || event.metaKey;
  if (control && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    openTab('ask');
    const columns = document.querySelector('#columns');
    if (window.innerWidth <= 1000) columns.classList.add('show-talks');
    columns.classList.remove('hide-talks');
    whenThere('#find input, #find textarea', box => box.focus());
    return;
  }
  if (control && event.shiftKey && event.key.toLowerCase() === 'o') {
    event.preventDefault();
    openTab('ask');
    whenThere('#anew', button => button.click());
    return;
  }
  if (event.key === 'Escape') {
    if (document.querySelector('.popover.open')) return closePanels(true);
    for (const one of document.querySelectorAll(`#chat ${EXPLAINED}:is(:hover, :focus)`)) one.classList.add('shut');
    document.querySelector('#columns')?.classList.remove('show-talks');
    // Out of a form below the thread, or of an edit that was begun.
    const leave = at && at.closest('#into, #why') ? at.closest('#into, #why').querySelectorAll('button')[1]
      : document.querySelector('#unedit');
    if (leave && leave.offsetParent) return leave.click();
    const stop = document.querySelector('#stop');
    if (stop && stop.offsetParent && (at === question() || at === document.body)) stop.click();
    return;
  }
  if (control || typing(at)) return;
  if (event.key === 'Enter' && at && at.matches('[data-sentence]')) {
    if (press(at.querySelector('a.cite'))) event.preventDefault();
    return;
  }
  const does = KEYS[event.key];
  const anywhere = event.key === '/' || event.key === '?';
  if (does && (anywhere || openTabIndex() === 0) && does()) event.preventDefault();
});

// Narrow: a conversation that was chosen, or a press beside the sheet, closes the sheet.
document.addEventListener('click', event => {
  const columns = document.querySelector('#columns.show-talks');
  const at = event.target;
  if (!columns || !at.closest || at.closest('[data-toggle]')) return;
  if (at.closest('a.talk, #anew') || !at.closest('#talks')) columns.classList.remove('show-talks');
});

// The citation whose source is open.
document.addEventListener('click', event => {
  const link = event.target.closest && event.target.closest('a.cite');
  if (!link) return;
  for (const one of document.querySelectorAll('a.cite.shown')) one.classList.remove('shown');
  link.classList.add('shown');
});
