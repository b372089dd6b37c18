-- Up Migration
-- Trials and their fee confirmation (spec §7.3, §7.4). A family on trial has a subscription in state trial, which whatever
-- asks who is entitled understands; what is kept here is when its trial ends and what it answered.

-- One trial of a class, from its first text; later ones (`round` > 1) are of families that joined the class later and
-- go the same way alone. The id is the class's, with the round behind it for later ones: trial/{id} is its workflow.
create table trial (
  id text primary key,
  tenant text not null,
  class_id text not null references class,
  round smallint not null,
  -- The text that began it: all its pages, and a second run of them, mean one trial.
  message_id uuid not null references message,
  -- The carrier's rules it began under stay its rules.
  profile_version text not null,
  -- What a yes orders unless a slip names another.
  package text not null,
  answer_days smallint not null,
  started_at timestamptz not null,
  ends_at timestamptz not null,
  -- The principal's.
  decision text check (decision in ('approved', 'refused')),
  decided_at timestamptz,
  notice_1_at timestamptz,
  notice_2_at timestamptz,
  -- Who has not answered by then doesn't order: silence is not consent.
  silent_at timestamptz,
  closed_at timestamptz,
  closed_as text check (closed_as in ('answered', 'silent', 'refused', 'lapsed')),
  unique (class_id, round),
  unique (class_id, message_id),
  check ((decision is null) = (decided_at is null)),
  check ((notice_2_at is null) = (silent_at is null)),
  check ((closed_at is null) = (closed_as is null))
);
create index on trial (message_id);

-- A billing unit tries once, whatever classes its children are in.
create table trial_family (
  tenant text not null,
  unit text not null,
  trial_id text not null references trial,
  household_id text not null references household,
  answer text check (answer in ('yes', 'no')),
  answered_at timestamptz,
  -- Who said it, how, by which request, with what proof: what its order is made of.
  guardian_id text references guardian,
  channel text check (channel in ('sms', 'web', 'agent', 'customer-service')),
  actor text,
  request_id text,
  package text,
  evidence jsonb,
  -- Without an order; null while it may still be made, or was.
  closed_as text check (closed_as in ('declined', 'silent', 'refused', 'lapsed', 'not-taken')),
  primary key (tenant, unit),
  check ((answer is null) = (answered_at is null)),
  check ((answer is null) = (request_id is null))
);
create index on trial_family (trial_id);

-- 示范短信: shown inside the system before a class's first real text, never sent.
create table trial_demo (
  id bigint generated always as identity primary key,
  class_id text not null references class,
  account_id text not null references account,
  text text not null,
  recipients integer not null,
  at timestamptz not null default now()
);
create index on trial_demo (class_id);

-- What parents and teachers say of the trial, for the weekly report.
create table trial_opinion (
  id bigint generated always as identity primary key,
  trial_id text not null references trial,
  account_id text not null references account,
  request_key text not null,
  text text not null,
  at timestamptz not null default now(),
  unique (account_id, request_key)
);
create index on trial_opinion (trial_id, at);

-- The weekly report to the principal as it was written.
create table trial_report (
  trial_id text not null references trial,
  number smallint not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  facts jsonb not null,
  written_at timestamptz not null default now(),
  primary key (trial_id, number),
  unique (trial_id, until_at)
);
create trigger append_only before update or delete on trial_report for each row execute function forbid_change();

-- Who did what and when, from its start to its close: append-only.
create table trial_event (
  id bigint generated always as identity primary key,
  trial_id text not null references trial,
  type text not null check (type in ('started', 'report', 'approved', 'refused', 'notice-1', 'notice-2', 'answer',
    'handed-over', 'not-taken', 'closed')),
  unit text,
  -- Account id, guardian id, or workflow id.
  actor text not null,
  at timestamptz not null,
  evidence jsonb not null default '{}',
  recorded_at timestamptz not null default now()
);
create index on trial_event (trial_id, id);
create trigger append_only before update or delete on trial_event for each row execute function forbid_change();

-- Where each family is. Who ordered or cancelled on another way has answered too.
create view trial_family_state as
select f.*, case
    when s.state = 'active' then 'confirmed'
    when f.closed_as is not null then f.closed_as
    when s.state = 'trial' and f.answer = 'yes' then 'awaiting-order'
    when s.state = 'trial' then 'unanswered'
    else 'cancelled'
  end as state
from trial_family f join subscription s on s.tenant = f.tenant and s.unit = f.unit;

-- Who said stop before there was anything to stop is not put on trial.
create index on subscription_request (tenant, unit) where outcome = 'not-subscribed';

-- Down Migration
drop index subscription_request_tenant_unit_idx;
drop view trial_family_state;
drop table trial_event, trial_report, trial_opinion, trial_demo, trial_family, trial;
