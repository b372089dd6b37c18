-- Up Migration
-- What the ledger may say is held here and not by whoever writes it (spec §6, R4, R6, R8; findings B13). Each rule holds
-- for every row from now on. Rows of before are kept as they are, for a ledger is never changed: constraints that they
-- may break are NOT VALID, and say why; triggers look at what is inserted alone.

-- A unit's fee of a month: its first, or the one after a fee that was wholly taken back. Rows of before are firsts.
alter table charge add column nth smallint not null default 1 check (nth > 0);
drop index charge_one_fee;
create unique index charge_one_fee on charge (tenant, unit, month, nth) where kind = 'fee';

-- Refunds are raised by further ones (R6), so a fee has several.
drop index charge_one_reversal;
create index charge_reversals on charge (fee_id) where kind = 'reversal';
-- A refund of nothing is no line. NOT VALID: a free month's line could be "taken back".
alter table charge add constraint charge_reversal_takes_back check (kind = 'fee' or fen < 0) not valid;

-- By what the fee was consented to. NOT VALID: of fees of before, only `inputs` names events.
alter table charge
  add column consent_event_id bigint,
  add constraint charge_consent check ((kind = 'fee') = (consent_event_id is not null)) not valid;
-- The key is declared, and kept by check_charges for a whole statement and by events being append-only: enforced row by
-- row it locks each event, 10 µs beside the 14 that a fee takes (measured), and a month fell from 0.41 to 0.31 of an
-- INSERT … SELECT. PostgreSQL before 18 can't declare what it doesn't enforce.
do $$
begin
  if current_setting('server_version_num')::integer >= 180000 then
    execute 'alter table charge add constraint charge_consent_event foreign key (consent_event_id)
      references subscription_event not enforced';
  end if;
end $$;

-- What is left of a fee when what was taken back is taken off; 0: wholly taken back, or free.
create function fee_left(fee charge) returns integer language sql stable as $$
  select (fee.fen + coalesce((select sum(back.fen) from charge back where back.fee_id = fee.id and back.kind = 'reversal'), 0))::integer
$$;

-- Once for each statement: a month's fees come 5,000 at a time, and a row's own trigger would cost as much as the row.
-- Values and not joins, without scans of whole tables: a session keeps the plan it made while they were empty.
create function check_charges() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  if exists (
    select from added fee where fee.kind = 'fee' and (
      select e.tenant = fee.tenant and e.unit = fee.unit and e.package = fee.package
        -- Instants are compared in the milliseconds that deciding them knows.
        and e.at < fee.decided_at + interval '1 ms'
        and (e.type = 'consent' or e.type = 'order' and e.channel in ('sms', 'web'))
      from subscription_event e where e.id = fee.consent_event_id) is not true
  ) then
    raise exception 'a fee is of another unit or package than its consent, or its event is none'
      using errcode = 'check_violation', constraint = 'charge_consent';
  end if;

  if exists (
    select from added fee where fee.kind = 'fee' and fee.nth > 1 and (
      -- A free month's line of nothing gives way to a fee; two of them say nothing.
      select fee_left(last) = 0 and last.fen + fee.fen > 0 from charge last
      where last.tenant = fee.tenant and last.unit = fee.unit and last.month = fee.month and last.nth = fee.nth - 1
        and last.kind = 'fee') is not true
  ) then
    raise exception 'a unit has a standing fee of the month'
      using errcode = 'unique_violation', constraint = 'charge_one_fee';
  end if;
  if exists (select from added where kind = 'reversal') then
    -- Two that take back of one fee take turns.
    perform from charge fee where fee.id = any (array(select fee_id from added where kind = 'reversal'))
      order by fee.id for no key update;
    if exists (
      select from added back where back.kind = 'reversal' and (
        select fee.kind = 'fee' and fee.tenant = back.tenant and fee.unit = back.unit and fee.package = back.package
          and fee.payer_guardian_id = back.payer_guardian_id and fee.month <= back.month and fee_left(fee) >= 0
        from charge fee where fee.id = back.fee_id) is not true
    ) then
      raise exception 'a reversal is of no fee of its unit, or above what is left of it'
        using errcode = 'check_violation', constraint = 'charge_within_fee';
    end if;
  end if;
  return null;
