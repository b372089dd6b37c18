import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { COMMAND, encode } from '../../infra/embedded/smsc/wire.ts';
import { matchKeyword } from '../../workflows/domain/keywords.ts';
import { runLink, type RunningLink } from '../support/carrier-link.ts';
import { CODINGS } from '../support/codings.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { startRawSmsc, type RawSmsc } from '../support/raw-smsc.ts';

const SHORT_CODE = '8610657099';
const PREFIXES = ['', '+', '86', '+86', '0086', '12520', '8612520'];
const phone = (n: number) => String(13_900_000_000 + n);

let database: TestDatabase;
let smsc: RawSmsc;
let link: RunningLink;
beforeEach(async () => {
  database = await createTestDatabase();
  smsc = await startRawSmsc();
  link = runLink({ pool: database.pool, smsc: smsc.smpp });
  await until('bound', () => link.status?.state === 'bound');
});
afterEach(async () => {
  await link.stop();
  await smsc.stop();
  await database.drop();
});

it('a stop is a stop of that phone in every coding and from every form of its number', async () => {
  const pdus: Buffer[] = [];
  for (const { dataCodings, encode: encoded } of CODINGS)
    for (const dataCoding of dataCodings)
      for (const word of ['TD', '退订'])
        for (const nuls of [0, 1]) {
          const octets = encoded(word);
          if (!octets) continue;
          const n = pdus.length;
          const source = `${PREFIXES[n % PREFIXES.length]!}${phone(n)}`;
          pdus.push(deliverSm(n + 1, source, dataCoding, Buffer.concat([octets, Buffer.alloc(nuls)])));
        }
  expect(pdus.length).toBeGreaterThan(80);
  smsc.connections[0]!.socket.write(Buffer.concat(pdus));
  const stored = () =>
    database.pool.query<{ phone: string; body: string }>('select phone, body from mo order by phone');
  await until('stored', async () => (await stored()).rowCount === pdus.length);
  const { keywords } = loadCarriers().profile('gansu');
  const heard = (await stored()).rows.map(({ phone, body }) => [phone, matchKeyword(keywords, body)?.keyword]);
  expect(heard).toEqual(pdus.map((_, n) => [phone(n), 'cancel-all']));
});

function deliverSm(sequence: number, source: string, dataCoding: number, octets: Buffer): Buffer {
  // service_type, source, destination; esm_class … replace_if_present_flag; data_coding, sm_default_msg_id, sm_length.
  const head = `\0\0\0${source}\0\0\0${SHORT_CODE}\0${'\0'.repeat(7)}${String.fromCharCode(dataCoding, 0, octets.length)}`;
  return encode(COMMAND.deliver, 0, sequence, head + octets.toString('latin1'));
}
