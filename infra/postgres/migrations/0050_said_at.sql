-- Up Migration
-- When the word was given of what counts only later (spec §6: the later word stands, by when it was said): the day on a
-- slip, '-infinity' where it bears none; the yes to a fee notice, whose order is of the trial's end. A stop said between
-- the two overrules it, whenever it is heard. Unset: it counts from when it was said.
alter table subscription_event add column said_at timestamptz, add check (said_at <= at);

-- Of what was recorded before, what its own evidence and the trial say.
alter table subscription_event disable trigger append_only;
update subscription_event e set said_at = least(e.at, coalesce(
  (select f.answered_at from trial_family f where f.tenant = e.tenant and f.unit = e.unit and f.request_id = e.request_id),
  (e.evidence ->> 'signedOn')::date at time zone 'Asia/Shanghai', '-infinity'))
where e.type in ('order', 'consent') and (e.evidence ? 'slip' or exists (
  select from trial_family f where f.tenant = e.tenant and f.unit = e.unit and f.request_id = e.request_id));
alter table subscription_event enable trigger append_only;

-- Down Migration
alter table subscription_event drop column said_at;
