/** The order in which claimed texts leave: by lane, and within a lane one text to a phone after the other. */
import { segmentText, type SegmentedText } from '../workflows/domain/sms-text.ts';
import type { ClaimedText } from './carrier-claim.ts';
import { Fifo } from './fifo.ts';

export const LANES = 5;

/** A text on its way. */
export interface Sending {
  readonly text: ClaimedText;
  readonly segments: SegmentedText;
  /** Order of arrival: what comes back to the line takes its old place. */
  readonly order: number;
  /** Parts without an outcome. */
  open: number;
  /** Parts of a long text that have their outcome, should it be claimed again while it is here; true: UNCERTAIN. */
  readonly ended: Map<number, boolean>;
  /** Why the parts still unsent do not leave any more. */
  given: Given | undefined;
  /** Parts that are taken off and in flight. */
  out: number;
}

/** What unsent parts end as; QUEUED: the text waits in the queue again, and ends nothing here. */
export type Given = { state: 'REJECTED' | 'CANCELLED'; why: string } | { state: 'QUEUED' };

export interface Part {
  readonly of: Sending;
  /** 1-based */
  readonly number: number;
  pdu: Buffer | undefined;
  /** Acceptances on this connection before it was first sent, or last refused. */
  acceptedBefore: number | undefined;
  /** How often it was held because the SMSC seemed ill. */
  held: number;
  /** How long it has waited for retries of its own. */
  waitedMs: number;
}

/** The parts of one lane that may leave, in order. */
class Line {
  /** Sent before and refused: few, so a sorted insert is cheap. */
  readonly #again: Part[] = [];
  readonly #fresh = new Fifo<Part>();

  peek(): Part | undefined {
    return this.#again[0] ?? this.#fresh.peek();
  }

  take(): void {
    if (this.#again.length > 0) this.#again.shift();
    else this.#fresh.shift();
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

/** The texts of one lane to one phone: the first is being sent. */
interface PhoneQueue {
  texts: Sending[];
  /** Parts of the first that wait for a retry of their own. */
  aside: number;
  /** Segments behind them: they can't leave before. */
  blocked: number;
}

export class Lines {
  readonly #lanes = Array.from({ length: LANES }, () => new Line());
  readonly #byPhone = new Map<string, PhoneQueue>();
  readonly #settled: (text: ClaimedText) => void;
  #order = 0;
  #waiting = 0;
  #aside = 0;
  #blocked = 0;

  /** @param settled every part of this text has its outcome */
  constructor(settled: (text: ClaimedText) => void) {
    this.#settled = settled;
  }

  /** Segments that may leave, or may once the text before them has its outcome. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Segments that wait for a retry of their own, and those behind them: they hold up nobody else. */
  get held(): number {
    return this.#aside + this.#blocked;
  }

  /** The most urgent lane with something waiting; LANES when nothing is. */
  get frontLane(): number {
    const lane = this.#lanes.findIndex((line) => line.peek());
    return lane === -1 ? LANES : lane;
  }

  /** Every text that has a part without an outcome. */
  texts(): ClaimedText[] {
    return [...this.#byPhone.values()].flatMap(({ texts }) => texts.map(({ text }) => text));
  }

  /** Those that were last asked about before then, by `performance.now()`, and have nothing in flight. */
  askedBefore(moment: number): Sending[] {
    return [...this.#byPhone.values()].flatMap(({ texts }) =>
      texts.filter(({ text, out }) => out === 0 && text.askedAt < moment),
    );
  }

  add(text: ClaimedText): void {
    const segments = segmentText(text.body);
    const open = segments.parts.length - text.done.length;
    if (open <= 0) return this.#settled(text);
    const sending: Sending = { text, segments, order: this.#order++, open, ended: new Map(), given: undefined, out: 0 };
    const key = phoneKey(text);
    const phone = this.#byPhone.get(key);
    if (phone && phone.aside > 0) {
      phone.blocked += open;
      this.#blocked += open;
    } else this.#waiting += open;
    if (phone) phone.texts.push(sending);
    else {
      this.#byPhone.set(key, { texts: [sending], aside: 0, blocked: 0 });
      this.#line(sending);
    }
  }

  /** What leaves next. */
  peek(): Part | undefined {
    for (const line of this.#lanes) {
      const part = line.peek();
      if (part) return part;
    }
    return undefined;
  }

  /** Takes off what `peek` gave. */
  take(part: Part): void {
    this.#lanes[part.of.text.lane]!.take();
    part.of.out += 1;
    this.#waiting -= 1;
  }

  /** A part that was taken off comes back to its old place. */
  putBack(part: Part): void {
    part.of.out -= 1;
    this.#waiting += 1;
    this.#lanes[part.of.text.lane]!.putBack(part);
  }

  /** A part that was taken off waits for a retry of its own, and with it what is behind it; `bringBack` ends that. */
  setAside(part: Part): void {
    const phone = this.#byPhone.get(phoneKey(part.of.text))!;
    part.of.out -= 1;
    this.#aside += 1;
    phone.aside += 1;
    if (phone.aside > 1) return;
    phone.blocked = phone.texts.slice(1).reduce((sum, { open }) => sum + open, 0);
    this.#blocked += phone.blocked;
    this.#waiting -= phone.blocked;
  }

  bringBack(part: Part): void {
    const phone = this.#byPhone.get(phoneKey(part.of.text))!;
    this.#aside -= 1;
    phone.aside -= 1;
    if (phone.aside === 0) {
      this.#blocked -= phone.blocked;
      this.#waiting += phone.blocked;
      phone.blocked = 0;
    }
    part.of.out += 1;
    this.putBack(part);
  }

  /** A part that was taken off has its outcome: after a text's last one the next to its phone may leave. */
  close({ of: sending, number }: Part, uncertain: boolean): void {
    const { text, segments } = sending;
    sending.out -= 1;
    sending.open -= 1;
    if (segments.parts.length > 1) sending.ended.set(number, uncertain);
    if (sending.open > 0) return;
    const key = phoneKey(text);
    const phone = this.#byPhone.get(key)!;
    phone.texts.shift();
    this.#settled(text);
    for (let next = phone.texts[0]; next; next = phone.texts[0]) {
      if (next.text.smsId === text.smsId) this.#skip(next, sending);
      if (next.open > 0) return this.#line(next);
      phone.texts.shift();
      this.#settled(next.text);
    }
    this.#byPhone.delete(key);
  }

  /** A text claimed again behind itself: what has its outcome by now is not sent twice. */
  #skip(sending: Sending, before: Sending): void {
    const { text } = sending;
    for (const [part, uncertain] of before.ended) {
      if (text.done.includes(part) || (uncertain && text.attempt > before.text.attempt)) continue;
      text.done.push(part);
      sending.open -= 1;
      this.#waiting -= 1;
    }
  }

  #line(sending: Sending): void {
    const { text, segments } = sending;
    for (let number = 1; number <= segments.parts.length; number++) {
      if (text.done.includes(number)) continue;
      this.#lanes[text.lane]!.add({
        of: sending,
        number,
        pdu: undefined,
        acceptedBefore: undefined,
        held: 0,
        waitedMs: 0,
      });
    }
  }
}

function phoneKey({ lane, phone }: ClaimedText): string {
  return `${lane}/${phone}`;
}
