-- Up Migration
-- Of an UNCERTAIN part: a late refusal told that the SMSC never took it, so it is queued again.
alter table sms_part add column not_taken boolean;

-- Down Migration
alter table sms_part drop column not_taken;
