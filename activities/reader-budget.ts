import { createHash } from 'node:crypto';
import type { NewQuarantined } from '../infra/postgres/swipes.ts';

/** Forged or broken records of one device stored per hour: enough to see what is wrong, too few to fill a disk. */
const DEFAULT_PER_HOUR = 200;
const HOUR_MS = 3_600_000;

/**
 * Bounds what strangers can make us store. Authentic records are never dropped; of the rest each reader has a budget
 * per hour, and all devices that nobody registered one together, because their names are made up. The first record
 * over it leaves a row that says so. A record spends it once, however often the transaction it is in is tried.
 */
export class QuarantineBudget {
  readonly #perHour: number;
  /** Digests admitted this hour by payer. */
  readonly #spent = new Map<string, Set<string>>();
  #hour = -1;

  constructor(perHour = DEFAULT_PER_HOUR) {
    this.#perHour = perHour;
  }

  /** Those that may be stored. @param now epoch ms */
  admit(items: readonly NewQuarantined[], now: number): NewQuarantined[] {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#hour) this.#spent.clear();
    this.#hour = hour;
    const flooding = new Map<string, NewQuarantined>();
    const admitted = items.filter((item) => {
      if (item.authentic) return true;
      const payer = payerOf(item);
      const spent = this.#spent.get(payer) ?? new Set();
      this.#spent.set(payer, spent);
      if (spent.size < this.#perHour) spent.add(item.digest);
      if (!spent.has(item.digest)) flooding.set(payer, item);
      return spent.has(item.digest);
    });
    return [...admitted, ...[...flooding.values()].map((item) => flood(item, hour))];
  }
}

/** A registered reader pays for itself. */
function payerOf({ schoolId, deviceId }: NewQuarantined): string {
  return schoolId === undefined ? '' : deviceId;
}

function flood(item: NewQuarantined, hour: number): NewQuarantined {
  const digest = createHash('sha256')
    .update(`flood\n${item.tenant}\n${payerOf(item)}\n${hour}`)
    .digest('hex');
  return { ...item, digest, boot: undefined, seq: undefined, reason: 'flood', payload: '' };
}
