/** Carrier links as their owners report them, and the parts whose fate nobody knows. */
import type { CarrierLinkStatus } from '../../workflows/contracts.ts';
import type { Db } from './pool.ts';
import { undecided } from './uncertain.ts';

/**
 * An owner reports every second. One that missed two reports is gone or cut off from the database, and then may send
 * nothing either; with that a link that is down is seen within 3 s.
 */
const FRESH_FOR = '2.5 seconds';

/** A carrier link as the database shows it. */
export interface LinkRow {
  tenant: string;
  link: number;
  /** How many owners it had. */
  epoch: number;
  /** As the last owner saw it; null: none has reported yet. */
  status: CarrierLinkStatus | null;
  /** Whether that is how it is now; false once its owner is gone. */
  fresh: boolean;
  reportedAt: Date | null;
  /** Its carrier has fewer links by now: it is not missed, and what it did still counts. */
  removed: boolean;
  /** What it did since it was first up: segments by outcome, `resent` texts. */
  counts: Record<string, number>;
  /** Texts claimed and not settled. */
  unsettled: number;
  /** When the oldest of them was claimed. */
  oldestClaim: Date | null;
}

/** Every carrier link that was ever up: a few rows, and the unsettled batches by their partial index. */
export async function readCarrierLinks(db: Db): Promise<LinkRow[]> {
  const { rows } = await db.query<LinkRow>(
    `select l.tenant, l.link, l.epoch, l.status, l.status_at as "reportedAt",
      coalesce(l.status_at > now() - $1::interval, false) as fresh, coalesce(l.counts, '{}') as counts,
      coalesce(l.link >= c.links, false) as removed, coalesce(b.texts, 0) as unsettled, b.oldest as "oldestClaim"
    from carrier_link l
    left join carrier_binds c on c.tenant = l.tenant
    left join lateral (
      select sum(cardinality(sms_ids))::int as texts, min(claimed_at) as oldest from sms_batch
      where tenant = l.tenant and link = l.link and settled_at is null
    ) b on true
    order by l.tenant, l.link`,
    [FRESH_FOR],
  );
  return rows;
}

/** Texts and parts of a carrier that wait for a receipt or for a person. */
export interface UncertainCount {
  tenant: string;
  texts: number;
  parts: number;
  /** Seconds, of the oldest. */
  oldest: number;
}

/** A part's `at` is when its transaction began: none is committed later than this. */
const COMMITTED_WITHIN = '10 minutes';

/**
 * Counts what is uncertain, however old. Parts stay UNCERTAIN in the table after a decision or a second attempt, and
 * what is closed never opens again: so each reading begins at the oldest part that was open at the one before, and only
 * the first looks at all of them.
 * @param tenant one carrier's; undefined: every carrier's
 */
export function createUncertainReader(db: Db, tenant?: string): () => Promise<UncertainCount[]> {
  let from: Date | undefined;
  return async () => {
    const { rows } = await db.query<{ counts: UncertainCount[]; from: Date }>(
      `with open as (
        select s.tenant, v.uncertain_parts as parts, u.since
        from (${undecided("p.at >= coalesce($1::timestamptz, '-infinity')")}) u
        join sms s on s.id = u.sms_id join sms_status v on v.sms_id = s.id
        where v.state = 'UNCERTAIN' and ($3::text is null or s.tenant = $3)
      ), count as (
        select tenant, count(*) as texts, sum(parts) as parts, extract(epoch from now() - min(since)) as oldest
        from open group by tenant
      )
      select coalesce((select jsonb_agg(count) from count), '[]') as counts,
        least(now() - $2::interval, (select min(since) from open)) as from`,
      [from ?? null, COMMITTED_WITHIN, tenant ?? null],
    );
    ({ from } = rows[0]!);
    return rows[0]!.counts;
  };
}
