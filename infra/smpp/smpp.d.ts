/**
 * Types for npm `smpp` 0.5.1, which publishes none: what Campusline uses of it, read from its source. It is CommonJS,
 * and its constants are assigned in a loop, so in ESM everything comes by the default import.
 */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, ServerOpts, Socket, TcpNetConnectOpts } from 'node:net';
  import type { ConnectionOptions, TlsOptions, TLSSocket } from 'node:tls';

  /** How the codec hands over a text it decoded; a Buffer where it does not know the data_coding. */
  export interface DecodedMessage {
    /** Information elements, each with its identifier and length. */
    udh?: Buffer[];
    message: string | Buffer;
  }

  /** What may be given for a text: a Buffer goes out as it is; anything else is encoded by the codec's own rules. */
  export type MessageInput = Buffer | string | { udh?: Buffer; message: Buffer | string };

  /** Mandatory fields and the TLVs used here; a field that the PDU's kind lacks is undefined. */
  export interface PduFields {
    command_status?: number;
    sequence_number?: number;
    system_id?: string;
    password?: string;
    system_type?: string;
    interface_version?: number;
    addr_ton?: number;
    addr_npi?: number;
    address_range?: string;
    message_id?: string;
    service_type?: string;
    source_addr_ton?: number;
    source_addr_npi?: number;
    source_addr?: string;
    dest_addr_ton?: number;
    dest_addr_npi?: number;
    destination_addr?: string;
    esm_class?: number;
    protocol_id?: number;
    priority_flag?: number;
    schedule_delivery_time?: string | Date;
    validity_period?: string | Date;
    registered_delivery?: number;
    replace_if_present_flag?: number;
    data_coding?: number | null;
    sm_default_msg_id?: number;
    short_message?: MessageInput;
    message_payload?: MessageInput;
    receipted_message_id?: string;
    message_state?: number;
    network_error_code?: Buffer;
    sar_msg_ref_num?: number;
    sar_total_segments?: number;
    sar_segment_seqnum?: number;
    user_message_reference?: number;
    sc_interface_version?: number;
  }

  /** A protocol data unit. The codec throws on malformed input and never checks a text's length against its sender. */
  export interface Pdu extends Omit<PduFields, 'short_message' | 'message_payload'> {
    /** `submit_sm`, `submit_sm_resp` …; `unknown` for a command_id that is not in the standard. */
    command: string;
    command_id: number;
    command_length: number;
    command_status: number;
    sequence_number: number;
    short_message?: DecodedMessage;
    message_payload?: DecodedMessage;
    isResponse(): boolean;
    /** The PDU that answers this one; `generic_nack` for an unknown one. */
    response(fields?: PduFields): Pdu;
    toBuffer(): Buffer;
  }

  export interface PduConstructor {
    new (command: string, fields?: PduFields): Pdu;
    new (buffer: Buffer): Pdu;
    /** Bytes; above it the codec throws. 16,384 unless changed. */
    maxLength: number;
    /** Undefined fields and a truncated body make it throw; false when the buffer is shorter than its own length. */
    fromBuffer(buffer: Buffer): Pdu | false;
  }

  export type OnPdu = (pdu: Pdu) => void;

  /** Sends the command; false, and no callback ever, when the socket is not writable. */
  type Command = (fields?: PduFields, onResponse?: OnPdu, onSent?: OnPdu) => boolean;

  export interface SessionEvents {
    connect: [];
    secureConnect: [];
    close: [];
    error: [error: Error];
    send: [pdu: Pdu];
    pdu: [pdu: Pdu];
    unknown: [pdu: Pdu];
    bind_transceiver: [pdu: Pdu];
    bind_transmitter: [pdu: Pdu];
    bind_receiver: [pdu: Pdu];
    submit_sm: [pdu: Pdu];
    submit_sm_resp: [pdu: Pdu];
    deliver_sm: [pdu: Pdu];
    deliver_sm_resp: [pdu: Pdu];
    data_sm: [pdu: Pdu];
    query_sm: [pdu: Pdu];
    enquire_link: [pdu: Pdu];
    enquire_link_resp: [pdu: Pdu];
    unbind: [pdu: Pdu];
    unbind_resp: [pdu: Pdu];
    generic_nack: [pdu: Pdu];
  }

  /**
   * One connection: codec and socket, no window, no timers. Without an `error` listener an error ends the process;
   * after a parse error it stays deaf with the socket open; callbacks never fire once it is closed.
   */
  export interface Session extends EventEmitter<SessionEvents> {
    readonly socket: Socket | TLSSocket;
    /** The last sequence number used. */
    sequence: number;
    /** Sends as is; numbers it when `sequence_number` is 0. False when the socket is not writable. */
    send(pdu: Pdu, onResponse?: OnPdu, onSent?: OnPdu): boolean;
    /** Stops and resumes taking PDUs off the socket. */
    pause(): void;
    resume(): void;
    close(onClose?: () => void): void;
    destroy(onClose?: () => void): void;
    bind_transceiver: Command;
    bind_transmitter: Command;
    bind_receiver: Command;
    submit_sm: Command;
    deliver_sm: Command;
    query_sm: Command;
    enquire_link: Command;
    unbind: Command;
  }

  export interface SessionConstructor {
    new (options: { socket: Socket | TLSSocket }): Session;
  }

  export type ConnectOptions = (Partial<TcpNetConnectOpts> & { tls?: false }) | (ConnectionOptions & { tls: true });

  /** `net.Server` whose connections arrive as sessions. */
  export type Server = NetServer & { sessions: Session[] };

  interface Smpp {
    connect(options: ConnectOptions, onConnect?: () => void): Session;
    createServer(options: ServerOpts & TlsOptions, onSession: (session: Session) => void): Server;
    Session: SessionConstructor;
    PDU: PduConstructor;
    /** `ESME_…` names to command_status codes. */
    errors: Record<string, number>;
    /** Codecs by name. `ASCII` is the GSM alphabet, one septet a byte. */
    encodings: Record<'ASCII' | 'LATIN1' | 'UCS2', { encode(text: string): Buffer; decode(bytes: Buffer): string }>;
    consts: Record<string, Record<string, number>>;
    commands: Record<string, { id: number }>;
  }

  const smpp: Smpp;
  export default smpp;
}
