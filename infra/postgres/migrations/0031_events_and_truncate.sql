-- Up Migration
-- What is written down of orders and cancels, and that nothing of it goes away (findings B13).

-- Said before it was heard, but for an SMSC's clock, which is believed up to 5 minutes ahead of ours (carrier-mo.ts). NOT
-- VALID, as all of these: what older versions recorded is a record, also where it breaks them.
alter table subscription_event
  add constraint subscription_event_times check (at <= received_at + interval '5 minutes') not valid,
  -- Somebody else's consent is none without the paper it is on.
  add constraint subscription_event_slip
    check (type <> 'consent' or channel in ('sms', 'web') or coalesce(evidence ->> 'slip', '') <> '') not valid,
  add constraint subscription_event_words
    check (request_id <> '' and package <> '' and actor <> '' and ordinal >= 0 and jsonb_typeof(evidence) = 'object') not valid;

-- Who pays is of the carrier. NOT VALID: it was enough to be a guardian.
alter table guardian add unique (tenant, id);
alter table subscription_event
  add constraint subscription_event_payer foreign key (tenant, payer_guardian_id) references guardian (tenant, id) not valid,
  drop constraint subscription_event_payer_guardian_id_fkey;

-- Nothing was said tomorrow. What a clock of ours may be ahead of the database's by is far below an SMSC's 5 minutes.
create function refuse_future() returns trigger language plpgsql as $$
begin
  raise exception 'an event of the future' using errcode = 'check_violation', constraint = 'not_in_future';
end $$;
create trigger not_in_future before insert on subscription_event for each row
  when (greatest(new.at, new.received_at) > now() + interval '5 minutes') execute function refuse_future();

-- Append-only is also: not emptied. The right to is taken from the owner too, who could give it back; the trigger stands
-- also against a superuser. A table that becomes append-only later does both (test/integration/ledger-rules.test.ts).
do $$
declare kept regclass;
begin
  for kept in select tgrelid::regclass from pg_trigger where tgname = 'append_only' loop
    execute format('create trigger not_emptied before truncate on %s execute function forbid_change()', kept);
    execute format('revoke truncate on %s from public, current_user', kept);
  end loop;
end $$;

-- Down Migration
do $$
declare kept regclass;
begin
  for kept in select tgrelid::regclass from pg_trigger where tgname = 'not_emptied' loop
    execute format('drop trigger not_emptied on %s', kept);
    execute format('grant truncate on %s to current_user', kept);
  end loop;
end $$;
drop trigger not_in_future on subscription_event;
drop function refuse_future;
alter table subscription_event
  add constraint subscription_event_payer_guardian_id_fkey foreign key (payer_guardian_id) references guardian,
  drop constraint subscription_event_payer,
  drop constraint subscription_event_words, drop constraint subscription_event_slip, drop constraint subscription_event_times;
alter table guardian drop constraint guardian_tenant_id_id_key;
