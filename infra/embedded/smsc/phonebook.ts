import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';

const entries = z.array(z.object({ phone: z.string().regex(/^\d{3,20}$/), label: z.string().max(200) })).max(100_000);

/** Names of the phones, from a JSON file `[{phone,label}]` that others write; read again when it changes. */
export class Phonebook {
  #path: string | undefined;
  #version = '';
  #labels: ReadonlyMap<string, string> = new Map();
  #onError: (error: Error) => void;

  constructor(path: string | undefined, onError: (error: Error) => void) {
    this.#path = path;
    this.#onError = onError;
  }

  /** Labels by phone. While the file is missing or half-written, the last good ones. */
  async labels(): Promise<ReadonlyMap<string, string>> {
    if (this.#path === undefined) return this.#labels;
    try {
      const { mtimeMs, size } = await stat(this.#path);
      const version = `${mtimeMs}/${size}`;
      if (version === this.#version) return this.#labels;
      this.#version = version;
      const read = entries.parse(JSON.parse(await readFile(this.#path, 'utf8')));
      this.#labels = new Map(read.map(({ phone, label }) => [phone, label]));
    } catch (error) {
      // The demo writes it some seconds after the start.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#onError(error as Error);
    }
    return this.#labels;
  }
}
