import type { Accepted } from './accept-log.ts';

/** A text as a phone shows it. */
export interface Text {
  from: string;
  to: string;
  text: string;
  /** Epoch ms. */
  at: number;
}

/** How much is kept: enough for any test and any demo, little enough for any machine. */
const LIMITS = { textsPerPhone: 500, phones: 100_000, unfinished: 20_000 } as const;

/** The phones: each one's texts, both ways. Long texts are joined and appear with their last part. */
export class Threads {
  #threads = new Map<string, Text[]>();
  #unfinished = new Map<string, Map<number, Accepted>>();
  /** Called with the phone whose thread grew. */
  onChange: (phone: string) => void = () => undefined;

  /** A segment reached its phone. */
  receive(segment: Accepted): void {
    if (segment.text === null) return;
    if (segment.parts === 1) return this.#add(segment.to, segment, segment.text);
    const key = `${segment.from}|${segment.to}|${segment.reference ?? ''}|${segment.parts}`;
    let parts = this.#unfinished.get(key);
    // A part that is there already with other words: the reference has come round, and the old text will never be whole.
    if (!parts || (parts.get(segment.part)?.text ?? segment.text) !== segment.text) {
      parts = new Map();
      this.#unfinished.set(key, parts);
      dropOldest(this.#unfinished, LIMITS.unfinished);
    }
    parts.set(segment.part, segment);
    if (parts.size < segment.parts) return;
    this.#unfinished.delete(key);
    const inOrder = [...parts.values()].sort((a, b) => a.part - b.part);
    this.#add(segment.to, segment, inOrder.map(({ text }) => text).join(''));
  }

  /** A phone sent a text. */
  send(text: Text): void {
    this.#add(text.from, text, text.text);
  }

  /** Oldest first. A phone never heard of has none. */
  of(phone: string): readonly Text[] {
    return this.#threads.get(phone) ?? [];
  }

  /** Phones with their last texts, the latest first. */
  latest(): { phone: string; last: Text }[] {
    return [...this.#threads]
      .map(([phone, texts]) => ({ phone, last: texts.at(-1)! }))
      .sort((a, b) => b.last.at - a.last.at);
  }

  #add(phone: string, { from, to, at }: Omit<Text, 'text'>, text: string): void {
    let texts = this.#threads.get(phone);
    if (!texts) {
      this.#threads.set(phone, (texts = []));
      dropOldest(this.#threads, LIMITS.phones);
    }
    texts.push({ from, to, text, at });
    if (texts.length > 2 * LIMITS.textsPerPhone) texts.splice(0, texts.length - LIMITS.textsPerPhone);
    this.onChange(phone);
  }
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
