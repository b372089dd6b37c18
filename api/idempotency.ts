import { createHash, randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { z } from 'zod';
import type { Account } from '../infra/postgres/accounts.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { claimRequestKey } from '../infra/postgres/request-keys.ts';
import { Problem, validationProblem } from './problem.ts';

/** Header by which a client makes a POST safe to repeat. */
export const IDEMPOTENCY_KEY = 'idempotency-key';
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters');

/** The key a request carries, if any. Throws Problem 400. */
export function keyOf(request: Request): string | undefined {
  const key = idempotencyKey.optional().safeParse(request.get(IDEMPOTENCY_KEY));
  if (!key.success) throw validationProblem(key.error, 'Idempotency-Key');
  return key.data;
}

/**
 * What a caller's key stands for: an id of ours, drawn when it is first used, so that nothing a caller writes into a key
 * (a phone, say) is ever part of an id, a log or a history; its own hash would give a phone away to whoever tries them
 * all. Without a key, an id that stands for this request alone.
 * @param asked what is asked for: the key is good for the same again, and for nothing else
 * @throws Problem 422 when the key was used for another request
 */
export async function takeKey(
  db: Db,
  account: Account | null,
  key: string | undefined,
  asked: unknown,
): Promise<{ requestKey: string; askedAt: Date }> {
  if (key === undefined || account === null) return { requestKey: randomUUID(), askedAt: new Date() };
  const claim = { accountId: account.id, keyHash: sha256(key), digest: sha256(JSON.stringify(asked)) };
  const used = await claimRequestKey(db, claim);
  if (!used) throw Problem.field(422, 'Idempotency-Key', 'was used for another request');
  return { requestKey: used.id, askedAt: used.at };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
