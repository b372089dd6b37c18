-- Up Migration
-- Teachers' messages, parents' answers, the mailbox (spec §5, §8).

-- Teacher and guardian in conversation. The id is the extension after the short code, unique everywhere.
create table thread (
  id bigint generated always as identity (start with 100001) primary key,
  tenant text not null,
  teacher_id text not null references teacher,
  guardian_id text not null references guardian,
  unique (teacher_id, guardian_id)
);

create table message (
  id uuid primary key default gen_random_uuid(),
  tenant text not null,
  school_id text not null references school,
  account_id text not null references account,
  teacher_id text not null references teacher,
  -- The caller's Idempotency-Key.
  request_key text not null,
  kind text not null,
  audience jsonb not null,
  text text not null,
  send_at timestamptz,
  state text not null default 'accepted' check (state in ('accepted', 'waiting', 'sending', 'sent', 'cancelled')),
  created_at timestamptz not null default now(),
  unique (account_id, request_key)
);
create index on message (school_id, created_at);

-- Parents' texts (MO), committed before the SMSC gets its response.
create table mo (
  id bigint generated always as identity primary key,
  tenant text not null,
  -- What makes a redelivery by the SMSC the same text.
  hash text not null unique,
  phone text not null,
  destination text not null,
  body text not null,
  -- Of source, destination and octets, and the connection it came on: the same digest on another connection within
  -- minutes is the SMSC delivering again.
  digest text,
  connection text,
  stored_at timestamptz not null default now(),
  -- By the SMSC, where it says so: what a text ordered counts from then.
  received_at timestamptz not null default now()
);
create index on mo (phone, received_at);
create index on mo (digest, stored_at);

-- Parts of a long MO until all are there.
create table mo_part (
  tenant text not null,
  phone text not null,
  destination text not null,
  reference integer not null,
  total smallint not null,
  part smallint not null,
  -- Octets, because a character may be cut in two between parts.
  octets bytea not null,
  data_coding smallint not null,
  received_at timestamptz not null default now(),
  -- Set once joined; kept a while, so that a part delivered again is known.
  mo_id bigint references mo,
  primary key (tenant, phone, destination, reference, total, part)
);
create index on mo_part (received_at) where mo_id is null;

-- Each MO is routed once; `reason` says why there was no answer, where there was none.
create table mo_outcome (
  mo_id bigint primary key references mo,
  route text not null,
  answered boolean not null,
  reason text,
  workflow_id text not null,
  at timestamptz not null default now()
);

-- 家长回音
create table reply_box (
  id bigint generated always as identity primary key,
  tenant text not null,
  thread_id bigint not null references thread,
  mo_id bigint not null unique references mo,
  sender text not null check (sender in ('guardian', 'teacher')),
  body text not null,
  at timestamptz not null default now()
);
create index on reply_box (thread_id, at);

-- 班主任信箱
create table homeroom_mailbox (
  id bigint generated always as identity primary key,
  tenant text not null,
  class_id text not null references class,
  teacher_id text not null references teacher,
  student_id text not null references student,
  guardian_id text not null references guardian,
  mo_id bigint not null unique references mo,
  body text not null,
  at timestamptz not null default now()
);
create index on homeroom_mailbox (teacher_id, at);

-- "Which child?" asked of a phone: the next text that is a number answers it.
create table pending_choice (
  tenant text not null,
  phone text not null,
  mo_id bigint not null references mo,
  student_ids text[] not null,
  asked_at timestamptz not null default now(),
  primary key (tenant, phone)
);

-- Down Migration
drop table pending_choice, homeroom_mailbox, reply_box, mo_outcome, mo_part, mo, message, thread;
