import type { Accepted } from './accept-log.ts';
import { formatId } from './deliver.ts';
import type { Faults } from './faults.ts';
import type { Receipts } from './receipts.ts';
import type { Session } from './session.ts';
import { checkLength, decodeText, localNumber } from './text.ts';
import { COMMAND, encode, PduError, readSubmit, sequenceOf, statusCode, statusName, type Submit } from './wire.ts';

/** Held responses go out after this long even when their number is not reached: a peer's window may be smaller. */
const HELD_AT_MOST_MS = 200;
/** And the dropping of a connection waits this long for its count. */
const DROP_WITHIN_MS = 500;
/** Ids start at the clock in 1/64 ms: unique over restarts, below 2^53 for centuries. */
const IDS_PER_MS = 64;

/** Takes submit_sm: checks, decodes, accepts, answers. */
export class Submits {
  #faults: Faults;
  #receipts: Receipts;
  #accept: (entry: Accepted) => void;
  #firstId = Date.now() * IDS_PER_MS;
  #n = 0;
  #submitted = 0;
  #accepted = 0;
  #rejected = new Map<number, number>();
  /** Responses that the slow fault delays, in order of their time. */
  #delayed: { dueAt: number; session: Session; response: Buffer }[] = [];
  /** Sessions whose responses the reorder fault holds. */
  #holding = new Set<Session>();
  /** Connections that will drop: those whose submits were accepted and are not to be answered. */
  #dropping = new Map<Session, number>();

  constructor(faults: Faults, receipts: Receipts, accept: (entry: Accepted) => void) {
    this.#faults = faults;
    this.#receipts = receipts;
    this.#accept = accept;
  }

  /** Numbers go on behind `n`. */
  continueFrom(n: number): void {
    this.#n = n;
  }

  stats() {
    const rejected = Object.fromEntries([...this.#rejected].map(([status, times]) => [statusName(status), times]));
    return { submitted: this.#submitted, accepted: this.#accepted, rejected };
  }

  /** One submit_sm; the response is written to the session, unless a fault has it otherwise. */
  handle(session: Session, pdu: Buffer, now: number): void {
    this.#submitted++;
    const { silent } = this.#faults.settings;
    if (silent && !silent.accept) return;
    session.unanswered++;
    const sequence = sequenceOf(pdu);
    try {
      const entry = this.#take(session, pdu, now);
      if (this.#drops(session, now)) return;
      const id = formatId(entry.id, this.#faults.settings.ids?.response ?? 'decimal');
      this.#answer(session, encode(COMMAND.submitResponse, 0, sequence, `${id}\0`), now);
    } catch (error) {
      const status = error instanceof PduError ? error.status : statusCode('ESME_RSYSERR');
      this.#rejected.set(status, (this.#rejected.get(status) ?? 0) + 1);
      this.#answer(session, encode(COMMAND.submitResponse, status, sequence), now);
    }
  }

  /** Answers what was held back long enough, and drops the connections that are due. */
  tick(now: number): void {
    let due = 0;
    while (due < this.#delayed.length && this.#delayed[due]!.dueAt <= now) due++;
    const answered = new Set<Session>();
    for (const { session, response } of this.#delayed.splice(0, due)) {
      this.#write(session, response);
      answered.add(session);
    }
    for (const session of this.#holding) {
      if (now - session.heldSince >= HELD_AT_MOST_MS) {
        this.#release(session);
        answered.add(session);
      }
    }
    for (const session of answered) session.flush();
    for (const [session, since] of this.#dropping) if (now - since >= DROP_WITHIN_MS) this.#drop(session);
  }

  /** @throws PduError with the reason why it is not accepted */
  #take(session: Session, pdu: Buffer, now: number): Accepted {
    if (!session.binding?.submits) throw new PduError('ESME_RINVBNDSTS');
    const submit = readSubmit(pdu);
    if (submit.from === '') throw new PduError('ESME_RINVSRCADR');
    const to = localNumber(submit.to);
    if (!/^\d{3,20}$/.test(to)) throw new PduError('ESME_RINVDSTADR');
    checkLength(submit);
    this.#refuse(session, submit);
    const entry = this.#entry(session, submit, to, now);
    session.lastSource = submit.from;
    session.lastSubmitAt = now;
    this.#accepted++;
    this.#accept(entry);
    if (submit.registered) this.#receipts.accepted(session, entry, now);
    return entry;
  }

  #entry(session: Session, submit: Submit, to: string, now: number): Accepted {
    const { from, part, parts, reference = null, dataCoding, bytes } = submit;
    const text = decodeText(dataCoding, bytes);
    const n = ++this.#n;
    const entry: Accepted = {
      ...{ n, id: this.#firstId + n, from, to, part, parts, reference },
      ...{ text: text ?? null, at: now, session: session.no },
    };
    if (text === undefined) entry.hex = bytes.toString('hex');
    return entry;
  }

  /** @throws PduError when a fault wants it refused */
  #refuse(session: Session, { part, parts }: Submit): void {
    const { settings } = this.#faults;
    const refused = (status: string | number) => {
      throw new PduError(status);
    };
    if (settings.windowLimit && session.unanswered > settings.windowLimit.max) refused(settings.windowLimit.status);
    if (settings.reject) refused(this.#faults.take('reject')!.status);
    const wanted = settings.rejectPart;
    if (wanted && wanted.part === part && parts > 1 && (wanted.parts ?? parts) === parts)
      refused(this.#faults.take('rejectPart')!.status);
    if (settings.rateLimit && this.#faults.overRate()) refused(settings.rateLimit.status);
  }

  /** Whether the accepted submit is one of those that are never answered. */
  #drops(session: Session, now: number): boolean {
    if (!this.#faults.settings.dropBeforeResponse) return false;
    this.#faults.take('dropBeforeResponse');
    if (!this.#dropping.has(session)) this.#dropping.set(session, now);
    if (!this.#faults.settings.dropBeforeResponse) for (const due of this.#dropping.keys()) this.#drop(due);
    return true;
  }

  #drop(session: Session): void {
    this.#dropping.delete(session);
    session.socket.destroy();
  }

  #answer(session: Session, response: Buffer, now: number): void {
    const slow = this.#faults.take('slow');
    if (slow) {
      const dueAt = now + slow.delayMs;
      const at = this.#delayed.findLastIndex((other) => other.dueAt <= dueAt);
      this.#delayed.splice(at + 1, 0, { dueAt, session, response });
      return;
    }
    const reorder = this.#faults.take('reorder');
    if (!reorder) return this.#write(session, response);
    if (session.held.length === 0) session.heldSince = now;
    session.held.push(response);
    this.#holding.add(session);
    if (session.held.length >= reorder.window) this.#release(session);
  }

  /** Held responses, the last first. */
  #release(session: Session): void {
    for (const response of session.held.reverse()) this.#write(session, response);
    session.held = [];
    this.#holding.delete(session);
  }

  #write(session: Session, response: Buffer): void {
    session.unanswered--;
    session.write(response);
  }
}
