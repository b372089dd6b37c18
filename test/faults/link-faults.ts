/** Faults of the SMPP side (issue 4). */
import { until } from '../support/poll.ts';
import type { Rig } from '../support/rig.ts';
import type { Fault } from './fault.ts';
import { dropUncertain, killUncertain } from './resend-faults.ts';
import { Texts, WINDOW } from './texts.ts';

/** Kills the owner of the link outright; another takes over once its heartbeat is missed. */
async function killOwner(rig: Rig): Promise<void> {
  const [owner] = rig.workers('carrier');
  await owner!.kill();
}

/** A link that connects anew does not yet know how fast its peer is, and hands over little ahead. */
async function connectAnew(rig: Rig): Promise<void> {
  const numbers = async () => (await rig.smsc.stats()).sessions.map(({ no }) => no);
  const before = new Set(await numbers());
  await rig.smsc.act({ action: 'drop' });
  await until('old connections are gone', async () => !(await numbers()).some((no) => before.has(no)));
  await rig.linksAreBound();
}

async function submitted(rig: Rig, atLeast: number): Promise<void> {
  await until(`${atLeast} submits`, async () => (await rig.smsc.stats()).submitted >= atLeast, 30_000);
}

async function linkLeaves(rig: Rig, state: string): Promise<void> {
  await until(
    `the link is no longer ${state}`,
    async () => {
      const { rows } = await rig.pool.query<{ left: boolean }>(
        `select status->>'state' <> $1 as left from carrier_link where tenant = 'gansu' and link = 0`,
        [state],
      );
      return rows[0]?.left;
    },
    60_000,
  );
}

const killsBeforeWrite: Fault[] = (
  [
    ['kill-before-write', ['safety', 'bulk'], 'claimed, nothing sent'],
    // None of these is sent again by itself: whatever is uncertain is listed.
    ['kill-before-write-bulk', ['bulk'], 'bulk texts alone'],
  ] as const
).map(([id, kinds, words]) => ({
  name: `kill -9 of the worker before the write (${words})`,
  id,
  async run(rig, { texts }) {
    await connectAnew(rig);
    const scope = await Texts.open(rig, id);
    // The SMSC reads and takes nothing: a window is on the wire, what was claimed behind it never left.
    await rig.smsc.faults({ silent: { accept: false } });
    const { submitted: before } = await rig.smsc.stats();
    await scope.queue(texts, ...kinds);
    await submitted(rig, before + WINDOW);
    await killOwner(rig);
    await rig.smsc.faults({});
    await rig.startWorker(['carrier']);
    const result = await scope.audit();
    if (result.possibleDuplicates > 0) result.failures.push('a text that was never taken has a duplicate');
    return result;
  },
}));

const killBeforeResponse: Fault = {
  name: 'kill -9 after the SMSC accepted, before its response',
  id: 'kill-before-response',
  async run(rig, { texts }) {
    await connectAnew(rig);
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ silent: { accept: true } });
    await scope.queue(texts, 'safety', 'class-message');
    await scope.acceptedAtLeast(WINDOW);
    await killOwner(rig);
    await rig.smsc.faults({});
    await rig.startWorker(['carrier']);
    return scope.audit();
  },
};

const tcpDrop: Fault = {
  name: 'TCP drop with 100 in flight',
  id: 'tcp-drop',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ dropBeforeResponse: { count: WINDOW } });
    await scope.queue(texts, 'safety', 'bulk', 'class-message');
    const result = await scope.audit();
    if (result.possibleDuplicates > 0) result.failures.push('a text whose receipt came was sent again');
    return result;
  },
};

const halfOpen: Fault = {
  name: 'half-open SMSC: takes bytes, says nothing',
  id: 'half-open',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ silent: { accept: false } });
    await scope.queue(texts, 'safety', 'bulk');
    // Only its own enquire_link tells the link.
    await linkLeaves(rig, 'bound');
    await rig.smsc.faults({});
    return scope.audit();
  },
};

const throttleBurst: Fault = {
  name: 'throttle burst (RTHROTTLED above 200/s)',
  id: 'throttle',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ rateLimit: { segmentsPerSecond: 200, burst: 20 } });
    await scope.queue(Math.min(texts, 1_500), 'safety', 'bulk');
    const result = await scope.audit();
    const { rejected } = await rig.smsc.stats();
    if (!rejected['ESME_RTHROTTLED']) result.failures.push('the SMSC never throttled');
    return result;
  },
};

/** Refused with this status, every one, for 10 s: nothing may be thrown away. */
const refusedForAWhile = (id: string, name: string, status: string): Fault => ({
  name,
  id,
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ reject: { status } });
    await scope.queue(texts, 'safety', 'bulk');
    const since = Date.now();
    await until('10 s of it', () => Date.now() - since > 10_000);
    await rig.smsc.faults({});
    const result = await scope.audit();
    const { rejected } = await rig.smsc.stats();
    if (!rejected[status]) result.failures.push('the SMSC never refused');
    return result;
  },
});

