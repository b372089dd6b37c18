import type { Db } from './pool.ts';

/** Whoever asks again does so within minutes, a queue of a machine's within days: later the key is as good as new. */
const KEPT_DAYS = 30;

/**
 * Remembers what an Idempotency-Key was used for first.
 * @param use of the key and of the request hashes alone: neither may hold a phone here
 * @returns the request's id and when it was first asked, or undefined when the key was used for another request
 */
export async function claimRequestKey(
  db: Db,
  use: { accountId: string; keyHash: string; digest: string },
): Promise<{ id: string; at: Date } | undefined> {
  await db.query(
    `with outlived as (
      delete from request_key
      where account_id = $1 and key_hash <> $2 and used_at < now() - make_interval(days => ${KEPT_DAYS})
    )
    insert into request_key (account_id, key_hash, digest) values ($1, $2, $3)
    on conflict (account_id, key_hash) do nothing`,
    [use.accountId, use.keyHash, use.digest],
  );
  const { rows } = await db.query<{ id: string; at: Date; digest: string | null }>(
    'select id, used_at as at, digest from request_key where account_id = $1 and key_hash = $2',
    [use.accountId, use.keyHash],
  );
  const { digest, ...first } = rows[0]!;
  return digest === null || digest === use.digest ? first : undefined;
}
