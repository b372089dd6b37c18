import { pbkdf2Sync, randomBytes } from 'node:crypto';

/** A login at the broker. The platform may do everything under `campusline/`; a reader only what is its own. */
export type BrokerLogin =
  | { role: 'platform'; username: string; password: string }
  | { role: 'reader'; username: string; password: string; tenant: string; shard: string };

// Mosquitto's own default is 101; a thousand cost the broker a millisecond for each connection.
const ITERATIONS = 1_000;
const SALT_BYTES = 12;
const HASH_BYTES = 64;

/** Mosquitto's `password_file`: a line each, PBKDF2-SHA512 (`$7$`, as mosquitto_passwd of 2.x writes it). */
export function passwordFile(logins: readonly BrokerLogin[]): string {
  return logins.map(({ username, password }) => `${username}:${hashOf(password)}\n`).join('');
}

function hashOf(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  const hash = pbkdf2Sync(password, salt, ITERATIONS, HASH_BYTES, 'sha512');
  return `$7$${ITERATIONS}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** Mosquitto's `acl_file`, by the topics of architecture §4: a reader writes swipes and calls, reads acks and decisions. */
export function aclFile(logins: readonly BrokerLogin[]): string {
  return logins.map((login) => [`user ${login.username}`, ...rulesOf(login), ''].join('\n')).join('\n');
}

/** Where Mosquitto listens and finds its files. */
export interface MosquittoOptions {
  /** For readers, from outside. */
  readers: string;
  /** For the platform alone, as MQTT_URL names it. */
  platform: string;
  /** Of the files, without a slash at its end. */
  folder: string;
}

/**
 * Mosquitto's configuration: readers and the platform each have a listener. At the readers' the user name is the client id,
 * whatever a reader says, and the platform has no login there; so no reader's login can take the platform's session.
 */
export function listeners({ readers, platform, folder }: MosquittoOptions): string {
  const files = (whose: string) => [
    'allow_anonymous false',
    `password_file ${folder}/${whose}-passwords`,
    `acl_file ${folder}/${whose}-acl`,
  ];
  return [
    ...['per_listener_settings true', ''],
    ...[`listener ${readers}`, ...files('readers'), 'use_username_as_clientid true', ''],
    ...[`listener ${platform}`, ...files('platform'), ''],
  ].join('\n');
}

function rulesOf(login: BrokerLogin): string[] {
  if (login.role === 'platform') return ['topic readwrite campusline/#'];
  const { tenant, shard, username } = login;
  return [
    ...['swipes', 'calls'].map((what) => `topic write campusline/${tenant}/${what}/${shard}/${username}`),
    ...['acks', 'decisions'].map((what) => `topic read campusline/${tenant}/${what}/${username}`),
  ];
}
