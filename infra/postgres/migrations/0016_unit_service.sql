-- Up Migration
-- A subscription's row has one writer, its workflow (spec §6). So a trial keeps what it grants and when that ended with
-- itself, and what a unit has now is asked of both by unit_service.

-- What its families receive.
alter table trial add column services text[];
update trial t set services = coalesce((
  select s.services from trial_family f join subscription s using (tenant, unit)
  where f.trial_id = t.id and s.state = 'trial' order by cardinality(s.services) desc limit 1), '{home-school}');
alter table trial alter column services set not null;

drop view trial_family_state;
alter table trial_family
  -- Whose phone it is that is served.
  add column payer_guardian_id text references guardian,
  -- When it ended without an order.
  add column closed_at timestamptz,
  -- When the family last said no: what waited for consent then waits no more, should a yes bring the trial back.
  add column declined_at timestamptz;
update trial_family f set payer_guardian_id = s.payer_guardian_id,
  closed_at = case when f.closed_as = 'declined' then f.answered_at
    when f.closed_as is not null then coalesce(t.closed_at, f.answered_at, s.since) end,
  declined_at = case f.answer when 'no' then f.answered_at end
from trial t, subscription s where t.id = f.trial_id and s.tenant = f.tenant and s.unit = f.unit;
alter table trial_family
  alter column payer_guardian_id set not null,
  add check ((closed_as is null) = (closed_at is null));

-- What the unit has now, one row: its trial while that goes on and until an order or cancel says otherwise, else its
-- subscription; state `none` where there never was either. A yes after a cancel brings the trial back until its end.
-- A row is the trial's own where it waited for consent when the trial began, or says what was ordered or given up during
-- it: it goes on and ends with the trial. An agent's order after a cancel or a close waits for its consent like any other.
-- A function so that it becomes part of the query that asks (PostgreSQL inlines it), for one unit or for 50,000.
create function unit_service(of_tenant text, of_unit text) returns table (
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

-- Where each family is. Who ordered or cancelled on another way has answered too.
create view trial_family_state as
select f.*, case
    when s.state = 'active' then 'confirmed'
    when f.closed_as is not null then f.closed_as
    when s.state = 'trial' and f.answer = 'yes' then 'awaiting-order'
    when s.state = 'trial' then 'unanswered'
    else 'cancelled'
  end as state
from trial_family f cross join lateral unit_service(f.tenant, f.unit) s;

-- Down Migration
insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since, waiting_package)
select f.tenant, f.unit, s.payer_guardian_id, s.package, s.services, s.state, s.since, s.waiting_package
from trial_family f cross join lateral unit_service(f.tenant, f.unit) s
on conflict (tenant, unit) do update set package = excluded.package, services = excluded.services,
  state = excluded.state, since = excluded.since, waiting_package = excluded.waiting_package;
drop view trial_family_state;
drop function unit_service;
alter table trial_family drop column declined_at, drop column closed_at, drop column payer_guardian_id;
alter table trial drop column services;
create view trial_family_state as
select f.*, case
    when s.state = 'active' then 'confirmed'
    when f.closed_as is not null then f.closed_as
    when s.state = 'trial' and f.answer = 'yes' then 'awaiting-order'
    when s.state = 'trial' then 'unanswered'
    else 'cancelled'
  end as state
from trial_family f join subscription s on s.tenant = f.tenant and s.unit = f.unit;
