import pg from 'pg';
import { expect, it } from 'vitest';
import { isAboutData } from '../../infra/postgres/data-error.ts';

const sqlState = (code: string) => Object.assign(new pg.DatabaseError('', 0, 'error'), { code });
const system = (code: string) => Object.assign(new Error(''), { code });

it.each([
  ['a NUL', sqlState('22021'), true],
  ['a constraint', sqlState('23503'), true],
  ['a trigger of ours', sqlState('P0001'), true],
  ['an index row too long', sqlState('54000'), true],
  ['an error inside Postgres', sqlState('XX000'), true],
  ['a stack that overflowed', new RangeError('Maximum call stack size exceeded'), true],
  ['a bug', new TypeError('x is not a function'), true],
  ['an argument Node refuses', system('ERR_OUT_OF_RANGE'), true],
  ['what is no error', 'no', true],
  ['a lost connection', sqlState('08006'), false],
  ['a deadlock', sqlState('40P01'), false],
  ['a standby', sqlState('25006'), false],
  ['a full disk', sqlState('53100'), false],
  ['a shutdown', sqlState('57P01'), false],
  ['a damaged table', sqlState('XX001'), false],
  ['a table not there yet', sqlState('42P01'), false],
  ['nobody listening', system('ECONNREFUSED'), false],
  ['a bad certificate', system('ERR_TLS_CERT_ALTNAME_INVALID'), false],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), false],
  ['a pool that waited', new Error('timeout exceeded when trying to connect'), false],
])('%s', (_what, error, about) => {
  expect(isAboutData(error)).toBe(about);
});
