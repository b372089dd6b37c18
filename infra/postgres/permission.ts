/**
 * Whether a text may leave now. It was asked when the text was queued, and is asked again when a carrier link takes it:
 * in between its family may have cancelled, or the night begun.
 */
import { quietUntil, type QuietHours } from '../../workflows/domain/quiet-hours.ts';
import { LANE } from './outbox.ts';
import type { Db } from './pool.ts';
import { STILL_SILENT } from './trials.ts';

/** What the question depends on besides the record. */
export interface Terms {
  /** Whose subscription counts (spec §4). */
  billingUnit: 'household' | 'payer';
  /** The quiet hours that are on now, and when each ends. */
  quiet: (QuietHours & { ends: Date })[];
}

/** Why a text does not leave, as the trace and the complaint pack tell it. */
const REFUSED = '轮到发送时，家长已不再订制此项服务 (no longer subscribed when its turn came)';
const ANSWERED = '轮到发送时，家长已经答复 (answered already when its turn came)';

/**
 * SQL of a row `s` of `sms`: why it must not leave any more; null where it may. A scalar, so that the planner has no
 * choice but to look each text up by its keys, however large the tables are.
 * @param billingUnit of Terms
 */
export const refusalOf = (billingUnit: string) => `case
  when s.needs is null or exists (
    select from guardian g
    cross join lateral (select case ${billingUnit} when 'household' then g.household_id else g.id end as unit) of_guardian
    -- Who has another phone by now is not texted on the old one: it may be anybody's.
    where g.id = s.guardian_id and g.phone = s.phone and case s.needs
      when 'open-trial' then (
        select true from trial_family_state f
        where f.tenant = s.tenant and f.unit = of_guardian.unit and ${STILL_SILENT} limit 1)
      else exists (
        select from unit_service(s.tenant, of_guardian.unit) u where u.state in ('trial', 'active')
          and case s.needs when 'conversation' then 'home-school' else s.needs end = any (u.services))
        -- Who wrote to the teacher without being subscribed hears the answer, but not after a cancel.
        or s.needs = 'conversation' and not exists (
          select from subscription_event e where e.tenant = s.tenant and e.unit = of_guardian.unit
            and e.type = 'cancel' and e.received_at >= s.created_at)
    end) then null
  when s.needs = 'open-trial' then '${ANSWERED}'
  else '${REFUSED}'
end`;

/**
 * SQL of a row `s` of `sms`: when the quiet hours end that it has to wait out; null where there are none now. Those of
 * the school it comes from or, where it comes from none, of the children's.
 * @param from of Terms' quiet hours, as are `until` and `ends`: arrays of the same length
 */
export const quietEndOf = (from: string, until: string, ends: string) => `case
  when cardinality(${from}::time[]) > 0 and s.lane >= ${LANE['class-message']} then (
    select max(night.ends)
    from unnest(${from}::time[], ${until}::time[], ${ends}::timestamptz[]) night (quiet_from, quiet_until, ends)
    join school k on (k.quiet_from, k.quiet_until) = (night.quiet_from, night.quiet_until)
    where k.id in (
      select school_id from message where id = s.message_id
      union all
      select st.school_id from guardianship gs join student st on st.id = gs.student_id
      where gs.guardian_id = s.guardian_id and s.message_id is null))
end`;

/** Terms as values of a statement: the billing unit, and the arrays of quiet hours. */
export function termValues({ billingUnit, quiet }: Terms): unknown[] {
  return [billingUnit, quiet.map(({ from }) => from), quiet.map(({ until }) => until), quiet.map(({ ends }) => ends)];
}

/** All quiet hours that schools of the carrier keep: a few, however many schools there are. */
export async function readQuietHours(db: Db, tenant: string): Promise<QuietHours[]> {
  const { rows } = await db.query<QuietHours>(
    `select distinct quiet_from as "from", quiet_until as until from school where tenant = $1 and quiet_from is not null`,
    [tenant],
  );
  return rows;
}

/** Those that are on at `now` (epoch ms). */
export function quietAt(now: number, hours: readonly QuietHours[], zone: string): Terms['quiet'] {
  return hours
    .map((each) => ({ ...each, ends: new Date(quietUntil(now, each, zone)) }))
    .filter(({ ends }) => ends.getTime() > now);
}
