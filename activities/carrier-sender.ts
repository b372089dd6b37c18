/** What a link holds in memory between its claims and their outcomes. */
import type { SmppClient, SubmitOutcome } from '../infra/smpp/client.ts';
import { encodeSubmit } from '../infra/smpp/encode.ts';
import { canonicalId } from '../infra/smpp/receipt.ts';
import { STATUS } from '../infra/smpp/status-words.ts';
import type { TokenBucket } from '../infra/smpp/token-bucket.ts';
import { segmentText, type SegmentedText } from '../workflows/domain/sms-text.ts';
import type { ClaimedText, PartOutcome } from './carrier-queue.ts';
import type { LinkError } from './carrier-status.ts';

export interface SenderOptions {
  client: SmppClient;
  bucket: TokenBucket;
  /** Takes what became of a part. */
  record: (outcome: PartOutcome) => void;
  /** Every part of these many texts of the batch has its outcome. */
  settled: (batchId: number, texts: number) => void;
  /** Told at each text that leaves: more may be wanted. */
  refill?: () => void;
  /** Whether the link is surely still ours; asked before anything leaves. */
  isOurs?: () => boolean;
  /** The first pause after RTHROTTLED or RMSGQFUL; it doubles each time in a row (default 50 ms). */
  backoffMs?: number;
  /** The longest pause, so that an SMSC that has room again is found soon (default 2 s). */
  maxBackoffMs?: number;
  /** A part refused for a passing reason is sent this often (default 3), `retryMs` apart and more each time. */
  triesPerPart?: number;
  retryMs?: number;
}

/** Refusals that say nothing against the text itself. */
const PASSING = new Set<number>([STATUS.systemError, STATUS.submitFailed, STATUS.temporaryError]);
const LANES = 5;
/** Until the database has said whose the link is. */
const ASK_AGAIN_MS = 20;

/** A text on its way. */
interface Sending {
  text: ClaimedText;
  segments: SegmentedText;
  /** Order of arrival: what comes back to the line takes its old place. */
  order: number;
  /** Parts without an outcome. */
  open: number;
  /** Why the parts still unsent are not worth sending any more. */
  given: string | undefined;
}

interface Part {
  of: Sending;
  /** 1-based */
  number: number;
  tries: number;
  pdu: Buffer | undefined;
}

/** The parts of one lane that may leave, in order. */
class Line {
  /** Sent before and refused: few, so a sorted insert is cheap. */
  readonly #again: Part[] = [];
  #fresh: Part[] = [];
  #head = 0;

  peek(): Part | undefined {
    return this.#again[0] ?? this.#fresh[this.#head];
  }

  take(): void {
    if (this.#again.length > 0) this.#again.shift();
    else {
      this.#head += 1;
      if (this.#head === this.#fresh.length) {
        this.#fresh = [];
        this.#head = 0;
      }
    }
  }

  add(part: Part): void {
    this.#fresh.push(part);
  }

  putBack(part: Part): void {
    const after = this.#again.findIndex(
      ({ of, number }) => of.order > part.of.order || (of === part.of && number > part.number),
    );
    this.#again.splice(after === -1 ? this.#again.length : after, 0, part);
  }
}

/**
 * Sends claimed texts over one connection: lanes in order, texts of a lane to one phone one after the other, within
 * window and rate. It ends with its connection; what never left is then given back.
 */
export class Sender {
  readonly #options: Required<SenderOptions>;
  readonly #lines = Array.from({ length: LANES }, () => new Line());
  /** The text each phone's lane is busy with, and those behind it. */
  readonly #byPhone = new Map<string, Sending[]>();
  #order = 0;
  #waiting = 0;
  #inFlight = 0;
  #stopped = false;
  /** Submits at once while the SMSC recovers: 1 after a refusal, doubled by each acceptance. */
  #allowance = Infinity;
  #backoffMs = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #retries = new Set<NodeJS.Timeout>();
  #drained: (() => void) | undefined;
  /** Segments the SMSC took, for the claim's size. */
  accepted = 0;
  /** The last refusal in words. */
  lastError: LinkError | null = null;

