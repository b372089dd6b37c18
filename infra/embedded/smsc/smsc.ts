import { AcceptLog, type Accepted } from './accept-log.ts';
import { encodeMo, segmentsOfMo } from './deliver.ts';
import { Deliveries } from './deliveries.ts';
import { Faults, type FaultAction } from './faults.ts';
import { startHttp, type HttpServer } from './http.ts';
import { Journal, type PhoneText } from './journal.ts';
import { Receipts } from './receipts.ts';
import { SmppServer, type TlsIdentity } from './server.ts';
import { chooseReceiver } from './session.ts';
import { Submits } from './submits.ts';
import { Threads } from './threads.ts';

export interface SmscOptions {
  /** 0, the default: any free port of loopback. */
  port?: number;
  httpPort?: number;
  systemId?: string;
  password?: string;
  /** Speaks TLS, and nothing else. */
  tls?: TlsIdentity | undefined;
  /** Folder that survives a restart; without it everything is forgotten. */
  dataDir?: string | undefined;
  /** JSON file `[{phone,label}]` with names for the handsets page. */
  phonebook?: string | undefined;
  /** JSON file of schools with their readers and cards (gates.ts): the page has virtual readers then. */
  gates?: string | undefined;
  /** From acceptance to receipt. */
  receiptDelayMs?: number;
  /** A deliver_sm unanswered for so long is sent again. */
  answerTimeoutMs?: number;
  /** One refused or unanswered waits so long before it is sent again. */
  retryMs?: number;
  /** A silent peer is asked after so long, and dropped after twice that. */
  enquireMs?: number;
  /** Accepted segments kept, in memory and on disk. 250,000: more than the longest bench, some 100 MB. */
  keep?: number;
  onError?: (error: Error) => void;
}

const DEFAULTS = {
  ...{ port: 0, httpPort: 0, systemId: 'campusline', password: 'campus' },
  tls: undefined as TlsIdentity | undefined,
  ...{ dataDir: undefined as string | undefined, phonebook: undefined as string | undefined },
  gates: undefined as string | undefined,
  ...{ receiptDelayMs: 50, answerTimeoutMs: 10_000, retryMs: 1_000, enquireMs: 30_000, keep: 250_000 },
  onError: (error: Error) => console.error(error),
};
type Settings = { [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] };

/** Pace of everything that waits: no message has a timer of its own. */
const TICK_MS = 10;
const MAX_WAITING_TEXTS = 10_000;

/** A phone's text cannot be taken: too many wait for the platform. */
export class TooManyWaiting extends Error {
  override name = 'TooManyWaiting';
}

/** Starts the simulator and its handsets on loopback. @throws Error when a port is taken */
export async function startSmsc(options: SmscOptions = {}): Promise<Smsc> {
  const smsc = new Smsc({ ...DEFAULTS, ...options });
  await smsc.start();
  return smsc;
}

/** An SMSC: SMPP 3.4 on one side, phones on the other. */
export class Smsc {
  readonly systemId: string;
  readonly password: string;
  readonly acceptLog: AcceptLog;
  readonly faults = new Faults();
  readonly threads = new Threads();
  #settings: Settings;
  #journal: Journal | undefined;
  #deliveries: Deliveries;
  #receipts: Receipts;
  #submits: Submits;
  #server: SmppServer;
  #http: HttpServer | undefined;
  #ticker: NodeJS.Timeout | undefined;
  /** Number of the last text a phone sent. */
  #texts = 0;
  /** Phones' texts the platform has not answered for. */
  #waiting = new Map<number, PhoneText>();

  constructor(settings: Settings) {
    this.#settings = settings;
    const { systemId, password, tls, dataDir, keep, onError, answerTimeoutMs, retryMs, enquireMs } = settings;
    this.systemId = systemId;
    this.password = password;
    this.acceptLog = new AcceptLog(keep);
    this.#journal = dataDir === undefined ? undefined : new Journal(dataDir, { maxLines: keep, onError });
    this.#deliveries = new Deliveries(
      { window: 200, answerTimeoutMs, retryMs, maxReceiptAttempts: 20, maxHomeless: 500_000 },
      (address) => chooseReceiver(this.#server.sessions, address),
    );
    this.#receipts = new Receipts(this.#deliveries, this.faults, settings.receiptDelayMs);
    this.#submits = new Submits(this.faults, this.#receipts, (entry) => this.#accept(entry));
    this.#server = new SmppServer(
      { systemId, password, tls, enquireMs, onError },
      { faults: this.faults, deliveries: this.#deliveries, submits: this.#submits },
    );
  }

