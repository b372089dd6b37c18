import pg from 'pg';
import { expect, it } from 'vitest';
import { isAboutData, troubleOf } from '../../infra/postgres/data-error.ts';

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

it.each([
  ['a lock waited for in vain', sqlState('55P03'), 'locked'],
  ['a deadlock', sqlState('40P01'), 'locked'],
  ['a statement that took too long', sqlState('57014'), 'slow'],
  ['a shutdown', sqlState('57P01'), 'away'],
  ['a start', sqlState('57P03'), 'away'],
  ['no connection left', sqlState('53300'), 'away'],
  ['a transaction that idled too long', sqlState('25P03'), 'away'],
  ['a lost connection', sqlState('08006'), 'away'],
  ['nobody listening', system('ECONNREFUSED'), 'away'],
  ['no such host', system('ENOTFOUND'), 'away'],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), 'away'],
  ['one that could not be made', new Error('Connection terminated due to connection timeout'), 'away'],
  ['one that fell silent', new Error('Query read timeout'), 'away'],
  ['a pool that waited', new Error('timeout exceeded when trying to connect'), 'away'],
  ['a constraint', sqlState('23505'), undefined],
  ['a table not there', sqlState('42P01'), undefined],
  ['a file not there', system('ENOENT'), undefined],
  ['a bug', new TypeError('x is not a function'), undefined],
  ['what is no error', 'no', undefined],
] as const)('%s: %s', (_what, error, trouble) => {
  expect(troubleOf(error)).toBe(trouble);
});
