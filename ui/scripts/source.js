// The source panel: it follows marks and places, goes to the quote, and gives focus back.

// `links` is the selector of this panel's marks; "#at-<document>-<start>-<end>" opens any place.
function followSources(element, trigger, links) {
  let origin = null, shown = '', last = '', keep = null, fresh = false, asked = '', mouse = false;
  let busy = 0, waiting = [];

  const find = selector => element.querySelector(selector);
  const address = link => link.getAttribute('href') || link.getAttribute('xlink:href')
    || link.getAttributeNS('http://www.w3.org/1999/xlink', 'href') || '';
  // Each tab has a panel of its own: that of the tab in which the link is follows it.
  const mine = link => {
    const home = element.closest('[role="tabpanel"]'), there = link.closest('[role="tabpanel"]');
    return there ? there === home : !home || home.offsetParent !== null;
  };
  // One click after the other: what the second does rests on what the first drew. That some click
  // draws nothing new is waited for a moment only.
  const send = data => {
    const another = data.act === 'cite' || data.act === 'at';
    if (busy) { waiting = another ? [data] : [...waiting, data]; return; }
    busy = setTimeout(answered, 400);
    trigger('select', data);
  };
  const answered = () => {
    clearTimeout(busy);
    busy = 0;
    // The source is the one that was open already.
    if (fresh && find('.source')) { toTheQuote(); arrive(); }
    if (waiting.length) send(waiting.shift());
  };
  // Who else says so takes longer than the source: it is asked for once that is drawn.
  let asking = 0;
  const compare = () => {
    asking = 0;
    if (!find('[data-pending]')) return;
    if (!busy) trigger('select', {act: 'beside'});
    asking = setTimeout(compare, 400);
  };
  // The marks of the source that is open: of the answer it was opened from, or else of the last.
  const marks = () => {
    const number = find('.source')?.dataset.number;
    if (!links || !number || number === '0') return [];
    const all = [...document.querySelectorAll(links)].filter(one => !address(one).startsWith('#at-'));
    const from = origin && origin.isConnected && origin.matches(links) ? origin : all[all.length - 1];
    const of = from ? address(from).split('-').slice(0, -1).join('-') : '';
    // The mark at the sentence comes before the card of the document.
    return all.filter(one => address(one) === `${of}-${number}`)
      .sort((one, other) => one.classList.contains('card') - other.classList.contains('card'));
  };
  const leave = () => {
    element.classList.remove('open');
    const back = origin && origin.isConnected ? origin : marks()[0];
    if (back) back.focus({preventScroll: true});
  };

  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest('a');
    if (!link || event.ctrlKey || event.metaKey) return;
    const to = address(link);
    const place = to.startsWith('#at-') && mine(link);
    const mark = !place && links && link.matches(links);
    if (!place && !mark) return;
    event.preventDefault();
    // From within the panel the way back stays that to the mark.
    if (!element.contains(link)) origin = link;
    fresh = true;
    mouse = event.detail > 0;
    element.classList.add('open');
    const parts = to.split('-');
    send(place
      ? {act: 'at', document: parts[1], start: parts[2], end: parts[3], inside: element.contains(link)}
      : {act: 'cite', turn: parts[1], number: parts[2]});
  });

  element.addEventListener('click', event => {
    const button = event.target.closest('button[data-act]');
    if (!button) return;
    const act = button.dataset.act;
    if (act === 'close' || act === 'return') return leave();
    last = act;
    const body = find('.text');
    // What comes before pushes what is read: it is put back where it was.
    keep = act === 'above' && body ? body.scrollHeight - body.scrollTop : null;
    if (act === 'back') fresh = true;
    const open = button.closest('details.contents');
    if (open) open.open = false;
    send({act: act, at: button.dataset.at || ''});
  });
  // Over the page of a phone the source would hide the answer to what is asked now.
  const put = () => element.classList.remove('open');
  document.addEventListener('click', event => {
    if (event.target.closest?.('#asking button, #chat button[data-act]')) put();
  });
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.shiftKey && event.target.closest?.('#question')) put();
  });
  element.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    const open = find('details.contents[open]');
    if (!open) return leave();
    open.open = false;
    open.querySelector('summary').focus();
  });
  document.addEventListener('click', event => {
    const open = find('details.contents[open]');
    if (open && !open.contains(event.target)) open.open = false;
  });

  // The rest of a long text comes as it is scrolled to.
  let nearing = null, scrolled = null;
  const seen = all => {
    for (const one of all) {
      const left = one.target.dataset.left;
      if (!one.isIntersecting || asked === left) continue;
      asked = left;
      send({act: 'below'});
    }
  };
  const watchBelow = body => {
    if (body !== scrolled) {
      nearing?.disconnect();
      scrolled = body;
      nearing = body && new IntersectionObserver(seen, {root: body, rootMargin: '0px 0px 900px 0px'});
    }
    const below = find('[data-act="below"]');
    // Watched anew, it is looked at again where it stands.
    if (nearing) nearing.disconnect();
    if (nearing && below) nearing.observe(below);
  };

  const toTheQuote = () => {
    const sheet = find('.sheet'), body = find('.text');
    if (sheet) {
      const paper = sheet.querySelector('.paper'), box = sheet.querySelector('.box');
      sheet.scrollLeft = Number(paper.dataset.column) * paper.offsetWidth;
      sheet.scrollTop = box ? box.offsetTop - sheet.clientHeight / 3 : 0;
    }
    if (!body) return;
    const at = body.querySelector('.at') || body.querySelector('mark:not(.other), tr.cited');
    if (!at) { body.scrollTop = 0; return; }
    const grid = at.closest('.grid');
    if (grid) {
      const cell = at.getBoundingClientRect(), box = grid.getBoundingClientRect();
      grid.scrollTop += cell.top - box.top - grid.clientHeight / 2;
      if (cell.right > box.right) grid.scrollLeft += cell.left - box.left - grid.clientWidth / 2;
    }
    const share = at.classList.contains('at') ? 16 : body.clientHeight / 4;
    body.scrollTop += (grid || at).getBoundingClientRect().top - body.getBoundingClientRect().top - share;
  };

  const arrive = () => {
    fresh = false;
    find('.source').classList.toggle('by-mouse', mouse);
    find('h2').focus({preventScroll: true});
  };

  const drawn = () => {
    const panel = find('.source'), body = find('.text');
    const key = panel ? panel.dataset.key : '';
    if (key !== shown) {
      shown = key;
      asked = '';
      if (panel) toTheQuote(); else origin = null;
      const here = marks();
      if (here.length) {
        for (const one of document.querySelectorAll(links)) one.classList.remove('shown');
        here[0].classList.add('shown');
      }
    } else if (keep !== null && body) {
      body.scrollTop = body.scrollHeight - keep;
    }
    keep = null;
    watchBelow(body);
    if (!asking && find('[data-pending]')) asking = setTimeout(compare, 150);
    if (fresh && panel) {
      arrive();
    } else if (last) {
      const again = find(`[data-act="${last}"]:not([disabled])`);
      const at = document.activeElement;
      if (at === document.body || element.contains(at)) (again || find('.tools button') || panel)?.focus({preventScroll: true});
    }
    last = '';
    if (busy) answered();
  };
  new MutationObserver(drawn).observe(
    element, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['data-key', 'data-left']});
}
