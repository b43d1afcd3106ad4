// A class on a shared device. Every step is in this one page and no step is an address of its own, so the back button has
// nothing to go back to. What is sent and finds no network waits here, in memory alone, without a name; a page that is left
// while something waits asks first.
const root = document.querySelector('[data-class]');
const address = root.dataset.class;
const waiting = [];
const PATIENCE = 8000, AGAIN = 5000, THANKS = 6000;
let sending = false, back = 0;

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

function forget() {
  for (const form of root.querySelectorAll('form')) {
    form.reset();
    for (const field of form.querySelectorAll('input:checked')) field.checked = false;
    for (const field of form.querySelectorAll('textarea, input[name=slip], input[type=number]')) field.value = '';
    for (const problem of form.querySelectorAll('[data-problem], .field__error')) problem.textContent = '';
  }
}

function show(name) {
  clearTimeout(back);
  for (const panel of root.querySelectorAll('[data-panel]')) panel.hidden = panel.dataset.panel !== name;
  const panel = root.querySelector(`[data-panel="${name}"]`);
  scrollTo(0, 0);
  panel.querySelector('h2')?.focus({ preventScroll: true });
  if (name === 'start') forget();
  if (name.startsWith('done')) back = setTimeout(() => show('start'), THANKS);
}

function tell() {
  root.querySelector('[data-waiting]').hidden = waiting.length === 0;
}

// 'sent' (also when it had arrived before), 'refused' with words, 'over', or 'later': no network, or the server is not well.
async function send(body) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const reply = await fetch(address, {
      method: 'POST', body, headers: { Accept: 'application/json' }, credentials: 'omit', cache: 'no-store', signal: stop.signal,
    });
    if (reply.ok) return { state: 'sent' };
    if (reply.status === 422) return { state: 'refused', words: (await reply.json()).errors };
    return { state: reply.status === 410 || reply.status === 404 ? 'over' : 'later' };
  } catch {
    return { state: 'later' };
  } finally {
    clearTimeout(timer);
  }
}

async function sendWaiting() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const { state } = await send(waiting[0]);
    if (state === 'later') break;
    waiting.shift();
    if (state !== 'sent') root.querySelector('[data-lost]').hidden = false;
  }
  sending = false;
  tell();
}

root.addEventListener('click', (event) => {
  const link = event.target.closest('[data-go]');
  if (!link) return;
  event.preventDefault();
  show(link.dataset.go);
});

root.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target, button = event.submitter, problem = form.querySelector('[data-problem]');
  if (form.dataset.busy) return;
  const body = new URLSearchParams(new FormData(form, button));
  body.set('receipt', newId());
  const answered = [...body].some(([name, value]) => name.startsWith('item_') && value.trim());
  if ('answers' in form.dataset && !answered) {
    problem.textContent = form.dataset.empty;
    return;
  }
  form.dataset.busy = '1';
  const { state, words } = waiting.length ? { state: 'later' } : await send(body);
  delete form.dataset.busy;
  if (state === 'refused') {
    problem.textContent = words.join(' ');
    return;
  }
  if (state === 'over') root.querySelector('[data-lost]').hidden = false;
  if (state === 'later') waiting.push(body);
  tell();
  forget();
  show(`done-${form.closest('[data-panel]').lang}`);
});

setInterval(sendWaiting, AGAIN);
addEventListener('online', sendWaiting);
addEventListener('beforeunload', (event) => { if (waiting.length) event.preventDefault(); });
addEventListener('pageshow', (event) => { if (event.persisted) show('start'); });
if (root.querySelector('[data-panel="start"]').hidden === false) forget();
