/** What a link holds in memory between its claims and their outcomes. */
import { encodeSubmit } from '../infra/smpp/encode.ts';
import { canonicalId } from '../infra/smpp/receipt.ts';
import { meaningOf, statusWords } from '../infra/smpp/status-words.ts';
import type { SubmitOutcome } from '../infra/smpp/submit-outcome.ts';
import { Backoff, Diagnosis } from './carrier-backoff.ts';
import { Lines, type Part, type Sending } from './carrier-lines.ts';
import type { ClaimedText } from './carrier-claim.ts';
import type { PartOutcome } from './carrier-record.ts';
import { DEFAULTS, type SenderOptions } from './carrier-sender-options.ts';

/** Until the database has said whose the link is, ops let it go on, or the socket has room again. */
const ASK_AGAIN_MS = 20;
/** Parts that wait for retries of their own; beyond it the SMSC is taken for ill. A dead owner leaves them UNCERTAIN. */
const ASIDE_AT_MOST = 2_000;
/** So many submits in a row without a response: the SMSC takes none. */
const STALLED_AFTER = 3;
/** What is in flight on a session the SMSC does not know any more is answered within this, or not at all. */
const SESSION_ENDS_WITHIN_MS = 2_000;

/**
 * Sends claimed texts over one connection: lanes in order, texts of a lane to one phone one after the other, within
 * window and rate. It ends with its connection; what never left is then given back.
 */
export class Sender {
  readonly #options: Required<SenderOptions>;
  readonly #lines: Lines;
  readonly #congestion: Backoff;
  readonly #illness: Backoff;
  readonly #diagnosis = new Diagnosis();
  #inFlight = 0;
  #stopped = false;
  /** Nothing more is sent over this connection, for this reason. */
  #ending: string | undefined;
  #unanswered = 0;
  /** Ends the connection, unless a response comes after all. */
  #stall: NodeJS.Timeout | undefined;
  /** Submits at once while the SMSC recovers: 1 after a refusal, doubled by each acceptance. */
  #allowance: number;
  #timer: NodeJS.Timeout | undefined;
  /** Held so often that others ask in their stead; back as soon as the SMSC takes one. */
  #stoodAside: Part[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #drained: (() => void) | undefined;
  /** What would leave next must be asked about first. */
  #mustAsk = false;
  /** Segments the SMSC took, for the claim's size. */
  accepted = 0;
  /** Whether any submit of this connection had a response. */
  answered = false;

  constructor(options: SenderOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const { backoffMs, maxBackoffMs, illBackoffMs, maxIllBackoffMs, careful, settled } = this.#options;
    this.#allowance = careful ? 1 : Infinity;
    this.#lines = new Lines(({ batchId }) => settled(batchId, 1));
    this.#congestion = new Backoff(backoffMs, maxBackoffMs);
    this.#illness = new Backoff(illBackoffMs, maxIllBackoffMs);
  }

  /** Segments that wait to be sent. */
  get waiting(): number {
    return this.#lines.waiting;
  }

  /** Segments that wait for retries of their own, and those behind them. */
  get held(): number {
    return this.#lines.held;
  }

