import { describe, expect, it } from 'vitest';
import { readConfig } from '../../infra/config.ts';

const read = (env: Record<string, string>) => readConfig(env, { carriers: ['gansu'] });

describe('the environment of the door', () => {
  it('trusts proxies on this machine, answers to addresses and has no token, unless told', () => {
    expect(read({})).toMatchObject({ trustedProxies: undefined, allowedHosts: [], opsToken: undefined });
    const told = read({
      TRUSTED_PROXIES: '10.0.0.0/8, 192.168.1.7,fd00::/8',
      ALLOWED_HOSTS: 'XXT.example.cn, api',
      OPS_TOKEN: 'x'.repeat(20),
    });
    expect(told).toMatchObject({
      trustedProxies: ['10.0.0.0/8', '192.168.1.7', 'fd00::/8'],
      allowedHosts: ['xxt.example.cn', 'api'],
      opsToken: 'x'.repeat(20),
    });
  });

  it.each([
    ['TRUSTED_PROXIES', 'everybody'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8,'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['ALLOWED_HOSTS', 'xxt.example.cn:8080'],
    ['ALLOWED_HOSTS', '*'],
    ['OPS_TOKEN', 'short'],
    ['OPS_TOKEN', 'with blanks in it, but long enough'],
  ])('%s=%s is told to be wrong', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
  });
});