end $$;
create trigger check_charges after insert on charge
  referencing new table as added for each statement execute function check_charges();

-- A line of a charge file says what its charge says: of a fee, less what had been taken back of it by then. `package` is
-- its name in words. NOT VALID: lines of before have the name alone.
alter table charge_file_line
  add column package_id text,
  -- The reversals that it is less by: with them it is settled what was never paid, so that they are not told.
  add column set_off bigint[] not null default '{}',
  add constraint charge_file_line_package check (package_id is not null) not valid;
create index charge_set_off on charge_file_line (charge_id) where set_off <> '{}';

create function check_file_lines() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  if exists (
    select from added line where (
      select c.tenant = file.tenant and c.month <= file.month and c.package = line.package_id
        and line.fen = c.fen + off.fen and off.count = cardinality(line.set_off)
        and line.phone = (select phone from guardian where id = c.payer_guardian_id)
      from charge c, charge_file file, lateral (
        select count(*), coalesce(sum(back.fen), 0) as fen from charge back
        where back.id = any (line.set_off) and back.fee_id = c.id and back.kind = 'reversal') off
      where c.id = line.charge_id and file.id = line.file_id) is not true
  ) then
    raise exception 'a line of a charge file differs from its charge'
      using errcode = 'check_violation', constraint = 'charge_file_line_charge';
  end if;
  return null;
end $$;
create trigger check_file_lines after insert on charge_file_line
  referencing new table as added for each statement execute function check_file_lines();

-- A result is of its line's own charge and attempt.
create function check_results() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  if exists (
    select from added result where (
      select line.charge_id = result.charge_id and line.attempt = result.attempt from charge_file_line line
      where line.file_id = result.file_id and line.line = result.line) is not true
  ) then
    raise exception 'a result is of another charge than its line'
      using errcode = 'check_violation', constraint = 'charge_result_line';
  end if;
  return null;
end $$;
create trigger check_results after insert on charge_result
  referencing new table as added for each statement execute function check_results();

-- 欠费: fees whose latest answer is a refusal, with what is left of them (spec R6: owed as fee less refunds).
create or replace view arrears as
select c.tenant, c.unit, c.month, c.id as charge_id, c.payer_guardian_id, owed.fen, r.attempt, r.reason, r.retry_month,
  r.at as refused_at
from charge_result r
join charge c on c.id = r.charge_id and c.kind = 'fee'
cross join lateral (select fee_left(c) as fen) owed
where r.outcome = 'failure' and owed.fen > 0
  and not exists (select 1 from charge_result later where later.charge_id = r.charge_id and later.attempt > r.attempt);

-- Down Migration
-- Only where no month has two fees of a unit, and no fee two reversals: else the old rules can't be made again.
create or replace view arrears as
select c.tenant, c.unit, c.month, c.id as charge_id, c.payer_guardian_id, c.fen, r.attempt, r.reason, r.retry_month,
  r.at as refused_at
from charge_result r
join charge c on c.id = r.charge_id and c.kind = 'fee'
where r.outcome = 'failure'
  and not exists (select 1 from charge_result later where later.charge_id = r.charge_id and later.attempt > r.attempt)
  and not exists (select 1 from charge back where back.fee_id = c.id and back.kind = 'reversal');
drop trigger check_results on charge_result;
drop function check_results;
drop trigger check_file_lines on charge_file_line;
drop function check_file_lines;
alter table charge_file_line drop column set_off, drop column package_id;
drop trigger check_charges on charge;
drop function check_charges;
drop function fee_left;
alter table charge drop constraint charge_reversal_takes_back, drop column consent_event_id;
drop index charge_reversals;
create unique index charge_one_reversal on charge (fee_id) where kind = 'reversal';
drop index charge_one_fee;
alter table charge drop column nth;
create unique index charge_one_fee on charge (tenant, unit, month) where kind = 'fee';
