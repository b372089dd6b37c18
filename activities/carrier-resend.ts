/** What is sent a second time for being UNCERTAIN, and when (architecture §3). */
import { LANE, QUEUE_COLUMNS, QUEUE_VALUES } from '../infra/postgres/outbox.ts';
import type { Db } from '../infra/postgres/pool.ts';
import type { PartOutcome } from './carrier-record.ts';

/** What is resent once when its fate is uncertain, while still useful; the rest waits for an operator. */
export const RESENT_LANES_UP_TO = LANE.safety;
/** Of a text `s`: a receipt has this long to come first, over a new connection. A password is waited for by a person. */
export const RESENT_AT = `now() + case s.lane when ${LANE['one-time-password']} then interval '8 s' else interval '15 s' end`;

/** Queues the texts of these outcomes once more, in the transaction that records them. */
export async function resend(db: Db, uncertain: PartOutcome[]): Promise<void> {
  await db.query(
    `insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
    select distinct ${QUEUE_VALUES}, 2, u.reference, ${RESENT_AT}
    from unnest($1::bigint[], $2::smallint[], $3::smallint[]) u (sms_id, attempt, reference)
    join sms s on s.id = u.sms_id
    where u.attempt = 1 and s.lane <= $4 and (s.expires_at is null or s.expires_at > now())
    on conflict do nothing`,
    [
      uncertain.map((o) => o.smsId),
      uncertain.map((o) => o.attempt),
      uncertain.map((o) => o.reference),
      RESENT_LANES_UP_TO,
    ],
  );
}
