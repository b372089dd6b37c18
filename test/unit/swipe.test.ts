import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignedBy, signSwipe } from '../../infra/mqtt/signature.ts';
import { judgeSwipe, judgeTopic, parsePayload, quarantineWords, type Swipe } from '../../workflows/domain/swipe.ts';

/** The example of architecture §4. */
const EXAMPLE = {
  boot: '7f3a',
  seq: 1042,
  card: '04A2B3C4',
  at: '2026-11-23T07:31:05+08:00',
  dir: 'in',
  sig: 'a'.repeat(64),
};
const NOW = Date.parse(EXAMPLE.at);
const parse = (value: unknown) => parsePayload(JSON.stringify(value));
const reasonOf = (value: unknown) => {
  const parsed = parse(value);
  if (typeof parsed === 'string') return parsed;
  return 'reason' in parsed[0]! ? parsed[0].reason : undefined;
};

describe('a payload of swipes', () => {
  it('is one object or an array of up to a hundred', () => {
    expect(parse(EXAMPLE)).toEqual([{ swipe: { ...EXAMPLE, instant: NOW }, text: JSON.stringify(EXAMPLE) }]);
    expect(parse([EXAMPLE])).toHaveLength(1);
    expect(parse(Array(100).fill(EXAMPLE))).toHaveLength(100);
    expect(parse(Array(101).fill(EXAMPLE))).toBe('too-many');
    expect(parse([])).toBe('bad-field:payload');
    expect(parsePayload('{"boot"')).toBe('not-json');
    expect(parsePayload('')).toBe('not-json');
  });

  it('may say more than we know', () => {
    expect(reasonOf({ ...EXAMPLE, firmware: '2.1', battery: 0.5 })).toBeUndefined();
  });

  const wrong: [string, unknown][] = [
    ...[undefined, null, '', 7, 'a|b', 'a/b', 'x'.repeat(65)].map((v): [string, unknown] => ['boot', v]),
    ...[undefined, null, '1', -1, 1.5, 2 ** 53, [1]].map((v): [string, unknown] => ['seq', v]),
    ...[undefined, null, '', 7, '卡', 'x'.repeat(65), {}].map((v): [string, unknown] => ['card', v]),
    ...[undefined, null, '', 7, '2026-11-23', '2026-02-30T07:31:05+08:00'].map((v): [string, unknown] => ['at', v]),
    ...[undefined, null, '', 'IN', 'up', 0].map((v): [string, unknown] => ['dir', v]),
    ...[undefined, null, '', 'A'.repeat(64), 'a'.repeat(63), 'g'.repeat(64)].map((v): [string, unknown] => ['sig', v]),
  ];
  it.each(wrong)('names the field: %s %j', (field, value) => {
    expect(reasonOf({ ...EXAMPLE, [field]: value })).toBe(`bad-field:${field}`);
  });

  it.each([[null], [7], ['text'], [true], [[EXAMPLE]]])('takes no %j for a swipe', (item) => {
    expect(reasonOf([item])).toBe('bad-field:payload');
  });

  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  it.each([
    ['a pill', nested(6_000)],
    ['a pill of objects', '{"a":'.repeat(6_000) + '1' + '}'.repeat(6_000)],
    ['a pill that never closes', '['.repeat(60_000)],
    ['a pill in a field', JSON.stringify({ ...EXAMPLE, more: 0 }).replace('0}', `${nested(9)}}`)],
    ['nine levels', nested(9)],
  ])('refuses %s unread', (_what, payload) => {
    expect(parsePayload(payload)).toBe('bad-field:payload');
  });

  it('counts as nesting only what is not in a string', () => {
    const brackets = '\\"[{'.repeat(1_000);
    expect(reasonOf({ ...EXAMPLE, firmware: brackets })).toBeUndefined();
    // The item in its array, and six levels of its own.
    const payload = JSON.stringify([{ ...EXAMPLE, more: 0 }]).replace('0}', `${nested(6)}}`);
    expect(parsePayload(payload)).toMatchObject([{ swipe: EXAMPLE }]);
  });

  it('names the field that is at fault, and nothing where none is', () => {
    expect(quarantineWords('bad-field:card')).toBe('字段不正确：card');
    expect(quarantineWords('clock-off')).toBe('读卡器时钟相差超过24小时');
  });

  it('judges each of an array by itself', () => {
    const parsed = parse([EXAMPLE, { ...EXAMPLE, dir: 'up' }, EXAMPLE]) as object[];
    expect(parsed.map((item) => 'swipe' in item)).toEqual([true, false, true]);
  });

  it('survives whatever is sent', { timeout: 60_000 }, () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(EXAMPLE)));
    const almost = fc.record(
      { boot: field, seq: field, card: field, at: field, dir: field, sig: field },
      { requiredKeys: [] },
    );
    const payload = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      almost.map((value) => JSON.stringify(value)),
      fc.array(almost, { maxLength: 8 }).map((value) => JSON.stringify(value)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
    );
    fc.assert(
      fc.property(payload, (text) => {
        const parsed = parsePayload(text);
        if (typeof parsed === 'string') {
          expect(quarantineWords(parsed)).toMatch(/\p{Script=Han}/u);
          return;
        }
        for (const item of parsed) {
          if ('reason' in item) expect(quarantineWords(item.reason)).toMatch(/\p{Script=Han}/u);
          else {
            expect(Number.isSafeInteger(item.swipe.seq) && item.swipe.boot !== '' && item.swipe.card !== '').toBe(true);
            expect(Number.isFinite(item.swipe.instant)).toBe(true);
          }
        }
      }),
      { numRuns: 12_000 },
    );
  });
});

