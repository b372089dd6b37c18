-- Up Migration
-- What whoever ordered or cancelled on a parent's behalf wrote about it: kept beside the event, because requests travel
-- through the engine and what people write must not.
create table subscription_note (
  tenant text not null,
  request_id text not null,
  account_id text not null references account,
  note text not null,
  at timestamptz not null default now(),
  primary key (tenant, request_id)
);
create trigger append_only before update or delete on subscription_note for each row execute function forbid_change();

-- A carrier's admin may record a slip as well.
alter table trial_family drop constraint trial_family_channel_check;
alter table trial_family add constraint trial_family_channel_check
  check (channel in ('sms', 'web', 'agent', 'admin', 'customer-service'));

-- Down Migration
alter table trial_family drop constraint trial_family_channel_check;
alter table trial_family add constraint trial_family_channel_check
  check (channel in ('sms', 'web', 'agent', 'customer-service'));
drop table subscription_note;
