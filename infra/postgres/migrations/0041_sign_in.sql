-- Up Migration
-- What opens an account, and what ends: sessions, devices, machines' tokens, the account itself.

alter table session
  -- By which its owner ends it: the token's hash is nobody's to be shown.
  add column id uuid not null default gen_random_uuid() unique,
  add column opened_at timestamptz not null default now();

-- A browser in which somebody has signed in: whoever guesses elsewhere does not make them wait. It opens nothing.
create table known_device (
  token_hash text not null,
  account_id text not null references account,
  used_at timestamptz not null default now(),
  primary key (token_hash, account_id)
);
create index on known_device (account_id, used_at);

create table machine_token (
  id uuid primary key default gen_random_uuid(),
  account_id text not null references account,
  token_hash text not null unique,
  -- What its holder calls it.
  name text not null default '' check (length(name) <= 100),
  created_at timestamptz not null default now(),
  -- The account that made it; null: it was there before this table.
  created_by text references account,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index on machine_token (account_id, created_at);

-- Tokens given out so far had no end: each gets a year, in which its holder renews it.
insert into machine_token (account_id, token_hash, expires_at)
select id, token_hash, now() + interval '365 days' from account where token_hash is not null;
alter table account
  drop column token_hash,
  add column closed_at timestamptz;

-- Down Migration
alter table account drop column closed_at, add column token_hash text unique;
update account a set token_hash = t.token_hash from machine_token t
where t.account_id = a.id and t.ended_at is null and t.expires_at > now() and not exists (
  select from machine_token later where later.account_id = t.account_id and later.created_at > t.created_at);
drop table machine_token, known_device;
alter table session drop column opened_at, drop column id;
