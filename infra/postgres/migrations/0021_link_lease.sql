-- Up Migration
-- Who runs a link to a carrier or to readers (docs/decisions/0002): its owner renews the lease each second, so that a
-- link lives as long as its owner and the database do, however late the engine is. What is sent is fenced by
-- carrier_link.epoch all the same.

create table link_lease (
  -- The id of the link's workflow.
  link text primary key,
  -- The run that owns it; null: it was given back.
  owner uuid,
  renewed_at timestamptz not null,
  -- The link as its owner last saw it.
  status jsonb,
  -- When somebody last asked the owner to give it back.
  asked_at timestamptz
);

-- Down Migration
drop table link_lease;
