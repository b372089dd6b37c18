-- Up Migration
-- A teacher texts and sees the classes he or she leads; the principal gives more, and takes it back (spec §1).

-- So that a grant cannot cross schools.
alter table teacher add unique (id, school_id);
alter table class add unique (id, school_id);

create table teacher_grant (
  id bigint generated always as identity primary key,
  school_id text not null references school,
  teacher_id text not null,
  -- Null: every class of the school, and texts to all of it.
  class_id text,
  given_by text not null references account,
  given_at timestamptz not null default now(),
  taken_by text references account,
  taken_at timestamptz,
  foreign key (teacher_id, school_id) references teacher (id, school_id),
  foreign key (class_id, school_id) references class (id, school_id),
  check ((taken_by is null) = (taken_at is null))
);
-- Given once; what was taken back stays as a record of who had it when.
create unique index on teacher_grant (teacher_id, class_id) nulls not distinct where taken_at is null;
create index on teacher_grant (school_id);
create index on teacher (school_id);

-- Down Migration
drop index teacher_school_id_idx;
drop table teacher_grant;
alter table class drop constraint class_id_school_id_key;
alter table teacher drop constraint teacher_id_school_id_key;
