import { setTimeout as delay } from 'node:timers/promises';
import { remindOverdue } from '../infra/postgres/subscriptions.ts';
import { takeOverdue, type PendingKind } from '../infra/postgres/pending.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { codeOf, type Logger } from '../infra/telemetry/log.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';

/** What was left by a crash is looked for this often. */
const SWEEP_EVERY_MS = 2_000;
/** And this soon again while there is more than a page of it. */
const SWEEP_ON_MS = 200;
/** Of each kind and carrier, taken up at a time: what the starters do in the meantime. */
const SWEEP_PAGE = 200;

export interface SweepOptions {
  pool: Pool;
  starter: PendingStarter;
  log: Logger;
  tenants: readonly string[];
  kinds: readonly PendingKind[];
}

/**
 * Offers what waits longer than it should to its workflow, until aborted (infra/postgres/pending.ts). Several processes
 * may: none is given what another was. A sweep that fails is told and tried again.
 */
export async function sweepPending(
  { pool, starter, log, tenants, kinds }: SweepOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let isMore = false;
    try {
      if (kinds.includes('subscription')) await remindOverdue(pool, tenants);
      for (const kind of kinds) {
        const limit = Math.min(SWEEP_PAGE, Math.floor(starter.roomFor(kind) / tenants.length));
        if (limit === 0) continue;
        const overdue = await takeOverdue(pool, { kind, tenants, limit });
        starter.offer(overdue);
        isMore ||= overdue.length >= limit;
      }
    } catch (error) {
      log.warn({ code: codeOf(error) }, 'the sweep of what waits failed; tried again');
    }
    await delay(isMore ? SWEEP_ON_MS : SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
