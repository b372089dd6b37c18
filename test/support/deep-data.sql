-- Years of a platform: tens of thousands of rows in every table that grows. Nearly all of it is of carrier gansu and of
-- school k0, so that whoever asks for something else must not walk past it. Family 1 has a little of everything, family 2
-- has much; the two are of school k2, whose teacher t2 is, and family 3 of k3.

insert into school (id, tenant, name, kind)
select 'k' || n, case n when 1 then 'shanxi' else 'gansu' end, '学校', 'primary' from generate_series(0, 99) n;
insert into teacher (id, tenant, school_id, name, phone)
select 't' || n, 'gansu', 'k' || n, '老师', '138' || lpad(n::text, 8, '0') from generate_series(0, 99) n;
-- A class for each family, since a trial is a class's.
insert into class (id, tenant, school_id, name, homeroom_teacher_id)
select 'c' || n, case n when 4 then 'shanxi' else 'gansu' end, k.id, '一班', case when n <= 2 then 't2' else 't0' end
from generate_series(1, 10000) n
join school k on k.id = case when n <= 2 then 'k2' when n = 4 then 'k1' when n < 100 then 'k' || n else 'k0' end;
insert into household (id, tenant) select 'h' || n, 'gansu' from generate_series(1, 10000) n;
insert into guardian (id, tenant, household_id, name, phone)
select 'g' || n, 'gansu', 'h' || n, '家长', '139' || lpad(n::text, 8, '0') from generate_series(1, 10000) n;
insert into student (id, tenant, school_id, class_id, household_id, name)
select 'st' || n, 'gansu', c.school_id, c.id, 'h' || n, '学生' from generate_series(1, 10000) n join class c on c.id = 'c' || n;
insert into guardianship (student_id, guardian_id) select 'st' || n, 'g' || n from generate_series(1, 10000) n;
insert into card (school_id, number, student_id) select school_id, 'card' || id, id from student;
insert into account (id, login, tenants, role, school_id, teacher_id, guardian_id) values
  ('teacher', 'teacher', '{gansu}', 'teacher', 'k2', 't2', null),
  -- Wrote little in the school where everybody else wrote much.
  ('newcomer', 'newcomer', '{gansu}', 'teacher', 'k0', 't0', null),
  ('principal', 'principal', '{gansu}', 'school-admin', 'k2', 't2', null),
  ('parent', 'parent', '{gansu}', 'parent', null, null, 'g2'),
  ('helper', 'helper', '{gansu,shanxi}', 'customer-service', null, null, null),
  ('admin', 'admin', '{shanxi}', 'carrier-admin', null, null, null),
  ('boss', 'boss', '{gansu,shanxi}', 'carrier-admin', null, null, null),
  ('ops', 'ops', '{gansu,shanxi}', 'ops', null, null, null);
insert into machine_token (account_id, token_hash, expires_at)
select id, encode(sha256(convert_to('token-of-' || id, 'UTF8')), 'hex'), now() + interval '1 day' from account;
insert into account (id, login, tenants, role, guardian_id)
select 'a' || n, 'a' || n, '{gansu}', 'parent', 'g' || n from generate_series(1, 10000) n;
insert into session (token_hash, account_id, expires_at)
select n::text, 'a' || n, now() + interval '1 hour' from generate_series(1, 10000) n;
analyze;

insert into reader (device_id, tenant, school_id, shard, key)
select 'r' || n, k.tenant, k.id, '1', 'key' from generate_series(1, 2000) n join school k on k.id = 'k' || n % 100;
insert into reader_boot (device_id, boot, first_seq, durable_seq, highest_seq, started_at)
select 'r' || (n % 2000 + 1), 'b' || n, 1, 10, 10, now() - n * interval '1 hour' from generate_series(1, 10000) n;
insert into reader_alarm (device_id, date, window_from, window_until, reason)
select 'r' || (n % 2000 + 1), current_date - n / 2000, now() - n / 2000 * interval '1 day',
  now() - (n / 2000 + 1) * interval '1 day', 'unheard' from generate_series(2000, 20000) n;
insert into swipe (device_id, boot, seq, card, at, dir, received_at)
select 'r' || (n % 2000 + 1), 'b', n, 'cardst' || (n % 10000 + 1), now() - n * interval '10 s', 'in', now() - n * interval '10 s'
from generate_series(1, 20000) n;
insert into attendance (tenant, school_id, student_id, device_id, boot, seq, dir, at, outcome, workflow_id, recorded_at)
select 'gansu', 'k0', 'st' || (n % 10000 + 1), 'r' || (n % 2000 + 1), 'b', n, 'in', now() - n * interval '1 min', 'texted',
  'swipe/' || n, now() - n * interval '1 min' from generate_series(1, 20000) n;
