-- Up Migration
-- An Idempotency-Key stands for a random id of ours: what a caller writes into it may be a phone, and neither it nor its
-- hash may get into an id, a log or a history. The key itself is kept as a hash.

alter table request_key rename column key to key_hash;
alter table request_key
  add column id uuid not null default gen_random_uuid(),
  -- null: used before this table knew of the request.
  alter column digest drop not null;
create index on request_key (account_id, used_at);

-- Keys used so far: asked again, the same key acts once still. Their digests were made of an order's fields alone.
update request_key set key_hash = encode(sha256(convert_to(key_hash, 'UTF8')), 'hex'), digest = null;

-- A message asked for again, over the deploy that brings this, is the same message: nobody is texted twice. Older ones
-- are not asked for again.
insert into request_key (account_id, key_hash, used_at)
select account_id, encode(sha256(convert_to(request_key, 'UTF8')), 'hex'), created_at from message
where created_at > now() - interval '7 days'
on conflict do nothing;
update message m set request_key = k.id::text from request_key k
where k.account_id = m.account_id and k.key_hash = encode(sha256(convert_to(m.request_key, 'UTF8')), 'hex')
  and m.created_at > now() - interval '7 days';

-- Down Migration
alter table request_key drop column id;
alter table request_key rename column key_hash to key;
