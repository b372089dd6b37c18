-- Up Migration
-- What a person decided about a text whose fate nobody knows (architecture §3: "others go to an operator's list").
-- resend: it leaves once more and may arrive twice; delivered: somebody knows that it arrived; given-up: it counts as
-- failed. A decision stands until the carrier says better: a receipt that comes after it wins.
create table sms_decision (
  id bigint generated always as identity primary key,
  sms_id bigint not null references sms,
  -- The attempt that was UNCERTAIN. One that is sent again and lost again is decided anew.
  attempt smallint not null,
  "as" text not null check ("as" in ('resend', 'delivered', 'given-up')),
  account_id text not null references account,
  -- The same key of the same account is the same request, be it of one text or of many.
  request_key text not null,
  note text not null,
  at timestamptz not null default now(),
  unique (sms_id, attempt)
);
create index on sms_decision (account_id, request_key);
create trigger append_only before update or delete on sms_decision for each row execute function forbid_change();

-- The UDH reference of an UNCERTAIN part: what is sent again must join the parts that the phone has.
alter table sms_part add column reference smallint;
update sms_part p set reference = sent.reference
from (
  select distinct on (u.sms_id, u.attempt) u.sms_id, u.attempt, u.reference
  from sms_batch b, unnest(b.sms_ids, b.attempts, b.refs) u (sms_id, attempt, reference)
  where u.sms_id in (select sms_id from sms_part where state = 'UNCERTAIN')
  order by u.sms_id, u.attempt, b.id desc
) sent
where p.state = 'UNCERTAIN' and p.sms_id = sent.sms_id and p.attempt = sent.attempt;

-- What the link did, in segments by outcome, and `resent` in texts. It only grows, over its owners too.
alter table carrier_link add column counts jsonb;

-- As before, and an UNCERTAIN text is what was decided of it: DELIVERED, FAILED, or on its way again. `decided` is the
-- decision that the state rests on.
create or replace view sms_status as
select s.id as sms_id,
  case
    when p.parts is null then case when q.sms_id is null then 'SUBMITTING' else 'QUEUED' end
    when p.rejected then 'REJECTED'
    when p.cancelled then 'CANCELLED'
    when p.expired then 'EXPIRED'
    when coalesce(r.delivered, 0) >= s.segments then 'DELIVERED'
    when r.failed then 'FAILED'
    when r.expired then 'EXPIRED'
    when d."as" = 'delivered' then 'DELIVERED'
    when d."as" = 'given-up' then 'FAILED'
    when d."as" = 'resend' then case
      when q.sms_id is not null then 'QUEUED'
      -- Claimed too late: it was not sent again, and no response can be under way any more.
      when s.expires_at < now() - interval '1 minute' then 'EXPIRED'
      else 'SUBMITTING'
    end
    when p.uncertain is not null then 'UNCERTAIN'
    when p.accepted < s.segments then 'SUBMITTING'
    else 'ACCEPTED'
  end as state,
  case
    when d."as" = 'given-up' then concat_ws(': ', '人工放弃 given up by an operator', p.error)
    when d."as" is not null then r.error
    else coalesce(p.error, r.error)
  end as error,
  p.smsc_ids,
  p.at as submitted_at,
  r.at as receipt_at,
  d."as" as decided
from sms s
left join sms_queue q on q.sms_id = s.id
left join lateral (
  select count(*) as parts,
    bool_or(state = 'REJECTED') as rejected,
    bool_or(state = 'CANCELLED') as cancelled,
    bool_or(state = 'EXPIRED') as expired,
    max(attempt) filter (where state = 'UNCERTAIN') as uncertain,
    count(*) filter (where state = 'ACCEPTED') as accepted,
    max(error) as error,
    array_agg(smsc_id) as smsc_ids,
    max(at) as at
  from (
    select distinct on (part) part, attempt, state, error, smsc_id, at from sms_part
    where sms_part.sms_id = s.id order by part, attempt desc
  ) latest
  having count(*) > 0
) p on true
left join lateral (
  select count(distinct part) filter (where state = 'DELIVERED') as delivered,
    bool_or(state = 'FAILED') as failed,
    bool_or(state = 'EXPIRED') as expired,
    max(error) as error,
    max(received_at) as at
  from sms_receipt where sms_receipt.sms_id = s.id
) r on true
left join lateral (
  select "as" from sms_decision
  where sms_id = s.id and attempt >= p.uncertain
    -- What the carrier says counts for more than what a person thought.
    and not (p.rejected or p.cancelled or p.expired or coalesce(r.delivered, 0) >= s.segments
      or coalesce(r.failed, false) or coalesce(r.expired, false))
  order by attempt desc limit 1
) d on true;

-- Down Migration
drop view sms_status;
create view sms_status as
select s.id as sms_id,
  case
    when p.parts is null then case when q.sms_id is null then 'SUBMITTING' else 'QUEUED' end
    when p.rejected then 'REJECTED'
    when p.cancelled then 'CANCELLED'
    when p.expired then 'EXPIRED'
    when coalesce(r.delivered, 0) >= s.segments then 'DELIVERED'
    when r.failed then 'FAILED'
    when r.expired then 'EXPIRED'
    when p.uncertain then 'UNCERTAIN'
    when p.accepted < s.segments then 'SUBMITTING'
    else 'ACCEPTED'
  end as state,
  coalesce(p.error, r.error) as error,
  p.smsc_ids,
  p.at as submitted_at,
  r.at as receipt_at
from sms s
left join sms_queue q on q.sms_id = s.id
left join lateral (
  select count(*) as parts,
    bool_or(state = 'REJECTED') as rejected,
    bool_or(state = 'CANCELLED') as cancelled,
    bool_or(state = 'EXPIRED') as expired,
    bool_or(state = 'UNCERTAIN') as uncertain,
    count(*) filter (where state = 'ACCEPTED') as accepted,
    max(error) as error,
    array_agg(smsc_id) as smsc_ids,
    max(at) as at
  from (
    select distinct on (part) part, state, error, smsc_id, at from sms_part
    where sms_part.sms_id = s.id order by part, attempt desc
  ) latest
  having count(*) > 0
) p on true
left join lateral (
  select count(distinct part) filter (where state = 'DELIVERED') as delivered,
    bool_or(state = 'FAILED') as failed,
    bool_or(state = 'EXPIRED') as expired,
    max(error) as error,
    max(received_at) as at
  from sms_receipt where sms_receipt.sms_id = s.id
) r on true;
alter table carrier_link drop column counts;
alter table sms_part drop column reference;
drop table sms_decision;
