-- Up Migration
-- Which of a subscription's rows are the trial's own, so that a trial neither goes on nor ends by any other: one that
-- waited for consent when the trial began, or one of what was said during it. An agent's order after a cancel or a close
-- waits for its consent like any other; it brought the trial back, and a yes from before the cancel with it.

-- When the family last said no: what waited for consent then waits no more, should a yes bring the trial back.
alter table trial_family add column declined_at timestamptz;
update trial_family set declined_at = answered_at where answer = 'no';
update trial_family set closed_at = answered_at where closed_as = 'declined';

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

-- Down Migration
create or replace function unit_service(of_tenant text, of_unit text) returns table (
  state text, package text, services text[], since timestamptz, payer_guardian_id text, waiting_package text,
  next_package text, next_payer_guardian_id text, next_from timestamptz
) language sql stable as $$
  select case when trial.goes_on then 'trial' when trial.ended then 'cancelled' else coalesce(s.state, 'none') end,
    case when trial.goes_on or trial.ended then t.package else s.package end,
    case when trial.ended then '{}' when trial.goes_on and s.state is distinct from 'trial' then t.services
      else coalesce(s.services, '{}') end,
    case when trial.goes_on then t.started_at when trial.ended then f.closed_at else s.since end,
    case when trial.goes_on or trial.ended then f.payer_guardian_id else s.payer_guardian_id end,
    case when trial.ended then null when trial.goes_on and s.state = 'pending' then s.package else s.waiting_package end,
    s.next_package, s.next_payer_guardian_id, s.next_from
  from (select of_tenant as tenant, of_unit as unit) asked
  left join subscription s on s.tenant = asked.tenant and s.unit = asked.unit
  left join (trial_family f join trial t on t.id = f.trial_id) on f.tenant = asked.tenant and f.unit = asked.unit
  cross join lateral (select
    f.closed_at is null and t.closed_at is null and f.unit is not null and (s.state is null
      or s.state in ('pending', 'trial') or s.state = 'cancelled' and f.answer = 'yes' and f.answered_at > s.since
    ) as goes_on,
    coalesce(f.closed_at, t.closed_at) is not null and (s.state is null
      or s.state in ('pending', 'trial') and s.since <= coalesce(f.closed_at, t.closed_at)) as ended
  ) trial
$$;
alter table trial_family drop column declined_at;
