import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import smpp from 'smpp';
import type { Deliveries } from './deliveries.ts';
import type { FaultAction, Faults } from './faults.ts';
import { Session } from './session.ts';
import type { Submits } from './submits.ts';
import { COMMAND, commandOf, encode, FrameReader, PduError, sequenceOf, statusCode, statusOf } from './wire.ts';

/** What a server that speaks TLS shows, PEM. */
export interface TlsIdentity {
  key: string;
  cert: string;
}

export interface SmppServerOptions {
  systemId: string;
  password: string;
  tls: TlsIdentity | undefined;
  /** A silent peer is asked after so long, and dropped after twice that. */
  enquireMs: number;
  onError: (error: Error) => void;
}

/** A connection that has not bound by then is closed. */
const BIND_WITHIN_MS = 10_000;
/** What was said last has this long to leave before a closing server lets go of its sockets. */
const CLOSE_WITHIN_MS = 500;
const HOST = '127.0.0.1';

/** The SMPP side: connections, binds, and who handles which PDU. */
export class SmppServer {
  readonly sessions = new Set<Session>();
  #options: SmppServerOptions;
  #faults: Faults;
  #deliveries: Deliveries;
  #submits: Submits;
  /** Every TCP connection. */
  #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #connections = 0;
  #relisten: NodeJS.Timeout | undefined;

  constructor(
    options: SmppServerOptions,
    { faults, deliveries, submits }: { faults: Faults; deliveries: Deliveries; submits: Submits },
  ) {
    this.#options = options;
    this.#faults = faults;
    this.#deliveries = deliveries;
    this.#submits = submits;
  }

  get address(): { host: string; port: number } {
    return { host: HOST, port: this.#port };
  }

  /** @throws Error when the port is taken */
  async listen(port: number): Promise<void> {
    const { tls } = this.#options;
    const attend = (socket: Socket) => {
      const session = new Session(++this.#connections, socket, {
        now: Date.now(),
        isSilent: () => this.#faults.settings.silent !== undefined,
      });
      this.#attend(session);
    };
    const server = tls ? createTlsServer({ ...tls, handshakeTimeout: BIND_WITHIN_MS }, attend) : createServer(attend);
    // Where TLS is spoken, one that has not shaken hands yet is no session, and must go when the server does.
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(port, HOST);
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Unbinds and closes; resolves when every socket is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#relisten);
    for (const session of this.sessions) session.unbind();
    await this.#closeServer();
  }

  /** Asks quiet peers, drops dead ones. @param now epoch ms */
  tick(now: number): void {
    for (const session of this.sessions) {
      const quiet = now - session.lastHeardAt;
      const unbound = !session.binding && now - session.openedAt > BIND_WITHIN_MS && !this.#faults.settings.silent;
      if (unbound || quiet > 2 * this.#options.enquireMs) session.socket.destroy();
      else if (quiet > this.#options.enquireMs && session.enquiredAt < session.lastHeardAt) session.enquire(now);
    }
  }

  /** Does a fault at once. */
  async act(fault: FaultAction): Promise<void> {
    switch (fault.action) {
      case 'bad-pdu':
        return this.#sayToAll(badPdu(fault.length));
      case 'garbage':
        return this.#sayToAll(Buffer.alloc(fault.bytes, 0xa7));
      case 'unbind':
        for (const session of this.sessions) session.unbind();
        return;
      case 'drop':
        for (const session of this.sessions) session.socket.destroy();
        return;
      case 'restart':
        await this.#restart(fault.downMs);
    }
  }

  async #closeServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    const grace = setTimeout(() => this.#dropAll(), CLOSE_WITHIN_MS);
    for (const { socket } of this.sessions) socket.end();
    await closed;
    clearTimeout(grace);
  }

  #dropAll(): void {
    for (const { socket } of this.sessions) socket.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #restart(downMs: number): Promise<void> {
    const port = this.#port;
    this.#dropAll();
    await this.#closeServer();
    if (downMs === 0) return this.listen(port);
    this.#relisten = setTimeout(() => void this.listen(port).catch(this.#options.onError), downMs);
  }

