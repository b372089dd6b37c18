import { createHash } from 'node:crypto';
import type { Carriers } from '../infra/carriers.ts';
import {
  findSwipeFacts,
  insertAttendances,
  lockStudents,
  readNeighbourhoods,
  type Neighbourhood,
  type NewAttendance,
  type OwnedSwipe,
  type SwipeFacts,
} from '../infra/postgres/attendance.ts';
import { enqueueSms, suppressSms, type NewSms, type NewSuppression } from '../infra/postgres/outbox.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { insertQuarantined, type NewQuarantined, type SwipeKey } from '../infra/postgres/swipes.ts';
import {
  decideAttendance,
  suppressionReason,
  USEFUL_MS,
  type AttendanceOutcome,
} from '../workflows/domain/attendance.ts';
import { TEXTS } from '../workflows/domain/texts/index.ts';
import { attendanceEventId } from '../workflows/ids.ts';
import { coalesce } from './coalesce.ts';
import { isAboutData } from '../infra/postgres/data-error.ts';

export interface AttendanceDeps {
  pool: Pool;
  carriers: Carriers;
}

/** What became of a swipe: recorded by an earlier attempt, or its card is no longer anybody's. */
export type RecordedOutcome = AttendanceOutcome | 'recorded-before' | 'unknown-card' | 'no-such-swipe';

/** Swipes recorded in one transaction: at 07:30 a few hundred a second share the cost of a commit. */
const BATCH = { batch: 50, concurrency: 2 };

export function createAttendanceActivities({ pool, carriers }: AttendanceDeps) {
  const record = coalesce(
    (keys: SwipeKey[]) => inTransaction(pool, (db) => recordSwipes(db, carriers, keys)),
    BATCH,
    isAboutData,
  );
  return {
    /**
     * Records what a stored swipe means and queues a text for each entitled guardian, in one transaction, which it
     * shares with others that come at the same time.
     */
    recordAttendance: (key: SwipeKey): Promise<RecordedOutcome> => record(key),
  };
}

/** What a batch is going to write. */
interface Writes {
  attendances: NewAttendance[];
  texts: NewSms[];
  suppressions: NewSuppression[];
  quarantined: NewQuarantined[];
}

async function recordSwipes(db: Db, carriers: Carriers, keys: SwipeKey[]): Promise<RecordedOutcome[]> {
  const swipes = await findSwipeFacts(db, keys);
  const owned = swipes.filter((swipe): swipe is OwnedSwipe => swipe.studentId !== null);
  await lockStudents(
    db,
    owned.map(({ studentId }) => studentId),
  );
  const profiles = owned.map(({ tenant }) => carriers.profile(tenant));
  const neighbourhoods = await readNeighbourhoods(
    db,
    owned.map((swipe, i) => ({ ...swipe, billingUnit: profiles[i]!.billingUnit })),
  );

  const writes: Writes = { attendances: [], texts: [], suppressions: [], quarantined: [] };
  const outcomes = new Map<string, RecordedOutcome>();
  const decide = createDecider();
  owned.forEach((swipe, i) => {
    // The same swipe twice in a batch is found twice.
    if (outcomes.has(idOf(swipe))) return;
    const outcome = decide(swipe, neighbourhoods[i]!);
    outcomes.set(idOf(swipe), outcome);
    if (outcome !== 'recorded-before') addWrites(writes, swipe, neighbourhoods[i]!, { outcome, ...profiles[i]! });
  });
  for (const swipe of swipes.filter(({ studentId }) => studentId === null)) {
    outcomes.set(idOf(swipe), 'unknown-card');
    writes.quarantined.push(quarantinedRow(swipe));
  }
  await insertAttendances(db, writes.attendances, keys);
  await enqueueSms(db, writes.texts);
  await suppressSms(db, writes.suppressions);
  await insertQuarantined(db, writes.quarantined);
  return keys.map((key) => {
    const outcome = outcomes.get(idOf(key));
    if (outcome !== undefined) outcomes.set(idOf(key), 'recorded-before');
    return outcome ?? 'no-such-swipe';
  });
}

/** Decides swipes one after the other, each knowing what was decided before it in the same transaction. */
function createDecider(): (swipe: OwnedSwipe, neighbourhood: Neighbourhood) => AttendanceOutcome | 'recorded-before' {
  const toldHere = new Map<string, number[]>();
  return (swipe, { now, recorded, told }) => {
    if (recorded) return 'recorded-before';
    const passing = `${swipe.studentId}|${swipe.card}|${swipe.dir}`;
    const here = toldHere.get(passing) ?? [];
    const at = swipe.at.getTime();
    const before = [...here, ...told.map((each) => each.getTime())];
    const outcome = decideAttendance({
      ...{ at, receivedAt: swipe.receivedAt.getTime(), now: now.getTime() },
      told: before,
    });
    if (outcome === 'texted' || outcome === 'late') toldHere.set(passing, [...here, at]);
    return outcome;
  };
}

function addWrites(
  writes: Writes,
  swipe: OwnedSwipe,
  { now, guardians }: Neighbourhood,
  { outcome, shortCode, zone }: { outcome: AttendanceOutcome; shortCode: string; zone: string },
): void {
  const { deviceId, boot, seq, tenant, schoolId, studentId, studentName: name, dir, at } = swipe;
  const workflowId = idOf(swipe);
  writes.attendances.push({ deviceId, boot, seq, tenant, schoolId, studentId, dir, at, outcome, workflowId });
  for (const { guardianId, phone, entitled } of guardians) {
    const origin = `${workflowId}/${guardianId}`;
    const common = { origin, kind: 'safety' as const, tenant, workflowId, studentId, guardianId, phone };
    const reason = suppressionReason(outcome, entitled);
    if (reason !== undefined) writes.suppressions.push({ ...common, reason });
    else if (outcome === 'texted' || outcome === 'late') {
      const words = { school: swipe.schoolName, name, dir, zone, at: at.getTime(), now: now.getTime() };
      const body = (outcome === 'late' ? TEXTS.LATE_SWIPE : TEXTS.SWIPE).zh(words);
      writes.texts.push({ ...common, body, source: shortCode, expiresAt: new Date(at.getTime() + USEFUL_MS) });
    }
  }
}

/** The card was deleted between the gate and here: whose swipe it was can't be told any more. */
function quarantinedRow(swipe: SwipeFacts): NewQuarantined {
  const { deviceId, boot, seq, tenant, schoolId, card, at, dir } = swipe;
  return {
    ...{ deviceId, boot, seq, tenant, schoolId, authentic: true, reason: 'unknown-card' },
    digest: createHash('sha256').update(idOf(swipe)).digest('hex'),
    payload: JSON.stringify({ boot, seq, card, at: at.toISOString(), dir }),
  };
}

function idOf({ deviceId, boot, seq }: SwipeKey): string {
  return attendanceEventId(deviceId, boot, seq);
}
