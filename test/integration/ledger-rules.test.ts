/** What the database itself refuses (findings B13), each wrong row by straight SQL as the role that the product is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFamilies, unitOf } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';

type Row = Record<string, unknown>;

let database: TestDatabase;
const events: Record<string, number> = {};
const SAID = '2026-03-05T10:00:00+08:00';

beforeAll(async () => {
  database = await createTestDatabase();
  await addFamilies(database.pool, 'gansu', 4);
  await addFamilies(database.pool, 'shanxi', 1);
  for (const [name, row] of Object.entries<Row>({
    order: {},
    again: { at: '2026-03-12T10:00:00+08:00' },
    cancel: { type: 'cancel', at: '2026-03-10T10:00:00+08:00' },
    agents: { channel: 'agent' },
    dearer: { package: 'home-school/year' },
    others: familyOf('gansu', 1),
    third: familyOf('gansu', 2),
    carriers: familyOf('shanxi', 0),
  }))
    events[name] = await insert('subscription_event', event({ request_id: name, ...row }));
});
afterAll(() => database.drop());

const insert = async (table: string, row: Row, db: Pick<TestDatabase['pool'], 'query'> = database.pool) => {
  const columns = Object.keys(row);
  const { rows } = await db.query<{ id: number }>(
    `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')}) returning *`,
    Object.values(row),
  );
  return rows[0]!.id;
};

const familyOf = (tenant: string, family: number) => ({
  tenant,
  unit: unitOf(tenant, family),
  payer_guardian_id: `g-${tenant}-000${family}`,
});

const event = (row: Row): Row => ({
  ...familyOf('gansu', 0),
  ...{ request_id: 'r', type: 'order', package: 'home-school', channel: 'sms', actor: 'somebody', at: SAID },
  ...{ received_at: row['at'] ?? SAID, ...row },
});

const charge = (row: Row): Row => ({
  ...familyOf('gansu', 0),
  ...{ package: 'home-school', fen: 800, rule: 'R4', profile_version: 'v', decided_at: '2026-04-01T00:00:00+08:00' },
  ...{ reason: 'monthly', inputs: {}, workflow_id: 'test', ...row },
});
const fee = (row: Row): Row => charge({ kind: 'fee', month: '2026-04-01', consent_event_id: events['order'], ...row });
const reversal = (row: Row): Row => charge({ kind: 'reversal', month: '2026-04-01', rule: 'R8', fen: -800, ...row });

it('is no superuser, as the product never is', async () => {
  const { rows } = await database.pool.query(
    `select current_user as name, rolsuper from pg_roles where rolname = current_user`,
  );
  expect(rows).toEqual([{ name: 'campusline', rolsuper: false }]);
});

describe('a fee', () => {
  it.each<[string, () => Row, string]>([
    ['without an event', () => ({ consent_event_id: null }), 'charge_consent'],
    ['of an event that is none', () => ({ consent_event_id: 999_999 }), 'charge_consent'],
    ['of another family’s event', () => ({ consent_event_id: events['others'] }), 'charge_consent'],
    ['of another carrier’s event', () => ({ consent_event_id: events['carriers'] }), 'charge_consent'],
    ['of an order that waits for consent', () => ({ consent_event_id: events['agents'] }), 'charge_consent'],
    ['of a cancel', () => ({ consent_event_id: events['cancel'] }), 'charge_consent'],
    ['of a package nobody ordered', () => ({ consent_event_id: events['dearer'] }), 'charge_consent'],
    ['decided before it was ordered', () => ({ decided_at: '2026-03-05T09:59:59+08:00' }), 'charge_consent'],
    ['that says it is a unit’s second', () => ({ nth: 2 }), 'charge_one_fee'],
    ['below zero', () => ({ fen: -800 }), 'charge_check1'],
  ])('%s is refused', async (_name, wrong, constraint) => {
    await expect(insert('charge', fee(wrong()))).rejects.toMatchObject({ constraint });
  });

  it('is refused beside one that stands, also in part', async () => {
    const month = '2026-05-01';
    const first = await insert('charge', fee({ month }));
    await expect(insert('charge', fee({ month }))).rejects.toMatchObject({ constraint: 'charge_one_fee' });
    const second = () => insert('charge', fee({ month, nth: 2, consent_event_id: events['again'] }));
    await expect(second()).rejects.toMatchObject({ constraint: 'charge_one_fee' });
    await insert('charge', reversal({ month, fee_id: first, fen: -799 }));
    await expect(second()).rejects.toMatchObject({ constraint: 'charge_one_fee' });
    await insert('charge', reversal({ month, fee_id: first, fen: -1 }));
    await expect(insert('charge', fee({ month, nth: 3, consent_event_id: events['again'] }))).rejects.toMatchObject({
      constraint: 'charge_one_fee',
    });
    await second();
    await expect(second()).rejects.toMatchObject({ constraint: 'charge_one_fee' });
  });

  it('of a free month is refused twice; nothing takes it back, and it gives way to one that costs something', async () => {
    const month = '2026-06-01';
    const free = await insert('charge', fee({ month, fen: 0, rule: 'R5' }));
    await expect(insert('charge', reversal({ month, fee_id: free, fen: 0 }))).rejects.toMatchObject({
      constraint: 'charge_reversal_takes_back',
    });
    const second = (fen: number) => insert('charge', fee({ month, fen, nth: 2, consent_event_id: events['again'] }));
    await expect(second(0)).rejects.toMatchObject({ constraint: 'charge_one_fee' });
    await second(800);
  });
});

describe('a reversal', () => {
  let own: number;
  let theirs: number;
  let back: number;

  beforeAll(async () => {
    own = await insert('charge', fee({}));
    theirs = await insert('charge', fee({ ...familyOf('gansu', 1), consent_event_id: events['others'] }));
    back = await insert('charge', reversal({ fee_id: own, fen: -300 }));
  });

  it.each<[string, () => Row]>([
    ['of another family’s fee', () => ({ fee_id: theirs })],
    ['of a reversal', () => ({ fee_id: back, fen: -300 })],
    ['above what is left of its fee', () => ({ fen: -501 })],
    ['of another package', () => ({ fen: -500, package: 'home-school/year' })],
    ['to another payer', () => ({ fen: -500, payer_guardian_id: 'g-gansu-0001' })],
    ['before its fee’s month', () => ({ fen: -500, month: '2026-03-01' })],
  ])('%s is refused', async (_name, wrong) => {
    await expect(insert('charge', reversal({ fee_id: own, ...wrong() }))).rejects.toMatchObject({
      constraint: 'charge_within_fee',
    });
  });

  it('raises another, up to the fee', async () => {
    await insert('charge', reversal({ fee_id: own, fen: -500 }));
    await expect(insert('charge', reversal({ fee_id: own, fen: -1 }))).rejects.toMatchObject({
      constraint: 'charge_within_fee',
    });
  });

  it('and another at the same moment never take back more than the fee together', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    const one = { ...familyOf('gansu', 1), fee_id: theirs, fen: -500 };
    await insert('charge', reversal(one), client);
    const other = insert('charge', reversal(one)).catch((error: unknown) => error);
    await until('the other waits for it', async () => {
      const { rowCount } = await database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rowCount === 1;
    });
    await client.query('commit');
    client.release();
    expect(await other).toMatchObject({ constraint: 'charge_within_fee' });
  });
});

describe('a charge file', () => {
  const files: Record<string, number> = {};
  let charged: number;
  let foreign: number;

  beforeAll(async () => {
    for (const tenant of ['gansu', 'shanxi'])
      await insert('billing_run', { tenant, month: '2026-07-01', workflow_id: 'test' });
    await insert('billing_run', { tenant: 'gansu', month: '2026-06-01', workflow_id: 'test' });
    const file = { month: '2026-07-01', lines: 1, fen: 800 };
    files['gansu'] = await insert('charge_file', { ...file, tenant: 'gansu' });
    files['shanxi'] = await insert('charge_file', { ...file, tenant: 'shanxi' });
    files['june'] = await insert('charge_file', { ...file, tenant: 'gansu', month: '2026-06-01' });
    const third = { ...familyOf('gansu', 2), consent_event_id: events['third'], month: '2026-07-01' };
    charged = await insert('charge', fee(third));
    foreign = await insert('charge', reversal({ ...third, consent_event_id: null, fee_id: charged, fen: -100 }));
  });

  const line = (row: Row): Row => ({
    ...{
      file_id: files['gansu'],
      line: 1,
      charge_id: charged,
      attempt: 1,
      package_id: 'home-school',
      package: '家校互动',
    },
    ...{ fen: 800, phone: '13900000002', starts_at: SAID, note: '', ...row },
  });

  it.each<[string, () => Row, string]>([
    ['of another amount', () => ({ fen: 900 }), 'charge_file_line_charge'],
    ['less what nobody took back', () => ({ fen: 700 }), 'charge_file_line_charge'],
    ['less another’s reversal', () => ({ fen: 700, set_off: [charged] }), 'charge_file_line_charge'],
    ['of another package', () => ({ package_id: 'home-school/year' }), 'charge_file_line_charge'],
    ['without a package', () => ({ package_id: null }), 'charge_file_line_package'],
    ['to another phone', () => ({ phone: '13900000001' }), 'charge_file_line_charge'],
    ['in another carrier’s file', () => ({ file_id: files['shanxi'] }), 'charge_file_line_charge'],
    ['in an earlier month’s file', () => ({ file_id: files['june'] }), 'charge_file_line_charge'],
  ])('has no line %s', async (_name, wrong, constraint) => {
    await expect(insert('charge_file_line', line(wrong()))).rejects.toMatchObject({ constraint });
  });

  it('has a line less what was taken back, and a result of that line alone', async () => {
    await insert('charge_file_line', line({ fen: 700, set_off: [foreign] }));
    const result = { file_id: files['gansu'], line: 1, attempt: 1, outcome: 'success', reason: '' };
    await expect(insert('charge_result', { ...result, charge_id: foreign })).rejects.toMatchObject({
      constraint: 'charge_result_line',
    });
    await expect(insert('charge_result', { ...result, charge_id: charged, attempt: 2 })).rejects.toMatchObject({
      constraint: 'charge_result_line',
    });
    await insert('charge_result', { ...result, charge_id: charged });
  });
});

describe('an event', () => {
  const from = (ms: number) => new Date(Date.now() + ms).toISOString();
  const MINUTE = 60_000;

  it.each<[string, () => Row, string]>([
    ['said in 2030', () => ({ at: '2030-01-01T00:00:00Z' }), 'not_in_future'],
    [
      'said further ahead than an SMSC’s clock',
      () => ({ at: from(6 * MINUTE), received_at: from(0) }),
      'not_in_future',
    ],
    ['heard in 2030', () => ({ received_at: '2030-01-01T00:00:00Z' }), 'not_in_future'],
    ['heard before it was said', () => ({ received_at: '2026-03-05T09:54:59+08:00' }), 'subscription_event_times'],
    [
      'that consents for a parent without paper',
      () => ({ type: 'consent', channel: 'agent' }),
      'subscription_event_slip',
    ],
    ['that is paid by another carrier’s', () => ({ payer_guardian_id: 'g-shanxi-0000' }), 'subscription_event_payer'],
    ['by nobody', () => ({ actor: '' }), 'subscription_event_words'],
    ['of nothing', () => ({ package: '' }), 'subscription_event_words'],
    ['of no request', () => ({ request_id: '' }), 'subscription_event_words'],
  ])('%s is refused', async (_name, wrong, constraint) => {
    const row = { ...event({}), request_id: 'wrong', ...wrong() };
    await expect(insert('subscription_event', row)).rejects.toMatchObject({ constraint });
  });

  it('is taken from an SMSC whose clock is a little ahead', async () => {
    const row = event({ ...familyOf('gansu', 3), at: from(4 * MINUTE), received_at: from(0), request_id: 'ahead' });
    expect(await insert('subscription_event', row)).toEqual(expect.any(Number));
  });
});

describe('what is append-only', () => {
  const tables = async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select tgrelid::regclass::text as name from pg_trigger where tgname = 'append_only' order by 1`,
    );
    return rows.map(({ name }) => name);
  };

  it('is not emptied, by right and by trigger', async () => {
    const kept = await tables();
    expect(kept).toEqual(expect.arrayContaining(['charge', 'charge_file_line', 'subscription_event', 'trial_event']));
    const empty = (table: string) => database.pool.query(`truncate ${table} cascade`);
    for (const table of ['charge', 'charge_file', 'charge_file_line', 'charge_result', 'subscription_event'])
      await expect(empty(table), table).rejects.toMatchObject({ code: '42501' });
    // Who owns a table can give itself the right again.
    await database.pool.query('grant truncate on all tables in schema public to current_user');
    for (const table of kept) await expect(empty(table), table).rejects.toThrow('is append-only');
  });
});