  /** The SMSC is there and answers no submit: nothing more is sent to it. */
  get stalled(): boolean {
    return this.#stall !== undefined;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The most urgent lane with something waiting; LANES when nothing is. */
  get frontLane(): number {
    return this.#lines.frontLane;
  }

  /**
   * Texts that must be asked about before they leave, once one of them would; undefined: none would. Each was asked about
   * when it was claimed, but an SMSC that takes nothing has it wait here for as long as that lasts.
   */
  get unasked(): Sending[] | undefined {
    return this.#mustAsk ? this.#lines.askedBefore(performance.now() - this.#options.permittedForMs) : undefined;
  }

  /** Goes on, once they were asked about. */
  asked(): void {
    this.#mustAsk = false;
    this.#pump();
  }

  add(texts: ClaimedText[]): void {
    for (const text of texts) this.#lines.add(text);
    this.#pump();
  }

  /**
   * Sends nothing more and waits until what is in flight has its outcome, which the end of the connection gives it.
   * @returns the texts with parts that never left, or were refused for now
   */
  async stop(drainMs: number): Promise<ClaimedText[]> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#stall);
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#inFlight > 0) {
      const timer = setTimeout(() => this.#options.client.destroy('drain timed out'), drainMs);
      await new Promise<void>((resolve) => (this.#drained = resolve));
      clearTimeout(timer);
    }
    return this.#lines.texts();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const { client, bucket, isOurs, isPaused } = this.#options;
    if (this.#stopped || this.stalled || this.#ending !== undefined) return;
    if (!isOurs() || isPaused()) return this.#pumpIn(ASK_AGAIN_MS);
    while (client.room > 0 && this.#inFlight < this.#allowance) {
      const part = this.#lines.peek();
      if (!part) return;
      if (this.#refuseUseless(part)) continue;
      this.#mustAsk = performance.now() - part.of.text.askedAt > this.#options.permittedForMs;
      if (this.#mustAsk) return this.#pumpIn(ASK_AGAIN_MS);
      const pause = Math.max(this.#congestion.leftMs, this.#illness.leftMs);
      const wait = pause > 0 ? pause : bucket.take();
      if (wait > 0) return this.#pumpIn(Math.ceil(wait));
      this.#lines.take(part);
      this.#submit(part);
    }
    // Nothing in flight that could tell when there is room.
    if (this.#inFlight === 0) this.#pumpIn(ASK_AGAIN_MS);
  }

  #pumpIn(ms: number): void {
    this.#timer = setTimeout(() => this.#pump(), ms);
  }

  /** What is of no use any more is not sent. */
  #refuseUseless(part: Part): boolean {
    const { text, given } = part.of;
    if (given === undefined && (text.expiresAt === null || text.expiresAt.getTime() > Date.now())) return false;
    this.#lines.take(part);
    if (given?.state === 'QUEUED') this.#lines.close(part, false);
    else if (given) this.#finish(part, given.state, null, given.why);
    else this.#finish(part, 'EXPIRED', null, '已过有效时间，未发送 (expired before it could be sent)');
    return true;
  }

  #submit(part: Part): void {
    const { text, segments } = part.of;
    const { bucket } = this.#options;
    const { sent } = bucket;
    part.pdu ??= encodeSubmit({ source: text.source, destination: text.phone }, segments, part.number, text.reference);
    this.#options.refill();
    this.#inFlight += 1;
    this.#diagnosis.sent(part);
    let late = false;
    this.#options.client.submit(part.pdu, (outcome) => {
      bucket.settled(sent, outcome.kind === 'accepted' || outcome.kind === 'refused');
      if (late) this.#learnLate(part, outcome);
      else {
        this.#inFlight -= 1;
        this.#take(part, outcome);
      }
      late = outcome.kind === 'unanswered';
      if (late) this.#missResponse();
      else if (outcome.kind === 'accepted' || outcome.kind === 'refused') this.#hearResponse();
      if (this.#inFlight === 0) this.#drained?.();
      this.#pump();
    });
  }

  #hearResponse(): void {
    this.#unanswered = 0;
    this.answered = true;
    if (!this.#stall) return;
    clearTimeout(this.#stall);
    this.#stall = undefined;
    this.#allowance = 1;
  }

  /** An SMSC that answers enquire_link but no submit would make every text UNCERTAIN that it is fed. */
  #missResponse(): void {
    const { client, careful, stallGraceMs, trouble } = this.#options;
    this.#unanswered += 1;
    const windowGone = client.room <= 0 && this.#inFlight === 0;
    const patience = careful && !this.answered ? 1 : STALLED_AFTER;
    if (this.stalled || (this.#unanswered < patience && !windowGone)) return;
    const words = 'the SMSC answers no submit_sm';
    trouble(words);
    this.#stall = setTimeout(() => client.destroy(words), stallGraceMs);
  }

  #take(part: Part, outcome: SubmitOutcome): void {
    switch (outcome.kind) {
      case 'accepted':
        this.accepted += 1;
        this.#congestion.accepted();
        this.#illness.accepted();
        this.#diagnosis.accepted();
        this.#allowance *= 2;
        this.#letReturn();
        return this.#finish(part, 'ACCEPTED', canonicalId(outcome.smscId), null);
      case 'never-sent':
        return this.#lines.putBack(part);
      case 'refused':
        return this.#takeRefusal(part, outcome.status);
      case 'unanswered':
      case 'uncertain':
        this.#options.trouble(outcome.reason);
        return this.#finish(part, 'UNCERTAIN', null, outcome.reason);
    }
  }

  #takeRefusal(part: Part, status: number): void {
    const words = statusWords(status);
    const meaning = meaningOf(status);
    this.#options.trouble(words);
    switch (meaning) {
      case 'congestion':
        this.#allowance = 1;
        this.#congestion.refused();
        return this.#lines.putBack(part);
      case 'session':
        this.#lines.putBack(part);
        return this.#endSession(words);
      case 'permanent':
        return this.#reject(part, words);
      case 'smsc-ill':
      case 'passing':
    }
    const treatment = this.#diagnosis.of(part, meaning, this.#timers.size >= ASIDE_AT_MOST);
    if (treatment === 'retry') return this.#retryLater(part, words);
    this.#allowance = 1;
    this.#illness.refused();
    if (treatment === 'hold') return this.#lines.putBack(part);
    this.#lines.setAside(part);
    this.#stoodAside.push(part);
    this.#options.refill();
    this.#after(this.#illness.leftMs + this.#options.retryMs, () => {
      // Nobody else is left to ask.
      if (!this.#lines.peek()) this.#letReturn();
      this.#pump();
    });
  }

  /** By another connection, once this one's submits have their responses: cut off, they would all be UNCERTAIN. */
  #endSession(words: string): void {
    if (this.#ending !== undefined) return;
    this.#ending = words;
    const { client } = this.#options;
    const end = () => client.destroy(words);
    this.#after(SESSION_ENDS_WITHIN_MS, end);
    this.#drained ??= end;
  }

  /** A response after its timeout: the fate of the text is known after all. */
  #learnLate(part: Part, outcome: SubmitOutcome): void {
    if (outcome.kind === 'accepted') this.#record(part, 'ACCEPTED', canonicalId(outcome.smscId), null, true);
    if (outcome.kind !== 'refused') return;
    const words = statusWords(outcome.status);
    // What passes is tried again, as it would have been in time; it is not for good because the SMSC was slow to say so.
    const forGood = meaningOf(outcome.status) === 'permanent' || part.of.given !== undefined;
    if (forGood) return this.#record(part, 'REJECTED', null, words, true);
    part.of.ended.delete(part.number);
    this.#record(part, 'NOT_TAKEN', null, words, true);
  }

  #retryLater(part: Part, words: string): void {
    const { retryMs, maxRetryMs, retryForMs } = this.#options;
    if (part.waitedMs >= retryForMs) return this.#reject(part, words);
    // Waited so far is the sum of a doubling row: the next is as long as all of it.
    const ms = Math.min(maxRetryMs, part.waitedMs + retryMs);
    part.waitedMs += ms;
    this.#lines.setAside(part);
    this.#after(ms, () => {
      this.#lines.bringBack(part);
      this.#pump();
    });
  }

  #letReturn(): void {
    if (this.#stoodAside.length === 0) return;
    for (const part of this.#stoodAside) this.#lines.bringBack(part);
    this.#stoodAside = [];
  }

  /** Later, unless it is stopped before. */
  #after(ms: number, work: () => void): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  #reject(part: Part, words: string): void {
    // A long text is worth nothing without all its parts.
    part.of.given = { state: 'REJECTED', why: `不再发送：另一部分被拒 (another part was refused: ${words})` };
    this.#finish(part, 'REJECTED', null, words);
  }

  #finish(part: Part, state: PartOutcome['state'], smscId: string | null, error: string | null): void {
    // A resend that came too late leaves the first attempt's UNCERTAIN standing.
    if (state !== 'EXPIRED' || part.of.text.attempt === 1) this.#record(part, state, smscId, error);
    this.#lines.close(part, state === 'UNCERTAIN');
  }

  #record(part: Part, state: PartOutcome['state'], smscId: string | null, error: string | null, late = false): void {
    const { smsId, attempt, reference } = part.of.text;
    const outcome = { smsId, part: part.number, attempt, state, smscId, error, reference };
    this.#options.record(late ? { ...outcome, late } : outcome);
  }
}
