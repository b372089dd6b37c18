/** How a link keeps its sender fed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../infra/postgres/pool.ts';
import { anythingQueued, claimTexts, returnUnseenClaims } from './carrier-claim.ts';
import { CLAIM_AT_MOST, type ClaimSize } from './carrier-claim-size.ts';
import type { Outbound } from './carrier-give-back.ts';
import { LANES } from './carrier-lines.ts';
import type { OutcomeWriter } from './carrier-outcomes.ts';
import { FencedError, type LinkOwner } from './carrier-owner.ts';
import type { Permission } from './carrier-permission.ts';
import { segmentsOf } from './carrier-reserve.ts';
import type { Sender } from './carrier-sender.ts';

/** Outcomes waiting for the database before claims pause. */
const UNRECORDED_AT_MOST = 20_000;
/** Segments waiting for retries of their own, and those behind them, before claims pause. */
const HELD_AT_MOST = 5_000;
/** A full link looks this often whether something more urgent has come, and a claim after the next at once. */
const LOOK_AHEAD_MS = 5;
const NEXT_MS = 1;

export interface FeedOptions {
  pool: Pool;
  owner: LinkOwner;
  permission: Permission;
  claim: ClaimSize;
  /** Segments a second, null: no limit. Steered, so asked at each turn, as are these: */
  rate: () => number | null;
  isPaused: () => boolean;
  ended: () => boolean;
  /** Called at each turn. */
  look: () => void;
  /** An idle queue is asked this often. */
  pollMs: number;
  /** A database that is away is asked this often. */
  retryMs: number;
  /** Takes what went wrong, in words. */
  note: (reason: string) => void;
}

/**
 * Claims the next batch while the last one drains, until it has ended.
 * @throws FencedError when another owner has the link
 */
export async function feed({ sender, reserve, writer }: Outbound, options: FeedOptions): Promise<void> {
  const { pool, owner, permission, claim, pollMs } = options;
  let idle = false;
  let wasFull = false;
  while (!options.ended()) {
    writer.check();
    options.look();
    const waiting = sender.waiting + reserve.segments;
    const segments = claim.segments(sender.accepted, options.rate(), wasFull && waiting === 0);
    const full = waiting >= segments || writer.waiting >= UNRECORDED_AT_MOST;
    // A full line is only overtaken by what is more urgent than all of it.
    const lanesUpTo = full ? Math.min(sender.frontLane, reserve.frontLane ?? LANES, LANES) - 1 : LANES - 1;
    reserve.refill();
    await askAgain(sender, options);
    const mayClaim = !options.isPaused() && !sender.stalled && waiting < CLAIM_AT_MOST && sender.held < HELD_AT_MOST;
    if (!mayClaim || lanesUpTo < 0) {
      // What a pause let pass says nothing of what the link can do.
      wasFull &&= mayClaim;
      await delay(full ? NEXT_MS : pollMs);
      continue;
    }
    try {
      if ((idle || full) && !(await anythingQueued(pool, owner, lanesUpTo))) {
        await delay(full ? Math.min(LOOK_AHEAD_MS, pollMs) : pollMs);
        continue;
      }
      // At once, where nothing that is as urgent is kept before it.
      const handed = full || (reserve.segments === 0 && sender.waiting < reserve.slice) ? reserve.slice : 0;
      const terms = await permission.terms();
      const texts = await claimTexts(pool, owner, { segments, lanesUpTo, handed, terms });
      idle = texts.length === 0;
      wasFull = segmentsOf(texts) >= segments;
      writer.claimed(texts);
      reserve.add(texts, handed);
    } catch (error) {
      options.note(`claim failed: ${(error as Error).message}`);
      await recoverClaims(writer, options);
    }
  }
  writer.check();
}

async function askAgain(sender: Sender, { permission, note, retryMs }: FeedOptions): Promise<void> {
  const { unasked } = sender;
  if (!unasked) return;
  try {
    await permission.askAgain(unasked);
    sender.asked();
  } catch (error) {
    if (error instanceof FencedError) throw error;
    note(`texts not asked about: ${(error as Error).message}`);
    await delay(retryMs);
  }
}

/** A claim whose answer was lost may be committed: its texts never left, and go back. */
async function recoverClaims(
  writer: OutcomeWriter,
  { pool, owner, ended, pollMs, retryMs }: FeedOptions,
): Promise<void> {
  while (!ended()) {
    await delay(pollMs);
    try {
      // Batches settled in memory have their mark written first, or they would look unseen.
      await writer.flush();
      return await returnUnseenClaims(pool, owner, writer.openBatches);
    } catch {
      await delay(retryMs);
    }
  }
}
