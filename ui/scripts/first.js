// What the server drew stands until the page behind it is whole; what was typed there is taken over.

(() => {
  let wanted = null, tookOver = -Infinity;

  document.addEventListener('submit', event => {
    if (!event.target.closest('#first')) return;
    event.preventDefault();
    wanted = event.target.querySelector('textarea').value;
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || !event.target.closest('#first textarea')) return;
    event.preventDefault();
    wanted = event.target.value;
    document.querySelector('#first').classList.add('asked');
  });
  // Pressed in the moment after the page took over.
  document.addEventListener('keydown', event => {
    const box = event.target.closest('#question textarea');
    if (!box || event.key !== 'Enter' || event.shiftKey || !box.value.trim()) return;
    if (performance.now() - tookOver < 2000) askUntilSent(box, box.value, 400);
  }, true);
  document.addEventListener('click', event => {
    const pressed = event.target.closest && event.target.closest('#first [data-act]');
    if (!pressed) return;
    if (pressed.dataset.act === 'ask') wanted = pressed.dataset.text;
    else wanted = {act: pressed.dataset.act};
    document.querySelector('#first').classList.add('asked');
  });

  // Gradio may not listen yet, or not have the text yet: pressed again until the question is sent.
  function askUntilSent(box, question, wait, tries = 10) {
    let sent = false;
    const fetching = window.fetch;
    const watching = (...given) => {
      sent ||= String(given[1]?.body ?? '').includes(JSON.stringify(question));
      return fetching(...given);
    };
    window.fetch = watching;
    const press = left => {
      if (sent || box.value !== question || !left) {
        if (window.fetch === watching) window.fetch = fetching;
        return;
      }
      document.querySelector('#asking button')?.click();
      setTimeout(press, 400, left - 1);
    };
    setTimeout(press, wait, tries);
  }

  // With a conversation to go on with, only once that is drawn: nothing is asked before it.
  const restored = () => !sessionStorage.getItem('briefing-conversation')
    || document.querySelector('#earlier .turns');
  const whole = () => restored() && document.querySelector('#greeting .hello, #latest .turn')
    && document.querySelector('#question textarea') && document.querySelector('#brand')?.textContent;

  function takeOver(tries) {
    const first = document.querySelector('#first');
    if (!whole() && tries) return setTimeout(() => takeOver(tries - 1), 30);
    const typed = first ? first.querySelector('textarea') : null;
    const box = document.querySelector('#question textarea');
    const draft = typed && typed.value || sessionStorage.getItem('briefing-draft') || '';
    const [from, to] = typed ? [typed.selectionStart, typed.selectionEnd] : [draft.length, draft.length];
    if (first) first.remove();
    tookOver = performance.now();
    window.briefingWhole = true;
    document.title = document.querySelector('#brand h1')?.textContent || document.title;
    if (!box) return;
    if (typeof wanted === 'string' && wanted.trim()) {
      write(box, wanted);
      askUntilSent(box, wanted, 50);
    } else if (draft) {
      write(box, draft);
      box.setSelectionRange(from, to);
    }
    if (wanted && wanted.act === 'add') openAdding();
    if (wanted && wanted.act === 'sample') openSample();
    box.focus({preventScroll: true});
  }

  takeOver(1000);
})();
