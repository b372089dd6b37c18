/** What a carrier link asks before a text leaves: whether its family may still have it, and whether it is night there. */
import type { Carriers } from '../infra/carriers.ts';
import { QUEUE_COLUMNS, QUEUE_VALUES } from '../infra/postgres/outbox.ts';
import {
  quietAt,
  quietEndOf,
  readQuietHours,
  refusalOf,
  termValues,
  type Terms,
} from '../infra/postgres/permission.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { QuietHours } from '../workflows/domain/quiet-hours.ts';
import type { Sending } from './carrier-lines.ts';
import { FencedError, type LinkOwner } from './carrier-owner.ts';

/** Schools change their quiet hours once a year: a link learns of it within this. */
const READ_EVERY_MS = 10_000;

/** The terms by which a link asks; one for as long as its connection lasts. */
export class Permission {
  readonly #pool: Pool;
  readonly #carriers: Carriers;
  readonly #owner: LinkOwner;
  #hours: QuietHours[] = [];
  #readAt = -Infinity;

  constructor(pool: Pool, carriers: Carriers, owner: LinkOwner) {
    this.#pool = pool;
    this.#carriers = carriers;
    this.#owner = owner;
  }

  /** The terms of this moment. */
  async terms(): Promise<Terms> {
    const { tenant } = this.#owner;
    if (performance.now() - this.#readAt > READ_EVERY_MS) {
      this.#hours = await readQuietHours(this.#pool, tenant);
      this.#readAt = performance.now();
    }
    const now = Date.now();
    const { billingUnit, zone } = this.#carriers.profile(tenant, now);
    return { billingUnit, quiet: quietAt(now, this.#hours, zone) };
  }

  /**
   * Asks again about texts that wait in memory, nothing of which is in flight. What may not leave any more is given up;
   * what has to wait out quiet hours is in the queue again when this returns.
   * @throws FencedError when another owner has the link
   */
  async askAgain(sendings: readonly Sending[]): Promise<void> {
    if (sendings.length === 0) return;
    const terms = await this.terms();
    const askedAt = performance.now();
    const { rows } = await this.#pool.query<{ n: number; refusal: string | null; isPutOff: boolean }>(ASK_AGAIN, [
      ...[this.#owner.tenant, this.#owner.link, this.#owner.epoch],
      sendings.map(({ text }) => text.smsId),
      sendings.map(({ text }) => text.attempt),
      sendings.map(({ text }) => text.reference),
      sendings.map(({ text, segments, open }) => open < segments.parts.length || text.done.length > 0),
      ...termValues(terms),
    ]);
    if (rows.length < sendings.length) throw new FencedError(this.#owner);
    for (const { n, refusal, isPutOff } of rows) {
      const sending = sendings[n - 1]!;
      sending.text.askedAt = askedAt;
      if (refusal !== null) sending.given ??= { state: 'CANCELLED', why: refusal };
      else if (isPutOff) sending.given ??= { state: 'QUEUED' };
    }
  }
}

const ASK_AGAIN = `with fence as materialized (
  select from carrier_link where tenant = $1 and link = $2 and epoch = $3 for share
), judged as (
  select a.n, a.attempt, a.reference, s.id, s.tenant, s.lane, s.phone, s.segments, ${refusalOf('$8')} as refusal,
    case when not a.begun then ${quietEndOf('$9', '$10', '$11')} end as quiet_end
  from unnest($4::bigint[], $5::smallint[], $6::smallint[], $7::boolean[]) with ordinality
    a (sms_id, attempt, reference, begun, n)
  cross join lateral (select * from sms where sms.id = a.sms_id limit 1) s
  where exists (select from fence)
), put_off as (
  insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
  select ${QUEUE_VALUES}, s.attempt, s.reference, s.quiet_end from judged s
  where s.refusal is null and s.quiet_end is not null
  on conflict do nothing
)
select n, refusal, quiet_end is not null as "isPutOff" from judged`;
