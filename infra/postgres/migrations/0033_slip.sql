-- Up Migration
-- A signed paper is one family's (findings B4). What was recorded before is kept as it is; where one number was given to
-- two families it is from now on the first one's, and the other's record stands without.
create table slip (
  tenant text not null,
  number text not null,
  household_id text not null references household,
  recorded_at timestamptz not null default now(),
  primary key (tenant, number)
);
insert into slip (tenant, number, household_id, recorded_at)
select distinct on (tenant, number) tenant, number, household_id, at
from (
  select e.tenant, e.evidence ->> 'slip' as number, g.household_id, e.received_at as at
  from subscription_event e join guardian g on g.id = e.payer_guardian_id where e.evidence ? 'slip'
  union all
  select tenant, evidence ->> 'slip', household_id, answered_at from trial_family where evidence ? 'slip'
) used
order by tenant, number, at, household_id;

-- Down Migration
drop table slip;
