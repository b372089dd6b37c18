import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatSmppUrl, parseSmppUrl } from '../../infra/smpp/address.ts';

const here = fileURLToPath(import.meta.url);

describe('an SMSC’s address', () => {
  it.each([
    ['smpp://campus:p%40ss@smsc.example:2776', { tls: false, host: 'smsc.example', port: 2776, password: 'p@ss' }],
    ['smpp://campus:pass@10.0.0.1', { port: 2775 }],
    ['ssmpp://campus:pass@[::1]', { tls: true, host: '::1', port: 3550 }],
    ['smpp://campus:pass@host?binds=2&window=20&rate=200&system_type=VMA', { binds: 2, window: 20, rate: 200, systemType: 'VMA' }],
    [`ssmpp://campus:pass@host?ca=${encodeURIComponent(here)}`, { caFile: here }],
  ])('%s', (url, address) => {
    const read = parseSmppUrl(url);
    expect(read).toMatchObject({ systemId: 'campus', ...address });
    expect(parseSmppUrl(formatSmppUrl(read))).toEqual(read);
  }); // prettier-ignore

  it.each([
    ['http://campus:pass@host', 'must be smpp://'],
    ['smpp://host:2775', 'must be smpp://'],
    ['not a URL', 'must be smpp://'],
    ['smpp://campus:pass@host?binds=0', 'binds must be a whole number from 1 to 16'],
    ['smpp://campus:pass@host?window=many', 'window must be a whole number from 1 to 1000'],
    ['smpp://campus:pass@host?rate=-1', 'rate must be a whole number'],
    ['smpp://campus:pass@host?system_type=much-too-long', 'system_type must be at most 12'],
    ['smpp://campus:pass@host?ca=/no/such/file', 'ca must name a file that can be read'],
    ['smpp://campus:pass@host?links=2', 'has an unknown links; after ? there may be binds, window'],
  ])('%s is refused in words', (url, words) => {
    expect(() => parseSmppUrl(url)).toThrow(words);
  });
});