  constructor(options: SenderOptions) {
    this.#options = {
      ...{
        backoffMs: 50,
        maxBackoffMs: 2_000,
        triesPerPart: 3,
        retryMs: 1_000,
        isOurs: () => true,
        lowWater: 0,
        refill: () => undefined,
      },
      ...options,
    };
  }

  /** Segments claimed and not yet sent. */
  get waiting(): number {
    return this.#waiting;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The most urgent lane with something waiting; LANES when nothing is. */
  get frontLane(): number {
    const lane = this.#lines.findIndex((line) => line.peek());
    return lane === -1 ? LANES : lane;
  }

  add(texts: ClaimedText[]): void {
    for (const text of texts) {
      const segments = segmentText(text.body);
      const open = segments.parts.length - text.done.length;
      const sending: Sending = { text, segments, order: this.#order++, open, given: undefined };
      if (open <= 0) {
        this.#options.settled(text.batchId, 1);
        continue;
      }
      this.#waiting += open;
      const key = phoneKey(text);
      const queue = this.#byPhone.get(key);
      if (queue) queue.push(sending);
      else {
        this.#byPhone.set(key, [sending]);
        this.#line(sending);
      }
    }
    this.#pump();
  }

  /**
   * Sends nothing more and waits until what is in flight has its outcome, which the end of the connection gives it.
   * @returns the texts with parts that never left
   */
  async stop(drainMs: number): Promise<ClaimedText[]> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const retry of this.#retries) clearTimeout(retry);
    if (this.#inFlight > 0) {
      const timer = setTimeout(() => this.#options.client.destroy('drain timed out'), drainMs);
      await new Promise<void>((resolve) => (this.#drained = resolve));
      clearTimeout(timer);
    }
    return [...this.#byPhone.values()].flat().map(({ text }) => text);
  }

  #line(sending: Sending): void {
    const { text, segments } = sending;
    for (let number = 1; number <= segments.parts.length; number++) {
      if (!text.done.includes(number)) this.#lines[text.lane]!.add({ of: sending, number, tries: 0, pdu: undefined });
    }
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const { client, bucket, isOurs } = this.#options;
    if (!this.#stopped && !isOurs()) {
      this.#timer = setTimeout(() => this.#pump(), ASK_AGAIN_MS);
      return;
    }
    while (!this.#stopped && client.room > 0 && this.#inFlight < this.#allowance) {
      const line = this.#lines.find((each) => each.peek());
      if (!line) return;
      const part = line.peek()!;
      if (this.#refuseUseless(part)) {
        line.take();
        continue;
      }
      const pause = this.#pausedUntil - performance.now();
      const wait = pause > 0 ? pause : bucket.take();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
        return;
      }
      line.take();
      this.#submit(part);
    }
  }

  /** What is of no use any more is not sent. */
  #refuseUseless(part: Part): boolean {
    const { text, given } = part.of;
    if (given !== undefined) {
      this.#waiting -= 1;
      this.#finish(part, 'REJECTED', null, given);
      return true;
    }
    if (text.expiresAt === null || text.expiresAt.getTime() > Date.now()) return false;
    this.#waiting -= 1;
    this.#finish(part, 'EXPIRED', null, '过期未发 (expired before it could be sent)');
    return true;
  }

  #submit(part: Part): void {
    const { text, segments } = part.of;
    part.pdu ??= encodeSubmit({ source: text.source, destination: text.phone }, segments, part.number, text.reference);
    this.#waiting -= 1;
    this.#options.refill();
    this.#inFlight += 1;
    part.tries += 1;
    let timedOut = false;
    this.#options.client.submit(part.pdu, (outcome) => {
      if (timedOut) return this.#learnLate(part, outcome);
      timedOut = outcome.kind === 'uncertain';
      this.#inFlight -= 1;
      this.#take(part, outcome);
      if (this.#inFlight === 0) this.#drained?.();
      this.#pump();
    });
  }

  #take(part: Part, outcome: SubmitOutcome): void {
    switch (outcome.kind) {
      case 'accepted':
        this.accepted += 1;
        this.#backoffMs = 0;
        this.#allowance *= 2;
        return this.#finish(part, 'ACCEPTED', canonicalId(outcome.smscId), null);
      case 'throttled':
      case 'queue-full':
        this.lastError = { reason: outcome.kind, at: new Date() };
        this.#backOff();
        return this.#putBack(part);
      case 'never-sent':
        return this.#putBack(part);
      case 'rejected':
        this.lastError = { reason: outcome.words, at: new Date() };
        if (PASSING.has(outcome.status) && part.tries < this.#options.triesPerPart) return this.#retryLater(part);
        // A long text is worth nothing without all its parts.
        part.of.given = `不再发送：另一部分被拒 (another part was refused: ${outcome.words})`;
        return this.#finish(part, 'REJECTED', null, outcome.words);
      case 'uncertain':
        this.lastError = { reason: outcome.reason, at: new Date() };
        return this.#finish(part, 'UNCERTAIN', null, outcome.reason);
    }
  }

  /** A response after its timeout: the fate of the text is known after all. */
  #learnLate(part: Part, outcome: SubmitOutcome): void {
    if (outcome.kind === 'accepted') this.#record(part, 'ACCEPTED', canonicalId(outcome.smscId), null);
    else if (outcome.kind === 'rejected') this.#record(part, 'REJECTED', null, outcome.words);
  }

  #backOff(): void {
    const now = performance.now();
    this.#allowance = 1;
    // A whole window refused at once is one refusal.
    if (now < this.#pausedUntil) return;
    const { backoffMs, maxBackoffMs } = this.#options;
    this.#backoffMs = Math.min(maxBackoffMs, Math.max(backoffMs, this.#backoffMs * 2));
    this.#pausedUntil = now + this.#backoffMs;
  }

  #putBack(part: Part): void {
    this.#waiting += 1;
    part.tries -= 1;
    this.#lines[part.of.text.lane]!.putBack(part);
  }

  #retryLater(part: Part): void {
    this.#waiting += 1;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      this.#lines[part.of.text.lane]!.putBack(part);
      this.#pump();
    }, this.#options.retryMs * part.tries);
    this.#retries.add(timer);
  }

  #finish(part: Part, state: PartOutcome['state'], smscId: string | null, error: string | null): void {
    // A resend that came too late leaves the first attempt's UNCERTAIN standing.
    if (state !== 'EXPIRED' || part.of.text.attempt === 1) this.#record(part, state, smscId, error);
    part.of.open -= 1;
    if (part.of.open > 0) return;
    const { text } = part.of;
    const key = phoneKey(text);
    const queue = this.#byPhone.get(key)!;
    queue.shift();
    if (queue.length === 0) this.#byPhone.delete(key);
    else this.#line(queue[0]!);
    this.#options.settled(text.batchId, 1);
  }

  #record(part: Part, state: PartOutcome['state'], smscId: string | null, error: string | null): void {
    const { smsId, attempt, reference } = part.of.text;
    this.#options.record({ smsId, part: part.number, attempt, state, smscId, error, reference });
  }
}

function phoneKey({ lane, phone }: ClaimedText): string {
  return `${lane}/${phone}`;
}
