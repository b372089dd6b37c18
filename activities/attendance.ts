import { createHash } from 'node:crypto';
import type { Carriers } from '../infra/carriers.ts';
import {
  forgetPending,
  insertAttendance,
  lockSwipe,
  readNeighbourhood,
  type SwipeFacts,
  type SwipeGuardian,
} from '../infra/postgres/attendance.ts';
import { enqueueSms, suppressSms, type NewSms, type NewSuppression } from '../infra/postgres/outbox.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { insertQuarantined, type SwipeKey } from '../infra/postgres/swipes.ts';
import {
  decideAttendance,
  suppressionReason,
  swipeText,
  USEFUL_MS,
  type AttendanceOutcome,
} from '../workflows/domain/attendance.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { attendanceEventId } from '../workflows/ids.ts';

export interface AttendanceDeps {
  pool: Pool;
  carriers: Carriers;
}

/** What became of a swipe: recorded by an earlier attempt, or its card is no longer anybody's. */
export type RecordedOutcome = AttendanceOutcome | 'recorded-before' | 'unknown-card' | 'no-such-swipe';

export function createAttendanceActivities({ pool, carriers }: AttendanceDeps) {
  return {
    /** Records what a stored swipe means and queues a text for each entitled guardian, in one transaction. */
    async recordAttendance(key: SwipeKey): Promise<RecordedOutcome> {
      return inTransaction(pool, async (db) => {
        const swipe = await lockSwipe(db, key);
        if (!swipe) return 'no-such-swipe';
        if (swipe.studentId === null) return quarantine(db, key, swipe);
        return record(db, key, swipe as OwnedSwipe, carriers.profile(swipe.tenant));
      });
    },
  };
}

type OwnedSwipe = SwipeFacts & { studentId: string; studentName: string };

async function record(db: Db, key: SwipeKey, swipe: OwnedSwipe, profile: CarrierProfile): Promise<RecordedOutcome> {
  const { now, recorded, told, guardians } = await readNeighbourhood(db, key, swipe, profile.billingUnit);
  if (recorded) {
    await forgetPending(db, key);
    return 'recorded-before';
  }
  const times = { at: swipe.at.getTime(), now: now.getTime() };
  const outcome = decideAttendance({ ...times, told: told.map((each) => each.getTime()) });
  const workflowId = attendanceEventId(key.deviceId, key.boot, key.seq);
  const { tenant, schoolId, studentId, dir, at } = swipe;
  await insertAttendance(db, { ...key, tenant, schoolId, studentId, dir, at, outcome, workflowId });

  const reasonOf = (guardian: SwipeGuardian) => ({
    origin: `${workflowId}/${guardian.guardianId}`,
    kind: 'safety' as const,
    ...{ tenant, workflowId, studentId, guardianId: guardian.guardianId, phone: guardian.phone },
  });
  const texts: NewSms[] = [];
  const suppressions: NewSuppression[] = [];
  for (const guardian of guardians) {
    const reason = suppressionReason(outcome, guardian.entitled);
    if (reason !== undefined) suppressions.push({ ...reasonOf(guardian), reason });
    if (reason !== undefined || (outcome !== 'texted' && outcome !== 'late')) continue;
    const body = swipeText({ ...times, name: swipe.studentName, dir, outcome, zone: profile.zone });
    const expiresAt = new Date(times.at + USEFUL_MS);
    texts.push({ ...reasonOf(guardian), body, source: profile.shortCode, expiresAt });
  }
  await enqueueSms(db, texts);
  await suppressSms(db, suppressions);
  return outcome;
}

/** The card was deleted between the gate and here: whose swipe it was can't be told any more. */
async function quarantine(db: Db, key: SwipeKey, swipe: SwipeFacts): Promise<'unknown-card'> {
  const { tenant, schoolId, card, at, dir } = swipe;
  const id = attendanceEventId(key.deviceId, key.boot, key.seq);
  await insertQuarantined(db, [
    {
      ...{ ...key, tenant, schoolId, authentic: true, reason: 'unknown-card' },
      digest: createHash('sha256').update(id).digest('hex'),
      payload: JSON.stringify({ boot: key.boot, seq: key.seq, card, at: at.toISOString(), dir }),
    },
  ]);
  await forgetPending(db, key);
  return 'unknown-card';
}