-- Readers of family 3's school and devices nobody registered are what fills it.
insert into quarantined_swipe (digest, tenant, school_id, device_id, authentic, reason, payload, received_at)
select n::text, case when n <= 100 then 'shanxi' else 'gansu' end,
  case when n <= 100 then 'k1' when n <= 200 then 'k2' when n % 2 = 0 then 'k3' end,
  'r' || n % 2000, false, 'unknown-card', '{"card":"x"}', now() - (20000 - n) * interval '1 min'
from generate_series(1, 20000) n;
analyze;

insert into message (id, tenant, school_id, account_id, teacher_id, request_key, kind, audience, text, state, created_at)
select format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, 'gansu',
  case when n <= 2 then 'k2' else 'k0' end,
  case when n <= 2 then 'teacher' when n <= 100 then 'newcomer' else 'a1' end, 't0', n::text, 'homework',
  '{"classIds":["c1"]}', '作业', 'sent', now() - (20000 - n) * interval '1 min'
from generate_series(1, 10000) n;
-- Texts of message 2 go to 40 parents, of the others to a few.
insert into sms (tenant, origin, workflow_id, kind, lane, phone, source, body, segments, guardian_id, student_id, message_id,
  created_at)
select 'gansu', case n % 3 when 0 then 'swipe/r' || (n % 2000 + 1) || '/b/' || n else 'text/' || n end, 'workflow/' || n,
  case n % 3 when 0 then 'safety' else 'class-message' end, 1, '139' || lpad(family::text, 8, '0'), '10657', '你好', 1,
  'g' || family, 'st' || family,
  format('00000000-0000-4000-8000-%s', lpad((case when n <= 40 then 2 else n % 10000 + 3 end)::text, 12, '0'))::uuid,
  now() - n * interval '1 min'
from generate_series(1, 30000) n
cross join lateral (select case when n <= 3000 and n % 30 = 0 then 2 else n % 10000 + 1 end as family) f;
analyze sms;
insert into sms_part (sms_id, part, state, smsc_id, at)
select id, 1, case when id % 30 = 0 then 'UNCERTAIN' else 'ACCEPTED' end, 'm' || id, created_at from sms;
insert into sms_receipt (tenant, smsc_id, phone, state, sms_id, part, received_at)
select tenant, 'm' || id, phone, 'DELIVERED', id, 1, created_at from sms where id % 30 > 0;
insert into sms_receipt (tenant, smsc_id, phone, state, received_at)
select 'gansu', 'lost' || n, '137' || n, 'DELIVERED', now() - n * interval '1 hour' from generate_series(1, 10000) n;
insert into sms_decision (sms_id, attempt, "as", account_id, request_key, note, at)
select id, 1, 'given-up', 'ops', 'k' || id, '核实', created_at from sms where id % 30 = 0 and id > 100;
insert into sms_suppression (tenant, origin, workflow_id, kind, phone, message_id, reason, at)
select 'gansu', 'none/' || n, 'workflow/' || n, 'class-message', '139' || lpad((n % 10000 + 1)::text, 8, '0'),
  format('00000000-0000-4000-8000-%s', lpad((n % 10000 + 1)::text, 12, '0'))::uuid, 'not subscribed', now() - n * interval '1 min'
from generate_series(1, 10000) n;
insert into mo (tenant, hash, phone, destination, body, stored_at, received_at)
select 'gansu', n::text, '139' || lpad((n % 10000 + 1)::text, 8, '0'), '10657', '好的', now() - n * interval '1 min',
  now() - n * interval '1 min' from generate_series(1, 10000) n;
insert into thread (tenant, teacher_id, guardian_id) select 'gansu', 't0', 'g' || n from generate_series(1, 10000) n;
insert into reply_box (tenant, thread_id, mo_id, sender, body)
select 'gansu', t.id, mo.id, 'guardian', '好的' from mo join thread t on t.guardian_id = 'g' || mo.id where mo.id % 2 = 0;
insert into homeroom_mailbox (tenant, class_id, teacher_id, student_id, guardian_id, mo_id, body)
select 'gansu', 'c' || id, 't0', 'st' || id, 'g' || id, id, '请假' from mo where id % 2 = 1;
analyze;
insert into mo_outcome (mo_id, route, answered, workflow_id) select id, 'help', true, 'mo/' || id from mo where id % 100 > 0;
insert into smpp_quarantine (tenant, link, command, reason, octets, digest, hour, at)
select case when n <= 100 then 'shanxi' else 'gansu' end, 0, 5, 'unreadable', 'x', n::text, 1, now() - (20000 - n) * interval '1 min'
from generate_series(1, 10000) n;
-- Of what came, nearly all is done.
delete from pending where kind = 'swipe' or kind = 'message' and right(key, 5) > '02000';

insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
select 'gansu', 'h' || n, 'g' || n, 'home-school', '{home-school}', 'active', now() - interval '2 years'
from generate_series(1, 10000) n where n <= 2 or n % 2 = 0;
insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
select 'gansu', 'h' || (n % 10000 + 1), 'request/' || n, 'order', 'home-school', 'sms', 'g' || (n % 10000 + 1),
  'g' || (n % 10000 + 1), now() - n * interval '1 hour', now() - n * interval '1 hour' from generate_series(1, 20000) n;
insert into subscription_note (tenant, request_id, account_id, note)
select 'gansu', 'request/' || n, 'helper', '来电' from generate_series(1, 10000) n;
insert into subscription_request (tenant, request_id, unit, outcome, answer, at)
select tenant, request_id, unit, 'subscribed', '{}', at from subscription_event;
insert into request_key (account_id, key_hash, digest) select 'helper', n::text, 'digest' from generate_series(1, 10000) n;
insert into billing_run (tenant, month, workflow_id, state)
select 'gansu', ('2024-01-01'::date + n * interval '1 month')::date, 'billing/' || n, 'settled' from generate_series(0, 23) n;
insert into billing_chunk (tenant, month, chunk) select tenant, month, n from billing_run, generate_series(0, 499) n;
insert into charge_file (tenant, month, lines, fen) select tenant, month, 1, 800 from billing_run;
analyze;
-- Family 2 has paid each month of two years, the others twice.
insert into charge (tenant, unit, month, kind, payer_guardian_id, package, fen, rule, profile_version, decided_at, reason,
  inputs, workflow_id, consent_event_id)
select 'gansu', 'h' || family, ('2024-01-01'::date + month * interval '1 month')::date, 'fee', 'g' || family, 'home-school', 800,
  'R4', 'gansu-2019-07', now(), 'monthly', jsonb_build_object('events', jsonb_build_array(e.id)), 'billing/' || month, e.id
from generate_series(1, 10000) family cross join generate_series(0, 23) month
join lateral (select id from subscription_event e where e.tenant = 'gansu' and e.unit = 'h' || family limit 1) e on true
where family = 2 or month = family % 12 or month = family % 12 + 12;
insert into charge (tenant, unit, month, kind, fee_id, payer_guardian_id, package, fen, rule, profile_version, decided_at,
  reason, inputs, workflow_id)
select tenant, unit, month, 'reversal', id, payer_guardian_id, package, -fen, 'R8', profile_version, now(), 'reversed', inputs,
  workflow_id from charge where id % 2 = 0;
analyze charge;
insert into charge_file_line (file_id, line, charge_id, attempt, package_id, package, fen, phone, starts_at, note)
select f.id, c.id, c.id, 1, c.package, c.package, c.fen, g.phone, now(), ''
from charge c join charge_file f using (tenant, month) join guardian g on g.id = c.payer_guardian_id;
insert into charge_result (file_id, line, charge_id, attempt, outcome, reason)
select file_id, line, charge_id, 1, case when charge_id % 50 = 1 then 'failure' else 'success' end, '余额不足' from charge_file_line;

insert into trial (id, tenant, class_id, round, message_id, profile_version, package, answer_days, started_at, ends_at, services)
select 'c' || n, case n when 4 then 'shanxi' else 'gansu' end, 'c' || n, 1,
  format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, 'gansu-2019-07', 'home-school', 7,
  now() - (20000 - n) * interval '1 min', now() + interval '1 month', '{home-school}' from generate_series(1, 10000) n;
insert into trial_family (tenant, unit, trial_id, household_id, payer_guardian_id)
select 'gansu', 'h' || n, 'c' || n, 'h' || n, 'g' || n from generate_series(1, 10000) n where n = 2 or n % 2 = 1;
insert into trial_event (trial_id, type, actor, at)
select 'c' || n, 'started', 'trial/c' || n, now() from generate_series(1, 10000) n
union all select 'c2', 'report', 'trial/c2', now() from generate_series(1, 30)
union all select 'c' || n, 'report', 'trial', now() from generate_series(1, 10000) n;
insert into trial_report (trial_id, number, from_at, until_at, facts)
select 'c' || n, 1, now(), now(), '{}' from generate_series(1, 10000) n;
insert into trial_opinion (trial_id, account_id, request_key, text)
select 'c' || n, 'teacher', n::text, '好' from generate_series(1, 10000) n;
insert into audit (account_id, action, is_change, tenants, subject_kind, subject_id, at)
select 'helper', 'trace', false, case when n % 2000 = 0 then '{shanxi}' else '{gansu}' end::text[], 'guardian',
  'g' || (n % 10000 + 1), now() - interval '1 day' - n * interval '1 min' from generate_series(1, 20000) n;
