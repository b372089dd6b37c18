import { $, call, element } from './dom.js';

/** The virtual readers: a child's card held to one. Hidden where the demo has none. */

/** Schools with their readers, classes and children. */
let gates = [];
/** The phone whose child was to be chosen before the schools were there. */
let wanted = '';

const school = () => gates.find(({ readers }) => readers.includes($('gate-reader').value));
const students = () => school().classes[$('gate-class').value].students;
const student = () => students()[$('gate-student').value];

function fill(select, options) {
  select.replaceChildren(...options.map(([value, words]) => element('option', { value }, words)));
}

function showClasses() {
  fill(
    $('gate-class'),
    school().classes.map(({ name }, i) => [i, name]),
  );
  showStudents();
}

function showStudents() {
  fill(
    $('gate-student'),
    students().map(({ name }, i) => [i, name]),
  );
}

/** A parent's phone is opened: the next swipe is their child's, through a reader of its school. */
export function chooseChildOf(phone) {
  wanted = phone;
  // Of siblings the one who was chosen.
  if (gates.length > 0 && student().phones.includes(phone)) return;
  for (const { readers, classes } of gates)
    for (const [classNo, { students }] of classes.entries()) {
      const studentNo = students.findIndex(({ phones }) => phones.includes(phone));
      if (studentNo < 0) continue;
      if (!readers.includes($('gate-reader').value)) $('gate-reader').value = readers[0];
      showClasses();
      $('gate-class').value = classNo;
      showStudents();
      $('gate-student').value = studentNo;
      return;
    }
}

async function swipe(dir, showPhoneOf) {
  const { name, card, phones } = student();
  const forged = $('gate-signature').value === 'forged';
  say(`${name} …`);
  const { boot, seq, at, acked } = await call('gates/swipes', {
    method: 'POST',
    body: { deviceId: $('gate-reader').value, card, dir, minutesAgo: Number($('gate-when').value), forged },
  });
  const what = `${name} ${at.slice(11, 16)} ${dir === 'in' ? '进校 in' : '离校 out'} · ${boot} #${seq}`;
  if (forged) return say(`${what} · 平台不确认伪造的记录，见网页“校门” · never acked, see Gate on the web`);
  if (!acked) return say(`${what} · 平台尚未确认，下次刷卡时重发 · not acked yet, sent again with the next`);
  say(`${what} · 平台已确认 acked`);
  showPhoneOf(phones);
}

function say(words) {
  $('gate-status').textContent = words;
}

/** @param showPhoneOf is given the phones of a child whose swipe was acked */
export async function startGate(showPhoneOf) {
  gates = await call('gates');
  if (gates.length === 0) return;
  $('gate').hidden = false;
  $('gate-reader').replaceChildren(
    ...gates.map(({ school: label, readers }) =>
      element('optgroup', { label }, ...readers.map((deviceId) => element('option', {}, deviceId))),
    ),
  );
  showClasses();
  chooseChildOf(wanted);
  $('gate-reader').addEventListener('change', showClasses);
  $('gate-class').addEventListener('change', showStudents);
  $('gate').addEventListener('submit', (event) => {
    event.preventDefault();
    swipe(event.submitter?.value ?? 'in', showPhoneOf).catch((error) => say(error.message));
  });
}
