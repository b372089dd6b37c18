import { readFileSync } from 'node:fs';

const pem = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
const key = pem('server.key');

/** The CA of both identities, PEM. */
export const TEST_CA = pem('ca.crt');
/** Of a server at `localhost` and 127.0.0.1. */
export const LOCALHOST = { key, cert: pem('localhost.crt') };
/** Of a server at smsc.example. */
export const ELSEWHERE = { key, cert: pem('elsewhere.crt') };
