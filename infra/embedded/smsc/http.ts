import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import { isKnownHost } from '../../host-names.ts';
import { refuseOtherEncodings } from '../../json-encoding.ts';
import { Changes } from './changes.ts';
import { gateRoutes, readGates } from './gates.ts';
import { faultRoutes, handsetRoutes, logRoutes } from './routes.ts';
import { Phonebook } from './phonebook.ts';
import { Problem, problemHandler } from './problem.ts';
import type { Smsc } from './smsc.ts';

export interface HttpServer {
  port: number;
  close(): Promise<void>;
}

const PAGE = fileURLToPath(new URL('page/', import.meta.url));
/** Ten times the longest text a phone can send. */
const MAX_BODY = '64kb';
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

interface HttpOptions {
  port: number;
  phonebook: string | undefined;
  gates: string | undefined;
  onError: (error: Error) => void;
}

/** Serves the handsets: page and JSON, on loopback. @throws Error when the port is taken or the file of gates is wrong */
export async function startHttp(smsc: Smsc, options: HttpOptions): Promise<HttpServer> {
  const changes = new Changes();
  smsc.threads.onChange = (phone) => changes.add(phone);
  const server = createApp(smsc, changes, options).listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      changes.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function createApp(smsc: Smsc, changes: Changes, { phonebook, gates, onError }: HttpOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.set(HEADERS);
    if (!isKnownHost(request.headers.host)) throw new Problem(421, 'This address is not known by that name');
    next();
  });
  app.use(express.json({ limit: MAX_BODY, verify: refuseOtherEncodings }));
  app.get('/events', (request, response) => changes.subscribe(request, response));
  app.use(handsetRoutes(smsc, new Phonebook(phonebook, onError)), gateRoutes(readGates(gates)));
  app.use(faultRoutes(smsc), logRoutes(smsc));
  app.use(express.static(PAGE));
  app.use((request) => {
    throw new Problem(404, `${request.method} ${request.path} is not here`);
  });
  app.use(problemHandler(onError));
  return app;
}
