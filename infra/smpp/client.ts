import type { Socket } from 'node:net';
import type { SmppAddress } from './address.ts';
import { parseShortMessage, type ShortMessage } from './decode.ts';
import { Proofs } from './proofs.ts';
import { failureWords, openSocket } from './socket.ts';
import { STATUS, statusWords } from './status-words.ts';
import { submitOutcome, type SubmitOutcome } from './submit-outcome.ts';
import { COMMAND, cString, encodePdu, FrameReader, type Frame } from './wire.ts';

export interface SmppOptions {
  address: SmppAddress;
  /**
   * The addresses this bind serves, a UNIX regular expression (SMPP 3.4 §5.2.7): parents' texts to them come here.
   * Default: the SMSC decides.
   */
  addressRange?: string;
  /** Submits without a response at most (default 100: what carriers grant one bind, and all a LAN's latency needs). */
  window?: number;
  /** For TCP, TLS and the bind's response together (default 10 s). */
  bindTimeoutMs?: number;
  /** A submit unanswered for this long is uncertain (default 30 s). */
  responseTimeoutMs?: number;
  /** An enquire_link goes out when nothing came for this long (default 15 s: NATs forget after 30). */
  enquireEveryMs?: number;
  /** Nothing heard for this long after an enquire_link ends the connection (default 10 s). */
  enquireTimeoutMs?: number;
  /** A peer that takes nothing of what waits for it for this long is left (default 30 s). */
  unreadTimeoutMs?: number;
  /** For ssmpp://: trust only this CA, PEM; default: Node's and those of NODE_EXTRA_CA_CERTS. */
  ca?: string;
  /**
   * A parent's text or a receipt. `answer` sends the deliver_sm_resp, once; it returns false when the connection is
   * gone and the SMSC will deliver again. `arrived` is called once the SMSC has read it, and not where nobody can tell.
   */
  onDeliver(message: ShortMessage, answer: Answer): void;
}

export type Answer = (status: number, arrived?: () => void) => boolean;

interface Pending {
  settle: (outcome: SubmitOutcome) => void;
  sentAt: number;
}

/** With more than this unwritten, nothing more is read: every answer would only add to it. */
const UNWRITTEN_AT_MOST = 1024 * 1024;
const INTERFACE_VERSION_3_4 = 0x34;
/** Commands from here on are responses. */
const RESPONSE = 0x80000000;
/** unbind_resp is a courtesy: a peer that doesn't give it is left. */
export const UNBIND_TIMEOUT_MS = 1_000;

/**
 * One connection to an SMSC, bound as transceiver. It is never reused: after a close, connect again.
 *
 * Every submit settles: by its response, by its timeout, or when the connection ends. After a timeout it settles a
 * second time should the response come late.
 */
export class SmppClient {
  /** Resolves once the connection has ended and every submit has settled, with why. */
  readonly closed: Promise<string>;
  readonly #options: Required<Omit<SmppOptions, 'ca'>>;
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  /** Past their timeout: a late response still tells what became of the text, and until then its place is taken. */
  readonly #late = new Map<number, Pending>();
  readonly #timer: NodeJS.Timeout;
  #out: Buffer[] = [];
  #sequence = 0;
  #lastHeardAt = performance.now();
  #enquiredAt: number | undefined;
  readonly #proofs = new Proofs();
  /** Since when the peer does not take what we write. */
  #chokedAt: number | undefined;
  #bound: ((error?: Error) => void) | undefined;
  #unbound: (() => void) | undefined;
  #state: 'connecting' | 'binding' | 'bound' | 'unbinding' | 'closed' = 'connecting';
  #reason: string | undefined;

  /**
   * Connects and binds.
   * @throws Error with the reason in words when the SMSC can't be reached in time or refuses the bind
   */
  static async connect(options: SmppOptions): Promise<SmppClient> {
    const client = new SmppClient(options);
    await client.#bind();
    return client;
  }

