import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pdu } from 'smpp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RECEIVED_AT_TLV } from '../../infra/embedded/smsc/deliver.ts';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { until } from '../support/poll.ts';
import { bindClient } from '../support/smsc-client.ts';

let smsc: Smsc;
const fast = { receiptDelayMs: 1, retryMs: 50, answerTimeoutMs: 150 };

beforeEach(async () => {
  smsc = await startSmsc(fast);
});
afterEach(() => smsc.stop());

const textOf = (pdu: Pdu) => pdu.short_message?.message;
const registered = { registered_delivery: 1, short_message: Buffer.from('hello') };

describe('receipts', () => {
  it('say it in text and in TLVs', async () => {
    const client = await bindClient(smsc);
    const { message_id: id } = await client.submit(registered);
    const receipt = await until('receipt', () => client.delivered()[0]);
    expect(receipt).toMatchObject({
      ...{ esm_class: 4, source_addr: '13900000001', destination_addr: '10657099' },
      ...{ receipted_message_id: id, message_state: 2 },
    });
    const minute = String.raw`\d{10}`;
    expect(textOf(receipt)).toMatch(
      new RegExp(`^id:${id} sub:001 dlvrd:001 submit date:${minute} done date:${minute} stat:DELIVRD err:000 text:$`),
    );
    await until('answered', () => smsc.stats().receipts.answered === 1);
  });

  it('come only when asked for', async () => {
    const client = await bindClient(smsc);
    await client.submit({ ...registered, registered_delivery: 0 });
    const { message_id: id } = await client.submit(registered);
    await until('receipt', () => client.delivered().length === 1);
    expect(client.delivered()[0]).toMatchObject({ receipted_message_id: id });
  });

  it('of a transmitter go to a receiver, and wait until one is bound', async () => {
    const transmitter = await bindClient(smsc, { as: 'bind_transmitter' });
    await transmitter.submit(registered);
    const receiver = await bindClient(smsc, { as: 'bind_receiver' });
    await until('receipt', () => receiver.delivered().length === 1);
    expect(transmitter.delivered()).toEqual([]);
  });

  it('are sent again when refused, when unanswered, and when their session dies', async () => {
    let asked = 0;
    const client = await bindClient(smsc, { answer: () => [8, undefined, 0][asked++] });
    await client.submit(registered);
    await until('third try', () => smsc.stats().receipts.answered === 1);
    expect(client.delivered()).toHaveLength(3);

    const dying = await bindClient(smsc, { answer: () => void dying.session.destroy() });
    client.session.destroy();
    await until('gone', () => client.closed);
    await dying.submit(registered);
    await until('gone', () => dying.closed);
    const heir = await bindClient(smsc);
    await until('inherited', () => heir.delivered().length === 1);
  });
});

