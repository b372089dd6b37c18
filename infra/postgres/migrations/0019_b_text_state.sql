-- Up Migration
-- One definition of a text's state for whoever asks: whatever order its receipts come in, it ends alike (H7).

-- Each part by its latest attempt and all its receipts. That the phone has it counts for more than anything else said of
-- it; what this side knows, more than a receipt that it failed; a receipt that it is on its way decides nothing.
create view sms_part_state as
select p.sms_id, p.part, p.attempt, p.smsc_id, k.state,
  case k.state when 'DELIVERED' then null when p.state then p.error when 'FAILED' then r.failed_error
    when 'EXPIRED' then r.expired_error end as error
from sms_part p
cross join lateral (
  select bool_or(state = 'DELIVERED') as delivered, bool_or(state = 'FAILED') as failed,
    bool_or(state = 'EXPIRED') as expired,
    max(error) filter (where state = 'FAILED') as failed_error,
    max(error) filter (where state = 'EXPIRED') as expired_error
  from sms_receipt where sms_id = p.sms_id and part = p.part
) r
cross join lateral (select case
  when r.delivered then 'DELIVERED'
  when p.state in ('REJECTED', 'CANCELLED', 'EXPIRED') then p.state
  when r.failed then 'FAILED'
  when r.expired then 'EXPIRED'
  else p.state
end as state) k
where not exists (
  select from sms_part later where later.sms_id = p.sms_id and later.part = p.part and later.attempt > p.attempt);

-- A text is the worst of its parts, and DELIVERED once all are. A person's decision counts where the carrier says
-- nothing that is final. A function so that it becomes part of the query that asks (PostgreSQL inlines it), for one text
-- or for the 20,000 of a message.
create function sms_state(segments smallint, queued boolean, parts text[], decided text, expires_at timestamptz)
returns text language sql stable as $$
  select case
    when parts is null then case when queued then 'QUEUED' else 'SUBMITTING' end
    when parts <@ '{DELIVERED}' and cardinality(parts) >= segments then 'DELIVERED'
    when 'REJECTED' = any (parts) then 'REJECTED'
    when 'CANCELLED' = any (parts) then 'CANCELLED'
    when 'FAILED' = any (parts) then 'FAILED'
    when 'EXPIRED' = any (parts) then 'EXPIRED'
    when 'UNCERTAIN' = any (parts) then case decided
      when 'delivered' then 'DELIVERED'
      when 'given-up' then 'FAILED'
      when 'resend' then case
        when queued then 'QUEUED'
        -- Claimed too late: it was not sent again, and no response can be under way any more.
        when expires_at < now() - interval '1 minute' then 'EXPIRED'
        else 'SUBMITTING'
      end
      else 'UNCERTAIN'
    end
    when cardinality(parts) < segments then 'SUBMITTING'
    else 'ACCEPTED'
  end
$$;

-- What a message's counts and a report have a text for. Withheld: cancelled for a reason of its own, when its turn came.
create function sms_counted_as(state text, withheld boolean) returns text language sql immutable as $$
  select case when state = 'CANCELLED' and withheld then 'suppressed'
    when state in ('REJECTED', 'CANCELLED', 'FAILED', 'EXPIRED') then 'failed'
    when state in ('SUBMITTING', 'UNCERTAIN') then 'submitted' else lower(state) end
$$;

-- `decided` is the decision that the state rests on, `error` why it is as it is.
drop view sms_status;
create view sms_status as
select s.id as sms_id, k.state,
  case when d."as" = 'given-up' then concat_ws(': ', '人工放弃 given up by an operator', p.errors ->> 'UNCERTAIN')
    when d."as" is null then p.errors ->> k.state
  end as error,
  p.smsc_ids, p.uncertain_parts, d."as" as decided
from sms s
left join sms_queue q on q.sms_id = s.id
left join lateral (
  select array_agg(state) as parts, array_agg(smsc_id order by part) as smsc_ids,
    count(*) filter (where state = 'UNCERTAIN') as uncertain_parts,
    max(attempt) filter (where state = 'UNCERTAIN') as uncertain,
    -- Of two parts in one state the last counts.
    jsonb_object_agg(state, error order by error nulls first) as errors
  from sms_part_state where sms_part_state.sms_id = s.id
  having count(*) > 0
) p on true
left join lateral (
  select "as" from sms_decision
  where sms_id = s.id and attempt >= p.uncertain and not p.parts && '{REJECTED,CANCELLED,FAILED,EXPIRED}'
  order by attempt desc limit 1
) d on true
cross join lateral (
  select sms_state(s.segments, q.sms_id is not null, p.parts, d."as", s.expires_at) as state
) k;

-- Down Migration
drop view sms_status;
drop function sms_counted_as, sms_state;
drop view sms_part_state;
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
