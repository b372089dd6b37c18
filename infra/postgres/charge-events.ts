/** Orders and cancels as the charging rules read them. */
import type { EventRow } from '../../workflows/domain/billing-decision.ts';
import type { Db } from './pool.ts';

/** The columns of an `EventRow`, of `subscription_event`; read with `rowMode: 'array'`. */
export const EVENT_ROW = `unit, id, type, package, channel, payer_guardian_id, date_part('epoch', at) * 1000,
  date_part('epoch', received_at) * 1000, date_part('epoch', said_at) * 1000`;

/** Everything these units ever ordered and cancelled, each unit's in order of time. */
export async function eventRowsOfUnits(db: Db, tenant: string, units: readonly string[]): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>({
    rowMode: 'array',
    text: `select ${EVENT_ROW} from subscription_event where tenant = $1 and unit = any ($2) order by unit, at, id`,
    values: [tenant, units],
  });
  return rows;
}
