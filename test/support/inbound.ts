import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { addMessage, addSchool, guardianPhone, textsOf } from './school.ts';

export const SHORT_CODE = '10657099';
export const MINUTE = 60_000;
/** When texts come in, unless said otherwise. */
export const now = Date.now();

const carriers = loadCarriers();

/** What routing a text takes, new for each test of the file it is called in: the school of addSchool in a database. */
export function inboundRig() {
  let database: TestDatabase;
  let activities: ReturnType<typeof createInboundSmsActivities>;
  beforeEach(async () => {
    database = await createTestDatabase();
    await addSchool(database.pool);
    // Routing itself never asks the engine: this client connects to nothing.
    const client = new Client({ connection: Connection.lazy() });
    activities = createInboundSmsActivities({ pool: database.pool, carriers, client });
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
      const { rows } = await database.pool.query<{ id: number }>(
        `insert into mo (tenant, hash, phone, destination, body, received_at)
        values ($1, gen_random_uuid()::text, $2, $3, $4, $5) returning id`,
        [tenant, phone, to, body, new Date(at)],
      );
      const moId = rows[0]!.id;
      const { command } = await activities.routeInboundSms({ moId });
      expect(await activities.routeInboundSms({ moId })).toEqual({ command });
      const outcome = await database.pool.query<{ route: string; answered: boolean; reason: string }>(
        'select route, answered, reason from mo_outcome where mo_id = $1',
        [moId],
      );
      return { moId, command, outcome: outcome.rows[0], texts: await textsOf(database.pool, `mo/${moId}/`) };
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
