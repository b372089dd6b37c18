import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import { PacketGuard } from './packet-guard.ts';

/** Who may connect, and as what. */
export type BrokerAccount =
  /** Our workers: everything under `campusline/`. */
  | { role: 'platform'; username: string; password: string }
  /** Acts for any reader of any carrier: the demo's. */
  | { role: 'fleet'; username: string; password: string }
  /** One reader or campus phone, `username` its device id: its own topics only. */
  | { role: 'reader'; username: string; password: string; tenant: string; shard: string };

/** Options of the embedded broker. */
export interface BrokerOptions {
  port: number;
  accounts: readonly BrokerAccount[];
  /** Larger packets end their connection. A hundred swipes are 20 kB; what lies between is for the platform to refuse. */
  maxPacketBytes?: number;
  /** More are closed at once: a gate has a handful of readers, a file descriptor costs little. */
  maxConnections?: number;
}

export interface Broker {
  port: number;
  close(): Promise<void>;
}

/**
 * Starts an MQTT 3.1.1 broker on loopback. Sessions live as long as it does: a reader keeps its records until the
 * platform's own ack anyway (architecture §7). Nothing is retained.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { port, accounts, maxPacketBytes = 4 * 1024 * 1024, maxConnections = 2_000 } = options;
  const byName = new Map(accounts.map((account) => [account.username, account]));
  const accountOf = new WeakMap<Client, BrokerAccount>();

  const aedes = await Aedes.createBroker({
    connectTimeout: 10_000,
    // A link that takes nothing for this long is dead; its session keeps what it missed.
    drainTimeout: 30_000,
    authenticate(client, username, password, done) {
      const account = byName.get(username ?? '');
      if (!account || !equal(account.password, password)) return done(refusal(4, 'bad user name or password'), false);
      client.id = sessionOf(account, client.id);
      accountOf.set(client, account);
      done(null, true);
    },
    authorizePublish(client, packet, done) {
      const account = client && accountOf.get(client);
      if (!account || !mayPublish(account, packet.topic)) return done(new Error('not allowed to publish there'));
      packet.retain = false;
      done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const account = client && accountOf.get(client);
      // null refuses this one subscription (SUBACK 0x80) and leaves the connection.
      done(null, account && maySubscribe(account, subscription.topic) ? subscription : null);
    },
  });

  const server = createServer((socket) => {
    socket.setNoDelay(true);
    guard(socket, maxPacketBytes);
    aedes.handle(socket);
  });
  server.maxConnections = maxConnections;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    async close() {
      server.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
    },
  };
}

/** Sees each chunk on its way to aedes, whose parser would wait for 256 MB if a packet claimed that length. */
function guard(socket: Socket, maxPacketBytes: number): void {
  const packets = new PacketGuard(maxPacketBytes);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk = read(size) as Buffer | null;
    if (chunk && !packets.accepts(chunk)) {
      socket.destroy();
      return null;
    }
    return chunk;
  };
}

const FROM_READERS = ['swipes', 'calls'];
const TO_READERS = ['acks', 'decisions'];

/**
 * Whose session a connection takes up, which by MQTT its client id says: only the platform says its own. A reader's is its
 * user name, whatever it calls itself (as Mosquitto does with `use_username_as_clientid`), so that nobody's login takes
 * the platform's session away, neither before the platform has come nor after.
 */
function sessionOf({ role, username }: BrokerAccount, clientId: string): string {
  if (role === 'platform') return clientId;
  return role === 'reader' ? `reader ${username}` : `${username} ${clientId}`;
}

/** Topics of architecture §4: campusline/{tenant}/{swipes|calls}/{shard}/{device}, campusline/{tenant}/{acks|decisions}/{device}. */
function mayPublish(account: BrokerAccount, topic: string): boolean {
  const [root, tenant, what = '', shard, device, ...more] = topic.split('/');
  // MQTT 3.1.1 §1.5.3 wants a connection that sends U+0000 closed, and aedes lets it through.
  if (root !== 'campusline' || more.length > 0 || topic.includes('\0')) return false;
  if (account.role === 'platform') return true;
  if (!FROM_READERS.includes(what) || !shard || !device) return false;
  return (
    account.role === 'fleet' || (tenant === account.tenant && shard === account.shard && device === account.username)
  );
}

function maySubscribe(account: BrokerAccount, topic: string): boolean {
  const [root, tenant, what = '', device, ...more] = topic.split('/');
  if (root !== 'campusline') return false;
  if (account.role === 'platform') return true;
  if (!TO_READERS.includes(what) || !device || more.length > 0) return false;
  return account.role === 'fleet' || (tenant === account.tenant && device === account.username);
}

function equal(expected: string, given: Readonly<Buffer> | undefined): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(expected), digest(Buffer.from(given ?? '')));
}

function refusal(returnCode: number, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode });
}
