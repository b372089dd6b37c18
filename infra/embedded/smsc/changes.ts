import type { Request, Response } from 'express';

/** Tells pages which phones' threads grew, by server-sent events; a burst is told at once. */
export class Changes {
  #listeners = new Set<Response>();
  #phones = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** A page listens, until it leaves. */
  subscribe(request: Request, response: Response): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#listeners.add(response);
    request.on('close', () => this.#listeners.delete(response));
  }

  add(phone: string): void {
    if (this.#listeners.size === 0) return;
    // Past that many, "everything" is shorter to say.
    if (this.#phones.size <= MOST_NAMED) this.#phones.add(phone);
    this.#timer ??= setTimeout(() => this.#tell(), TELL_EVERY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.end();
  }

  #tell(): void {
    this.#timer = undefined;
    const phones = this.#phones.size > MOST_NAMED ? '*' : [...this.#phones];
    this.#phones.clear();
    for (const listener of this.#listeners) listener.write(`data: ${JSON.stringify(phones)}\n\n`);
  }
}

const TELL_EVERY_MS = 200;
const MOST_NAMED = 200;
