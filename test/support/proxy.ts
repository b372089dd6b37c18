/** A TCP proxy that can fall silent, as a NAT that forgot its connections or a pooler that hangs. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** The URL with the proxy's address instead of its own. */
  through(url: string): string;
  /** Nothing goes through any connection there is now, either way, and none is closed. New ones work. */
  silence(): void;
  /** Whatever goes through any connection takes so long, either way. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

/** Starts one before the port of this machine that `url` names. */
export async function startProxy(url: string): Promise<Proxy> {
  const port = Number(new URL(url).port);
  let connections = new Set<{ silent: boolean }>();
  const sockets = new Set<Socket>();
  let delayMs = 0;

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true });
    const connection = { silent: false };
    connections.add(connection);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        const pass = () => void (!connection.silent && to.writable && to.write(chunk));
        if (delayMs > 0) setTimeout(pass, delayMs);
        else pass();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!connection.silent) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    port: own,
    through(address) {
      const through = new URL(address);
      through.host = `127.0.0.1:${own}`;
      return through.href;
    },
    silence() {
      for (const connection of connections) connection.silent = true;
      connections = new Set();
    },
    delay(ms) {
      delayMs = ms;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
