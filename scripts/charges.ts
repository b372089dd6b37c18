// npm run -s charges -- --carrier gansu --month 2026-03 --events FILE
// Prints the lines of that month as a JSON array; what is wrong goes to stderr with exit code 1. It has no clock.
import { readFileSync } from 'node:fs';
import { loadCarriers } from '../infra/carriers.ts';
import { profileAt, type CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { chargeReason } from '../workflows/domain/charge-reasons.ts';
import { decideCharges, type ChargeLine } from '../workflows/domain/charging.ts';
import { parseMonth } from '../workflows/domain/civil-month.ts';
import { formatWithOffset } from '../workflows/domain/civil-time.ts';
import { parseEvents } from './charges-file.ts';
import { readOptions } from './options.ts';

const USAGE = 'npm run -s charges -- --carrier NAME --month YYYY-MM --events FILE';

// `… | head` has read enough: no more is wanted, and nothing is wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  const { versions, month, events } = readArguments();
  const lines = decideCharges(parseEvents(readFileSync(events, 'utf8'), versions), versions, month);
  process.stdout.write(`${JSON.stringify(lines.sort(byPayerAndTime).map(printed(versions)), null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

function readArguments(): { versions: readonly CarrierProfile[]; month: string; events: string } {
  const string = { type: 'string' } as const;
  const { carrier, month, events } = readOptions(USAGE, { carrier: string, month: string, events: string });
  const carriers = loadCarriers();
  const faults: string[] = [];
  if (carrier === undefined || !carriers.has(carrier))
    faults.push(`--carrier must be one of ${carriers.names.join(', ')}`);
  if (month === undefined || parseMonth(month) === undefined) faults.push('--month must be like 2026-03');
  if (events === undefined) faults.push('--events must name a file');
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${USAGE}`);
  return { versions: carriers.versions(carrier!), month: month!, events: events! };
}

function byPayerAndTime(a: ChargeLine, b: ChargeLine): number {
  return a.payer < b.payer ? -1 : a.payer > b.payer ? 1 : a.decidedAt - b.decidedAt;
}

function printed(versions: readonly CarrierProfile[]) {
  return (line: ChargeLine) => {
    const { payer, package: id, month, fen, rule, decidedAt } = line;
    const profile = versions.find(({ version }) => version === line.profile) ?? profileAt(versions, decidedAt);
    return {
      payer,
      package: id,
      month,
      fen,
      rule,
      decidedAt: instant(decidedAt, profile),
      reason: chargeReason(line, profile),
    };
  };
}

/** With its milliseconds, where a file's times had some. */
function instant(at: number, { zone }: CarrierProfile): string {
  const text = formatWithOffset(at, zone);
  const fraction = ((at % 1000) + 1000) % 1000;
  return fraction === 0 ? text : text.replace(/(?=[+-]\d\d:\d\d$)/, `.${String(fraction).padStart(3, '0')}`);
}
