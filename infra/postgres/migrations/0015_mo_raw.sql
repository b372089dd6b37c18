-- Up Migration
-- What a parent sent that is no text, or not to its last octet, as it came: `body` has U+FFFD in its place. Of one
-- segment with its user data header, of a long text the parts joined. Null: `body` says it all.
alter table mo add column raw bytea;

-- A reference used again makes a new generation of its parts, so that neither text takes a part of the other. Digest and
-- connection tell a part delivered again from one of a new text, as in `mo`.
alter table mo_part add column generation integer not null default 0;
alter table mo_part add column digest text;
alter table mo_part add column connection text;
alter table mo_part drop constraint mo_part_pkey;
alter table mo_part add primary key (tenant, phone, destination, reference, total, generation, part);

-- What an SMSC delivered that can't be read, or not to its end: the PDU's body, as far as it is kept.
create table smpp_quarantine (
  id bigint generated always as identity primary key,
  tenant text not null,
  link smallint,
  command bigint not null,
  reason text not null,
  octets bytea not null check (octet_length(octets) <= 4096),
  digest text not null,
  -- Hours since 1970: the same again within one is the SMSC trying again.
  hour integer not null,
  at timestamptz not null default now(),
  unique (tenant, digest, hour)
);
create index on smpp_quarantine (tenant, at);

-- Down Migration
drop table smpp_quarantine;
delete from mo_part where generation > 0;
alter table mo_part drop constraint mo_part_pkey;
alter table mo_part add primary key (tenant, phone, destination, reference, total, part);
alter table mo_part drop column generation, drop column digest, drop column connection;
alter table mo drop column raw;
