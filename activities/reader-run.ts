import { setTimeout as delay } from 'node:timers/promises';
import { MqttConnection, type Delivery } from '../infra/mqtt/connection.ts';
import { acksTopic, swipesFilter } from '../infra/mqtt/topics.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { findReach, pendingSwipe, type Reached } from '../infra/postgres/swipes.ts';
import { codeOf, type Logger } from '../infra/telemetry/log.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';
import type { ReaderLinkStatus } from '../workflows/contracts.ts';
import { MAX_PAYLOAD_BYTES } from '../workflows/domain/swipe.ts';
import type { Shard } from './reader-batch.ts';
import { QuarantineBudget } from './reader-budget.ts';
import { storeDeliveries, type StoreDeps, type StoredBatch } from './reader-store.ts';

export interface ReaderLinkOptions {
  /** Messages stored in one transaction (default 500): large enough to be cheap, small enough to be soon acked. */
  batch?: number;
  /** Forged or broken records kept per device and hour. */
  quarantinePerHour?: number;
  /**
   * A boot first heard of at a later seq than 1 is not acked for so long (default 3 s): a broker that had no session of
   * ours has taken what came before and given it to nobody. Unacked, the reader sends it again.
   */
  settleMs?: number;
}

export interface LinkDeps {
  pool: Pool;
  starter: PendingStarter;
  log: Logger;
  mqttUrl: string;
  options?: ReaderLinkOptions;
}

const DEFAULT_BATCH = 500;
const DEFAULT_SETTLE_MS = 3_000;
/** After a lost connection or a refused transaction: soon, then rarer, never so rarely that a gate waits for a minute. */
const BACKOFF_MS = { first: 100, last: 5_000 };
/** Tries that fail before the link says it is stalled: a Postgres that restarts takes one or two. */
const STALLED_TRIES = 3;
/** And how long a single one may take. */
const STALLED_MS = 10_000;
/** A connection that lasted this long was a good one. */
const STABLE_MS = 10_000;

/** The owner of one MQTT session: batch → one transaction → PUBACK and ack → attendance (architecture §7). */
export class ReaderLink {
  readonly status: ReaderLinkStatus = { state: 'connecting', received: 0, quarantined: 0, lastError: null };
  readonly #deps: LinkDeps;
  readonly #shard: Shard;
  readonly #lease: { readonly isHeld: boolean };
  readonly #store: StoreDeps;
  readonly #batch: number;
  /** Boots whose ack is held, as `device|boot`. */
  readonly #settling = new Set<string>();

  /** @param lease the session is only taken while it is held: two owners would take it from each other for ever */
  constructor(deps: LinkDeps, shard: Shard, lease: { readonly isHeld: boolean } = { isHeld: true }) {
    this.#deps = deps;
    this.#shard = shard;
    this.#lease = lease;
    const { batch = DEFAULT_BATCH, settleMs = DEFAULT_SETTLE_MS, quarantinePerHour } = deps.options ?? {};
    this.#batch = batch;
    this.#store = { pool: deps.pool, shard, budget: new QuarantineBudget(quarantinePerHour), settleMs };
  }

  /** Runs until aborted; then finishes its batch and disconnects. */
  async run(signal: AbortSignal): Promise<void> {
    let backoff = BACKOFF_MS.first;
    while (!signal.aborted) {
      const since = performance.now();
      const error = await this.#serve(signal);
      if (signal.aborted) break;
      this.status.state = 'disconnected';
      this.status.lastError = error;
      this.#deps.log.warn({ ...this.#shard, error }, 'reader link lost its broker');
      if (performance.now() - since >= STABLE_MS) backoff = BACKOFF_MS.first;
      await pause(backoff, signal);
      backoff = Math.min(backoff * 2, BACKOFF_MS.last);
    }
  }

  /** One connection, from its opening to its end. Returns why it ended. */
  async #serve(signal: AbortSignal): Promise<string> {
    const { tenant, shard } = this.#shard;
    if (!this.#lease.isHeld) return 'the database has not confirmed that the link is ours';
    let connection: MqttConnection;
    try {
      connection = await MqttConnection.open({
        url: this.#deps.mqttUrl,
        clientId: `campusline-${tenant}-${shard}`,
        filter: swipesFilter(tenant, shard),
        maxPayloadBytes: MAX_PAYLOAD_BYTES,
      });
    } catch (error) {
      return (error as Error).message;
    }
    this.status.state = 'connected';
    this.status.lastError = null;
    while (!signal.aborted && !connection.isClosed) {
      const deliveries = await connection.take(this.#batch, signal);
      if (deliveries.length > 0) await this.#handle(connection, deliveries, signal);
    }
    if (!connection.isClosed) await connection.close();
    return (await connection.closed)?.message ?? 'closed by the broker';
  }

  /** Stores a batch for as long as it takes, while its connection lives; a new connection brings it again. */
  async #handle(connection: MqttConnection, deliveries: Delivery[], signal: AbortSignal): Promise<void> {
    let backoff = BACKOFF_MS.first;
    const slow = setTimeout(() => this.#stall('database: no answer'), STALLED_MS);
    for (let tries = 1; !connection.isClosed; tries++) {
      try {
        const stored = await storeDeliveries(this.#store, deliveries);
        this.#finish(connection, deliveries, stored);
        break;
      } catch (error) {
        const code = codeOf(error);
        this.status.lastError = `database: ${code}`;
        if (tries >= STALLED_TRIES) this.#stall(this.status.lastError);
        this.#deps.log.warn({ ...this.#shard, code, messages: deliveries.length }, 'batch not stored, tried again');
      }
      if (signal.aborted) break;
      await pause(backoff, signal);
      backoff = Math.min(backoff * 2, BACKOFF_MS.last);
    }
    clearTimeout(slow);
  }

  #stall(error: string): void {
    this.status.state = 'stalled';
    this.status.lastError = error;
  }

  #finish(connection: MqttConnection, deliveries: Delivery[], { acks, started, quarantined }: StoredBatch): void {
    // The readers' acks go first: were we to die in between, the broker would bring the batch again, and with it the acks.
    for (const reach of acks) if (!reach.settling) this.#ack(connection, reach);
    void this.#ackSettled(
      connection,
      acks.filter(({ settling }) => settling),
    );
    connection.acknowledge(deliveries);
    this.#deps.starter.offer(started.map((key) => pendingSwipe(this.#shard.tenant, key)));
    this.status.received += deliveries.length;
    this.status.quarantined += quarantined;
    this.status.state = 'connected';
    this.status.lastError = null;
  }

  #ack(connection: MqttConnection, { deviceId, boot, durable }: Reached): void {
    connection.publish(acksTopic(this.#shard.tenant, deviceId), JSON.stringify({ boot, seq: durable }));
  }

  /** Acks boots once what came before has had its time to come again. Lost with us, the reader's next record brings it. */
  async #ackSettled(connection: MqttConnection, boots: readonly Reached[]): Promise<void> {
    const keyOf = ({ deviceId, boot }: Reached) => `${deviceId}|${boot}`;
    const held = boots.filter((reach) => !this.#settling.has(keyOf(reach)));
    if (held.length === 0) return;
    for (const reach of held) this.#settling.add(keyOf(reach));
    await delay(this.#store.settleMs, undefined, { ref: false });
    for (const reach of held) this.#settling.delete(keyOf(reach));
    try {
      for (const reach of await findReach(this.#deps.pool, held)) this.#ack(connection, reach);
    } catch (error) {
      this.#deps.log.warn({ ...this.#shard, code: codeOf(error) }, 'new boots not acked yet');
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
