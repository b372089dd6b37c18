/** An SMSC that a test makes misbehave: it binds whoever comes and answers enquire_link; the rest is the test's. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { COMMAND, commandOf, encode, FrameReader, readSubmit, sequenceOf } from '../../infra/embedded/smsc/wire.ts';

export interface RawSmsc {
  smpp: { host: string; port: number };
  /** Connections so far, the latest last. */
  readonly connections: Connection[];
  stop(): Promise<void>;
}

export interface Connection {
  socket: Socket;
  /** Sequence numbers of the submits it got. */
  submits: number[];
  /** Sequence numbers of the deliver_sm that were answered. */
  answered: number[];
}

export interface RawSubmit {
  sequence: number;
  /** Of all submits to this SMSC, from 1. */
  nth: number;
  to: string;
  part: number;
}

export interface RawSmscOptions {
  /** A submit_sm came. Default: accepted, the id its number. */
  onSubmit?: (connection: Connection, submit: RawSubmit) => void;
  /** An enquire_link came. Default: answered. */
  onEnquire?: (connection: Connection, sequence: number) => void;
  /** Its bind was answered. */
  onBound?: (connection: Connection) => void;
  /** Its deliver_sm was answered. */
  onAnswer?: (connection: Connection) => void;
}

export function accept({ socket }: Connection, sequence: number, id: string): void {
  socket.write(encode(COMMAND.submitResponse, 0, sequence, `${id}\0`));
}

export function refuse({ socket }: Connection, sequence: number, status: number): void {
  socket.write(encode(COMMAND.submitResponse, status, sequence));
}

/** Delivers a short text of a phone that the SMSC has no name for. */
export function deliver({ socket }: Connection, sequence: number, text: string): void {
  const octets = [...text].map((letter) => `\0${letter}`).join('');
  const fields = `\0\x01\x0113900000001\0\x01\x0110657099\0\0\0\0\0\0\0\0\x08\0`;
  socket.write(encode(COMMAND.deliver, 0, sequence, `${fields}${String.fromCharCode(octets.length)}${octets}`));
}

export async function startRawSmsc(options: RawSmscOptions = {}): Promise<RawSmsc> {
  const {
    onSubmit = (connection, { sequence, nth }) => accept(connection, sequence, `id${nth}`),
    onEnquire = ({ socket }, sequence) => socket.write(encode(COMMAND.enquireLinkResponse, 0, sequence)),
  } = options;
  const connections: Connection[] = [];
  let submits = 0;
  const server = createServer((socket) => {
    const connection: Connection = { socket, submits: [], answered: [] };
    connections.push(connection);
    const frames = new FrameReader();
    const take = (pdu: Buffer) => {
      const sequence = sequenceOf(pdu);
      switch (commandOf(pdu)) {
        case COMMAND.bindTransceiver:
          socket.write(encode((COMMAND.bindTransceiver | 0x80000000) >>> 0, 0, sequence, 'raw\0'));
          options.onBound?.(connection);
          break;
        case COMMAND.enquireLink:
          onEnquire(connection, sequence);
          break;
        case COMMAND.unbind:
          socket.end(encode(COMMAND.unbindResponse, 0, sequence));
          break;
        case COMMAND.deliverResponse:
          connection.answered.push(sequence);
          options.onAnswer?.(connection);
          break;
        case COMMAND.submit:
          connection.submits.push(sequence);
          onSubmit(connection, { ...readSubmit(pdu), sequence, nth: ++submits });
      }
      return true;
    };
    socket.on('data', (chunk: Buffer) => frames.push(chunk, take));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    smpp: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    connections,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const { socket } of connections) socket.destroy();
      await closed;
    },
  };
}
