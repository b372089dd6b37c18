/** What is written down of texts whose fate is lost, beside the outcome itself. */
import type { Db } from '../infra/postgres/pool.ts';
import type { PartOutcome } from './carrier-record.ts';

/** An operator may have them sent again, and what the phone has of a long text is joined by its reference. */
export async function keepReferences(db: Db, uncertain: PartOutcome[]): Promise<void> {
  await db.query(
    `update sms_part p set reference = u.reference
    from unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::smallint[]) u (sms_id, part, attempt, reference)
    where p.sms_id = u.sms_id and p.part = u.part and p.attempt = u.attempt and p.state = 'UNCERTAIN'`,
    [
      uncertain.map((o) => o.smsId),
      uncertain.map((o) => o.part),
      uncertain.map((o) => o.attempt),
      uncertain.map((o) => o.reference),
    ],
  );
}

/** Adds what this transaction found UNCERTAIN to a link's counts: no owner was there to count it. */
export async function countAbandoned(db: Db, tenant: string, link: number): Promise<void> {
  await db.query(
    `update carrier_link set counts = coalesce(counts, '{}')
      || jsonb_build_object('UNCERTAIN', coalesce((counts ->> 'UNCERTAIN')::bigint, 0) + lost.parts)
    from (select count(*) as parts from sms_part where state = 'UNCERTAIN' and at = now()) lost
    where tenant = $1 and link = $2 and lost.parts > 0`,
    [tenant, link],
  );
}
