import { expect, it } from 'vitest';
import { isKnownHost } from '../../infra/host-names.ts';

const NAMES = ['xxt.example.cn', 'api'];

it.each<[string | undefined, boolean]>([
  ['127.0.0.1', true],
  ['127.0.0.1:8090', true],
  ['192.168.1.7:8080', true],
  ['[::1]', true],
  ['[::1]:8090', true],
  ['localhost', true],
  ['LocalHost:8080', true],
  ['localhost.', true],
  ['demo.localhost:80', true],
  ['xxt.example.cn', true],
  ['XXT.example.cn:443', true],
  ['api:8080', true],
  // HTTP/1.0 alone.
  [undefined, true],
  ['evil.example', false],
  ['evil.example:8090', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['notlocalhost', false],
  ['xxt.example.cn.evil.example', false],
  ['evil@localhost', false],
  ['localhost/evil', false],
  ['[::1', false],
  ['[evil]', false],
  ['1.2.3', false],
  ['localhost:port', false],
  ['', false],
  [' localhost', false],
])('the Host %s is known: %s', (header, known) => {
  expect(isKnownHost(header, NAMES)).toBe(known);
});
