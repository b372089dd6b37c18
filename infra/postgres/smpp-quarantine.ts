import { newestOf } from './newest.ts';
import type { Db } from './pool.ts';

/** What an SMSC delivered that could not be read, or not to its end. */
export interface QuarantinedPdu {
  id: number;
  tenant: string;
  link: number | null;
  /** The PDU's command_id. */
  command: number;
  reason: string;
  /** Its body in hexadecimal, at most 4 kB of it: a person may find a parent's text in it. */
  octets: string;
  at: Date;
}

/** The tenants', newest first; `before` is the id of the last one seen. */
export async function quarantinedPdus(
  db: Db,
  { tenants, before, limit }: { tenants: readonly string[]; before: number | undefined; limit: number },
): Promise<QuarantinedPdu[]> {
  const { rows } = await db.query<QuarantinedPdu>(
    `select newest.id, tenant, link, command, reason, encode(octets, 'hex') as octets, at
    from unnest($1::text[]) carrier (id) cross join lateral (
      select * from smpp_quarantine where ${newestOf('tenant', 'carrier.id', { before: '$2', limit: '$3' })}) newest
    order by newest.id desc limit $3`,
    [tenants, before ?? null, limit],
  );
  return rows;
}
