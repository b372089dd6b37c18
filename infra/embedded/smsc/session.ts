import type { Socket } from 'node:net';
import { COMMAND, encode } from './wire.ts';
import type { Delivery } from './deliveries.ts';

/** What a bind allows. */
export interface Binding {
  submits: boolean;
  receives: boolean;
  /** `address_range` of the bind: what the peer serves, as a prefix or a regular expression; undefined when not said. */
  serves: RegExp | undefined;
}

/** Above this many unsent bytes the peer isn't reading: we stop reading from it, as a real SMSC's full buffers would. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** One connection: what is said on it is gathered and written at once. */
export class Session {
  readonly no: number;
  readonly socket: Socket;
  binding: Binding | undefined;
  /** Source address and time of the last submit: tells which short code this session serves. */
  lastSource = '';
  lastSubmitAt = 0;
  lastHeardAt: number;
  enquiredAt = 0;
  readonly openedAt: number;
  /** Submits taken and not yet answered. */
  unanswered = 0;
  /** Responses the reorder fault holds back. */
  held: Buffer[] = [];
  heldSince = 0;
  /** deliver_sm on their way, by sequence number, oldest first. */
  readonly inFlight = new Map<number, Delivery>();
  /** Nothing is written while this says so. */
  #isSilent: () => boolean;
  #out: Buffer[] = [];
  #sequence = 0;

  constructor(no: number, socket: Socket, { now, isSilent }: { now: number; isSilent: () => boolean }) {
    this.no = no;
    this.socket = socket;
    this.openedAt = this.lastHeardAt = now;
    this.#isSilent = isSilent;
    // Nagle and delayed ACK together cost 40 ms at each pause (architecture §3).
    socket.setNoDelay(true);
  }

  get open(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  nextSequence(): number {
    this.#sequence = this.#sequence >= 0x7fffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  write(pdu: Buffer): void {
    this.#out.push(pdu);
  }

  /** Says what was gathered. */
  flush(): void {
    if (this.#out.length === 0) return;
    const bytes = this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out);
    this.#out = [];
    if (this.#isSilent() || !this.open) return;
    this.socket.write(bytes);
    if (this.socket.writableLength > MAX_UNSENT_BYTES && !this.socket.isPaused()) {
      this.socket.pause();
      this.socket.once('drain', () => this.socket.resume());
    }
  }

  /** Asks whether the peer is there. */
  enquire(now: number): void {
    this.enquiredAt = now;
    this.write(encode(COMMAND.enquireLink, 0, this.nextSequence()));
    this.flush();
  }

  /** Says goodbye as SMPP wants it; the peer answers and closes. */
  unbind(): void {
    this.write(encode(COMMAND.unbind, 0, this.nextSequence()));
    this.flush();
  }
}

/**
 * The session that texts to `address` belong to: one whose bind named the address, else the one which last submitted
 * from the most similar address, since several carriers may share the simulator by one system_id.
 */
export function chooseReceiver(sessions: Iterable<Session>, address: string): Session | undefined {
  let best: Session | undefined;
  let bestScore: readonly number[] = [];
  for (const session of sessions) {
    const { binding, open, lastSource, lastSubmitAt } = session;
    if (!open || !binding?.receives || binding.serves?.test(address) === false) continue;
    const score = [binding.serves ? 1 : 0, commonPrefix(lastSource, address), lastSubmitAt];
    if (!best || compare(score, bestScore) > 0) [best, bestScore] = [session, score];
  }
  return best;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
