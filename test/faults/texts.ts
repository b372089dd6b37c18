/** Texts put into the outbox by a scenario, and what became of them: database and SMSC's accept-log side by side. */
import { setTimeout as delay } from 'node:timers/promises';
import { enqueueSms, LANE, type NewSms, type SmsKind } from '../../infra/postgres/outbox.ts';
import { inTransaction } from '../../infra/postgres/pool.ts';
import { decideUncertain, type DecisionKind } from '../../infra/postgres/uncertain.ts';
import { until } from '../support/poll.ts';
import type { Rig } from '../support/rig.ts';
import type { LoggedSegment } from '../support/smsc-remote.ts';
import type { FaultResult } from './fault.ts';

/** The first lane whose texts are never sent a second time. */
const FIRST_LANE_NEVER_RESENT = LANE.safety + 1;
/** The window of a link: so many segments are in flight when the SMSC says nothing. */
export const WINDOW = 100;
/**
 * Handed over ahead of those in flight, so that a link never waits for a mark: half a window where it is new. A link
 * known to be fast hands over what it sends in 25 ms instead (574 listed in all were seen): faults that kill its owner
 * let it connect anew.
 */
const HANDED_AHEAD = WINDOW / 2;
/**
 * Segments that one break of a link may leave UNCERTAIN without the SMSC ever having had them. Whatever else was claimed
 * is known not to have left.
 */
export const LISTED_PER_BREAK = WINDOW + HANDED_AHEAD;
const SETTLED_WITHIN_MS = 90_000;
/** Who decides about what is listed. */
const OPERATOR = 'faults';
/** Looking costs the parts under test their processor. */
export const BETWEEN_LOOKS_MS = 200;
let scopes = 0;

export interface TextRow {
  id: number;
  lane: number;
  phone: string;
  body: string;
  segments: number;
  state: string;
  /** Parts sent a second time. */
  resent: number;
  smscIds: string[] | null;
  /** Queued, or in a batch whose owner has not settled it: it may still be sent. */
  moving: boolean;
}

/** TextRow of `sms s` and `sms_status v`. */
export const TEXT_COLUMNS = `s.id, s.lane, s.phone, s.body, s.segments, v.state, v.smsc_ids as "smscIds",
  (select count(*) from sms_part p where p.sms_id = s.id and p.attempt > 1) as resent,
  exists (select from sms_queue q where q.sms_id = s.id)
    or s.id in (select unnest(sms_ids) from sms_batch where settled_at is null) as moving`;

export interface AuditOptions {
  /** Receipts are on: whatever was accepted must end DELIVERED. */
  receipts?: boolean;
  /** Texts the SMSC refuses for good. */
  rejected?: number;
  /** Ids in the accept-log look as they do on the wire. */
  plainIds?: boolean;
  /** How often the link broke (default 1): each may leave LISTED_PER_BREAK. */
  breaks?: number;
  timeoutMs?: number;
}

/** The texts of one scenario: their origins begin with `scope`, their phones are nobody else's. */
export class Texts {
  readonly scope: string;
  readonly #rig: Rig;
  readonly #since: number;
  readonly #prefix: string;
  #count = 0;

  private constructor(rig: Rig, id: string, since: number) {
    scopes += 1;
    this.#rig = rig;
    this.scope = `fault/${id}/${scopes}/`;
    this.#prefix = `15${String(scopes).padStart(3, '0')}`;
    this.#since = since;
  }

  static async open(rig: Rig, id: string): Promise<Texts> {
    return new Texts(rig, id, (await rig.smsc.acceptedAfter(0)).at(-1)?.n ?? 0);
  }