describe("phones' texts", () => {
  it('arrive in GSM or UCS-2, with the time they were received', async () => {
    const client = await bindClient(smsc);
    const before = Date.now();
    smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: 'JX €' });
    smsc.sendFromPhone({ from: '13900000001', to: '1065709912', text: '谢谢老师😀' });
    const [gsm, ucs2] = await until('both', () => client.delivered().length === 2 && client.delivered());
    expect(gsm).toMatchObject({
      source_addr: '13900000001',
      destination_addr: '10657099',
      esm_class: 0,
      data_coding: 0,
    });
    expect(textOf(gsm!)).toBe('JX €');
    expect(ucs2).toMatchObject({ destination_addr: '1065709912', data_coding: 8 });
    expect(textOf(ucs2!)).toBe('谢谢老师😀');
    const time = (gsm as unknown as Record<number, Buffer>)[RECEIVED_AT_TLV]!.toString('latin1');
    const [, date, clock] = /^(\d{6})(\d{6})\d32\+\0$/.exec(time)!;
    const iso = `20${date!.replace(/..\B/g, '$&-')}T${clock!.replace(/..\B/g, '$&:')}+08:00`;
    expect(Math.abs(Date.parse(iso) - before)).toBeLessThan(2_000);
  });

  it('longer than a segment arrive in parts of one reference', async () => {
    const client = await bindClient(smsc);
    const text = '孩子今天请假。'.repeat(20);
    smsc.sendFromPhone({ from: '13900000001', to: '10657099', text });
    const parts = await until('parts', () => client.delivered().length === 3 && client.delivered());
    const headers = parts.map((pdu) => pdu.short_message?.udh?.[0]?.toString('hex'));
    expect(headers).toEqual(['0003010301', '0003010302', '0003010303']);
    expect(parts.map(textOf).join('')).toBe(text);
    expect(smsc.threads.of('13900000001')).toMatchObject([{ to: '10657099', text }]);
  });

  it('wait until a receiver is bound, and come again with the same reference when unanswered', async () => {
    smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: 'QXJX' });
    const deaf = await bindClient(smsc, { answer: () => undefined });
    await until('twice', () => deaf.delivered().length >= 2);
    expect(new Set(deaf.delivered().map((pdu) => pdu.user_message_reference)).size).toBe(1);
    expect(smsc.stats().mos.waiting).toBe(1);
    deaf.session.destroy();
    await until('gone', () => deaf.closed);
    const client = await bindClient(smsc);
    await until('answered', () => smsc.stats().mos.waiting === 0);
    expect(client.delivered()).toHaveLength(1);
  });

  it('go to the one session that serves their short code', async () => {
    const gansu = await bindClient(smsc);
    const shanxi = await bindClient(smsc);
    await gansu.submit({ source_addr: '1065709955', short_message: 'x' });
    await shanxi.submit({ source_addr: '106582703166', short_message: 'x' });
    smsc.sendFromPhone({ from: '13900000001', to: '1065709977', text: 'to gansu' });
    smsc.sendFromPhone({ from: '13900000001', to: '1065827031', text: 'to shanxi' });
    await until('both answered', () => smsc.stats().mos.waiting === 0);
    expect(gansu.delivered().map(textOf)).toEqual(['to gansu']);
    expect(shanxi.delivered().map(textOf)).toEqual(['to shanxi']);
  });

  it('go only to sessions whose bind named their addresses', async () => {
    smsc.sendFromPhone({ from: '13900000001', to: '1065709977', text: 'JX' });
    const shanxi = await bindClient(smsc, { addressRange: '^1065827031' });
    const gansu = await bindClient(smsc, { addressRange: '10657099' });
    await until('answered', () => smsc.stats().mos.waiting === 0);
    expect(shanxi.delivered()).toEqual([]);
    expect(gansu.delivered().map(textOf)).toEqual(['JX']);
  });
});

describe('a restart', () => {
  it('keeps threads, accept-log, receipts and waiting texts', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'campusline-smsc-'));
    try {
      const first = await startSmsc({ ...fast, dataDir });
      const transmitter = await bindClient(first, { as: 'bind_transmitter' });
      const { message_id: id } = await transmitter.submit(registered);
      first.sendFromPhone({ from: '13900000001', to: '10657099', text: '回家吃饭' });
      const threads = first.threads.of('13900000001');
      const log = first.acceptLog.after(0, 10);
      await first.stop();

      const second = await startSmsc({ ...fast, dataDir });
      expect(second.threads.of('13900000001')).toEqual(threads);
      expect(second.acceptLog.after(0, 10)).toEqual(log);
      const client = await bindClient(second);
      await until('both', () => client.delivered().length === 2);
      expect(
        client
          .delivered()
          .map((pdu) => pdu.receipted_message_id ?? textOf(pdu))
          .sort(),
      ).toEqual([id, '回家吃饭'].sort());
      await client.submit(registered);
      expect(second.acceptLog.last).toBe(2);
      await until('answered', () => second.stats().receipts.answered === 2);
      await second.stop();

      const third = await startSmsc({ ...fast, dataDir });
      expect(third.stats()).toMatchObject({ mos: { waiting: 0 }, pendingDeliveries: 0 });
      await third.stop();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
