-- Up Migration
-- What look-ups go by, so that none of them walks past the rows of others (test/integration/look-ups.test.ts).

-- The trace of a phone: cards of its children, swipes of their gates.
create index on card (student_id);
create index on reader (school_id);
-- Lists, newest first: of one account, of one carrier, of one school. What devices that nobody registered send belongs
-- to no school, and can be more than everything else.
create index on message (account_id, created_at, id);
create index on trial (tenant, started_at, id);
create index on quarantined_swipe (school_id, id);
create index on quarantined_swipe (tenant, id);
create index quarantined_swipe_of_schools on quarantined_swipe (tenant, id) where school_id is not null;
create index on smpp_quarantine (tenant, id);
-- Each sign-in tidies up the account's sessions.
create index on session (account_id);
-- Whom an agent orders for is asked for consent once a day.
create index on subscription_request (tenant, unit, at) where outcome = 'pending-consent';
-- Refusals are few among a million results.
create index on charge_result (charge_id, attempt) where outcome = 'failure';
-- Answers of a class's parents, for its weekly reports.
create index on thread (guardian_id);
create index on homeroom_mailbox (class_id, at);

-- A session keeps the plan it made of a trigger's statements, maybe while the tables were empty: then each text that was
-- routed after an outage would read all that still waited.
alter function mo_is_done() set enable_seqscan = off;

-- Down Migration
alter function mo_is_done() reset enable_seqscan;
drop index homeroom_mailbox_class_id_at_idx, thread_guardian_id_idx, charge_result_charge_id_attempt_idx,
  subscription_request_tenant_unit_at_idx, session_account_id_idx, smpp_quarantine_tenant_id_idx,
  quarantined_swipe_of_schools, quarantined_swipe_tenant_id_idx, quarantined_swipe_school_id_id_idx, trial_tenant_started_at_id_idx,
  message_account_id_created_at_id_idx, reader_school_id_idx, card_student_id_idx;
