/** A storm of swipes through every part, and its oracle from the readers' log to the SMSC's. */
import { setTimeout as delay } from 'node:timers/promises';
import { cardOf, entitledPhones, READERS, type FamiliesOptions } from '../support/families.ts';
import { until } from '../support/poll.ts';
import type { Rig } from '../support/rig.ts';
import type { FaultResult } from './fault.ts';
import { Reader, type ReaderOptions } from './reader.ts';
import { BETWEEN_LOOKS_MS, compare, TEXT_COLUMNS, type TextRow } from './texts.ts';

/** Every way a family can be: with one guardian, with two, without a subscription. */
export const ROSTER = { secondGuardianEvery: 5, unsubscribedEvery: 10 };
const DONE_WITHIN_MS = 150_000;

/** Families are used once: nothing of one storm debounces another. */
let nextFamily = 1;

export class Storm {
  readonly readers: Reader[];
  readonly #rig: Rig;
  readonly #since: number;
  readonly #families: number[] = [];
  #swiping: Promise<void> | undefined;

  private constructor(rig: Rig, since: number, options: ReaderOptions) {
    this.#rig = rig;
    this.#since = since;
    this.readers = READERS.map((reader) => new Reader(rig.mqttUrl, reader, options));
  }

  static async open(rig: Rig, options: ReaderOptions = {}): Promise<Storm> {
    return new Storm(rig, (await rig.smsc.acceptedAfter(0)).at(-1)?.n ?? 0, options);
  }

  /** So many children pass each gate, within some seconds. Returns at once. */
  begin(swipesPerReader: number, seconds = 4): void {
    this.#swiping = (async () => {
      for (let i = 0; i < swipesPerReader; i++) {
        for (const reader of this.readers) {
          const family = nextFamily++;
          this.#families.push(family);
          reader.swipe(cardOf(family));
        }
        await delay((seconds * 1_000) / swipesPerReader);
      }
    })();
  }

  /** Waits until the platform has acked this many swipes. */
  async ackedAtLeast(count: number): Promise<void> {
    await until(`${count} swipes acked`, () => this.acked >= count, DONE_WITHIN_MS);
  }

  get acked(): number {
    return this.readers.reduce((sum, { acked }) => sum + acked, 0);
  }

  get recorded(): number {
    return this.readers.reduce((sum, { log }) => sum + log.length, 0);
  }

  /** Rows of this storm's swipes. */
  async stored(): Promise<number> {
    return this.#count('swipe');
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.close()));
  }

  /** Waits for the end of everything and compares: readers' log = swipes = attendance = texts = SMSC. */
  async audit(): Promise<FaultResult> {
    const failures: string[] = [];
    const is = (what: string, actual: number, expected: number) => {
      if (actual !== expected) failures.push(`${actual} ${what}, not ${expected}`);
    };
    await this.#swiping;
    await until('every reader is done', () => this.readers.every(({ isDone }) => isDone), DONE_WITHIN_MS).catch(
      (error: Error) => failures.push(error.message),
    );
    const options: FamiliesOptions = { ...ROSTER, families: nextFamily };
    const due = this.#families.reduce((sum, family) => sum + entitledPhones(family, options).length, 0);
    let result: FaultResult | undefined;
    await until(
      'every text has its end',
      async () => {
        await delay(BETWEEN_LOOKS_MS);
        result = await this.#compareTexts();
        // A swipe that texts nobody ends as the others do, and shows in no text.
        const all = (await this.#count('attendance')) === this.recorded;
        return all && result.failures.length === 0 && result.injected === due;
      },
      DONE_WITHIN_MS,
    ).catch(() => undefined);
    is('swipe rows', await this.stored(), this.recorded);
    is('attendance rows', await this.#count('attendance'), this.recorded);
    is('swipes still pending', await this.#pending(), 0);
    is('segments in the outbox', result!.injected, due);
    return { ...result!, injected: due, failures: [...failures, ...result!.failures] };
  }

  async #compareTexts(): Promise<FaultResult> {
    const { rows } = await this.#rig.pool.query<TextRow>(
      `select ${TEXT_COLUMNS} from sms s join sms_status v on v.sms_id = s.id
      where split_part(s.workflow_id, '/', 3) = any ($1) and s.workflow_id like 'swipe/%' order by s.id`,
      [this.#boots],
    );
    const phones = new Set(rows.map(({ phone }) => phone));
    const accepted = await this.#rig.smsc.acceptedAfter(this.#since);
    return compare(
      rows,
      accepted.filter(({ to }) => phones.has(to)),
      {},
    );
  }

  async #pending(): Promise<number> {
    const { rows } = await this.#rig.pool.query<{ count: number }>(
      `select count(*) from pending where kind = 'swipe' and split_part(key, '/', 2) = any ($1)`,
      [this.#boots],
    );
    return rows[0]!.count;
  }

  async #count(table: 'swipe' | 'attendance'): Promise<number> {
    const { rows } = await this.#rig.pool.query<{ count: number }>(
      `select count(*) from ${table} where device_id = any ($1) and boot = any ($2)`,
      [this.readers.map(({ deviceId }) => deviceId), this.#boots],
    );
    return rows[0]!.count;
  }

  get #boots(): string[] {
    return this.readers.map(({ boot }) => boot);
  }
}

/** A storm with something that strikes once a third of it is acked. */
export async function stormWith(
  rig: Rig,
  swipesPerReader: number,
  strike: (storm: Storm) => Promise<void>,
  options: ReaderOptions = {},
): Promise<FaultResult> {
  const storm = await Storm.open(rig, options);
  try {
    storm.begin(swipesPerReader);
    await storm.ackedAtLeast(Math.floor((swipesPerReader * READERS.length) / 3));
    await strike(storm);
    return await storm.audit();
  } finally {
    await storm.close();
  }
}