  private constructor(options: SmppOptions) {
    this.#options = {
      addressRange: '',
      window: 100,
      bindTimeoutMs: 10_000,
      responseTimeoutMs: 30_000,
      enquireEveryMs: 15_000,
      enquireTimeoutMs: 10_000,
      unreadTimeoutMs: 30_000,
      ...options,
    };
    this.#socket = openSocket(options.address, options.ca);
    // Nagle and delayed ACK together cost 40 ms at each pause (architecture §3).
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      // A reset is an end like any other, and how far we were says more than it does.
      if (error.code !== 'ECONNRESET') this.#reason ??= failureWords(error);
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', () => resolve(this.#end()));
    });
    const { enquireEveryMs, enquireTimeoutMs, responseTimeoutMs } = this.#options;
    this.#timer = setInterval(
      () => this.#checkTime(),
      Math.max(10, Math.min(250, enquireEveryMs, enquireTimeoutMs, responseTimeoutMs) / 2),
    );
  }

  /** How many submits the window has room for. */
  get room(): number {
    if (this.#state !== 'bound' || this.#chokedAt !== undefined) return 0;
    return this.#options.window - this.#pending.size - this.#late.size;
  }

  /** Octets that wait for the peer to read. */
  get unwritten(): number {
    return this.#socket.writableLength;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Sends a submit_sm. The caller keeps to `room`.
   * @param pdu from encodeSubmit; its sequence number is written here
   * @param settle called with what became of it; see the class for when it is called twice
   */
  submit(pdu: Buffer, settle: (outcome: SubmitOutcome) => void): void {
    if (this.#state !== 'bound') return settle({ kind: 'never-sent' });
    const sequence = this.#nextSequence();
    pdu.writeUInt32BE(sequence, 12);
    this.#pending.set(sequence, { settle, sentAt: performance.now() });
    this.#write(pdu);
  }

  /** Ends cleanly: unbind, its response (1 s at most), close. Submits still unanswered become uncertain. */
  async unbind(): Promise<void> {
    if (this.#state === 'bound') {
      this.#state = 'unbinding';
      const answered = new Promise<void>((resolve) => (this.#unbound = resolve));
      this.#write(encodePdu(COMMAND.unbind, 0, this.#nextSequence()));
      const timer = setTimeout(() => this.destroy('unbind unanswered'), UNBIND_TIMEOUT_MS);
      await Promise.race([answered, this.closed]);
      clearTimeout(timer);
    }
    this.destroy('unbound');
    await this.closed;
  }

  /** Cuts the connection. The first reason given is the one `closed` resolves with. */
  destroy(reason: string): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  async #bind(): Promise<void> {
    const { address, addressRange, bindTimeoutMs } = this.#options;
    const timer = setTimeout(() => this.destroy(`no bind within ${bindTimeoutMs} ms`), bindTimeoutMs);
    this.#socket.once(address.tls ? 'secureConnect' : 'connect', () => {
      this.#state = 'binding';
      const body = [cString(address.systemId), cString(address.password), cString(address.systemType ?? '')];
      // interface_version, addr_ton, addr_npi
      body.push(Buffer.from([INTERFACE_VERSION_3_4, 0, 0]), cString(addressRange));
      this.#write(encodePdu(COMMAND.bindTransceiver, 0, this.#nextSequence(), Buffer.concat(body)));
    });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#bound = (error) => (error ? reject(error) : resolve());
        void this.closed.then((reason) => reject(new Error(`SMSC bind: ${reason}`)));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(chunk: Buffer): void {
    this.#lastHeardAt = performance.now();
    // Whatever it says, it lives: some answer enquire_link with generic_nack, and behind receipts an answer comes late.
    this.#enquiredAt = undefined;
    try {
      this.#frames.push(chunk, (frame) => this.#take(frame));
    } catch (error) {
      // The stream can't be read on from here: whatever is in flight is uncertain.
      this.destroy((error as Error).message);
    }
  }

  #take(frame: Frame): void {
    if (frame.command >= RESPONSE && frame.sequence <= this.#sequence) this.#proofs.responded(frame.sequence);
    switch (frame.command) {
      case COMMAND.submitSmResp:
        return this.#settle(frame, submitOutcome(frame));
      case COMMAND.deliverSm:
      case COMMAND.dataSm:
        return this.#deliver(frame);
      case COMMAND.enquireLink:
        return this.#write(encodePdu(COMMAND.enquireLinkResp, 0, frame.sequence));
      case COMMAND.bindTransceiverResp:
        return this.#takeBindResponse(frame);
      case COMMAND.unbind:
        this.#write(encodePdu(COMMAND.unbindResp, 0, frame.sequence));
        this.#flush();
        this.#reason ??= 'the SMSC unbound';
        this.#socket.destroySoon();
        return;
      case COMMAND.unbindResp:
        return this.#unbound?.();
      case COMMAND.genericNack:
        // Some SMSCs refuse a bind so.
        if (this.#state === 'binding') return this.destroy(statusWords(frame.status));
        return this.#settle(frame, submitOutcome(frame));
      default:
        // A response we never asked for is ignored; a command we don't know is refused by name.
        if (frame.command < RESPONSE)
          this.#write(encodePdu(COMMAND.genericNack, STATUS.invalidCommand, frame.sequence));
    }
  }

  #takeBindResponse(frame: Frame): void {
    if (this.#state !== 'binding') return;
    if (frame.status === STATUS.ok) {
      this.#state = 'bound';
      this.#bound?.();
    } else this.destroy(statusWords(frame.status));
  }

  #settle(frame: Frame, outcome: SubmitOutcome): void {
    const awaited = this.#pending.has(frame.sequence) ? this.#pending : this.#late;
    const submit = awaited.get(frame.sequence);
    if (!submit) return;
    awaited.delete(frame.sequence);
    submit.settle(outcome);
  }

  #deliver(frame: Frame): void {
    const response = frame.command === COMMAND.deliverSm ? COMMAND.deliverSmResp : COMMAND.dataSmResp;
    const message = parseShortMessage(frame);
    let answered = false;
    this.#options.onDeliver(message, (status, arrived) => {
      if (answered || this.#state === 'closed') return false;
      answered = true;
      this.#write(encodePdu(response, status, frame.sequence, cString('')));
      if (arrived) this.#proofs.answered(this.#sequence, arrived);
      return true;
    });
  }

  #nextSequence(): number {
    this.#sequence = this.#sequence === 0x7fffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /** All that one turn of the event loop has to say leaves in one write. */
  #write(pdu: Buffer): void {
    this.#out.push(pdu);
    if (this.#out.length === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#out = [];
    if (!this.#socket.writable) return;
    this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
    if (this.#socket.writableLength > UNWRITTEN_AT_MOST && this.#chokedAt === undefined) this.#choke();
  }

  #choke(): void {
    this.#chokedAt = performance.now();
    this.#socket.pause();
    this.#socket.once('drain', () => {
      this.#chokedAt = undefined;
      this.#lastHeardAt = performance.now();
      // Its answer may lie among what is read only now.
      if (this.#enquiredAt !== undefined) this.#enquiredAt = this.#lastHeardAt;
      this.#socket.resume();
    });
  }

  #checkTime(): void {
    const now = performance.now();
    const { responseTimeoutMs, enquireEveryMs, enquireTimeoutMs, unreadTimeoutMs } = this.#options;
    for (const [sequence, submit] of this.#pending) {
      // In the order they were sent: the first that may still be answered ends the search.
      if (now - submit.sentAt < responseTimeoutMs) break;
      this.#pending.delete(sequence);
      this.#late.set(sequence, submit);
      submit.settle({ kind: 'unanswered', reason: `no response within ${responseTimeoutMs} ms` });
    }
    if (this.#chokedAt !== undefined) {
      // What it says, its answers too, is not read meanwhile.
      if (now - this.#chokedAt >= unreadTimeoutMs) this.destroy('the peer does not read');
    } else if (this.#enquiredAt !== undefined) {
      if (now - this.#enquiredAt >= enquireTimeoutMs) this.#leaveIfSilent();
    } else if (this.#state === 'bound' && now - this.#lastHeardAt >= enquireEveryMs) {
      this.#enquiredAt = now;
      this.#write(encodePdu(COMMAND.enquireLink, 0, this.#nextSequence()));
    }
    if (this.#state === 'bound' && this.#chokedAt === undefined && this.#proofs.ask(now))
      this.#write(encodePdu(COMMAND.enquireLink, 0, this.#nextSequence()));
  }

  /** An end that nobody explained. Before the SMSC's first word it may be that one of us speaks TLS alone. */
  #endWords(): string {
    const words = 'the SMSC closed the connection';
    const { tls } = this.#options.address;
    if (this.#state === 'connecting' && tls) return `${words} in the TLS handshake (smpp:// is without)`;
    if (this.#state === 'binding' && !tls && this.#socket.bytesRead === 0)
      return `${words} at our first word (ssmpp:// is with TLS)`;
    return words;
  }

  /** Once what has come is read: after a stall of this process timers run before sockets. */
  #leaveIfSilent(): void {
    setImmediate(() => {
      if (this.#enquiredAt !== undefined) this.destroy('enquire_link unanswered');
    });
  }

  #end(): string {
    const reason = this.#reason ?? this.#endWords();
    this.#state = 'closed';
    clearInterval(this.#timer);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#late.clear();
    for (const { settle } of pending) settle({ kind: 'uncertain', reason });
    return reason;
  }
}
