/** Faults of the SMPP side (issue 4) that a link's owner lives through; those of owners are in owner-faults.ts. */
import { until } from '../support/poll.ts';
import type { Rig } from '../support/rig.ts';
import type { Fault } from './fault.ts';
import { dropUncertain } from './resend-faults.ts';
import { Texts, WINDOW } from './texts.ts';

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