  #sayToAll(bytes: Buffer): void {
    for (const session of this.sessions) {
      session.write(bytes);
      session.flush();
    }
  }

  #attend(session: Session): void {
    const { socket } = session;
    const frames = new FrameReader();
    this.sessions.add(session);
    socket.on('data', (chunk) => {
      const now = Date.now();
      session.lastHeardAt = now;
      try {
        frames.push(chunk, (pdu) => {
          this.#handle(session, pdu, now);
          return session.open;
        });
      } catch (error) {
        // What can't be framed can't be read on: say so and close, as the standard wants.
        const status = error instanceof PduError ? error.status : statusCode('ESME_RSYSERR');
        session.write(encode(COMMAND.genericNack, status, 0));
        session.flush();
        socket.end();
      }
      this.#deliveries.pump(session, now);
      session.flush();
    });
    // A reset is an end like any other; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sessions.delete(session);
      this.#deliveries.closed(session);
    });
  }

  #handle(session: Session, pdu: Buffer, now: number): void {
    const sequence = sequenceOf(pdu);
    switch (commandOf(pdu)) {
      case COMMAND.submit:
        return this.#submits.handle(session, pdu, now);
      case COMMAND.deliverResponse:
        return this.#deliveries.answered(session, sequence, statusOf(pdu), now);
      case COMMAND.enquireLink:
        return session.write(encode(COMMAND.enquireLinkResponse, 0, sequence));
      case COMMAND.bindReceiver:
      case COMMAND.bindTransmitter:
      case COMMAND.bindTransceiver:
        return this.#bind(session, pdu);
      case COMMAND.unbind:
        session.binding = undefined;
        session.write(encode(COMMAND.unbindResponse, 0, sequence));
        session.flush();
        session.socket.end();
        return;
      case COMMAND.unbindResponse:
        session.socket.end();
        return;
      case COMMAND.enquireLinkResponse:
      case COMMAND.genericNack:
        return;
      default:
        session.write(encode(COMMAND.genericNack, statusCode('ESME_RINVCMDID'), sequence));
    }
  }

  #bind(session: Session, bytes: Buffer): void {
    const pdu = smpp.PDU.fromBuffer(bytes);
    if (!pdu) throw new PduError('ESME_RINVCMDLEN');
    const refuse = this.#faults.take('refuseBinds');
    const fault =
      (refuse && statusCode(refuse.status)) ||
      (session.binding && statusCode('ESME_RALYBND')) ||
      (pdu.system_id !== this.#options.systemId && statusCode('ESME_RINVSYSID')) ||
      (pdu.password !== this.#options.password && statusCode('ESME_RINVPASWD')) ||
      0;
    session.write(pdu.response({ command_status: fault, system_id: 'smsc' }).toBuffer());
    if (fault) return;
    const command = commandOf(bytes);
    session.binding = {
      submits: command !== COMMAND.bindReceiver,
      receives: command !== COMMAND.bindTransmitter,
      serves: addressRange(pdu.address_range),
    };
    this.#deliveries.bound();
  }
}

/** SMPP's address_range is a UNIX regular expression; plain digits are taken as what addresses begin with. */
function addressRange(range: string | undefined): RegExp | undefined {
  if (!range) return undefined;
  try {
    return new RegExp(range.startsWith('^') ? range : `^(?:${range})`);
  } catch {
    return undefined;
  }
}

function badPdu(length: 0 | 4 | 8 | 15 | 'huge'): Buffer {
  const pdu = encode(COMMAND.enquireLink, 0, 1);
  pdu.writeUInt32BE(length === 'huge' ? 0x7fffffff : length, 0);
  return pdu;
}
