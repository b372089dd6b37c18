import type { Session } from './session.ts';

/** Something for the platform: a receipt, or a part of a phone's text. */
export interface Delivery {
  kind: 'receipt' | 'mo';
  /** The platform's address it belongs to. */
  address: string;
  /** The session that submitted what a receipt is about; undefined for a phone's text. */
  session: Session | undefined;
  /** Epoch ms before which it is not sent. */
  dueAt: number;
  attempts: number;
  sentAt: number;
  encode(sequence: number): Buffer;
  onAnswered?: () => void;
}

export interface DeliveriesOptions {
  /** deliver_sm on their way per session. */
  window: number;
  /** An unanswered one is sent again after this long. */
  answerTimeoutMs: number;
  /** A refused or unanswered one waits this long. */
  retryMs: number;
  /** A receipt is given up after so many tries; a phone's text never. */
  maxReceiptAttempts: number;
  /** Receipts that wait for a session; beyond it the oldest are given up. */
  maxHomeless: number;
}

/** A first-in, first-out queue whose head is cheap to take. */
class Fifo {
  #items: Delivery[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Delivery | undefined {
    return this.#items[this.#head];
  }

  push(item: Delivery): void {
    this.#items.push(item);
  }

  shift(): void {
    if (++this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  drain(): Delivery[] {
    const rest = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return rest;
  }
}

/** Everything on its way to the platform, kept until it is answered. Time comes in by `pump` and `tick`. */
export class Deliveries {
  readonly counts = { receiptsSent: 0, receiptsAnswered: 0, receiptsGivenUp: 0, moSent: 0, moAnswered: 0 };
  #options: DeliveriesOptions;
  #choose: (address: string) => Session | undefined;
  /** Each session's own, phones' texts before receipts. */
  #queues = new Map<Session, { mo: Fifo; receipt: Fifo }>();
  /** Not due for longer than the queues' pace: retries and late receipts. */
  #later: Delivery[] = [];
  /** No session takes them now. */
  #homeless: Delivery[] = [];

  constructor(options: DeliveriesOptions, choose: (address: string) => Session | undefined) {
    this.#options = options;
    this.#choose = choose;
  }

  get pending(): number {
    let sum = this.#later.length + this.#homeless.length;
    for (const [session, { mo, receipt }] of this.#queues) sum += mo.length + receipt.length + session.inFlight.size;
    return sum;
  }

  /** Takes one in. `later`: its time is so far off that it must not hold up those behind it. */
  add(delivery: Delivery, { later = false } = {}): void {
    if (later) {
      this.#later.push(delivery);
      return;
    }
    const own = delivery.session;
    const session = own?.open && own.binding?.receives ? own : this.#choose(delivery.address);
    if (!session) {
      this.#homeless.push(delivery);
      if (this.#homeless.length > this.#options.maxHomeless) this.#giveUpOldest();
      return;
    }
    let queues = this.#queues.get(session);
    if (!queues) this.#queues.set(session, (queues = { mo: new Fifo(), receipt: new Fifo() }));
    queues[delivery.kind].push(delivery);
  }

  /** Sends what is due and fits in the session's window. */
  pump(session: Session, now: number): void {
    const queues = this.#queues.get(session);
    if (!queues || !session.open) return;
    for (const queue of [queues.mo, queues.receipt]) {
      for (let item = queue.first; item && item.dueAt <= now; item = queue.first) {
        if (session.inFlight.size >= this.#options.window) return;
        queue.shift();
        this.send(session, item, now);
      }
    }
  }

  /** Sends one now, window or not. */
  send(session: Session, delivery: Delivery, now: number): void {
    const sequence = session.nextSequence();
    delivery.attempts++;
    delivery.sentAt = now;
    session.inFlight.set(sequence, delivery);
    if (delivery.kind === 'receipt') this.counts.receiptsSent++;
    else this.counts.moSent++;
    session.write(delivery.encode(sequence));
  }

  /** A deliver_sm_resp came. Anything but success means: again, later. */
  answered(session: Session, sequence: number, status: number, now: number): void {
    const delivery = session.inFlight.get(sequence);
    if (!delivery) return;
    session.inFlight.delete(sequence);
    if (status !== 0) return this.#again(delivery, now);
    if (delivery.kind === 'receipt') this.counts.receiptsAnswered++;
    else this.counts.moAnswered++;
    delivery.onAnswered?.();
  }

  /** The session is gone: what it had goes to another, or waits. */
  closed(session: Session): void {
    const queues = this.#queues.get(session);
    this.#queues.delete(session);
    const rest = [...session.inFlight.values(), ...(queues ? [...queues.mo.drain(), ...queues.receipt.drain()] : [])];
    session.inFlight.clear();
    for (const delivery of rest) this.add(delivery);
  }

  /** Someone bound: perhaps for what waits. */
  bound(): void {
    const waiting = this.#homeless;
    this.#homeless = [];
    for (const delivery of waiting) this.add(delivery);
  }

  /** Brings back what is due and what was not answered in time, and sends. */
  tick(now: number): void {
    if (this.#later.length > 0) {
      const due = this.#later.filter(({ dueAt }) => dueAt <= now);
      if (due.length > 0) this.#later = this.#later.filter(({ dueAt }) => dueAt > now);
      for (const delivery of due) this.add(delivery);
    }
    for (const session of this.#queues.keys()) {
      for (const [sequence, delivery] of session.inFlight) {
        if (delivery.sentAt + this.#options.answerTimeoutMs > now) break;
        session.inFlight.delete(sequence);
        this.#again(delivery, now);
      }
      this.pump(session, now);
      session.flush();
    }
  }

  #again(delivery: Delivery, now: number): void {
    if (delivery.kind === 'receipt' && delivery.attempts >= this.#options.maxReceiptAttempts) {
      this.counts.receiptsGivenUp++;
      return;
    }
    delivery.dueAt = now + this.#options.retryMs;
    this.#later.push(delivery);
  }

  /** A tenth at once: one by one would move the whole array each time. */
  #giveUpOldest(): void {
    let excess = Math.ceil(this.#options.maxHomeless / 10);
    this.#homeless = this.#homeless.filter(({ kind }) => {
      if (kind === 'mo' || excess === 0) return true;
      excess--;
      this.counts.receiptsGivenUp++;
      return false;
    });
  }
}
