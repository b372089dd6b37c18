import smpp, { type Pdu, type PduFields, type Session } from 'smpp';
import type { Smsc } from '../../infra/embedded/smsc/smsc.ts';

/** A plain ESME on npm `smpp`: an opinion on SMPP that is not ours. */
export interface Client {
  session: Session;
  /** Every PDU it got, in order, responses included. */
  received: Pdu[];
  /** deliver_sm it got. */
  delivered(): Pdu[];
  submit(fields: PduFields): Promise<Pdu>;
  closed: boolean;
  /** What the codec could not read. */
  errors: Error[];
}

export interface ClientOptions {
  as?: 'bind_transceiver' | 'bind_transmitter' | 'bind_receiver';
  password?: string;
  addressRange?: string;
  /** Whether, and with which status, deliver_sm are answered. */
  answer?: (pdu: Pdu) => number | undefined;
}

/** Connects without binding. */
export function connectClient(smsc: Smsc, { answer = () => 0 }: ClientOptions = {}): Client {
  const session = smpp.connect({ ...smsc.smpp });
  const client: Client = {
    session,
    received: [],
    delivered: () => client.received.filter(({ command }) => command === 'deliver_sm'),
    submit: (fields) => new Promise((resolve) => session.submit_sm({ ...SUBMIT, ...fields }, resolve)),
    closed: false,
    errors: [],
  };
  session.on('pdu', (pdu) => client.received.push(pdu));
  session.on('error', (error) => client.errors.push(error));
  session.on('close', () => (client.closed = true));
  session.on('deliver_sm', (pdu) => {
    const status = answer(pdu);
    if (status !== undefined) session.send(pdu.response({ command_status: status }));
  });
  return client;
}

const SUBMIT: PduFields = { source_addr: '10657099', destination_addr: '13900000001', registered_delivery: 0 };

/** Connects and binds. @throws Error with the status when the bind is refused */
export async function bindClient(smsc: Smsc, options: ClientOptions = {}): Promise<Client> {
  const client = connectClient(smsc, options);
  const response = await bind(client, smsc, options);
  if (response.command_status !== 0) throw new Error(`bind refused: ${response.command_status}`);
  return client;
}

/** Binds; resolves with the response, whatever it says. */
export function bind(
  { session }: Client,
  smsc: Smsc,
  { as = 'bind_transceiver', password = smsc.password, addressRange = '' }: ClientOptions = {},
): Promise<Pdu> {
  return new Promise((resolve) =>
    session[as]({ system_id: smsc.systemId, password, address_range: addressRange }, resolve),
  );
}
