-- Up Migration
-- Whether a text may leave is asked when it is queued and again when a link takes it: in between its family may have
-- cancelled, or the night begun.

-- What its guardian must still have when it leaves. Null: it is owed to them whatever they have, as answers are.
alter table sms add column needs text
  check (needs in ('home-school', 'safety-sms', 'conversation', 'open-trial'));
alter table sms disable trigger append_only;
update sms set needs = case kind
  when 'class-message' then 'home-school' when 'safety' then 'safety-sms' when 'conversation' then 'conversation'
  else 'open-trial' end
where guardian_id is not null
  and (kind in ('class-message', 'safety', 'conversation') or kind = 'notice' and origin like 'trial/%/notice-2/%')
  and (id in (select sms_id from sms_queue)
    or id in (select unnest(sms_ids) from sms_batch where settled_at is null));
alter table sms enable trigger append_only;

-- In the order in which texts may leave, so that a claim never meets those that must wait.
drop index sms_queue_tenant_lane_sms_id_idx;
create index on sms_queue (tenant, lane, not_before, sms_id);

-- Down Migration
drop index sms_queue_tenant_lane_not_before_sms_id_idx;
create index on sms_queue (tenant, lane, sms_id);
alter table sms drop column needs;
