import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinReceipts, storeReceipts } from '../../activities/carrier-receipts.ts';
import { textsOfPhone } from '../../infra/postgres/billing-queries.ts';
import { createUncertainReader } from '../../infra/postgres/link-gauges.ts';
import { messageFate } from '../../infra/postgres/messages.ts';
import { traceEvents } from '../../infra/postgres/trace.ts';
import { listUncertain } from '../../infra/postgres/uncertain.ts';
import type { ReceiptState } from '../../infra/smpp/receipt.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addMessage, addSchool, ALL_OF_GANSU } from '../support/school.ts';

const PHONE = '13900000001';
const COUNTED: Record<string, string> = {
  ACCEPTED: 'accepted',
  DELIVERED: 'delivered',
  FAILED: 'failed',
  EXPIRED: 'failed',
};

interface Said {
  part: number;
  state: ReceiptState;
}

/** One text: its parts, and what is said of them in this order. */
interface Story {
  parts: number;
  receipts: Said[];
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
});
afterAll(() => database.drop());

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]]);
}

const said = (part: number, states: ReceiptState[]): Said[] => states.map((state) => ({ part, state }));
const ONE: Story[] = subsets<ReceiptState>(['DELIVERED', 'FAILED', 'EXPIRED', 'BUFFERED'])
  .flatMap(orders)
  .map((states) => ({ parts: 1, receipts: said(1, states) }));
const OF_TWO = subsets<ReceiptState>(['DELIVERED', 'FAILED', 'EXPIRED']);
const TWO: Story[] = OF_TWO.flatMap((first) => OF_TWO.map((second) => [...said(1, first), ...said(2, second)]))
  .filter((receipts) => receipts.length <= 4)
  .flatMap(orders)
  .map((receipts) => ({ parts: 2, receipts }));

/** What a text is, whatever the order. */
function stateOf({ parts, receipts }: Story): string {
  const ofPart = (n: number) =>
    (['DELIVERED', 'FAILED', 'EXPIRED'] as const).find((state) =>
      receipts.some((receipt) => receipt.part === n && receipt.state === state),
    ) ?? 'ACCEPTED';
  const all = Array.from({ length: parts }, (_, i) => ofPart(i + 1));
  if (all.every((state) => state === 'DELIVERED')) return 'DELIVERED';
  return ['FAILED', 'EXPIRED'].find((state) => all.some((each) => each === state)) ?? 'ACCEPTED';
}

/** Puts the stories' texts and receipts into the database; receipts before their responses, or after. */
async function happen(messageId: string, stories: Story[], receiptsFirst: boolean): Promise<number[]> {
  const { pool } = database;
  const { rows } = await pool.query<{ id: number }>(
    `insert into sms (origin, tenant, workflow_id, kind, lane, phone, source, body, segments, message_id)
    select $1 || '/' || n, 'gansu', 'w', 'class-message', 3, $2, '10657099', 'x', parts, $1::uuid
    from unnest($3::int[]) with ordinality u (parts, n) order by n returning id`,
    [messageId, PHONE, stories.map(({ parts }) => parts)],
  );
  const ids = rows.map(({ id }) => id);
  const respond = () =>
    pool.query(
      `insert into sms_part (sms_id, part, state, smsc_id)
      select s.id, part, 'ACCEPTED', s.id || '-' || part
      from sms s, generate_series(1, s.segments) part where s.message_id = $1`,
      [messageId],
    );
  if (!receiptsFirst) await respond();
  for (let turn = 0; turn < 4; turn++) {
    const now = stories.flatMap(({ receipts }, i) =>
      receipts.slice(turn, turn + 1).map((each) => ({ ...each, id: ids[i]! })),
    );
    await storeReceipts(
      pool,
      now.map(({ id, part, state }) => ({
        ...{ tenant: 'gansu', phone: PHONE, destination: '10657099', smscId: `${id}-${part}`, state },
        error: state === 'FAILED' || state === 'EXPIRED' ? `${state.slice(0, 7)} err:00${part}` : null,
      })),
    );
  }
  if (receiptsFirst) {
    await respond();
    while ((await joinReceipts(pool, 'gansu')) > 0);
  }
  return ids;
}

