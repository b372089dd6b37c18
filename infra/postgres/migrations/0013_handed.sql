-- Up Migration
-- How many of a batch's texts, from the front, may have left: committed before the first of them does. What lies behind
-- never left, so a dead owner leaves a window and a little of UNCERTAIN texts and not all it had claimed. Null: written
-- before there was the mark, so all may have left.
alter table sms_batch add column handed integer;
-- By how many binds the phones were shared out when it was claimed; null: before that could change.
alter table sms_batch add column links smallint;

-- How many binds a carrier has now. A link that knows another number claims nothing.
create table carrier_binds (
  tenant text primary key,
  links smallint not null check (links > 0)
);

-- Down Migration
drop table carrier_binds;
alter table sms_batch drop column links, drop column handed;
