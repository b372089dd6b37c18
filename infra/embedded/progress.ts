const FRAMES = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];

/** A line for each part with a tick and its seconds; on a terminal, what is still being worked on moves below. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #doing = new Map<string, { since: number; what: string }>();
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** Shows that `name` is being worked on until `work` settles. */
  async step<T>(name: string, work: (update: (what: string) => void) => Promise<T>, detail = ''): Promise<T> {
    const since = Date.now();
    const update = (what: string) => {
      this.#doing.set(name, { since, what });
      if (!this.#out.isTTY) this.line(`  … ${name}: ${what}`);
    };
    this.#doing.set(name, { since, what: '' });
    this.#animate();
    try {
      const result = await work(update);
      this.#doing.delete(name);
      this.line(`  ✓ ${pad(name, 24)} ${seconds(since).padStart(5)} s  ${detail}`.trimEnd());
      return result;
    } catch (error) {
      this.#doing.delete(name);
      this.line(`  ✗ ${pad(name, 24)} ${seconds(since).padStart(5)} s`);
      throw error;
    } finally {
      if (this.#doing.size === 0) this.stop();
    }
  }

  line(text: string): void {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  /** Nothing moves any more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #animate(): void {
    if (!this.#out.isTTY || this.#timer) return;
    this.#timer = setInterval(() => {
      const doing = [...this.#doing].map(
        ([name, { since, what }]) => `${name}${what && ` (${what})`} ${seconds(since)} s`,
      );
      const line = `  ${FRAMES[this.#frame++ % FRAMES.length]} ${doing.join(', ')}`;
      this.#clear();
      this.#out.write(line.slice(0, (this.#out.columns || 80) - 1));
    }, 100);
  }

  #clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[K');
  }
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}

/** Pads to a width in columns: a Chinese character takes two. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

function widthOf(text: string): number {
  return [...text].reduce((sum, char) => sum + (/[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]/.test(char) ? 2 : 1), 0);
}
