import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { Account } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { quarantinedOf, readerHealth, type ReaderSight } from '../../infra/postgres/readers.ts';
import type { Sight } from '../../infra/postgres/sight.ts';
import { alarmWords } from '../../workflows/domain/silent-reader.ts';
import { quarantineWords, type QuarantineReason } from '../../workflows/domain/swipe.ts';
import { may } from '../access.ts';
import { pageLimit, rowId } from '../fields.ts';
import { route, type Route } from '../route.ts';

const readers = z
  .object({
    readers: z.array(
      z.object({
        deviceId: z.string(),
        schoolId: z.string(),
        shard: z.string(),
        lastSeenAt: z.iso.datetime().nullable(),
        silent: z
          .boolean()
          .meta({ description: 'No swipe of its school’s arrival window today: today’s alarm is open.' }),
        clock: z
          .object({ fault: z.enum(['ahead', 'behind', 'off']), words: z.string() })
          .nullable()
          .meta({ description: 'What its newest records say is wrong with its clock, and in Chinese; null: nothing.' }),
        alarms: z
          .array(
            z.object({
              date: z.iso.date(),
              reason: z.enum(['unheard', 'no-swipe']),
              words: z.string().meta({ description: 'The reason in Chinese.' }),
              raisedAt: z.iso.datetime(),
              clearedAt: z.iso.datetime().nullable().meta({ description: 'When a swipe of that window was uploaded.' }),
            }),
          )
          .meta({
            description: 'School days on which no swipe of the arrival window was there at its end, newest first.',
          }),
        gaps: z.array(z.object({ boot: z.string(), durableSeq: z.int(), highestSeq: z.int() })),
      }),
    ),
  })
  .meta({ id: 'Readers' });

const quarantine = z
  .object({
    records: z.array(
      z.object({
        id: z.int(),
        schoolId: z.string().nullable().meta({ description: 'null: of a device nobody registered.' }),
        deviceId: z.string(),
        boot: z.string().nullable(),
        seq: z.int().nullable(),
        authentic: z.boolean().meta({ description: 'Signed with the reader’s own key.' }),
        reason: z.string(),
        words: z.string().meta({ description: 'The reason in Chinese.' }),
        receivedAt: z.iso.datetime(),
      }),
    ),
    next: z.int().optional(),
  })
  .meta({ id: 'Quarantine' });

/** The gates: which readers are heard of, what they miss, and what of theirs could not be trusted (spec §9). */
export function readerRoutes({ pool, carriers }: { pool: Pool; carriers: Carriers }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/readers',
      operationId: 'listReaders',
      summary: 'Card readers: last seen, clock, alarms of silent mornings, records still to be sent again',
      may: 'gates:read',
      replies: { 200: { description: 'All of the school, or of the carriers.', schema: readers } },
      async handle(_call, account, sight) {
        const found = await readerHealth(
          pool,
          gatesOf(account, sight),
          Date.now(),
          (tenant) => carriers.profile(tenant).zone,
        );
        const body = found.map(({ deviceId, schoolId, shard, lastSeenAt, silent, clock = null, gaps, alarms }) => ({
          ...{ deviceId, schoolId, shard, silent, clock, gaps },
          lastSeenAt: lastSeenAt?.toISOString() ?? null,
          alarms: alarms.map(({ date, reason, raisedAt, clearedAt }) => ({
            ...{ date, reason, words: alarmWords(reason) },
            raisedAt: raisedAt.toISOString(),
            clearedAt: clearedAt?.toISOString() ?? null,
          })),
        }));
        return { status: 200, body: { readers: body } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/readers/quarantine',
      operationId: 'listQuarantined',
      summary: 'Records of readers that were kept but must not count, with the reason, the newest first',
      may: 'gates:read',
      query: z.strictObject({ limit: pageLimit(50, 500), before: rowId.optional() }),
      replies: { 200: { description: 'A page; `next` is the following one’s `before`.', schema: quarantine } },
      async handle({ query: { limit, before } }, account, sight) {
        const found = await quarantinedOf(pool, gatesOf(account, sight), before, limit);
        const records = found.map((record) => ({
          ...record,
          words: quarantineWords(record.reason as QuarantineReason),
          receivedAt: record.receivedAt.toISOString(),
        }));
        const last = records.at(-1);
        return { status: 200, body: { records, ...(last && records.length === limit ? { next: last.id } : {}) } };
      },
    }),
  ];
}

function gatesOf({ role }: Account, { tenants, schoolId }: Sight): ReaderSight {
  return { tenants, schoolId: schoolId ?? undefined, strangers: may(role, 'gates:strangers') };
}
