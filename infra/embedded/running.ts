/** A part of the stack that is up. */
export interface Running {
  pid: number;
  /** Settles when it ends, asked or not. */
  ended: Promise<void>;
  /** Its last lines, for an error. */
  lastLines(): string;
  /** Asks it to stop, kills it when it takes too long, resolves when it has ended. */
  stop(): Promise<void>;
}

/** What every part takes. */
export interface LaunchOptions {
  /** Called as soon as the process exists, long before it is up: so that no kill -9 loses sight of it. */
  onSpawn?: (pid: number) => void;
  /** From being asked to stop to being killed. */
  graceMs?: number;
  /** Each line it prints. */
  onLog?: (line: string) => void;
}
