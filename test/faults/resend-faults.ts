/** What is sent a second time, and for how long (architecture §3): safety texts, while they are of use. */
import { listUncertain } from '../../infra/postgres/uncertain.ts';
import { until } from '../support/poll.ts';
import type { Rig } from '../support/rig.ts';
import type { Fault } from './fault.ts';
import { BETWEEN_LOOKS_MS, Texts, WINDOW } from './texts.ts';

/** Of use until after the break is noticed at the latest, and no longer when the second attempt would leave. */
const BRIEFLY_MS = 12_000;
const LONG_MS = 3_600_000;
const COUNT = WINDOW / 2;
const SETTLED_WITHIN_MS = 90_000;

/** @param breakIt ends the link while the SMSC has every text and has answered for none */
const uncertainSafety = (id: string, name: string, breakIt: (rig: Rig) => Promise<void>): Fault => ({
  id,
  name,
  async run(rig) {
    const lasting = await Texts.open(rig, id);
    const brief = await Texts.open(rig, `${id}-brief`);
    await rig.smsc.faults({ silent: { accept: true }, receipts: { mode: 'missing' } });
    const safety = (scope: Texts, usefulMs: number) =>
      scope.put(
        Array.from({ length: COUNT }, () => scope.make('safety', { expiresAt: new Date(Date.now() + usefulMs) })),
      );
    await safety(lasting, LONG_MS);
    await safety(brief, BRIEFLY_MS);
    for (const scope of [lasting, brief]) await scope.acceptedAtLeast(COUNT);
    await breakIt(rig);
    // Of what is sent from now on there are responses; receipts, which would tell of the first attempt, never come.
    await rig.smsc.faults({ receipts: { mode: 'missing' } });
    const result = await lasting.audit({ receipts: false });
    if (result.possibleDuplicates !== COUNT)
      result.failures.push(`${result.possibleDuplicates} of ${COUNT} useful texts were sent once more`);
    return { ...result, failures: [...result.failures, ...(await faultsOfBrief(rig, brief))] };
  },
});

/** What is wrong with texts that were of no use any more when they would have been sent again. */
async function faultsOfBrief(rig: Rig, brief: Texts): Promise<string[]> {
  const failures: string[] = [];
  await until(
    'nothing more is done with them',
    async () => (await brief.rows()).every(({ moving }) => !moving),
    SETTLED_WITHIN_MS,
    BETWEEN_LOOKS_MS,
  ).catch((error: Error) => failures.push(error.message));
  const sent = (await brief.accepted()).length;
  if (sent !== COUNT) failures.push(`${COUNT} texts of no use any more were sent ${sent} times`);
  const ids = new Set((await brief.rows()).map(({ id }) => id));
  const { rows } = await listUncertain(rig.pool, { tenants: ['gansu'] }, undefined, 10_000);
  const listed = rows.filter(({ id, expired }) => ids.has(id) && expired).length;
  if (listed !== COUNT) failures.push(`${listed} of ${COUNT} wait for an operator as expired`);
  return failures;
}

export const killUncertain = uncertainSafety(
  'kill-uncertain-safety',
  'kill -9 with safety texts at the SMSC that nobody answers for',
  async (rig) => {
    const [owner] = rig.workers('carrier');
    await owner!.kill();
    await rig.startWorker(['carrier']);
  },
);

export const dropUncertain = uncertainSafety(
  'drop-uncertain-safety',
  'TCP drop with safety texts at the SMSC that nobody answers for',
  (rig) => rig.smsc.act({ action: 'drop' }),
);
