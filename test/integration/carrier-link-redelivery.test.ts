import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Inbound } from '../../activities/carrier-inbound.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { TLV } from '../../infra/smpp/decode.ts';
import { runLink } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aConnection, aMessage, deliver } from '../support/inbound-connection.ts';
import { until } from '../support/poll.ts';
import { startRawSmsc, deliver as deliverRaw, type Connection } from '../support/raw-smsc.ts';

let database: TestDatabase;
const eachDatabase = () => {
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());
};

const stored = async () => {
  const { rows } = await database.pool.query<{ body: string }>('select body from mo order by id');
  return rows.map(({ body }) => body);
};
const dropped = async () => (await database.pool.query('select from mo_redelivery')).rowCount;
const unanswered = async () => (await database.pool.query('select from mo_unanswered')).rowCount;

/** A carrier's binds, each as many connections as it had, one after the other. */
class Binds {
  readonly #open = new Map<number, Inbound>();

  at(bind: number): Inbound {
    const connection = this.#open.get(bind) ?? aConnection(database.pool);
    this.#open.set(bind, connection);
    return connection;
  }

  end(bind: number): void {
    this.#open.delete(bind);
  }
}

describe('what an SMSC that names no texts delivers', () => {
  eachDatabase();
  const say = (connection: Inbound, text: string) => deliver(connection, aMessage(text));
  const lose = (connection: Inbound, text: string) => deliver(connection, aMessage(text), { arrives: false });

  it.each([
    ['on two binds', false],
    ['before and after a reconnect', true],
  ])('a stop, an order and a stop again are three texts %s', async (_where, reconnects) => {
    const binds = new Binds();
    await say(binds.at(1), 'QXJX');
    await say(binds.at(1), 'JX');
    if (reconnects) binds.end(1);
    await say(binds.at(reconnects ? 1 : 0), 'QXJX');
    expect(await stored()).toEqual(['QXJX', 'JX', 'QXJX']);
    expect(await dropped()).toBe(0);
  });

  it('is three texts even where no answer is known to have arrived, for another lies between', async () => {
    for (const text of ['QXJX', 'JX', 'QXJX']) await lose(aConnection(database.pool), text);
    expect(await stored()).toEqual(['QXJX', 'JX', 'QXJX']);
  });

  it('the same answer to two questions is two texts, on one bind, on another, after a reconnect', async () => {
    const binds = new Binds();
    for (const bind of [0, 0, 1]) await say(binds.at(bind), '1');
    binds.end(1);
    await say(binds.at(1), '1');
    expect(await stored()).toEqual(['1', '1', '1', '1']);
  });

  it('is one text until its answer has arrived, and then two', async () => {
    for (let times = 0; times < 3; times++) expect(await lose(aConnection(database.pool), 'QXJX')).toBe(0);
    await say(aConnection(database.pool), 'QXJX');
    expect(await stored()).toEqual(['QXJX']);
    expect(await dropped()).toBe(3);
    await say(aConnection(database.pool), 'QXJX');
    expect(await stored()).toEqual(['QXJX', 'QXJX']);
    expect(await unanswered()).toBe(0);
  });

  it('the same twice, both unanswered, are two that come again', async () => {
    const first = aConnection(database.pool);
    for (let times = 0; times < 2; times++) await lose(first, '1');
    const second = aConnection(database.pool);
    for (let times = 0; times < 3; times++) await lose(second, '1');
    expect(await stored()).toEqual(['1', '1', '1']);
  });

  it('is two texts where both lay in the SMSC’s window, for it does not give an answer up so soon', async () => {
    const connection = aConnection(database.pool);
    await Promise.all([say(connection, '1'), say(connection, '1')]);
    expect(await stored()).toEqual(['1', '1']);
  });

  it('is one text where the answer came too late for the SMSC, on either bind', async () => {
    const slow = aConnection(database.pool, { patienceMs: 0 });
    await Promise.all([say(slow, 'JX'), say(slow, 'JX')]);
    await say(aConnection(database.pool), 'JX');
    expect(await stored()).toEqual(['JX']);
  });

  it('is one text where it was stored and refused, because nobody knew', async () => {
    const connection = aConnection(database.pool);
    loseCommit(database.pool);
    expect(await say(connection, 'JX')).toBe(0x64);
    expect(await stored()).toEqual(['JX']);
    expect(await say(connection, 'JX')).toBe(0);
    expect(await stored()).toEqual(['JX']);
  });

  it('is a new text after an hour', async () => {
    await lose(aConnection(database.pool), 'CX');
    await database.pool.query(`update mo_unanswered set at = at - interval '61 minutes'`);
    await say(aConnection(database.pool), 'CX');
    expect(await stored()).toEqual(['CX', 'CX']);
  });

  it('a parameter that says the same of all texts is no name', async () => {
    const constant = new Map([
      [TLV.userMessageReference, Buffer.from([0, 0])],
      [TLV.receiptedMessageId, Buffer.from('\0')],
      [TLV.receivedAt, Buffer.from('huawei')],
    ]);
    for (const text of ['QXJX', 'JX', 'QXJX', 'QXJX'])
      await deliver(aConnection(database.pool), aMessage(text, { tlvs: constant }));
    expect(await stored()).toEqual(['QXJX', 'JX', 'QXJX', 'QXJX']);
  });
});

