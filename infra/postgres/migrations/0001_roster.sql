-- Up Migration
-- Who there is: schools, classes, people, cards, readers, logins. `tenant` is the carrier (a file in carriers/); every
-- row carries it, so that no query can cross carriers by forgetting a join. Ids are opaque: they may appear in
-- workflow ids and logs, while names and phones never leave these tables (architecture §1.4).

create table school (
  id text primary key,
  tenant text not null,
  name text not null,
  kind text not null check (kind in ('kindergarten', 'primary', 'junior', 'senior', 'vocational')),
  -- Class and bulk texts wait while local time is in [from, until); both null: never (spec §8).
  quiet_from time default '21:30',
  quiet_until time default '06:30',
  -- When swipes at the gate are expected; a gate silent throughout raises an alarm.
  arrival_from time not null default '06:30',
  arrival_until time not null default '08:30',
  check ((quiet_from is null) = (quiet_until is null))
);
create index on school (tenant);

create table teacher (
  id text primary key,
  tenant text not null,
  school_id text not null references school,
  name text not null,
  phone text not null
);
create index on teacher (tenant, phone);

create table class (
  id text primary key,
  tenant text not null,
  school_id text not null references school,
  name text not null,
  homeroom_teacher_id text not null references teacher
);
create index on class (school_id);

-- 户: Gansu's billing unit.
create table household (
  id text primary key,
  tenant text not null
);

create table guardian (
  id text primary key,
  tenant text not null,
  household_id text not null references household,
  name text not null,
  phone text not null check (phone ~ '^[0-9]{5,15}$'),
  unique (tenant, phone)
);
create index on guardian (household_id);
create index on guardian (phone);

create table student (
  id text primary key,
  tenant text not null,
  school_id text not null references school,
  class_id text not null references class,
  household_id text not null references household,
  name text not null
);
create index on student (class_id);
create index on student (household_id);

create table guardianship (
  student_id text not null references student,
  guardian_id text not null references guardian,
  primary key (student_id, guardian_id)
);
create index on guardianship (guardian_id);

create table card (
  school_id text not null references school,
  number text not null,
  student_id text not null references student,
  state text not null default 'active' check (state in ('active', 'lost')),
  primary key (school_id, number)
);

create table reader (
  device_id text primary key,
  tenant text not null,
  school_id text not null references school,
  shard text not null,
  key text not null,
  last_seen_at timestamptz
);
create index on reader (tenant, shard);

-- A login. `tenants` is what it may see; a teacher's or school admin's sight is narrowed further to the school.
create table account (
  id text primary key,
  tenants text[] not null,
  role text not null
    check (role in ('teacher', 'school-admin', 'parent', 'agent', 'customer-service', 'carrier-admin', 'ops')),
  login text not null unique,
  password_hash text,
  token_hash text unique,
  school_id text references school,
  teacher_id text references teacher,
  guardian_id text references guardian
);

create table session (
  token_hash text primary key,
  account_id text not null references account,
  expires_at timestamptz not null
);

-- What each Idempotency-Key of orders was used for first: a digest of the request, and the time it was said.
create table request_key (
  account_id text not null references account,
  key text not null,
  digest text not null,
  used_at timestamptz not null default now(),
  primary key (account_id, key)
);

-- Down Migration
drop table request_key, session, account, reader, card, guardianship, student, guardian, household, class, teacher, school;
