/**
 * `npm run test:faults`: every fault of issue 4 against real processes, and a table of what came of it. Exit code 1 when
 * an oracle failed. `-- --only ID,ID` runs some, `--small` the load that `npm test` uses, `--list` names them.
 */
import { parseArgs } from 'node:util';
import { Rig } from '../support/rig.ts';
import { CHAOS_FAULTS, startChaosRig } from './chaos-faults.ts';
import { LARGE, SMALL, type Fault } from './fault.ts';
import { DISK_FAULTS, GATE_FAULTS, GATE_OWNER_FAULTS } from './gate-faults.ts';
import { LINK_FAULTS } from './link-faults.ts';
import { DISK_MB, startGateRig } from './gate-rig.ts';
import { OWNER_FAULTS } from './owner-faults.ts';
import { runFault } from './run.ts';

const GROUPS: { faults: Fault[]; start: () => Promise<Rig> }[] = [
  { faults: [...LINK_FAULTS, ...OWNER_FAULTS], start: () => Rig.start({ workers: [['carrier']] }) },
  { faults: [...GATE_FAULTS, ...GATE_OWNER_FAULTS], start: () => startGateRig() },
  { faults: CHAOS_FAULTS, start: startChaosRig },
  { faults: DISK_FAULTS, start: () => startGateRig({ diskMb: DISK_MB }) },
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, small: { type: 'boolean' }, list: { type: 'boolean' } },
});
const known = GROUPS.flatMap(({ faults }) => faults);
if (values.list) {
  for (const { id, name } of known) console.log(`${id.padEnd(28)} ${name}`);
  process.exit(0);
}
const asked = values.only?.split(',') ?? known.map(({ id }) => id);
const unknown = asked.filter((id) => !known.some((fault) => fault.id === id));
if (unknown.length > 0) {
  console.error(`no fault ${unknown.join(', ')}; --list names them`);
  process.exit(1);
}

let rig: Rig | undefined;
// Postgres and Temporal don't notice that we are gone.
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const)
  process.once(signal, () => void (rig?.stop() ?? Promise.resolve()).finally(() => process.exit(1)));

const rows: Record<string, string | number>[] = [];
const failures: string[] = [];
for (const { faults, start } of GROUPS) {
  const wanted = faults.filter(({ id }) => asked.includes(id));
  if (wanted.length === 0) continue;
  rig = await start();
  try {
    for (const fault of wanted) rows.push(await line(rig, fault));
  } finally {
    await rig.stop();
  }
}
console.table(rows);
for (const failure of failures) console.error(`✗ ${failure}`);
console.log(`${rows.length - failures.length} survived, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);

async function line(rig: Rig, fault: Fault): Promise<Record<string, string | number>> {
  const reason = fault.skip?.();
  if (reason !== undefined) return { fault: fault.name, ok: `not here: ${reason}` };
  const since = Date.now();
  const { failures: found, ...counts } = await runFault(rig, fault, values.small ? SMALL : LARGE);
  const seconds = Math.round((Date.now() - since) / 1_000);
  console.error(`${found.length === 0 ? '✓' : '✗'} ${fault.name}, ${seconds} s ${found.join('; ')}`);
  if (found.length > 0) failures.push(`${fault.id}: ${found.join('; ')}`);
  return {
    fault: fault.name,
    injected: counts.injected,
    sent: counts.sent,
    'accepted once': counts.acceptedOnce,
    'possible duplicates': counts.possibleDuplicates,
    "operator's list": counts.listed,
    lost: counts.lost,
    ok: found.length === 0 ? 'yes' : 'NO',
  };
}