describe('the signature', () => {
  it('is the HMAC of the strings as sent', () => {
    // printf '%s' 'gate-1|7f3a|1042|04A2B3C4|2026-11-23T07:31:05+08:00|in' | openssl dgst -sha256 -hmac secret
    expect(signSwipe('secret', 'gate-1', EXAMPLE)).toBe(
      '34489509b208e20f9b2a550bc8713b06ee26bf9bfaf2487dffd1f72ea1e68096',
    );
  });

  it('covers the device and every field', () => {
    const sig = signSwipe('secret', 'gate-1', EXAMPLE);
    expect(isSignedBy('secret', 'gate-1', { ...EXAMPLE, sig })).toBe(true);
    expect(isSignedBy('other', 'gate-1', { ...EXAMPLE, sig })).toBe(false);
    expect(isSignedBy('secret', 'gate-2', { ...EXAMPLE, sig })).toBe(false);
    const changed = { boot: '7f3b', seq: 1043, card: '04A2B3C5', at: '2026-11-23T07:31:06+08:00', dir: 'out' };
    for (const [field, value] of Object.entries(changed))
      expect([field, isSignedBy('secret', 'gate-1', { ...EXAMPLE, sig, [field]: value })]).toEqual([field, false]);
  });
});

describe('what counts', () => {
  const DAY = 24 * 3_600_000;
  const swipe = { ...EXAMPLE, dir: 'in', instant: NOW } as Swipe;

  it.each([
    ['active', 0, undefined],
    ['active', DAY, undefined],
    ['active', DAY + 1, 'clock-off'],
    ['active', -DAY, undefined],
    ['active', -DAY - 1, 'clock-off'],
    ['lost', 0, 'lost-card'],
    [undefined, 0, 'unknown-card'],
  ] as const)('a card that is %s, received %i ms after: %s', (state, after, reason) => {
    expect(judgeSwipe(swipe, state, NOW + after)).toBe(reason);
  });

  it.each([
    [undefined, 'unknown-device'],
    [{ tenant: 'gansu', shard: '0' }, undefined],
    [{ tenant: 'shanxi', shard: '0' }, 'wrong-topic'],
    [{ tenant: 'gansu', shard: '1' }, 'wrong-topic'],
  ])('the topic of %j: %s', (reader, reason) => {
    expect(judgeTopic({ tenant: 'gansu', shard: '0' }, reader)).toBe(reason);
  });
});

describe('the words of a quarantine', () => {
  it.each([
    ['clock-off', '读卡器时钟相差超过24小时'],
    ['bad-field:card', '字段不正确：card'],
  ] as const)('of %s: %s, a field being named only where there is one', (reason, words) => {
    expect(quarantineWords(reason)).toBe(words);
  });
});
