import { demo } from './demo.ts';
import { until } from './poll.ts';

export interface HandsetMessage {
  from: string;
  to: string;
  text: string;
  at: string;
}

/** A parent's or teacher's phone at the SMSC simulator, by its JSON (architecture §4). */
export class Handset {
  readonly phone: string;

  constructor(phone: string) {
    this.phone = phone;
  }

  /** Everything on the phone, oldest first. */
  async messages(): Promise<HandsetMessage[]> {
    const response = await fetch(`${demo().handsets}/phones/${this.phone}/messages`);
    if (!response.ok) throw new Error(`handset answers ${response.status}`);
    return (await response.json()) as HandsetMessage[];
  }

  /** What came in, oldest first. */
  async received(): Promise<HandsetMessage[]> {
    return (await this.messages()).filter((message) => message.to === this.phone);
  }

  /** Waits for a text received that matches. */
  async receives(pattern: RegExp): Promise<HandsetMessage> {
    return until(`a text like ${pattern.source}`, async () =>
      (await this.received()).find((message) => pattern.test(message.text)),
    );
  }

  /** Texts from this phone. */
  async send(text: string, to = demo().carrier.shortCode): Promise<void> {
    const response = await fetch(`${demo().handsets}/phones/${this.phone}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text, to }),
    });
    if (response.status !== 202) throw new Error(`handset answers ${response.status}`);
  }
}
