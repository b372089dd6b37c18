import type { Carriers } from '../infra/carriers.ts';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { beginSweep, clearAlarms, endSweep, raiseAlarms, readArrivalWindows } from '../infra/postgres/reader-alarms.ts';
import { windowsEnded } from '../workflows/domain/silent-reader.ts';

/** How far a carrier's first sweep looks back, and the first after an outage at most. */
const LOOK_BACK_MS = { first: 24 * 3_600_000, most: 7 * 24 * 3_600_000 };

/** What a sweep did. */
export interface SweptAlarms {
  raised: number;
  cleared: number;
}

export function createReaderAlarmActivities({ pool, carriers }: { pool: Pool; carriers: Carriers }) {
  return {
    /**
     * Raises the alarms of the arrival windows that ended since the last sweep and by `until`, and clears those whose
     * swipes were uploaded since. How far it looked is committed with what it found, so each window is judged once.
     */
    async sweepReaderAlarms({ tenant, until }: { tenant: string; until: number }): Promise<SweptAlarms> {
      const { zone } = carriers.profile(tenant);
      return inTransaction(pool, async (db) => {
        const before = await beginSweep(db, tenant, new Date(until - LOOK_BACK_MS.first));
        const after = Math.max(before.getTime(), until - LOOK_BACK_MS.most);
        if (after >= until) return { raised: 0, cleared: 0 };
        const ended = (await readArrivalWindows(db, tenant)).flatMap(({ schoolId, ...window }) =>
          windowsEnded(window, after, until, zone).map(({ date, from, until: end }) => {
            return { schoolId, date, from: new Date(from), until: new Date(end) };
          }),
        );
        const raised = await raiseAlarms(db, ended);
        const cleared = await clearAlarms(db, tenant, new Date(after));
        await endSweep(db, tenant, new Date(until));
        return { raised, cleared };
      });
    },
  };
}
