import { describe, expect, it } from 'vitest';
import { meaningOf, statusWords, type Meaning } from '../../infra/smpp/status-words.ts';

const MEANINGS: [number, Meaning][] = [
  [0x58, 'congestion'],
  [0x14, 'congestion'],
  [0x08, 'smsc-ill'],
  [0xff, 'smsc-ill'],
  [0x04, 'session'],
  [0x45, 'passing'],
  [0x64, 'passing'],
  [0xfe, 'passing'],
  [0x01, 'permanent'],
  [0x0a, 'permanent'],
  [0x0b, 'permanent'],
  [0x65, 'permanent'],
  [0x66, 'permanent'],
  [0x0101, 'permanent'],
  // Each carrier's own, and what SMPP does not know.
  [0x400, 'permanent'],
  [0x4ff, 'permanent'],
  [0xdeadbeef, 'permanent'],
];

describe('a refusal', () => {
  it.each(MEANINGS)('0x%s means %s', (status, meaning) => {
    expect(meaningOf(status)).toBe(meaning);
    expect(statusWords(status)).toMatch(/^0x[0-9a-f]+ .+\(.+\)$/);
  });
});
