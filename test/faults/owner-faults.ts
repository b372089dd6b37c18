/** Faults of the SMPP side in which a link's owner dies, is doubled, or waits out a timer (issue 4, findings F7). */
import { until } from '../support/poll.ts';
import type { Rig } from '../support/rig.ts';
import type { Fault } from './fault.ts';
import { killUncertain } from './resend-faults.ts';
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
