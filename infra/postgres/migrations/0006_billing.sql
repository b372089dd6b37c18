-- Up Migration
-- Money (spec §6, §7.5). The ledger and everything a carrier was told or answered is append-only; only a run's progress
-- changes in place. No foreign keys from the ledger to people: it outlives the roster. Months are their first day.

-- Which transaction recorded an event. A run keeps the snapshot it charged under; what that snapshot did not see came
-- later, however long its transaction took to commit: exact, where a cursor over ids or times would skip some.
alter table subscription_event add column recorded_txid xid8 not null default pg_current_xact_id();
create index on subscription_event (tenant, recorded_txid);

create table charge (
  id bigint generated always as identity primary key,
  tenant text not null,
  unit text not null,
  month date not null check (extract(day from month) = 1),
  kind text not null check (kind in ('fee', 'reversal')),
  -- The fee that a reversal takes back, wholly (R8) or in part (the refund of a cancelled year, R6).
  fee_id bigint references charge,
  payer_guardian_id text not null,
  package text not null,
  fen integer not null,
  rule text not null check (rule in ('R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8')),
  profile_version text not null,
  decided_at timestamptz not null,
  reason text not null,
  -- What it was decided from: ids of subscription events and times, never people.
  inputs jsonb not null,
  workflow_id text not null,
  recorded_at timestamptz not null default now(),
  check ((kind = 'reversal') = (fee_id is not null)),
  check (case kind when 'fee' then fen >= 0 else fen <= 0 end)
);
-- R4: at most one fee per unit and month, whatever is ordered, cancelled, changed and re-ordered.
create unique index charge_one_fee on charge (tenant, unit, month) where kind = 'fee';
create unique index charge_one_reversal on charge (fee_id) where kind = 'reversal';
-- A unit's ledger: its fees by the first of these, its few reversals by this.
create index on charge (tenant, unit) where kind = 'reversal';
-- Appended month by month, so a few pages of a range index find a month: what the balance and the report ask for.
create index on charge using brin (month);
create trigger append_only before update or delete on charge for each row execute function forbid_change();

-- One run for a carrier's month; running it again continues it.
create table billing_run (
  tenant text not null,
  month date not null,
  workflow_id text not null,
  state text not null default 'charging'
    check (state in ('charging', 'awaiting-results', 'results-overdue', 'settled', 'unbalanced')),
  started_at timestamptz not null default now(),
  charged_at timestamptz,
  balance jsonb,
  primary key (tenant, month)
);

-- Key ranges of units, (after, upto]; null is open. `snapshot`: what the charging of the range has seen of the events.
create table billing_chunk (
  tenant text not null,
  month date not null,
  chunk integer not null,
  after_unit text,
  upto_unit text,
  snapshot pg_snapshot,
  primary key (tenant, month, chunk),
  foreign key (tenant, month) references billing_run
);

-- What the carrier was asked to collect. Lines are kept as they were told, phone and words included, so that a file can
-- be written again byte for byte.
create table charge_file (
  id bigint generated always as identity primary key,
  tenant text not null,
  month date not null,
  lines integer not null,
  fen bigint not null,
  created_at timestamptz not null default now(),
  foreign key (tenant, month) references billing_run
);
create index on charge_file (tenant, month);
create trigger append_only before update or delete on charge_file for each row execute function forbid_change();

create table charge_file_line (
  file_id bigint not null references charge_file,
  line integer not null,
  charge_id bigint not null references charge,
  -- 1: told for the first time; above: asked again after the carrier refused.
  attempt smallint not null,
  package text not null,
  fen integer not null,
  phone text not null,
  starts_at timestamptz not null,
  note text not null,
  primary key (file_id, line),
  unique (charge_id, attempt)
);
create trigger append_only before update or delete on charge_file_line for each row execute function forbid_change();

-- Results files as they were uploaded, and what reading them found: all of it counted, or none.
create table charge_results_upload (
  id uuid primary key default gen_random_uuid(),
  tenant text not null,
  file_id bigint not null references charge_file,
  account_id text not null,
  request_key text not null,
  body text not null,
  uploaded_at timestamptz not null default now(),
  unique (account_id, request_key)
);
create trigger append_only before update or delete on charge_results_upload
  for each row execute function forbid_change();

create table charge_results_report (
  upload_id uuid primary key references charge_results_upload,
  accepted boolean not null,
  report jsonb not null,
  at timestamptz not null default now()
);
create trigger append_only before update or delete on charge_results_report
  for each row execute function forbid_change();

create table charge_result (
  file_id bigint not null,
  line integer not null,
  charge_id bigint not null references charge,
  attempt smallint not null,
  outcome text not null check (outcome in ('success', 'failure')),
  reason text not null,
  -- A refused fee is asked for again in this month's file; null: it succeeded, or the retries are used up.
  retry_month date,
  at timestamptz not null default now(),
  primary key (file_id, line),
  unique (charge_id, attempt),
  foreign key (file_id, line) references charge_file_line
);
create index on charge_result (retry_month) where retry_month is not null;
create trigger append_only before update or delete on charge_result for each row execute function forbid_change();

-- 欠费: fees whose latest answer is a refusal and that still stand.
create view arrears as
select c.tenant, c.unit, c.month, c.id as charge_id, c.payer_guardian_id, c.fen, r.attempt, r.reason, r.retry_month,
  r.at as refused_at
from charge_result r
join charge c on c.id = r.charge_id and c.kind = 'fee'
where r.outcome = 'failure'
  and not exists (select 1 from charge_result later where later.charge_id = r.charge_id and later.attempt > r.attempt)
  and not exists (select 1 from charge back where back.fee_id = c.id and back.kind = 'reversal');

-- 后维护期 begins with a school's first successful charge (spec §7.5).
create table maintenance_phase (
  school_id text primary key references school,
  tenant text not null,
  charge_id bigint not null references charge,
  since timestamptz not null default now()
);

-- Down Migration
drop table maintenance_phase;
drop view arrears;
drop table charge_result, charge_results_report, charge_results_upload, charge_file_line, charge_file, billing_chunk,
  billing_run, charge;
alter table subscription_event drop column recorded_txid;
