/** The papers that families sign. */
import type { Db } from './pool.ts';

/**
 * Notes whose the paper is, in the caller's transaction: the family's that it is recorded for first.
 * @returns whether it is this family's
 */
export async function claimSlip(
  db: Db,
  { tenant, slip, householdId }: { tenant: string; slip: string; householdId: string },
): Promise<boolean> {
  await db.query('insert into slip (tenant, number, household_id) values ($1, $2, $3) on conflict do nothing', [
    tenant,
    slip,
    householdId,
  ]);
  const { rows } = await db.query<{ own: boolean }>(
    'select household_id = $3 as own from slip where tenant = $1 and number = $2',
    [tenant, slip, householdId],
  );
  return rows[0]!.own;
}