const queueFull = refusedForAWhile('queue-full', 'queue full for 10 s (RMSGQFUL)', 'ESME_RMSGQFUL');
const smscIll = refusedForAWhile('smsc-ill', 'SMSC ill for 10 s (RSYSERR)', 'ESME_RSYSERR');

const BAD_LENGTHS = [0, 4, 8, 15, 'huge'] as const;

const badPdus: Fault[] = [...BAD_LENGTHS, 'garbage' as const].map((bad) => ({
  name: bad === 'garbage' ? '64 bytes of garbage' : `bad PDU length ${bad}`,
  id: `bad-pdu-${bad}`,
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    // Slowly, so that it strikes while texts are in flight.
    await rig.smsc.faults({ slow: { delayMs: 100 } });
    await scope.queue(texts, 'safety', 'bulk');
    await scope.acceptedAtLeast(WINDOW);
    await rig.smsc.act(bad === 'garbage' ? { action: 'garbage' } : { action: 'bad-pdu', length: bad });
    return scope.audit();
  },
}));

const receiptModes: Fault[] = (
  [
    ['before', 'receipt before the response'],
    ['duplicate', 'receipt twice'],
  ] as const
).map(([mode, name]) => ({
  name,
  id: `receipt-${mode}`,
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ receipts: { mode } });
    await scope.queue(texts, 'safety', 'bulk');
    return scope.audit();
  },
}));

const receiptIds: Fault[] = (
  [
    ['hex', 'decimal'],
    ['decimal', 'hex'],
    ['decimal-padded', 'decimal'],
  ] as const
).map(([response, receipt]) => ({
  name: `receipt ids ${receipt}, response ids ${response}`,
  id: `ids-${response}-${receipt}`,
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ ids: { response, receipt } });
    await scope.queue(texts, 'safety', 'bulk');
    return scope.audit({ plainIds: false });
  },
}));

const lateResponse: Fault = {
  name: 'response after the timeout (32 s)',
  id: 'late-response',
  async run(rig) {
    const scope = await Texts.open(rig, this.id);
    // Without receipts only the late response can tell.
    await rig.smsc.faults({ slow: { delayMs: 32_000, count: 40 }, receipts: { mode: 'missing' } });
    await scope.queue(40, 'bulk', 'safety');
    return scope.audit({ receipts: false });
  },
};

const LONG = '一'.repeat(67 * 2 + 20);

const partRefused: Fault = {
  name: 'part 2 of 3 refused for now',
  id: 'part-refused',
  async run(rig) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ rejectPart: { part: 2, parts: 3, status: 'ESME_RSUBMITFAIL', count: 5 } });
    await scope.put(Array.from({ length: 20 }, () => scope.make('bulk', { body: LONG })));
    return scope.audit();
  },
};

const partRejected: Fault = {
  name: 'part 2 of 3 refused for good',
  id: 'part-rejected',
  async run(rig) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ rejectPart: { part: 2, parts: 3, status: 'ESME_RINVDSTADR', count: 5 } });
    await scope.put(Array.from({ length: 20 }, () => scope.make('bulk', { body: LONG })));
    return scope.audit({ rejected: 5 });
  },
};

/** Texts that break naive encoders. All must arrive as they were written. */
export const ODD_TEXTS = {
  hanzi: '您的孩子王小兵已于07:31到校。',
  emoji: '生日快乐🎂👨‍👩‍👧‍👦',
  '70 UCS-2 units': '字'.repeat(70),
  '71 UCS-2 units': '字'.repeat(71),
  'a pair at the seam': `${'字'.repeat(66)}🎂${'尾'.repeat(10)}`,
  'extension table': 'Fee: €{8}[\\]^~|',
  'an escape at the seam': `${'a'.repeat(152)}€${'b'.repeat(40)}`,
  '160 septets': 'x'.repeat(160),
  '161 septets': 'x'.repeat(161),
  'full-width digits': '电话13900000001',
} as const;

const oddTexts: Fault = {
  name: 'hanzi, emoji, 70/71 units, €{, NUL, full-width digits',
  id: 'odd-texts',
  async run(rig) {
    const scope = await Texts.open(rig, this.id);
    const texts = Object.values(ODD_TEXTS).map((body) => scope.make('class-message', { body }));
    await scope.put(texts);
    const result = await scope.audit();
    for (const { phone, body } of texts) {
      const arrived = (await rig.smsc.textsOf(phone)).map(({ text }) => text);
      if (arrived.length !== 1 || arrived[0] !== body) result.failures.push(`arrived otherwise: ${body.slice(0, 12)}`);
    }
    // NUL can't be stored: such a text is refused whole, and those beside it go on.
    const refused = await scope.put([scope.make('bulk', { body: 'a\0b' })]).then(
      () => false,
      () => true,
    );
    if (!refused) result.failures.push('a text with NUL was queued');
    return { ...result, failures: [...result.failures, ...(await oddInbound(rig))] };
  },
};