describe('what an SMSC names', () => {
  eachDatabase();

  it.each([
    ['by an id', (n: number) => [TLV.receiptedMessageId, `${n}`] as const],
    ['by when it received it', (n: number) => [TLV.receivedAt, `26112308000${n}032+\0`] as const],
  ])('%s is told apart by its name alone', async (_how, name) => {
    const named = (n: number) => {
      const [tag, value] = name(n);
      return aMessage('QXJX', { tlvs: new Map([[tag, Buffer.from(value)]]) });
    };
    const connection = aConnection(database.pool);
    for (const n of [1, 1, 2]) await deliver(connection, named(n));
    for (const n of [2, 1, 3]) await deliver(aConnection(database.pool), named(n));
    expect(await stored()).toEqual(['QXJX', 'QXJX', 'QXJX']);
    expect(await dropped()).toBe(3);
  });
});

describe('a long text', () => {
  eachDatabase();
  /** Part n of 2. */
  const part = (n: number, text: string) =>
    aMessage('', {
      esmClass: 0x40,
      content: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, n]), Buffer.from(text, 'utf16le').swap16()]),
    });
  const long = [part(1, '退'), part(2, '订')];

  it.each([
    ['before its second part', [long[0]!], long],
    ['whole', long, long],
    ['in any order', long, long.toReversed()],
    ['its second part alone', long, [long[1]!]],
  ])('that comes again, %s, is one text', async (_what, first, again) => {
    const [lost, next] = [aConnection(database.pool), aConnection(database.pool)];
    for (const each of first) await deliver(lost, each, { arrives: false });
    for (const each of again) await deliver(next, each);
    expect(await stored()).toEqual(['退订']);
    const { rows } = await database.pool.query('select from mo_part where mo_id is null');
    expect(rows).toEqual([]);
  });

  it('said again under the same reference is a second text, on another bind or after a reconnect', async () => {
    for (let times = 0; times < 3; times++) {
      const connection = aConnection(database.pool);
      for (const each of long) await deliver(connection, each);
    }
    expect(await stored()).toEqual(['退订', '退订', '退订']);
  });

  it('with another text between is two', async () => {
    for (const each of [...long, aMessage('JX'), ...long])
      await deliver(aConnection(database.pool), each, { arrives: false });
    expect(await stored()).toEqual(['退订', 'JX', '退订']);
  });
});

