import type { Db } from './pool.ts';
import type { Sight } from './sight.ts';

/** A guardian as orders need it: ids only. */
export interface Subscriber {
  guardianId: string;
  householdId: string;
  tenant: string;
}

/** The guardians with this phone within the sight: at most one per tenant. */
export async function subscribersByPhone(
  db: Db,
  { tenants, guardianId }: Pick<Sight, 'tenants' | 'guardianId'>,
  phone: string,
): Promise<Subscriber[]> {
  const { rows } = await db.query<Subscriber>(
    `select id as "guardianId", household_id as "householdId", tenant from guardian
    where phone = $1 and tenant = any($2) and ($3::text is null or id = $3) order by tenant`,
    [phone, tenants, guardianId],
  );
  return rows;
}

/** The phone of a guardian, if there is one. */
export async function phoneOfGuardian(db: Db, guardianId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ phone: string }>('select phone from guardian where id = $1', [guardianId]);
  return rows[0]?.phone;
}

/** Keeps what was written about a request, once. */
export async function writeNote(
  db: Db,
  { tenant, requestId, accountId, note }: { tenant: string; requestId: string; accountId: string; note: string },
): Promise<void> {
  await db.query(
    `insert into subscription_note (tenant, request_id, account_id, note) values ($1, $2, $3, $4)
    on conflict do nothing`,
    [tenant, requestId, accountId, note],
  );
}
