/** What an SMSC delivers that can't be read: kept for a person, for it may be a parent's text. */
import { createHash } from 'node:crypto';
import type { Pool } from '../infra/postgres/pool.ts';
import type { ShortMessage } from '../infra/smpp/decode.ts';
import { HEADER_BYTES } from '../infra/smpp/wire.ts';

export interface Unreadable {
  tenant: string;
  link: number | null;
  command: number;
  reason: string;
  /** The PDU's body: its header changes with each delivery. */
  octets: Buffer;
}

/** A text of 140 octets with every field at its longest is below 1 kB. */
const OCTETS_KEPT = 4_096;
/** Of a tenant; an SMSC gone mad must not fill the disk. */
const KEPT_AT_MOST = 10_000;
const KEPT_FOR = '90 days';

export function unreadable(tenant: string, link: number | null, message: ShortMessage, reason: string): Unreadable {
  const { command = 0, pdu = Buffer.alloc(0) } = message;
  return { tenant, link, command, reason, octets: Buffer.from(pdu.subarray(HEADER_BYTES, HEADER_BYTES + OCTETS_KEPT)) };
}

/** Committed when it returns. The same again within an hour is one. */
export async function storeUnreadable(pool: Pool, items: Unreadable[]): Promise<void> {
  await pool.query(
    `with outdated as (
      delete from smpp_quarantine where tenant = any ($1::text[]) and at < now() - $7::interval
    ), counted as (
      select tenant, count(*) as kept from smpp_quarantine where tenant = any ($1::text[]) group by tenant
    ), item as (
      select i.*, row_number() over (partition by tenant) as n
      from (select distinct on (tenant, digest) * from unnest($1::text[], $2::smallint[], $3::bigint[], $4::text[],
        $5::bytea[], $6::text[]) u (tenant, link, command, reason, octets, digest)) i
    )
    insert into smpp_quarantine (tenant, link, command, reason, octets, digest, hour)
    select i.tenant, link, command, reason, octets, digest, floor(extract(epoch from now()) / 3600)::integer
    from item i left join counted c on c.tenant = i.tenant
    where coalesce(c.kept, 0) + i.n <= $8
    on conflict (tenant, digest, hour) do nothing`,
    [
      items.map((item) => item.tenant),
      items.map((item) => item.link),
      items.map((item) => item.command),
      items.map((item) => item.reason),
      items.map((item) => item.octets),
      items.map(({ command, octets }) => createHash('sha256').update(`${command}\0`).update(octets).digest('hex')),
      KEPT_FOR,
      KEPT_AT_MOST,
    ],
  );
}
