import type { z } from 'zod';
import type { Accepted } from '../../infra/embedded/smsc/accept-log.ts';
import type { FaultAction, faultSettings } from '../../infra/embedded/smsc/faults.ts';
import type { Smsc } from '../../infra/embedded/smsc/smsc.ts';

/** A segment the SMSC took, as its log tells it. */
export type LoggedSegment = Omit<Accepted, 'id' | 'at'> & { id: string; at: string };

const PAGE = 10_000;

/** The SMSC simulator in another process, by its HTTP API. */
export class SmscRemote {
  readonly handsets: string;

  constructor(handsets: string) {
    this.handsets = handsets;
  }

  /** These faults and no others from now on. */
  async faults(settings: z.input<typeof faultSettings>): Promise<void> {
    await this.#ask('/faults', 'PUT', settings);
  }

  async act(action: FaultAction | { action: 'garbage' } | { action: 'restart' }): Promise<void> {
    await this.#ask('/faults/actions', 'POST', action);
  }

  async stats(): Promise<ReturnType<Smsc['stats']>> {
    return (await this.#ask('/stats')) as ReturnType<Smsc['stats']>;
  }

  /** The accepted segments behind number `after`, all of them. */
  async acceptedAfter(after: number): Promise<LoggedSegment[]> {
    const all: LoggedSegment[] = [];
    for (;;) {
      const page = (await this.#ask(`/accept-log?after=${all.at(-1)?.n ?? after}&limit=${PAGE}`)) as LoggedSegment[];
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  /** A parent's text. */
  async textFrom(phone: string, text: string, to: string): Promise<void> {
    await this.#ask(`/phones/${phone}/messages`, 'POST', { text, to });
  }

  /** What is on a phone, oldest first, long texts joined. */
  async textsOf(phone: string): Promise<{ from: string; to: string; text: string }[]> {
    return (await this.#ask(`/phones/${phone}/messages`)) as { from: string; to: string; text: string }[];
  }

  async #ask(path: string, method = 'GET', body?: object): Promise<unknown> {
    const response = await fetch(`${this.handsets}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
