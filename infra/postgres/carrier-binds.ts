import type { Db } from './pool.ts';

/** Says by how many binds the carrier's phones are shared out from now on; a link that knows another number claims nothing. */
export async function setBinds(db: Db, tenant: string, links: number): Promise<void> {
  await db.query(
    `insert into carrier_binds (tenant, links) values ($1, $2)
    on conflict (tenant) do update set links = excluded.links where carrier_binds.links <> excluded.links`,
    [tenant, links],
  );
}
