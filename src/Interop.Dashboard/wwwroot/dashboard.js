// What the server cannot do: times in the reader's zone, the theme, shortcuts, the login form, and coming back after a lost connection.
(() => {
  'use strict';

  // <i-time datetime mode>: the text lies in a shadow root, so that Blazor's updates of the element never meet it.
  const full = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const span = (s) =>
    s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 86400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  const elapsed = (s) =>
    s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  const shown = new Set();
  class TimeElement extends HTMLElement {
    static observedAttributes = ['datetime', 'mode'];
    connectedCallback() {
      if (!this.shadowRoot) this.attachShadow({ mode: 'open' });
      shown.add(this);
      this.show();
    }
    disconnectedCallback() {
      shown.delete(this);
    }
    attributeChangedCallback() {
      this.show();
    }
    show() {
      if (!this.shadowRoot) return;
      const at = new Date(this.getAttribute('datetime'));
      const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
      const mode = this.getAttribute('mode');
      const text =
        mode === 'relative' ? (seconds < 5 ? 'just now' : `${span(seconds)} ago`)
        : mode === 'until' ? (at <= Date.now() ? 'now' : `in ${span(Math.round((at - Date.now()) / 1000))}`)
        : mode === 'elapsed' ? elapsed(seconds)
        : full.format(at);
      if (this.shadowRoot.textContent !== text) this.shadowRoot.textContent = text;
    }
  }
  customElements.define('i-time', TimeElement);
  setInterval(() => shown.forEach((t) => t.show()), 1000);

  // Dialogs, theme, navigation.
  const openDialog = (d) => {
    if (d.open) return;
    d.showModal();
    d.querySelector('input:not([type=hidden]), select, textarea, .button-primary, .button-danger')?.focus();
  };
  const closeDialog = (d) => d.open && d.close();
  const palette = () => document.getElementById('palette');
  const actions = {
    theme() {
      const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
      document.documentElement.dataset.theme = theme;
      localStorage.setItem('interop.theme', theme);
    },
    palette: () => palette() && openDialog(palette()),
    'close-palette': () => palette() && closeDialog(palette()),
    'toggle-nav': () => document.body.classList.toggle('nav-open'),
    async 'sign-out'() {
      await fetch('/logout', { method: 'POST' });
      location.assign('/sign-in');
    },
  };
  document.addEventListener('click', (e) => {
    const target = e.target.closest('[data-action]');
    if (target) actions[target.dataset.action]?.();
    else if (e.target === palette()) closeDialog(palette());
    if (e.target.closest('.nav a')) document.body.classList.remove('nav-open');
  });
  document.addEventListener('keydown', (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') {
      e.preventDefault();
      actions.palette();
    }
    if (e.key === 'Escape') document.body.classList.remove('nav-open');
  });
  // In the palette the arrow keys choose a result instead of moving the cursor.
  document.addEventListener('keydown', (e) => {
    if ((e.key === 'ArrowUp' || e.key === 'ArrowDown') && e.target.closest('#palette')) e.preventDefault();
  });
  const show = (id) => document.getElementById(id)?.scrollIntoView({ block: 'nearest' });

  // The login form.
  const signIn = document.getElementById('sign-in');
  signIn?.addEventListener('submit', async (e) => {
    e.preventDefault();
    const problem = document.getElementById('sign-in-problem');
    problem.hidden = true;
    const answer = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(signIn))),
    }).catch(() => null);
    if (answer?.ok) {
      const to = new URLSearchParams(location.search).get('to');
      // Only a path of this server: "//host" and "/\host" would lead elsewhere.
      location.assign(to && /^\/(?![/\\])/.test(to) ? to : '/');
      return;
    }
    const body = await answer?.json().catch(() => null);
    problem.textContent = answer ? (body?.detail ?? `The server answered ${answer.status}.`) : 'The server does not answer.';
    problem.hidden = false;
    signIn.querySelector('[type=password]').select();
  });

  // Scrolls the first marked line of a JSON view into the middle of the view.
  const reveal = (view) => {
    const line = view?.querySelector('.marked');
    if (line) view.scrollTop = line.offsetTop - view.offsetTop - view.clientHeight / 2;
  };
  // A dropped or chosen file: the page gets its first bytes to preview it; the file itself goes to the API, past the page's connection.
  const previewBytes = 128 * 1024;
  const takeFiles = (zone, page) => {
    const input = zone.querySelector('input[type=file]');
    const take = (files) => {
      const file = files[0];
      if (!file) return;
      zone.file = file;
      page.invokeMethodAsync('Chosen', file.name, file.size, DotNet.createJSStreamReference(file.slice(0, previewBytes)));
    };
    input.addEventListener('change', () => (take(input.files), (input.value = '')));
    for (const type of ['dragover', 'dragleave', 'drop']) {
      zone.addEventListener(type, (e) => {
        e.preventDefault();
        zone.classList.toggle('drop-over', type === 'dragover');
        if (type === 'drop') take(e.dataTransfer.files);
      });
    }
  };
  const sendFile = (zone, url, page) => {
    const body = new FormData();
    body.append('file', zone.file, zone.file.name);
    const request = new XMLHttpRequest();
    let told = 0;
    request.upload.addEventListener('progress', (e) => {
      if (Date.now() - told < 250) return;
      told = Date.now();
      page.invokeMethodAsync('Sending', e.loaded, e.total);
    });
    const answered = () => page.invokeMethodAsync('Answered', request.status >= 200 && request.status < 300, request.responseText);
    request.addEventListener('load', answered);
    request.addEventListener('error', () => page.invokeMethodAsync('Answered', false, 'The server does not answer. The file was not stored.'));
    request.open('POST', url);
    request.send(body);
    zone.file = null;
  };
  // Saves the answer to a request whose body holds what no address may hold. Returns what went wrong.
  const download = async (url, body, name) => {
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).catch(() => null);
    if (!answer) return 'The server does not answer.';
    if (!answer.ok) return (await answer.json().catch(() => null))?.detail ?? `The server answered ${answer.status}.`;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return null;
  };
  window.interop = { takeFiles, sendFile, download, openDialog, closeDialog, reveal, show };
  if (signIn) return;

  // A server that was restarted does not know this page's state: load the page anew, as soon as it answers.
  const reload = async () => {
    for (;;) {
      try {
        if ((await fetch('/health', { cache: 'no-store' })).ok) break;
      } catch {
        // Not there yet.
      }
      await new Promise((r) => setTimeout(r, 1000));
    }
    location.reload();
  };
  const connection = document.getElementById('components-reconnect-modal');
  new MutationObserver(() => {
    if (connection.matches('.components-reconnect-failed, .components-reconnect-rejected')) reload();
  }).observe(connection, { attributes: true, attributeFilter: ['class'] });
  Blazor.start({
    circuit: {
      // Over a WebSocket alone, so that two servers behind a load balancer need no affinity.
      configureSignalR: (hub) => hub.withUrl('_blazor', { skipNegotiation: true, transport: 1 }),
      reconnectionOptions: { maxRetries: 60, retryIntervalMilliseconds: 1000 },
    },
  });
})();
