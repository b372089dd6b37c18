-- Up Migration
-- A gate that was silent throughout its school's arrival window (issue 4): raised at the window's end, cleared when
-- the reader uploads a swipe of that window later. Nothing else of a row changes, and cleared_at is set once.

create table reader_alarm (
  device_id text not null references reader,
  -- The school day, and its window as it was that day: a school may move it.
  date date not null,
  window_from timestamptz not null,
  window_until timestamptz not null,
  raised_at timestamptz not null default now(),
  -- When the swipe that cleared it was stored.
  cleared_at timestamptz,
  -- unheard: nothing since the window began; no-swipe: heard of, but by no swipe of the window.
  reason text not null check (reason in ('unheard', 'no-swipe')),
  primary key (device_id, date)
);
create index on reader_alarm (window_until) where cleared_at is null;

-- Until when each carrier's gates were looked at: written with what was found.
create table reader_alarm_sweep (
  tenant text primary key,
  looked_until timestamptz not null
);

-- A reader that came in the afternoon was not silent in the morning.
alter table reader add column registered_at timestamptz not null default now();

-- Swipes of one morning among those of years. They come in about the order of their times, so a summary of each range
-- of pages is enough, and costs an insert nothing.
create index on swipe using brin (at) with (autosummarize = on);

-- The newest boots of a reader, for its gaps. Neither column ever changes, so acks stay cheap (HOT).
create index on reader_boot (device_id, started_at);

-- Down Migration
drop index reader_boot_device_id_started_at_idx, swipe_at_idx;
alter table reader drop column registered_at;
drop table reader_alarm_sweep, reader_alarm;
