import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseShortMessage, TLV } from '../../infra/smpp/decode.ts';
import { COMMAND, encodePdu } from '../../infra/smpp/wire.ts';
import type { Logger } from '../../infra/telemetry/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aConnection, aMessage, deliver } from '../support/inbound-connection.ts';
import { until } from '../support/poll.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const header = '\0\x01\x01' + '13900000001\0' + '\x01\x01' + '10657099\0' + '\0\0\0\0\0\0\0\x08\0';
const parse = (body: string, sequence = 1) => {
  const bytes = encodePdu(COMMAND.deliverSm, 0, sequence, Buffer.from(body, 'latin1'));
  return parseShortMessage({ command: COMMAND.deliverSm, status: 0, sequence, bytes });
};
const HELLO = '\x04\x59\x7d\x76\x84';
const quarantined = async () =>
  (await database.pool.query<{ reason: string; octets: Buffer }>('select reason, octets from smpp_quarantine')).rows;

describe('a deliver_sm that can’t be read', () => {
  it('is kept, once however often it comes, and refused for good', async () => {
    const body = `${header}\x20short`;
    for (const sequence of [1, 2]) expect(await deliver(aConnection(database.pool), parse(body, sequence))).toBe(0x65);
    expect(await quarantined()).toEqual([
      { reason: 'ends inside its mandatory fields', octets: Buffer.from(body, 'latin1') },
    ]);
  });

  it('is refused for now where it can’t be kept', async () => {
    await database.pool.query('alter table smpp_quarantine rename to away');
    expect(await deliver(aConnection(database.pool), parse(`${header}\x20short`))).toBe(0x64);
  });

  it('is kept to 4 kB, and to so many', async () => {
    await database.pool.query(
      `insert into smpp_quarantine (tenant, command, reason, octets, digest, hour)
      select 'gansu', 5, '', '', n, 0 from generate_series(1, 9999) n`,
    );
    for (const n of ['a', 'b', 'c'])
      expect(await deliver(aConnection(database.pool), parse(header.slice(0, 10) + n.repeat(6_000)))).toBe(0x65);
    const kept = await quarantined();
    expect(kept).toHaveLength(10_000);
    expect(Math.max(...kept.map(({ octets }) => octets.length))).toBe(4_096);
  });

  it('but for an optional parameter is taken as a text, and kept beside it', async () => {
    const message = parse(`${header}${HELLO}\x02\x04\0\x02ab\x14\x01\0\x20broken`);
    expect(message.tlvs.get(TLV.userMessageReference)).toEqual(Buffer.from('ab'));
    expect(await deliver(aConnection(database.pool), message)).toBe(0);
    const { rows } = await database.pool.query('select phone, body from mo');
    expect(rows).toEqual([{ phone: '13900000001', body: '好的' }]);
    await until('kept', async () => (await quarantined()).length === 1);
    expect((await quarantined())[0]!.reason).toBe('an optional parameter is longer than the PDU');
  });

  it('by the thousand is one line a second in the log', async () => {
    const lines: { count?: number }[] = [];
    const log = { warn: (line: object) => void lines.push(line), error: () => undefined } as unknown as Logger;
    const inbound = aConnection(database.pool, { log });
    const answers: number[] = [];
    for (let n = 0; n < 2_000; n++) inbound.deliver(parse(`${header}\x20${n}`), (status) => answers.push(status) > 0);
    await until('answered', () => answers.length === 2_000);
    expect(lines.length).toBeLessThan(5);
    await inbound.close();
    expect(lines.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(2_000);
  });
});

it('a text that the database refuses for what it says is kept and not asked for again', async () => {
  await database.pool.query("alter table mo add check (body <> '坏')");
  const inbound = aConnection(database.pool);
  const bytes = encodePdu(COMMAND.deliverSm, 0, 1, Buffer.from(`${header}\x02\x57\x4f`, 'latin1'));
  const bad = parseShortMessage({ command: COMMAND.deliverSm, status: 0, sequence: 1, bytes });
  expect(await Promise.all([deliver(inbound, bad), deliver(inbound, aMessage('好'))])).toEqual([0x65, 0]);
  expect(await quarantined()).toEqual([{ reason: 'not storable (SQLSTATE 23514)', octets: bytes.subarray(16) }]);
});
