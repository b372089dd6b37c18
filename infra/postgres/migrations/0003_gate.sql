-- Up Migration
-- The gate: swipes as they came, what they meant, and what could not be trusted (spec §9).

-- A swipe is (device, boot, seq), unique for ever.
create table swipe (
  device_id text not null references reader,
  boot text not null,
  seq bigint not null,
  card text not null,
  at timestamptz not null,
  dir text not null check (dir in ('in', 'out')),
  received_at timestamptz not null default now(),
  primary key (device_id, boot, seq)
);

-- Swipes whose attendance is not yet recorded: what the sweep starts again after a crash.
create table swipe_pending (
  device_id text not null,
  boot text not null,
  seq bigint not null,
  received_at timestamptz not null default now(),
  primary key (device_id, boot, seq)
);
create index on swipe_pending (received_at);

-- How far each boot of a reader is durable without a gap: the cumulative ack.
create table reader_boot (
  device_id text not null references reader,
  boot text not null,
  first_seq bigint not null,
  -- Everything in first_seq..durable_seq is stored.
  durable_seq bigint not null,
  -- The highest seq seen; above durable_seq means a gap.
  highest_seq bigint not null,
  started_at timestamptz not null default now(),
  primary key (device_id, boot)
);

-- What came from a reader and must not count: shown to the school, never texted. The digest of topic and item makes
-- a record sent again one row. `authentic`: signed with the device's key, so the seq is spent and may be acked.
create table quarantined_swipe (
  id bigint generated always as identity primary key,
  digest text not null unique,
  tenant text,
  school_id text,
  device_id text not null,
  boot text,
  seq bigint,
  authentic boolean not null,
  reason text not null,
  payload text not null,
  received_at timestamptz not null default now()
);
create index on quarantined_swipe (school_id, received_at);
create index on quarantined_swipe (received_at);
create index on quarantined_swipe (device_id, boot, seq) where authentic;

create table attendance (
  id bigint generated always as identity primary key,
  tenant text not null,
  school_id text not null,
  student_id text not null references student,
  device_id text not null,
  boot text not null,
  seq bigint not null,
  dir text not null,
  at timestamptz not null,
  -- texted: guardians are told now; late: told, saying it is late; debounced, stale: recorded only.
  outcome text not null check (outcome in ('texted', 'late', 'debounced', 'stale')),
  workflow_id text not null,
  recorded_at timestamptz not null default now(),
  unique (device_id, boot, seq)
);
create index on attendance (student_id, at);

-- Down Migration
drop table attendance, quarantined_swipe, reader_boot, swipe_pending, swipe;
