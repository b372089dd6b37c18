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
    `select id, tenant, link, command, reason, encode(octets, 'hex') as octets, at from smpp_quarantine
    where tenant = any ($1) and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [tenants, before ?? null, limit],
  );
  return rows;
}