/** The same the other way: whatever a phone sends is stored and answered for. */
async function oddInbound(rig: Rig): Promise<string[]> {
  const { received } = (await rig.smsc.stats()).mos;
  const phone = '13700000077';
  const inbound = [...Object.values(ODD_TEXTS), 'a\0b', '\0', '０'];
  for (const text of inbound) await rig.smsc.textFrom(phone, text, '10657099');
  try {
    await until('every inbound text is answered for', async () => {
      const { mos } = await rig.smsc.stats();
      return mos.received === received + inbound.length && mos.waiting === 0;
    });
  } catch (error) {
    return [(error as Error).message];
  }
  const { rows } = await rig.pool.query<{ count: number }>('select count(*) from mo where phone = $1', [phone]);
  return rows[0]!.count === inbound.length ? [] : [`${rows[0]!.count} of ${inbound.length} inbound texts stored`];
}

const twoOwners: Fault = {
  name: 'two workers fighting for one link (owner frozen 15 s, then back)',
  id: 'two-owners',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    const [first] = rig.workers('carrier');
    const second = await rig.startWorker(['carrier']);
    await rig.smsc.faults({ slow: { delayMs: 50 } });
    await scope.queue(texts, 'safety', 'bulk');
    await scope.acceptedAtLeast(WINDOW / 2);
    first!.signal('SIGSTOP');
    const epoch = await epochOf(rig);
    await until('another took the link', async () => (await epochOf(rig)) > epoch, 60_000);
    // Its claims and its connection are as they were.
    first!.signal('SIGCONT');
    await rig.linksAreBound();
    const result = await scope.audit({ breaks: (await epochOf(rig)) - epoch });
    if (!first!.isUp) result.failures.push('the old owner has died of it');
    // What was on the wire when it froze can't be called back; what was not may not follow.
    const handovers = (await epochOf(rig)) - epoch;
    if (result.possibleDuplicates > handovers * WINDOW)
      result.failures.push(`the old owner went on sending: ${handovers} handovers`);
    await second.stop();
    return result;
  },
};

/** A link whose owner has died has another. */
const TAKEN_OVER_WITHIN_MS = 15_000;

const ownerKilled: Fault = {
  name: 'kill -9 of the worker beside another: taken over within 15 s',
  id: 'owner-killed',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.startWorker(['carrier']);
    await rig.smsc.faults({ slow: { delayMs: 50 } });
    await scope.queue(texts, 'safety', 'bulk');
    await scope.acceptedAtLeast(WINDOW / 2);
    const epoch = await epochOf(rig);
    await killOwner(rig);
    await until('another took the link', async () => (await epochOf(rig)) > epoch, TAKEN_OVER_WITHIN_MS);
    return scope.audit();
  },
};

/** Longer than the engine's patience with a heartbeat, and a lease's after that. */
const ENGINE_AWAY_MS = 25_000;

const engineFrozen: Fault = {
  name: 'engine frozen for 25 s: the link goes on',
  id: 'engine-frozen',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    const epoch = await epochOf(rig);
    const share = Math.ceil(texts / 3);
    const sendsOn = async (times: number) => {
      await scope.queue(share, 'safety', 'bulk');
      await scope.acceptedAtLeast(share * times);
    };
    const since = Date.now();
    rig.temporal.signal('SIGSTOP');
    try {
      await sendsOn(1);
      await until('25 s of it', () => Date.now() - since > ENGINE_AWAY_MS, 30_000);
      await sendsOn(2);
    } finally {
      rig.temporal.signal('SIGCONT');
    }
    await sendsOn(3);
    const result = await scope.audit();
    if (result.possibleDuplicates > 0) result.failures.push('a text was sent twice');
    if ((await epochOf(rig)) !== epoch) result.failures.push('the link changed its owner');
    return result;
  },
};

async function epochOf(rig: Rig): Promise<number> {
  const { rows } = await rig.pool.query<{ epoch: number }>(
    `select epoch from carrier_link where tenant = 'gansu' and link = 0`,
  );
  return rows[0]!.epoch;
}

const smscRestart: Fault = {
  name: 'SMSC killed and back after 3 s',
  id: 'smsc-restart',
  async run(rig, { texts }) {
    const scope = await Texts.open(rig, this.id);
    await rig.smsc.faults({ slow: { delayMs: 50 } });
    await scope.queue(texts, 'safety', 'bulk');
    await scope.acceptedAtLeast(WINDOW / 2);
    await rig.smsc.act({ action: 'restart', downMs: 3_000 });
    return scope.audit();
  },
};

/** Fast ones and those that wait out a timer, so that tests can take them apart. */
export const LINK_FAULTS: Fault[] = [
  tcpDrop,
  dropUncertain,
  throttleBurst,
  queueFull,
  smscIll,
  ...badPdus,
  ...receiptModes,
  ...receiptIds,
  partRefused,
  partRejected,
  oddTexts,
  smscRestart,
];
export const OWNER_FAULTS: Fault[] = [
  ...killsBeforeWrite,
  killBeforeResponse,
  killUncertain,
  ownerKilled,
  twoOwners,
  engineFrozen,
  halfOpen,
  lateResponse,
];
