/** Texts whose fate is unknown, made as a link makes them: claimed, sent, and no response recorded. */
import { claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import { recordOutcomes, type PartOutcome } from '../../activities/carrier-record.ts';
import type { NewSms } from '../../infra/postgres/outbox.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { queue, TERMS } from './carrier-link.ts';

/**
 * Queues texts and loses every part of them, but for those that were `accepted`.
 * @returns their ids in order
 */
export async function loseTexts(pool: Pool, texts: NewSms[], accepted: number[] = []): Promise<number[]> {
  const ids = await queue(pool, ...texts);
  await loseQueued(pool, texts[0]!.tenant, accepted);
  return ids;
}

/** Loses what the tenant has in its queue; what is then sent again by itself stays there. */
export async function loseQueued(pool: Pool, tenant = 'gansu', accepted: number[] = []): Promise<void> {
  const owner = await takeLink(pool, { tenant, link: 0, links: 1 });
  const claimed = await claimTexts(pool, owner, { segments: 100_000, lanesUpTo: 4, handed: 100_000, terms: TERMS });
  const outcomes = claimed.flatMap(({ smsId, attempt, reference, segments, done }) =>
    Array.from({ length: segments }, (_, i) => i + 1)
      .filter((part) => !done.includes(part))
      .map((part): PartOutcome => {
        const of = { smsId, part, attempt, reference };
        return accepted.includes(part)
          ? { ...of, state: 'ACCEPTED', smscId: `${smsId}-${part}`, error: null }
          : { ...of, state: 'UNCERTAIN', smscId: null, error: 'the connection broke' };
      }),
  );
  await recordOutcomes(pool, owner, outcomes, [claimed[0]!.batchId]);
}
