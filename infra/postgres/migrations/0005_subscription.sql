-- Up Migration
-- Subscriptions (spec §6). The row is what is so now, written only by its subscription workflow; the events are how it
-- came to be, append-only, with channel, actor, time and evidence: what fees are decided from.

create table subscription (
  tenant text not null,
  -- Household or guardian (payer phone), as the carrier profile bills. Opaque.
  unit text not null,
  payer_guardian_id text not null references guardian,
  package text not null,
  -- What is received now: the package's services and its gifts, less what was cancelled.
  services text[] not null,
  state text not null check (state in ('pending', 'trial', 'active', 'cancelled')),
  since timestamptz not null,
  -- Ordered by somebody else while another package is active: waits for the parent's consent.
  waiting_package text,
  -- Ordered with consent while another package is active: replaces it when that month begins (R7).
  next_package text,
  next_payer_guardian_id text references guardian,
  next_from timestamptz,
  primary key (tenant, unit),
  check ((next_package is null) = (next_from is null) and (next_package is null) = (next_payer_guardian_id is null))
);
create index on subscription (payer_guardian_id);

create table subscription_event (
  id bigint generated always as identity primary key,
  tenant text not null,
  unit text not null,
  request_id text not null,
  -- A request that does several things (a cancel with its cascade) writes several events.
  ordinal smallint not null default 0,
  type text not null check (type in ('order', 'consent', 'cancel')),
  package text not null,
  channel text not null check (channel in ('sms', 'web', 'agent', 'admin', 'customer-service', 'import')),
  -- Account id, or guardian id where the parent did it.
  actor text not null,
  payer_guardian_id text not null references guardian,
  -- When it was said: the SMSC received the text, the API the request. And when we learnt of it.
  at timestamptz not null,
  received_at timestamptz not null,
  evidence jsonb not null default '{}',
  unique (tenant, request_id, ordinal)
);
create index on subscription_event (tenant, unit, at);
create trigger append_only before update or delete on subscription_event for each row execute function forbid_change();

-- What each request was answered, also where it changed nothing: asked again it is answered the same.
create table subscription_request (
  tenant text not null,
  request_id text not null,
  unit text not null,
  outcome text not null,
  answer jsonb not null,
  at timestamptz not null default now(),
  primary key (tenant, request_id)
);
create trigger append_only before update or delete on subscription_request
  for each row execute function forbid_change();

-- Down Migration
drop table subscription_request, subscription_event, subscription;
