-- Up Migration
-- Who looked at whom, or changed something about them, when and why. Written before the question is answered. (Whom a
-- teacher texted is with the message, whoever it was.) It stays
-- here: its rows are in no log. A phone is kept as the id of whose it is; of nobody's, as its hash, so that trying many
-- shows as many.

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  account_id text not null references account,
  -- The operation of the API.
  action text not null,
  is_change boolean not null,
  -- Carriers whose admins see this.
  tenants text[] not null,
  subject_kind text not null check (subject_kind in (
    'guardian', 'teacher', 'stranger', 'unknown-phone', 'account', 'token', 'text', 'charge', 'charge-file', 'trial',
    'message', 'carrier')),
  subject_id text not null,
  -- A code; `unstated` where nobody asked or said.
  reason text not null default 'unstated',
  note text
);
create index on audit (account_id, at);
create index on audit (subject_kind, subject_id, at);
create index on audit (at, id);

create trigger append_only before update or delete on audit for each row execute function forbid_change();
create trigger not_emptied before truncate on audit for each statement execute function forbid_change();
revoke truncate on audit from public, current_user;

-- Down Migration
drop table audit;
