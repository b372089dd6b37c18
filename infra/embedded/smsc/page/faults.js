import { $, call, element } from './dom.js';

/** The faults on demand as a form: what is ticked is sent, whole, to PUT /faults. */

const STATUSES = ['ESME_RTHROTTLED', 'ESME_RMSGQFUL', 'ESME_RSYSERR', 'ESME_RINVDSTADR', 'ESME_RSUBMITFAIL'];
const ID_FORMATS = ['decimal', 'decimal-padded', 'hex', 'hex-upper', 'hex-padded'];

const count = ['count', '次数 count', 'number', ''];
const status = (first) => ['status', '答复 status', [first, ...STATUSES.filter((name) => name !== first)]];
/** Name, words, fields: name, words, kind (`number`, or the choices), value at first. */
const FAULTS = [
  ['rateLimit', '限速 Rate limit', ['segmentsPerSecond', '每秒条数 segments/s', 'number', 100], status(STATUSES[0])],
  ['windowLimit', '窗口限制 Window limit', ['max', '未答复上限 unanswered', 'number', 10], status(STATUSES[0])],
  ['reject', '拒绝 Reject', status('ESME_RMSGQFUL'), count],
  [
    'rejectPart',
    '拒绝长短信一部分 Reject a part',
    ['part', '第几部分 part', 'number', 2],
    status('ESME_RSUBMITFAIL'),
    count,
  ],
  ['dropBeforeResponse', '收下后断开 Accept, then drop', ['count', '次数 count', 'number', 1]],
  ['silent', '沉默 Silent, half-open', ['accept', '仍然收下 still accepts', ['false', 'true']]],
  ['slow', '答复慢 Slow responses', ['delayMs', '毫秒 ms', 'number', 1000], count],
  ['reorder', '答复乱序 Reordered responses', ['window', '每批 at a time', 'number', 10], count],
  [
    'receipts',
    '回执异常 Receipts',
    ['mode', '方式 mode', ['late', 'duplicate', 'missing', 'before', 'undelivered']],
    ['delayMs', '迟到毫秒 late by ms', 'number', 5000],
    count,
  ],
  ['ids', '编号格式 Id formats', ['response', '答复 response', ID_FORMATS], ['receipt', '回执 receipt', ID_FORMATS]],
  ['refuseBinds', '拒绝绑定 Refuse binds', status('ESME_RBINDFAIL'), count],
];

const ACTIONS = [
  ...[0, 4, 8, 15, 'huge'].map((length) => [`坏长度 bad length ${length}`, { action: 'bad-pdu', length }]),
  ['乱码 garbage', { action: 'garbage' }],
  ['解绑 unbind', { action: 'unbind' }],
  ['断开 drop', { action: 'drop' }],
  ['重启 restart', { action: 'restart', downMs: 1000 }],
];

function faultset([name, words, ...fields]) {
  const on = element('input', { type: 'checkbox', name });
  const rows = fields.flatMap(([field, label, kind, value]) => {
    const id = `${name}-${field}`;
    const input = Array.isArray(kind)
      ? element('select', { id }, ...kind.map((choice) => element('option', {}, choice)))
      : element('input', { id, type: 'number', min: 1, value });
    return [element('label', { htmlFor: id }, label), input];
  });
  return element('fieldset', {}, element('legend', {}, element('label', {}, on, ' ', words)), ...rows);
}

/** The form as settings. An empty number is left out. */
function read() {
  const settings = {};
  for (const [name, , ...fields] of FAULTS) {
    if (!box(name).checked) continue;
    settings[name] = {};
    for (const [field, , kind] of fields) {
      const { value } = $(`${name}-${field}`);
      if (value === '') continue;
      settings[name][field] =
        kind === 'number' ? Number(value) : /^(true|false)$/.test(value) ? value === 'true' : value;
    }
  }
  return settings;
}

function show(settings) {
  for (const [name, , ...fields] of FAULTS) {
    box(name).checked = name in settings;
    for (const [field] of fields) {
      const value = settings[name]?.[field];
      if (value !== undefined) $(`${name}-${field}`).value = String(value);
    }
  }
}

const box = (name) => document.querySelector(`#fault-list input[name="${name}"]`);

function say(words) {
  $('fault-status').textContent = words;
}

async function attempt(words, work) {
  try {
    await work();
    say(words);
  } catch (error) {
    say(error.message);
  }
}

async function put(settings) {
  show(await call('faults', { method: 'PUT', body: settings }));
}

async function showStats() {
  const stats = await call('stats');
  $('stats').replaceChildren(
    ...Object.entries(stats).flatMap(([name, value]) => [
      element('dt', {}, name),
      element('dd', {}, typeof value === 'object' ? JSON.stringify(value) : String(value)),
    ]),
  );
}

/** Fills the section; it asks the simulator only while it is open. */
export function startFaults() {
  $('fault-list').append(...FAULTS.map(faultset));
  $('actions').append(
    ...ACTIONS.map(([words, body]) => {
      const button = element('button', { type: 'button' }, words);
      button.addEventListener('click', () => attempt(words, () => call('faults/actions', { method: 'POST', body })));
      return button;
    }),
  );
  $('fault-settings').addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt('已应用 · applied', () => put(read()));
  });
  $('faults-off').addEventListener('click', () => attempt('已全部关闭 · all off', () => put({})));
  $('faults').addEventListener('toggle', () => {
    if ($('faults').open) void attempt('', async () => show(await call('faults')));
  });
  setInterval(() => {
    if ($('faults').open && !document.hidden) void showStats().catch((error) => say(error.message));
  }, 1_000);
}
