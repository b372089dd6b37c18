import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

// Ports given out in this process and perhaps not bound yet: two parts must not be told the same one.
const taken = new Set<number>();

/**
 * A port of loopback to listen on: `wanted` where it is free, else the next free one; any free one for 0.
 * @throws Error when `wanted` and the 100 after it are all in use
 */
export async function choosePort(wanted: number): Promise<number> {
  const candidates = wanted === 0 ? Array.from({ length: 20 }, () => 0) : sequence(wanted, 100);
  for (const candidate of candidates) {
    if (taken.has(candidate)) continue;
    const port = await probe(candidate);
    if (port === undefined || taken.has(port)) continue;
    taken.add(port);
    return port;
  }
  throw new Error(`no free port from ${wanted} to ${wanted + 100}`);
}

function sequence(from: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, i) => from + i).filter((port) => port <= 65_535);
}

/** The port, when nobody listens on it on any address: on some systems a listener on 0.0.0.0 would share it with ours. */
async function probe(port: number): Promise<number | undefined> {
  const bound = await listenBriefly(port, '127.0.0.1');
  return bound === undefined ? undefined : listenBriefly(bound);
}

async function listenBriefly(port: number, host?: string): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const { port: bound } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}
