-- Up Migration
-- What an SMSC may deliver again: a text or part it has not provably had our answer to (H3). Until then the same octets
-- on another connection are the same text; afterwards, and after any other text of the phone, they are a new one. A
-- row is written in the transaction that stores the text, and deleted once its answer has arrived.
create table mo_unanswered (
  id bigint generated always as identity primary key,
  tenant text not null,
  phone text not null,
  digest text not null,
  -- The connection it came on, last.
  connection text not null,
  -- Of a part: its long text. Parts of one text are no other texts to each other.
  long_text text,
  -- Null: a part whose text was not complete by then.
  mo_id bigint,
  at timestamptz not null default now()
);
create index on mo_unanswered (tenant, phone);

-- What was dropped for being delivered again, so that nothing a parent sent goes without a trace.
create table mo_redelivery (
  id bigint generated always as identity primary key,
  tenant text not null,
  phone text not null,
  -- The text it is; null: a part of one that was not complete by then.
  mo_id bigint references mo,
  at timestamptz not null default now()
);
create index on mo_redelivery (phone, at);
create trigger append_only before update or delete on mo_redelivery for each row execute function forbid_change();

-- Nobody reads mo.connection and mo_part.connection any more; they go when no older worker runs that writes them.

-- Down Migration
drop table mo_redelivery, mo_unanswered;
