import { createHash } from 'node:crypto';
import type { NewQuarantined } from '../infra/postgres/swipes.ts';

/** Forged or broken records of one device stored per hour: enough to see what is wrong, too few to fill a disk. */
const DEFAULT_PER_HOUR = 200;
const HOUR_MS = 3_600_000;

/**
 * Bounds what strangers can make us store. Authentic records are never dropped; of the rest each reader has a budget
 * per hour, and all devices that nobody registered one together, because their names are made up. The first record
 * over it leaves a row that says so.
 */
export class QuarantineBudget {
  readonly #perHour: number;
  readonly #spent = new Map<string, number>();
  #hour = -1;

  constructor(perHour = DEFAULT_PER_HOUR) {
    this.#perHour = perHour;
  }

  /** Those that may be stored. @param now epoch ms */
  admit(items: readonly NewQuarantined[], now: number): NewQuarantined[] {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#hour) this.#spent.clear();
    this.#hour = hour;
    return items.flatMap((item) => {
      if (item.authentic) return [item];
      const registered = item.schoolId !== undefined;
      const payer = registered ? item.deviceId : '';
      const spent = (this.#spent.get(payer) ?? 0) + 1;
      this.#spent.set(payer, spent);
      if (spent <= this.#perHour) return [item];
      return spent === this.#perHour + 1 ? [flood(item, payer, hour)] : [];
    });
  }
}

function flood(item: NewQuarantined, payer: string, hour: number): NewQuarantined {
  const digest = createHash('sha256').update(`flood\n${item.tenant}\n${payer}\n${hour}`).digest('hex');
  return { ...item, digest, boot: undefined, seq: undefined, reason: 'flood', payload: '' };
}
