-- Up Migration
-- What is stored and waits for its workflow (spec §11: nothing stored is lost). A row is written in the transaction that
-- stores the thing and deleted in the one that does what it asks for; a sweep offers what is left, oldest first.

create table pending (
  kind text not null check (kind in ('inbound-sms', 'message', 'message-cancel', 'subscription', 'trial')),
  tenant text not null,
  -- What the workflow's id is made of: a text's hash, a message, a unit, a trial.
  key text not null,
  -- Things of one turn, the texts of a phone, are served one after the other, in this order.
  turn text,
  turn_at timestamptz,
  turn_no bigint,
  -- What the workflow is told: ids and words of ours, never people.
  detail jsonb,
  since timestamptz not null default now(),
  -- When a sweep offers it. Whoever stored it starts it at once, so that this is late enough to be left by a crash.
  next_at timestamptz not null default now() + interval '5 seconds',
  attempts integer not null default 0,
  primary key (kind, tenant, key),
  check ((turn is null) = (turn_at is null) and (turn is null) = (turn_no is null))
);
create index on pending (kind, tenant, next_at);
create index on pending (tenant, turn, turn_at, turn_no) where turn is not null;

-- By the database, so that no writer can store a text or a message that nobody would look for.
create function mo_is_pending() returns trigger language plpgsql as $$
begin
  insert into pending (kind, tenant, key, turn, turn_at, turn_no)
  values ('inbound-sms', new.tenant, new.hash, new.phone, new.received_at, new.id);
  return null;
end $$;
create trigger pending after insert on mo for each row execute function mo_is_pending();

create function mo_is_done() returns trigger language plpgsql as $$
begin
  delete from pending p using mo
  where mo.id = new.mo_id and p.kind = 'inbound-sms' and p.tenant = mo.tenant and p.key = mo.hash;
  return null;
end $$;
create trigger pending after insert on mo_outcome for each row execute function mo_is_done();

create function message_is_pending() returns trigger language plpgsql as $$
begin
  insert into pending (kind, tenant, key) values ('message', new.tenant, new.id::text);
  return null;
end $$;
create trigger pending after insert on message for each row execute function message_is_pending();

-- What was left before this table was there. An older one was given up by then.
insert into pending (kind, tenant, key, turn, turn_at, turn_no)
select 'inbound-sms', tenant, hash, phone, received_at, id from mo
where stored_at > now() - interval '7 days' and not exists (select from mo_outcome o where o.mo_id = mo.id);
insert into pending (kind, tenant, key) select 'message', tenant, id::text from message where state = 'accepted';

-- When something next happens to a unit by itself: what its workflow's one timer waits for. Written with every command.
create table subscription_due (
  tenant text not null,
  unit text not null,
  due_at timestamptz not null,
  primary key (tenant, unit)
);
create index on subscription_due (tenant, due_at);
-- Each unit is looked at once: what is due of it is written down, and its workflow of the time when it took commands
-- itself ends.
insert into pending (kind, tenant, key) select 'subscription', tenant, unit from subscription;

-- Down Migration
drop trigger pending on message;
drop trigger pending on mo_outcome;
drop trigger pending on mo;
drop function mo_is_pending, mo_is_done, message_is_pending;
drop table subscription_due, pending;
