-- Up Migration
-- A paid year ends by itself (R6): recorded like what parents and agents do, through no channel of theirs.
alter table subscription_event drop constraint subscription_event_type_check;
alter table subscription_event add constraint subscription_event_type_check
  check (type in ('order', 'consent', 'cancel', 'expire'));
alter table subscription_event drop constraint subscription_event_channel_check;
alter table subscription_event add constraint subscription_event_channel_check
  check (channel in ('sms', 'web', 'agent', 'admin', 'customer-service', 'import', 'system')
    and (channel = 'system') = (type = 'expire'));

-- Down Migration
alter table subscription_event drop constraint subscription_event_channel_check;
alter table subscription_event add constraint subscription_event_channel_check
  check (channel in ('sms', 'web', 'agent', 'admin', 'customer-service', 'import'));
alter table subscription_event drop constraint subscription_event_type_check;
alter table subscription_event add constraint subscription_event_type_check
  check (type in ('order', 'consent', 'cancel'));
