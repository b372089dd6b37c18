-- Up Migration
-- A swipe waits for its attendance as a parent's text waits for its answer: in the table `pending`, key
-- `device/boot/seq`, found by the one sweep there is (migration 0017).

alter table pending drop constraint pending_kind_check;
alter table pending add constraint pending_kind_check
  check (kind in ('swipe', 'inbound-sms', 'message', 'message-cancel', 'subscription', 'trial'));

insert into pending (kind, tenant, key, since)
select 'swipe', r.tenant, p.device_id || '/' || p.boot || '/' || p.seq, p.received_at
from swipe_pending p join reader r using (device_id);
drop table swipe_pending;

-- By the database, so that no writer can store a swipe that nobody would look for; once for a batch of hundreds.
create function swipes_are_pending() returns trigger language plpgsql as $$
begin
  insert into pending (kind, tenant, key)
  select 'swipe', r.tenant, a.device_id || '/' || a.boot || '/' || a.seq from added a join reader r using (device_id);
  return null;
end $$;
create trigger pending after insert on swipe referencing new table as added
  for each statement execute function swipes_are_pending();

-- Down Migration
drop trigger pending on swipe;
drop function swipes_are_pending;
create table swipe_pending (
  device_id text not null,
  boot text not null,
  seq bigint not null,
  received_at timestamptz not null default now(),
  primary key (device_id, boot, seq)
);
create index on swipe_pending (received_at);
insert into swipe_pending
select split_part(key, '/', 1), split_part(key, '/', 2), split_part(key, '/', 3)::bigint, since
from pending where kind = 'swipe';
delete from pending where kind = 'swipe';
alter table pending drop constraint pending_kind_check;
alter table pending add constraint pending_kind_check
  check (kind in ('inbound-sms', 'message', 'message-cancel', 'subscription', 'trial'));