describe.each([
  ['one part', ONE, false],
  ['one part, receipts before the response', ONE, true],
  ['two parts', TWO, false],
])('every order of receipts of %s', (_what, stories, receiptsFirst) => {
  let messageId: string;
  let ids: number[];
  const expected = stories.map(stateOf);
  beforeAll(async () => {
    messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    ids = await happen(messageId, stories, receiptsFirst);
  });

  it('ends alike, and with the words of what it ended as', async () => {
    const { rows } = await database.pool.query<{ state: string; error: string | null }>(
      'select state, error from sms_status join sms on id = sms_id where message_id = $1 order by id',
      [messageId],
    );
    expect(rows.map(({ state }) => state)).toEqual(expected);
    for (const { state, error } of rows)
      expect(error?.split(' ')[0]).toBe(state === 'FAILED' || state === 'EXPIRED' ? state : undefined);
  });

  it('counts alike in the progress of its message', async () => {
    const { counts, uncertain } = await messageFate(database.pool, messageId);
    const times = (name: string) => expected.filter((state) => COUNTED[state] === name).length;
    expect({ ...counts, uncertain }).toEqual({
      ...{ queued: 0, submitted: 0, suppressed: 0, uncertain: 0 },
      ...{ accepted: times('accepted'), delivered: times('delivered'), failed: times('failed') },
    });
  });

  it('reads alike in the trace', async () => {
    const query = { phone: PHONE, sight: ALL_OF_GANSU, from: undefined, to: undefined, after: undefined };
    const events = await traceEvents(database.pool, { ...query, limit: 10_000 });
    const ofText = new Map(
      events.filter(({ kind }) => kind === 'sms').map(({ ids, outcome }) => [ids['sms'], outcome]),
    );
    expect(ids.map((id) => ofText.get(String(id)))).toEqual(expected);
  });
});

it('a complaint’s pack, the list and the gauge of what is uncertain say the same', async () => {
  const { rows } = await database.pool.query<{ state: string; count: number }>(
    'select state, count(*) from sms_status group by state order by state',
  );
  const texts = await textsOfPhone(database.pool, 'gansu', PHONE, 10_000);
  const inPack = Map.groupBy(texts, ({ state }) => state);
  expect(
    [...inPack].map(([state, of]) => ({ state, count: of.length })).toSorted((a, b) => (a.state < b.state ? -1 : 1)),
  ).toEqual(rows);
  expect((await listUncertain(database.pool, { tenants: ['gansu'] }, undefined, 100)).total).toBe(0);
  expect(await createUncertainReader(database.pool)()).toEqual([]);
});

describe('a part that is known in two ways', () => {
  it.each([
    [
      'the phone has it, though what was sent again was refused',
      ['UNCERTAIN', 'REJECTED'],
      ['DELIVERED'],
      'DELIVERED',
      null,
    ],
    ['refused, though its first attempt failed', ['UNCERTAIN', 'REJECTED'], ['FAILED'], 'REJECTED', 'refused'],
    ['uncertain, though on its way', ['UNCERTAIN'], ['BUFFERED'], 'UNCERTAIN', 'refused'],
    ['uncertain no more, once it failed', ['UNCERTAIN'], ['FAILED'], 'FAILED', 'UNDELIV'],
  ])('is %s', async (_what, outcomes, receipts, state, error) => {
    const { pool } = database;
    const { rows } = await pool.query<{ id: number }>(
      `insert into sms (origin, tenant, workflow_id, kind, lane, phone, source, body, segments)
      values (gen_random_uuid(), 'gansu', 'w', 'bulk', 4, '13900000009', '10657099', 'x', 1) returning id`,
    );
    const { id } = rows[0]!;
    for (const [i, outcome] of outcomes.entries())
      await pool.query(`insert into sms_part (sms_id, part, attempt, state, error) values ($1, 1, $2, $3, 'refused')`, [
        id,
        i + 1,
        outcome,
      ]);
    for (const receipt of receipts)
      await pool.query(
        `insert into sms_receipt (tenant, smsc_id, phone, state, error, sms_id, part)
        values ('gansu', gen_random_uuid(), '13900000009', $1, case when $1 = 'FAILED' then 'UNDELIV' end, $2, 1)`,
        [receipt, id],
      );
    const status = await pool.query('select state, error, uncertain_parts from sms_status where sms_id = $1', [id]);
    expect(status.rows).toEqual([{ state, error, uncertain_parts: state === 'UNCERTAIN' ? 1 : 0 }]);
    const { rows: listed } = await listUncertain(pool, { tenants: ['gansu'], id }, undefined, 1);
    expect(listed).toHaveLength(state === 'UNCERTAIN' ? 1 : 0);
  });
});
