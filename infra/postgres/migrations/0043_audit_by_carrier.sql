-- Up Migration
-- The record of looks is kept (docs/decisions/0005-the-record-of-looks-is-kept.md), so no question to it may walk past
-- what it isn't about: an admin's page was every other carrier's record too, and an account's every other carrier's.

create index on audit (tenants, at, id);
create index on audit (tenants, account_id, at, id);
drop index audit_at_id_idx;

-- Down Migration
create index on audit (at, id);
drop index audit_tenants_account_id_at_id_idx;
drop index audit_tenants_at_id_idx;
