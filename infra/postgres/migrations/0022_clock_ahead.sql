-- Up Migration
-- ahead: its reader's clock was ahead of ours when it came (findings H9). When the card was swiped is not known, only
-- that it was before `recorded_at`; recorded, never texted.
alter table attendance drop constraint attendance_outcome_check;
alter table attendance add constraint attendance_outcome_check
  check (outcome in ('texted', 'late', 'debounced', 'stale', 'ahead'));

-- Down Migration
alter table attendance drop constraint attendance_outcome_check;
update attendance set outcome = 'stale' where outcome = 'ahead';
alter table attendance add constraint attendance_outcome_check
  check (outcome in ('texted', 'late', 'debounced', 'stale'));
