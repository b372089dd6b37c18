import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { aText, queue, runLink, states, type LinkSetup, type RunningLink } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';

let database: TestDatabase;
let smsc: Smsc;
let links: RunningLink[];

beforeEach(async () => {
  database = await createTestDatabase();
  smsc = await startSmsc({ receiptDelayMs: 10, retryMs: 50, answerTimeoutMs: 500 });
  links = [];
});
afterEach(async () => {
  for (const link of links) await link.stop();
  await smsc.stop();
  await database.drop();
});

function run(setup: Partial<LinkSetup> = {}): RunningLink {
  const link = runLink({ pool: database.pool, smsc: smsc.smpp, ...setup });
  links.push(link);
  return link;
}
const accepted = () => smsc.acceptLog.after(0, 1e6);
const allIn = (ids: number[], ...wanted: string[]) =>
  until(`all ${wanted.join('|')}`, async () => (await states(database.pool, ids)).every((s) => wanted.includes(s)));

describe('a text on its way', () => {
  it('leaves the outbox, is accepted and delivered', async () => {
    const ids = await queue(
      database.pool,
      aText(),
      aText({ body: 'a'.repeat(161) }),
      aText({ body: '好'.repeat(200) }),
    );
    run();
    await allIn(ids, 'DELIVERED');
    expect(accepted().map(({ part, parts }) => [part, parts])).toEqual([
      ...[[1, 1]],
      ...[
        [1, 2],
        [2, 2],
      ],
      ...[
        [1, 3],
        [2, 3],
        [3, 3],
      ],
    ]);
  });

  it('is stored when a parent sends it, and starts its workflow', async () => {
    const started: LinkSetup['started'] = [];
    run({ started });
    smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: '谢谢老师' });
    await until('started', () => started.length > 0);
    const { rows } = await database.pool.query('select id, tenant, phone, destination, body, hash from mo');
    expect(rows).toMatchObject([{ tenant: 'gansu', phone: '13900000001', destination: '10657099', body: '谢谢老师' }]);
    expect(started[0]).toMatchObject({ type: 'inboundSms', args: [{ moId: (rows[0] as { id: number }).id }] });
  });
});
