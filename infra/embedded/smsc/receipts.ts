import type { Accepted } from './accept-log.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { encodeReceipt, type ReceiptState } from './deliver.ts';
import type { Faults } from './faults.ts';
import type { Session } from './session.ts';

/** Makes the delivery receipts, and spoils them when a fault says so. */
export class Receipts {
  #deliveries: Deliveries;
  #faults: Faults;
  #delayMs: number;
  /** Numbers of the segments whose receipt is not answered. */
  #unanswered = new Set<number>();

  constructor(deliveries: Deliveries, faults: Faults, delayMs: number) {
    this.#deliveries = deliveries;
    this.#faults = faults;
    this.#delayMs = delayMs;
  }

  /** The segment was accepted by `session`, its response not yet written. */
  accepted(session: Session, segment: Accepted, now: number): void {
    const fault = this.#faults.take('receipts');
    const dueAt = now + this.#delayMs;
    switch (fault?.mode) {
      case undefined:
        return this.#add(session, segment, dueAt);
      case 'missing':
        return;
      case 'undelivered':
        return this.#add(session, segment, dueAt, { state: 'UNDELIV' });
      case 'duplicate':
        this.#add(session, segment, dueAt);
        return this.#add(session, segment, dueAt);
      case 'late':
        return this.#add(session, segment, now + fault.delayMs, { later: true });
      case 'before':
        if (!session.binding?.receives) return this.#add(session, segment, now);
        this.#unanswered.add(segment.n);
        this.#deliveries.send(session, this.#receipt(session, segment, now, 'DELIVRD'), now);
    }
  }

  /** Takes up a receipt that the last run left; undefined when its segment is no longer kept. */
  restore(segment: Accepted | undefined): void {
    if (segment) this.#add(undefined, segment, 0);
  }

  unanswered(): Iterable<number> {
    return this.#unanswered;
  }

  #add(
    session: Session | undefined,
    segment: Accepted,
    dueAt: number,
    { state = 'DELIVRD', later = false }: { state?: ReceiptState; later?: boolean } = {},
  ): void {
    this.#unanswered.add(segment.n);
    this.#deliveries.add(this.#receipt(session, segment, dueAt, state), { later });
  }

  #receipt(session: Session | undefined, segment: Accepted, dueAt: number, state: ReceiptState): Delivery {
    return {
      ...{ kind: 'receipt', address: segment.from, session, dueAt, attempts: 0, sentAt: 0 },
      encode: (sequence) => {
        const format = this.#faults.settings.ids?.receipt ?? 'decimal';
        return encodeReceipt(sequence, { segment, format, state, doneAt: dueAt || Date.now() });
      },
      onAnswered: () => this.#unanswered.delete(segment.n),
    };
  }
}
