import { setTimeout as delay } from 'node:timers/promises';
import { remindOverdue } from '../infra/postgres/subscriptions.ts';
import { PENDING_KINDS, takeOverdue } from '../infra/postgres/pending.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { codeOf, type Logger } from '../infra/telemetry/log.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';

/** What was left by a crash is looked for this often. */
const SWEEP_EVERY_MS = 2_000;
/** Of each kind and carrier, taken up at a time: what the starters do in the meantime. */
const SWEEP_PAGE = 200;

/**
 * Offers what waits longer than it should to its workflow, until aborted (infra/postgres/pending.ts). Several processes
 * may: none is given what another was. A sweep that fails is told and tried again.
 */
export async function sweepPending(
  { pool, starter, log, tenants }: { pool: Pool; starter: PendingStarter; log: Logger; tenants: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await remindOverdue(pool, tenants);
      const kinds = PENDING_KINDS.filter((kind) => starter.roomFor(kind) >= SWEEP_PAGE * tenants.length);
      starter.offer(await takeOverdue(pool, { kinds, tenants, limit: SWEEP_PAGE }));
    } catch (error) {
      log.warn({ code: codeOf(error) }, 'the sweep of what waits failed; tried again');
    }
    await delay(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
