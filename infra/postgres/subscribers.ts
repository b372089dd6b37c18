import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { billingUnitOf } from '../../workflows/domain/routing.ts';
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

/** The phone of a carrier's guardian and whether the unit is billed to them; undefined: the carrier has no such guardian. */
export async function memberOf(
  db: Db,
  { tenant, unit }: { tenant: string; unit: string },
  guardianId: string | null,
  profile: Pick<CarrierProfile, 'billingUnit'>,
): Promise<{ phone: string; isOfUnit: boolean } | undefined> {
  const { rows } = await db.query<{ id: string; householdId: string; phone: string }>(
    'select id, household_id as "householdId", phone from guardian where tenant = $1 and id = $2',
    [tenant, guardianId],
  );
  const [found] = rows;
  return found && { phone: found.phone, isOfUnit: billingUnitOf(profile, found) === unit };
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
