-- Up Migration
-- Refunds that a second person looks at before they are booked (docs/decisions/0004): of a cancel that staff recorded as
-- said earlier, above the profile's `staffRefundFen`. Once released, whoever looks at the unit next books it.
create table refund_hold (
  id bigint generated always as identity primary key,
  tenant text not null,
  unit text not null,
  fee_id bigint not null references charge,
  cancel_event_id bigint not null references subscription_event,
  -- What was to be taken back when it was held, and in which month's ledger.
  fen integer not null check (fen > 0),
  month date not null,
  held_at timestamptz not null default now(),
  unique (fee_id, cancel_event_id)
);
create index on refund_hold (tenant, unit);
create trigger append_only before update or delete on refund_hold for each row execute function forbid_change();
create trigger not_emptied before truncate on refund_hold execute function forbid_change();

create table refund_decision (
  hold_id bigint primary key references refund_hold,
  released boolean not null,
  account_id text not null references account,
  note text not null,
  at timestamptz not null default now()
);
create trigger append_only before update or delete on refund_decision for each row execute function forbid_change();
create trigger not_emptied before truncate on refund_decision execute function forbid_change();

create function refuse_own_decision() returns trigger language plpgsql as $$
begin
  if exists (
    select from refund_hold h join subscription_event e on e.id = h.cancel_event_id
    where h.id = new.hold_id and e.actor = new.account_id
  ) then
    raise exception 'who recorded the cancel does not release its refund'
      using errcode = 'check_violation', constraint = 'refund_second_person';
  end if;
  return new;
end $$;
create trigger second_person before insert on refund_decision for each row execute function refuse_own_decision();

-- Those that wait for a decision, and are still to be taken back.
create view held_refund as
select h.*, e.actor, e.at as said_at, e.received_at as recorded_at, fee.package, fee.payer_guardian_id
from refund_hold h join subscription_event e on e.id = h.cancel_event_id join charge fee on fee.id = h.fee_id
where not exists (select from refund_decision d where d.hold_id = h.id) and fee_left(fee) > 0;

-- Down Migration
drop view held_refund;
drop table refund_decision, refund_hold;
drop function refuse_own_decision;
