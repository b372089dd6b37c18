-- Up Migration
-- What was said so before, and never ordered, stays as it was: nobody is charged for months long past.
update trial_family f set closed_as = 'not-taken', closed_at = t.closed_at
from trial t where t.id = f.trial_id and t.closed_at is not null and f.answer = 'yes' and f.closed_as is null
  and exists (select from unit_service(f.tenant, f.unit) s where s.state = 'cancelled' and s.since = t.closed_at);

-- As in 0016, but that the trial's close ends nothing for a family whose yes was said in time and recorded after it: it
-- is served until its order is handed over.
create or replace function unit_service(of_tenant text, of_unit text) returns table (
  state text, package text, services text[], since timestamptz, payer_guardian_id text, waiting_package text,
  next_package text, next_payer_guardian_id text, next_from timestamptz
) language sql stable as $$
  select case when trial.goes_on then 'trial' when trial.ended then 'cancelled' else coalesce(s.state, 'none') end,
    case when trial.goes_on or trial.ended then t.package else s.package end,
    case when trial.ended then '{}' when trial.goes_on and s.state is distinct from 'trial' then t.services
      else coalesce(s.services, '{}') end,
    case when trial.goes_on then t.started_at when trial.ended then trial.closed_at else s.since end,
    case when trial.goes_on or trial.ended then f.payer_guardian_id else s.payer_guardian_id end,
    case when trial.ended then null when not trial.goes_on or f.declined_at is null or exists (
        select from subscription_event e
        where e.tenant = s.tenant and e.unit = s.unit and e.type = 'order' and e.at > f.declined_at)
      then case when trial.goes_on and s.state = 'pending' then s.package else s.waiting_package end
    end,
    s.next_package, s.next_payer_guardian_id, s.next_from
  from (select of_tenant as tenant, of_unit as unit) asked
  left join subscription s on s.tenant = asked.tenant and s.unit = asked.unit
  left join (trial_family f join trial t on t.id = f.trial_id) on f.tenant = asked.tenant and f.unit = asked.unit
  cross join lateral (select coalesce(f.closed_at, case when f.answer is distinct from 'yes' then t.closed_at end) as closed_at,
    s.state is null or s.state = 'trial' or s.state = 'pending' and s.since <= t.started_at as own) kept
  cross join lateral (select kept.closed_at,
    f.unit is not null and kept.closed_at is null
      and (kept.own or s.state = 'cancelled' and f.answer = 'yes' and f.answered_at > s.since) as goes_on,
    kept.closed_at is not null and kept.own as ended
  ) trial
$$;

-- Down Migration
create or replace function unit_service(of_tenant text, of_unit text) returns table (
  state text, package text, services text[], since timestamptz, payer_guardian_id text, waiting_package text,
  next_package text, next_payer_guardian_id text, next_from timestamptz
) language sql stable as $$
  select case when trial.goes_on then 'trial' when trial.ended then 'cancelled' else coalesce(s.state, 'none') end,
    case when trial.goes_on or trial.ended then t.package else s.package end,
    case when trial.ended then '{}' when trial.goes_on and s.state is distinct from 'trial' then t.services
      else coalesce(s.services, '{}') end,
    case when trial.goes_on then t.started_at when trial.ended then trial.closed_at else s.since end,
    case when trial.goes_on or trial.ended then f.payer_guardian_id else s.payer_guardian_id end,
    case when trial.ended then null when not trial.goes_on or f.declined_at is null or exists (
        select from subscription_event e
        where e.tenant = s.tenant and e.unit = s.unit and e.type = 'order' and e.at > f.declined_at)
      then case when trial.goes_on and s.state = 'pending' then s.package else s.waiting_package end
    end,
    s.next_package, s.next_payer_guardian_id, s.next_from
  from (select of_tenant as tenant, of_unit as unit) asked
  left join subscription s on s.tenant = asked.tenant and s.unit = asked.unit
  left join (trial_family f join trial t on t.id = f.trial_id) on f.tenant = asked.tenant and f.unit = asked.unit
  cross join lateral (select coalesce(f.closed_at, t.closed_at) as closed_at,
    s.state is null or s.state = 'trial' or s.state = 'pending' and s.since <= t.started_at as own) kept
  cross join lateral (select kept.closed_at,
    f.unit is not null and kept.closed_at is null
      and (kept.own or s.state = 'cancelled' and f.answer = 'yes' and f.answered_at > s.since) as goes_on,
    kept.closed_at is not null and kept.own as ended
  ) trial
$$;
