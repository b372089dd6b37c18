import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/charges.ts', import.meta.url));
const order = {
  payer: '13900000001',
  package: 'home-school',
  type: 'order',
  channel: 'sms',
  at: '2026-03-05T10:00:00+08:00',
};

describe('npm run charges', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'campusline-charges-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function charges(content: string, carrier = 'gansu', month = '2026-03') {
    const file = join(folder, 'events.json');
    writeFileSync(file, content);
    const args = [program, '--carrier', carrier, '--month', month, '--events', file];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { status, stdout, stderr };
  }
  const linesOf = (entries: object[], carrier?: string, month?: string): unknown =>
    JSON.parse(charges(JSON.stringify(entries), carrier, month).stdout);

  it('prints the lines of the month as JSON and nothing else', () => {
    const cancel = { ...order, type: 'cancel', at: '2026-03-08T01:59:59Z', receivedAt: '2026-03-09T10:00:00+08:00' };
    const { status, stdout, stderr } = charges(JSON.stringify([cancel, order, order]));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const line = { payer: '13900000001', package: 'home-school', month: '2026-03' };
    expect(JSON.parse(stdout)).toEqual([
      {
        ...line,
        fen: 800,
        rule: 'R1',
        decidedAt: '2026-03-08T10:00:00+08:00',
        reason: expect.stringMatching(/首次订制.*first order/) as unknown,
      },
      {
        ...line,
        fen: -800,
        rule: 'R8',
        decidedAt: '2026-03-09T10:00:00+08:00',
        reason: expect.stringMatching(/冲正.*reversed/) as unknown,
      },
    ]);
  });

  it('has no clock and no summer time: any date is +08:00, to the millisecond', () => {
    const decided = (at: string, month: string, carrier?: string) =>
      (linesOf([{ ...order, at }], carrier, month) as { decidedAt: string }[]).map(({ decidedAt }) => decidedAt);
    expect(decided('1990-07-20T23:30:00+08:00', '1990-07')).toEqual(['1990-07-23T23:30:00+08:00']);
    expect(decided('0099-03-05T10:00:00+08:00', '0099-03')).toEqual(['0099-03-08T10:00:00+08:00']);
    expect(decided('1890-03-28T10:00:00+08:00', '1890-04')).toEqual(['1890-04-01T00:00:00+08:00']);
    expect(decided('2026-03-05T10:00:00.999+08:00', '2026-03')).toEqual(['2026-03-08T10:00:00.999+08:00']);
  });

  it('tells of a late cancel where no reversal does: in a free month', () => {
    const free = { ...order, at: '2026-02-03T10:00:00+08:00' };
    const cancel = {
      ...free,
      type: 'cancel',
      at: '2026-02-04T10:00:00+08:00',
      receivedAt: '2026-02-09T10:00:00+08:00',
    };
    expect(linesOf([free, cancel], 'shanxi', '2026-02')).toMatchObject([
      {
        fen: 0,
        rule: 'R5',
        reason: expect.stringContaining('2026-02-04 10:00:00的退订2026-02-09 10:00:00才收到') as unknown,
      },
    ]);
  });

  it('reads a file that begins with a byte order mark', () => {
    expect(charges(`\uFEFF${JSON.stringify([order])}`).status).toBe(0);
  });

  it('prints an empty array when nothing is due', () => {
    expect(charges('[]').stdout).toBe('[]\n');
  });

  it('counts a household as one unit, and its payer is the phone that ordered', () => {
    const mother = { ...order, household: 'h1' };
    const father = { ...order, payer: '13900000002', household: 'h1', at: '2026-03-06T10:00:00+08:00' };
    expect(linesOf([mother, father])).toMatchObject([{ payer: '13900000001', fen: 800 }]);
    expect(linesOf([mother, { ...father, type: 'cancel' }])).toEqual([]);
    // The mother's cancel says nothing of the household: it is hers all the same.
    expect(linesOf([mother, { ...order, type: 'cancel', at: '2026-03-06T10:00:00+08:00' }])).toEqual([]);
    // Shanxi bills each phone.
    expect(linesOf([mother, father], 'shanxi')).toMatchObject([
      { payer: '13900000001', fen: 500 },
      { payer: '13900000002', fen: 500 },
    ]);
  });

  it.each([
    ['not JSON', '[{', /not JSON/],
    ['not an array', '{}', /must be a JSON array/],
    ['an entry that is none', '[1]', /entry 0/],
    ['an unknown type', { type: 'oder' }, /entry 1: type/],
    ['an unknown package', { package: 'gold' }, /entry 1: package gold is unknown/],
    ['a package of another carrier', { package: 'home-school/year' }, /entry 1: package home-school\/year/],
    ['an unknown channel', { channel: 'pigeon' }, /entry 1: channel/],
    ['a time without offset', { at: '2026-03-05T10:00:00' }, /entry 1: at must be a time with its offset/],
    ['a day that is none', { at: '2026-02-30T10:00:00+08:00' }, /entry 1: at/],
    ['no time', { at: undefined }, /entry 1: at/],
    ['a receivedAt without offset', { receivedAt: '2026-03-05' }, /entry 1: receivedAt/],
    ['no payer', { payer: undefined }, /entry 1: payer/],
    ['a misspelt field', { recievedAt: '2026-03-05T10:00:00+08:00' }, /entry 1: .*recievedAt/],
  ])('%s: says so and exits 1', (_what, wrong, message) => {
    const content = typeof wrong === 'string' ? wrong : JSON.stringify([order, { ...order, ...wrong }]);
    const { status, stdout, stderr } = charges(content);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('names every fault of its arguments', () => {
    const { status, stderr } = spawnSync(process.execPath, [program, '--month', '2026-3'], { encoding: 'utf8' });
    expect(status).toBe(1);
    for (const option of ['--carrier', '--month', '--events']) expect(stderr).toContain(option);
  });

  it('tells how it is called, asked or misspelt', () => {
    const called = (option: string) => spawnSync(process.execPath, [program, option], { encoding: 'utf8' });
    const usage = /--carrier NAME --month YYYY-MM --events FILE\n$/;
    expect(called('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(usage) as string, stderr: '' });
    expect(called('--carier')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(usage) as string });
  });
});