  /** Takes up what the last run left, and listens. */
  async start(): Promise<void> {
    const { port, httpPort, phonebook, gates, onError } = this.#settings;
    this.#restore();
    await this.#server.listen(port);
    try {
      this.#http = await startHttp(this, { port: httpPort, phonebook, gates, onError });
    } catch (error) {
      await this.#server.close();
      throw error;
    }
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Where SMPP is spoken. */
  get smpp(): { host: string; port: number } {
    return this.#server.address;
  }

  /** `smpp://system_id:password@host:port`, `ssmpp://` for TLS. */
  get url(): string {
    const { host, port } = this.smpp;
    const scheme = this.#settings.tls ? 'ssmpp' : 'smpp';
    return `${scheme}://${encodeURIComponent(this.systemId)}:${encodeURIComponent(this.password)}@${host}:${port}`;
  }

  /** Address of the handsets, without a slash at its end. */
  get handsets(): string {
    return `http://127.0.0.1:${this.#http?.port ?? 0}`;
  }

  /** Counts since the start, and the sessions now bound. */
  stats() {
    const { moSent, moAnswered, receiptsSent, receiptsAnswered, receiptsGivenUp } = this.#deliveries.counts;
    const bound = [...this.#server.sessions].flatMap(({ no, binding, inFlight }) =>
      binding ? [{ no, submits: binding.submits, receives: binding.receives, inFlight: inFlight.size }] : [],
    );
    return {
      sessions: bound,
      ...this.#submits.stats(),
      receipts: { sent: receiptsSent, answered: receiptsAnswered, givenUp: receiptsGivenUp },
      mos: { received: this.#texts, waiting: this.#waiting.size, partsSent: moSent, partsAnswered: moAnswered },
      pendingDeliveries: this.#deliveries.pending,
    };
  }

  /** A phone texts `to`. Kept until the platform answers for every part. @throws TooManyWaiting */
  sendFromPhone({ from, to, text }: { from: string; to: string; text: string }): void {
    if (this.#waiting.size >= MAX_WAITING_TEXTS) throw new TooManyWaiting(`${MAX_WAITING_TEXTS} texts wait already`);
    const mo = { n: ++this.#texts, from, to, text, at: Date.now() };
    this.#journal?.write({ kind: 'mo', mo });
    this.threads.send(mo);
    this.#deliver(mo);
  }

  /** Does a fault at once. */
  async act(action: FaultAction): Promise<void> {
    await this.#server.act(action);
  }

  /** Unbinds, closes, writes what must survive. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    await this.#http?.close();
    await this.#server.close();
    for (const n of this.#receipts.unanswered()) this.#journal?.write({ kind: 'receipt', n });
    await this.#journal?.close();
  }

  #tick(): void {
    const now = Date.now();
    this.#submits.tick(now);
    this.#deliveries.tick(now);
    this.#server.tick(now);
  }

  #restore(): void {
    const accepted = new Map<number, Accepted>();
    const unreceipted = new Set<number>();
    for (const line of this.#journal?.read() ?? []) {
      switch (line.kind) {
        case 'accepted':
          this.acceptLog.add(line.entry);
          this.threads.receive(line.entry);
          accepted.set(line.entry.n, line.entry);
          break;
        case 'mo':
          this.#texts = line.mo.n;
          this.#waiting.set(line.mo.n, line.mo);
          this.threads.send(line.mo);
          break;
        case 'mo-done':
          this.#waiting.delete(line.n);
          break;
        case 'receipt':
          unreceipted.add(line.n);
          break;
        case 'receipts-taken-up':
          unreceipted.clear();
      }
    }
    this.#submits.continueFrom(this.acceptLog.last);
    for (const n of unreceipted) this.#receipts.restore(accepted.get(n));
    if (unreceipted.size > 0) this.#journal?.write({ kind: 'receipts-taken-up' });
    for (const mo of this.#waiting.values()) this.#deliver(mo);
  }

  #accept(entry: Accepted): void {
    this.acceptLog.add(entry);
    this.threads.receive(entry);
    this.#journal?.write({ kind: 'accepted', entry });
  }

  #deliver(mo: PhoneText): void {
    this.#waiting.set(mo.n, mo);
    const parts = segmentsOfMo(mo.text, mo.n);
    let open = parts.length;
    for (const part of parts) {
      this.#deliveries.add({
        ...{ kind: 'mo', address: mo.to, session: undefined, dueAt: 0, attempts: 0, sentAt: 0 },
        encode: (sequence) => encodeMo(sequence, mo, part),
        onAnswered: () => {
          if (--open > 0) return;
          this.#waiting.delete(mo.n);
          this.#journal?.write({ kind: 'mo-done', n: mo.n });
        },
      });
    }
  }
}
