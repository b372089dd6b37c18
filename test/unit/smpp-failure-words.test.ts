import { describe, expect, it } from 'vitest';
import { failureWords } from '../../infra/smpp/socket.ts';

const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);

describe('why a connection failed', () => {
  it.each([
    ['is what Node says', failure('connect ECONNREFUSED 127.0.0.1:2775'), 'connect ECONNREFUSED 127.0.0.1:2775'],
    [
      'of each address of a host',
      new AggregateError([failure('connect ECONNREFUSED ::1:2775'), failure('connect ETIMEDOUT 127.0.0.1:2775')]),
      'connect ECONNREFUSED ::1:2775; connect ETIMEDOUT 127.0.0.1:2775',
    ],
    [
      'is OpenSSL’s reason without its source files',
      failure('1234:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:../rec_layer_s3.c:916:', {
        code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
        reason: 'tlsv1 alert internal error',
      }),
      'TLS: tlsv1 alert internal error',
    ],
    [
      'is in words of ours where OpenSSL’s tell ops nothing',
      failure('1234:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../rec_layer_s3.c:916:', {
        code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
        reason: 'tlsv1 alert protocol version',
      }),
      'TLS: the SMSC speaks neither 1.2 nor 1.3',
    ],
  ])('%s', (_, error, words) => {
    expect(failureWords(error)).toBe(words);
  });
});
