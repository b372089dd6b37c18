import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accepted } from './accept-log.ts';

/** A text a phone sent, until `mo-done` says that the platform answered for it. */
export interface PhoneText {
  n: number;
  from: string;
  to: string;
  text: string;
  /** Epoch ms. */
  at: number;
}

/** What is worth keeping over a restart, a line each. */
export type JournalLine =
  | { kind: 'accepted'; entry: Accepted }
  | { kind: 'mo'; mo: PhoneText }
  | { kind: 'mo-done'; n: number }
  /** A receipt that was not answered when the process stopped; `n` of the segment. */
  | { kind: 'receipt'; n: number }
  /** The next run has them. */
  | { kind: 'receipts-taken-up' };

/** Lines are written in batches this often: one write a segment would cost more than the segment. */
const WRITE_EVERY_MS = 50;

/**
 * Append-only JSONL in two files, the older of which is dropped when the newer has `maxLines`: the latest `maxLines` at
 * least are kept. A kill -9 loses the last 50 ms.
 */
export class Journal {
  #folder: string;
  #maxLines: number;
  #lines: string[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #onError: (error: Error) => void;

  constructor(folder: string, { maxLines, onError }: { maxLines: number; onError: (error: Error) => void }) {
    this.#folder = folder;
    this.#maxLines = maxLines;
    this.#onError = onError;
    mkdirSync(folder, { recursive: true });
  }

  get #current(): string {
    return join(this.#folder, 'journal.jsonl');
  }

  get #older(): string {
    return join(this.#folder, 'journal.old.jsonl');
  }

  /** Everything kept, oldest first. A line that a kill cut short is passed over. */
  read(): JournalLine[] {
    const lines: JournalLine[] = [];
    for (const file of [this.#older, this.#current]) {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      // So that the next line does not continue a cut one.
      if (text && !text.endsWith('\n')) appendFileSync(file, '\n');
      const parsed = text.split('\n').flatMap(parse);
      if (file === this.#current) this.#count = parsed.length;
      lines.push(...parsed);
    }
    return lines;
  }

  write(line: JournalLine): void {
    this.#lines.push(JSON.stringify(line));
    this.#timer ??= setTimeout(() => this.#flush(), WRITE_EVERY_MS);
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#writing = this.#writing.then(() => this.#append(lines)).catch(this.#onError);
  }

  async #append(lines: string[]): Promise<void> {
    if (this.#count + lines.length > this.#maxLines && this.#count > 0) {
      renameSync(this.#current, this.#older);
      this.#count = 0;
    }
    this.#count += lines.length;
    await appendFile(this.#current, `${lines.join('\n')}\n`, { mode: 0o600 });
  }
}

function parse(line: string): JournalLine[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as JournalLine];
  } catch {
    return [];
  }
}
