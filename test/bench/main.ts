/**
 * `npm run bench [-- --json] [--only NAME,NAME]`: speed as ratios taken in one run, because machines are noisy. Each
 * bench starts the real parts it needs, in a temporary folder, and stops them.
 */
import { parseArgs } from 'node:util';
import { runBenches, type Bench } from './run-benches.ts';

/** Benches by the names they report; loaded only when asked for. */
const BENCHES: Bench[] = [
  {
    names: ['attendance-vs-empty-workflow', 'attendance-history-events'],
    run: async () => (await import('./attendance.ts')).benchAttendance(),
  },
  {
    names: ['swipe-to-submit-p50', 'swipe-to-submit-p99'],
    run: async () => (await import('./swipe-to-submit.ts')).benchSwipeToSubmit(),
  },
  { names: ['swipes-vs-raw-mqtt'], run: async () => [await (await import('./swipes.ts')).benchSwipes()] },
  { names: ['outbox-vs-raw-smpp'], run: async () => [await (await import('./outbox.ts')).benchOutbox()] },
  { names: ['broadcast-20k'], run: async () => [await (await import('./broadcast.ts')).benchBroadcast()] },
  {
    names: ['rate-500-use', 'rate-500-password-p99'],
    run: async () => (await import('./rate.ts')).benchRate(),
  },
  {
    names: ['memory-200k-texts', 'cost-per-text'],
    run: async () => (await import('./memory.ts')).benchMemory(),
  },
  { names: ['memory-standing-lanes'], run: async () => [await (await import('./memory.ts')).benchStandingLanes()] },
  {
    names: ['billing-vs-insert-select', 'billing-memory', 'billing-rerun'],
    run: async () => (await import('./billing.ts')).benchBilling(),
  },
  {
    names: ['herd-150-orders', 'flood-neighbour-p99'],
    run: async () => (await import('./herd.ts')).benchHerd(),
  },
  {
    names: ['memory-100k-empty-waits'],
    run: async () => [await (await import('./empty-waits.ts')).benchEmptyWaits()],
  },
  { names: ['inbound-vs-empty-workflow'], run: async () => [await (await import('./inbound.ts')).benchInbound()] },
  { names: ['idle-subscription-tasks'], run: async () => [await (await import('./idle.ts')).benchIdle()] },
  { names: ['backtest-12x100k'], run: async () => [await (await import('./billing.ts')).benchBacktest()] },
];

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } });
const known = BENCHES.flatMap(({ names }) => names);
const asked = values.only?.split(',') ?? known;
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  process.exit(1);
}

const { results, failed } = await runBenches(BENCHES, asked, (names) => {
  if (!values.json) console.error(`… ${names.join(', ')}`);
});
if (values.json) console.log(JSON.stringify({ results: [...results, ...failed] }));
else
  console.table(
    results.map((result) => ({ ...result, value: round(result.value), ratio: result.ratio && round(result.ratio) })),
  );
for (const { name, error } of failed) console.error(`${name} failed: ${error}`);
process.exit(failed.length > 0 ? 1 : 0);

function round(value: number): number {
  return Number(value.toPrecision(4));
}