describe('over the wire', () => {
  eachDatabase();
  const connected = async (onAnswer?: (connection: Connection) => void) => {
    const smsc = await startRawSmsc(onAnswer ? { onAnswer } : {});
    const link = runLink({ pool: database.pool, smsc: smsc.smpp });
    return {
      link,
      /** The nth connection, bound. */
      connection: (nth: number) => until(`connection ${nth}`, () => smsc.connections[nth - 1]),
      bound: () => until('bound', () => link.status?.state === 'bound'),
      async stop() {
        await link.stop();
        await smsc.stop();
      },
    };
  };

  it('a text whose answer a cut connection swallowed is one, the same said later another', async () => {
    let cut = true;
    const wire = await connected(({ socket }) => {
      if (cut) socket.destroy();
    });
    await wire.bound();
    deliverRaw(await wire.connection(1), 1, 'QXJX');
    const second = await wire.connection(2);
    cut = false;
    await wire.bound();
    deliverRaw(second, 1, 'QXJX');
    await until('answered', () => second.answered.length === 1);
    expect(await stored()).toEqual(['QXJX']);
    // Nothing else is said: the link asks itself whether its answer arrived.
    await until('arrived', async () => (await unanswered()) === 0);
    second.socket.destroy();
    const third = await wire.connection(3);
    await wire.bound();
    deliverRaw(third, 1, 'QXJX');
    await until('stored', async () => (await stored()).length === 2);
    await wire.stop();
  });

  it('an answer given just before the link unbinds has arrived', async () => {
    const wire = await connected();
    await wire.bound();
    const connection = await wire.connection(1);
    deliverRaw(connection, 1, 'QXJX');
    await until('answered', () => connection.answered.length === 1);
    await wire.stop();
    expect(await stored()).toEqual(['QXJX']);
    expect(await unanswered()).toBe(0);
  });
});

describe('in any order of deliveries, lost answers, connections’ ends and redeliveries', () => {
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  let phones = 0;

  const TEXTS = ['JX', 'QXJX', '1'];
  const step = fc.record({
    is: fc.constantFrom('said', 'again'),
    bind: fc.nat(2),
    text: fc.constantFrom(...TEXTS),
    arrives: fc.boolean(),
  });

  it('no text is lost, and one comes twice only with another between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const source = `1380000${String(phones++).padStart(4, '0')}`;
        const binds = new Binds();
        /** What was delivered and not answered, and whether another text was delivered since. */
        let lost: { text: string; another: boolean }[] = [];
        const said: string[] = [];
        const maybeTwice: string[] = [];
        const send = async (bind: number, text: string, arrives: boolean) => {
          lost = lost.map((each) => ({ ...each, another: each.another || each.text !== text }));
          await deliver(binds.at(bind), aMessage(text, { source }), { arrives });
          if (arrives) return;
          binds.end(bind);
          lost.push({ text, another: false });
        };
        const sendAgain = async (bind: number, arrives: boolean) => {
          const again = lost.shift();
          if (!again) return;
          if (again.another) maybeTwice.push(again.text);
          await send(bind, again.text, arrives);
        };
        for (const { is, bind, text, arrives } of steps) {
          if (is === 'again') await sendAgain(bind, arrives);
          else {
            said.push(text);
            await send(bind, text, arrives);
          }
        }
        // Sooner or later it all comes again.
        while (lost.length > 0) await sendAgain(0, true);
        const { rows } = await database.pool.query<{ body: string }>('select body from mo where phone = $1', [source]);
        for (const text of TEXTS) {
          const [times, least, more] = [rows.map(({ body }) => body), said, maybeTwice].map(
            (texts) => texts.filter((each) => each === text).length,
          ) as [number, number, number];
          expect(times).toBeGreaterThanOrEqual(least);
          expect(times).toBeLessThanOrEqual(least + more);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

/** The next transaction is committed, and whoever waits for it never hears so. */
function loseCommit(pool: Pool): void {
  pool.once('acquire', (client: pg.PoolClient) => {
    const query = client.query.bind(client) as (text: string, values?: unknown[]) => Promise<unknown>;
    client.query = (async (text: string, values?: unknown[]) => {
      const result = await query(text, values);
      if (text !== 'commit') return result;
      client.query = query as typeof client.query;
      throw new Error('connection lost');
    }) as typeof client.query;
  });
}
