import { $, call, element } from './dom.js';
import { startFaults } from './faults.js';
import { chooseChildOf, startGate } from './gate.js';

/** The handsets: a list of phones, one phone's thread, and its answer. Texts are strangers' words: textContent only. */

const time = new Intl.DateTimeFormat('zh-CN', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'Asia/Shanghai' });

let phone = '';
let shown = '';
let listTimer;

async function showPhones() {
  const phones = await call(`phones?q=${encodeURIComponent($('query').value.trim())}`);
  $('phones').replaceChildren(...phones.map(phoneItem));
  $('no-phones').hidden = phones.length > 0;
}

function phoneItem({ phone: number, label, last }) {
  const link = element('a', { href: `?phone=${number}` }, label ? `${label} ${number}` : number);
  if (number === phone) link.setAttribute('aria-current', 'page');
  link.append(element('span', { className: 'last' }, last ? last.text : '还没有短信 · no texts yet'));
  link.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    goTo(number);
  });
  return element('li', {}, link);
}

async function showThread() {
  if (!phone) return;
  const asked = phone;
  const texts = await call(`phones/${asked}/messages`);
  if (asked !== phone) return;
  const version = `${asked} ${texts.length} ${texts.at(-1)?.at}`;
  if (version === shown) return;
  const thread = $('thread');
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60 || !shown.startsWith(asked);
  shown = version;
  thread.replaceChildren(...texts.map(bubble));
  if (texts.length === 0) thread.append(element('li', {}, element('small', {}, '还没有短信 · No texts yet')));
  if (atEnd) thread.scrollTop = thread.scrollHeight;
  const received = texts.findLast(({ from }) => from !== asked);
  if (received && document.activeElement !== $('to') && !$('text').value) $('to').value = received.from;
}

function bubble({ from, to, text, at }) {
  const own = from === phone;
  const words = `${own ? `发往 to ${to}` : `来自 from ${from}`} · ${time.format(new Date(at))}`;
  return element('li', { className: own ? 'own' : '' }, element('p', {}, text), element('small', {}, words));
}

function goTo(number) {
  history.pushState(null, '', `?phone=${number}`);
  open();
}

/** Shows the phone that the address names. */
function open() {
  const named = new URLSearchParams(location.search).get('phone') ?? '';
  phone = /^\d{3,20}$/.test(named) ? named : '';
  shown = '';
  $('answer').hidden = !phone;
  $('answer-error').textContent = '';
  $('text').value = $('to').value = '';
  $('thread').replaceChildren();
  $('thread-title').replaceChildren(
    phone || '请选择手机',
    ' ',
    element('small', { lang: 'en' }, phone ? 'thread' : 'Choose a phone'),
  );
  chooseChildOf(phone);
  document.title = phone ? `${phone} · 虚拟手机` : '虚拟手机 · Handsets';
  refresh();
}

function refresh() {
  Promise.all([showPhones(), showThread()]).catch(showError);
}

function showError(error) {
  $('link').textContent = `出错 error: ${error.message}`;
}

$('query').addEventListener('input', refresh);
$('search').addEventListener('submit', (event) => {
  event.preventDefault();
  const query = $('query')
    .value.trim()
    .replace(/^(\+?86)(?=\d{11}$)/, '');
  if (!/^\d{3,20}$/.test(query)) return;
  goTo(query);
});

$('answer').addEventListener('submit', async (event) => {
  event.preventDefault();
  $('answer-error').textContent = '';
  try {
    await call(`phones/${phone}/messages`, {
      method: 'POST',
      body: { text: $('text').value, to: $('to').value.trim() },
    });
    $('text').value = '';
    await showThread();
  } catch (error) {
    $('answer-error').textContent = error.message;
  }
});

$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('answer').requestSubmit();
});

addEventListener('popstate', open);

const events = new EventSource('events');
events.onopen = () => {
  $('link').textContent = '实时更新 · live';
  refresh();
};
events.onerror = () => {
  $('link').textContent = '连接中断，正在重试 · disconnected, retrying';
};
events.onmessage = ({ data }) => {
  const phones = JSON.parse(data);
  if (phones === '*' || phones.includes(phone)) void showThread().catch(showError);
  // A broadcast reaches thousands of phones: their list need not keep up with each.
  listTimer ??= setTimeout(() => {
    listTimer = undefined;
    void showPhones().catch(showError);
  }, 1_000);
};

open();
startFaults();
startGate((phones) => phones.includes(phone) || goTo(phones[0])).catch(showError);
