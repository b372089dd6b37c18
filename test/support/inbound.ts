import { afterEach, beforeEach, expect } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { reasonWords } from '../../workflows/domain/reason-words.ts';
import { ROUTE_WORDS } from '../../workflows/domain/record-words.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { IDLE_STARTER } from '../../infra/temporal/pending-starter.ts';
import { addMessage, addSchool, guardianPhone, textsOf } from './school.ts';

export const SHORT_CODE = '10657099';
export const MINUTE = 60_000;
/** When texts come in, unless said otherwise. */
export const now = Date.now();

const carriers = loadCarriers();

/** What is recorded of a text can be told by who speaks to parents. */
export function expectChinese({ route, reason }: { route: string; reason: string }): void {
  expect(Object.keys(ROUTE_WORDS)).toContain(route);
  expect(reasonWords(reason).zh).not.toMatch(/[a-z]{3}/i);
}

/** What routing a text takes, new for each test of the file it is called in: the school of addSchool in a database. */
export function inboundRig() {
  let database: TestDatabase;
  let activities: ReturnType<typeof createInboundSmsActivities>;
  beforeEach(async () => {
    database = await createTestDatabase();
    await addSchool(database.pool);
    activities = createInboundSmsActivities({ pool: database.pool, carriers, starter: IDLE_STARTER });
  });
  afterEach(() => database.drop());

  return {
    get pool() {
      return database.pool;
    },
    get activities() {
      return activities;
    },

    /** A text comes in and is routed, twice: as when a worker dies after its commit. */
    receive: async (phone: string, body: string, { to = SHORT_CODE, at = now, tenant = 'gansu' } = {}) => {
      const { rows } = await database.pool.query<{ id: number; hash: string }>(
        `insert into mo (tenant, hash, phone, destination, body, received_at)
        values ($1, gen_random_uuid()::text, $2, $3, $4, $5) returning id, hash`,
        [tenant, phone, to, body, new Date(at)],
      );
      const moId = rows[0]!.id;
      for (let run = 0; run < 2; run++) expect(await activities.routeTexts({ moId })).toEqual({ more: false });
      const outcome = await database.pool.query<{ route: string; answered: boolean; reason: string }>(
        'select route, answered, reason from mo_outcome where mo_id = $1',
        [moId],
      );
      expectChinese(outcome.rows[0]!);
      return {
        moId,
        outcome: outcome.rows[0],
        texts: [
          ...(await textsOf(database.pool, `mo/${moId}/`)),
          ...(await textsOf(database.pool, `subscription/mo/${rows[0]!.hash}/`)),
        ],
      };
    },

    /** A text of teacher t1 to class c1: threads with g1, g2, g3. Returns the address it came from, by guardian. */
    teacherTexts: async (): Promise<(guardian: number) => string> => {
      const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
      const teacher = createTeacherMessageActivities({ pool: database.pool, carriers });
      await teacher.expandMessage({ messageId, after: '', now });
      const texts = await textsOf(database.pool, `message/${messageId}/`);
      return (guardian) => texts.find(({ phone }) => phone === guardianPhone(guardian))!.source;
    },

    /** Rows of a table. */
    count: async (table: string) =>
      (await database.pool.query<{ count: number }>(`select count(*) from ${table}`)).rows[0]!.count,
  };
}