  /** One text, to a phone of its own unless said otherwise. */
  make(kind: SmsKind, text: Partial<NewSms> = {}): NewSms {
    const n = ++this.#count;
    return {
      ...{ origin: `${this.scope}${n}`, tenant: 'gansu', workflowId: 'fault', source: '10657099', kind },
      ...{ phone: this.#prefix + String(n).padStart(6, '0'), body: `第${n}号通知` },
      ...text,
    };
  }

  /** Queues so many texts of each kind, together. */
  async queue(count: number, ...kinds: SmsKind[]): Promise<void> {
    await this.put(Array.from({ length: count }, (_, i) => this.make(kinds[i % kinds.length]!)));
  }

  async put(texts: NewSms[]): Promise<void> {
    await inTransaction(this.#rig.pool, (db) => enqueueSms(db, texts));
  }

  /** Accepted of this scenario so far. */
  async accepted(): Promise<LoggedSegment[]> {
    return (await this.#rig.smsc.acceptedAfter(this.#since)).filter(({ to }) => to.startsWith(this.#prefix));
  }

  async acceptedAtLeast(count: number): Promise<void> {
    await until(`${count} segments accepted`, async () => (await this.accepted()).length >= count, SETTLED_WITHIN_MS);
  }

  async rows(): Promise<TextRow[]> {
    const { rows } = await this.#rig.pool.query<TextRow>(
      `select ${TEXT_COLUMNS}
      from sms s join sms_status v on v.sms_id = s.id where s.origin like $1 || '%' order by s.id`,
      [this.scope],
    );
    return rows;
  }

  /**
   * Waits until nothing moves any more; then decides about what is listed as an operator would who asks the carrier,
   * waits again, and tells what came of it all. In the end nothing may be UNCERTAIN, and nothing missing.
   */
  async audit(options: AuditOptions = {}): Promise<FaultResult> {
    const found = await this.#settled(options);
    const { listed } = found;
    const bound = (options.breaks ?? 1) * LISTED_PER_BREAK;
    if (listed > bound) found.failures.push(`${listed} segments listed that never left, ${bound} at most`);
    if ((await this.#decideListed()) === 0) return found;
    const { failures, ...after } = await this.#settled({ ...options, decided: true });
    return { ...after, listed, failures: [...found.failures, ...failures] };
  }

  /** Sends again what the SMSC never had, and says of the rest that it arrived. Returns how many it decided about. */
  async #decideListed(): Promise<number> {
    const uncertain = (await this.rows()).filter(({ state, moving }) => state === 'UNCERTAIN' && !moving);
    if (uncertain.length === 0) return 0;
    const taken = new Set((await this.accepted()).map(keyOfSegment));
    await this.#rig.pool.query(
      `insert into account (id, tenants, role, login) values ($1, '{gansu}', 'ops', $1) on conflict do nothing`,
      [OPERATOR],
    );
    let decided = 0;
    for (const row of uncertain) {
      const parts = Array.from({ length: row.segments }, (_, i) => i + 1);
      const arrived = parts.every((part) => taken.has(keyOfPart(row, part)));
      decided += await this.#decide(row.id, arrived ? 'delivered' : 'resend');
    }
    return decided;
  }

  async #decide(id: number, as: DecisionKind): Promise<number> {
    const decision = { as, note: 'as the accept-log has it', accountId: OPERATOR, requestKey: `${this.scope}${id}` };
    const result = await decideUncertain(this.#rig.pool, { tenants: ['gansu'], id }, decision, 1);
    return result.decided;
  }

  async #settled(options: AuditOptions & { decided?: boolean }): Promise<FaultResult> {
    const { timeoutMs = SETTLED_WITHIN_MS } = options;
    let result: FaultResult | undefined;
    await until(
      'every text has its end',
      async () => {
        await delay(BETWEEN_LOOKS_MS);
        const rows = await this.rows();
        const accepted = await this.accepted();
        result = compare(rows, accepted, options);
        return result.failures.length === 0;
      },
      timeoutMs,
    ).catch(() => undefined);
    return result!;
  }
}

/** The oracle: what was wanted, what the database says, what the SMSC took. */
export function compare(
  rows: readonly TextRow[],
  accepted: readonly LoggedSegment[],
  { receipts = true, rejected = 0, plainIds = true, decided = false }: AuditOptions & { decided?: boolean },
): FaultResult {
  const log = new Map<string, LoggedSegment[]>();
  for (const segment of accepted) {
    const key = keyOfSegment(segment);
    log.set(key, [...(log.get(key) ?? []), segment]);
  }
  const failures = new Map<string, number>();
  const fail = (words: string, times = 1) => failures.set(words, (failures.get(words) ?? 0) + times);
  const result = { injected: 0, acceptedOnce: 0, possibleDuplicates: 0, listed: 0, lost: 0 };
  let resent = 0;
  for (const row of rows) {
    resent += row.resent;
    if (row.moving) fail('still on its way');
    if (decided && row.state === 'UNCERTAIN') fail('uncertain still, though it was decided');
    for (let part = 1; part <= row.segments; part++) {
      result.injected += 1;
      const key = keyOfPart(row, part);
      const taken = log.get(key) ?? [];
      log.delete(key);
      if (taken.length === 1) result.acceptedOnce += 1;
      if (taken.length > 1) {
        result.possibleDuplicates += taken.length - 1;
        if (row.lane >= FIRST_LANE_NEVER_RESENT) fail('a class or bulk text was sent twice');
      }
      if (taken.length === 0 && row.state === 'UNCERTAIN') result.listed += 1;
      else if (taken.length === 0 && !ENDED_UNSENT.has(row.state)) {
        result.lost += 1;
        fail(`nowhere at the SMSC, ${row.state} in the database`);
      }
      if (taken.length > 0 && !(receipts ? RECEIPTED : ACCEPTED).has(row.state))
        fail(`accepted by the SMSC, ${row.state} in the database`);
    }
    const known = rows.length > 0 && plainIds ? (row.smscIds ?? []) : [];
    if (known.some((id) => id !== null && !accepted.some((segment) => segment.id === id)))
      fail('the database names a message id that the SMSC never gave');
  }
  if (result.possibleDuplicates > resent) fail('more duplicates than UNCERTAIN texts sent again');
  if (log.size > 0) fail('the SMSC took a segment that no row asks for', log.size);
  const refused = rows.filter(({ state }) => state === 'REJECTED').length;
  if (refused !== rejected) fail(`${refused} texts rejected, not ${rejected}`);
  return {
    ...result,
    sent: accepted.length,
    failures: [...failures].map(([words, times]) => `${words} (${times}×)`),
  };
}

const ENDED_UNSENT = new Set(['REJECTED', 'EXPIRED', 'CANCELLED']);
const ACCEPTED = new Set(['ACCEPTED', 'DELIVERED', 'REJECTED']);
const RECEIPTED = new Set(['DELIVERED', 'REJECTED']);

/** A whole text is known by its phone and words, a part by its number: phones of long texts are used once. */
const keyOfSegment = ({ to, parts, part, text }: LoggedSegment) =>
  parts === 1 ? `${to} ${text}` : `${to} ${part}/${parts}`;
const keyOfPart = ({ phone, segments, body }: TextRow, part: number) =>
  segments === 1 ? `${phone} ${body}` : `${phone} ${part}/${segments}`;
