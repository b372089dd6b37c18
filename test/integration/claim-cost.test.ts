import { afterAll, beforeAll, expect, it } from 'vitest';
import { anythingQueued, claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink, type LinkOwner } from '../../activities/carrier-owner.ts';
import { QUEUE_COLUMNS, QUEUE_VALUES } from '../../infra/postgres/outbox.ts';
import { TERMS } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

const FUTURE = 100_000;
const DUE = 20_000;
/** What ten texts cost by their keys is some hundred pages; 100,000 rows of the queue are 850. */
const PAGES_AT_MOST = 400;

let database: TestDatabase;
let owner: LinkOwner;
beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(
    `with s as (
      insert into sms (origin, tenant, workflow_id, kind, lane, phone, source, body, segments)
      select 'test/' || n, 'gansu', 'w', 'class-message', 3, (13900000000 + n)::text, '10657099', '作业', 1
      from generate_series(1, ${FUTURE + DUE}) n returning *
    )
    insert into sms_queue (${QUEUE_COLUMNS}, not_before)
    select ${QUEUE_VALUES}, case when id <= ${FUTURE} then now() + interval '1 day' else now() end from s`,
  );
  owner = await takeLink(pool, { tenant: 'gansu', link: 0, links: 1 });
}, 60_000);
afterAll(() => database.drop());

interface Plan {
  'Relation Name'?: string;
  'Rows Removed by Filter'?: number;
  'Actual Rows'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** Pages that the statements `work` sends touch when they run once more, and rows of the queue they walk past. */
async function costOf(work: () => Promise<unknown>): Promise<{ pages: number; passed: number }> {
  const { pool } = database;
  const { statements } = await watchStatements(pool, work);
  let [pages, passed] = [0, 0];
  const db = await pool.connect();
  for (const { text, values } of [...statements]) {
    if (!/^(with|select) /.test(text)) {
      await db.query(text);
      continue;
    }
    const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    );
    const { Plan: plan } = rows[0]!['QUERY PLAN'][0];
    pages += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    passed += nodes(plan)
      .filter((node) => node['Relation Name'] === 'sms_queue')
      .reduce((sum, node) => sum + (node['Rows Removed by Filter'] ?? 0), 0);
  }
  db.release();
  return { pages, passed };
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

it.each(['before', 'after'])(
  'a claim meets none of the texts that it does not take, %s the queue was analysed',
  async (when) => {
    const { pool } = database;
    if (when === 'after') await pool.query('analyze');
    const claim = () => claimTexts(pool, owner, { segments: 10, lanesUpTo: 4, handed: 10, terms: TERMS });
    for (const work of [claim, () => anythingQueued(pool, owner, 4), () => anythingQueued(pool, owner, 2)]) {
      const { pages, passed } = await costOf(work);
      expect(passed).toBe(0);
      expect(pages).toBeLessThan(PAGES_AT_MOST);
    }
  },
);
