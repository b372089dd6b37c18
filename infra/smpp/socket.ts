/** The connection beneath a bind: TCP, or TLS whose certificate must be the SMSC's by name and of a trusted CA. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SmppAddress } from './address.ts';

/** Begins to connect. @param ca trust only this CA, PEM; default: the ones Node trusts */
export function openSocket({ host, port, tls }: SmppAddress, ca?: string): Socket {
  if (!tls) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    // What virtual hosts choose their certificate by. An IP address may not be one (RFC 6066); the certificate is held
    // against `host` either way.
    ...(isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: true,
    ...(ca ? { ca } : {}),
  });
}

/** OpenSSL's ways to say that no trusted CA vouches for the certificate. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What OpenSSL means for who has to set up the link. */
const TLS_WORDS = new Map([
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the SMSC does not speak it (smpp:// is without)'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'the SMSC speaks neither 1.2 nor 1.3'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the SMSC speaks neither 1.2 nor 1.3'],
  ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'the SMSC takes none of our ciphers'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the SMSC wants a certificate of ours, and we show none'],
]);

/** Why a connection failed, in words ops can act on. */
export function failureWords(error: NodeJS.ErrnoException & { reason?: string }): string {
  const { code = '', reason, message } = error;
  if (UNTRUSTED.has(code)) return `TLS: certificate of no trusted CA (${code}); NODE_EXTRA_CA_CERTS adds the carrier's`;
  if (code.startsWith('ERR_SSL_')) return `TLS: ${TLS_WORDS.get(code) ?? reason ?? code}`;
  if (code.startsWith('ERR_TLS_')) return `TLS: ${message}`;
  // Of a host with several addresses each attempt has its message, and the whole has none.
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return message;
}
