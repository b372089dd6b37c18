import { z } from 'zod';
import { profileAt, type CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import type { ChargeEvent } from '../workflows/domain/charging.ts';
import { parseWithOffset } from '../workflows/domain/civil-time.ts';

/** What is wrong with a file of events, a line for each fault, naming the entry. */
export class EventsFileError extends Error {
  override name = 'EventsFileError';
}

/** More faults than anybody reads in one go. */
const MOST_FAULTS = 200;

const time = z.string().transform((text, context) => {
  const at = parseWithOffset(text);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: `must be a time with its offset, like 2026-03-05T10:00:00+08:00` });
  return z.NEVER;
});

const entry = z.strictObject({
  payer: z.string().min(1),
  package: z.string(),
  type: z.enum(['order', 'cancel']),
  channel: z.enum(['sms', 'agent', 'admin', 'customer-service', 'web']),
  at: time,
  receivedAt: time.optional(),
  household: z.string().min(1).optional(),
});
type Entry = z.output<typeof entry>;

/**
 * Reads the events of a file.
 * @param text a JSON array of entries (README: "Check a fee")
 * @throws EventsFileError naming every entry that is wrong, counted from 0, and what is wrong with it
 */
export function parseEvents(text: string, versions: readonly CarrierProfile[]): ChargeEvent[] {
  let parsed: unknown;
  try {
    // Windows' Notepad begins a file with a byte order mark.
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new EventsFileError(`not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(parsed)) throw new EventsFileError('must be a JSON array of entries');
  const faults: string[] = [];
  const entries = parsed.flatMap((value: unknown, index) => {
    const result = entry.safeParse(value);
    const found = result.success
      ? faultsOf(result.data, versions)
      : result.error.issues.map((issue) => [...issue.path, issue.message].join(' '));
    faults.push(...found.map((fault) => `entry ${index}: ${fault}`));
    return result.success ? [result.data] : [];
  });
  if (faults.length > MOST_FAULTS) faults.splice(MOST_FAULTS, Infinity, `… and ${faults.length - MOST_FAULTS} more`);
  if (faults.length > 0) throw new EventsFileError(faults.join('\n'));
  return entries.map(withUnit(entries, versions));
}

function faultsOf({ package: id, at }: Entry, versions: readonly CarrierProfile[]): string[] {
  const { packages, version } = profileAt(versions, at);
  if (packages.some((each) => each.id === id)) return [];
  return [`package ${id} is unknown; ${version} has ${packages.map((each) => each.id).join(', ')}`];
}

/**
 * A payer is a household of its own unless an entry says otherwise, and then that holds for the payer's entries that
 * say nothing: a parent's cancel must reach the order it means. Households and payers can't be mistaken for each other.
 */
function withUnit(entries: readonly Entry[], versions: readonly CarrierProfile[]) {
  const households = new Map<string, string>();
  for (const { payer, household } of entries) {
    const known = households.get(payer);
    if (household !== undefined && (known === undefined || household < known)) households.set(payer, household);
  }
  return ({ household, ...said }: Entry): ChargeEvent => {
    const home = household ?? households.get(said.payer);
    const byHousehold = profileAt(versions, said.at).billingUnit === 'household';
    const unit = byHousehold && home !== undefined ? `household/${home}` : `payer/${said.payer}`;
    return { ...said, receivedAt: said.receivedAt ?? said.at, unit };
  };
}
