import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from './running.ts';

/** Told what happens to a part that nobody asked to end. */
export interface PartEvents {
  /** It ended; it will be started again in so long. */
  onDied(name: string, lastLines: string, againInMs: number): void;
  onBack(name: string): void;
  /** It won't stay up: the whole ends. */
  onGaveUp(name: string, error: unknown): void;
}

/** A part up for this long is well again. */
const WELL_AFTER_MS = 30_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 8_000;
/** 250 ms, 500 ms … 8 s: half a minute in all. A port taken meanwhile or a full disk won't heal by trying on. */
const MAX_TRIES = 8;

/** One part of the stack: started, watched, started again when it dies unasked, stopped. */
export class Part {
  readonly name: string;
  readonly #launch: () => Promise<Running>;
  readonly #events: PartEvents;
  #running: Running | undefined;
  #stopping = false;
  #tries = 0;

  constructor(name: string, launch: () => Promise<Running>, events: PartEvents) {
    this.name = name;
    this.#launch = launch;
    this.#events = events;
  }

  /** Resolves when it is up. */
  async start(): Promise<void> {
    const running = await this.#launch();
    this.#running = running;
    // A stop that came while it was starting.
    if (this.#stopping) return running.stop();
    const since = Date.now();
    void running.ended.then(() => {
      if (this.#running !== running || this.#stopping) return;
      if (Date.now() - since > WELL_AFTER_MS) this.#tries = 0;
      void this.#startAgain(running.lastLines());
    });
  }

  async #startAgain(lastLines: string): Promise<void> {
    for (let words = lastLines; ;) {
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** this.#tries, MAX_BACKOFF_MS);
      this.#tries++;
      this.#events.onDied(this.name, words, backoff);
      await delay(backoff);
      if (this.#stopping) return;
      try {
        await this.start();
        return this.#events.onBack(this.name);
      } catch (error) {
        if (this.#stopping) return;
        if (this.#tries >= MAX_TRIES) return this.#events.onGaveUp(this.name, error);
        words = (error as Error).message;
      }
    }
  }

  /** Stops it and starts it anew, with new sources. */
  async restart(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
    if (!this.#stopping) await this.start();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running?.stop();
  }
}
