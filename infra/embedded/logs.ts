import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** A file is begun anew at this size, the one before kept: a demo left running for weeks must not fill the disk. */
const MAX_BYTES = 16 * 1024 * 1024;

/** What the parts print, a file for each: the terminal is for people. */
export class Logs {
  readonly #folder: string;
  readonly #echo: (name: string, line: string) => void;

  /** @param echo shown each line as well */
  constructor(folder: string, echo: (name: string, line: string) => void = () => undefined) {
    this.#folder = folder;
    this.#echo = echo;
    mkdirSync(folder, { recursive: true });
  }

  /** Takes the lines of one part, of all its lives. */
  writer(name: string): (line: string) => void {
    let stream: WriteStream | undefined;
    let bytes = 0;
    return (line) => {
      if (!stream || bytes > MAX_BYTES) {
        stream?.end();
        stream = this.#open(name);
        bytes = 0;
      }
      bytes += line.length + 1;
      stream.write(`${line}\n`);
      this.#echo(name, line);
    };
  }

  #open(name: string): WriteStream {
    const path = join(this.#folder, `${name}.log`);
    if (existsSync(path)) renameSync(path, join(this.#folder, `${name}.before.log`));
    const stream = createWriteStream(path, { mode: 0o600 });
    // A full disk must not end what still works.
    stream.on('error', () => undefined);
    return stream;
  }
}
